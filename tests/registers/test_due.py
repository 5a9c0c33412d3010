"""What is due: by the day, by the hour, for each household; never drifting from a count by hand."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.domain.errors import FormError
from edge.domain.model import ClockQuality, Instant, Method
from edge.domain.told import REPORTED, Told, body_of, personal_of
from edge.domain.twice_daily import Terms, Windows
from edge.journal import Journal, Reader, Row
from edge.registers.board import Board
from edge.registers.book import Book, Order
from edge.registers.definition import parse
from edge.registers.due import Said, State, entry_tasks, gate_tasks
from edge.registers.given import FieldError, draft, due_us, starts_us
from edge.registers.ledgers import Ledgers
from edge.registers.lines import figures
from edge.registers.shelf import SHIPPED, Shelf
from edge.reports.day import day_of

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2020, 2, 14)
DISINFECTION = parse("disinfection", (SHIPPED / "disinfection.toml").read_text("utf-8"))
ISOLATED = parse("isolated", (SHIPPED / "isolated.toml").read_text("utf-8"))
HOUR_US = 3_600_000_000


def at(hour: int, minute: int = 0, day: date = DAY) -> int:
    return starts_us(day, ZONE) + hour * HOUR_US + minute * 60_000_000


def on(now_us: int) -> dict[str, Any]:
    return {"day": DAY, "zone": ZONE, "now_us": now_us, "since_us": 0}


def told_of(reader: Reader, upto: int | None = None) -> dict[str, int]:
    """Return what registers add to the day's report, as of a row (the newest)."""
    rows = reader.days(lambda at_us: day_of(at_us, ZONE))
    upto = reader.head() if upto is None else upto
    return figures(reader, rows, day=DAY, from_us=at(0), to_us=at(24), upto=upto)


class Clock:
    """A clock that is set by the test."""

    def __init__(self) -> None:
        self.at_us = at(8)
        self.quality = ClockQuality.SYNCED

    def __call__(self) -> Instant:
        self.at_us += 1000
        return Instant(self.at_us - at(0), self.at_us, self.quality)


class Site:
    """The registers of a gate over a real journal."""

    def __init__(self, folder: Path) -> None:
        self.journal = Journal.open(folder)
        self.journal.start_boot()
        self.clock = Clock()
        self.book = Book(self.journal, self.clock)
        self.shelf = Shelf(self.journal, self.clock)
        self.ledgers = Ledgers(self.book, self.journal, self.shelf, self.clock, ZONE)
        self.board = Board(self.ledgers, self.journal, self.clock, ZONE, Terms())
        self._n = 0

    def order(self) -> Order:
        self._n += 1
        return Order(f"c{self._n}", "boss")

    def enter(self, register: str, **fields: object) -> int:
        return self.ledgers.enter(self.order(), register, fields).number  # type: ignore[arg-type]

    def household(self, room: str = "3-501", until: str = "2020-02-28") -> int:
        return self.enter(
            "isolated",
            **{"room": room, "name": "某某", "kind": "isolated", "unit": "街道"},
            **{"from": "2020-02-14", "until": until},
        )

    def states(self, register: str) -> dict[tuple[str, int], State]:
        today = self.board.today()
        return {
            (task.rule.id, task.nth): today.state(task) for task in today.tasks if task.register == register
        }


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path / "store")
    yield made
    made.journal.close()


def test_the_kth_disinfection_of_the_day_is_the_kth_that_is_due() -> None:
    fields = {"place": "lift"}
    entries = [Said(1, fields | {"done_us": at(8, 50)}, True, at(9)), Said(2, {"place": "gate"}, True, at(9))]
    tasks = [t for t in gate_tasks(DISINFECTION, entries, **on(at(15))) if t.rule.id == "lift"]
    assert [task.state(at(15)) for task in tasks] == [State.DONE, State.OVERDUE, State.LATER]
    assert tasks[0].done_us == at(8, 50)


