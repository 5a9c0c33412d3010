"""Ledgers of operations through a real gate: one process, a pharmacy, at three in the afternoon.

A household was isolated at midnight, before the gate was started: what it was to have by now is overdue.
"""

import csv
import io
import json
import re
import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from edge.clock import Clock
from edge.domain.model import ClockQuality, Instant
from edge.journal import Journal
from edge.registers.book import Book, Order
from edge.registers.given import starts_us
from edge.registers.ledgers import Ledgers
from edge.registers.shelf import Shelf
from tests.requirements.browsing import in_the_afternoon
from tests.system.faults import QUICK
from tests.system.processes import Gate
from tests.system.stage import Stage
from tests.system.test_cases import Browser
from tests.waiting import until

pytestmark = [pytest.mark.requirements, pytest.mark.system]

ROOM, HEAD = "3栋2单元501", "诸葛某某"
SERVING = {
    "buyer": "某甲 13900000001",
    "leader": "某乙 13900000002",
    "cadre_2": "某丙 13900000003",
    "community": "某丁 13900000004",
    "doctor": "某戊 13900000005",
    "police": "某己 13900000006",
    "grid": "某庚 13900000007",
    "building_head": "某辛 13900000008",
}


class Site:
    """The gate, its manager's browser, and programs."""

    def __init__(self, gate: Gate, zone: ZoneInfo) -> None:
        self.gate, self.zone = gate, zone
        self.browser = Browser(gate)
        self.browser.cookie += "; language=zh_Hans"
        self.today = datetime.now(zone).date()

    def call(self, path: str, *, manager: bool = True, **body: Any) -> tuple[int, Any]:
        token = self.gate.boss_token if manager else self.gate.token
        url, headers = f"{self.gate.url}/api/v1/{path}", {"authorization": f"Bearer {token}"}
        if not body:
            answer = self.gate._http.request("GET", url, headers=headers, timeout=8.0)
        else:
            body |= {"command_id": uuid.uuid4().hex}
            answer = self.gate._http.request("POST", url, json=body, headers=headers, timeout=8.0)
        return answer.status, json.loads(answer.data)

    def enter(self, register: str, *, manager: bool = True, **fields: Any) -> int:
        status, done = self.call(f"registers/{register}", manager=manager, fields=fields)
        assert status == 200, done
        return int(done["entry"])

    def post(self, path: str, **form: str) -> tuple[int, str]:
        form |= {"csrf_token": self.browser._token("/registers/isolated"), "command_id": uuid.uuid4().hex}
        return self.browser.post(path, form)

    def file(self, path: str, **form: str) -> bytes:
        form |= {"csrf_token": self.browser._token("/registers/isolated")}
        headers = {"cookie": self.browser.cookie}
        answer = self.gate._http.request(
            "POST", self.gate.url + path, fields=form, encode_multipart=False, headers=headers, timeout=8.0
        )
        assert answer.status == 200, answer.data
        return bytes(answer.data)

    def tasks(self, register: str, entry: int | None = None) -> dict[tuple[str, int], str]:
        status, today = self.call("tasks")
        assert status == 200
        return {
            (task["task"], task["nth"]): task["state"]
            for task in today["tasks"]
            if task["register"] == register and task["entry"] == entry
        }

    def buy(self, name: str, **given: str) -> None:
        """Let somebody pass who buys, by hand; what is asked and not given is the first choice."""
        given = {"temperature_contact": "36.7", "id_number": uuid.uuid4().hex[:9].upper(), **given}
        number = self.gate.post("begin")[1]["passage"]
        given |= {"name": name, "phone": "13800138000"}
        for _ in range(24):
            view = self.gate.lane()
            if view["passage"] != number:
                assert view["last"]["outcome"] == "admit", view["last"]
                return
            asked = {question["id"]: question for question in view["ask"]}
            name_ = next((key for key in given if key in asked or key == "temperature_contact"), None)
            if name_ is not None:
                value = given.pop(name_)
            else:
                question = next(q for q in view["ask"] if q["kind"] != "choice" or not q["instead"])
                name_, value = question["id"], "某某"
                value = question["choices"][0]["value"] if question["choices"] else value
            status, done = self.gate.post("answers", passage=number, question=name_, value=value)
            assert status == 200, (name_, value, done)
        raise AssertionError(view)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("ledgers")
    stage = Stage(folder)
    gate = Gate(folder, procedure="pharmacy", extra=QUICK)
    zone = in_the_afternoon(gate)
    midnight = starts_us(datetime.now(zone).date(), zone) + 60_000_000
    with Journal.open(gate.store) as journal:
        journal.start_boot()

        def clock() -> Instant:
            return Instant(1_000, midnight, ClockQuality.SYNCED)

        ledgers = Ledgers(Book(journal, clock), journal, Shelf(journal, clock), clock, zone)
        day = datetime.now(zone).date()
        household = {"room": ROOM, "name": HEAD, "kind": "isolated", "unit": "街道防控办", **SERVING}
        days = {"from": day.isoformat(), "until": (day + timedelta(days=13)).isoformat()}
        ledgers.enter(Order("first", "boss"), "isolated", household | days)
    gate.start()
    Clock(gate.store).confirm()
    until(lambda: not gate.problems() & {"clock_unconfirmed", "clock_unset"}, 10, "a believed clock")
    yield Site(gate, zone)
    gate.end()
    stage.close()


