"""Every figure of every report against a count of the raw rows by plain SQL: the difference is 0."""

import ast
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from edge.journal import Journal
from edge.reports.day import Days
from tests.reports.busy import ZONE, BusyGate
from tests.reports.recount import Recount

FIRST, DAYS = date(2026, 11, 3), 40


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BusyGate]:
    """Forty days of a busy gate; each report written when it is due."""
    folder = tmp_path_factory.mktemp("busy")
    with Journal.open(folder) as journal:
        gate = BusyGate(journal, FIRST, seed=7)
        for _ in gate.days(DAYS):
            gate.clocks.true_us += 20 * 60 * 1_000_000
            gate.report()
        gate._put_right()
        gate.report()
        assert journal.verify() == []
    return folder, gate


def different(ours: dict[str, int], theirs: dict[str, int]) -> dict[str, tuple[int, int]]:
    """Return every figure that differs; one that is not there counts as 0."""
    names = ours.keys() | theirs.keys()
    return {
        name: (ours.get(name, 0), theirs.get(name, 0))
        for name in sorted(names)
        if ours.get(name, 0) != theirs.get(name, 0)
    }


def test_the_recount_knows_nothing_of_the_project() -> None:
    tree = ast.parse(Path(Recount.__module__.replace(".", "/")).with_suffix(".py").read_text("utf-8"))
    names = {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
        )
    }
    assert not [name for name in names if name.split(".")[0] in ("edge", "district", "drivers", "tests")]


def test_the_days_hold_everything_that_makes_counting_hard(lived: tuple[Path, BusyGate]) -> None:
    _, gate = lived
    assert all(gate.counts[name] > 0 for name in gate.counts), gate.counts
    folder, _ = lived
    with closing(Recount(folder)) as recount:
        sent = [recount.reports(day)[0]["figures"] for day in recount.days()]
    for name in (
        "undated",
        "over",
        "suspected",
        "disinfected",
        "gap.vehicle_without_occupants",
        "paper.persons",
    ):
        assert any(found[name] for found in sent), name
    assert all(0 < found["distinct.persons"] < found["passes.persons"] for found in sent[:3])


def test_every_report_says_what_the_raw_rows_say(lived: tuple[Path, BusyGate]) -> None:
    folder, _ = lived
    with closing(Recount(folder)) as recount:
        days = recount.days()
        assert len(days) == DAYS
        for day in days:
            reports = recount.reports(day)
            assert len(reports) == 1
            for report in reports:
                assert different(report["figures"], recount.figures(day, report["upto"])) == {}, day
                lanes = recount.lanes(day, report["upto"])
                assert report["lanes"].keys() == lanes.keys()
                for lane, found in lanes.items():
                    assert different(report["lanes"][lane], found) == {}, (day, lane)


def test_a_day_as_it_stands_now_is_what_the_raw_rows_say_now(lived: tuple[Path, BusyGate]) -> None:
    folder, _ = lived
    changed = 0
    with Journal.open(folder, create=False) as journal, journal.reader() as reader:
        days = Days(reader, ZONE)
        with closing(Recount(folder)) as recount:
            for day in recount.days():
                told = days.told(date.fromisoformat(day))
                assert different(told.figures, recount.figures(day)) == {}, day
                changed += told.figures != recount.reports(day)[0]["figures"]
    assert changed > 5


def test_with_retention_on_the_frozen_figures_are_what_was_counted_while_the_keys_lived(
    tmp_path: Path,
) -> None:
    with Journal.open(tmp_path) as journal:
        gate = BusyGate(journal, FIRST, seed=5, per_day=30)
        for _ in gate.days(14):
            gate.clocks.true_us += 20 * 60 * 1_000_000
            gate.report()
        gate._put_right()
        gate.report()
        with closing(Recount(tmp_path)) as recount:
            counted = {day: recount.figures(day) for day in recount.days()}
        now = gate.clocks()
        purged = journal.purge(now.at_us - 5 * 86_400_000_000, journal.head(), now=now)
        assert purged.keys
        with closing(journal.reader()) as reader:
            frozen = 0
            for day, figures in counted.items():
                known = gate.reports.known(reader, date.fromisoformat(day))
                frozen += known.frozen
                late = {name for name in figures if name.startswith("distinct")} if known.changed else set()
                told = {name: value for name, value in known.now.figures.items() if name not in late}
                then = {name: value for name, value in figures.items() if name not in late}
                assert different(told, then) == {}, day
        assert frozen > 3
