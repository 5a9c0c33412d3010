"""Staff, shifts, duty and incidents, shown through one real gate and its pages."""

import json
import re
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from edge.clock import Clock
from edge.journal import State
from edge.web.users import ATTENDANT, Users
from tests.requirements.browsing import Person, cells
from tests.system.faults import QUICK
from tests.system.processes import PASSWORD, PIN, Gate
from tests.system.stage import Stage
from tests.waiting import until

pytestmark = [pytest.mark.requirements, pytest.mark.system]

ZONE = ZoneInfo("Asia/Shanghai")
SETTLED = """
[duty]
required = true
responsible = "self_managed"
grace_minutes = 0
equipment = ["口罩 mask", "手套 gloves"]
taken_minutes = 1
there_minutes = 3
done_minutes = 5
[[post]]
name = "北门"
positions = ["community_worker", "scanner"]
lanes = ["in"]
"""
DRESSED = ("口罩 mask", "手套 gloves")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("duty"))
    yield stage
    stage.close()


@pytest.fixture(scope="module")
def gate(stage: Stage) -> Iterator[Gate]:
    folder = stage.scanner.link.parent
    gate = Gate(folder, extra=QUICK + SETTLED)
    (folder / "roles.toml").write_text(
        '[role]\nvillage_doctor = { zh_Hans = "村医", en = "Village doctor" }\n'
        '[set.night]\ntitle = { zh_Hans = "夜班组", en = "Night group" }\n'
        'roles = ["village_doctor", "police"]\n',
        "utf-8",
    )
    state = State.open(gate.store)
    for name in ("door2", "cadre"):
        Users(state).add(name, ATTENDANT, PIN)
    state.close()
    Clock(gate.store).confirm()
    gate.start()
    yield gate
    gate.end()


@pytest.fixture
def door(gate: Gate) -> Person:
    return Person(gate, "door1", PIN)


@pytest.fixture
def boss(gate: Gate) -> Iterator[Person]:
    """The manager; whatever a test left on the sheet and on duty is gone before the next."""
    boss = Person(gate, "boss", PASSWORD)
    _clear(gate, boss)
    yield boss
    _clear(gate, boss)


def _clear(gate: Gate, boss: Person) -> None:
    for one in gate.get("/api/v1/duty")[1]["on_duty"]:
        api(gate, "duty/sign-out", signin=one["signin"])
    for number in cells(boss.get("/duty/plan"), "data-line"):
        boss.send("/duty/plan", f"/duty/plan/{number}/remove")


def api(gate: Gate, path: str, *, manager: bool = False, **body: Any) -> tuple[int, dict[str, Any]]:
    headers = {"authorization": f"Bearer {gate.boss_token if manager else gate.token}"}
    body = {"command_id": uuid.uuid4().hex} | body
    answer = gate._http.request("POST", f"{gate.url}/api/v1/{path}", json=body, headers=headers, timeout=8.0)
    return answer.status, dict(json.loads(answer.data))


def come(gate: Gate, *roles: str, read: bool = True, **more: Any) -> tuple[int, dict[str, Any]]:
    """Go on duty, dressed and well."""
    notes = gate.get("/api/v1/duty")[1]["notes"] if read else []
    given: dict[str, Any] = {"post": "北门", "roles": roles or ("community_worker", "scanner")}
    given |= {"temperature_mdegc": 36_500, "equipment": DRESSED, "read": notes}
    return api(gate, "duty/sign-in", **(given | more))


def shift(**more: str) -> dict[str, str]:
    """A line that holds now, as the form of the plan has it."""
    now = datetime.now(ZONE)
    begin, end = now - timedelta(hours=1), now + timedelta(hours=3)
    line = {
        "day": begin.strftime("%Y-%m-%d"),
        "from": begin.strftime("%H:%M"),
        "until": end.strftime("%H:%M"),
    }
    line |= {"post": "北门", "role": "community_worker", "name": "林甲", "untrained": "urgent"}
    return line | more


def missing(gate: Gate) -> set[str]:
    return {one["role"] for one in gate.get("/api/v1/duty")[1]["uncovered"]}


