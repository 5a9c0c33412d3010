"""Reports, ledgers, traces, paper pages and the evening page over real rows."""

import csv
import io
import json
import logging
import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient

from edge.domain.events import Decide, Give
from edge.domain.model import ClockQuality, Instant, Outcome
from edge.journal import Row, StoredRow
from edge.registers.book import Order
from edge.reports import ledgers
from edge.reports.day import starts_us
from edge.reports.sending import Reports
from edge.web.code_words import CodeWords
from edge.web.show import number
from edge.web.words import WORDS
from edge.wire.received import body_fault
from tests.web.conftest import token_of
from tests.web.fakes import World

pytestmark = pytest.mark.system

Enter = Callable[[str], FlaskClient]
TODAY = date(2023, 11, 15)
DAY_US = 86_400_000_000


def fresh(text: str) -> str:
    return text.split('name="command_id" value="', 1)[1].split('"', 1)[0]


def rows(world: World, kind: str) -> list[StoredRow]:
    with closing(world.journal.reader()) as reader:
        return reader.rows_after(0, 500, {kind})


def passes(world: World, name: str = "李兰") -> int:
    passage = world.step_up(34.6)
    world.show_pass(name)
    world.station.submit(Give("in", passage, f"m{passage}", "door", world.clock(), (("mask", "on"),)))
    return passage


@pytest.fixture
def reported(world: World) -> World:
    """Somebody passed yesterday, and the report of that day was sent."""
    world.clock.move(2 * 3600)
    passes(world)
    world.clock.move(24 * 3600)
    assert len(world.gate.reports.write_due()) == 1
    return world


def page(client: FlaskClient, path: str, **query: str) -> str:
    answer = client.get(path, query_string=query)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def send(client: FlaskClient, path: str, source: str, **form: str) -> Any:
    form = {"csrf_token": token_of(client, source), "command_id": "c1"} | form
    return client.post(path, data=form)


def figures(text: str) -> dict[str, tuple[str, str]]:
    """Return (now, sent) of each figure of a page."""
    found = re.findall(r'data-figure="([\w.]+)".*?data-now>([^<]*)<.*?data-sent>([^<]*)<', text, re.DOTALL)
    return {name: (now, sent) for name, now, sent in found}


def test_the_report_of_a_day_stands_beside_what_the_day_says_now(reported: World, enter: Enter) -> None:
    client = enter("manager")
    text = page(client, "/review/reports", day=TODAY.isoformat())
    assert figures(text)["passes.persons"] == ("1", "1")
    assert figures(text)["distinct.persons"] == ("1", "1")
    assert 'data-warning="no_exits"' in text
    assert 'data-report="changed"' not in text
    [decided] = rows(reported, "passage.decided")
    number = decided.body["passage"]
    path = f"/review/passage/{number}/correct"
    assert send(client, path, path, why="", direction="out").status_code == 400
    assert send(client, path, path, why="wrong_direction", direction="out").status_code == 303
    assert "data-correction=" in page(client, f"/review/passage/{number}")
    text = page(client, "/review/reports", day=TODAY.isoformat())
    assert figures(text)["out.persons"] == ("1", "0")
    assert 'data-report="changed"' in text
    done = send(client, "/review/reports/correct", "/review/reports", day=TODAY.isoformat())
    assert done.status_code == 303
    text = page(client, "/review/reports", day=TODAY.isoformat())
    assert figures(text)["out.persons"] == ("1", "0")
    assert "data-corrects=" in text
    assert [body_fault(row.kind, row.body) for row in rows(reported, "report.daily")] == [None, None]
    text = page(client, "/review/reports/bulletin", day=TODAY.isoformat())
    assert re.search(r'data-figure="passes.persons".*?data-sent>1<.*?data-now>1<', text, re.DOTALL)


def test_an_observer_reads_figures_and_writes_nothing(reported: World, enter: Enter) -> None:
    client = enter("observer")
    for path in ("/review/reports", "/review/reports/bulletin", "/review/reports/summary", "/review/ledgers"):
        assert client.get(path).status_code == 200
    assert client.get("/review/trace").status_code == 403
    assert client.get("/review/evening").status_code == 403
    assert send(client, "/review/reports/correct", "/review/reports").status_code == 403
    form = {"csrf_token": token_of(client, "/review"), "why": "inspection"}
    assert client.post("/review/ledgers/passages", data=form).status_code == 403
    assert client.post("/review/ledgers/passages/file", data={**form, "format": "csv"}).status_code == 403


