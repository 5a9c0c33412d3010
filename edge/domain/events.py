"""What can happen to a lane. Devices, pages and the clock all speak to it in these words."""

from dataclasses import dataclass

from edge.domain.calibration import Pair
from edge.domain.known import Known
from edge.domain.model import Code, Instant, Outcome, Reading


@dataclass(frozen=True, slots=True)
class ReadingArrived:
    """A thermometer delivered a frame."""

    lane: str
    device: str
    reading: Reading
    at: Instant


@dataclass(frozen=True, slots=True)
class CodeRead:
    """A scanner read a payload and it turned out to be this code; `known` is what the registers say of
    whoever it names."""

    lane: str
    device: str
    code: Code
    at: Instant
    known: tuple[Known, ...] = ()


@dataclass(frozen=True, slots=True)
class CodeAnswered:
    """A platform said what a code means that was read before, or did not say. `key` is the digest of the
    payload asked about, `asked_us` when that was, on the monotonic clock. `known` is what the registers say
    of whoever it names, for each passage that waits for it by its number."""

    lane: str
    device: str
    code: Code
    key: str
    asked_us: int
    at: Instant
    known: tuple[tuple[int, tuple[Known, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class CardRead:
    """An identity card was laid down: (field, text) pairs, personal all of them; none where it could
    not be read, and then `unread` says why where that is known (`layout`). `found` as of `Give`."""

    lane: str
    device: str
    fields: tuple[tuple[str, str], ...]
    at: Instant
    unread: str = ""
    found: tuple[Code, ...] = ()
    known: tuple[Known, ...] = ()


@dataclass(frozen=True, slots=True)
class MaskSeen:
    """A camera's model says of whoever passes under this number whether a mask is worn: `seen` is `masked`,
    `bare` or `unsure`, the rest as of `Looked`."""

    lane: str
    device: str
    passage: int
    seen: str
    score: int
    pictures: int
    model: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Command:
    """What a person or program asks of a lane. `passage` names the passage meant (None only where
    opening one is meant), `command_id` makes a repetition harmless."""

    lane: str
    passage: int | None
    command_id: str
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Begin(Command):
    """Open a passage by hand (nobody measured, no code read yet)."""


@dataclass(frozen=True, slots=True)
class Give(Command):
    """Record answers: (question, value) pairs. The reserved question `temperature_contact` takes
    a contact thermometer's value in degrees Celsius, as text. `found`: what is known of ID numbers among
    them from platforms that were asked; `known` what the registers say."""

    answers: tuple[tuple[str, str], ...]
    found: tuple[Code, ...] = ()
    known: tuple[Known, ...] = ()


@dataclass(frozen=True, slots=True)
class Decide(Command):
    """An attendant ends the passage, or a `manager`; `reason` is one of the procedure's reasons or free
    text."""

    outcome: Outcome
    reason: str
    manager: bool = False


@dataclass(frozen=True, slots=True)
class Park(Command):
    """Send the person to rest or aside; `why` is `rest`, `platform`, `handed` or `other`."""

    why: str


@dataclass(frozen=True, slots=True)
class Resume(Command):
    """Take a parked passage back into the lane; `ticket` instead of `passage` where given. `known`
    is what the registers say now of whoever it was."""

    ticket: int | None = None
    known: tuple[Known, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure(Command):
    """Measure whoever is in the lane once more: the next reading is of `place` on the body, "" for the place
    that is measured here anyway."""

    place: str = ""


@dataclass(frozen=True, slots=True)
class BeginVehicle(Command):
    """A vehicle came. `passage` names whoever is in the lane already and sits in it. `occupants` None: nobody
    has counted yet; `answers` are further (question, value) pairs; `direction` "" for the lane's own. `known`
    is what the registers say of the plate."""

    plate: str
    occupants: int | None = None
    answers: tuple[tuple[str, str], ...] = ()
    direction: str = ""
    known: tuple[Known, ...] = ()


@dataclass(frozen=True, slots=True)
class NextOccupant(Command):
    """The next occupant of the vehicle is awaited now: what the instruments say from here on is theirs."""


@dataclass(frozen=True, slots=True)
class AllAboard(Command):
    """Everybody of the vehicle was recorded: as many as that are in it."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed; time-outs are looked at."""

    lane: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Calibrate(Command):
    """Record what a thermometer is off by, found from paired readings; it holds for `days`."""

    device: str
    driver: str
    pairs: tuple[Pair, ...]
    method: str
    reference: str
    site: str
    days: int


@dataclass(frozen=True, slots=True)
class Uncalibrate(Command):
    """Take the newest calibration of a thermometer back."""

    device: str
    reason: str


@dataclass(frozen=True, slots=True)
class ConfirmLevel(Command):
    """Confirm that what people show now at a thermometer is what healthy people show (of those who had
    `rested` before, or of the others): the level starts again from there."""

    device: str
    reason: str
    rested: bool = False


@dataclass(frozen=True, slots=True)
class WithdrawLevel(Command):
    """Take the newest such confirmation back."""

    device: str
    reason: str
    rested: bool = False


Instrument = ReadingArrived | CodeRead | CodeAnswered | CardRead | MaskSeen
LaneEvent = (
    Instrument
    | Begin
    | Give
    | Decide
    | Park
    | Resume
    | Measure
    | BeginVehicle
    | NextOccupant
    | AllAboard
    | Calibrate
    | Uncalibrate
    | ConfirmLevel
    | WithdrawLevel
    | Tick
)
