"""The outbox and its way to the district. The outbox is the journal after the acknowledged row."""

from edge.uplink.ports import Lists, Options, Response, Transport
from edge.uplink.sender import Pause, Uplink
from edge.uplink.status import OFF

__all__ = ["OFF", "Lists", "Options", "Pause", "Response", "Transport", "Uplink"]
