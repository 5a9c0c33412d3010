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
from edge.reports.figures import Figures

ENTERED, AMENDED, ENDED = "register.entered", "register.amended", "register.ended"
UNDONE = "register.import_undone"


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
    found: Figures = {}
    kinds = (ENTERED, AMENDED, ENDED)
    for one in asked.rows.rare_between(kinds, asked.from_us, asked.to_us, asked.upto):
        name = f"register.{one.row.body['register']}.{one.row.kind.removeprefix('register.')}"
        found[name] = found.get(name, 0) + 1
    return found


LINES: tuple[Line, ...] = (registers,)


def told(asked: Asked) -> Figures:
    """Return what all lines say of a day."""
    found: Figures = {}
    for line in LINES:
        found |= line(asked)
    return found
