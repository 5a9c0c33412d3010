"""The register of cases on a real journal: numbers, keys, retention, and no order of events loses one."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge.domain.cases import CaseResult, CaseStage, FollowUp, Reopening
from edge.domain.errors import FormError
from edge.domain.model import ClockQuality, Instant
from edge.journal import Journal, Row
from edge.registers.cases import Cases, Done, Order, Rules
from tests.journal.samples import DAY_US, START_US, decided, instant, personal
from tests.paths import ROOT

UNITS = ("发热门诊", "社区卫生服务中心")
HOUR_US = 3_600_000_000


def case_row(passage: int, at_us: int = START_US, *, who: dict[str, Any] | None = None) -> Row:
    body = {"passage": passage, "why": ["temperature_over_threshold"], "outcome": "refer"}
    return Row("case.opened", instant(at_us), body | {"due_us": at_us + 2 * HOUR_US}, "in", who)


class Book:
    """A journal, its cases, and a clock that is moved by hand."""

    def __init__(self, folder: Path) -> None:
        self.journal = Journal.open(folder)
        self.journal.start_boot()
        self.at = instant(START_US)
        self.rung = 0
        self.cases = Cases(self.journal, Rules(UNITS), lambda: self.at, self._ring)

    def refer(self, passage: int, name: str = "张三") -> int:
        who = {"name": name, "phone": "13800001234"}
        at_us = self.at.at_us
        self.journal.append(
            decided(passage, at_us, who=personal(name), outcome="refer"), case_row(passage, at_us, who=who)
        )
        self.cases.refresh()
        file = self.cases.of_passage(passage)
        assert file is not None
        return file.number

    def move(self, us: int, clock: ClockQuality = ClockQuality.SYNCED) -> None:
        self.at = Instant(self.at.mono_us + us, self.at.at_us + us, clock)

    def purge(self, days: int = 30, acknowledged: int | None = None, max_days: int | None = None) -> Any:
        before = self.at.at_us - days * DAY_US
        most = None if max_days is None else self.at.at_us - max_days * DAY_US
        reached = self.journal.head() if acknowledged is None else acknowledged
        return self.journal.purge(before, reached, now=self.at, max_before_us=most)

    def live(self, days: int) -> None:
        """Let days go by, with a row each."""
        for _ in range(days):
            self.move(DAY_US)
            self.journal.append(decided(self.at.at_us // DAY_US, self.at.at_us, who=personal("李四")))

    def _ring(self) -> None:
        self.rung += 1


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path)


def order(number: int, command: str = "c") -> Order:
    return Order(number, command, "boss")


def refused(code: str, act: Callable[[], object]) -> None:
    with pytest.raises(FormError) as told:
        act()
    assert told.value.code == code


def test_numbers_count_on_after_a_restart_and_after_a_new_incarnation(tmp_path: Path) -> None:
    book = Book(tmp_path)
    assert [book.refer(7), book.refer(8)] == [1, 2]
    book.journal.renew("conflict", book.at)
    assert book.refer(9) == 3
    book.journal.close()
    book = Book(tmp_path)
    assert book.refer(10) == 4
    assert book.journal.rebuild()
    assert book.journal.verify() == []
    book.journal.close()


def test_two_cases_in_one_transaction_have_two_numbers_and_two_keys(book: Book) -> None:
    book.journal.append(case_row(1, who={"name": "甲"}), case_row(2, who={"name": "乙"}))
    files = [file.file for file in book.cases.page()]
    assert [file.number for file in files] == [2, 1]
    assert len({file.key_id for file in files}) == 2


def test_a_step_of_no_case_is_refused_and_leaves_nothing(book: Book) -> None:
    head = book.journal.head()
    refused("unknown_case", lambda: book.cases.close(order(1), CaseResult.OTHER))
    with pytest.raises(ValueError, match="no case"):
        book.journal.append(Row("case.closed", book.at, {"case": 5, "result": "other"}))
    assert book.journal.head() == head


def test_being_handed_on_buys_no_time_and_acknowledging_does(book: Book) -> None:
    number = book.refer(1)
    book.move(HOUR_US)
    book.cases.hand_over(order(number, "a"), UNITS[0])
    assert book.cases.one(number).left_us == HOUR_US
    book.move(HOUR_US + 1)
    assert book.cases.late() == (1, number)
    book.cases.hand_over(order(number, "b"), UNITS[1])
    assert book.cases.one(number).overdue
    book.cases.acknowledge(order(number, "d"))
    assert book.cases.one(number).left_us == 24 * HOUR_US
    assert book.cases.late() == (0, None)


def test_a_clock_that_is_set_makes_nobody_overdue_within_a_run(book: Book) -> None:
    number = book.refer(1)
    book.at = Instant(book.at.mono_us + HOUR_US, book.at.at_us + 4000 * DAY_US, ClockQuality.SYNCED)
    assert book.cases.one(number).left_us == HOUR_US
    book.journal.start_boot()
    assert book.cases.one(number).overdue


def test_the_key_of_a_case_outlives_its_day_and_goes_after_the_case(book: Book) -> None:
    number, other = book.refer(1, "张三"), book.refer(2, "李四")
    book.live(40)
    assert book.purge().keys
    told = book.cases.one(number, opened=True)
    assert next(iter(told.personal.values()))["name"] == "张三"
    book.cases.close(order(number, "x"), CaseResult.NOT_FEVER, "名字：张三")
    book.live(29)
    book.purge()
    assert book.cases.one(number, opened=True).personal
    book.live(3)
    purged = book.purge()
    told = book.cases.one(number, opened=True)
    assert told.destroyed
    assert told.file.forgotten
    assert told.file.key_id in purged.keys
    with book.journal.reader() as reader:
        (*_, row) = reader.rows_after(0, 10_000, ["retention.destroyed"])
    assert row.body["cases"] == [number]
    assert book.cases.one(other, opened=True).personal, "an open case keeps its own"
    refused("case_forgotten", lambda: book.cases.reopen(order(number, "y"), Reopening.NEWS))
    assert book.journal.rebuild()
    assert book.journal.verify() == []


def test_a_closed_case_waits_for_the_district_until_the_longest_retention(book: Book) -> None:
    number = book.refer(1)
    before = book.journal.head() - 1
    book.cases.close(order(number), CaseResult.OTHER)
    book.live(45)
    purged = book.purge(acknowledged=before, max_days=60)
    assert purged.kept >= 1
    assert book.cases.one(number, opened=True).personal
    book.live(20)
    purged = book.purge(acknowledged=before, max_days=60)
    assert purged.unacknowledged >= 1
    assert book.cases.one(number, opened=True).destroyed


def test_a_case_closed_on_a_clock_nobody_trusts_counts_from_the_next_trusted_row(book: Book) -> None:
    number = book.refer(1)
    real = book.at
    book.at = Instant(real.mono_us + 1, 0, ClockQuality.UNSET)
    book.cases.close(order(number), CaseResult.OTHER)
    book.at = real
    book.live(29)
    book.purge()
    assert book.cases.one(number, opened=True).personal
    book.live(3)
    book.purge()
    assert book.cases.one(number, opened=True).destroyed


def test_a_leap_of_years_forgets_no_case_by_itself(book: Book) -> None:
    number = book.refer(1)
    book.cases.close(order(number), CaseResult.OTHER)
    book.move(3000 * DAY_US)
    book.journal.append(decided(5, book.at.at_us, who=personal()))
    book.live(2)
    assert book.purge().refused == "clock_leapt"
    assert book.cases.one(number, opened=True).personal


def test_one_person_can_be_forgotten_alone(book: Book) -> None:
    number, other = book.refer(1, "张三"), book.refer(2, "李四")
    assert book.journal.forget(f"case:{number}", now=book.at, by="boss").keys
    assert book.cases.one(number, opened=True).destroyed
    assert book.cases.one(other, opened=True).personal
    assert book.journal.rebuild()


def test_nothing_personal_stands_open_in_a_row(book: Book) -> None:
    number = book.refer(1, "欧阳明")
    book.cases.hand_over(order(number, "a"), UNITS[0], "欧阳明的妻子陪同")
    book.cases.acknowledge(order(number, "b"), "王护士")
    book.cases.follow_up(order(number, "c"), FollowUp.REACHED, "电话 13800001234")
    with book.journal.reader() as reader:
        text = "".join(row.body_text for row in reader.rows_after(0, 100))
    assert not any(word in text for word in ("欧阳明", "王护士", "13800001234"))


WRITER = """
import sys
from pathlib import Path
from edge.journal import Journal
from tests.journal.samples import decided, personal
from tests.registers.test_cases import case_row
journal = Journal.open(Path(sys.argv[1]))
journal.start_boot()
for number in range(int(sys.argv[2]), 1 << 30):
    journal.append(decided(number, outcome="refer", who=personal()), case_row(number, who={"name": "甲"}))
    print(number, flush=True)
