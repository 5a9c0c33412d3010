"""Asks platforms what opaque codes mean, without a lane ever waiting for one.

`Desk` takes a scanned payload and says at once what is known; what a platform answers later reaches
the station as a message, through the `Platform` it came from. `answers` turns answers into codes,
`breaker` decides whether asking is worth the wait, `sightings` notices one code at two places.
"""

from edge.platforms.answers import Route
from edge.platforms.backlog import BACKLOG_US
from edge.platforms.desk import Desk, Nobody
from edge.platforms.platform import HEART_S, WORKERS, Platform

__all__ = ["BACKLOG_US", "HEART_S", "WORKERS", "Desk", "Nobody", "Platform", "Route"]
