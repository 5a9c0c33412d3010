"""The thread that owns the lanes: one inbox in, journal out, bell rung."""

from edge.station.station import Station
from edge.station.surroundings import Surroundings

__all__ = ["Station", "Surroundings"]
