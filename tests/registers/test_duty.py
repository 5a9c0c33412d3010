"""Duty over a real journal: sign-ins, gaps that ring once, leavers, the day's figures."""

import itertools
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from edge.app.duty import close_leavers, files_of
from edge.domain.duty import Post, wall_us
from edge.domain.errors import FormError, JournalError
from edge.domain.model import ClockQuality, Instant
from edge.domain.response import Limit, Reached
from edge.journal import Journal, Row, State
from edge.registers.book import Book, Order
from edge.registers.duty_desk import DutyDesk
from edge.registers.duty_rules import HOUR_US, DutyRules, Line, Open, SignIn
from edge.reports import lines
from edge.web.users import MANAGER, Users
from tests.paths import ROOT

CHINA = ZoneInfo("Asia/Shanghai")
DAY = date(2020, 2, 12)
MINUTE_US = 60_000_000
EIGHT = wall_us(DAY, 8 * 60, CHINA)


class Clock:
    """Both clocks, set by the test."""

    def __init__(self) -> None:
        self.mono_us, self.at_us, self.quality = 0, EIGHT, ClockQuality.SYNCED

    def __call__(self) -> Instant:
        self.tick(0.001)
        return Instant(self.mono_us, self.at_us, self.quality)

    def tick(self, seconds: float) -> None:
        self.mono_us += int(seconds * 1_000_000)
        self.at_us += int(seconds * 1_000_000)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "store") as opened:
        opened.start_boot()
        yield opened


def rules(**more: object) -> DutyRules:
    post = Post("north", ((8 * 60, 20 * 60),), ("scanner",))
    limits = (Limit(Reached.TAKEN, MINUTE_US), Limit(Reached.DONE, 5 * MINUTE_US))
    given = {"posts": (post,), "equipment": ("mask",), "zone": CHINA, "limits": limits, "required": True}
    return DutyRules(**(files_of(ROOT / "config") | given | more))


def changed(desks: list[DutyDesk]) -> None:
    for desk in desks:
        desk.watch.changed()


def desk_over(journal: Journal, clock: Clock, **more: object) -> DutyDesk:
    desks: list[DutyDesk] = []
    book = Book(journal, clock, lambda: changed(desks))
    desks.append(DutyDesk.of(book, rules(**more), journal, clock, lambda row: journal.append(row)[0]))
    return desks[0]


@pytest.fixture
def desk(journal: Journal, clock: Clock) -> DutyDesk:
    started(journal, Instant(clock.mono_us, clock.at_us, clock.quality))
    return desk_over(journal, clock)


def started(journal: Journal, at: Instant) -> None:
    journal.append(Row("gate.started", at, {"version": "0.1.0"}))


_ids = itertools.count()


def order(by: str = "door1") -> Order:
    return Order(f"c{next(_ids)}", by)


def well(account_: str = "door1", **more: object) -> SignIn:
    given = {"account": account_, "post": "north", "roles": ("scanner",), "temperature_mdegc": 36_500}
    return SignIn(**(given | {"how": "told", "equipment": ("mask",)} | more))  # type: ignore[arg-type]


def kinds(journal: Journal, *wanted: str) -> list[str]:
    with journal.reader() as reader:
        return [row.kind for row in reader.rows_after(0, 1000, wanted)]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"equipment": ()}, "duty_incomplete"),
        ({"temperature_mdegc": None}, "duty_incomplete"),
        ({"temperature_mdegc": 38_000, "override": "emergency"}, "duty_over"),
        ({"temperature_mdegc": 20_000}, "temperature_implausible"),
        ({"post": "south"}, "duty_unknown_post"),
        ({"roles": ("wizard",)}, "duty_unknown_role"),
    ],
)
def test_what_keeps_somebody_from_going_on_duty(desk: DutyDesk, more: dict[str, Any], code: str) -> None:
    with pytest.raises(FormError) as caught:
        desk.duty.sign_in(order(), well(**more))
    assert caught.value.code == code
    assert desk.duty.on_duty() == []
    assert not desk.duty.may_open("in")


def test_a_repeated_sign_in_does_nothing_twice_and_a_second_one_is_refused(desk: DutyDesk) -> None:
    same = order()
    assert desk.duty.sign_in(same, well()) == desk.duty.sign_in(same, well())
    assert len(desk.duty.on_duty()) == 1
    with pytest.raises(FormError) as caught:
        desk.duty.sign_in(order(), well())
    assert caught.value.code == "duty_signed_in"


def test_a_gate_that_asks_for_nothing_opens_its_page_for_anybody(journal: Journal, clock: Clock) -> None:
    free = desk_over(journal, clock, required=False, posts=())
    assert free.duty.may_open("in")
    assert free.watch.look() is False
    assert kinds(journal, "duty.uncovered") == []


def test_whoever_forgets_to_sign_out_stops_counting_and_the_page_asks_again(
    desk: DutyDesk, clock: Clock
) -> None:
    desk.duty.sign_in(order(), well())
    assert desk.duty.may_open("in")
    clock.tick(16 * 3600 + 1)
    assert not desk.duty.may_open("in")
    assert desk.duty.on_duty() == []
    desk.duty.sign_in(order(), well())