def test_r63_five_things_a_day_for_an_isolated_household_with_what_is_overdue(site: Site) -> None:
    """五个每日"""
    tasks = site.tasks("isolated", 1)
    assert sorted(tasks) == sorted(
        [("call", 1), ("delivery", 1), ("waste", 1), ("temperature", 1), ("temperature", 2)]
        + [("disinfection", nth) for nth in (1, 2, 3)]
    )
    late = {task for task, state in tasks.items() if state == "overdue"}
    assert late == {("call", 1), ("temperature", 1), ("disinfection", 1), ("disinfection", 2)}
    until(lambda: "register_overdue" in site.gate.problems(), 10, "the warning")
    page = site.browser.get("/registers/isolated/1")
    assert "五个每日" in page
    assert page.count('data-state="overdue"') == 4
    assert 'id="register-overdue"' in site.browser.get("/review")
    status, kiosk = site.browser._ask("GET", "/kiosk/in")
    assert (status, "4 件事项超时未办" in kiosk) == (200, True)
    assert site.call("registers/isolated/1/tick", manager=False, task="call")[0] == 200
    assert site.post("/registers/isolated/1/tick", task="disinfection")[0] == 303
    assert site.call("registers/isolated/1/tick", manager=False, task="disinfection")[0] == 200
    # The temperature is one that was told, of the room of the household.
    told = {
        "value_mdegc": 36_600,
        "taken_us": starts_us(site.today, site.zone) + 8 * 3_600_000_000,
        **{"how": "contact", "told_by": "family", "name": HEAD, "room": f" {ROOM}"},
    }
    assert site.call("temperatures", manager=False, **told)[0] == 200
    assert site.post("/registers/isolated/1/measured", value="36.8")[0] == 303
    assert {task for task, state in site.tasks("isolated", 1).items() if state == "later"} == {
        ("delivery", 1),
        ("waste", 1),
        ("disinfection", 3),
    }
    assert "overdue" not in site.tasks("isolated", 1).values()
    until(lambda: "register_overdue" not in site.gate.problems(), 10, "the end of the warning")
    for word in (ROOM, HEAD, "13900000005"):
        assert word not in site.gate.text()
        assert word not in "".join(row.body_text for row in site.gate.rows())


def test_r53_r95_a_card_says_who_serves_the_household_and_whom_to_call(site: Site) -> None:
    """“2+5”居家服务管理模式；明白图、保障图、代购员"""
    masked = site.browser.get("/registers/isolated/1/card")
    assert "13900000005" not in masked
    status, card = site.post("/registers/isolated/1/open", why="referral", paper="card")
    assert status == 200
    for name, value in {**SERVING, "room": ROOM}.items():
        assert f'data-field="{name}">{value}<' in card, name
    for term in ("代购员", "医生", "民警", "网格员", "楼栋长"):
        assert term in card
    opened = [row.body for row in site.gate.rows("personal.opened")]
    assert {"what": "register:isolated", "entry": 1, "by": "boss", "why": "referral"} in opened