def test_r50_r51_r59_an_uncovered_post_rings_at_the_manager_and_nobody_at_the_gate_is_stopped(
    gate: Gate, boss: Person
) -> None:
    """24 小时值班值守、在岗在位、排班、疫情防控专岗。"""
    until(lambda: missing(gate) == {"community_worker", "scanner"}, 30, "both positions to be missed")
    until(lambda: "duty_uncovered" in gate.problems(), 10, "health to know")
    page = boss.get("/duty")
    assert {"community_worker", "scanner"} <= set(cells(page, "data-uncovered"))
    assert "社区工作者" in page
    assert gate.post("begin")[0] == 200, "the lane works on"
    passage = gate.lane()["passage"]
    assert gate.post("decision", passage=passage, outcome="abandoned", reason="left")[0] == 200
    assert come(gate)[0] == 200
    until(lambda: not missing(gate), 30, "somebody to be there")
    until(lambda: "duty_uncovered" not in gate.problems(), 10, "health to know")
    told = [row.body for row in gate.rows("duty.uncovered") if row.body["role"] == "community_worker"]
    over = [row.body for row in gate.rows("duty.covered") if row.body["role"] == "community_worker"]
    assert told[-1]["post"] == over[-1]["post"] == "北门"
    assert over[-1]["from_us"] == told[-1]["from_us"] < over[-1]["until_us"]
    today = datetime.now(ZONE)
    wednesday = (today + timedelta(days=9 - today.weekday())).strftime("%Y-%m-%d")
    week = f"/duty/plan?week={wednesday}"
    assert "排班空缺的时段" in boss.get(week)
    holes = boss.get(week).split('id="holes"')[1].split("</ul>")[0]
    assert cells(holes, "data-role") == ["community_worker", "scanner"]
    assert boss.send("/duty/plan", "/duty/plan", **shift(day=wednesday))[0] == 303
    holes = boss.get(week).split('id="holes"')[1].split("</ul>")[0]
    assert cells(holes, "data-role") == ["community_worker"] * 2 + ["scanner"], "the shift parts the week"
    for number in cells(boss.get(week), "data-line"):
        boss.send("/duty/plan", f"/duty/plan/{number}/remove")


def test_r19_the_scanner_position_is_missed_while_everything_else_is_filled(gate: Gate, boss: Person) -> None:
    """扫码专人。"""
    assert come(gate, "community_worker")[0] == 200
    until(lambda: missing(gate) == {"scanner"}, 30, "the scanner to be missed")
    assert "扫码专人" in boss.get("/duty").split('data-uncovered="scanner"')[1].split("</p>")[0]


def test_r52_r54_r55_the_alert_card_says_whom_of_the_team_to_call_to_those_on_duty_alone(
    gate: Gate, boss: Person, door: Person
) -> None:
    """四人小组联动：民警、社区干部、物业保安、卫生服务中心；五位一体；四员。"""
    team = {"police": "周警官", "community_cadre": "吴干部", "health_centre": "郑医生"}
    for role, name in team.items():
        line = shift(role=role, name=name, phone="13900139000", unit="街道")
        assert boss.send("/duty/plan", "/duty/plan", **line)[0] == 303
    assert boss.send("/duty/plan", "/duty/plan", **shift(role="village_doctor", name="钱村医"))[0] == 303
    number = api(gate, "incidents", kind="quarrel", lane="in")[1]["incident"]
    hidden = door.get(f"/incidents/{number}")
    assert "card-hidden" in hidden
    assert "周警官" not in hidden
    assert come(gate)[0] == 200
    shown = door.get(f"/incidents/{number}").split('id="card"')[1].split("</table>")[0]
    assert cells(shown, "data-role")[:4] == ["police", "community_cadre", "security", "health_centre"]
    assert all(name in shown for name in team.values())
    assert "物业保安" in shown
    assert "无人排班" in shown, "nobody is on the sheet as security"
    assert "13900139000" in shown
    assert "村医" in shown, "a role of the site's own"
    plan = boss.get("/duty/plan")
    assert all(word in plan for word in ("在职党员", "隐患排查员", "政策宣传员", "信息采集员", "便民服务员"))
    assert all(word in boss.get("/duty/contacts") for word in ("四人小组", "五位一体", "四员", "夜班组"))
    eye = gate.get("/api/v1/incidents")[1]
    assert "周警官" not in json.dumps(eye, ensure_ascii=False)
    assert "周警官" not in "".join(row.body_text for row in gate.rows()) + gate.text()