def test_a_gap_rings_once_after_its_grace_and_is_over_when_somebody_comes(
    desk: DutyDesk, clock: Clock, journal: Journal
) -> None:
    desk.watch.look()
    assert kinds(journal, "duty.uncovered") == []
    clock.tick(15 * 60 + 30)
    assert desk.watch.look()
    (missing,) = desk.watch.missing
    assert (missing.post, missing.role, missing.planned) == ("north", "scanner", False)
    assert missing.from_us == EIGHT
    for _ in range(3):
        clock.tick(60)
        assert not desk.watch.look()
    assert kinds(journal, "duty.uncovered") == ["duty.uncovered"]
    desk.duty.sign_in(order(), well())
    assert desk.watch.look()
    assert [one.role for one in desk.watch.missing] == []
    assert kinds(journal, "duty.covered") == ["duty.covered"]


def test_the_hours_before_a_new_gate_was_there_are_nobodys_fault(journal: Journal, clock: Clock) -> None:
    clock.tick(6 * 3600)
    new = desk_over(journal, clock)
    new.watch.look()
    assert list(new.watch.missing) == [], "nothing is known yet of any time"
    assert new.duty.uncovered(EIGHT, EIGHT + 6 * HOUR_US) == []
    clock.quality = ClockQuality.UNSET
    started(journal, clock())
    clock.tick(60)
    clock.quality = ClockQuality.SYNCED
    journal.append(Row("clock.corrected", clock(), {"from_us": 0, "to_us": clock.at_us, "quality": "synced"}))
    clock.tick(13 * 60)
    assert not new.watch.look(), "its post has been open for six hours, the gate for a quarter of one"
    clock.tick(120)
    assert new.watch.look()
    assert new.watch.missing[0].from_us - EIGHT - 6 * HOUR_US < 1_000_000
    day = new.lines(DAY)
    assert day.owed_us == day.uncovered_us
    assert 15 * MINUTE_US < day.owed_us < 18 * MINUTE_US


def test_a_gap_that_was_told_of_is_not_told_again_after_a_restart(
    desk: DutyDesk, clock: Clock, journal: Journal
) -> None:
    clock.tick(3600)
    desk.watch.look()
    again = desk_over(journal, clock)
    clock.tick(60)
    again.watch.look()
    assert len(again.watch.missing) == 1
    assert kinds(journal, "duty.uncovered") == ["duty.uncovered"]
    clock.tick(12 * 3600)
    again.watch.look()
    assert [one.role for one in again.watch.missing] == [], "the post has closed"
    assert kinds(journal, "duty.covered") == ["duty.covered"]


def test_nothing_rings_on_a_clock_nobody_believes(desk: DutyDesk, clock: Clock, journal: Journal) -> None:
    clock.quality = ClockQuality.UNSET
    clock.tick(3600)
    assert not desk.watch.look()
    assert kinds(journal, "duty.uncovered") == []


def test_a_clock_that_is_set_after_the_sign_in_leaves_the_shift_covered(desk: DutyDesk, clock: Clock) -> None:
    clock.at_us, clock.quality = 0, ClockQuality.UNSET
    desk.duty.sign_in(order(), well())
    clock.tick(3600)
    clock.at_us, clock.quality = EIGHT + HOUR_US, ClockQuality.SYNCED
    gaps = desk.duty.uncovered(EIGHT, EIGHT + HOUR_US)
    assert sum(gap.until_us - gap.from_us for gap in gaps) < 1_000_000


def test_a_hand_over_note_waits_for_the_next_shift_and_is_sealed(desk: DutyDesk, journal: Journal) -> None:
    signed = desk.duty.sign_in(order(), well())
    left = Open(bench=("in 3",), cases=(7,), devices=("in scanner",))
    out = order()
    first = desk.duty.sign_out(out, signed.number, "王奶奶在三号座", left)
    assert desk.duty.sign_out(out, signed.number, "王奶奶在三号座", left) == first
    (note,) = desk.duty.notes("north")
    assert note.fields["bench"] == ["in 3"]
    with pytest.raises(FormError) as caught:
        desk.duty.sign_in(order("door2"), well("door2"))
    assert caught.value.code == "duty_note_unread"
    desk.duty.sign_in(order("door2"), well("door2", read=(note.number,)))
    assert desk.duty.notes("north") == []
    journal.scrub()
    assert "王奶奶".encode() not in journal.path.read_bytes()


def test_the_figures_of_a_day_say_what_was_covered_and_answered_in_time(desk: DutyDesk, clock: Clock) -> None:
    signed = desk.duty.sign_in(order(), well())
    incident = desk.incidents.call(order(), "crowd").number
    clock.tick(30)
    desk.incidents.step(order(), incident, "called", "police")
    clock.tick(600)
    desk.incidents.end(order(), incident, "settled")
    clock.tick(6 * 3600 - 630)
    desk.duty.sign_out(order(), signed.number, "", Open())
    clock.tick(18 * 3600)
    day = desk.lines(DAY)
    assert day.owed_us == 12 * HOUR_US
    assert abs(day.covered_us - 6 * HOUR_US) < 2_000_000
    assert [gap.planned for gap in day.gaps][-1] is False
    assert (day.incidents, day.incidents_open) == (1, 0)
    assert (day.answers_in_time, day.answers_late, day.answers_open) == (1, 1, 0)
    assert desk.lines(date(2020, 2, 10)).incidents == 0


