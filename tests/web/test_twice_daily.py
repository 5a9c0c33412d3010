"""双测温: the page of a day's two measurements over real rows, and temperatures that people told of."""

import csv
import io
import json
import logging
import re
import threading
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from edge import wire
from edge.domain.events import Decide, Give
from edge.domain.model import ClockQuality, CodeVerdict, Instant, Outcome
from edge.domain.told import OLDEST_DAYS
from edge.domain.twice_daily import Terms
from edge.journal import Row, StoredRow
from edge.registers.drafts import Draft, Order
from edge.web import create_app, roll
from edge.web.roll import Rolls
from edge.web.server import THREADS
from edge.web.show import zone_of
from edge.wire.received import body_fault
from tests.web.conftest import logged_in, token_of
from tests.web.fakes import World

pytestmark = pytest.mark.system

Enter = Callable[[str], FlaskClient]
MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
TODAY, PATH = date(2023, 11, 15), "/review/twice-daily"
LI, WANG, ZHAO = ("李兰", "3-1-402"), ("王强", "3-2-101"), ("赵敏", "5-1-301")


def at(hour: float, *, day: date = TODAY) -> int:
    """Return microseconds UTC of a time of day in Chongqing."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return int(midnight.timestamp()) * 1_000_000 - 8 * HOUR_US + int(hour * HOUR_US)


class Days:
    """Writes passages as a gate does, at any time of any day."""

    def __init__(self, world: World) -> None:
        self.world, self.count = world, 5_000_000

    def passes(
        self,
        person: tuple[str, str] | None = LI,
        taken_us: int = at(8),
        *,
        c: float | None = 36.5,
        verdict: str = "normal",
        clock: ClockQuality = ClockQuality.SYNCED,
        category: str = "resident",
        proven: str = "valid",
        more: list[tuple[dict[str, Any], dict[str, Any]]] | None = None,
        legal: str | None = None,
        ended_us: int | None = None,
    ) -> int:
        """Write the decided row of one passage; returns its number. Without a person nobody is named."""
        self.count += 1
        when = {"at_us": taken_us, "mono_us": taken_us, "clock": clock.value, "source": "thermometer"}
        body_mdegc = None if c is None else round(c * 1000)
        pieces: list[tuple[dict[str, Any], dict[str, Any]]] = []
        if person is not None:
            pieces.append(shown(*person, when, category, proven))
        pieces += more or []
        found: dict[str, Any] = {"verdict": verdict, "surface_mdegc": 34_500}
        found |= {"legal": legal} if legal is not None else {}
        if verdict != "missing":
            piece = {**when, "t": "measurement", "device": "thermometer", "surface_mdegc": 34_500}
            piece |= {"body_mdegc": body_mdegc} if body_mdegc is not None else {}
            found |= {"body_mdegc": body_mdegc} if body_mdegc is not None else {}
            pieces.append((piece, {}))
        body = {
            "passage": self.count,
            "direction": "in",
            "procedure": {"name": "compound", "version": "1"},
            "opened_us": taken_us,
            "stage": "ended",
            "outcome": "admit",
            "reasons": ["complete"],
            "temperature": found,
            "evidence": [piece for piece, _ in pieces],
        }
        hidden = {str(index): sealed for index, (_, sealed) in enumerate(pieces) if sealed}
        personal = {"evidence": hidden, "find": [person[0] if person else "x"]} if hidden else None
        now = Instant(taken_us, ended_us or taken_us + 20_000_000, clock)
        self.world.journal.append(Row("passage.decided", now, body, "in", personal))
        return self.count


def shown(
    name: str, room: str, when: dict[str, Any], category: str = "resident", proven: str = "valid"
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the piece of a pass, and what of it is sealed."""
    pass_id = pass_of(name)
    piece = {**when, "t": "code", "carrier": "gatepost_pass", "verdict": proven}
    piece |= {"subject": {"category": category}, "symbology": "QRCode", "decoder": ""}
    own = {"name": name, "room": room, "pass_id": pass_id}
    return piece, {"personal": own, "holder": f"gatepost_pass:{pass_id}"}


def answered(question: str, value: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"t": "answer", "question": question, "by": "door", "at_us": 0}, {"value": value}


@pytest.fixture
def days(world: World) -> Days:
    world.clock.move(2 * 3600)  # a quarter past eight in the morning
    return Days(world)


@pytest.fixture
def boss(world: World) -> Callable[[Terms], FlaskClient]:
    """Return a manager's browser, in Chinese, at a gate that settled these terms."""

    def enter(terms: Terms) -> FlaskClient:
        client = logged_in(create_app(replace(world.gate, twice_daily=terms)), "manager")
        client.set_cookie("language", "zh_Hans")
        return client

    return enter