def test_r53_the_contacts_of_a_household_are_found_by_its_room(
    gate: Gate, boss: Person, door: Person
) -> None:
    """“2+5”居家服务管理模式。"""
    for role, name in (("doctor", "冯医生"), ("area_leader", "褚领导"), ("village_doctor", "卫村医")):
        line = {"role": role, "room": "3栋2单元501室", "name": name, "phone": "13700137000"}
        assert boss.send("/duty/contacts", "/duty/contacts", **line)[0] == 303
    asked = {"room": "3-2-501", "why": "referral"}
    found = door.send("/duty/contacts", "/duty/contacts/find", **asked)[1]
    found = found.split('id="contacts"')[1].split("</div>")[0]
    assert all(word in found for word in ("冯医生", "褚领导", "13700137000", "片区负责人", "村医"))
    (number,) = {int(one) for one in cells(found, "data-contact")}
    none = door.send("/duty/contacts", "/duty/contacts/find", **asked | {"room": "3-2-502"})[1]
    assert "冯医生" not in none
    assert "冯医生" not in door.get("/duty/contacts")
    # There is one place: the household's own card says the same, and changing it there changes it here.
    card = f"/registers/households/{number}"
    page = boss.send(card, f"{card}/open", why="request")[1]
    assert all(word in page for word in ("冯医生 13700137000", "卫村医 13700137000"))
    seen = cells(page.split('name="seen"')[1], "value")[0]
    home = {"building": "3栋", "unit": "2单元", "room": "501室"}
    assert boss.send(card, f"{card}/amend", seen=seen, contact_doctor="蒋医生", **home)[0] == 303
    found = door.send("/duty/contacts", "/duty/contacts/find", **asked)[1].split('id="contacts"')[1]
    assert "蒋医生" in found
    assert "冯医生" not in found
    assert "卫村医" in found, "what the form does not ask for stays"
    assert "蒋医生" not in "".join(row.body_text for row in gate.rows()) + gate.text()


def test_r57_a_leaver_loses_access_at_the_end_and_the_heir_gets_the_shifts(gate: Gate, boss: Person) -> None:
    """下沉干部撤离、由社区人员接替。"""
    leaver = Person(gate, "cadre", PIN)
    assert boss.send("/duty/plan", "/duty/plan", **shift(name="孙下沉", account="cadre"))[0] == 303
    later = (datetime.now(ZONE) + timedelta(days=3)).strftime("%Y-%m-%d")
    status, refused = boss.send("/accounts", "/accounts/cadre/until", day="2020-01-01")
    assert (status, "这一天已经过去" in refused) == (400, True), "a slip in the year locks nobody out"
    assert boss.send("/accounts", "/accounts/cadre/until", day=later)[0] == 303
    assert "/kiosk" in leaver.where("/") or "在岗" in leaver.get("/duty"), "until then nothing changes"
    assert boss.send("/accounts", "/accounts/cadre/until", heir="door2")[0] == 303
    until(
        lambda: 'data-account="cadre" data-enabled="no"' in boss.get("/accounts"), 15, "the account to close"
    )
    assert "/login" in leaver.where("/duty")
    page = leaver.get("/login")
    token = page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    assert leaver.post("/login", {"account": "cadre", "secret": PIN, "csrf_token": token})[0] == 401
    line = boss.get("/duty/plan").split("孙下沉")[1].split("</tr>")[0]
    assert "door2" in line
    assert "cadre" not in line
    assert boss.send("/accounts", "/accounts/boss/until", day=later)[0] == 409, "no manager would be left"
    closed = gate.rows("user.disabled")[-1].body
    assert (closed["account"], closed["by"]) == ("cadre", "end_date")
    assert gate.rows("user.changed")[-1].body["heir"] == "door2"


