"""A year of a busy gate: every figure of every report beside a recount by plain SQL, and how long a day and
the year's bulletin take to tell.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from bench.figures import figure
from edge.journal import Journal
from edge.reports.day import Days
from tests.reports.busy import ZONE, BusyGate
from tests.reports.recount import Recount

FIRST, DAYS, PER_DAY = date(2026, 11, 3), 365, 300


def rows(days: int = DAYS, per_day: int = PER_DAY) -> Iterator[dict[str, Any]]:
    """Yield the differences and the times."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Journal.open(folder) as journal:
            gate = BusyGate(journal, FIRST, seed=11, per_day=per_day)
            for _ in gate.days(days):
                gate.clocks.true_us += 20 * 60 * 1_000_000
                gate.report()
            gate._put_right()
            gate.report()
            yield figure("a year's reports, figures that differ from the recount", *_differences(folder))
            yield from _times(gate)


def _differences(folder: Path) -> tuple[int, str]:
    wrong = 0
    with closing(Recount(folder)) as recount:
        for day in recount.days():
            for report in recount.reports(day):
                counted = recount.figures(day, report["upto"])
                names = counted.keys() | report["figures"].keys()
                wrong += sum(counted.get(one, 0) != report["figures"].get(one, 0) for one in names)
    return wrong, "figures"


def _times(gate: BusyGate) -> Iterator[dict[str, Any]]:
    with closing(gate.journal.reader()) as reader:
        begun = time.perf_counter()
        told = Days(reader, ZONE).told(date.fromordinal(FIRST.toordinal() + 200))
        took = time.perf_counter() - begun
        yield figure("a day's report, after a year", round(took, 3), "s", n=told.figures["passes.persons"])
        begun = time.perf_counter()
        total = gate.reports.cumulative(reader, date.fromordinal(FIRST.toordinal() + DAYS - 1))
        took = time.perf_counter() - begun
        yield figure("the year's bulletin", round(took, 3), "s", n=total.corrected["passes.persons"])