def register(world: World, name: str, category: str, *, ended: bool = False, **more: Any) -> int:
    """Enter somebody in the register of people; returns the number."""
    times = {key: more.pop(key) for key in ("from_us", "until_us") if key in more}
    draft = Draft({"category": category}, {"name": name} | more, ("name",), **times)
    number = world.gate.book.enter(Order(f"enter {name}", "boss"), "people", draft).number
    if ended:
        world.gate.book.end(Order(f"end {name}", "boss"), "people", number, "left")
    return number


def pass_of(name: str) -> str:
    return name.encode().hex()[:16].ljust(16, "0")


def found(entry: int, name: str, room: str, category: str = "staff") -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the piece of somebody whom the register of people knew, and what of it is sealed."""
    piece = {"t": "known", "by": "phone", "register": "people", "standing": "found", "entry": entry}
    return piece | {"category": category}, {"personal": {"name": name, "room": room}}


@pytest.fixture
def tell(app: Flask, world: World) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Send a temperature as a program does."""

    def send(role: str = "attendant", **changes: Any) -> tuple[int, dict[str, Any]]:
        body = {"command_id": "t1", "value_mdegc": 36_400, "taken_us": at(7.5), "how": "contact"}
        body |= {"told_by": "self", "name": WANG[0], "room": WANG[1]} | changes
        headers = {"authorization": f"Bearer {world.tokens[role]}"}
        answer = app.test_client().post("/api/v1/temperatures", json=body, headers=headers)
        return answer.status_code, answer.get_json()

    return send


def counted(page: str) -> dict[str, str]:
    """Return the figures of a page by their names."""
    return dict(re.findall(r'data-count="([\w-]+)">([^<]*)<', page))


def text_of(client: FlaskClient, **query: str) -> str:
    answer = client.get(PATH, query_string=query)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def opened(client: FlaskClient, what: str = "", **form: str) -> str:
    form = {"why": "inspection", "day": TODAY.isoformat(), "csrf_token": token_of(client, PATH)} | form
    answer = client.post(PATH + what, data=form)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def table(page: str) -> list[str]:
    """Return the lines of the table as one reads them."""
    rows = re.findall(r"<tr data-person.*?</tr>", page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]


def rows(world: World, kind: str) -> list[StoredRow]:
    with closing(world.journal.reader()) as reader:
        return reader.rows_after(0, 500, {kind})


def test_somebody_who_passes_with_their_own_pass_has_the_mornings_measurement(
    world: World, enter: Enter
) -> None:
    world.clock.move(2 * 3600)
    passage = world.step_up(34.6)
    world.show_pass("李兰")
    world.station.submit(Give("in", passage, "m", "door", world.clock(), (("mask", "on"),)))
    assert rows(world, "passage.decided")[0].body["outcome"] == "admit"
    page = text_of(enter("manager"))
    assert counted(page)["expected"] == "1"
    assert (counted(page)["morning"], counted(page)["afternoon"]) == ("1", "0")
    [line] = table(page)
    assert re.fullmatch(r"1 36\.6 °C 08:1\d · in –", line), line


def test_who_is_missing_is_said_only_when_the_window_has_ended(
    world: World, days: Days, enter: Enter
) -> None:
    days.passes(LI, at(7.5))
    days.passes(WANG, at(19, day=TODAY - timedelta(days=3)))
    client = enter("manager")
    page = text_of(client)
    assert counted(page) == {
        **{"expected": "2", "morning": "1", "late-morning": "–", "afternoon": "0"},
        **{"late-afternoon": "–", "over": "0"},
    }
    assert table(text_of(client, show="missing")) == []
    world.clock.move(4 * 3600)
    page = text_of(client)
    assert (counted(page)["late-morning"], counted(page)["late-afternoon"]) == ("1", "–")
    [late] = table(text_of(client, show="missing"))
    assert late == "1 missing – ask for it"
    world.clock.move(10 * 3600)
    page = text_of(client)
    assert (counted(page)["late-morning"], counted(page)["late-afternoon"]) == ("1", "2")
    tomorrow = text_of(client, day=(TODAY + timedelta(days=1)).isoformat())
    assert (counted(tomorrow)["late-morning"], counted(tomorrow)["expected"]) == ("–", "2")


def test_an_observer_sees_how_many_and_nobody_in_particular(days: Days, enter: Enter) -> None:
    days.passes(LI, c=38.1, verdict="over")
    client = enter("observer")
    page = text_of(client)
    assert (counted(page)["expected"], counted(page)["over"]) == ("1", "1")
    assert not table(page)
    assert "/review/passage/" not in page
    assert LI[0] not in page
    form = {"why": "inspection", "csrf_token": token_of(client, "/review")}
    assert client.post(PATH, data=form).status_code == 403
    assert client.post(PATH + "/file", data=form).status_code == 403