def test_r58_nobody_goes_on_duty_unprotected_or_hot_and_one_alone_can_with_a_reason(
    gate: Gate, boss: Person, door: Person
) -> None:
    """无防护不上岗。"""
    assert door.where("/kiosk/in") == "/duty/sign-in?lane=in", "the page of the lane waits for a sign-in"
    assert "无防护不上岗" in door.get("/kiosk/in")
    form = {"post": "北门", "lane": "in", "role": ["community_worker", "scanner"]}
    status, page = door.send("/duty/sign-in", "/duty/sign-in", **form, value="36.4", equipment=["口罩 mask"])
    assert status == 409
    assert cells(page, "data-error") == ["duty_incomplete"]
    status, page = door.send("/duty/sign-in", "/duty/sign-in", **form, value="38.2", equipment=list(DRESSED))
    assert (status, cells(page, "data-error")) == (409, ["duty_over"])
    notes = gate.get("/api/v1/duty")[1]["notes"]
    hot = dict(form, account="door1", equipment=list(DRESSED), value="38.2", read=notes)
    assert boss.send("/duty/sign-in", "/duty/sign-in", **(hot | {"account": "nobody"}))[0] == 404
    assert boss.send("/duty/sign-in", "/duty/sign-in", **hot)[0] == 303, "a manager may"
    number = gate.get("/api/v1/duty")[1]["on_duty"][0]["signin"]
    assert api(gate, "duty/sign-out", signin=number)[0] == 200
    notes = gate.get("/api/v1/duty")[1]["notes"]
    alone = dict(form, read=notes, override="alone")
    assert door.send("/duty/sign-in", "/duty/sign-in", **alone) == (303, "/kiosk/in")
    assert door.where("/kiosk/in") == "", "the page of the lane is open"
    assert "独自值班" in boss.get("/duty")
    rows = [row for row in gate.rows("register.entered") if row.body["register"] == "signin"]
    assert rows[-1].body["fields"]["missing"] == list(DRESSED)
    answered = boss.get("/review/ledgers/accountability").split("<tr>")
    assert any("独自值班" in line and "到岗签到" in line for line in answered), "it stands in 督导问责"
    assert all("temperature" not in row.body["fields"] for row in rows), "somebody's temperature is sealed"


def test_r58_the_lanes_own_thermometer_measures_whoever_comes_on_duty(
    gate: Gate, boss: Person, door: Person, stage: Stage
) -> None:
    """一线人员保护：上岗先测体温。"""
    form = {"post": "北门", "lane": "in", "role": ["scanner"], "equipment": list(DRESSED), "how": "lane"}
    form["read"] = gate.get("/api/v1/duty")[1]["notes"]
    status, page = door.send("/duty/sign-in", "/duty/sign-in", **form)
    assert (status, cells(page, "data-error")) == (409, ["duty_no_reading"])
    stage.stand(36.6)
    until(lambda: gate.lane()["temperature"]["verdict"] == "normal", 15, "a measurement")
    assert cells(door.get("/duty/sign-in?lane=in"), "data-measured") == ["36600"]
    assert door.send("/duty/sign-in", "/duty/sign-in", **form)[0] == 303
    stage.away()
    rows = [row for row in gate.rows("register.entered") if row.body["register"] == "signin"]
    assert (rows[-1].body["fields"]["how"], rows[-1].body["fields"]["verdict"]) == ("lane", "normal")
    passage = gate.lane()["passage"]
    if passage is not None:
        gate.post("decision", passage=passage, outcome="abandoned", reason="left")


def test_r60_the_responsible_body_is_named_where_there_is_no_property_company(
    gate: Gate, boss: Person, door: Person
) -> None:
    """业主/物业/社区主体责任：老旧小区居民自管。"""
    assert "居民自管" in door.get("/duty").split('id="responsible"')[1].split("</p>")[0]
    number = api(gate, "incidents", kind="other", lane="in")[1]["incident"]
    assert "居民自管" in door.get(f"/incidents/{number}")


