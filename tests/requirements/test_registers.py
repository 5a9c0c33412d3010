"""The rows of the requirements about registers of people and things, through one real gate and district."""

import base64
import json
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.journal import State
from edge.uplink.memory import RETRY
from tests.paths import ROOT
from tests.registers.made_up import id_number, phone, roster, workbook
from tests.system.processes import District, Gate
from tests.system.test_cases import Browser
from tests.waiting import until

pytestmark = [pytest.mark.requirements, pytest.mark.system]


class Town:
    """One gate with its district, the manager's browser and the command line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.district = District(folder)
        token = self.district.add_gate("test-gate")
        extra = f'[uplink]\nurl = "{self.district.url}"\ntoken = "{token}"\nevery_s = 0.5\n'
        self.gate = Gate(folder, extra=extra, thermometer="", scanner="")

    def start(self) -> None:
        self.district.start()
        self.gate.start()
        self.boss = Browser(self.gate)

    def end(self) -> None:
        self.gate.end()
        self.district.end()

    def run(self, *words: str, check: bool = False, **more: Any) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "edge", *words, "--config", str(self.gate.config)]
        return subprocess.run(command, capture_output=True, text=True, check=check, cwd=ROOT, **more)

    def import_(
        self, register: str, content: bytes | str, *, apply: bool = True, round_: int | None = None
    ) -> dict[str, Any]:
        """Bring a file as a program does, piece by piece; preview it and apply it."""
        content = content if isinstance(content, bytes) else content.encode()
        more = {} if round_ is None else {"round": round_}
        at = f"{register}/imports/{self.told(f'{register}/imports', file='a', **more)['job']}"
        for place in range(0, len(content), 30_000):
            piece = base64.b64encode(content[place : place + 30_000]).decode()
            self.told(f"{at}/pieces", place=place, content=piece)
        self.told(f"{at}/preview")
        until(lambda: self.state(at)["state"] == "ready", 30, "the preview")
        if apply:
            self.told(f"{at}/apply")
            until(lambda: self.state(at)["state"] == "done", 30, "the import")
        return self.state(at)

    def state(self, at: str) -> dict[str, Any]:
        return dict(self.gate.get(f"/api/v1/rosters/{at}", token=self.gate.boss_token)[1])

    def told(self, path: str, **body: Any) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self.gate.boss_token}"}
        url = f"{self.gate.url}/api/v1/rosters/{path}"
        answer = self.gate._http.request("POST", url, json=body, headers=headers, timeout=8.0)
        assert answer.status == 200, answer.data.decode()
        return dict(json.loads(answer.data))

    def page(self, path: str) -> str:
        return self.boss.get(path)

    def form(self, path: str, **data: str) -> tuple[int, str]:
        token = self.page("/registers/people").split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
        head = {"csrf_token": token, "command_id": uuid.uuid4().hex}
        return self.boss.post(path, head | data)

    def enter(self, register: str, **values: str) -> int:
        status, found = self.api(f"{register}", values=values)
        assert status == 200, found
        return int(found["number"])

    def api(self, path: str, **body: Any) -> tuple[int, Any]:
        headers = {"authorization": f"Bearer {self.gate.boss_token}"}
        body = {"command_id": uuid.uuid4().hex} | body
        url = f"{self.gate.url}/api/v1/rosters/{path}"
        answer = self.gate._http.request("POST", url, json=body, headers=headers, timeout=8.0)
        return answer.status, json.loads(answer.data)

    def push(self, name: str, text: str) -> int:
        """Let the district push a list, and the gate ask for it now; return its version."""
        file = self.folder / f"{name}.csv"
        file.write_text(text, "utf-8")
        words = ["list", "push", name, str(file), "--json", "--store", str(self.district.folder)]
        done = subprocess.run(
            [sys.executable, "-m", "district", *words], capture_output=True, text=True, check=True, cwd=ROOT
        )
        state = State.open(self.gate.store)
        state.put(RETRY, {})
        state.close()
        return int(json.loads(done.stdout)["version"])

    def found(self, register: str, by: str, value: str) -> list[int]:
        headers = {"authorization": f"Bearer {self.gate.boss_token}"}
        url = f"{self.gate.url}/api/v1/rosters/{register}/find"
        answer = self.gate._http.request("POST", url, json={"by": by, "value": value}, headers=headers)
        return [one["number"] for one in json.loads(answer.data)["entries"]]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    made = Town(tmp_path_factory.mktemp("town"))
    try:
        made.start()
        yield made
    finally:
        made.end()


def test_r11_residents_and_vehicles_are_entered_beforehand_in_bulk(town: Town) -> None:
    """事先录入造册（高峰、上下班、含车辆）."""
    people = roster(400).encode("gb18030")
    told = town.import_("people", people, apply=False)
    assert (told["counts"]["new"], told["counts"]["rejected"]) == (400, 0)
    assert not town.found("people", "phone", phone(3)), "a preview enters nobody"
    told = town.import_("people", people)
    assert told["entered"] == 400
    assert town.found("people", "phone", f"+86 {phone(3)[:3]} {phone(3)[3:]}")
    assert town.found("people", "phone_tail", phone(3)[-4:])
    cars = workbook(
        [
            ["车牌号", "车主", "楼栋", "单元", "房号"],
            ["渝A·12345", "某3", "1栋", "1", "102"],
            ["渝AD12345", "某6", "1栋", "1", "103"],
        ]
    )
    assert town.import_("vehicles", cars)["entered"] == 2
    assert len(town.found("vehicles", "plate", "渝A12345")) == 1
    again = town.import_("people", people)
    assert (again["counts"]["unchanged"], again["entered"]) == (400, 0), (
        "the same file twice enters nobody twice"
    )


def test_r11_a_visitor_is_announced_by_a_link_and_by_the_managers_form(town: Town) -> None:
    """来访预登记."""
    resident = town.enter("people", name="某户主", phone=phone(70001), building="9栋", room="901")
    household = town.gate.get(f"/api/v1/rosters/people/{resident}")[1]["fields"]["household"]
    status, page = town.form(f"/registers/households/{household}/visit-link", hours="24", most="1")
    assert status == 200
    link = re.search(r'value="https?://[^/"]+(/visit/[^"]+)"', page)
    assert link is not None
    form = town.page(link[1])
    assert "来访预登记" in form
    assert "901" not in form
    token = form.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    data = {"csrf_token": token, "command_id": "c1", "name": "访客甲", "phone": phone(70002)}
    assert town.boss.post(link[1], data)[0] == 200
    visitor = town.found("people", "phone", phone(70002))[0]
    fields = town.gate.get(f"/api/v1/rosters/people/{visitor}")[1]["fields"]
    assert (fields["category"], fields["visiting"], fields["registered"]) == ("visitor", household, "link")
    status, _ = town.form("/registers/people/new", name="访客乙", phone=phone(70003), category="visitor")
    assert status == 303


def test_r28_a_list_of_names_is_answered_with_where_which_building_and_when(town: Town) -> None:
    """无症状感染者及密接者在网格内精准定位."""
    town.enter(
        "people", name="欧阳无名", id_number=id_number(70100), phone=phone(70100), building="5栋", room="502"
    )
    status, found = town.gate.post("begin")
    assert status == 200
    answers = [{"question": "name", "value": "欧阳无名"}, {"question": "phone", "value": phone(70100)}]
    town.gate.post("answers", passage=found["passage"], answers=answers)
    town.gate.post("decision", passage=found["passage"], outcome="turn_back", reason="by_hand")
    status, page = town.form("/registers/match", lines=f"{id_number(70100)}\n司徒不在，{phone(70199)}")
    assert status == 200
    assert "精准定位" in page
    assert re.findall(r'data-line="(\d+)"', page) == ["1"]
    assert "5栋" in page
    assert f"/review/passage/{found['passage']}" in page


def test_r29_recovered_people_are_a_class_with_its_count_and_the_hospitals_phone(town: Town) -> None:
    """复阳 / 治愈出院 / 康复居家人员."""
    for n, kind in enumerate(("复阳", "治愈出院", "康复")):
        told = town.import_(
            "watch",
            "姓名,身份证号,类别,定点医院,医院电话,截止日期\n"
            f"康某{n},{id_number(70200 + n)},{kind},某定点医院,023-66660000,2099-01-01\n",
        )
        assert told["entered"] == 1, told
    page = town.page("/registers/watch")
    assert 'data-part="recovered" data-count="2"' in page
    assert 'data-part="repositive" data-count="1"' in page
    assert "治愈出院、康复居家人员" in page
    assert "023-66660000" in page


def test_r37_people_from_outside_have_a_list_of_their_own(town: Town) -> None:
    """外来人员."""
    number = town.enter("people", name="外某", phone=phone(70300), category="外来人员", origin="某市")
    page = town.page("/registers/people?of=outsider")
    assert f'data-entry="{number}"' in page
    assert "外来人员" in page
    assert page.count("data-entry=") == 1


def test_r53_and_r95_a_household_has_its_contact_group(town: Town) -> None:
    """“2+5”居家服务管理模式; 明白图、保障图、代购员."""
    number = town.enter(
        "households",
        **{
            "building": "7栋",
            "room": "701",
            "contact_doctor": "某医生 66660001",
            "contact_buyer": "某代购 66660002",
        },
    )
    status, page = town.form(f"/registers/households/{number}/open", why="request")
    assert status == 200
    for text in ("楼栋长", "民警", "代购员", "某医生 66660001"):
        assert text in page


def test_r56_households_stand_in_a_hierarchy_of_a_town_or_a_village(town: Town) -> None:
    """网格、网格员、楼栋长、居民小组长."""
    text = "街道,社区,网格,小区,楼栋,房号,姓名,手机\n"
    text += f"某街道,某社区,第九网格,某小区,3栋,301,格某,{phone(70400)}\n"
    assert town.import_("people", text)["entered"] == 1
    text = f"乡镇,村,村民小组,门牌号,姓名,手机\n某镇,某村,三组,18,村某,{phone(70401)}\n"
    assert town.import_("people", text)["entered"] == 1
    city, village = (
        town.gate.get(f"/api/v1/rosters/people/{town.found('people', 'phone', phone(n))[0]}")[1]["fields"]
        for n in (70400, 70401)
    )
    home = town.gate.get(f"/api/v1/rosters/households/{city['household']}")[1]["fields"]
    assert home == {"street": "某街道", "community": "某社区", "grid": "第九网格", "compound": "某小区"}
    home = town.gate.get(f"/api/v1/rosters/households/{village['household']}")[1]["fields"]
    assert home == {"town": "某镇", "village": "某村", "group": "三组"}


def test_r72_coverage_of_an_employers_roster_and_who_is_missing(town: Town) -> None:
    """企业、已排查、覆盖率."""
    town.form("/registers/coverage/rounds", title="企业排查")
    round_ = max(map(int, re.findall(r'<option value="(\d+)"', town.page("/registers/coverage"))))
    head = "姓名,手机,工作单位\n"
    lines = [f"员{n},{phone(70500 + n)},某制造公司\n" for n in range(40)]
    town.import_("people", head + "".join(lines))
    town.import_("people", head + "".join(lines[:39]), round_=round_)
    page = town.page(f"/registers/coverage?round={round_}&of=employer&value=1")
    assert "某制造公司" in page
    assert "97.5" in page
    assert len(re.findall(r"data-missing=", page)) == 1


def test_r73_coverage_of_households_per_grid(town: Town) -> None:
    """走访户数、网格."""
    town.form("/registers/coverage/rounds", title="入户走访")
    round_ = max(map(int, re.findall(r'<option value="(\d+)"', town.page("/registers/coverage"))))
    head = "网格,楼栋,房号\n"
    lines = [f"走访网格,88栋,{100 + n}\n" for n in range(10)]
    town.import_("households", head + "".join(lines))
    town.import_("households", head + "".join(lines[:8]), round_=round_)
    page = town.page(f"/registers/coverage?round={round_}&of=grid&value=走访网格")
    row = re.search(
        r'data-by="走访网格"><td>走访网格</td><td>(\d+)</td><td>(\d+)</td><td>([\d.]+)</td>', page
    )
    assert row is not None
    assert row.groups() == ("10", "8", "80.0")
    assert len(re.findall(r"data-missing=", page)) == 2


def test_r82_the_districts_watch_list_comes_down_into_the_register(town: Town) -> None:
    """大数据平台、疾控机构合作机制."""
    local = town.enter("watch", name="本地某", phone=phone(70600), list="isolated", outcome="hold")
    head = "姓名,身份证号,类别,处置方式\n"
    version = town.push(
        "watch", f"{head}密某甲,{id_number(70601)},密切接触者,拦下\n密某乙,{id_number(70602)},密接,劝返\n"
    )
    until(lambda: f'data-version="{version}"' in town.page("/registers/watch"), 40, "the district's list")
    first = town.found("watch", "id_number", id_number(70601))
    assert first
    assert town.gate.get(f"/api/v1/rosters/watch/{first[0]}")[1]["fields"]["list"] == "contact"
    version = town.push("watch", f"{head}密某乙,{id_number(70602)},密接,拦下\n")
    until(lambda: f'data-version="{version}"' in town.page("/registers/watch"), 40, "the newer list")
    assert not town.found("watch", "id_number", id_number(70601)), "no longer on the list"
    assert town.found("watch", "phone", phone(70600)) == [local], "what was entered here stays"
    page = town.page("/registers/watch")
    assert 'data-from="local"' in page
    assert 'data-from="district"' in page


def test_r18_the_districts_list_of_regions_comes_down_with_its_levels(town: Town) -> None:
    """中高风险地区."""
    kept = town.enter("regions", region="本地登记市", level="listed")
    head = "地区,风险等级,发布单位\n"
    version = town.push("regions", f"{head}某高市,高风险,省指挥部\n某中县,中风险,省指挥部\n")
    until(lambda: f'data-version="{version}"' in town.page("/registers/regions"), 40, "the district's list")
    assert regions(town) == {("本地登记市", "listed"), ("某高市", "high"), ("某中县", "medium")}
    version = town.push("regions", f"{head}某高市,低风险,省指挥部\n")
    until(lambda: f'data-version="{version}"' in town.page("/registers/regions"), 40, "the newer list")
    assert regions(town) == {("本地登记市", "listed"), ("某高市", "low")}
    assert town.gate.get(f"/api/v1/rosters/regions/{kept}")[1]["fields"].get("district") is None
    assert "中高风险" in town.page("/registers/regions")


def regions(town: Town) -> set[tuple[str, str]]:
    found = town.gate.get("/api/v1/rosters/regions?open=true")[1]["entries"]
    return {(one["fields"]["region"], one["fields"]["level"]) for one in found}


def test_r84_a_mixed_file_of_an_office_is_read_and_what_cannot_be_right_is_refused(town: Town) -> None:
    """敲门行动、电话与入户排查."""
    rows: list[list[object]] = [
        ["某社区敲门行动登记表"],
        ["楼栋", "房号", "名字", "证件号码", "联系电话"],
        ["6栋", "６０１", "敲甲", id_number(70701), phone(70701)],
        [None, "602", "敲乙", float(id_number(70702)[:17]), phone(70702)],
        [None, 603, " 敲丙 ", None, int(phone(70703))],
        [None, "603", "敲丙", None, phone(70703)],
    ]
    content = workbook(rows, [(2, 0, 5, 0, "6栋")])
    file = town.folder / "knock.xlsx"
    file.write_bytes(content)
    done = town.run("people", "import", str(file), "--json", "--apply")
    assert done.returncode == 1, "a line was rejected"
    told = json.loads(done.stdout)
    assert (told["new"], told["doubled"], told["rejected"]) == (2, 1, 1)
    assert told["rejects"][0]["line"] == 4
    assert "科学计数" in told["rejects"][0]["zh_Hans"]
    third = town.found("people", "phone", phone(70703))
    household = town.gate.get(f"/api/v1/rosters/people/{third[0]}")[1]["fields"]["household"]
    assert town.found("households", "home", "6-603") == [household]
    undone = json.loads(town.run("people", "import", "--undo", str(told["import"]), "--json").stdout)
    assert undone["undone"] == 4, "two people and their two households"
    assert not town.found("people", "phone", phone(70703))


def test_r90_census_rounds_are_numbered_each_with_its_coverage(town: Town) -> None:
    """首轮摸排；再次排查."""
    number = town.enter("households", building="90栋", room="1", grid="轮次网格")
    for title in ("首轮摸排", "再次排查"):
        assert town.form("/registers/coverage/rounds", title=title)[0] == 303
    second, first = list(map(int, re.findall(r'<option value="(\d+)"', town.page("/registers/coverage"))))[:2]
    assert second == first + 1
    assert town.form(f"/registers/households/{number}/covered", round=str(first))[0] == 303
    for round_, covered in ((first, "1"), (second, "0")):
        page = town.page(f"/registers/coverage?round={round_}&of=grid")
        assert f'data-by="轮次网格"><td>轮次网格</td><td>1</td><td>{covered}</td>' in page
    assert "再次排查" in page