def test_the_daily_report_says_for_how_long_a_position_was_empty_as_its_rows_say(
    desk: DutyDesk, clock: Clock, journal: Journal
) -> None:
    midnight = wall_us(DAY, 0, CHINA)

    def told(upto: int, days: int = 0) -> dict[str, int]:
        from_us = midnight + days * 24 * HOUR_US
        with journal.reader() as reader:
            rows = reader.days(desk.duty.day_of)
            return dict(lines.duty(lines.Asked(reader, rows, DAY, from_us, from_us + 24 * HOUR_US, upto)))

    assert told(journal.head()) == {}
    clock.tick(3600)
    desk.watch.look()
    assert told(journal.head()) == {"duty.uncovered": 1, "duty.uncovered_minutes": 16 * 60}
    before = journal.head()
    clock.tick(1800)
    desk.duty.sign_in(order(), well())
    desk.watch.look()
    assert told(journal.head()) == {"duty.uncovered": 1, "duty.uncovered_minutes": 90}
    assert told(before)["duty.uncovered_minutes"] == 16 * 60, "a report that was sent can be told again"
    assert told(journal.head(), days=1) == {}


def test_a_gap_of_long_ago_stays_in_its_report_however_many_followed(
    desk: DutyDesk, clock: Clock, journal: Journal
) -> None:
    clock.tick(3600)
    desk.watch.look()
    desk.duty.sign_in(order(), well())
    desk.watch.look()
    clock.tick(48 * 3600)
    (first,) = journal.append(Row("duty.uncovered", clock(), gap_at(clock.at_us)))
    for at in range(first + 1, first + 4_300, 100):
        again = [Row("duty.uncovered", clock(), gap_at(clock.at_us)) for _ in range(50)]
        over = [Row("duty.covered", clock(), gap_at(clock.at_us, of=at + n)) for n in range(50)]
        journal.append(*again, *over)
    from_us = wall_us(DAY, 0, CHINA)
    with journal.reader() as reader:
        rows = reader.days(desk.duty.day_of)
        asked = lines.Asked(reader, rows, DAY, from_us, from_us + 24 * HOUR_US, journal.head())
        assert lines.duty(asked) == {"duty.uncovered": 1, "duty.uncovered_minutes": 60}


def gap_at(at_us: int, of: int | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"post": "north", "role": "scanner", "from_us": at_us, "planned": False}
    return body if of is None else body | {"until_us": at_us + 1, "uncovered": of}


def test_a_line_of_the_sheet_names_nobody_in_the_open(desk: DutyDesk, journal: Journal) -> None:
    line = Line("north", "police", EIGHT, EIGHT + HOUR_US, "周无名", "13900139000", untrained="urgent")
    desk.duty.plan(order(), line)
    with journal.reader() as reader:
        (row,) = reader.rows_after(0, 10, {"register.entered"})
    assert "周无名" not in row.body_text
    assert "13900139000" not in row.body_text
    assert next(card.name for card in desk.incidents.card("north")) == "周无名"


def test_a_leaver_is_closed_at_the_moment_and_never_by_a_clock_nobody_believes(
    tmp_path: Path, clock: Clock
) -> None:
    state, rows = State.open(tmp_path / "accounts"), list[Row]()
    users = Users(state)
    users.add("boss", MANAGER, "correct horse")
    users.add("cadre", "attendant", "482915")
    token = users.issue_token("cadre")
    users.set_until("cadre", EIGHT + HOUR_US)
    close_leavers(state, clock(), rows.append)
    assert users.by_token(token) is not None
    clock.tick(3601)
    clock.quality = ClockQuality.RESTORED
    close_leavers(state, clock(), rows.append)
    assert users.by_token(token) is not None
    clock.quality = ClockQuality.SYNCED

    def broken(_row: Row) -> None:
        raise JournalError("no space left")

    close_leavers(state, clock(), broken)
    assert users.by_token(token) is not None, "what cannot be written down does not happen"
    close_leavers(state, clock(), rows.append)
    close_leavers(state, clock(), rows.append)
    assert users.by_token(token) is None
    assert [row.body["account"] for row in rows] == ["cadre"]
    clock.at_us = EIGHT - HOUR_US
    assert users.verify("cadre", "482915") is None, "a clock that goes back lets nobody in again"
    with pytest.raises(FormError) as caught:
        users.set_until("boss", EIGHT)
    assert caught.value.code == "last_manager"
    users.set_enabled("cadre", True)
    close_leavers(state, clock(), rows.append)
    assert users.verify("cadre", "482915") is not None
    state.close()