def test_the_bulletin_has_the_words_of_its_form_and_its_cut_off(reported: World, enter: Enter) -> None:
    text = page(enter("manager"), "/review/reports/bulletin", day=TODAY.isoformat())
    assert "截至11月16日0时，区县属地（1处卡口）累计检查车辆0辆次、检测人员1人次、劝返车辆0辆" in text
    assert 'data-bulletin="now"' not in text


def test_a_day_nobody_passed_is_a_zero_report(reported: World, enter: Enter) -> None:
    reported.clock.move(24 * 3600)
    reported.gate.reports.write_due()
    text = page(enter("manager"), "/review/reports", day="2023-11-16")
    assert 'data-report="zero"' in text
    assert 'data-report="zero"' in page(enter("manager"), "/review/reports/summary", day="2023-11-16")


def test_masks_on_a_shelf_are_no_event(reported: World, enter: Enter) -> None:
    """零报告"""
    reported.clock.move(24 * 3600)
    given: dict[str, Any] = {"item": "mask", "move": "in", "amount": 110}
    reported.gate.ledgers.enter(Order("s1", "boss"), "supplies", given)
    text = page(enter("manager"), "/review/reports", day="2023-11-17")
    assert figures(text)["stock.supplies.mask"][0] == "110"
    assert 'data-report="zero"' in text


@pytest.mark.parametrize("of", ["daily", "summary", "bulletin"])
def test_each_report_is_saved_as_numbers_and_runs_no_formula(reported: World, enter: Enter, of: str) -> None:
    client, day = enter("observer"), TODAY.isoformat()
    evening = {"situation": "=1+1", "visits": "12"}
    done = send(enter("manager"), "/review/evening", "/review/evening", day=day, **evening)
    assert done.status_code == 303
    client.set_cookie("language", "zh_Hans")
    shown = {"daily": "/review/reports", "bulletin": "/review/reports/bulletin"}
    text = page(client, shown.get(of, "/review/reports/summary"), day=day)
    [link] = re.findall(r'href="([^"]+format=xlsx)"', text)
    assert client.get(link.replace("&amp;", "&").replace("xlsx", "doc")).status_code == 400
    data = client.get(link.replace("&amp;", "&")).get_data()
    active: Any = openpyxl.load_workbook(io.BytesIO(data)).active
    cells = [[cell.value for cell in line] for line in active.iter_rows()]
    people = next(line for line in cells if line[0] == "通行人次")
    assert people[1:3] == [1, 1]
    plain = client.get(link.replace("&amp;", "&").replace("xlsx", "csv")).get_data()
    assert plain.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(plain.decode("utf-8-sig"))))
    assert len(read) == len(cells)
    assert not [cell for line in read for cell in line if cell.startswith("=")]
    if of != "bulletin":
        assert ["当日情况（不写姓名）", "'=1+1"] in read
        assert next(line for line in cells if line[0] == "走访户数（填报）")[1] == 12
    else:
        assert "区县属地" in read[1][1]


def test_what_was_typed_in_the_evening_stands_in_the_report_and_on_the_meetings_page(
    reported: World, enter: Enter
) -> None:
    client, day = enter("manager"), TODAY.isoformat()
    evening = {"situation": "平稳", "visits": "12", "leaflets_more": "30"}
    assert send(client, "/review/evening", "/review/evening", day=day, **evening).status_code == 303
    text = page(client, "/review/reports", day=day)
    assert figures(text)["noted.visits"][0] == "12"
    assert 'data-noted="situation">平稳<' in text
    text = page(client, "/review/reports/summary", day=day)
    assert 'data-figure="noted.leaflets_more">30<' in text


def test_a_missing_report_and_a_late_one_are_seen(world: World, enter: Enter) -> None:
    world.clock.move(2 * 3600)
    passes(world)
    world.clock.move(3 * 24 * 3600)
    text = page(enter("manager"), "/review/reports", day=TODAY.isoformat())
    assert 'data-report="none"' in text
    world.gate.reports.write_due()
    text = page(enter("manager"), "/review/reports", day=TODAY.isoformat())
    assert 'data-late="yes"' in text
    assert text.count("<li data-day=") == 3


