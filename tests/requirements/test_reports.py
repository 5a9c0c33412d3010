"""Reports through a real gate: 零报告, 通报, 台账, 流调, 每日工作例会, and who may look.

One gate with lanes for people, for vehicles in both directions and for a restaurant. Its journal
begins three days ago, so that the reports of the days it stood still are due when it starts.
"""

import html
import json
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner

from edge.cli import main
from edge.clock import Clock
from edge.domain.model import ClockQuality, Instant
from edge.journal import Journal, Row, State
from edge.web.show import number as shown
from edge.web.users import OBSERVER, Users
from tests.paths import ROOT
from tests.reports.recount import Recount
from tests.requirements.browsing import Person
from tests.requirements.people import Office as People
from tests.requirements.test_vehicles import LANE, Post
from tests.system.faults import QUICK, Office
from tests.system.processes import PASSWORD, District, Gate
from tests.system.stage import Stage
from tests.system.test_cases import Browser
from tests.waiting import until

pytestmark = [pytest.mark.requirements, pytest.mark.system]

DAY_US = 86_400_000_000
LANES = (
    ("jinru", "in", "boundary"),
    ("likai", "out", "boundary"),
    ("dian", "in", "restaurant"),
)
SETS = """
[[set]]
id = "four"
title = { zh_Hans = "四类人员", en = "The four classes" }
categories = ["from_abroad", "resumed_worker"]
[[set]]
id = "over"
title = { zh_Hans = "四类人员", en = "The four classes of another paper" }
categories = ["from_abroad"]
until = 2020-03-31
"""
TERMS = '[reports]\nat = "00:00"\nlate_minutes = 720\nsite = "观音桥"\nrecipients = ["观音桥街道"]\n'


def day_of(at_us: int) -> str:
    return (datetime.fromtimestamp(at_us / 1e6, UTC) + timedelta(hours=8)).date().isoformat()


def now_us() -> int:
    return time.time_ns() // 1000


def begun(gate: Gate) -> None:
    """Let the gate's journal begin three days ago, by a clock that was believed."""
    with Journal.open(gate.store) as journal:
        journal.start_boot()
        at = Instant(1, now_us() - 3 * DAY_US, ClockQuality.SYNCED)
        journal.append(Row("gate.started", at, {"version": "0.1.0"}))


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    stage = Stage(tmp_path_factory.mktemp("reports"))
    folder = stage.scanner.link.parent
    district = District(folder)
    token = district.add_gate("test-gate")
    (folder / "token").write_text(token)
    uplink = f'[uplink]\nurl = "{district.url}"\ntoken_file = "{folder / "token"}"\nevery_s = 0.2\n'
    gate = Gate(folder, extra=QUICK + TERMS + uplink)
    with gate.config.open("a") as config:
        for name, direction, procedure in LANES:
            config.write(LANE.format(name=name, direction=direction, procedure=procedure))
    Office().trusted_by(gate.store)
    begun(gate)
    state = State.open(gate.store)
    Users(state).add("leader", OBSERVER, PASSWORD)
    state.close()
    Clock(gate.store).confirm()
    district.start()
    gate.start()
    gate.district = district  # type: ignore[attr-defined]
    until(lambda: len(gate.rows("report.daily")) == 3, 30, "the reports of the days it stood still")
    yield gate
    gate.end()
    district.end()
    stage.close()


@pytest.fixture(scope="module")
def office(gate: Gate) -> People:
    return People(gate.store)


@pytest.fixture(scope="module")
def boss(gate: Gate) -> Browser:
    return Browser(gate)


def send(boss: Browser, path: str, source: str, **form: str) -> tuple[int, str]:
    form = {"csrf_token": boss._token(source), "command_id": uuid.uuid4().hex} | form
    return boss.post(path, form)


def today(boss: Browser) -> dict[str, int]:
    """Return the figures of today, as the page shows them."""
    page = boss.get(f"/review/reports?day={day_of(now_us())}")
    found = re.findall(r'data-figure="([\w.-]+)".*?data-now>(\d+)<', page, re.DOTALL)
    return {name: int(value) for name, value in found}


def recounted(gate: Gate) -> dict[str, int]:
    """Return the same by plain SQL."""
    with closing(Recount(gate.store)) as recount:
        return recount.figures(day_of(now_us()))


