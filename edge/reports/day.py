"""A local day of a gate, told from its journal: figures of all lanes and of each, as of any row.

With `upto` a day is told as it stood when that row was the newest, which is how a report that was sent is
told again. Between two calls nothing is kept but what holds for every day up to one row: corrections, and
what became of cases.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from edge.journal import Reader, StoredRow
from edge.journal.day_rows import CaseStep, Dated, DayRows
from edge.reports import figures, happened, lines
from edge.reports.facts import MEASURED, Fact, fact, identity
from edge.reports.figures import Figures

CORRECTION, PAPER, DAILY = "correction.recorded", "paper.entered", "report.daily"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = date(1970, 1, 3), date(9999, 12, 1)


@dataclass(frozen=True, slots=True)
class Gap:
    """Passages that belong to no day: between which moments they were is all that is known."""

    first: int
    last: int
    after_us: int | None
    before_us: int | None
    passages: int


@dataclass(frozen=True, slots=True)
class Told:
    """A day as it is known. `upto` is the newest row that was read. `lanes` has the figures of each lane that
    count passages. `gaps` are those that may have been in this day and cannot be dated. `keys` are those that
    its personal fields are sealed under."""

    day: date
    upto: int
    figures: Figures
    lanes: Mapping[str, Figures] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    keys: frozenset[int] = frozenset()


class Days:
    """The days of one journal in its time zone, by a reader; for one thread."""

    def __init__(self, reader: Reader, zone: ZoneInfo) -> None:
        self.zone = zone
        self._reader = reader
        self.rows: DayRows = reader.days(self.day_of)
        self.head = reader.head()
        # Of the last row that was asked for: the same for every day of a bulletin, and all of a journal's.
        self._corrected: tuple[int, dict[tuple[str, int], list[Mapping[str, Any]]]] | None = None
        self._steps: tuple[int, list[CaseStep]] | None = None

    def day_of(self, at_us: int) -> date:
        """Return the local day of a moment."""
        return day_of(at_us, self.zone)

    def text_of(self, at_us: int) -> str:
        """Return a moment as local date and time to the second."""
        try:
            moment = (_EPOCH + timedelta(microseconds=at_us)).astimezone(self.zone)
        except OverflowError:
            return str(at_us)
        return moment.strftime("%Y-%m-%d %H:%M:%S")

    def told(self, day: date, upto: int | None = None) -> Told:
        """Return a day as of a row (the newest)."""
        upto = self.head if upto is None else upto
        facts = self.facts(day, upto)
        bounds = starts_us(day, self.zone), starts_us(day + timedelta(days=1), self.zone)
        found = figures.count(facts)
        found |= happened.happened(self.rows, self._case_steps(upto), *bounds, upto)
        found |= lines.told(lines.Asked(self._reader, self.rows, day, *bounds, upto))
        gaps = tuple(gap for gap in self.gaps(upto) if _may_be(gap, *bounds))
        found["undated"] = sum(gap.passages for gap in gaps)
        keys = frozenset(one.key_id for one in facts if one.key_id is not None)
        return Told(day, upto, found, figures.by_lane(facts), gaps, keys)

    def facts(self, day: date, upto: int | None = None) -> list[Fact]:
        """Return the passages of a day, those of paper pages last, each as corrected up to a row."""
        upto = self.head if upto is None else upto
        bounds = starts_us(day, self.zone), starts_us(day + timedelta(days=1), self.zone)
        corrections = self.corrections(upto)
        found: list[Fact] = []
        for some in self.rows.ended(*bounds, upto):
            opened = self._reader.opened([one.row for one in some])
            for one, personal in zip(some, opened, strict=True):
                made = _passage(one, personal, corrections.get(("passage", one.row.body["passage"]), ()))
                if made is not None:
                    found.append(made)
        return found + self._papers(day, upto, corrections)

    def corrections(self, upto: int) -> dict[tuple[str, int], list[Mapping[str, Any]]]:
        """Return what was corrected, oldest first, by passage and by row of a paper page."""
        if self._corrected is not None and self._corrected[0] == upto:
            return self._corrected[1]
        found: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
        for one in self.rows.rare((CORRECTION,), upto):
            body = one.row.body
            name = "paper" if "paper" in body else "passage"
            found.setdefault((name, body[name]), []).append(body)
        self._corrected = upto, found
        return found

    def gaps(self, upto: int | None = None) -> list[Gap]:
        """Return the stretches of passages that cannot be dated."""
        return [
            Gap(span.first, span.last, span.after_us, span.before_us, n)
            for span, n in self.rows.undated(self.head if upto is None else upto)
        ]

    def changed_since(self, day: date, upto: int) -> bool:
        """Say whether something of a day was written after a row: a correction, a paper page, a page of the
        evening, or a passage by a clock that had been ahead."""
        text = day.isoformat()
        later = self.rows.rare((CORRECTION, PAPER, lines.EVENING), self.head, upto)
        if any(one.row.body.get("day") == text for one in later):
            return True
        bounds = starts_us(day, self.zone), starts_us(day + timedelta(days=1), self.zone)
        return self.rows.grown(*bounds, upto)

    def _case_steps(self, upto: int) -> list[CaseStep]:
        if self._steps is None or self._steps[0] != upto:
            self._steps = upto, self.rows.case_steps(happened.STEPS, upto)
        return self._steps[1]

    def _papers(
        self, day: date, upto: int, corrections: Mapping[tuple[str, int], Sequence[Mapping[str, Any]]]
    ) -> list[Fact]:
        rows = self.rows.rare_of(PAPER, "day", day.isoformat(), upto)
        opened = self._reader.opened(rows)
        made = (
            _paper(row, personal, corrections.get(("paper", row.seq), ()))
            for row, personal in zip(rows, opened, strict=True)
        )
        return [one for one in made if one is not None]


@lru_cache(maxsize=4096)
def starts_us(day: date, zone: ZoneInfo) -> int:
    """Return when a local day starts (00:00), in microseconds UTC."""
    return (datetime.combine(day, time(), zone) - _EPOCH) // timedelta(microseconds=1)


def day_of(at_us: int, zone: ZoneInfo) -> date:
    """Return the local day of a moment; the first or last there is for a clock that says anything."""
    try:
        return (_EPOCH + timedelta(microseconds=at_us)).astimezone(zone).date()
    except OverflowError:
        return _FIRST if at_us < 0 else _LAST


def days_between(first: date, last: date) -> Iterable[date]:
    """Yield the days from one to another, both included."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _passage(
    one: Dated, personal: Mapping[str, Any] | None, corrections: Sequence[Mapping[str, Any]]
) -> Fact | None:
    row = one.row
    has_seal = row.sealed is not None and bool(_names(row))
    known = personal if row.sealed is not None else {}
    return fact(
        row.body,
        known,
        lane=row.lane or "",
        seq=row.seq,
        at_us=one.at_us or row.at_us,
        has_seal=has_seal,
        key_id=row.key_id,
        corrections=corrections,
    )