def test_names_are_shown_only_after_a_reason_is_on_disk(world: World, days: Days, enter: Enter) -> None:
    days.passes(LI)
    client = enter("manager")
    page = text_of(client)
    assert LI[0] not in page
    assert LI[1] not in page
    token = token_of(client, PATH)
    assert client.post(PATH, data={"csrf_token": token, "why": "curious"}).status_code == 400
    world.writer.broken = True
    refused = client.post(PATH, data={"csrf_token": token, "why": "inspection"})
    assert refused.status_code == 503
    assert LI[0] not in refused.get_data(as_text=True)
    world.writer.broken = False
    assert rows(world, "personal.opened") == []
    assert LI[0] in opened(client)
    [row] = rows(world, "personal.opened")
    assert row.body == {"by": "boss", "day": "2023-11-15", "what": "twice_daily", "why": "inspection"}
    assert body_fault(row.kind, json.loads(row.body_text)) is None


def test_no_name_is_logged(days: Days, enter: Enter, caplog: pytest.LogCaptureFixture, tell: Any) -> None:
    caplog.set_level(logging.DEBUG)
    days.passes(LI)
    tell()
    client = enter("manager")
    opened(client)
    opened(client, "/file")
    assert not [word for word in (*LI, *WANG) if word in caplog.text]


def test_a_second_measurement_stands_before_the_first_and_one_that_is_none_does_not_serve(
    days: Days, enter: Enter
) -> None:
    first = {"t": "measurement", "at_us": at(8), "mono_us": 1, "clock": "synced", "surface_mdegc": 36_900}
    days.passes(LI, at(8.25), c=36.7, more=[({**first, "body_mdegc": 38_000}, {})])
    for person, verdict in ((WANG, "too_low"), (ZHAO, "again")):
        days.passes(person, verdict=verdict, c=None)
    client = enter("manager")
    assert (counted(text_of(client))["morning"], counted(text_of(client))["over"]) == ("1", "0")
    assert table(text_of(client))[0].startswith("1 36.7 °C 08:15")


def test_without_an_estimate_of_the_body_the_skin_is_shown_as_such(days: Days, enter: Enter) -> None:
    days.passes(LI, c=None)
    assert table(text_of(enter("manager"))) == ["1 skin 34.5 °C 08:00 · in –"]


def test_whoever_is_over_is_to_be_reported(days: Days, enter: Enter) -> None:
    days.passes(LI, at(8), c=37.9, verdict="over")
    days.passes(LI, at(9))
    days.passes(WANG, at(9))
    page = text_of(enter("manager"), show="over")
    assert table(page) == ["1 37.9 °C 08:00 · in – report to community and employer"]
    assert "report each to the community and to the employer" in page


@pytest.mark.parametrize(
    "changes",
    [
        {"category": "visitor"},
        {"proven": "unverified"},
        {"person": None},
        {"more": [shown(*WANG, {"at_us": 0, "source": "scanner"})]},
    ],
    ids=["a visitor", "not proven", "nobody", "two people's passes"],
)
def test_nobody_is_expected_without_a_pass_of_their_own(
    days: Days, enter: Enter, changes: dict[str, Any]
) -> None:
    days.passes(**changes)
    assert counted(text_of(enter("manager")))["expected"] == "0"


def test_who_gives_name_and_room_instead_of_the_pass_is_found_if_expected(days: Days, enter: Enter) -> None:
    days.passes(LI, at(19, day=TODAY - timedelta(days=1)))
    for person in (("李　兰", LI[1]), WANG):
        given = [answered("name", person[0]), answered("room", person[1])]
        days.passes(None, more=given)
    page = text_of(enter("manager"))
    assert (counted(page)["expected"], counted(page)["morning"]) == ("1", "1")


def test_who_was_not_seen_for_longer_than_the_roster_goes_back_is_not_expected(
    world: World, days: Days
) -> None:
    for back, person in ((13, LI), (14, WANG)):
        days.passes(person, at(12, day=TODAY - timedelta(days=back)))
    rolls = Rolls(world.gate.reader, world.gate.book, Terms(), zone_of("Asia/Shanghai"))
    assert [person.name for person in rolls.of(TODAY).people.values()] == [LI[0]]
    shorter = Rolls(world.gate.reader, world.gate.book, Terms(roster_days=13), zone_of("Asia/Shanghai"))
    assert not shorter.of(TODAY).people


def test_who_is_registered_is_expected_also_if_nobody_ever_saw_them(
    world: World, days: Days, boss: Callable[[Terms], FlaskClient]
) -> None:
    register(world, "周在册", "staff", room="5栋1单元301室")
    register(world, "吴住户", "resident")
    register(world, "郑离职", "staff", ended=True)
    register(world, "冯未到", "staff", from_us=at(24))
    register(world, "陈到期", "staff", until_us=at(0))
    seen = register(world, "褚来过", "staff", room="2-1-101")
    days.passes(None, more=[found(seen, "褚来过", "2-1-101")])
    days.passes(("卫有证", "1-1-102"))
    register(world, "卫有证", "staff", room="1栋1单元102室")
    register(world, "蒋改名", "staff", pass_id=pass_of("蒋"), room="9-9-999")
    days.passes(("蒋", "4-1-104"))
    page = opened(boss(Terms(registered=frozenset({"staff"}))), show="all")
    names = re.findall(r'<th scope="row">(.*?)</th>', page)
    assert sorted(names) == ["1-1-102 卫有证", "2-1-101 褚来过", "4-1-104 蒋", "5栋1单元301室 周在册"]
    assert "从业人员也都应测" in page
    without = opened(boss(Terms()), show="all")
    assert "周在册" not in without
    assert counted(without)["expected"] == "3"