def test_r64_three_disinfections_a_day_done_and_due(site: Site) -> None:
    """每日三次消毒"""
    assert site.tasks("disinfection") == {}, "a register that nobody keeps asks for nothing"
    site.enter("disinfection", manager=False, place="lift", agent="chlorine", person="某某")
    page = site.browser.get("/registers/disinfection")
    assert "含氯消毒液" in page
    assert "某某" not in page
    status, today = site.call("tasks")
    lift = [task for task in today["tasks"] if task["register"] == "disinfection" and task["task"] == "lift"]
    assert status == 200
    assert next(task["state"] for task in lift) == "done"
    # Somebody who was late with writing it down says when it was.
    earlier = starts_us(site.today, site.zone) + 9 * 3_600_000_000
    site.enter("disinfection", manager=False, place="lift", agent="alcohol", done_us=earlier)
    assert site.call("registers/disinfection", fields={"place": "lift"})[0] == 400
    assert "消毒" in site.browser.get("/tasks")


def test_r06_purchases_of_fever_medicine_stand_in_a_ledger_of_their_own(site: Site) -> None:
    """发烧咳嗽购药登记"""
    asked = {"buys": "yes", "symptoms": "cough", "medicine": "止咳糖浆", "quantity": "2"}
    site.buy("上官某某", patient="上官小某", **asked)
    site.buy("东方某某", buys="no")
    page = site.browser.get("/registers/medicine/passages")
    assert "发烧咳嗽购药登记" in page
    assert page.count("止咳糖浆") == 1
    assert "咳嗽" in page
    assert "36.7 °C" in page
    assert "上官某某" not in page
    paper = site.post("/registers/medicine/paper", why="inspection")[1]
    assert "上官某某" in paper
    assert "上官小某" in paper
    assert "东方某某" not in paper


def test_r66_a_book_of_everybody_who_does_not_live_here(site: Site) -> None:
    """一本外来人员登记本"""
    site.buy("=cmd某某", buys="yes", medicine="=1+1", symptoms="none", quantity="1")
    page = site.browser.get("/registers/outsiders/passages")
    assert "外来人员登记本" in page
    assert "***" in page
    assert "=cmd某某" not in page
    assert "=cmd某某" in site.post("/registers/outsiders/paper", why="inspection")[1]
    table = list(
        csv.reader(
            io.StringIO(
                site.file("/registers/outsiders/file", format="csv", why="inspection").decode("utf-8-sig")
            )
        )
    )
    assert any("'=cmd某某" in line for line in table[1:])
    sheet = load_workbook(
        io.BytesIO(site.file("/registers/medicine/file", format="xlsx", why="inspection"))
    ).active
    assert sheet is not None
    cells = [str(cell.value) for line in sheet.iter_rows() for cell in line]
    assert "'=1+1" in cells
    plain = site.file("/registers/outsiders/file", format="csv").decode("utf-8-sig")
    assert "cmd" not in plain


def test_r65_three_ledgers_on_outsiders_hold_what_the_site_says(site: Site) -> None:
    """三本台账"""
    page = site.browser.get("/registers/outsiders_1")
    assert "由本单位设定" in page
    assert 'id="add"' not in page
    assert site.call("registers/outsiders_1", fields={"name": "某某"})[1]["error"] == "not_defined"
    wrong = 'title = { zh_Hans = "外来车辆台账" }\nlasting = 7\n'
    status, refused = site.post("/registers/outsiders_1/definition", text=wrong)
    assert status == 400
    for place in ("title.en", "lasting"):
        assert place in refused
    own = (
        'title = { zh_Hans = "租住人员台账", en = "Tenants" }\nnumber = "R65"\nown = true\n[[field]]\n'
        'id = "name"\npersonal = true\nfind = true\nrequired = true\n'
        'title = { zh_Hans = "姓名", en = "Name" }\n'
        '[[field]]\nid = "origin"\nkind = "place"\ntitle = { zh_Hans = "来自", en = "From" }\n'
    )
    assert site.post("/registers/outsiders_1/definition", text=own)[0] == 303
    number = site.enter("outsiders_1", name="欧阳某某", origin="某市")
    status, found = site.post("/registers/outsiders_1/find", field="name", value="欧阳某某")
    assert (status, f'data-entry="{number}"' in found) == (200, True)
    # The second is taken from the passages, with nothing typed.
    passing = (
        'title = { zh_Hans = "购药外来人员", en = "Outsiders who buy" }\nnumber = "R65"\nown = true\n'
        '[[field]]\nid = "medicine"\ntitle = { zh_Hans = "药品", en = "Medicine" }\n'
        '[passages]\nasks = ["medicine"]\n'
    )
    assert site.post("/registers/outsiders_2/definition", text=passing)[0] == 303
    assert "止咳糖浆" in site.browser.get("/registers/outsiders_2/passages")
    # A field that is taken out of the definition stays readable where it was filled in.
    assert site.post("/registers/outsiders_1/definition", text=own[: own.rindex("[[field]]")])[0] == 303
    page = site.browser.get(f"/registers/outsiders_1/{number}")
    assert re.search(r'来自</dt><dd data-field="origin">某市<', page)
    for n in (1, 2, 3):
        assert site.browser._ask("GET", f"/registers/outsiders_{n}/paper")[0] == 200