def agree(gate: Gate, boss: Browser) -> dict[str, int]:
    """Hold the page against the raw rows; return the figures."""
    shown, counted = today(boss), recounted(gate)
    beside = {"personal.opened", "uplink.lost"}  # looking at a page may write
    assert {k: v for k, v in shown.items() if v and k not in beside} == {
        k: v for k, v in counted.items() if v and k not in beside
    }
    return shown


def test_r61_a_zero_report_for_every_day_also_after_an_outage_and_never_two(
    gate: Gate, boss: Browser
) -> None:
    """零报告"""
    reports = gate.rows("report.daily")
    days = [day_of(now_us() - number * DAY_US) for number in (3, 2, 1)]
    assert [row.body["day"] for row in reports] == days
    assert [row.body.get("late", False) for row in reports[:2]] == [True, True]
    assert all(value == 0 for name, value in reports[1].body["figures"].items() if name != "gate.started")
    page = boss.get(f"/review/reports?day={days[1]}")
    assert "零报告" in page
    assert 'data-report="zero"' in page
    assert 'data-late="yes"' in page
    gate.kill()
    gate.start()
    until(lambda: gate.get("/healthz", token=None)[0] == 200, 20, "the gate again")
    assert "report_missing" not in gate.problems()
    assert len(gate.rows("report.daily")) == 3


def test_r42_r43_in_and_out_are_set_against_each_other(gate: Gate, boss: Browser) -> None:
    """杜绝“只管进、不管出”; 防输入、防外溢"""
    post = Post(gate, "jinru")
    car = post.vehicle("渝A11111", 2)
    post.record(car, disinfected="chlorine")
    post.occupant()
    post.occupant()
    assert post.last()["outcome"] == "admit"
    page = boss.get(f"/review/reports?day={day_of(now_us())}")
    assert 'data-warning="no_exits"' in page
    assert "防输入" in page
    assert "防外溢" in page
    out = Post(gate, "likai")
    car = out.vehicle("渝A11111", 2)
    out.record(car, disinfected="not_done")
    out.occupant()
    out.occupant()
    found = agree(gate, boss)
    assert (found["in.persons"], found["out.persons"]) == (2, 2)
    assert (found["passes.vehicles"], found["distinct.vehicles"]) == (2, 1)
    assert found["disinfected"] == 1
    assert 'data-warning="no_exits"' not in boss.get(f"/review/reports?day={day_of(now_us())}")


def test_r49_what_was_left_out_is_counted(gate: Gate, boss: Browser, office: People) -> None:
    """不漏一车、不漏一人；不少一户、不漏一人"""
    before = agree(gate, boss)
    post = Post(gate, "jinru")
    empty = post.vehicle("渝A22222", None)
    assert post.decide(empty, "admit", "urgent")[0] == 200
    found = agree(gate, boss)
    name = "gap.vehicle_without_occupants"
    assert found[name] == before[name] + 1
    home = {"building": "7栋", "room": "701"}
    office.enter("households", home)
    name = "gap.household_without_entry"
    assert agree(gate, boss)[name] == before[name] + 1
    assert "没有登记人员的户" in boss.get("/review/reports/summary")
    office.enter("people", {"name": "不少一户", "phone": "13800007001"} | home)
    assert agree(gate, boss)[name] == before[name]


def test_r20_r29_the_daily_census_of_a_set_and_of_a_list_stands_in_the_report(
    gate: Gate, boss: Browser, office: People
) -> None:
    """四类人员（每日摸排）; 复阳 / 治愈出院 / 康复居家人员"""
    before = agree(gate, boss)
    office.enter("people", {"name": "境外某", "phone": "13800007002"}, category="from_abroad")
    office.enter("people", {"name": "复工某", "phone": "13800007003"}, category="resumed_worker")
    office.enter("watch", {"name": "康复某", "phone": "13800007004"}, list="recovered", ordered_by="社区")
    page = boss.get("/access")
    text = html.unescape(
        page.split('<textarea id="rules-text"', 1)[1].split(">", 1)[1].split("</textarea>")[0]
    )
    text = text.replace("[[rule]]", f"{SETS}[[rule]]", 1)
    version = re.findall(r'id="rules" data-version="([0-9a-f]+)"', page)[0]
    assert send(boss, "/access/text", "/access", text=text, made_from=version, why="order")[0] == 303
    found = agree(gate, boss)
    assert found["registered.from_abroad"] == before.get("registered.from_abroad", 0) + 1
    assert found["listed.recovered"] == before.get("listed.recovered", 0) + 1
    assert found["set.four"] == found["registered.from_abroad"] + found["registered.resumed_worker"]
    assert "set.over" not in found, "its time is over"
    page = boss.get(f"/review/reports?day={day_of(now_us())}")
    assert "每日摸排：四类人员" in page
    assert "名单在册：治愈出院、康复居家人员" in page
    assert "在册人员：境外来返人员" in page


