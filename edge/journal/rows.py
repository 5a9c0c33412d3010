"""The values that go into the journal and come out of it. No SQL and no files here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge.domain.model import Instant

DAY_SCOPE = "day"


@dataclass(frozen=True, slots=True)
class Row:
    """One fact to append. `personal` is sealed under a key of `scope`: `day`, or the name of the
    person, vehicle or case that can be forgotten alone."""

    kind: str
    at: Instant
    body: Mapping[str, Any]
    lane: str | None = None
    personal: Mapping[str, Any] | None = None
    scope: str = DAY_SCOPE


@dataclass(frozen=True, slots=True)
class StoredRow:
    """One fact as it stands in the file. `body_text` is what was hashed, `body` the same parsed."""

    seq: int
    boot: int
    mono_us: int
    at_us: int
    clock: str
    kind: str
    lane: str | None
    body: dict[str, Any]
    body_text: str
    key_id: int | None
    sealed: bytes | None
    hash: bytes


@dataclass(frozen=True, slots=True)
class Incarnation:
    """A stretch of the file with one identity: its rows are `first_seq` and up, until the next
    incarnation's first. Its chain starts from `edge.wire.genesis(id)`."""

    id: str
    first_seq: int


@dataclass(frozen=True, slots=True)
class PassageRow:
    """One line of a list of passages. `at_us` is the time of the newest row, `ended_us` the same
    once the passage has ended. `musts` and `musts_asked` are bits of `projections.MUSTS`."""

    id: int
    seq: int
    lane: str
    direction: str
    stage: str
    outcome: str | None
    reasons: tuple[str, ...]
    opened_us: int
    at_us: int
    ended_us: int | None
    temperature: str
    surface_mdegc: int | None
    body_mdegc: int | None
    category: str | None
    by: str | None
    override: bool
    musts: int
    musts_asked: int
    second: bool
    ticket: int | None


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One line of the list of cases. `due_us` is when somebody has to have done the next step, None once it
    is closed; it was set by the row of `boot`, `mono_us` and `at_us`. `seqs` are all its rows. `forgotten`:
    its personal fields were destroyed."""

    number: int
    passage: int | None
    lane: str
    why: tuple[str, ...]
    stage: str
    unit: str | None
    result: str | None
    opened_us: int
    due_us: int | None
    boot: int
    mono_us: int
    at_us: int
    closed_seq: int | None
    seqs: tuple[int, ...]
    key_id: int | None
    forgotten: bool

    def left_us(self, now: Instant, boot: int) -> int | None:
        """Return how long there is until it is due, negative when it is overdue, None for a closed one: by
        the monotonic clock within one run, since the other may be set meanwhile. What was opened later than
        a clock that is believed says it is now was opened by a wrong one, who knows when: it is due."""
        if self.due_us is None:
            return None
        if boot == self.boot:
            return self.due_us - self.at_us - (now.mono_us - self.mono_us)
        if now.at_us < self.at_us and now.clock.trusted:
            return -1
        return self.due_us - now.at_us


@dataclass(frozen=True, slots=True)
class Imported:
    """One import: its register, how many lines its file has, the last of them that is entered, and how many
    entries it brought and changed. `state`: begun, done, stopped, undone."""

    number: int
    register: str
    state: str
    lines: int
    line: int
    entered: int
    amended: int
    begun_us: int
    begun_seq: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a register, as its newest row has it. `fields` are those that name nobody; `from_us` and
    `until_us` bound the time it holds for, where that is bounded. `boot`, `mono_us` and `at_us` are the
    newest row's, `imported` is the import that brought it, 0 for what was entered by hand. `seqs` are all its
    rows. `forgotten`: its personal fields were destroyed."""

    register: str
    number: int
    open: bool
    fields: dict[str, Any]
    lane: str | None
    from_us: int | None
    until_us: int | None
    entered_us: int
    boot: int
    mono_us: int
    at_us: int
    imported: int
    ended_seq: int | None
    seqs: tuple[int, ...]
    key_id: int | None
    forgotten: bool


@dataclass(frozen=True, slots=True)
class PassageBody:
    """A row of a passage with the parts of its open body that tell of measurements, at least; `at_us` and
    `clock` are the row's."""

    seq: int
    at_us: int
    clock: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class HourCount:
    """How many passages of a lane ended one way in the hour (UTC) that begins at `hour_us`."""

    hour_us: int
    lane: str
    outcome: str
    n: int


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge did. `keys` are destroyed; `kept` are old enough but wait for the district;
    `unacknowledged` counts rows whose personal fields went although the district lacks them (an
    alarm). `seq` is the row that says so. `refused` is a stable code when nothing was done:
    `clock_untrusted`, `clock_leapt`. `scrubbed` is False while a reader keeps old pages alive: call
    `Journal.scrub` again."""

    keys: tuple[int, ...] = ()
    passages: int = 0
    kept: int = 0
    unacknowledged: int = 0
    seq: int | None = None
    refused: str | None = None
    scrubbed: bool = True


def harmless(value: Any) -> Any:
    """Return a cell's value so that office programs show it: they run what begins like a formula."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value