def _names(row: StoredRow) -> bool:
    """Say whether a passage's seal may hold who it was: a reason typed by hand is sealed as well."""
    return any(piece.get("t") != "measurement" for piece in row.body.get("evidence", ()))


def _paper(
    row: StoredRow, personal: Mapping[str, Any] | None, corrections: Sequence[Mapping[str, Any]]
) -> Fact | None:
    if any(one.get("void") for one in corrections):
        return None
    body, vehicle = row.body, bool(row.body.get("vehicle"))
    return Fact(
        passage=-row.seq,
        lane=row.lane or "",
        direction=body["direction"],
        outcome=body["outcome"],
        verdict=body.get("verdict", "missing"),
        vehicle=vehicle,
        category=body.get("category"),
        reasons=(body["reason"],) if "reason" in body else (),
        suspected=bool(body.get("suspected")),
        paper=True,
        who=None if personal is None else identity(personal, vehicle=vehicle),
        sealed=row.sealed is not None and personal is None,
        key_id=row.key_id,
        seq=row.seq,
        at_us=body["written_us"],
    )


def _may_be(gap: Gap, from_us: int, to_us: int) -> bool:
    return (gap.after_us is None or gap.after_us < to_us) and (
        gap.before_us is None or gap.before_us >= from_us
    )


__all__ = ["CORRECTION", "DAILY", "MEASURED", "PAPER", "Days", "Gap", "Told", "day_of", "starts_us"]