def test_r69_r70_r86_inspections_by_squads_with_findings_looked_at_again(site: Site) -> None:
    """督导专班、暗访检查；检查家次、现场整改；通风、环境整治、麻将馆关停、宴席取消"""
    head: dict[str, Any] = {"squad": "squad_1", "kind": "daily", "place": "某某药店"}
    site.enter("inspection", **head)
    again = (site.today - timedelta(days=1)).isoformat()
    found = site.enter(
        "inspection",
        squad="squad_2",
        kind="secret",
        place="某某茶馆",
        measure="suspended",
        findings=["no_venue_code", "mahjong", "no_ventilation"],
        fixed=["no_ventilation"],
        recheck=again,
    )
    site.enter("inspection", **head, findings=["environment", "banquet"], fixed=["environment", "banquet"])
    page = site.browser.get("/registers/inspection")
    assert re.search(rf'data-entry="{found}" class="late" data-overdue="yes"', page)
    for term in (
        "未张贴场所码（无码不经营）",
        "未通风",
        "麻将馆",
        "宴席",
        "环境整治",
        "第二专班",
        "暗访检查",
    ):
        assert term in page
    (month,) = re.findall(r'data-period="month">(.*?)</tr>', page)
    assert re.findall(r">(\d+)</td>", month) == ["3", "2", "5", "3", "1"]
    assert 'data-place="某某茶馆" data-score="70"' in page
    assert 'data-place="某某药店" data-score="90"' in page
    until(lambda: "register_overdue" in site.gate.problems(), 10, "the warning")
    fixed: dict[str, Any] = {
        "fields": {"findings": ["no_venue_code"], "fixed": ["no_venue_code"], **head, "kind": "again"}
    }
    assert site.call(f"registers/inspection/{found}/amend", **fixed)[0] == 200
    assert site.call(f"registers/inspection/{found}/end", why="in_order")[0] == 200
    assert 'data-overdue="yes"' not in site.browser.get("/registers/inspection")


def test_r74_named_checklists_invent_no_item(site: Site) -> None:
    """“五个一”、“八个早”、“五严格一加强”"""
    for name, term in (("five_ones", "五个一"), ("eight_earlies", "八个早")):
        page = site.browser.get(f"/registers/{name}")
        assert term in page
        assert "由本单位设定" in page
        assert 'name="done"' not in page
    items = ["flow", "places", "persons", "front_line", "accountability", "publicity"]
    number = site.enter("five_stricts", manager=False, done=items)
    page = site.browser.get(f"/registers/five_stricts/{number}")
    for term in ("五严格一加强", "流动", "场所", "人员", "一线人员防护", "问责", "宣传"):
        assert term in page


def test_r79_leaflets_and_notices_are_counted_and_put_up(site: Site) -> None:
    """宣传单、紧急通知、函"""
    site.enter("leaflets", manager=False, kind="leaflet", move="in", amount=300)
    site.enter("leaflets", manager=False, kind="leaflet", move="out", amount=120)
    page = site.browser.get("/registers/leaflets")
    assert "宣传单" in page
    assert 'data-item="leaflet" data-left="180"' in page
    number = site.enter("notices", manager=False, kind="notice", subject="居民须知", shown=True)
    assert "已张贴展示" in site.browser.get(f"/registers/notices/{number}/form")