def test_r36_suspected_are_counted_apart_from_over_the_threshold(gate: Gate, boss: Browser) -> None:
    """疑似人员"""
    before = agree(gate, boss)
    number = int(gate.post("begin")[1]["passage"])
    assert gate.post("decision", passage=number, outcome="refer", reason="suspected")[0] == 200
    found = agree(gate, boss)
    assert found["suspected"] == before["suspected"] + 1
    assert found["over"] == before["over"]


def test_r04_r71_who_overrode_what_is_counted_by_name_and_stands_in_the_log(
    gate: Gate, boss: Browser
) -> None:
    """四必完成率; 督导问责，值班值守督查"""
    before = agree(gate, boss)
    number = int(gate.post("begin")[1]["passage"])
    assert gate.post("decision", passage=number, outcome="admit", reason="known")[0] == 200
    found = agree(gate, boss)
    assert found["overrides"] == before["overrides"] + 1
    assert found["override.door1"] == before.get("override.door1", 0) + 1
    assert found["musts.asked"] > before["musts.asked"]
    assert found["musts.complete"] == before["musts.complete"]
    assert found["gap.without_temperature"] > before["gap.without_temperature"]
    page = boss.get("/review/ledgers/accountability")
    assert "督导问责" in page
    assert f"通行 {shown(number)}" in page
    assert "门岗" in page or "door1" in page


def test_r15_venue_codes_are_held_against_passes(gate: Gate, boss: Browser) -> None:
    """场所码"""
    before = agree(gate, boss)
    post = Post(gate, "dian")
    number = int(post.post("begin")[1]["passage"])
    assert post.post("answers", passage=number, question="venue", value="confirmed")[0] == 200
    assert post.decide(number, "turn_back", "没有座位")[0] == 200
    found = agree(gate, boss)
    assert found["venue.confirmed"] == before["venue.confirmed"] + 1
    page = boss.get(f"/review/reports?day={day_of(now_us())}")
    share = re.search(r'data-share="venue">(\d+) / (\d+)', page)
    assert share is not None
    assert (int(share[1]), int(share[2])) == (found["venue.confirmed"], found["passes.persons"])


def test_r44_r46_the_bulletin_in_its_own_form_at_the_gate_the_command_and_the_district(
    gate: Gate, boss: Browser
) -> None:
    """省际入口检查车辆 … 截至 0 时; 疫情防控检查卡点 ×8"""
    yesterday = day_of(now_us() - DAY_US)
    page = boss.get(f"/review/reports/bulletin?day={yesterday}")
    said = re.search(r'data-bulletin="as_sent"[^>]*>([^<]+)<', page)
    assert said is not None
    assert re.match(
        r"截至\d+月\d+日0时，区县属地（1处卡口）累计检查车辆0辆次、检测人员0人次、劝返车辆0辆", said[1]
    )
    done = CliRunner().invoke(
        main, ["report", "bulletin", "--config", str(gate.config), "--date", yesterday, "--json"]
    )
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert (told["text"], told["unsent"]) == (said[1], [])
    from district.cli import main as district_main

    folder = str(gate.district.folder)  # type: ignore[attr-defined]

    def posts() -> dict[str, Any]:
        words = ["bulletin", "--date", yesterday, "--json", "--store", folder]
        return dict(json.loads(CliRunner().invoke(district_main, words).output))

    until(lambda: posts()["series"] and posts()["missing"] == [], 20, "the reports at the district")
    assert posts()["text"] == said[1]


