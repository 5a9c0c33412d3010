"""What a lane is, what it remembers, and what one step of it comes to. Values only."""

from dataclasses import dataclass, field

from edge.domain.model import Passage
from edge.domain.procedure import Procedure
from edge.domain.screening import Policy, Sweep


@dataclass(frozen=True, slots=True)
class LaneSpec:
    """What a lane is, for as long as the configuration stands. Times in microseconds; `started_us` is
    when this run began, on the monotonic clock. `number` of `lanes` keeps the passage numbers of
    several lanes apart."""

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


@dataclass(frozen=True, slots=True)
class LaneState:
    """Everything a lane remembers. `seen` holds the codes in view with when they were last seen,
    `last` the passage that ended last, `live_mdegc` what the thermometer sees now."""

    active: Passage | None = None
    parked: tuple[Passage, ...] = ()
    last: Passage | None = None
    sweep: Sweep = field(default_factory=Sweep)
    seen: tuple[tuple[str, int], ...] = ()
    opened: int = 0
    live_mdegc: int | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A row that has to be on disk before the step's state is shown."""

    kind: str
    passage: Passage


@dataclass(frozen=True, slots=True)
class Do:
    """What to do after the commit: `device` is `barrier` or `voice`, `what` the prompt or `pulse`,
    `values` what the prompt speaks, in digits (`ticket`, `minutes`)."""

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
