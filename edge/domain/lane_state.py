"""What a lane is, what it remembers, and what one step of it comes to. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edge.domain.calibration import Calibration
from edge.domain.conditions import Calendar
from edge.domain.healthy import Healthy
from edge.domain.history import Regulars
from edge.domain.instrument import Instrument
from edge.domain.model import Instant, Outcome, Passage, Reading
from edge.domain.policy import Policy
from edge.domain.procedure import Procedure
from edge.domain.sweep import Sweep

HELD_UP_US = 3_000_000
ECHO_US = 10_000_000
MAX_EVIDENCE = 64


@dataclass(frozen=True, slots=True)
class LaneSpec:
    """What a lane is, for as long as the configuration stands. Times in microseconds; `started_us` is
    when this run began, on the monotonic clock. `number` of `lanes` keeps the passage numbers of
    several lanes apart. `ports` says of thermometers where they are plugged in, by a name that lasts,
    `drivers` what they are, `places` where on the body they measure (a name of `edge.domain.skin`, the
    forehead where none is given), `also` the other places that can be held before them, `steps` in which
    steps their protocols carry the surface (thousandths of a degree); `arrays` are those of them that decide
    nothing, `sisters` says with which other of the gate one is compared (`lane/device`, or `none`) where the
    site names it. `seats_by_tap`: the next occupant of a vehicle is awaited once the attendant says so.
    `own_history`: what is usual for a person counts where they say who they are. `calendar`
    says what the clock on the gate's wall shows; None: nobody said where the gate stands. `procedure` is
    what the lane follows now, `earlier` are those of passages that began before it did."""

    name: str
    direction: str
    procedure: Procedure
    policy: Policy
    boot: int
    started_us: int = 0
    abandon_us: int = 90_000_000
    park_max_us: int = 12 * 3600 * 1_000_000
    number: int = 0
    lanes: int = 1
    ports: tuple[tuple[str, str], ...] = ()
    arrays: frozenset[str] = frozenset()
    drivers: tuple[tuple[str, str], ...] = ()
    places: tuple[tuple[str, str], ...] = ()
    steps: tuple[tuple[str, int], ...] = ()
    own_history: bool = False
    also: tuple[tuple[str, tuple[str, ...]], ...] = ()
    sisters: tuple[tuple[str, str], ...] = ()
    seats_by_tap: bool = False
    calendar: Calendar | None = None
    earlier: tuple[Procedure, ...] = ()

    def version(self, version: str) -> Procedure:
        """Return the procedure of this version, the present one where it is not known here."""
        return next((one for one in self.earlier if one.version == version), self.procedure)

    def of(self, passage: Passage | None) -> Procedure:
        """Return the procedure a passage goes by: whatever the lane follows by now, a passage ends by the
        version it began with. The present one for None."""
        return self.procedure if passage is None else self.version(passage.procedure_version)


@dataclass(frozen=True, slots=True)
class Owed:
    """A code whose platform had said nothing when its passage ended: its digest, the passage, when it was
    shown and when the passage ended, on the monotonic clock of this run, how, and by which version of its
    procedure."""

    key: str
    passage: int
    shown_us: int
    ended_us: int
    outcome: Outcome | None
    version: str = ""


@dataclass(frozen=True, slots=True)
class Taught:
    """What people who passed have taught of one thermometer and one place on the body; `rested` of those
    who had rested indoors before. `last` is when the last of them passed, by the clocks of the run `boot`,
    `ambient_mdegc` what the air was then. `told`: that the whole level has shifted was said already.
    `before` is what was known before somebody confirmed such a shift."""

    device: str
    rested: bool
    healthy: Healthy
    last: Instant | None = None
    boot: int = 0
    ambient_mdegc: int | None = None
    told: bool = False
    before: Healthy | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """What people who passed have shown of one thermometer itself: what it is, where it is plugged in and
    which place on the body it measures."""

    device: str
    driver: str
    port: str | None
    place: str
    instrument: Instrument


@dataclass(frozen=True, slots=True)
class Gone:
    """Somebody who has passed: when, by the clocks of the run `boot`, and how far they stood out, in
    thousandths of the spread of healthy people (None where nothing was measured). `rushed` and `offered` as
    of `Passage`."""

    at: Instant
    boot: int
    out_milli: int | None = None
    rushed: bool = False
    offered: str = ""


@dataclass(frozen=True, slots=True)
class Aimed:
    """What is measured of a passage is of this place on the body; said, or measured there last, when, on the
    monotonic clock. `over`: that no longer holds, and nobody has said what is measured instead."""

    passage: int
    place: str
    said_us: int
    over: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """The vehicle that stands in the lane: its own passage, and whether its next occupant is awaited. While
    nobody is, what instruments say is nobody's."""

    vehicle: Passage
    awaited: bool = True


@dataclass(frozen=True, slots=True)
class LaneState:
    """Everything a lane remembers. `seen` holds the codes in view with when they were last seen,
    `last` the passage that ended last, `sweeps` what each thermometer has before it, `live_mdegc` what
    the one that decides sees now, `picture` the newest frame of an array. `calibrations` are the newest
    of each device, whether they still hold or not. `notice` is what the attendant is told for a while,
    with when it came up: a code, nothing of a person; `warning` one that stands longer, and is seen
    whenever nothing else is to be told. `asked` names the passages that ended while a platform was still
    being asked about a code of theirs. `healthy` is what was learned of healthy people, by device and
    place, of the rested apart; `instruments` is what was seen of the thermometers themselves; `regulars` is
    what is usual for people who said who they are. `gone` are the people of late; `aimed` is what the
    attendant said of where on the body is measured. `group` is the vehicle in the lane: whoever is
    in the lane then came in it; `crews` are the ended passages of those whose vehicle has not ended. `told`
    is the passage and the step whose sentence was spoken last."""

    active: Passage | None = None
    parked: tuple[Passage, ...] = ()
    last: Passage | None = None
    sweeps: tuple[tuple[str, Sweep], ...] = ()
    seen: tuple[tuple[str, int], ...] = ()
    opened: int = 0
    live_mdegc: int | None = None
    picture: Reading | None = None
    calibrations: tuple[Calibration, ...] = ()
    notice: tuple[str, int] | None = None
    warning: tuple[str, int] | None = None
    asked: tuple[Owed, ...] = ()
    healthy: tuple[Taught, ...] = ()
    instruments: tuple[Watched, ...] = ()
    regulars: Regulars = field(default_factory=dict)
    gone: tuple[Gone, ...] = ()
    aimed: Aimed | None = None
    group: Group | None = None
    crews: tuple[Passage, ...] = ()
    told: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A passage's row that has to be on disk before the step's state is shown."""

    kind: str
    passage: Passage


@dataclass(frozen=True, slots=True)
class Note:
    """A row of something else than a passage, under the same rule."""

    kind: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Do:
    """What to do after the commit: `device` is `barrier` or `voice`, `what` the prompt or `pulse`,
    `values` what the prompt speaks, in digits (`ticket`, `minutes`); `passage` 0: for no passage."""

    device: str
    what: str
    passage: int
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What a step came to."""

    state: LaneState
    records: tuple[Record, ...] = ()
    dos: tuple[Do, ...] = ()
    passage: int | None = None
    notes: tuple[Note, ...] = ()
