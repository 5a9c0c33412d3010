"""双测温: two measurements a day of everybody registered, one in the morning and one in the afternoon.

Wuhan notice no. 15 asks for both and for a report above 37.3; a gate's own reading may serve as one of
them. Which half-days count is the site's setting. Says who has which, and who is missing; keeps nothing
and judges nobody. The local day is that of the offset handed in, asked at each moment, so that a day on
which the clocks change has all its hours: no zone file, no clock here.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from edge.domain.errors import FormError
from edge.domain.model import ScreeningVerdict

MINUTES = 24 * 60
_US = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Offset = Callable[[int], int]
"""How many minutes east of Greenwich the local clock is at a moment (microseconds UTC)."""


class Half(StrEnum):
    """Which of the two measurements of a day."""

    MORNING = "morning"  # 上午
    AFTERNOON = "afternoon"  # 下午


@dataclass(frozen=True, slots=True)
class Windows:
    """From when to when a measurement counts, in minutes after local midnight; the end no longer does."""

    morning: tuple[int, int] = (6 * 60, 12 * 60)
    afternoon: tuple[int, int] = (12 * 60, 22 * 60)

    def half_of(self, minute: int) -> Half | None:
        """Return the half-day a minute belongs to; None between them."""
        for half, (begin, end) in ((Half.MORNING, self.morning), (Half.AFTERNOON, self.afternoon)):
            if begin <= minute < end:
                return half
        return None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a site has settled: the windows, within how many days (that day included) somebody's own pass has
    to have been seen for them to be expected, which categories of passes count, which categories of the
    register of people are expected whether they were seen or not, from which value on somebody is over, and
    between which a value can be one of a living person (thousandths of a degree)."""

    windows: Windows = Windows()
    roster_days: int = 14
    categories: frozenset[str] = frozenset({"resident", "staff"})
    registered: frozenset[str] = frozenset()
    threshold_mdegc: int = 37_300
    plausible_mdegc: tuple[int, int] = (35_000, 42_500)


@dataclass(frozen=True, slots=True)
class Taken:
    """One measurement of one person: when (wall clock, microseconds UTC), what it amounted to, and the
    body estimate in thousandths of a degree. `person` is the register's own number of them; not `dated`
    is what was taken while the clock was not believed: it belongs to no day."""

    person: str
    at_us: int
    verdict: ScreeningVerdict
    body_mdegc: int | None = None
    sequence: int | None = None
    dated: bool = True


@dataclass(frozen=True, slots=True)
class Day:
    """What one person has of one local day: at most one measurement for each half, the first that counts,
    except that one over the threshold stands before one that was not. `beside` is one over at an hour that
    belongs to neither half: it serves for none, and still has to be reported."""

    person: str
    morning: Taken | None = None
    afternoon: Taken | None = None
    beside: Taken | None = None

    @property
    def missing(self) -> tuple[Half, ...]:
        return tuple(half for half in Half if self.of(half) is None)

    @property
    def over(self) -> bool:
        """Whether anything of that day has to be reported to community and employer."""
        return self.beside is not None or any(
            t is not None and t.verdict is ScreeningVerdict.OVER for t in (self.morning, self.afternoon)
        )

    def of(self, half: Half) -> Taken | None:
        return self.morning if half is Half.MORNING else self.afternoon


def checked(windows: Windows) -> Windows:
    """Return windows that make sense. Raises FormError `bad_window`: empty, outside the day, or one that
    begins before the other has ended."""
    (a, b), (c, d) = windows.morning, windows.afternoon
    if not 0 <= a < b <= c < d <= MINUTES:
        raise FormError("bad_window", "morning and afternoon each have to begin, end, and follow each other")
    return windows


def local_day(at_us: int, offset: Offset) -> tuple[date, int]:
    """Return the local date of a moment and the minute of its day."""
    moment = _EPOCH + timedelta(minutes=offset(at_us), seconds=at_us // _US)
    return moment.date(), moment.hour * 60 + moment.minute


def counts(taken: Taken) -> bool:
    """Say whether a measurement serves: on a day that is known, and it came to an answer. Over the threshold
    is one; a value too low, unreliable or to be taken again is not."""
    return taken.dated and taken.verdict in (ScreeningVerdict.NORMAL, ScreeningVerdict.OVER)


def days(
    people: Iterable[str], taken: Iterable[Taken], day: date, windows: Windows, offset: Offset
) -> tuple[Day, ...]:
    """Return what everybody registered has of a day, in the register's order; who is not registered does
    not appear. The measurements may come in any order."""
    found: dict[str, dict[Half | None, Taken]] = {person: {} for person in people}
    for one in taken:
        halves = found.get(one.person)
        if halves is None or not counts(one):
            continue
        on, minute = local_day(one.at_us, offset)
        half = windows.half_of(minute)
        if on != day or (half is None and one.verdict is not ScreeningVerdict.OVER):
            continue
        old = halves.get(half)
        if old is None or _rank(one) < _rank(old):
            halves[half] = one
    return tuple(
        Day(person, halves.get(Half.MORNING), halves.get(Half.AFTERNOON), halves.get(None))
        for person, halves in found.items()
    )


def missing(table: Sequence[Day], windows: Windows, minute: int = MINUTES) -> dict[Half, tuple[str, ...]]:
    """Return who is missing for each half-day that has ended by `minute` of the local day: as long as a
    window is open nobody is late."""
    ends = {Half.MORNING: windows.morning[1], Half.AFTERNOON: windows.afternoon[1]}
    return {
        half: tuple(row.person for row in table if row.of(half) is None)
        for half, end in ends.items()
        if minute >= end
    }


def _rank(taken: Taken) -> tuple[bool, int, int, int]:
    # All of it, so that the order in which rows are read decides nothing.
    return (
        taken.verdict is not ScreeningVerdict.OVER,
        taken.at_us,
        -1 if taken.sequence is None else taken.sequence,
        -1 if taken.body_mdegc is None else taken.body_mdegc,
    )
