"""Asks platforms what opaque codes mean, without a lane ever waiting for one.

`Desk` takes a scanned payload (or an ID number) and says at once what is known; what a platform answers
later reaches the station as a message, through the `Platform` it came from. A `Crew` is its threads.
`answers` turns answers into codes, `memory` keeps them while they count, `backlog` has the questions that
wait, `breaker` decides whether asking is worth the wait, `standing` tells when a platform goes and comes
back, `sightings` notices one code at two places.
"""

from edge.platforms.answers import Route
from edge.platforms.backlog import BACKLOG_US
from edge.platforms.crew import HEART_S, WORKERS, Crew
from edge.platforms.desk import Desk, Nobody
from edge.platforms.platform import Platform

__all__ = ["BACKLOG_US", "HEART_S", "WORKERS", "Crew", "Desk", "Nobody", "Platform", "Route"]
