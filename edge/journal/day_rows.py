"""The rows of a local day, for reports: passages that ended in it, and the rare kinds, each with when it was.

Every call is a few short reads; the connection is the reader's, which cannot write.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from edge.journal.dating import Calendar, Place, Span
from edge.journal.rows import StoredRow

_AT_ONCE = 200
_COLUMNS = "seq, boot, mono_us, at_us, clock, kind, lane, body, key_id, sealed, hash"
# A passage stands in the day in which its first decision was written, with what the newest one says.
_SELECT = f"SELECT {_COLUMNS} FROM journal"  # noqa: S608 - our own words
_DECIDED = f"{_SELECT} WHERE seq BETWEEN ? AND ? AND kind = 'passage.decided' ORDER BY seq LIMIT ?"
_RARE = f"{_SELECT} WHERE kind = ? AND kind NOT GLOB 'passage.*'"
# What an import brought, or put back when undone, is one change of one person however many rows it has.
_BY_HAND = (
    " AND (kind NOT IN ('register.entered', 'register.amended', 'register.ended')"
    " OR (json_extract(body, '$.import') IS NULL AND json_extract(body, '$.why') IS NOT 'import_undone'))"
)
_NEVER_US = 1 << 62
_CASES = """
SELECT seq, boot, mono_us, at_us, clock, kind, json_extract(body, '$.case'), json_type(body, '$.due_us'),
  json_extract(body, '$.due_us')
