"""Tracing (行踪轨迹和接触人员): all passages of a person, and everybody within some minutes at the same gate.

Paper pages that were taken in are gone through as well, by the times written on them. Whoever opens what is
found writes that down first; here rows are only found. Nothing is found any more of a day whose key is
destroyed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from edge.journal import Reader, StoredRow
from edge.journal.tokens import fits
from edge.reports.day import PAPER, Days, starts_us

MINUTE_US = 60_000_000
MOST_PASSAGES, MOST_MINUTES = 200, 240
_DAY_US = 1440 * MINUTE_US


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
        own = {named(hit.row) for hit in self.hits}
        return len({named(row) for hit in self.hits for _, row in hit.around} - own)

    def rows(self) -> list[StoredRow]:
        """Return every row of it, each once."""
        found = {hit.row.seq: hit.row for hit in self.hits}
        found |= {row.seq: row for hit in self.hits for _, row in hit.around}
        return [found[seq] for seq in sorted(found)]


@dataclass(frozen=True, slots=True)
class _Paper:
    """A line of a paper page, with its opened fields."""

    at_us: int
    row: StoredRow
    personal: Mapping[str, Any]


def named(row: StoredRow) -> str:
    """Return by what a passage is known again: its number, of a line of a paper page that of its row."""
    return f"paper-{row.seq}" if row.kind == PAPER else str(row.body["passage"])


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
    papers = _papers(reader, days, bounds[0] - _DAY_US, bounds[1] + _DAY_US)
    own += [
        (one.at_us, one.row)
        for one in papers
        if bounds[0] <= one.at_us < bounds[1] and any(_holds(one, value) for value in values)
    ]
    own.sort(key=lambda one: one[0])
    hits = tuple(
        Hit(at_us, row, _around(days, at_us, row, minutes, papers)) for at_us, row in own[:MOST_PASSAGES]
    )
    return Trace(hits, len(own) > MOST_PASSAGES)


def papers_of(reader: Reader, days: Days, value: str) -> list[StoredRow]:
    """Return the lines of paper pages that hold a look-up value, oldest first by the times on them."""
    found = [one for one in _papers(reader, days, 0, 1 << 62) if _holds(one, value)]
    return [one.row for one in sorted(found, key=lambda one: one.at_us)]


def _holds(one: _Paper, value: str) -> bool:
    return any(fits(str(text), value) for name, text in one.personal.items() if name != "writer")


def _papers(reader: Reader, days: Days, from_us: int, to_us: int) -> list[_Paper]:
    """Return the lines of paper pages with a time in [from, to) that were not taken back."""
    corrections = days.corrections(days.head)
    rows = [
        one.row
        for one in days.rows.rare((PAPER,), days.head)
        if from_us <= one.row.body["written_us"] < to_us
        and not any(said.get("void") for said in corrections.get(("paper", one.row.seq), ()))
    ]
    opened = zip(rows, reader.opened(rows), strict=True)
    return [_Paper(row.body["written_us"], row, fields or {}) for row, fields in opened]


def _around(
    days: Days, at_us: int, row: StoredRow, minutes: int, papers: Sequence[_Paper]
) -> tuple[tuple[int, StoredRow], ...]:
    reach_us = minutes * MINUTE_US
    found = [(one.at_us - at_us, one.row) for one in papers if abs(one.at_us - at_us) <= reach_us]
    for some in days.rows.ended(at_us - reach_us, at_us + reach_us + 1, days.head):
        found += [(one.at_us - at_us, one.row) for one in some if one.at_us is not None]
    near = (one for one in found if named(one[1]) != named(row))
    return tuple(sorted(near, key=lambda one: one[0]))