def test_what_was_done_yesterday_or_struck_out_is_not_done_today() -> None:
    entries = [
        Said(1, {"place": "lift", "done_us": at(23, 59, DAY - timedelta(days=1))}, True, at(0, 5)),
        Said(2, {"place": "lift", "struck": True}, True, at(8)),
    ]
    tasks = gate_tasks(DISINFECTION, entries, **on(at(8)))
    assert not [task for task in tasks if task.done_us]


def test_every_so_many_hours_counts_from_the_newest() -> None:
    text = (
        'title = { zh_Hans = "巡查", en = "Round" }\nlasting = false\n[[field]]\nid = "ok"\nkind = "tick"\n'
        'title = { zh_Hans = "好", en = "Well" }\n[[due]]\nid = "round"\nevery_hours = 4\n'
        'title = { zh_Hans = "巡", en = "Round" }\n'
    )
    rounds = parse("rounds", text)
    (task,) = gate_tasks(rounds, [], **on(at(3)))
    assert (task.due_us, task.state(at(3)), task.state(at(4))) == (at(4), State.LATER, State.OVERDUE)
    (task,) = gate_tasks(rounds, [Said(1, {"ok": True}, True, at(3, 30))], **on(at(5)))
    assert task.due_us == at(7, 30)


def test_a_household_is_asked_for_five_things_and_nothing_from_before_it_was_entered() -> None:
    early = Said(1, {}, True, at(0, 1), at(0), at(0, 0, DAY + timedelta(days=1)))
    tasks = entry_tasks(ISOLATED, early, {}, None, day=DAY, zone=ZONE, windows=Windows())
    count = {task.rule.id: task.count for task in tasks}
    assert count == {"call": 1, "delivery": 1, "waste": 1, "temperature": 2, "disinfection": 3}
    assert len(tasks) == 8
    late = Said(1, {}, True, at(15), at(0), None)
    asked = entry_tasks(ISOLATED, late, {}, None, day=DAY, zone=ZONE, windows=Windows())
    assert {task.rule.id for task in asked} == {"delivery", "waste", "temperature", "disinfection"}
    assert all(task.due_us > at(15) for task in asked)


def test_a_household_asks_for_nothing_before_after_and_once_it_is_released() -> None:
    tomorrow = DAY + timedelta(days=1)
    for said in (
        Said(1, {}, True, at(0), at(0, 0, tomorrow), None),
        Said(1, {}, True, at(0), None, at(0)),
        Said(1, {}, False, at(0)),
        Said(1, {"struck": True}, True, at(0)),
    ):
        assert entry_tasks(ISOLATED, said, {}, None, day=DAY, zone=ZONE, windows=Windows()) == []


def test_a_day_on_which_clocks_change_is_due_by_the_clock_on_the_wall() -> None:
    zone = ZoneInfo("Europe/Berlin")
    entries: list[Said] = []
    tasks = gate_tasks(DISINFECTION, entries, day=date(2020, 3, 29), zone=zone, now_us=0, since_us=0)
    wall = datetime.fromtimestamp(tasks[0].due_us / 1_000_000, zone)
    assert (wall.day, wall.hour) == (29, 9)


def test_a_deadline_ends_with_its_day() -> None:
    notices = parse("notices", (SHIPPED / "notices.toml").read_text("utf-8"))
    assert due_us(notices, {"by": "2020-02-14"}, ZONE) == at(0, 0, DAY + timedelta(days=1))
    assert due_us(notices, {}, ZONE) is None
    assert due_us(notices, {"by": "soon"}, ZONE) is None