def test_r80_bins_for_used_masks_are_on_the_list_of_equipment(site: Site) -> None:
    """废弃口罩回收桶、收集点"""
    assert site.call("registers/equipment", manager=False, fields={"kind": "mask_bin"})[0] == 403
    site.enter("equipment", kind="mask_bin", place="东门", amount=2)
    site.enter("equipment", kind="mask_point", place="北门", amount=1)
    page = site.browser.get("/registers/equipment/paper")
    for term in ("废弃口罩回收桶", "废弃口罩收集点", "东门"):
        assert term in page


def test_r81_stock_with_its_donor_what_is_short_and_asking_for_more(site: Site) -> None:
    """防疫物资：捐助、足量供应、缺乏的给予保障"""
    site.enter("supplies", manager=False, item="mask", move="in", amount=110, donor="某某公益会")
    site.enter("supplies", manager=False, item="mask", move="out", amount=80)
    page = site.browser.get("/registers/supplies")
    assert "防疫物资" in page
    assert 'data-item="mask" data-left="30" class="late" data-short="yes"' in page
    assert "向上级申请补充 20" in page
    assert "某某公益会" not in page
    asked = site.enter("supplies", manager=False, item="mask", move="request", amount=20)
    assert "向上级申请补充 20" not in site.browser.get("/registers/supplies")
    request = site.gate.rows("register.entered")[-1].body
    assert (request["entry"], request["fields"]["move"]) == (asked, "request"), "it goes to the district"
    short = {one["item"]: (one["left"], one["low"]) for one in site.call("tasks")[1]["short"]}
    assert short["mask"] == (30, 50)
    assert site.call(f"registers/supplies/{asked}/end", manager=False, why="delivered")[0] == 200
    status, day = site.browser._ask("GET", f"/review/reports?day={site.today}")
    assert (status, "口罩结存" in day) == (200, True)


def test_r94_a_trace_request_is_recorded_with_who_asks_and_what_was_answered(site: Site) -> None:
    """流行病学调查；流调溯源"""
    assert site.call("registers/traces", manager=False, fields={"basis": "letter"})[0] == 403
    asked: dict[str, Any] = {
        "authority": "区疾控中心",
        "basis": "letter",
        "scope": "contacts",
        "asker": "某某 13900000009",
    }
    number = site.enter("traces", **asked, person="司马某某", by_us="2020-02-14T08:00:00+08:00")
    assert f'data-entry="{number}" class="late"' in site.browser.get("/registers/traces")
    changed = {name: value for name, value in asked.items() if name != "asker"} | {"answer": "无通行记录"}
    assert site.call(f"registers/traces/{number}/amend", fields=changed)[0] == 200
    assert site.call(f"registers/traces/{number}/end", why="answered")[0] == 200
    page = site.post(f"/registers/traces/{number}/open", why="tracing")[1]
    for text in ("区疾控中心", "书面公函", "某某 13900000009", "司马某某", "无通行记录", "已答复"):
        assert text in page


def test_r96_a_notice_received_has_a_deadline_and_is_done_or_late(site: Site) -> None:
    """紧急通知、函"""
    yesterday = (site.today - timedelta(days=1)).isoformat()
    number = site.enter("notices", manager=False, kind="urgent", subject="关于值守", by=yesterday)
    site.enter(
        "notices", manager=False, kind="letter", subject="关于捐赠", by=date.max.replace(month=1).isoformat()
    )
    page = site.browser.get("/registers/notices")
    assert "紧急通知" in page
    assert re.findall(r'data-entry="(\d+)" class="late"', page) == [str(number)]
    late = [one["entry"] for one in site.call("tasks")[1]["entries"] if one["register"] == "notices"]
    assert late == [number]
    assert site.call(f"registers/notices/{number}/end", manager=False, why="done")[0] == 200
    assert 'class="late"' not in site.browser.get("/registers/notices")


def test_the_registers_survive_being_killed_and_rebuild_equal(site: Site) -> None:
    before = site.call("registers/inspection")[1]
    site.gate.kill()
    site.gate.start()
    assert site.call("registers/inspection")[1] == before
    assert site.gate.stop() == 0
    assert site.gate.faults() == []
    with Journal.open(site.gate.store, create=False) as journal:
        assert journal.rebuild()