def test_who_is_expected_by_the_register_alone_is_measured_when_they_come(
    world: World, days: Days, boss: Callable[[Terms], FlaskClient]
) -> None:
    courier = register(world, "杨骑手", "courier")
    days.passes(None, at(8), more=[found(courier, "杨骑手", "", "courier")])
    page = text_of(boss(Terms(registered=frozenset({"courier"}))))
    assert (counted(page)["expected"], counted(page)["morning"]) == ("1", "1")
    assert counted(text_of(boss(Terms())))["expected"] == "0"


def test_too_many_registered_are_said_and_not_listed(
    world: World, boss: Callable[[Terms], FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roll, "MOST_REGISTERED", 1)
    client = boss(Terms(registered=frozenset({"staff", "courier"})))
    register(world, "周在册", "staff")
    assert counted(text_of(client))["expected"] == "1"
    register(world, "吴在册", "courier")
    page = text_of(client)
    assert counted(page)["expected"] == "0"
    assert counted(page)["unlisted"].startswith("名册中的快递配送、从业人员共 2 人")


def test_what_was_taken_while_the_clock_was_not_believed_belongs_to_no_day_and_that_is_said(
    days: Days, enter: Enter
) -> None:
    days.passes(LI, clock=ClockQuality.RESTORED)
    days.passes(WANG)
    page = text_of(enter("observer"))
    assert (counted(page)["expected"], counted(page)["morning"]) == ("2", "1")
    assert "1 measurement(s) were taken while the clock of the gate was not believed" in page


def test_nobody_is_late_by_a_clock_that_is_not_believed(world: World, days: Days, enter: Enter) -> None:
    days.passes(LI)
    world.clock.move(14 * 3600)
    world.clock.quality = ClockQuality.RESTORED
    page = text_of(enter("observer"), day="2023-11-14")
    assert counted(page)["late-morning"] == "–"
    assert 'data-clock="unknown"' in page


def test_somebody_who_rested_until_after_midnight_was_measured_on_their_day(
    world: World, days: Days, enter: Enter
) -> None:
    world.clock.move(20 * 3600)
    night = at(21.9)
    number = days.passes(LI, night)
    [row] = rows(world, "passage.decided")
    late = Instant(night, night + 3 * HOUR_US, ClockQuality.SYNCED)
    with closing(world.journal.reader()) as reader:
        (personal,) = reader.opened([row])
    body = {**row.body, "passage": number + 1}
    world.journal.append(Row("passage.decided", late, body, "in", personal))
    page = text_of(enter("manager"), day=TODAY.isoformat())
    assert counted(page)["afternoon"] == "1"


def test_once_a_day_is_forgotten_nobody_of_it_is_expected(world: World, days: Days) -> None:
    rolls = Rolls(world.gate.reader, world.gate.book, Terms(), zone_of("Asia/Shanghai"))
    days.passes(LI, at(12, day=TODAY - timedelta(days=9)))
    days.passes(WANG, at(12, day=TODAY - timedelta(days=1)))
    assert len(rolls.of(TODAY).people) == 2
    head = world.journal.head()
    world.journal.purge(at(0, day=TODAY - timedelta(days=5)), head, now=world.clock(), believe_clock=True)
    assert [person.name for person in rolls.of(TODAY).people.values()] == [WANG[0]]


def test_a_day_that_a_clock_adds_to_later_is_read_again(world: World, days: Days) -> None:
    rolls = Rolls(world.gate.reader, world.gate.book, Terms(), zone_of("Asia/Shanghai"))
    yesterday = TODAY - timedelta(days=1)
    days.passes(LI, at(12, day=yesterday))
    assert len(rolls.of(TODAY).people) == 1
    days.passes(WANG, at(13, day=yesterday))
    assert len(rolls.of(TODAY).people) == 2


def test_nothing_that_names_anybody_is_kept_between_two_answers(world: World, days: Days) -> None:
    rolls = Rolls(world.gate.reader, world.gate.book, Terms(), zone_of("Asia/Shanghai"))
    days.passes(LI, at(12, day=TODAY - timedelta(days=1)))
    rolls.of(TODAY)
    kept = repr({name: value for name, value in vars(rolls).items() if name != "_reader"})
    assert "13" in kept
    assert not [word for word in (*LI, LI[0].encode().hex()[:16]) if word in kept]


def test_a_window_of_the_site_counts(world: World, days: Days, enter: Enter) -> None:
    terms = replace(Terms(), windows=replace(Terms().windows, morning=(0, 420), afternoon=(900, 1080)))
    app = create_app(replace(world.gate, twice_daily=terms))
    days.passes(LI, at(7.5))
    client = app.test_client()
    page = client.get(PATH, headers={"authorization": f"Bearer {world.tokens['manager']}"})
    found = counted(page.get_data(as_text=True))
    assert (found["morning"], found["late-morning"], found["late-afternoon"]) == ("0", "1", "–")


@pytest.mark.parametrize("query", ["day=tomorrow", "day=0001-01-01", "day=9999-12-31", "show=names"])
def test_a_query_that_means_nothing_is_refused_in_words(enter: Enter, query: str) -> None:
    answer = enter("manager").get(f"{PATH}?{query}")
    assert answer.status_code == 400
    assert 'data-error="bad_query"' in answer.get_data(as_text=True)


def test_the_file_holds_the_table_and_nothing_an_office_program_would_run(
    world: World, days: Days, enter: Enter
) -> None:
    days.passes(("=HYPERLINK(1)", "@3-1"), at(8), c=37.9, verdict="over")
    days.passes(('王"强', "3-2"), at(9))
    world.clock.move(4 * 3600)
    client = enter("manager")
    client.set_cookie("language", "en")
    text = opened(client, "/file")
    assert text.startswith("\ufeff")
    found = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [line["name"] for line in found] == ['王"强', "'=HYPERLINK(1)"]
    assert [line["room"] for line in found] == ["3-2", "'@3-1"]
    assert (found[1]["morning_c"], found[1]["morning_time"], found[1]["morning_where"]) == (
        *("37.9", "08:00", "in"),
    )
    assert found[1]["report"] == "report to community and employer"
    assert not [cell for line in found for cell in line.values() if cell.startswith(("=", "+", "-", "@"))]
    assert len(rows(world, "personal.opened")) == 1


def test_a_temperature_that_was_told_counts_for_the_day_and_names_nobody_in_the_open(
    world: World, days: Days, enter: Enter, tell: Any
) -> None:
    status, answer = tell(value_mdegc=37_600)
    assert status == 200
    [row] = rows(world, "temperature.reported")
    assert row.seq == answer["sequence"]
    assert body_fault(row.kind, json.loads(wire.canonical(row.body))) is None
    assert not [word for word in WANG if word in row.body_text]
    assert row.body["verdict"] == "over"
    assert world.journal.unseal(row) == {"name": WANG[0], "room": WANG[1]}
    client = enter("manager")
    page = opened(client)
    assert (counted(page)["expected"], counted(page)["morning"], counted(page)["over"]) == ("1", "1", "1")
    [line] = table(page)
    assert line.startswith("3-2-101 王强 37.6 °C 07:30 · by the person · contact thermometer")


def test_the_same_command_writes_one_row_also_after_a_restart(world: World, days: Days, tell: Any) -> None:
    first = tell()
    assert tell() == first
    assert tell(value_mdegc=36_900) == first
    again = create_app(world.gate).test_client()
    headers = {"authorization": f"Bearer {world.tokens['attendant']}"}
    body = {"command_id": "t1", "value_mdegc": 36_400, "taken_us": at(7.5), "how": "contact"}
    answer = again.post("/api/v1/temperatures", json=body | {"told_by": "self", "name": "x"}, headers=headers)
    assert answer.get_json() == first[1]
    assert len(rows(world, "temperature.reported")) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"value_mdegc": 34_900}, "temperature_implausible"),
        ({"value_mdegc": 42_600}, "temperature_implausible"),
        ({"taken_us": at(8.5)}, "taken_in_future"),
        ({"taken_us": at(8 - 24 * OLDEST_DAYS)}, "taken_too_long_ago"),
        ({"name": "  "}, "no_person"),
        ({"replaces": 1_000}, "unknown_report"),
        ({"how": "hand"}, "bad_json"),
        ({"told_by": "a neighbour"}, "bad_json"),
        ({"pass_id": "12"}, "bad_json"),
        ({"colour": "green"}, "bad_json"),
    ],
)
def test_what_cannot_be_so_is_refused_with_a_word_and_writes_nothing(
    world: World, days: Days, tell: Any, changes: dict[str, Any], code: str
) -> None:
    status, answer = tell(**changes)
    assert status in (400, 404)
    assert answer["error"] == code
    assert re.search(r"[\u4e00-\u9fff]", answer["message"]["zh_Hans"])
    assert rows(world, "temperature.reported") == []