@pytest.mark.parametrize(
    ("given_", "code", "field"),
    [
        ({"place": "lift"}, "field_needed", "agent"),
        ({"place": "moon", "agent": "alcohol"}, "bad_value", "place"),
        ({"place": "lift", "agent": "alcohol", "done_us": "2020-02-14T23:00"}, "taken_in_future", "done_us"),
        ({"place": "lift", "agent": "alcohol", "person": "a\x00b"}, "bad_value", "person"),
        ({"place": "lift", "agent": "alcohol", "person": "名" * 201}, "bad_value", "person"),
        ({"place": "lift", "agent": "alcohol", "done_us": "noon"}, "bad_value", "done_us"),
        ({"place": ["lift"], "agent": "alcohol"}, "bad_value", "place"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_its_field(
    given_: dict[str, str], code: str, field: str
) -> None:
    with pytest.raises(FieldError) as caught:
        draft(DISINFECTION, given_, ZONE, at(8))
    assert (caught.value.code, caught.value.field) == (code, field)


def test_full_width_digits_are_a_number_and_names_are_sealed() -> None:
    supplies = parse("supplies", (SHIPPED / "supplies.toml").read_text("utf-8"))
    made = draft(supplies, {"item": "mask", "move": "in", "amount": "１１０", "donor": "甲"}, ZONE, at(8))
    assert made.fields["amount"] == 110
    assert made.personal == {"donor": "甲"}
    assert "甲" not in str(made.fields)


def test_ticks_and_temperatures_told_fulfil_the_households_day(site: Site) -> None:
    site.clock.at_us = at(0, 1)
    number = site.household("3-501")
    other = site.household("3-502")
    assert set(site.states("isolated").values()) == {State.LATER}
    site.clock.at_us = at(12, 30)
    assert site.states("isolated")["call", 1] is State.OVERDUE
    site.ledgers.tick(site.order(), "isolated", number, "call", {})
    told = Told(36_500, at(8), Method.CONTACT, "family", "boss", "t1", name="某某", room="３-501 ")
    row = Row(REPORTED, site.clock(), body_of(told, Terms()), personal=personal_of(told))
    site.journal.append(row)
    mine = {(task.rule.id, task.nth): state for task, state in site.board.of_entry(ISOLATED, number)}
    assert mine["call", 1] is State.DONE
    assert mine["temperature", 1] is State.DONE
    assert mine["temperature", 2] is State.LATER
    assert mine["disinfection", 1] is State.OVERDUE
    theirs = {(task.rule.id, task.nth): state for task, state in site.board.of_entry(ISOLATED, other)}
    assert theirs["temperature", 1] is State.OVERDUE
    with pytest.raises(FormError):
        site.ledgers.tick(site.order(), "isolated", number, "temperature", {})
    site.ledgers.end(site.order(), "isolated", number, "released")
    assert not site.board.of_entry(ISOLATED, number)
    with pytest.raises(FormError):
        site.ledgers.tick(site.order(), "isolated", number, "call", {})


def test_what_is_late_is_noticed_when_its_minute_comes_and_not_on_a_clock_nobody_believes(site: Site) -> None:
    site.clock.at_us = at(9, 1, DAY - timedelta(days=1))
    assert not site.board.today().tasks, "a register that nobody keeps asks for nothing"
    site.enter("disinfection", place="gate", agent="alcohol")
    site.clock.at_us = at(0, 1)
    site.household()
    site.board.look()
    assert site.board.late.count == 0
    site.clock.at_us = at(9, 1)
    assert site.board.look()
    assert site.board.late.tasks == 1 + 3, "one disinfection of the household, three of the gate"
    assert not site.board.look()
    site.clock.quality = ClockQuality.UNSET
    site.clock.at_us = at(9, 2)
    site.board.look()
    assert site.board.late.count == 0


def test_an_isolation_that_is_over_waits_for_its_release(site: Site) -> None:
    site.clock.at_us = at(0, 1)
    number = site.household(until="2020-02-14")
    site.clock.at_us = at(0, 1, DAY + timedelta(days=1))
    (line,) = site.ledgers.open_lines("isolated")
    assert line.overdue
    assert [one.entry.number for _, one in site.board.today().lines] == [number]
    assert not site.board.of_entry(ISOLATED, number), "nothing is asked for after its last day"


def test_what_happened_is_forgotten_in_its_time_and_what_is_open_is_not(site: Site) -> None:
    done = site.enter("disinfection", place="lift", agent="alcohol", person="某甲")
    asked = site.enter("supplies", item="mask", move="request", amount=40, donor="某乙")
    site.clock.at_us = at(12, 0, DAY + timedelta(days=1))
    assert site.ledgers.forget_done() == 1
    assert not site.ledgers.one("disinfection", done).line.entry.open
    assert site.ledgers.one("supplies", asked).line.entry.open
    assert site.ledgers.forget_done() == 0


def test_what_was_struck_out_counts_for_nothing_until_it_is_amended(site: Site) -> None:
    number = site.enter("supplies", item="mask", move="in", amount=110, donor="某甲")
    definition = site.ledgers.definition("supplies")
    site.ledgers.strike(site.order(), "supplies", number)
    assert {held.item: held.left for held in site.board.stock(definition)}["mask"] == 0
    given_ = {"item": "mask", "move": "in", "amount": "11"}
    site.ledgers.amend(site.order(), "supplies", number, given_)
    assert {held.item: held.left for held in site.board.stock(definition)}["mask"] == 11
    told = site.ledgers.one("supplies", number, opened=True)
    assert told.told.personal == {"donor": "某甲"}, "a sealed field that was not given stays"


_MOVE = st.tuples(
    st.sampled_from(["in", "out", "request", "strike", "amend", "end"]),
    st.sampled_from(["mask", "alcohol"]),
    st.integers(0, 200),
    st.integers(1, 8),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(_MOVE, max_size=20))
def test_whatever_is_written_stock_is_what_the_rows_add_up_to(
    tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[str, str, int, int]]
) -> None:
    site = Site(tmp_path_factory.mktemp("stock"))
    for what, item, amount, number in moves:
        try:
            if what in ("in", "out", "request"):
                site.enter("supplies", item=item, move=what, amount=amount)
            elif what == "strike":
                site.ledgers.strike(site.order(), "supplies", number)
            elif what == "amend":
                changed: dict[str, str | int] = {"item": item, "move": "in", "amount": amount}
                site.ledgers.amend(site.order(), "supplies", number, changed)
            else:
                site.ledgers.end(site.order(), "supplies", number, "delivered")
        except FormError:
            pass
    newest: dict[int, dict[str, object]] = {}
    with site.journal.reader() as reader:
        for row in reader.rows_after(0, 10_000):
            if row.kind in ("register.entered", "register.amended") and row.body["register"] == "supplies":
                newest[row.body["entry"]] = row.body["fields"]
        told = told_of(reader)
    definition = site.ledgers.definition("supplies")
    for held in site.board.stock(definition):
        fits = [f for f in newest.values() if f["item"] == held.item and "struck" not in f]
        left = sum(int(str(f["amount"])) * {"in": 1, "out": -1}.get(str(f["move"]), 0) for f in fits)
        assert held.left == left
        if newest:
            assert told[f"stock.supplies.{held.item}"] == left
    site.journal.close()


_STEP = st.tuples(st.sampled_from(["call", "delivery", "disinfection", "strike", "hour"]), st.integers(1, 6))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(_STEP, max_size=15))
def test_whatever_is_ticked_off_the_days_tasks_are_what_the_rows_say(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    site = Site(tmp_path_factory.mktemp("due"))
    site.clock.at_us = at(0, 1)
    number = site.household()
    for what, value in steps:
        if what == "hour":
            site.clock.at_us = min(site.clock.at_us + value * HOUR_US, at(23, 59))
        elif what == "strike":
            try:
                site.ledgers.strike(site.order(), "tasks", value)
            except FormError:
                continue
        else:
            site.ledgers.tick(site.order(), "isolated", number, what, {})
    fields: dict[int, dict[str, object]] = {}
    with site.journal.reader() as reader:
        for row in reader.rows_after(0, 10_000):
            if row.kind in ("register.entered", "register.amended") and row.body["register"] == "tasks":
                fields[row.body["entry"]] = row.body["fields"]
        told = told_of(reader)
    ticked = [str(f["task"]) for f in fields.values() if "struck" not in f]
    done = sum(
        min(ticked.count(task), most) for task, most in (("call", 1), ("delivery", 1), ("disinfection", 3))
    )
    tasks = [task for task, _ in site.board.of_entry(ISOLATED, number) if task.rule.source == "tasks"]
    assert sum(task.done_us is not None for task in tasks) == done
    assert (told["tasks.isolated.done"], told["tasks.isolated.missed"]) == (done, 6 - done)
    assert site.journal.rebuild()
    site.journal.close()


def test_a_report_that_was_sent_can_be_told_again(site: Site) -> None:
    site.enter("supplies", item="mask", move="in", amount=110)
    first = site.enter(
        "inspection", squad="squad_1", kind="daily", place="某药店", findings=["no_venue_code"]
    )
    site.clock.at_us = at(23)
    upto = site.journal.head()
    with site.journal.reader() as reader:
        before = told_of(reader, upto)
    assert before["stock.supplies.mask"] == 110
    assert (before["visits.inspection"], before["findings.inspection"]) == (1, 1)
    assert before["findings_open.inspection"] == 1
    site.enter("supplies", item="mask", move="out", amount=100)
    site.ledgers.end(site.order(), "inspection", first, "in_order")
    with site.journal.reader() as reader:
        assert told_of(reader, upto) == before
        after = told_of(reader)
    assert after["stock.supplies.mask"] == 10
    assert after["stock.supplies.short"] == 1, "what nobody ever kept is not short"
    assert after["findings_open.inspection"] == 0


def test_a_day_that_is_over_keeps_what_stood_at_its_end(site: Site) -> None:
    site.enter("supplies", item="mask", move="in", amount=110)
    site.enter("notices", kind="notice", subject="一", by="2020-02-13")
    site.household()
    first = site.enter("inspection", squad="squad_1", kind="daily", place="某店", findings=["no_venue_code"])
    with site.journal.reader() as reader:
        before = told_of(reader)
    assert before["stock.supplies.mask"] == 110
    assert (before["open.notices"], before["overdue.notices"]) == (1, 1)
    assert (before["findings_open.inspection"], before["tasks.isolated.missed"]) == (1, 6)
    site.clock.at_us = at(24)
    site.enter("supplies", item="mask", move="out", amount=100)
    site.ledgers.end(site.order(), "inspection", first, "in_order")
    site.ledgers.end(site.order(), "notices", 1, "done")
    site.enter("notices", kind="notice", subject="二", by="2020-02-10")
    site.ledgers.end(site.order(), "isolated", 1, site.ledgers.definition("isolated").ends[0].value)
    with site.journal.reader() as reader:
        assert told_of(reader) == before


def test_a_move_on_a_clock_that_is_put_right_later_counts_on_its_day(site: Site) -> None:
    site.enter("supplies", item="mask", move="in", amount=110)

    def moved(mono_us: int, at_us: int, quality: ClockQuality, number: int) -> None:
        version = site.ledgers.definition("supplies").version
        fields = {"definition": version, "item": "mask", "move": "out", "amount": 10}
        body = {"register": "supplies", "entry": number, "fields": fields, "by": "boss", "command_id": "x"}
        site.journal.append(Row("register.entered", Instant(mono_us, at_us, quality), body))

    site.journal.start_boot()
    moved(1, at(9), ClockQuality.RESTORED, 2)
    with site.journal.reader() as reader:
        assert told_of(reader)["stock.supplies.mask"] == 100, "not known when: from the last known moment on"
    moved(HOUR_US, at(26), ClockQuality.SYNCED, 3)
    with site.journal.reader() as reader:
        assert told_of(reader)["stock.supplies.mask"] == 110, "both were written after midnight"
