"""When rows were written, as far as that can be known.

A row of a clock that was believed stands where that clock said. Another row is dated by the monotonic clock,
from the first believed row after it in the same run, else from the last one before it. Of a run without any
believed row only this is known: it lies between the believed rows around it; where both are of one local day,
so is the run. What cannot be dated is said to be so, never guessed.

Reads a handful of rows for each run and for each change of the clock, however many rows there are: within a
stretch between two such marks the monotonic clock rises with the sequence.
"""

import sqlite3
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate, groupby

from edge.domain.model import ClockQuality

TRUSTED = frozenset(str(quality) for quality in ClockQuality if quality.trusted)
# Rows of several threads are a little out of order, and the clock's change is noticed within a second.
_LOOK = 200
_SLACK_US = 600_000_000


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows `first` to `last` of one run, between two changes of its clock. `offset_us` is what the wall
    clock was ahead of the monotonic one, None where it was not believed; `from_us` and `to_us` are the first
    and the last believed moment in it. `even`: both clocks went on together, as they do but for a
    change that nobody noted."""

    boot: int
    first: int
    last: int
    mono_us: int
    last_mono_us: int
    offset_us: int | None
    from_us: int | None
    to_us: int | None
    even: bool = True


@dataclass(frozen=True, slots=True)
class Span:
    """Between which moments (microseconds UTC) something lies that cannot be dated; None: no believed row."""

    first: int
    last: int
    after_us: int | None
    before_us: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands on both clocks."""

    seq: int
    boot: int
    mono_us: int
    at_us: int
    clock: str


class Calendar:
    """Where the rows of a journal lie in time, as of the moment it was made. `day_of` gives the local day of
    a moment, by which a run between two believed rows is dated."""

    def __init__(self, connection: sqlite3.Connection, day_of: Callable[[int], object]) -> None:
        self._connection = connection
        self._day_of = day_of
        self.stretches = _stretches(connection)
        self._firsts = [one.first for one in self.stretches]
        self._offsets = _offsets(self.stretches)
        self._spans = _spans(self.stretches)

    def moment(self, row: Place) -> int | None:
        """Return when a row was written, None where nobody can say. Of a run that is known to lie within one
        day, the moment before it."""
        if row.clock in TRUSTED:
            return row.at_us
        index = bisect_right(self._firsts, row.seq) - 1
        offset_us = self._offsets[index]
        if offset_us is not None:
            return row.mono_us + offset_us
        span = self._spans[index]
        return span.after_us if self._is_one_day(span) else None

    def ranges(self, from_us: int, to_us: int) -> list[tuple[int, int]]:
        """Return between which sequences every row dated in [from, to) lies, and others as well."""
        found: list[tuple[int, int]] = []
        for index, one in enumerate(self.stretches):
            if not one.even:
                found.append((one.first, one.last))
                continue
            for offset_us in {one.offset_us, self._offsets[index]} - {None}:
                assert offset_us is not None
                low, high = from_us - offset_us - _SLACK_US, to_us - offset_us + _SLACK_US
                if one.mono_us <= high and one.last_mono_us >= low:
                    found.append((self._reached(one, low), self._reached(one, high)))
            if self._offsets[index] is None and one.offset_us is None:
                span = self._spans[index]
                if self._is_one_day(span) and span.after_us is not None and from_us <= span.after_us < to_us:
                    found.append((one.first, one.last))
        return _joined(found)

    def since_when(self, row: Place) -> int | None:
        """Return the last believed moment before the run of a row that cannot be dated, None where there is
        none."""
        return self._spans[bisect_right(self._firsts, row.seq) - 1].after_us

    def begins_us(self) -> int | None:
        """Return the earliest moment that a row can be dated at, None where none can."""
        offsets = zip(self.stretches, self._offsets, strict=True)
        return min(
            (one.mono_us + offset_us for one, offset_us in offsets if offset_us is not None), default=None
        )

    def undated(self) -> list[Span]:
        """Return the runs that cannot be dated."""
        unknown = (
            span for span, offset_us in zip(self._spans, self._offsets, strict=True) if offset_us is None
        )
        return [span for span in unknown if not self._is_one_day(span)]

    def _is_one_day(self, span: Span) -> bool:
        if span.after_us is None or span.before_us is None or span.after_us > span.before_us:
            return False
        return self._day_of(span.after_us) == self._day_of(span.before_us)

    def _reached(self, one: Stretch, mono_us: int) -> int:
        """Return the first sequence of a stretch whose monotonic clock has reached this, its last where none
        has."""
        if mono_us <= one.mono_us:
            return one.first
        if mono_us > one.last_mono_us:
            return one.last
        low, high = one.first, one.last
        while low < high:
            middle = (low + high) // 2
            found = self._connection.execute(
                "SELECT mono_us FROM journal WHERE seq >= ? ORDER BY seq LIMIT 1", (middle,)
            ).fetchone()
            if found is not None and found[0] < mono_us:
                low = middle + 1
            else:
                high = middle
        return low


