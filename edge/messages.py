"""What devices and pages put into the station's inbox, and what comes back of a command."""

from dataclasses import dataclass

from edge.domain.events import LaneEvent
from edge.domain.lane_state import Do
from edge.domain.model import Instant, Scan
from edge.domain.procedure import Procedure


@dataclass(frozen=True, slots=True)
class Reply:
    """What a command came to: the row it was written in (None where it needed none yet) and the
    passage it was about."""

    sequence: int | None
    passage: int | None


@dataclass(frozen=True, slots=True)
class ScanArrived:
    """A scanner read a payload."""

    lane: str
    device: str
    scan: Scan
    at: Instant


@dataclass(frozen=True, slots=True)
class DeviceChanged:
    """A device fell away or came back; `code` is the stable word of `DeviceUnavailable`. Of a plug that
    comes and goes all the time not every loss is `recorded`."""

    lane: str
    kind: str
    name: str
    driver: str
    up: bool
    at: Instant
    code: str = ""
    message: str = ""
    recorded: bool = True


@dataclass(frozen=True, slots=True)
class EffectDone:
    """A barrier or voice did what it was told, or failed to."""

    lane: str
    do: Do
    at: Instant
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Follow:
    """Lanes follow another procedure from their next passages on: at once, or with `from_us` once a clock
    that is believed has reached it (microseconds UTC). `published` is its row, which is on disk by now.
    Replaces what was planned for these lanes."""

    lanes: tuple[str, ...]
    procedure: Procedure
    published: int
    from_us: int | None = None


Message = LaneEvent | ScanArrived | DeviceChanged | EffectDone