def test_nothing_is_dated_by_a_clock_that_is_not_believed(world: World, days: Days, tell: Any) -> None:
    world.clock.quality = ClockQuality.RESTORED
    status, answer = tell()
    assert (status, answer["error"]) == (409, "clock_unset")


def test_a_gate_that_cannot_write_says_so_and_the_same_request_may_come_again(
    world: World, days: Days, tell: Any
) -> None:
    world.writer.broken = True
    assert tell()[0] == 503
    world.writer.broken = False
    assert tell()[0] == 200


def test_a_correction_is_a_new_row_that_names_the_old_and_alone_counts(
    world: World, days: Days, enter: Enter, tell: Any
) -> None:
    old = tell(value_mdegc=38_400)[1]["sequence"]
    status, answer = tell(command_id="t2", value_mdegc=36_400, replaces=old, name="", room="")
    assert status == 200
    newest = rows(world, "temperature.reported")[-1]
    assert (newest.body["replaces"], world.journal.unseal(newest)) == (
        old,
        {"name": WANG[0], "room": WANG[1]},
    )
    again = tell(command_id="t3", value_mdegc=36_500, replaces=old)
    assert (again[0], again[1]["error"]) == (409, "already_corrected")
    whom = tell(command_id="t4", replaces=answer["sequence"], name=ZHAO[0], room=ZHAO[1])
    assert whom[0] == 200
    page = opened(enter("manager"))
    assert (counted(page)["expected"], counted(page)["over"]) == ("1", "0")
    [line] = table(page)
    assert line.startswith("5-1-301 赵敏 36.4 °C")