def test_r75_two_of_the_seven_are_read_from_the_appliance_and_cannot_be_ticked(
    gate: Gate, boss: Person, door: Person
) -> None:
    """七个一：宣传栏、宣传台、小喇叭、志愿者/保安、外来人员登记本、测温仪、横幅。"""
    page = door.get("/duty/readiness")
    words = ("宣传栏", "宣传台", "小喇叭", "志愿者/保安", "外来人员登记本", "测温仪", "横幅")
    assert all(word in page for word in words)
    assert set(cells(page, "data-item")) == {
        *("board", "desk", "loudspeaker", "guard", "outsiders_book", "thermometer", "banner")
    }
    until(
        lambda: 'data-item="thermometer" data-seen="yes"' in door.get("/duty/readiness"), 20, "a thermometer"
    )
    ticks = ["board", "desk", "guard", "banner"]
    assert door.send("/duty/readiness", "/duty/readiness", post="北门", item=ticks)[0] == 303
    assert cells(boss.get("/duty"), "data-missing")[0] == ""


def test_r75_a_thermometer_that_is_gone_is_missing_although_somebody_ticks_it(
    gate: Gate, boss: Person, door: Person, stage: Stage
) -> None:
    """测温仪。"""
    stage.thermometer.unplug()
    try:
        until(lambda: 'data-item="thermometer" data-seen="no"' in door.get("/duty/readiness"), 20, "its loss")
        ticks = ["board", "desk", "guard", "banner", "thermometer"]
        assert door.send("/duty/readiness", "/duty/readiness", post="北门", item=ticks)[0] == 303
        assert cells(boss.get("/duty"), "data-missing")[0] == "thermometer"
    finally:
        stage.thermometer.plug()
    until(lambda: 'data-item="thermometer" data-seen="yes"' in door.get("/duty/readiness"), 30, "its return")


