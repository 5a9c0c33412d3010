"""Tracing (行踪轨迹和接触人员): all passages of a person, and everybody within some minutes at the same gate.

Whoever opens what is found writes that down first; here rows are only found. Nothing is found any more of a
day whose key is destroyed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from edge.journal import Reader, StoredRow
from edge.reports.day import Days, starts_us

MINUTE_US = 60_000_000
MOST_PASSAGES, MOST_MINUTES = 200, 240


@dataclass(frozen=True, slots=True)
class Hit:
    """One passage, and when it ended; `around` are the passages near it, `apart_us` how long after each."""

    at_us: int | None
    row: StoredRow
    around: tuple[tuple[int, StoredRow], ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """What was found. `cut`: there were more passages than are shown."""

    hits: tuple[Hit, ...]
    cut: bool = False

    @property
    def others(self) -> int:
        """How many other passages there were, each once."""
        own = {hit.row.body["passage"] for hit in self.hits}
        return len({row.body["passage"] for hit in self.hits for _, row in hit.around} - own)

    def rows(self) -> list[StoredRow]:
        """Return every row of it, each once."""
        found = {hit.row.seq: hit.row for hit in self.hits}
        found |= {row.seq: row for hit in self.hits for _, row in hit.around}
        return [found[seq] for seq in sorted(found)]


def trace(
    reader: Reader, days: Days, values: Sequence[str], first: date, last: date, *, minutes: int
) -> Trace:
    """Return the passages between two days that hold one of the look-up values, oldest first, each with those
    within so many minutes before and after, at any lane."""
    bounds = starts_us(first, days.zone), starts_us(last + timedelta(days=1), days.zone)
    numbers = sorted({number for value in values for number in reader.find(value)})
    own: list[tuple[int, StoredRow]] = []
    for number in numbers:
        decided = [row for row in reader.passage(number) if row.kind == "passage.decided"]
        at_us = days.rows.moment(decided[0]) if decided else None
        if at_us is not None and bounds[0] <= at_us < bounds[1]:
            own.append((at_us, decided[-1]))
    own.sort(key=lambda one: one[0])
    hits = tuple(Hit(at_us, row, _around(days, at_us, row, minutes)) for at_us, row in own[:MOST_PASSAGES])
    return Trace(hits, len(own) > MOST_PASSAGES)


def _around(days: Days, at_us: int, row: StoredRow, minutes: int) -> tuple[tuple[int, StoredRow], ...]:
    found: list[tuple[int, StoredRow]] = []
    reach_us = minutes * MINUTE_US
    for some in days.rows.ended(at_us - reach_us, at_us + reach_us + 1, days.head):
        found += [
            (one.at_us - at_us, one.row)
            for one in some
            if one.at_us is not None and one.row.body["passage"] != row.body["passage"]
        ]
    return tuple(sorted(found, key=lambda one: one[0]))