FROM journal WHERE kind = ? AND kind NOT GLOB 'passage.*' AND seq <= ?
"""
_OTHERS = """
SELECT j.seq FROM passage p, json_each(p.mentions) m JOIN journal j ON j.seq = m.value
WHERE p.id = ? AND j.kind = 'passage.decided' AND j.seq <= ? ORDER BY j.seq
"""


_NAMED = """
SELECT seq, boot, mono_us, at_us, clock, json_extract(body, ?) FROM journal
WHERE kind = ? AND kind NOT GLOB 'passage.*' AND seq BETWEEN ? AND ?
"""


@dataclass(frozen=True, slots=True)
class Dated:
    """A row, and when it was written (microseconds UTC), None where nobody can say."""

    at_us: int | None
    row: StoredRow


@dataclass(frozen=True, slots=True)
class CaseStep:
    """What a row of a case did to when it is due: when it was written, None where nobody can say, and whether
    it names a due time at all."""

    seq: int
    at_us: int | None
    kind: str
    case: int
    tells_due: bool
    due_us: int | None


@dataclass(frozen=True, slots=True)
class Until:
    """What had been written before a moment, `at_us`, up to the row `upto`. A row that cannot be dated counts
    from the last believed moment before it. `doubtful` are the sequences between which others may lie."""

    at_us: int
    upto: int
    doubtful: tuple[tuple[int, int], ...]
    is_before: Callable[[StoredRow], bool]

    def all_of(self, seqs: Collection[int]) -> bool:
        """Say whether all these rows had surely been written, without reading them."""
        return all(
            seq <= self.upto and not any(low <= seq <= high for low, high in self.doubtful) for seq in seqs
        )

    def holds(self, row: StoredRow) -> bool:
        """Say whether a row had been written."""
        return row.seq <= self.upto and self.is_before(row)


class DayRows:
    """What reports read. `day_of` gives the local day of a moment."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        stored: Callable[[tuple[object, ...]], StoredRow],
        day_of: Callable[[int], object],
    ) -> None:
        self._connection = connection
        self._stored = stored
        self.calendar = Calendar(connection, day_of)

    def ended(self, from_us: int, to_us: int, upto: int) -> Iterator[list[Dated]]:
        """Yield, some at a time, each passage that ended in [from, to), told by its newest decision up to
        the row `upto`."""
        for low, high in self.calendar.ranges(from_us, to_us):
            after = low - 1
            while found := self._rows(_DECIDED, after + 1, min(high, upto), _AT_ONCE):
                after = found[-1].seq
                yield [one for row in found for one in self._one(row, from_us, to_us, upto)]

    def undated(self, upto: int) -> list[tuple[Span, int]]:
        """Return the spans that cannot be dated with how many passages ended in each."""
        found = []
        for span in self.calendar.undated():
            (count,) = self._connection.execute(
                "SELECT count(*) FROM journal WHERE seq BETWEEN ? AND ? AND kind = 'passage.decided'"
                " AND clock NOT IN ('synced', 'manual')",
                (span.first, min(span.last, upto)),
            ).fetchone()
            if count:
                found.append((span, int(count)))
        return found

    def rare(
        self, kinds: Collection[str], upto: int, after: int = 0, *, by_hand: bool = False
    ) -> list[Dated]:
        """Return every row of these rare kinds after one and up to another, oldest first; `by_hand`: without
        those that imports wrote, of which one file may bring a hundred thousand."""
        found: list[StoredRow] = []
        for kind in kinds:
            found += self._rows(
                f"{_RARE}{_BY_HAND if by_hand else ''} AND seq > ? AND seq <= ? ORDER BY seq",
                kind,
                after,
                upto,
            )
        found.sort(key=lambda row: row.seq)
        return [Dated(self.moment(row), row) for row in found]

    def case_steps(self, kinds: Collection[str], upto: int) -> list[CaseStep]:
        """Return what the rows of these kinds up to one say of cases, oldest first. Of a year there are tens
        of thousands: they are not parsed as a whole."""
        found = []
        for kind in kinds:
            for *place, kind_, case, told, due_us in self._connection.execute(_CASES, (kind, upto)):
                at_us = self.calendar.moment(Place(*place))
                found.append(CaseStep(place[0], at_us, kind_, case, told is not None, due_us))
        return sorted(found, key=lambda step: step.seq)

    def rare_between(
        self, kinds: Collection[str], from_us: int, to_us: int, upto: int, *, by_hand: bool = False
    ) -> list[Dated]:
        """Return the rows of these rare kinds that were written in [from, to), up to a row, oldest first;
        `by_hand` as of `rare`."""
        found: list[Dated] = []
        for low, high in self.calendar.ranges(from_us, to_us):
            found += self.rare(kinds, min(high, upto), low - 1, by_hand=by_hand)
        return [one for one in found if one.at_us is not None and from_us <= one.at_us < to_us]

    def counted(
        self, kinds: Collection[str], name: str, from_us: int, to_us: int, upto: int
    ) -> Counter[tuple[str, str | int]]:
        """Count the rows of these rare kinds that were written in [from, to), up to a row, by kind and by
        what their body holds under a name. An import is a hundred thousand of them: none is kept."""
        found: Counter[tuple[str, str | int]] = Counter()
        for low, high in self.calendar.ranges(from_us, to_us):
            for kind in kinds:
                bounds = (f"$.{name}", kind, low, min(high, upto))
                for *place, value in self._connection.execute(_NAMED, bounds):
                    at_us = self.calendar.moment(Place(*place))
                    if at_us is not None and from_us <= at_us < to_us:
                        found[kind, value] += 1
        return found

    def rare_of(self, kind: str, name: str, value: str | int, upto: int) -> list[StoredRow]:
        """Return the rows of a rare kind whose body holds a value under a name, oldest first."""
        return self._rows(
            f"{_RARE} AND seq <= ? AND json_extract(body, ?) = ? ORDER BY seq",
            kind,
            upto,
            f"$.{name}",
            value,
        )

    def grown(self, from_us: int, to_us: int, after: int) -> bool:
        """Say whether a passage of [from, to) was first written after a row (a clock that was set back)."""
        for low, high in self.calendar.ranges(from_us, to_us):
            begin = max(low, after + 1)
            while begin <= high and (found := self._rows(_DECIDED, begin, high, _AT_ONCE)):
                if any(from_us <= (self.moment(row) or from_us - 1) < to_us for row in found):
                    return True
                begin = found[-1].seq + 1
        return False

    def these(self, *seqs: int) -> list[Dated]:
        """Return these rows."""
        found = [row for seq in seqs for row in self._rows(f"{_SELECT} WHERE seq = ?", seq)]
        return [Dated(self.moment(row), row) for row in found]

    def moment(self, row: StoredRow) -> int | None:
        """Return when a row was written, None where nobody can say."""
        return self.calendar.moment(_place(row))

    def until(self, at_us: int, upto: int) -> Until:
        """Return what had been written before a moment, up to a row."""
        unknown = [(span.first, span.last) for span in self.calendar.undated()]

        def is_before(row: StoredRow) -> bool:
            found = self.moment(row)
            found = self.calendar.since_when(_place(row)) if found is None else found
            return found is None or found < at_us

        return Until(at_us, upto, (*self.calendar.ranges(at_us, _NEVER_US), *unknown), is_before)

    def _one(self, row: StoredRow, from_us: int, to_us: int, upto: int) -> list[Dated]:
        at_us = self.moment(row)
        if at_us is None or not from_us <= at_us < to_us:
            return []
        seqs = [seq for (seq,) in self._connection.execute(_OTHERS, (row.body["passage"], upto))]
        if not seqs or seqs == [row.seq]:
            return [Dated(at_us, row)]
        if seqs[0] != row.seq:
            return []
        (newest,) = self._rows(f"{_SELECT} WHERE seq = ?", seqs[-1])
        return [Dated(at_us, newest)]

    def _rows(self, sql: str, *values: str | int) -> list[StoredRow]:
        return [self._stored(line) for line in self._connection.execute(sql, values).fetchall()]


def _place(row: StoredRow) -> Place:
    return Place(row.seq, row.boot, row.mono_us, row.at_us, row.clock)
