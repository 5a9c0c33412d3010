"""Every figure of every report against a count of the raw rows by plain SQL: the difference is 0."""

import ast
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from edge.domain.model import Instant
from edge.journal import Journal, Row
from edge.registers.book import Book, Draft, Order
from edge.registers.ledgers import Ledgers
from edge.registers.shelf import Shelf
from edge.reports.day import Days, starts_us
from tests.paths import ROOT
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
        "duty.uncovered",
        *("answers.in_time", "answers.late", "answers.unanswered"),
    ):
        assert any(found.get(name) for found in sent), name
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


STANDING = ("stock", "open", "overdue", "registered", "listed", "set", "gap.household")
CENSUS = ("registered.from_abroad", "listed.recovered", "set.four", "gap.household_without_entry")
SET = """
[[set]]
id = "four"
title = { zh_Hans = "四类人员", en = "The four classes" }
categories = ["from_abroad", "resident"]
"""


class Registering(BusyGate):
    """A busy gate whose registers are written by the real ones."""

    def _register(self) -> None:
        self.flush()


def test_what_stood_at_the_end_of_a_day_is_what_the_raw_rows_say_whenever_it_is_asked(
    tmp_path: Path,
) -> None:
    with Journal.open(tmp_path) as journal:
        gate = Registering(journal, FIRST, seed=11, per_day=25)
        shelf = Shelf(journal, gate.clocks)
        book = Book(journal, gate.clocks)
        ledgers = Ledgers(book, journal, shelf, gate.clocks, ZONE)
        for number, day in enumerate(gate.days(12)):
            _counted(journal, book, number, day, gate.clocks())
            _kept(ledgers, number, day)  # 3 minutes after midnight, before the report
            gate.clocks.true_us += 20 * 60 * 1_000_000
            if number % 4 == 3:  # an outage: several days are reported at once
                gate.report()
            _kept(ledgers, 100 + number, day)
            _counted(journal, book, 100 + number, day, gate.clocks())
        gate._put_right()
        gate.report()
        with closing(Recount(tmp_path)) as recount, closing(journal.reader()) as reader:
            days, stocks, census = Days(reader, ZONE), set(), set()
            for text in recount.days():
                (sent,) = recount.reports(text)
                figures = sent["figures"]
                assert different(figures, recount.figures(text, sent["upto"])) == {}, text
                told = days.told(date.fromisoformat(text)).figures
                assert different(told, recount.figures(text)) == {}, text
                stocks.add(told.get("stock.supplies.mask"))
                census |= {(name, told.get(name)) for name in CENSUS}
                standing = [name for name in told if name.startswith(STANDING)]
                assert {name: told[name] for name in standing} == {
                    name: figures[name] for name in figures if name.startswith(STANDING)
                }
        assert len(stocks) > 6, "the stock of a day is that day's"
        assert {sum(name == said for said, _ in census) > 2 for name in CENSUS} == {True}, sorted(census)


def _counted(journal: Journal, book: Book, number: int, day: date, at: Instant) -> None:
    """Register somebody in a home or in none, put somebody on a list and take somebody off it, name a set."""
    home = book.enter(Order(f"h{number}", "boss"), "households", Draft()).number
    fields = {"category": ("resident", "from_abroad")[number % 2]}
    ends_us = starts_us(day + timedelta(days=1), ZONE) if number % 4 == 0 else None
    lives = fields | ({"household": home} if number % 3 else {})
    person = book.enter(Order(f"p{number}", "boss"), "people", Draft(lives, until_us=ends_us)).number
    book.enter(Order(f"w{number}", "boss"), "watch", Draft({"list": "recovered"}))
    if number % 3 == 2:
        book.end(Order(f"we{number}", "boss"), "watch", number % 100 + 1, "released")
        book.amend(Order(f"pa{number}", "boss"), "people", person - 1, Draft({"category": "resident"}))
    last = (day + timedelta(days=2)).isoformat()
    text = (ROOT / "config" / "access" / "usual.toml").read_text("utf-8")
    text = text.replace("[[rule]]", f"{SET}until = {last}\n[[rule]]", 1)
    if number % 5 == 1:
        body = {"name": "usual", "version": "0" * 16, "closure": "managed", "text": text, "source": "page"}
        journal.append(Row("access.published", at, body))


def _kept(ledgers: Ledgers, number: int, day: date) -> None:
    """Write something into the registers: masks in and out, notices that come, are done, are struck out."""
    move = "in" if number % 3 == 0 else "out"
    given: dict[str, str | int] = {"item": "mask", "move": move, "amount": 10 + number}
    ledgers.enter(Order(f"s{number}", "boss"), "supplies", given)
    by = (day + timedelta(days=number % 3 - 1)).isoformat()
    notice = {"kind": "notice", "subject": "一", "by": by}
    entered = ledgers.enter(Order(f"n{number}", "boss"), "notices", notice).number
    if number % 2:
        ledgers.end(Order(f"e{number}", "boss"), "notices", entered - 1, "done")
    if number % 5 == 4:
        ledgers.strike(Order(f"x{number}", "boss"), "supplies", entered)


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