def test_what_was_told_belongs_to_whoever_has_that_pass_or_that_name_and_room(
    days: Days, enter: Enter, tell: Any
) -> None:
    days.passes(LI, at(19, day=TODAY - timedelta(days=1)))
    days.passes(WANG, at(19, day=TODAY - timedelta(days=1)))
    tell(name="", room="", pass_id=LI[0].encode().hex()[:16].ljust(16, "0").upper())
    tell(command_id="t2", name=" 王 强", room="3-2-101 ", taken_us=at(8))
    page = opened(enter("manager"))
    assert (counted(page)["expected"], counted(page)["morning"]) == ("2", "2")
    assert [line.split()[1] for line in table(page)] == [LI[0], WANG[0]]


def test_two_who_share_name_and_room_are_not_taken_for_one_another(
    days: Days, enter: Enter, tell: Any
) -> None:
    days.passes(LI, at(19, day=TODAY - timedelta(days=1)))
    when = {"at_us": 1, "source": "scanner"}
    piece, sealed = shown(*LI, when)
    other = {**sealed, "holder": "gatepost_pass:00000000000000aa"}
    days.passes(None, at(18, day=TODAY - timedelta(days=1)), more=[(piece, other)])
    tell(name=LI[0], room=LI[1])
    assert counted(opened(enter("manager")))["expected"] == "3"


def test_an_attendant_enters_and_corrects_a_temperature_in_a_form(
    world: World, days: Days, enter: Enter
) -> None:
    client = enter("attendant")
    page = client.get("/temperatures").get_data(as_text=True)
    nonce = re.findall(r'name="command_id" value="(\w+)"', page)[0]
    form = {"csrf_token": token_of(client, "/temperatures"), "command_id": nonce, "name": WANG[0]}
    form |= {"room": WANG[1], "value": "３６，45", "day": "2023-11-15", "time": "07:40", "how": "infrared"}
    form |= {"told_by": "family", "pass_id": ""}
    wrong = client.post("/temperatures", data=form | {"value": "365"})
    assert wrong.status_code == 400
    page = wrong.get_data(as_text=True)
    assert 'data-error="temperature_implausible"' in page
    assert WANG[0] in page, "what was typed stays"
    for _ in range(2):  # a double tap
        page = client.post("/temperatures", data=form, follow_redirects=True).get_data(as_text=True)
    [row] = rows(world, "temperature.reported")
    assert f'data-done="{row.seq}"' in page
    assert WANG[0] not in page
    assert (row.body["value_mdegc"], row.body["taken_us"], row.body["by"]) == (
        *(36_450, at(7 + 2 / 3), "door"),
    )
    page = client.get(f"/temperatures?replaces={row.seq}").get_data(as_text=True)
    assert "36.5 °C" in page or "36.4 °C" in page
    assert WANG[0] not in page
    fixed = form | {"command_id": "fix", "replaces": str(row.seq), "name": "", "room": "", "value": "36.9"}
    for _ in range(2):
        assert client.post("/temperatures", data=fixed).status_code == 303
    assert len(rows(world, "temperature.reported")) == 2
    assert rows(world, "temperature.reported")[-1].body["replaces"] == row.seq
    assert client.get(f"/temperatures?replaces={row.seq}").status_code == 409
    for nonsense in ("x", "9", "9" * 40):
        assert client.get(f"/temperatures?replaces={nonsense}").status_code == 404


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"value": "36.5.5"}, "temperature_implausible"),
        ({"value": "３６５"}, "temperature_implausible"),
        ({"time": ""}, "bad_moment"),
        ({"day": "2023-02-30"}, "bad_moment"),
        ({"told_by": ""}, "bad_value"),
        ({"name": "a\x00"}, "bad_value"),
    ],
)
def test_a_form_that_is_filled_in_wrongly_says_what_is_missing(
    days: Days, enter: Enter, changes: dict[str, str], code: str
) -> None:
    client = enter("manager")
    form = {"csrf_token": token_of(client, "/temperatures"), "command_id": "c", "name": "a", "value": "36.5"}
    form |= {"day": "2023-11-15", "time": "07:40", "how": "contact", "told_by": "self"} | changes
    answer = client.post("/temperatures", data=form)
    assert answer.status_code == 400
    assert f'data-error="{code}"' in answer.get_data(as_text=True)