"""


@pytest.mark.system
def test_killed_in_the_middle_nobody_is_referred_without_a_case(tmp_path: Path) -> None:
    chance, first, told = Random(3), 1, 0
    for _ in range(6):
        command = [sys.executable, "-c", WRITER, str(tmp_path), str(first)]
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        for _ in range(chance.randint(1, 30)):
            told = int(child.stdout.readline())
        child.kill()
        told = max([told, *(int(line) for line in child.stdout if line.endswith("\n"))])
        child.stdout.close()
        child.wait(10)
        first = told + 10
    with Journal.open(tmp_path) as journal, journal.reader() as reader:
        assert journal.verify() == []
        assert journal.rebuild()
        rows = reader.rows_after(0, 1_000_000, {"passage.decided", "case.opened"})
        referred = [row.body["passage"] for row in rows if row.kind == "passage.decided"]
        cases = [row.body["passage"] for row in rows if row.kind == "case.opened"]
        assert referred == cases
        assert told in cases
        assert [row.body["case"] for row in rows if row.kind == "case.opened"] == [*range(1, len(cases) + 1)]


def commands(cases: Cases, head: Order, unit: str) -> dict[str, Callable[[], Done]]:
    return {
        "hand": lambda: cases.hand_over(head, unit),
        "ack": lambda: cases.acknowledge(head, "王护士"),
        "follow": lambda: cases.follow_up(head, FollowUp.TESTED),
        "close": lambda: cases.close(head, CaseResult.OTHER),
        "confirm": lambda: cases.close(head, CaseResult.CONFIRMED),
        "reopen": lambda: cases.reopen(head, Reopening.NEWS),
    }


class Life(RuleBasedStateMachine):
    """Commands in any order, repeated, late, across restarts: the case is where the rows say, and each is
    carried out once."""

    @initialize(folder=st.integers())
    def begin(self, folder: int) -> None:
        import tempfile

        self.folder = Path(tempfile.mkdtemp())
        self.book = Book(self.folder)
        self.stage: dict[int, CaseStage] = {}
        self.unit: dict[int, str] = {}
        self.done: list[tuple[int, str, int, str, str]] = []
        self.given = 0

    @rule()
    def refer(self) -> None:
        number = self.book.refer(len(self.stage) + 1)
        assert number == len(self.stage) + 1
        self.stage[number] = CaseStage.OPENED

    @precondition(lambda self: self.stage)
    @rule(data=st.data(), what=st.sampled_from(["hand", "ack", "follow", "close", "confirm", "reopen"]))
    def act(self, data: st.DataObject, what: str) -> None:
        number = data.draw(st.sampled_from(sorted(self.stage)))
        self.given += 1
        head = Order(number, f"c{self.given}", "boss")
        stage = self.stage[number]
        closed = stage is CaseStage.CLOSED
        unit = UNITS[self.given % 2]
        acts: dict[str, tuple[bool, CaseStage]] = {
            "hand": (not closed, CaseStage.HANDED_OVER),
            "ack": (stage is CaseStage.HANDED_OVER, CaseStage.ACKNOWLEDGED),
            "follow": (not closed, stage),
            "close": (not closed, CaseStage.CLOSED),
            "confirm": (not closed and number in self.unit, CaseStage.CLOSED),
            "reopen": (closed, CaseStage.HANDED_OVER if number in self.unit else CaseStage.OPENED),
        }
        fits, after = acts[what]
        act = commands(self.book.cases, head, unit)[what]
        before = self.book.journal.head()
        if not fits:
            refused("case_stage", act)
            assert self.book.journal.head() == before
            return
        done = act()
        assert done.stage is after
        self.stage[number] = after
        if what == "hand":
            self.unit[number] = unit
        self.done.append((number, head.command_id, done.sequence, what, unit))

    @precondition(lambda self: self.done)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        number, command, sequence, what, unit = data.draw(st.sampled_from(self.done))
        before = self.book.journal.head()
        acts = commands(self.book.cases, Order(number, command, "boss"), unit)
        assert acts[what]().sequence == sequence
        other = data.draw(st.sampled_from(sorted(set(acts) - {what})))
        refused("command_reused", acts[other])
        assert self.book.journal.head() == before

    @rule(hours=st.integers(0, 60))
    def wait(self, hours: int) -> None:
        self.book.move(hours * HOUR_US)

    @rule()
    def restart(self) -> None:
        at = self.book.at
        self.book.journal.close()
        self.book = Book(self.folder)
        self.book.at = at

    @invariant()
    def the_list_is_what_the_commands_came_to(self) -> None:
        if not hasattr(self, "book"):
            return
        found = {one.file.number: one.file for one in self.book.cases.page(limit=500)}
        assert {number: CaseStage(file.stage) for number, file in found.items()} == self.stage
        assert all(found[number].unit == unit for number, unit in self.unit.items())
        waiting = [entry["case"] for entry in self.book.cases.waiting("in")]
        assert waiting == sorted(n for n, stage in self.stage.items() if stage is CaseStage.OPENED)[:20]
        late = [
            n for n, file in found.items() if (file.left_us(self.book.at, self.book.journal.boot) or 0) < 0
        ]
        assert self.book.cases.late() == (len(late), min(late, default=None))
        for number, file in found.items():
            assert (file.due_us is None) == (self.stage[number] is CaseStage.CLOSED)

    def teardown(self) -> None:
        import shutil

        if not hasattr(self, "book"):
            return
        assert self.book.journal.rebuild()
        assert self.book.journal.verify() == []
        self.book.journal.close()
        shutil.rmtree(self.folder)


Life.TestCase.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
TestLife = Life.TestCase
