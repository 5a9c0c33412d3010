"""What the office imports and enters is what the lane decides by: one real gate, files of an office, the fast
lane in and out."""

import json
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect

from edge.clock import Clock
from tests.paths import ROOT
from tests.registers.made_up import id_number, phone
from tests.requirements.test_who_may_pass import Post
from tests.waiting import until
from tests.web.test_browser import check_access, check_layout
from tests.web.watching import SMALL, chromium, watched

pytestmark = [pytest.mark.requirements, pytest.mark.system]

TODAY = datetime.now(UTC).date()
YESTERDAY, SOON = (TODAY - timedelta(days=2)).isoformat(), (TODAY + timedelta(days=14)).isoformat()
HEADS = "姓名,身份证号,手机,楼栋,单元,房号,人员类别,与户主关系,管控区域,截止日期\n"
PEOPLE = {
    "甲住户": (1, "3栋,1,502", "居民", "户主", "重点区域", ""),
    "乙隔离": (2, "5栋,2,101", "居民", "配偶", "", ""),
    "丙送货": (3, "", "快递", "", "", ""),
    "丁过期": (4, "6栋,1,101", "租户", "", "", YESTERDAY),
    "戊劝返": (5, "6栋,1,102", "居民", "", "", ""),
}
WATCH = "姓名,身份证号,车牌,楼栋,单元,房号,名单类别,处置方式,截止日期,下达单位,单位电话\n"


class Street(Post):
    """The gate with its lanes, and an office that imports its files beside it."""

    def import_(self, register: str, text: str) -> dict[str, Any]:
        file = self.gate.store.parent / f"{register}.csv"
        file.write_bytes(text.encode("gb18030"))
        words = [register, "import", str(file), "--apply", "--json", "--config", str(self.gate.config)]
        command = [sys.executable, "-m", "edge", *words]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        assert done.returncode == 0, (done.stdout, done.stderr)
        return dict(json.loads(done.stdout))

    def types(self, lane: str, roster: str, **more: str) -> dict[str, Any]:
        """The attendant types a few signs; return the lane's view."""
        return self.give(lane, self.begin(lane), roster=roster, **more)

    def form(self, path: str, **data: str) -> str:
        page = self.browser.get("/registers/people")
        token = page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
        return self.browser.post(path, {"csrf_token": token, "command_id": uuid.uuid4().hex} | data)[1]


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    street = Street(tmp_path_factory.mktemp("street"))
    try:
        street.gate.start()
        Clock(street.gate.store).confirm()
        until(lambda: not street.gate.problems() & {"clock_unconfirmed", "clock_unset"}, 10, "a clock")
        lines = [
            f"{name},{id_number(n)},{phone(n)},{home or ',,'},{category},{relation},{zone},{until_day}\n"
            for name, (n, home, category, relation, zone, until_day) in PEOPLE.items()
        ]
        assert street.import_("people", HEADS + "".join(lines))["entered"] == len(PEOPLE)
        listed = (
            f"乙隔离,{id_number(2)},,5栋,2,101,居家隔离,,{SOON},某街道办,023-66660001\n"
            f"戊劝返,{id_number(5)},,,,,居家观察,劝返,{SOON},某街道办,023-66660001\n"
            f",,渝B00009,,,,密切接触者,,{SOON},某街道办,023-66660001\n"
        )
        assert street.import_("watch", WATCH + listed)["entered"] == 3
        assert street.import_("regions", "地区,风险等级\n某某市,高风险\n")["entered"] == 1
        cars = "车牌号,车主,楼栋,单元,房号,类别\n渝A12345,甲住户,3栋,1,502,居民\n"
        cars += "渝A54321,乙隔离,5栋,2,101,居民\n"
        assert street.import_("vehicles", cars)["entered"] == 2
        yield street
    finally:
        street.close()


@pytest.fixture(autouse=True)
def free(street: Street) -> Iterator[None]:
    """Leave nobody in the lanes, whatever came of the test."""
    yield
    for lane in street.stages:
        view = street.lane(lane)
        if view["passage"] is not None:
            street.left(lane, view)
        if (vehicle := street.lane(lane)["vehicle"]) is not None:
            street.decide(lane, vehicle, "abandoned", "left")


def test_r11_an_imported_resident_is_admitted_by_the_digits_of_the_phone(street: Street) -> None:
    view = street.types("in", phone(1)[-4:])
    assert view["reasons"] == []
    (known,) = view["card"]["known"]
    assert (known["category"], known["relation"], known["zone"]) == ("resident", "head", "重点区域")
    assert known["personal"]["room"] == "3栋-1-502"
    assert "户主" in street.kiosk("in")
    assert street.measure("in")["last"]["outcome"] == "admit"


@pytest.mark.parametrize("room", ["3-1-502", "3栋1单元502室", "3-502", "502"])
def test_r12_a_room_written_in_another_way_is_no_mismatch(street: Street, room: str) -> None:
    assert street.types("in", phone(1), room=room)["reasons"] == []