@pytest.mark.parametrize("proven", ["expired", "revoked", "invalid", "unverified"])
def test_somebody_elses_pass_beside_a_valid_one_makes_a_measurement_nobodys(
    days: Days, enter: Enter, proven: str
) -> None:
    other = shown(*WANG, {"at_us": 0, "source": "scanner"}, proven=proven)
    days.passes(LI, c=38.9, verdict="over", more=[other])
    assert counted(text_of(enter("manager")))["expected"] == "0"


def test_a_name_that_was_answered_or_a_code_of_somebody_else_makes_a_measurement_nobodys(
    days: Days, enter: Enter
) -> None:
    when = {"at_us": 0, "source": "scanner", "t": "code", "carrier": "china_health", "verdict": "valid"}
    for more in ([answered("name", WANG[0])], [(when, {"personal": {"name": "王*"}})]):
        days.passes(LI, c=38.9, verdict="over", more=more)
    client = enter("manager")
    assert counted(text_of(client))["expected"] == "0"
    fits = [(when, {"personal": {"name": "*兰", "phone": "138****1234"}}), answered("name", "李 兰")]
    days.passes(LI, c=36.5, more=[*fits, answered("phone", "13900005678")])
    assert counted(text_of(client))["morning"] == "1"


def test_a_second_identity_that_an_attendant_let_pass_is_nobodys_measurement(
    world: World, enter: Enter
) -> None:
    world.clock.move(2 * 3600)
    passage = world.step_up(34.6)
    world.show_pass("李兰")
    world.show_pass("王强", verdict=CodeVerdict.EXPIRED)
    world.station.submit(Give("in", passage, "m", "door", world.clock(), (("mask", "on"),)))
    world.station.submit(Decide("in", passage, "d", "door", world.clock(), Outcome.ADMIT, "no_phone"))
    [row] = rows(world, "passage.decided")
    assert "second_identity" in row.body["reasons"]
    assert counted(text_of(enter("manager")))["expected"] == "0"


@pytest.mark.parametrize(
    "case",
    [
        (36.6, "over", "normal", "1", "1 36.6 °C 08:00 · in · well above healthy people here now – report"),
        (37.9, "normal", "over", "1", "1 37.9 °C 08:00 · in – report"),
        (37.9, "normal", "again", "1", "1 37.9 °C 08:00 · in – report"),
        (37.9, "normal", None, "1", "1 37.9 °C 08:00 · in – report"),
        (36.6, "normal", "normal", "0", "1 36.6 °C 08:00 · in –"),
    ],
    ids=["by the level alone", "by the line alone", "one value over the line", "an old row", "neither"],
)
def test_the_duty_to_report_is_by_the_legal_line_whichever_decides(
    days: Days, enter: Enter, case: tuple[float, str, str | None, str, str]
) -> None:
    c, verdict, legal, over, said = case
    days.passes(LI, c=c, verdict=verdict, legal=legal)
    page = text_of(enter("manager"))
    assert counted(page)["over"] == over
    assert table(page)[0].startswith(said)
    assert ("reached 37.3 °C or were found over by this gate" in page) == (over == "1")
    assert "37.3 °C or above" not in page


def test_a_fever_at_an_hour_of_neither_half_is_to_be_reported(world: World, days: Days, enter: Enter) -> None:
    world.clock.move(20 * 3600)
    days.passes(LI, at(22.5), c=39.0, verdict="over")
    client = enter("manager")
    client.set_cookie("language", "en")
    page = text_of(client, show="over", day=TODAY.isoformat())
    assert (counted(page)["over"], counted(page)["afternoon"]) == ("1", "0")
    [line] = table(page)
    assert "39.0 °C 22:30 · in · outside both times report to community" in line
    [saved] = csv.DictReader(io.StringIO(opened(client, "/file").removeprefix("\ufeff")))
    assert (saved["beside_c"], saved["beside_time"], saved["beside_where"]) == ("39.0", "22:30", "in")
    assert saved["report"]


