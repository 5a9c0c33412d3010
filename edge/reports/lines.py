"""Figures that registers add to a day's report: each function of `LINES` takes what is asked and gives names
with whole numbers.

To add a line: write a function here (or hand one in from the register's own module), name it in `LINES`, and
give its figures a title in `edge/web/report_words.py`. A line reads rows up to `asked.upto` only, or a report
that was sent could not be told again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from edge.journal import Reader
from edge.journal.day_rows import DayRows
from edge.registers import census, lines
from edge.reports.answers import answered
from edge.reports.figures import Figures

ENTERED, AMENDED, ENDED = "register.entered", "register.amended", "register.ended"
EVENING = "evening.noted"
UNCOVERED, COVERED = "duty.uncovered", "duty.covered"


@dataclass(frozen=True, slots=True)
class Asked:
    """For which day, [from_us, to_us), a line is asked, and up to which row."""

    reader: Reader
    rows: DayRows
    day: date
    from_us: int
    to_us: int
    upto: int


Line = Callable[[Asked], Figures]


def registers(asked: Asked) -> Figures:
    """Count, for each register, what was entered, amended and ended in the day."""
    kinds = (ENTERED, AMENDED, ENDED)
    found = asked.rows.counted(kinds, "register", asked.from_us, asked.to_us, asked.upto)
    return {f"register.{name}.{kind.removeprefix('register.')}": n for (kind, name), n in found.items()}


def duty(asked: Asked) -> Figures:
    """Count the positions of posts that were told of as filled by nobody, and for how many whole minutes of
    the day they were; one that nobody has filled yet counts to the end of the day."""
    rows = [one.row for one in asked.rows.rare((UNCOVERED, COVERED), asked.upto)]
    over = {row.body["uncovered"]: row for row in rows if row.kind == COVERED}
    positions, missed_us = set[tuple[str, str]](), 0
    for told_of in rows:
        if told_of.kind != UNCOVERED:
            continue
        end = over.get(told_of.seq)
        begin_us = max(told_of.body["from_us"], asked.from_us)
        until_us = asked.to_us if end is None else min(end.body["until_us"], asked.to_us)
        if until_us > begin_us:
            positions.add((told_of.body["post"], told_of.body["role"]))
            missed_us += until_us - begin_us
    if not positions:
        return {}
    return {"duty.uncovered": len(positions), "duty.uncovered_minutes": missed_us // 60_000_000}


def operations(asked: Asked) -> Figures:
    """Tell stock, inspections and the day's tasks (R63, R64, R69, R70, R81, R96)."""
    bounds = {"from_us": asked.from_us, "to_us": asked.to_us, "upto": asked.upto}
    return lines.figures(asked.reader, asked.rows, day=asked.day, **bounds)


def response(asked: Asked) -> Figures:
    """Count which limits of the response clock were up in the day, and what came of them (R87)."""
    bounds = {"from_us": asked.from_us, "to_us": asked.to_us, "upto": asked.upto}
    return answered(asked.reader, asked.rows, **bounds)


def evening(asked: Asked) -> Figures:
    """Tell the numbers that somebody typed on the evening page of the day; the newest page counts."""
    pages = asked.rows.rare_of(EVENING, "day", asked.day.isoformat(), asked.upto)
    fields = pages[-1].body["fields"] if pages else {}
    return {f"noted.{name}": value for name, value in fields.items() if isinstance(value, int)}


def standing(asked: Asked) -> Figures:
    """Tell who stood in the registers at the end of the day (R20, R29, R49)."""
    return census.figures(asked.reader, asked.rows, day=asked.day, to_us=asked.to_us, upto=asked.upto)


LINES: tuple[Line, ...] = (registers, operations, duty, response, evening, standing)


def told(asked: Asked) -> Figures:
    """Return what all lines say of a day."""
    found: Figures = {}
    for line in LINES:
        found |= line(asked)
    return found