def test_names_of_a_ledger_are_opened_with_a_reason_that_is_on_disk_first(
    reported: World, enter: Enter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = enter("manager")
    span = {"from": TODAY.isoformat(), "to": TODAY.isoformat()}
    text = page(client, "/review/ledgers/passages", **span)
    assert "李兰" not in text
    assert 'data-column="outcome"' in text
    assert send(client, "/review/ledgers/passages", "/review/reports", **span).status_code == 400
    reported.writer.broken = True
    refused = send(client, "/review/ledgers/passages", "/review/reports", why="inspection", **span)
    assert refused.status_code == 503
    reported.writer.broken = False
    opened = send(client, "/review/ledgers/passages", "/review/reports", why="inspection", **span)
    assert "李兰" in opened.get_data(as_text=True)
    [row] = rows(reported, "personal.opened")
    assert (row.body["what"], row.body["why"]) == ("ledger passages", "inspection")
    assert body_fault(row.kind, json.loads(row.body_text)) is None
    assert "李兰" not in caplog.text


def test_a_ledger_is_saved_as_csv_and_xlsx_and_runs_no_formula(world: World, enter: Enter) -> None:
    world.clock.move(2 * 3600)
    passes(world, "=1+1")
    client = enter("manager")

    def send_file(form: str, **more: str) -> Any:
        path = "/review/ledgers/passages/file"
        return send(client, path, "/review/reports", format=form, **more)

    plain = send_file("csv").get_data()
    assert plain.startswith(b"\xef\xbb\xbf")
    [head, line] = list(csv.reader(io.StringIO(plain.decode("utf-8-sig"))))
    assert len(head) == len(line)
    assert "=1+1" not in plain.decode()
    named = send_file("csv", why="inspection").get_data().decode("utf-8-sig")
    assert "'=1+1" in named
    book = openpyxl.load_workbook(io.BytesIO(send_file("xlsx", why="inspection").get_data()))
    active: Any = book.active
    cells = [cell for line in active.iter_rows() for cell in line if cell.value == "=1+1"]
    assert [cell.data_type for cell in cells] == ["s"]


def test_the_book_of_outsiders_lists_no_resident(world: World, enter: Enter) -> None:
    world.clock.move(2 * 3600)
    passes(world)
    visitor = world.step_up(34.6)
    form = (
        ("mask", "on"),
        ("name", "访客甲"),
        ("room", "3-1"),
        ("phone", "13900000001"),
        ("purpose", "visit"),
    )
    world.station.submit(Give("in", visitor, "v", "door", world.clock(), form[:1]))

    world.station.submit(Decide("in", visitor, "d", "door", world.clock(), Outcome.TURN_BACK, "not_allowed"))
    text = page(enter("manager"), "/review/ledgers/outsiders")
    assert text.count("<tr><td data-column") == 1
    line = text.partition("<tbody>")[2].partition("</tbody>")[0]
    assert f'data-column="number">{number(visitor)}<' in line
    assert 'data-column="reasons">Not allowed in<' in line
    assert 'data-column="category">visitor<' in line
    assert "not_allowed" not in line
    saved = send(enter("manager"), "/review/ledgers/outsiders/file", "/review/reports", format="csv")
    assert "Not allowed in" in saved.get_data().decode("utf-8-sig")
    assert page(enter("manager"), "/review/ledgers/passages").count("<tr><td data-column") == 2


def test_every_kind_of_row_and_everything_it_is_about_has_words() -> None:
    assert [kind for kind in ledgers.ANSWERED_FOR if kind not in WORDS["row"]] == []
    assert [name for name in ledgers.ABOUT if name not in WORDS["about"]] == []


def test_a_day_nobody_knows_of_is_no_zero_report(world: World, enter: Enter) -> None:
    client = enter("manager")
    assert 'data-report="zero"' in page(client, "/review/reports", day=TODAY.isoformat())
    for day in ("2023-11-01", "2099-12-31"):
        assert 'data-report="zero"' not in page(client, "/review/reports", day=day)
        assert 'data-report="zero"' not in page(client, "/review/reports/summary", day=day)


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_no_figure_of_a_report_is_called_by_a_code(world: World, language: str) -> None:
    definitions = world.gate.ledgers.all()
    registers = [*WORDS["register_name"], *(one.name for one in definitions)]
    names = [f"register.{name}.{step}" for name in registers for step in WORDS["register_step"]]
    for one in definitions:
        item = one.one(one.stock.item) if one.stock is not None else None
        names += [f"stock.{one.name}.{code}" for code in ("short", *(item.values if item else ()))]
        names += [f"tasks.{one.name}.{what}" for what in ("done", "missed")]
        names += [f"{kind}.{one.name}" for kind in ("visits", "overdue", "open")]
    reasons = {reason.value for procedure in world.gate.procedures.values() for reason in procedure.reasons}
    lists = [f"watch_turn_back:{one}" for one in WORDS["watch_list"]]
    names += [f"turned_back.persons.{code}" for code in (*reasons, *WORDS["reason"], *lists)]
    names += [f"set.{one.id}" for one in world.gate.access.rules.sets]
    words = CodeWords(world.gate, language)
    told = {name: words.figure(name) for name in names}
    codes = re.compile(r"_|：[a-z]|· [a-z_]+$" if language == "zh_Hans" else r"_")
    assert {name: text for name, text in told.items() if text == name or codes.search(text)} == {}


def test_whoever_changed_or_overrode_something_is_in_a_ledger(reported: World, enter: Enter) -> None:
    client = enter("manager")
    [decided] = rows(reported, "passage.decided")
    path = f"/review/passage/{decided.body['passage']}/correct"
    send(client, path, path, why="double", void="yes")
    text = page(client, "/review/ledgers/accountability")
    line = next(part for part in text.split("<tr>") if "corrected in reports" in part)
    assert "boss" in line
    assert f"passage {number(decided.body['passage'])}" in line
    assert "entered twice" in line
    assert rows(reported, "correction.recorded")[0].hash.hex()[:16] in line
    assert client.get("/review/ledgers/nothing").status_code == 404


def test_a_trace_finds_who_was_near_and_is_recorded_before_it_is_shown(world: World, enter: Enter) -> None:
    world.clock.move(2 * 3600)
    first = passes(world, "李兰")
    near = passes(world, "王强")
    world.clock.move(3600)
    far = passes(world, "赵敏")
    client = enter("manager")
    form = {"who": "李兰", "minutes": "30", "requester": "区疾控中心", "authority": "疾控函〔2020〕5号"}
    answer = send(client, "/review/trace", "/review/trace", **form)
    text = answer.get_data(as_text=True)
    assert f'data-hit="{first}"' in text
    assert re.findall(r'data-near="(\d+)"', text) == [str(near)]
    assert str(far) not in re.findall(r'data-near="(\d+)"', text)
    assert "王强" in text
    [entry] = rows(world, "register.entered")
    assert entry.body["register"] == "traces"
    assert entry.body["fields"]["authority"] == "区疾控中心"
    assert (entry.body["fields"]["passages"], entry.body["fields"]["others"]) == (1, 1)
    assert "李兰" not in entry.body_text
    assert rows(world, "personal.opened")[0].body["trace"] == 1


def test_a_refused_trace_says_what_to_do_and_keeps_what_was_typed(world: World, enter: Enter) -> None:
    passes(world, "李兰")
    client = enter("manager")
    client.set_cookie("language", "zh_Hans")
    form = {"who": "李兰", "minutes": "45", "requester": "区疾控中心", "authority": "疾控函5号"}
    form |= {"from": "2023-11-01", "to": "2023-11-14"}
    wrongs = [{"requester": ""}, {"authority": " "}, {"minutes": "241"}, {"minutes": "半小时"}, {"who": "李"}]
    wrongs += [{"from": "2023-11-30"}, {"to": "昨天"}, {"from": "2020-01-01"}]
    for wrong in wrongs:
        answer = send(client, "/review/trace", "/review/trace", **form | wrong)
        text = answer.get_data(as_text=True)
        assert (answer.status_code, "还没有查询" in text) == (400, True), wrong
        for name, typed in (form | wrong).items():
            [field] = re.findall(rf'<input id="{name}"[^>]*>', text)
            assert f'value="{typed}"' in field, (wrong, name)
    assert rows(world, "register.entered") == rows(world, "personal.opened") == []
    assert send(client, "/review/trace", "/review/trace", **form).status_code == 200


def test_a_trace_goes_through_the_paper_pages_as_well(world: World, enter: Enter) -> None:
    """行踪轨迹和接触人员: what was written by hand while the gate stood still is no gap."""
    world.clock.move(2 * 3600)
    number = passes(world, "李兰")
    world.clock.move(2 * 3600)
    boss = enter("manager")
    lines = {"time-0": "2023-11-15T10:20", "time-1": "2023-11-15T10:30", "time-2": "2023-11-15T12:30"}
    for n, (name, phone) in enumerate((("李兰", "13800001111"), ("孙磊", ""), ("周远", ""))):
        lines |= {f"name-{n}": name, f"phone-{n}": phone, f"room-{n}": "2-2", f"direction-{n}": "in"}
        lines |= {f"outcome-{n}": "admit", f"what-{n}": "person"}
    world.clock.move(12 * 3600)
    assert send(boss, "/review/paper", "/review/paper", **lines, writer="老周").status_code == 200
    first, near, _far = (row.seq for row in rows(world, "paper.entered"))
    span = {"from": TODAY.isoformat(), "to": TODAY.isoformat(), "minutes": "30", "requester": "区疾控中心"}
    asked = {"who": "李兰", "authority": "疾控函5号"} | span
    text = send(boss, "/review/trace", "/review/trace", command_id="t1", **asked).get_data(as_text=True)
    assert set(re.findall(r'data-hit="([\w-]+)"', text)) == {str(number), f"paper-{first}"}
    assert re.findall(r'data-near="([\w-]+)"', text) == [f"paper-{near}"]
    assert "孙磊" in text
    assert "周远" not in text
    [entry] = rows(world, "register.entered")
    assert (entry.body["fields"]["passages"], entry.body["fields"]["others"]) == (2, 1)
    asked |= {"who": "1111", "minutes": "0"}
    text = send(boss, "/review/trace", "/review/trace", command_id="t2", **asked).get_data(as_text=True)
    assert re.findall(r'data-hit="([\w-]+)"', text) == [f"paper-{first}"]
    correction = {"paper": first, "replaces": first, "day": TODAY.isoformat(), "why": "double", "void": True}
    world.gate.reports.taking.withdraw(Order("w1", "boss"), first, "double")
    assert rows(world, "correction.recorded")[0].body.items() >= correction.items()
    text = send(boss, "/review/trace", "/review/trace", command_id="t3", **asked).get_data(as_text=True)
    assert "data-hit=" not in text


def test_requests_that_came_in_otherwise_stand_beside_the_traces(world: World, enter: Enter) -> None:
    """流调溯源请求"""
    given = {"authority": "区疾控中心", "basis": "letter", "scope": "person", "asker": "某某 13900000009"}
    world.gate.ledgers.enter(Order("r1", "boss"), "traces", given)
    boss = enter("manager")
    boss.set_cookie("language", "zh_Hans")
    assert "区疾控中心" in page(boss, "/review/trace")
    asked = {"who": "李兰", "minutes": "5", "requester": "市疾控中心", "authority": "疾控函7号"}
    assert send(boss, "/review/trace", "/review/trace", **asked).status_code == 200
    text = page(boss, "/registers/traces")
    heads = re.findall(r"<th[^>]*>([^<]*)<", text)
    assert "请求单位" in heads
    assert re.search(r'data-label="请求单位"[^>]*>\s*市疾控中心', text)
    assert re.search(r'data-label="文号"[^>]*>\s*疾控函7号', text)


def test_a_trace_of_somebody_else_under_an_old_command_is_refused_and_a_repeated_one_is_not(
    world: World, enter: Enter
) -> None:
    boss = enter("manager")
    form = {"csrf_token": token_of(boss, "/review/trace"), "command_id": "t1"}
    form |= {"requester": "某区疾控", "authority": "1号函", "minutes": "30"}
    assert boss.post("/review/trace", data=form | {"who": "张三"}).status_code == 200
    passes(world, "张三")
    assert boss.post("/review/trace", data=form | {"who": "张三"}).status_code == 200, (
        "the page is loaded anew"
    )
    other = boss.post("/review/trace", data=form | {"who": "李四"})
    assert other.status_code == 409
    [entry] = world.gate.book.page("traces")
    assert world.gate.book.one("traces", entry.number, opened=True).personal == {"person": "张三"}
    text = other.get_data(as_text=True)
    assert "data-trace" not in text
    assert (
        boss.post("/review/trace", data=form | {"who": "李四", "command_id": fresh(text)}).status_code == 200
    )


def test_a_paper_page_is_typed_in_and_counted_on_its_day(reported: World, enter: Enter) -> None:
    client = enter("attendant")
    lines = {
        "time-0": "2023-11-15T10:20",
        "name-0": "孙磊",
        "room-0": "2-2",
        "c-0": "36.6",
        "direction-0": "in",
    }
    lines |= {"outcome-0": "admit", "what-0": "person", "writer": "老周", "page": "12"}
    lines |= {
        "time-1": "2023-11-15T10:21",
        "plate-1": "渝A12345",
        "direction-1": "in",
        "outcome-1": "turn_back",
    }
    lines |= {"what-1": "vehicle"}
    answer = send(client, "/review/paper", "/review/paper", **lines)
    assert 'data-taken="2"' in answer.get_data(as_text=True)
    assert send(client, "/review/paper", "/review/paper", command_id="c2").status_code == 400
    text = page(enter("manager"), "/review/reports", day=TODAY.isoformat())
    assert figures(text)["paper.persons"] == ("1", "0")
    assert figures(text)["paper.vehicles"] == ("1", "0")
    assert figures(text)["passes.persons"] == ("2", "1")
    assert "孙磊" not in "".join(row.body_text for row in rows(reported, "paper.entered"))


def test_the_evening_is_typed_once_and_fills_the_streets_table(
    world: World, enter: Enter, tmp_path: Path, app: Any
) -> None:
    world.clock.move(2 * 3600)
    passes(world)
    book = openpyxl.Workbook()
    cells: Any = book.active
    cells["A1"], cells["B1"] = "人次", "{{passes.persons}}"
    cells["A2"], cells["B2"] = "情况", "{{situation}}"
    cells["A3"], cells["B3"] = "{{ nobody }}", "{{gate}} {{day}}"
    book.save(tmp_path / "street.xlsx")
    reports: Reports = world.gate.reports
    reports.terms = replace(reports.terms, template=tmp_path / "street.xlsx")
    client = enter("manager")
    form = {"day": TODAY.isoformat(), "situation": "=平稳", "visits": "12", "needs": "口罩 200"}
    assert send(client, "/review/evening", "/review/evening", **form).status_code == 303
    assert (
        send(client, "/review/evening", "/review/evening", day=TODAY.isoformat(), visits="x").status_code
        == 400
    )
    assert "=平稳" in page(client, "/review/evening", day=TODAY.isoformat())
    assert "口罩 200" in page(client, "/review/reports/summary", day=TODAY.isoformat())
    data = client.get(f"/review/evening/table?day={TODAY}").get_data()
    sheet: Any = openpyxl.load_workbook(io.BytesIO(data)).active
    assert (sheet["B1"].value, sheet["B1"].data_type) == (1, "n")
    assert (sheet["B2"].value, sheet["B2"].data_type) == ("'=平稳", "s")
    assert sheet["A3"].value == "{{ nobody }}"
    assert sheet["B3"].value == f"观音桥 3 号门 {TODAY}"
    (tmp_path / "street.xlsx").write_bytes(b"no spreadsheet")
    assert client.get(f"/review/evening/table?day={TODAY}").status_code == 409


def test_what_cannot_be_dated_is_listed_apart(world: World, enter: Enter) -> None:
    """A run whose clock was never believed, between two days: it may have been either."""
    world.clock.move(2 * 3600)
    passes(world)
    body = dict(rows(world, "passage.decided")[0].body) | {"passage": 9_000_000}
    world.journal.start_boot()
    world.journal.append(Row("passage.decided", Instant(5, 5, ClockQuality.UNSET), body, "in"))
    world.journal.start_boot()
    later = Instant(5, starts_us(date(2023, 11, 17), world.gate.reports.terms.zone), ClockQuality.SYNCED)
    world.journal.append(Row("gate.started", later, {"version": "1"}))
    text = page(enter("manager"), "/review/reports", day=TODAY.isoformat())
    assert figures(text)["undated"][0] == "1"
    assert figures(text)["passes.persons"][0] == "1"
    assert "data-gap=" in text
    assert page(enter("manager"), "/review/ledgers/undated").count("<tr><td data-column") == 1


def test_a_refused_paper_page_or_evening_keeps_what_was_typed(world: World, enter: Enter) -> None:
    client = enter("manager")
    lines = {
        "writer": "王师傅",
        "name-0": "周小舟",
        "time-0": "2020-02-05T08:30",
        "outcome-0": "refer",
        "c-0": "99",
    }
    answer = send(client, "/review/paper", "/review/paper", **lines)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 400
    for value in ("王师傅", "周小舟", "2020-02-05T08:30", "99"):
        assert f'value="{value}"' in text
    assert '<option value="refer" selected>' in text
    assert "30 to 45" in text
    answer = send(
        client, "/review/evening", "/review/evening", day=TODAY.isoformat(), situation="平稳", visits="x"
    )
    assert answer.status_code == 400
    assert "平稳" in answer.get_data(as_text=True)
    assert not rows(world, "paper.entered")