def test_whoever_was_measured_before_midnight_and_ended_after_it_is_of_that_day_too(
    world: World, days: Days, enter: Enter
) -> None:
    world.clock.move(20 * 3600)
    days.passes(LI, at(21.9), c=39.0, verdict="over", ended_us=at(25))
    days.passes(WANG, at(21.9), clock=ClockQuality.RESTORED, ended_us=at(25))
    client = enter("manager")
    page = text_of(client, day=TODAY.isoformat())
    assert (counted(page)["expected"], counted(page)["over"]) == ("1", "1")
    assert "undated" not in counted(page), "that is said of the day it ended on"
    assert counted(text_of(client, day=(TODAY + timedelta(days=1)).isoformat()))["over"] == "0"


def test_a_slip_is_corrected_however_late_it_is_noticed(world: World, days: Days, tell: Any) -> None:
    taken_us = at(8 - 70) + 30_000_000
    _, answer = tell(value_mdegc=38_400, taken_us=taken_us)
    world.clock.move(4 * 3600)
    changes = {"command_id": "t2", "value_mdegc": 36_400, "replaces": answer["sequence"]}
    changes |= {"name": "", "room": ""}
    moved = tell(**changes, taken_us=taken_us - HOUR_US)
    assert (moved[0], moved[1]["error"]) == (400, "taken_too_long_ago")
    assert tell(**changes, taken_us=taken_us - 30_000_000)[0] == 200


def test_the_next_person_in_a_form_that_was_sent_before_is_written_down_as_well(
    world: World, days: Days, enter: Enter
) -> None:
    client = enter("attendant")
    page = client.get("/temperatures").get_data(as_text=True)
    nonce = re.findall(r'name="command_id" value="(\w+)"', page)[0]
    form = {"csrf_token": token_of(client, "/temperatures"), "command_id": nonce, "name": LI[0]}
    form |= {"room": LI[1], "value": "36.5", "day": "2023-11-15", "time": "07:40", "how": "contact"}
    form |= {"told_by": "self"}
    places = []
    # Back, another person, back again; every one of them twice.
    for changes in ({}, {"name": WANG[0], "room": WANG[1]}, {"value": "38.9"}):
        for _ in range(2):
            answer = client.post("/temperatures", data=form | changes)
            assert answer.status_code == 303
            places.append(answer.headers["Location"])
    found = rows(world, "temperature.reported")
    assert places == [f"/temperatures?done={row.seq}" for row in found for _ in range(2)]
    assert [row.body["value_mdegc"] for row in found] == [36_500, 36_500, 38_900]
    for nonsense in ("x", "1", "99999"):
        assert client.get(f"/temperatures?done={nonsense}").status_code == 404


def test_a_workbook_keeps_a_room_a_text_and_runs_nothing(world: World, days: Days, enter: Enter) -> None:
    days.passes(("=HYPERLINK(1)", "3-1"), c=37.9, verdict="over")
    client = enter("manager")
    form = {"why": "inspection", "csrf_token": token_of(client, PATH), "format": "xlsx"}
    answer = client.post(PATH + "/file", data=form)
    assert "2023-11-15.xlsx" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        texts = book.read("xl/sharedStrings.xml").decode()
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<t>3-1</t>" in texts
    assert "<t>=HYPERLINK(1)</t>" in texts
    assert "<f>" not in sheet
    assert set(re.findall(r' t="(\w+)"', sheet)) == {"s"}, "texts, and nothing else"
    assert client.post(PATH + "/file", data=form | {"format": "exe"}).status_code == 400


def test_pages_of_a_day_leave_threads_to_the_lanes(
    app: Flask, world: World, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bearer = {"authorization": f"Bearer {world.tokens['observer']}"}
    inside, go, real = threading.Event(), threading.Event(), Rolls._measured

    def slow(self: Rolls, *given: Any) -> Any:
        inside.set()
        assert go.wait(30)
        return real(self, *given)

    def get(path: str, role: str) -> int:
        headers = {"authorization": f"Bearer {world.tokens[role]}"}
        try:
            with urllib.request.urlopen(urllib.request.Request(address + path, headers=headers)) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    monkeypatch.setattr(Rolls, "_measured", slow)
    monkeypatch.setattr("edge.web.roll.WAIT_S", 0.1)
    with ThreadPoolExecutor(20) as pool:
        first = pool.submit(get, PATH, "observer")
        assert inside.wait(30)
        others = [pool.submit(get, PATH, "observer") for _ in range(THREADS)]
        # Nobody who waits for the first page holds up a lane, and nobody waits for long.
        assert get("/api/v1/lanes/in", "attendant") == 200
        refused = app.test_client().get(PATH, headers=bearer)
        assert "The gate is too busy" in refused.get_data(as_text=True)
        assert {each.result(30) for each in others} == {503}
        go.set()
        assert first.result(30) == 200
    assert get(PATH, "observer") == 200