def _stretches(connection: sqlite3.Connection) -> list[Stretch]:
    head = connection.execute("SELECT min(seq), max(seq) FROM journal").fetchone()
    if head[0] is None:
        return []
    marks = connection.execute(
        "SELECT seq FROM journal WHERE kind IN ('gate.started', 'clock.corrected')"
        " AND kind NOT GLOB 'passage.*' ORDER BY seq"
    ).fetchall()
    firsts = sorted({head[0], *(seq for (seq,) in marks)})
    found: list[Stretch] = []
    for first, after in zip(firsts, [*firsts[1:], head[1] + 1], strict=True):
        found += _of_one_boot(connection, first, after - 1)
    return found


def _offsets(stretches: list[Stretch]) -> list[int | None]:
    """Return by what rows of each stretch that were not believed are dated: the next offset behind it in the
    same run, else its own or the last one before it."""
    found: list[int | None] = []
    for _boot, run in groupby(stretches, lambda one: one.boot):
        own = [one.offset_us for one in run]
        until = accumulate(own, _or_before)
        behind = list(accumulate((None, *reversed(own)), _or_before))[-2::-1]
        found += [before if after is None else after for before, after in zip(until, behind, strict=True)]
    return found


def _spans(stretches: list[Stretch]) -> list[Span]:
    """Return between which believed moments of other stretches each one lies."""
    before = accumulate((None, *(one.to_us for one in stretches)), _or_before)
    after = accumulate((None, *(one.from_us for one in reversed(stretches))), _or_before)
    around = zip(stretches, before, list(after)[-2::-1], strict=False)
    return [Span(one.first, one.last, earlier, later) for one, earlier, later in around]


def _or_before(before: int | None, one: int | None) -> int | None:
    return before if one is None else one


def _of_one_boot(connection: sqlite3.Connection, first: int, last: int) -> list[Stretch]:
    """Cut where the run changes: a run may begin without its mark, when the gate ended at once."""
    found, begin = [], first
    while begin <= last:
        boot = _at(connection, begin)[1]
        low, high = begin, last
        while low < high:
            middle = (low + high + 1) // 2
            if _at(connection, middle)[1] == boot:
                low = middle
            else:
                high = middle - 1
        found.append(_stretch(connection, boot, begin, low))
        begin = low + 1
    return found


def _stretch(connection: sqlite3.Connection, boot: int, first: int, last: int) -> Stretch:
    opening, closing = _at(connection, first), _at(connection, last)
    head = next((row for row in _some(connection, first, last) if row[4] in TRUSTED), None)
    tail = next((row for row in _some(connection, first, last, newest=True) if row[4] in TRUSTED), None)
    head, tail = head or tail, tail or head
    return Stretch(
        boot,
        first,
        last,
        opening[2],
        max(opening[2], closing[2]),
        None if head is None else head[3] - head[2],
        None if head is None else head[3],
        None if tail is None else tail[3],
        head is None or tail is None or abs((tail[3] - tail[2]) - (head[3] - head[2])) < _SLACK_US // 2,
    )


def _at(connection: sqlite3.Connection, seq: int) -> tuple[int, int, int, int, str]:
    row: tuple[int, int, int, int, str] = connection.execute(
        "SELECT seq, boot, mono_us, at_us, clock FROM journal WHERE seq <= ? ORDER BY seq DESC LIMIT 1",
        (seq,),
    ).fetchone()
    return row


def _some(
    connection: sqlite3.Connection, first: int, last: int, *, newest: bool = False
) -> Iterator[tuple[int, int, int, int, str]]:
    sql = "SELECT seq, boot, mono_us, at_us, clock FROM journal WHERE seq BETWEEN ? AND ? ORDER BY seq"
    return iter(connection.execute(f"{sql}{' DESC' if newest else ''} LIMIT ?", (first, last, _LOOK)))


def _joined(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return found