def test_r87_r88_a_call_for_help_is_one_tap_and_the_clock_says_whether_it_was_answered_in_time(
    gate: Gate, boss: Person, door: Person
) -> None:
    """应急处突队伍、化解矛盾；“1、3、5”快速反应机制。"""
    assert come(gate)[0] == 200
    before = reported(boss)
    kiosk = door.get("/kiosk/in")
    assert [
        kind for kind in ("quarrel", "forced_entry", "crowd", "other") if f'id="call-{kind}"' in kiosk
    ] == [*("quarrel", "forced_entry", "crowd", "other")]
    assert "争吵纠纷" in kiosk
    assert "强行闯卡" in kiosk
    once = uuid.uuid4().hex
    given = {"csrf_token": door.token("/kiosk/in"), "command_id": once, "lane": "in", "kind": "forced_entry"}
    status, where = door.post("/incidents", given)
    assert status == 303
    assert door.post("/incidents", given) == (303, where), "a repeated tap calls once"
    number = int(where.rsplit("/", 1)[1])
    assert cells(door.get(where).split('id="clock"')[1].split("</dd>")[0], "data-in-time") == ["", "", ""]
    for step, role in (("called", "police"), ("came", "police")):
        assert door.send(where, f"{where}/step", step=step, role=role)[0] == 303
    page = door.get(where)
    assert "民警" in page.split('id="called"')[1].split("</dd>")[0]
    assert "民警" in page.split('id="came"')[1].split("</dd>")[0]
    assert door.send(where, f"{where}/end", result="settled")[0] == 303
    found = next(one for one in gate.get("/api/v1/incidents")[1]["incidents"] if one["incident"] == number)
    assert (found["kind"], found["open"], found["result"]) == ("forced_entry", False, "settled")
    assert [(one["step"], one["limit_us"] // 60_000_000, one["in_time"]) for one in found["clock"]] == [
        *(("taken", 1, True), ("there", 3, True), ("done", 5, True))
    ]
    assert "及时" in boss.get("/incidents")
    figures = boss.get("/duty").split('id="figures"')[1].split("</table>")[0]
    assert cells(figures, "data-day")[0] == datetime.now(ZONE).strftime("%Y-%m-%d")
    assert api(gate, f"incidents/{number}/end", result="settled")[0] == 409
    assert reported(boss) - before == 3, "the daily report counts each limit that was met"


def reported(boss: Person) -> int:
    """Return how many limits were met, as the reports of the days say in which their time is up."""
    today = datetime.now(ZONE).date()
    pages = [boss.get(f"/review/reports?day={day}") for day in (today, today + timedelta(days=1))]
    found = [re.search(r'data-figure="answers.in_time".*?data-now>(\d+)<', page, re.DOTALL) for page in pages]
    assert all(found)
    return sum(int(one[1]) for one in found if one)


def test_r87_the_clock_runs_for_a_case_as_well_and_says_what_was_late(gate: Gate, boss: Person) -> None:
    """“1、3、5”快速反应机制。"""
    assert gate.post("begin")[0] == 200
    passage = gate.lane()["passage"]
    assert gate.post("decision", passage=passage, outcome="refer", reason="unwell")[0] == 200
    until(lambda: gate.lane()["cases"], 10, "the case")
    number = gate.lane()["cases"][-1]["case"]
    clock = boss.get(f"/cases/{number}").split('id="clock"')[1].split("</dd>")[0]
    assert cells(clock, "data-step") == ["taken", "there", "done"]
    assert cells(clock, "data-in-time") == ["", "", ""]
    unit = "发热门诊 fever clinic"
    assert api(gate, f"cases/{number}/hand-over", unit=unit)[0] == 200
    clock = boss.get(f"/cases/{number}").split('id="clock"')[1].split("</dd>")[0]
    assert cells(clock, "data-in-time") == ["yes", "", ""]
    assert "已有人处理" in clock
    assert api(gate, f"cases/{number}/close", manager=True, result="not_fever")[0] == 200


def test_r47_the_staff_of_five_units_stand_on_one_shift(gate: Gate, boss: Person) -> None:
    """疫情防控咨询服务点：公安、交警、卫健、交通执法、团委 24 小时。"""
    units = {
        "public_security": "公安",
        "traffic_police": "交警",
        "health_office": "卫健",
        "traffic_inspection": "交通执法",
        "youth_league": "团委",
    }
    for number, role in enumerate(units):
        line = shift(role=role, name=f"岗员{number}")
        assert boss.send("/duty/plan", "/duty/plan", **line)[0] == 303
    page = boss.get("/duty/plan")
    assert all(title in page for title in units.values())
    assert come(gate, *units)[0] == 200, "one who is there alone may stand for all of them"
    on_duty = gate.get("/api/v1/duty")[1]
    assert set(units) <= {role for one in on_duty["on_duty"] for role in one["roles"]}


def test_r92_an_untrained_person_is_put_on_the_sheet_only_with_a_reason(gate: Gate, boss: Person) -> None:
    """岗前培训。"""
    line = shift(name="何未训", untrained="")
    status, page = boss.send("/duty/plan", "/duty/plan", **line)
    assert (status, cells(page, "data-error")) == (400, ["duty_untrained"])
    assert boss.send("/duty/plan", "/duty/plan", **(line | {"untrained": "with_somebody_trained"}))[0] == 303
    assert "由受过培训的人带班" in boss.get("/duty/plan")
    day = datetime.now(ZONE).strftime("%Y-%m-%d")
    today = boss.get("/review/ledgers/accountability")
    assert any("由受过培训的人带班" in line and "值班表" in line for line in today.split("<tr>"))
    trained = {"name": "吕已训", "course": "岗前培训 before the first shift", "day": day}
    assert boss.send("/duty/training", "/duty/training", **trained)[0] == 303
    assert boss.send("/duty/plan", "/duty/plan", **shift(name="吕已训", untrained=""))[0] == 303
    assert "吕已训" in boss.get("/duty/training")


def test_r100_the_bench_is_carried_to_the_next_shift_with_the_note_and_has_to_be_read(
    gate: Gate, boss: Person, door: Person
) -> None:
    """候检席（bench list）随交接记录转下一班。"""
    signed = come(gate)[1]["signin"]
    assert gate.post("begin")[0] == 200
    passage = gate.lane()["passage"]
    assert gate.post("park", passage=passage, why="handed")[0] == 200
    ticket = next(one["ticket"] for one in gate.lane()["parked"] if one["passage"] == passage)
    assert (
        f"in {ticket}" in door.get(f"/duty/sign-out/{signed}").split('id="left-bench"')[1].split("</dd>")[0]
    )
    said = "三号座的老人等女儿来接"
    assert door.send(f"/duty/sign-out/{signed}", f"/duty/sign-out/{signed}", note=said)[0] == 303
    gate.kill()
    gate.start()
    door = Person(gate, "door1", PIN)
    page = door.get("/duty/sign-in?lane=in")
    assert said in page.split('id="notes"')[1]
    assert f"in {ticket}" in page.split('id="notes"')[1]
    assert cells(page.split('id="bench"')[1], "data-ticket")[-1] == str(ticket), (
        "and the bench itself is there"
    )
    assert come(gate, read=False)[1]["error"] == "duty_note_unread"
    assert come(gate)[0] == 200
    assert gate.get("/api/v1/duty")[1]["notes"] == []
    read = [row for row in gate.rows("register.ended") if row.body["register"] == "handover"]
    assert (read[-1].body["why"], read[-1].body["by"]) == ("read", "door1")
    assert said not in "".join(row.body_text for row in gate.rows()) + gate.text()
    assert gate.post("resume", passage=passage)[0] == 200
    assert gate.post("decision", passage=passage, outcome="abandoned", reason="left")[0] == 200


def test_a_week_is_copied_and_an_offices_list_is_looked_at_taken_in_and_taken_back(
    gate: Gate, boss: Person
) -> None:
    # By day: what lasts past the midnight of a Sunday stands in the next week as well.
    today = {"day": datetime.now(ZONE).strftime("%Y-%m-%d"), "from": "08:00", "until": "16:00"}
    line = shift(name="曹上周", phone="13600136000") | today
    assert boss.send("/duty/plan", "/duty/plan", **line)[0] == 303
    next_week = (datetime.now(ZONE) + timedelta(days=7)).strftime("%Y-%m-%d")
    for _ in range(2):
        assert boss.send("/duty/plan", "/duty/plan/copy", week=next_week)[0] == 303
    copied = boss.get(f"/duty/plan?week={next_week}")
    assert copied.count("曹上周") == 1
    day = datetime.now(ZONE).strftime("%Y/%m/%d")
    text = f"日期,开始,结束,角色,姓名,电话\n{day},２２：00,06:00,扫码专人,严夜班,13500135000\n"
    text += f"{day},8,9,扫码专人,华错行,\n"
    text += f"{day},08:00,16:00,神仙,金无岗,\n"
    status, page = boss.send("/duty/plan", "/duty/plan/look", text=text, untrained="urgent")
    assert status == 200
    assert [*zip(cells(page, "data-line"), cells(page, "data-why"), strict=True)] == [
        *(("3", "duty_bad_line"), ("4", "duty_unknown_role"))
    ]
    assert "严夜班" not in boss.get("/duty/plan"), "nothing is written yet"
    assert boss.send("/duty/plan", "/duty/plan/import", text=text, untrained="urgent")[0] == 303
    page = boss.get("/duty/plan")
    assert "严夜班" in page
    number = cells(page, "data-import")[-1]
    assert boss.send("/duty/plan", "/duty/plan/undo", **{"import": number})[0] == 303
    assert "严夜班" not in boss.get("/duty/plan")
    for number in cells(boss.get(f"/duty/plan?week={next_week}"), "data-line"):
        boss.send("/duty/plan", f"/duty/plan/{number}/remove")


def test_the_chain_of_all_this_holds(gate: Gate) -> None:
    assert gate.faults() == []