def test_r98_a_post_without_a_device_reports_by_telephone_at_the_district(gate: Gate) -> None:
    """零报告 from posts without a device (散居楼院)"""
    from district.cli import main as district_main

    folder, yesterday = str(gate.district.folder), day_of(now_us() - DAY_US)  # type: ignore[attr-defined]

    def run(*words: str) -> str:
        done = CliRunner().invoke(district_main, [*words, "--store", folder], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    run("post", "add", "民生路散居楼院", "--site", "观音桥")
    assert "民生路散居楼院" in json.loads(run("bulletin", "--date", yesterday, "--json"))["missing"]
    run("post", "report", "民生路散居楼院", "--date", yesterday, "--how", "phone", "--by", "值班员")
    found = json.loads(run("bulletin", "--date", yesterday, "--site", "观音桥", "--json"))
    assert "民生路散居楼院" not in found["missing"]
    assert (found["series"]["district"]["posts"], found["series"]["district"]["by_hand"]) == (2, 1)


def test_r68_the_gates_of_a_property_are_added_up_for_the_meeting(gate: Gate, boss: Browser) -> None:
    """每日工作例会、碰头汇总: per gate and summed."""
    from district.cli import main as district_main

    district, yesterday = gate.district, day_of(now_us() - DAY_US)  # type: ignore[attr-defined]

    def run(*words: str) -> str:
        words = (*words, "--store", str(district.folder))
        done = CliRunner().invoke(district_main, words, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    run("post", "add", "东门手工点", "--site", "观音桥")
    told = ("--how", "phone", "--by", "值班员", "--figure", "passes.persons=5")
    run("post", "report", "东门手工点", "--date", yesterday, *told)
    token = json.loads(run("admin", "token", "board", "--json"))["token"]
    answer = gate._http.request(
        "GET",
        district.url.replace("/ingest", "/api/v1/summary"),
        fields={"day": yesterday, "site": "观音桥"},
        headers={"authorization": f"Bearer {token}"},
    )
    assert answer.status == 200, answer.data
    here = json.loads(answer.data)["series"]["district"]
    assert here["posts"]["test-gate"]["passes.persons"] == 0
    assert here["sum"]["passes.persons"] == 5
    assert here["told_by"]["in.persons"] == 1
    page = boss.get(f"/review/reports/summary?day={yesterday}")
    assert "每日工作例会" in page
    assert re.findall(r'data-lane="(\w+)"', page) == ["in", "jinru", "likai", "dian"]
    saved = boss.get(f"/review/reports/file?of=summary&format=csv&day={yesterday}")
    assert saved.startswith("\ufeff每日工作例会一页汇总")


def test_r66_the_book_of_outsiders_on_screen_printable_and_exported(gate: Gate, boss: Browser) -> None:
    """一本外来人员登记本"""
    page = boss.get("/review/ledgers/outsiders")
    assert "外来人员登记本" in page
    assert "data-column" in page
    status, saved = send(boss, "/review/ledgers/outsiders/file", "/review/reports", format="csv")
    assert status == 200
    assert saved.startswith("\ufeff")
    assert saved.splitlines()[0].startswith("\ufeff编号,通道")
    assert ",visitor," not in saved  # an office reads words, not codes
    css = (ROOT / "edge/web/static/gatepost.css").read_text("utf-8")
    assert "@page { size: A4" in css


def test_r67_a_reviewer_looks_by_day_and_person_and_changes_nothing(gate: Gate, boss: Browser) -> None:
    """登记信息察看"""
    post = Post(gate, "jinru")
    assert post.decide(post.vehicle("渝A44444", None), "admit", "urgent")[0] == 200
    at = (datetime.now(UTC) + timedelta(hours=8, minutes=-1)).strftime("%Y-%m-%dT%H:%M")
    form = {"time-0": at, "what-0": "person", "direction-0": "in", "outcome-0": "admit"}
    form |= {"name-0": "某某", "room-0": "9-77", "writer": "值班员"}
    assert send(boss, "/review/paper", "/review/paper", **form)[0] == 200
    leader = Person(gate, "leader", PASSWORD)
    found = leader.get(f"/review/passages?from={day_of(now_us())}&to={day_of(now_us())}")
    assert "/review/passage/" in found
    status, text = leader.send("/review", "/review/find", value="渝A44444")
    assert (status, text.count("/review/passage/")) == (200, 1)
    status, text = leader.send("/review", "/review/find", value="9-77")
    assert (status, text.count("data-paper=")) == (200, 1)
    assert "某某" not in text
    asked = [row.body for row in gate.rows("personal.opened") if row.body.get("what") == "find"]
    assert asked == [{"what": "find", "by": "leader", "why": "inspection"}] * 2
    passage = gate.rows("passage.decided")[-1].body["passage"]
    for path in (f"/review/passage/{passage}/correct", "/review/paper", "/review/reports/correct"):
        assert leader.send("/review", path, why="test", void="yes")[0] == 403


def test_r39_everybody_within_some_minutes_of_a_person_and_the_request_is_kept(
    gate: Gate, boss: Browser
) -> None:
    """行踪轨迹和接触人员"""
    for lane, disinfected in (("jinru", "chlorine"), ("likai", "not_done")):
        post = Post(gate, lane)
        post.record(post.vehicle("渝A33333", 2), disinfected=disinfected)
        post.occupant()
        post.occupant()
    form = {"who": "渝A33333", "minutes": "60", "requester": "区疾控中心", "authority": "疾控函5号"}
    status, text = send(boss, "/review/trace", "/review/trace", **form)
    assert status == 200
    assert "行踪轨迹和接触人员" in text
    assert len(re.findall(r'data-hit="\d+"', text)) == 2
    assert len(set(re.findall(r'data-near="\d+"', text))) >= 4
    (entry,) = [row for row in gate.rows("register.entered") if row.body["register"] == "traces"]
    assert entry.body["fields"]["authority"] == "区疾控中心"
    opened = [row for row in gate.rows("personal.opened") if row.body.get("trace")]
    assert [row.body["by"] for row in opened] == ["boss"]
    assert opened[0].seq > entry.seq


def test_r62_r68_the_evening_is_typed_once_and_stands_on_the_meetings_page(gate: Gate, boss: Browser) -> None:
    """双测温、两报告; 每日工作例会"""
    page = boss.get("/review/evening")
    assert "两报告" in page
    assert 'data-figure="temperatures.told_over"' in page
    assert re.findall(r'data-measured="(\w+)"', page) == ["expected", "morning", "afternoon", "over"]
    assert "双测温" in page
    ledgers = re.findall(r'data-ledger="(\w+)">(\d+)<', page)
    assert {"outsiders", "outsiders_1", "outsiders_2", "outsiders_3"} == {name for name, _ in ledgers}
    assert int(dict(ledgers)["outsiders"]) > 0, "somebody who does not live here passed today"
    day = day_of(now_us())
    form = {"needs": "口罩 200 只", "visits": "12"}
    assert send(boss, "/review/evening", "/review/evening", day=day, **form)[0] == 303
    assert agree(gate, boss)["noted.visits"] == 12
    page = boss.get(f"/review/reports/summary?day={day}")
    assert "每日工作例会" in page
    assert "口罩 200 只" in page


def test_paper_pages_change_the_corrected_report_and_never_the_sent_one(gate: Gate, boss: Browser) -> None:
    yesterday = day_of(now_us() - DAY_US)
    sent = gate.rows("report.daily")[2].body["figures"]
    form = {"time-0": f"{yesterday}T09:10", "what-0": "person", "direction-0": "in", "outcome-0": "admit"}
    form |= {"name-0": "某某", "room-0": "9-9", "c-0": "36.5", "writer": "值班员"}
    status, text = send(boss, "/review/paper", "/review/paper", **form)
    assert (status, 'data-taken="1"' in text) == (200, True)
    page = boss.get(f"/review/reports?day={yesterday}")
    assert 'data-report="changed"' in page
    assert send(boss, "/review/reports/correct", "/review/reports", day=yesterday)[0] == 303
    reports = [row for row in gate.rows("report.daily") if row.body["day"] == yesterday]
    assert reports[0].body["figures"] == sent
    assert reports[1].body["corrects"] == reports[0].seq
    assert reports[1].body["figures"]["paper.persons"] == 1
    assert "某某" not in "".join(row.body_text for row in gate.rows("paper.entered"))