@pytest.mark.parametrize("room", ["3-2-502", "9-502", "3-503"])
def test_r12_a_room_told_otherwise_than_imported_holds(street: Street, room: str) -> None:
    view = street.types("in", phone(1), room=room)
    assert (view["stage"], view["reasons"]) == ("hold", ["register_mismatch:room"])
    assert street.measure("in")["stage"] == "hold"


def faces(street: Street, folder: Path) -> dict[str, Any]:
    """The office takes in photographs, named by phone and by ID number."""
    pixels = np.full((800, 600, 3), 60, np.uint8)
    for stem, grey in ((phone(1), 90), (id_number(5), 160), ("13900009999", 200)):
        pixels[100:700, 100:500] = grey
        (folder / f"{stem}.jpg").write_bytes(bytes(cv2.imencode(".jpg", pixels)[1]))
    (folder / f"{phone(2)}.png").write_bytes(b"no picture")
    words = ["people", "photographs", str(folder), "--apply", "--json", "--config", str(street.gate.config)]
    command = [sys.executable, "-m", "edge", *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 1, (done.stdout, done.stderr)
    return dict(json.loads(done.stdout))


def fetched(street: Street, path: str) -> tuple[int, str, bytes, str]:
    """Return status, kind, content and what caches are told, of what an attendant's page fetches."""
    headers = {"authorization": f"Bearer {street.gate.token}"}
    answer = street.gate._http.request("GET", street.gate.url + path, headers=headers, timeout=5.0)
    kind, cache = answer.headers.get("content-type", ""), answer.headers.get("cache-control", "")
    return answer.status, kind, answer.data, cache


def test_r12_the_attendant_compares_the_photograph_and_a_face_that_differs_holds(
    street: Street, tmp_path: Path
) -> None:
    """比对身份：照片、房号、车牌"""
    found = faces(street, tmp_path)
    why = {"13900009999.jpg": "photograph_of_nobody", f"{phone(2)}.png": "photograph_not_a_picture"}
    assert (found["kept"], {one["file"]: one["why"] for one in found["rejected_files"]}) == (2, why)
    assert faces(street, tmp_path)["unchanged"] == 2
    view = street.types("in", phone(1))
    shown = re.search(r'<img src="(/kiosk/in/photograph/[^"?]+)[^"]*" alt="([^"]+)"', street.kiosk("in"))
    assert shown is not None
    assert "甲住户" in shown[2]
    status, kind, jpeg, cache = fetched(street, shown[1])
    assert (status, kind, cache) == (200, "image/jpeg", "no-store")
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (320, 240, 3)
    assert street.gate.get(shown[1], token=None)[0] == 401
    held = street.give("in", view["passage"], roster_face="differs")
    assert (held["stage"], held["reasons"]) == ("hold", ["register_mismatch:photograph"])
    assert "与登记不符：照片" in street.kiosk("in")
    assert street.measure("in")["stage"] == "hold", "who is not the one registered is not let in"
    again = street.give("in", view["passage"], roster_face="fits")
    assert again["last"]["outcome"] == "admit"
    assert fetched(street, shown[1])[0] == 204, "the person has gone"
    assert "<figure" not in street.kiosk("in")


@pytest.mark.browser
def test_r12_the_photograph_stands_beside_the_word_on_a_small_screen_and_one_key_says_somebody_else(
    street: Street, tmp_path: Path
) -> None:
    faces(street, tmp_path)
    passage = street.types("in", phone(1))["passage"]
    with chromium() as browser, watched(browser, SMALL) as seen:
        page = seen.page
        page.set_extra_http_headers({"authorization": f"Bearer {street.gate.token}"})
        page.goto(f"{street.gate.url}/kiosk/in")
        page.wait_for_function("document.querySelector('.face img')?.naturalWidth === 240")
        face, word = page.locator(".face img").bounding_box(), page.locator("#big").bounding_box()
        asked = page.locator("#q-roster").bounding_box()
        assert face is not None
        assert word is not None
        assert asked is not None
        assert face["height"] >= 150
        assert word["height"] >= 150
        for box in (face, word, asked):
            assert box["y"] + box["height"] <= SMALL[1]
        check_layout(page)
        check_access(page)
        page.keyboard.press("g")
        expect(page.locator("#why")).to_contain_text("与登记不符：照片")
        expect(page.locator("#face-fits")).to_be_visible()
    assert street.lane("in")["passage"] == passage
    assert street.lane("in")["reasons"] == ["register_mismatch:photograph"]


def test_r12_nothing_is_shown_of_who_has_no_photograph_or_is_somebody_else(street: Street) -> None:
    view = street.types("in", phone(3))
    assert "<figure" not in street.kiosk("in")
    for entry in range(1, 9):  # whoever else has one does not stand there
        assert fetched(street, f"/kiosk/in/photograph/{view['passage']}/{entry}.jpg")[0] == 204
    assert fetched(street, "/kiosk/nowhere/photograph/1/1.jpg")[0] == 404


def test_r25_the_exit_of_somebody_on_the_imported_list_alarms_and_holds(street: Street) -> None:
    view = street.types("out", phone(2))
    assert set(view["reasons"]) == {"watch_hold:isolated", "watch_alarm:isolated"}
    (hit,) = view["card"]["known"][0]["hits"]
    assert (hit["unit"], hit["phone"]) == ("某街道办", "023-66660001")
    assert street.gate.rows("access.alarmed")[-1].body["direction"] == "out"


@pytest.mark.parametrize("room", ["5-2-101", "5-101"])
def test_r25_who_goes_to_the_isolated_household_is_held_and_a_delivery_passes(
    street: Street, room: str
) -> None:
    held = street.types("in", phone(3), room=room)
    assert held["reasons"] == ["watch_hold:isolated"]
    street.left("in", held)
    assert street.types("in", phone(3), room=room, purpose="delivery")["reasons"] == []


def test_r17_an_imported_region_is_found_in_what_somebody_tells(street: Street) -> None:
    view = street.types("in", phone(1), itinerary="2月1日 某某")
    assert view["reasons"] == ["access_hold:risk_area"]


def test_what_the_list_orders_for_somebody_in_particular_counts(street: Street) -> None:
    view = street.types("in", phone(5))
    assert view["last"]["outcome"] == "turn_back"
    assert view["last"]["reasons"] == ["watch_turn_back:observed"]


def test_an_entry_whose_time_is_over_lets_nobody_in(street: Street) -> None:
    view = street.types("in", phone(4))
    (known,) = view["card"]["known"]
    assert (known["standing"], known["lapsed"] is not None) == ("none", True)
    assert "已失效" in street.kiosk("in")
    assert street.measure("in")["stage"] != "ended"


def test_r11_a_visitor_announced_by_link_passes_once(street: Street) -> None:
    """来访预登记"""
    household = re.findall(r'data-entry="(\d+)"', street.browser.get("/registers/households"))[-1]
    page = street.form(f"/registers/households/{household}/visit-link", hours="24", most="1")
    link = re.search(r'value="https?://[^/"]+(/visit/[^"]+)"', page)
    assert link is not None
    token = street.browser.get(link[1]).split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    data = {"csrf_token": token, "command_id": "c1", "name": "己访客", "phone": phone(6)}
    assert street.browser.post(link[1], data)[0] == 200
    view = street.types("in", phone(6))
    assert view["card"]["known"][0]["category"] == "visitor"
    assert street.measure("in")["last"]["outcome"] == "admit"
    # Out they are known still; in again they are nobody's visitor any more.
    out = street.types("out", phone(6))
    assert out["card"]["known"][0]["standing"] == "found"
    street.left("out", out)
    again = street.types("in", phone(6))
    assert again["card"]["known"][0]["lapsed"] is not None
    assert street.measure("in")["stage"] != "ended"


def test_r11_a_registered_vehicle_begins_as_known_with_its_category(street: Street) -> None:
    """含车辆"""
    status, told = street.post("in", "vehicle", plate="渝A·12345", occupants=1)
    assert status == 200, told
    vehicle = street.lane("in")["vehicle"]
    (known,) = vehicle["card"]["known"]
    assert (known["register"], known["standing"], known["category"]) == ("vehicles", "found", "resident")
    assert vehicle["reasons"] == []
    shown = re.search(r'data-vehicle-known="found"[^>]*>([^<]*)', street.kiosk("in"))
    assert shown is not None
    assert "居民" in shown[1]


@pytest.mark.parametrize(("plate", "reason"), [("渝B00009", "contact"), ("渝A54321", "isolated")])
def test_a_plate_on_a_list_or_of_a_listed_household_holds_the_vehicle_and_says_no_more(
    street: Street, plate: str, reason: str
) -> None:
    status, told = street.post("in", "vehicle", plate=plate, occupants=1)
    assert status == 200, told
    vehicle = street.lane("in")["vehicle"]
    assert vehicle["hold"]
    assert [said.split(":")[1] for said in vehicle["reasons"]] == [reason]
    seen, _dialog, card = street.kiosk("in").partition('<dialog id="d-card"')
    assert f'data-hit="{reason}"' in card
    assert f"watch_{'refer' if reason == 'contact' else 'hold'}:{reason}" not in seen


def test_what_was_decided_by_the_registers_is_decided_the_same_again(street: Street) -> None:
    street.types("in", phone(1))
    street.measure("in")
    words = [sys.executable, "-m", "edge", "replay", "--config", str(street.gate.config)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, (done.stdout[-2000:], done.stderr[-2000:])


def test_nobody_of_the_files_stands_in_the_open(street: Street) -> None:
    rows = street.gate.rows(
        "register.entered", "passage.decided", "passage.held", "import.begun", "photograph.kept"
    )
    text = json.dumps([row.body for row in rows], ensure_ascii=False)
    assert not any(
        word in text for name, (n, *_rest) in PEOPLE.items() for word in (name, phone(n), id_number(n))
    )
