"""Who may pass, through a real gate: registers and lists filled by the office, lanes in and out."""

import hashlib
import html
import json
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edge.clock import Clock
from edge.journal import Journal
from edge.replay import Replay
from tests.drivers.camera_files import scene, stream, write_picture
from tests.drivers.onnx_files import BLUE, GREY, RED, colour_model, coloured
from tests.requirements.browsing import in_the_afternoon
from tests.requirements.people import Office
from tests.system.processes import SERIAL, SPOT, Gate
from tests.system.stage import Stage
from tests.system.test_cases import Browser
from tests.waiting import until

pytestmark = [pytest.mark.requirements, pytest.mark.system]

OUT = """
[[lane]]
name = "out"
direction = "out"
procedure = "fast_lane"
{thermometer}
{scanner}
"""
EXPECTED = '[twice_daily]\nregistered = ["resumed_worker"]\n'
# A lane whose camera has a model, and beside it one whose model is not there.
LOOKED_AT = """
[[lane]]
name = "looked_at"
direction = "in"
procedure = "fast_lane"
{thermometer}
[[lane.scanner]]
driver = "camera"
source = "{source}"
mask_model = "{folder}/mask.onnx"
mask_width = 32
mask_height = 32
mask_rgb = false
mask_agree = 3
mask_every_ms = 50
[[lane.scanner]]
driver = "camera"
source = "file:{folder}/wall.png"
fps = 1
mask_model = "{folder}/none.onnx"
"""
# 姓名: 电话, 证件, 房号, 类别
PEOPLE = {
    "王小明": ("13800001111", "11010119900307002X", "3-502", "resident"),
    "李小红": ("13800002222", "", "3-502", "resident"),
    "王小军": ("13800003333", "", "3-502", "resident"),
    "赵大山": ("13900001111", "", "4-101", "resident"),
    "钱来客": ("13700000001", "", "4-101", "visitor"),
    "孙隔离": ("13700000002", "", "5-101", "resident"),
    "孙家属": ("13700000012", "", "5-101", "resident"),
    "周观察": ("13700000003", "", "5-201", "resident"),
    "吴密接": ("13700000004", "", "5-301", "resident"),
    "郑疑似": ("13700000005", "", "5-401", "resident"),
    "冯康复": ("13700000006", "", "5-501", "resident"),
    "陈返城": ("13700000007", "", "6-101", "returnee"),
    "褚湖北": ("13700000008", "", "", "visitor"),
    "卫未入": ("13700000009", "", "", "resumed_worker"),
    "蒋返家": ("13700000010", "", "6-201", "resident"),
    "沈到期": ("13700000011", "", "6-301", "resident"),
    "韩确诊": ("13700000013", "", "6-401", "resident"),
    "杨境外": ("13700000014", "", "6-501", "from_abroad"),
    "朱复工": ("13700000015", "", "", "resumed_worker"),
    "秦多次": ("13700000016", "", "7-101", "resident"),
}
MORE: dict[str, dict[str, str]] = {
    "陈返城": {"origin": "湖北省孝感市", "located": "已在本地", "arrived": "2020-02-01", "transport": "火车"},
    "褚湖北": {"origin": "湖北黄冈", "located": "未到本地"},
    "卫未入": {"origin": "湖北武汉", "located": "未到本地", "employer_name": "长江机械厂"},
    "沈到期": {"test_due": "2020-02-01", "booster_due": "2020-02-02"},
    "朱复工": {"employer_name": "长江机械厂"},
}
WATCHED = {
    "孙隔离": "isolated",
    "周观察": "observed",
    "吴密接": "contact",
    "郑疑似": "suspected",
    "冯康复": "recovered",
    "蒋返家": "contact_returned",
    "韩确诊": "confirmed",
}


class Post:
    """A gate with a lane in and a lane out, its instruments, and whoever sits in the office."""

    def __init__(self, folder: Any) -> None:
        self.stages = {lane: Stage(folder, lane) for lane in ("in", "out", "looked_at")}
        self._streamed = stream([coloured(GREY), coloured(GREY, 1)])
        self.camera = self._streamed.__enter__()
        colour_model(folder / "mask.onnx")
        write_picture(folder / "wall.png", scene())
        out = OUT.format(
            thermometer=SPOT.format(folder=folder, lane="out"),
            scanner=SERIAL.format(folder=folder, lane="out"),
        )
        looked_at = LOOKED_AT.format(
            folder=folder,
            thermometer=SPOT.format(folder=folder, lane="looked_at"),
            source=self.camera.address,
        )
        self.gate = Gate(folder, procedure="fast_lane", extra=EXPECTED + out + looked_at)
        self.zone = in_the_afternoon(self.gate)  # quotas have hours
        self.office = Office(self.gate.store)
        self.watch: dict[str, int] = {}
        self._browser: Browser | None = None

    def post(self, lane: str, what: str, *, manager: bool = False, **body: Any) -> tuple[int, Any]:
        token = self.gate.boss_token if manager else self.gate.token
        body = {"command_id": uuid.uuid4().hex} | body
        url = f"{self.gate.url}/api/v1/lanes/{lane}/{what}"
        headers = {"authorization": f"Bearer {token}"}
        answer = self.gate._http.request("POST", url, json=body, headers=headers, timeout=8.0)
        return answer.status, json.loads(answer.data)

    def lane(self, name: str) -> dict[str, Any]:
        return dict(self.gate.get(f"/api/v1/lanes/{name}")[1])

    def begin(self, lane: str) -> int:
        status, told = self.post(lane, "begin")
        assert status == 200, told
        return int(told["passage"])

    def give(self, lane: str, passage: int, **answers: str) -> dict[str, Any]:
        given = [{"question": name, "value": value} for name, value in answers.items()]
        status, told = self.post(lane, "answers", passage=passage, answers=given)
        assert status == 200, told
        return self.lane(lane)

    def decide(
        self, lane: str, view: dict[str, Any], outcome: str, reason: str, *, manager: bool = False
    ) -> int:
        return self.post(
            lane, "decision", passage=view["passage"], outcome=outcome, reason=reason, manager=manager
        )[0]

    def compare(self, lane: str, who: str, **answers: str) -> dict[str, Any]:
        """Somebody steps up and is compared; return the lane's view."""
        return self.give(lane, self.begin(lane), roster=PEOPLE[who][0], **answers)

    def measure(self, lane: str) -> dict[str, Any]:
        """Whoever stands there is measured, and looked at; return the lane's view."""
        passage = self.lane(lane)["passage"]
        self.give(lane, passage, mask="on")
        self.stages[lane].stand(36.5)
        until(lambda: self._is_measured(lane, passage), 15, "a measurement")
        self.stages[lane].away()
        return self.lane(lane)

    def _is_measured(self, lane: str, passage: int) -> bool:
        view = self.lane(lane)
        shown = view["passage"] if view["passage"] is not None else view["last"]["passage"]
        return bool(shown == passage and view["temperature"]["verdict"] != "missing")

    def cross(self, lane: str, who: str, **answers: str) -> dict[str, Any]:
        """Somebody is compared and measured; return the lane's view."""
        self.compare(lane, who, **answers)
        return self.measure(lane)

    def left(self, lane: str, view: dict[str, Any]) -> None:
        """Whoever was held has left."""
        assert self.decide(lane, view, "abandoned", "left") == 200

    def kiosk(self, lane: str) -> str:
        return self.browser.get(f"/kiosk/{lane}")

    @property
    def browser(self) -> Browser:
        if self._browser is None:
            self._browser = Browser(self.gate)
        return self._browser

    def change(self, path: str, **fields: str) -> tuple[int, str]:
        """A manager changes something on the page of who may pass."""
        page = self.browser.get("/access")
        token = page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
        version = re.findall(r'id="rules" data-version="([0-9a-f]+)"', page)[0]
        data = {"csrf_token": token, "command_id": uuid.uuid4().hex} | fields
        if path in ("closure", "preset", "text"):
            data |= {"made_from": version, "why": "trial"}
        done = self.browser.post(f"/access/{path}", data)
        page = self.browser.get("/access")
        version = re.findall(r'id="rules" data-version="([0-9a-f]+)"', page)[0]
        until(lambda: self._follow(version), 5, "the rules at the lanes")
        return done

    def _follow(self, version: str) -> bool:
        return all(self.lane(lane)["closure"]["rules"] == version for lane in self.stages)

    def figure(self, name: str) -> int:
        """Return a figure of today's report, as its page shows it."""
        day = datetime.now(self.zone).date().isoformat()
        page = self.browser.get(f"/review/reports?day={day}")
        found = re.search(rf'data-figure="{name}".*?data-now>(\d+)<', page, re.DOTALL)
        assert found is not None, name
        return int(found[1])

    def decided(self) -> dict[str, Any]:
        """Return the newest decided passage's body."""
        return dict(self.gate.rows("passage.decided")[-1].body)

    def close(self) -> None:
        self.gate.end()
        self._streamed.__exit__(None, None, None)
        for stage in self.stages.values():
            stage.close()


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    post = Post(tmp_path_factory.mktemp("who"))
    rooms = dict.fromkeys(room for _phone, _number, room, _category in PEOPLE.values() if room)
    for room in rooms:
        post.office.enter("households", {"room": room}, zone="key" if room == "6-101" else "east")
    post.office.enter("regions", {"region": "湖北省", "level": "重点地区"}, source="2020-02-10")
    post.office.enter("regions", {"region": "温州市", "level": "高风险"}, source="2020-02-10")
    for name, (phone, number, room, category) in PEOPLE.items():
        own = {"name": name, "phone": phone, "id_number": number, "room": room}
        post.office.enter("people", own, category=category, **MORE.get(name, {}))
    today = datetime.now(UTC).date()
    for name, watch in WATCHED.items():
        own = {"name": name, "phone": PEOPLE[name][0], "room": PEOPLE[name][2]}
        until_day = today + timedelta(days=-2 if watch == "observed" else 14)
        told = {
            "list": watch,
            "ordered_by": "社区",
            "unit_phone": "023-66665678",
            "until": until_day.isoformat(),
        }
        post.watch[name] = post.office.enter("watch", own, **told)
    try:
        post.gate.start()
        Clock(post.gate.store).confirm()
        until(lambda: not post.gate.problems() & {"clock_unconfirmed", "clock_unset"}, 10, "a believed clock")
        yield post
    finally:
        post.close()


@pytest.fixture(autouse=True)
def free(post: Post) -> Iterator[None]:
    """Leave nobody in the lanes, whatever came of the test."""
    yield
    if post.gate.process is not None and post.gate.process.poll() is None:
        for lane in post.stages:
            view = post.lane(lane)
            if view["passage"] is not None:
                post.left(lane, view)


def test_r11_who_is_registered_passes_by_digits_measured_and_with_one_tap_for_the_mask(post: Post) -> None:
    view = post.cross("in", "李小红")
    assert view["last"]["outcome"] == "admit", view
    body = post.decided()
    assert body["musts"] == {"identity": True, "information": True, "temperature": True, "mask": True}
    (known,) = [piece for piece in body["evidence"] if piece["t"] == "known"]
    assert (known["standing"], known["category"], known["zone"]) == ("found", "resident", "east")
    assert not any(
        name in json.dumps(body, ensure_ascii=False) for name in ("李小红", "13800002222", "3-502")
    )


def stands(post: Post, colour: tuple[int, int, int], *, body_c: float | None = 36.5) -> dict[str, Any]:
    """Somebody of this colour is compared and measured in the lane with the model; return what was seen."""
    post.camera.show([coloured(colour), coloured(colour, 1)])
    view = post.compare("looked_at", "李小红")
    passage = view["passage"]
    if body_c is not None:
        post.stages["looked_at"].stand(body_c)
        until(lambda: post._is_measured("looked_at", passage), 15, "a measurement")
        post.stages["looked_at"].away()
    return {"passage": passage}


def looked_at(post: Post) -> dict[str, Any]:
    """Wait until the model has answered what the attendant may still tap; return the lane's view."""
    until(lambda: any("looked" in one for one in post.lane("looked_at")["ask"]), 40, "a look")
    return post.lane("looked_at")


def masks(body: dict[str, Any]) -> list[tuple[str, str]]:
    """What was answered about the mask, and whether a model or an attendant did."""
    found = [piece for piece in body["evidence"] if piece.get("question") == "mask"]
    return [(piece["value"], "model" if "model" in piece else piece["by"]) for piece in found]


def test_r11_where_a_model_sees_the_mask_nobody_taps(post: Post) -> None:
    until(lambda: "mask_absent" in post.gate.problems(), 40, "the model that is not there, on /readyz")
    passage = stands(post, BLUE)["passage"]
    until(lambda: post.lane("looked_at")["passage"] is None, 40, "nothing more to be asked")
    body = post.decided()
    assert (body["passage"], body["outcome"]) == (passage, "admit")
    assert body["musts"] == {"identity": True, "information": True, "temperature": True, "mask": True}
    (seen,) = [piece for piece in body["evidence"] if piece.get("question") == "mask"]
    digest = hashlib.sha256((post.gate.folder / "mask.onnx").read_bytes()).hexdigest()[:16]
    assert (seen["value"], seen["source"], seen["by"]) == ("on", "scanner", f"model:{digest}")
    assert (seen["model"], seen["pictures"]) == (digest, 3)
    assert 950 < seen["score"] <= 1000
    page = post.browser.get(f"/review/passage/{passage}")
    assert f"{seen['score']} ‰" in page
    assert digest in page
    assert post.gate.ready()["ready"], "a model that is not there keeps nobody from passing"


def test_r11_who_is_seen_without_a_mask_is_reminded_and_the_attendants_tap_counts(post: Post) -> None:
    passage = stands(post, RED)["passage"]
    view = looked_at(post)
    assert view["stage"] == "open", "a model sends nobody away"
    assert "data-looked=" in post.kiosk("looked_at")
    view = post.give("looked_at", passage, mask="on")
    assert view["last"]["outcome"] == "admit"
    body = post.decided()
    assert masks(body) == [("reminded", "model"), ("on", "door1")]
    assert body["musts"]["mask"]


def test_r11_an_attendant_who_sees_no_mask_overrules_the_model_until_it_is_on(post: Post) -> None:
    passage = stands(post, BLUE, body_c=None)["passage"]
    view = looked_at(post)
    assert next(step["state"] for step in view["steps"] if step["id"] == "mask") == "done"
    post.give("looked_at", passage, mask="reminded")
    post.stages["looked_at"].stand(36.5)
    until(lambda: post._is_measured("looked_at", passage), 15, "a measurement")
    post.stages["looked_at"].away()
    view = post.lane("looked_at")
    assert (view["passage"], [entry["id"] for entry in view["ask"]]) == (passage, ["mask"])
    assert post.give("looked_at", passage, mask="on")["last"]["outcome"] == "admit"
    assert masks(post.decided()) == [("on", "model"), ("reminded", "door1"), ("on", "door1")]


def test_r11_a_model_that_is_not_sure_asks_for_the_tap(post: Post) -> None:
    passage = stands(post, GREY)["passage"]
    until(lambda: "mask_unsure" in post.lane("looked_at")["notices"], 40, "the word for the attendant")
    assert [entry["id"] for entry in post.lane("looked_at")["ask"]] == ["mask"]
    assert post.give("looked_at", passage, mask="on")["last"]["outcome"] == "admit"
    assert masks(post.decided()) == [("on", "door1")]


def test_r11_the_last_four_digits_of_two_people_ask_which_of_them(post: Post) -> None:
    passage = post.begin("in")
    view = post.give("in", passage, roster="1111", mask="on")
    assert (view["stage"], view["reasons"]) == ("hold", ["register_several"])
    (several,) = view["card"]["known"]
    labels = {choice["label"]: choice["entry"] for choice in several["choices"]}
    assert set(labels) == {"王小明 3-502", "赵大山 4-101"}
    assert 'data-question="roster_entry"' in post.kiosk("in")
    post.give("in", passage, roster_entry=str(labels["赵大山 4-101"]))
    assert post.measure("in")["last"]["outcome"] == "admit"


def test_r76_somebody_who_is_not_registered_is_entered_by_somebody_else_on_the_fast_lane(post: Post) -> None:
    """代办"""
    asked = {entry["id"] for entry in post.give("in", post.begin("in"), helper="赵代办")["ask"]}
    assert {"name", "id_number"} <= asked
    own = {"name": "无机甲", "id_number": "E12345677", "phone": "无", "room": "3-502"}
    post.give("in", post.lane("in")["passage"], **own)
    assert post.measure("in")["last"]["outcome"] == "admit"
    body = post.decided()
    assert [p["by"] for p in body["evidence"] if p.get("question") == "helper"] == ["door1"]
    assert "赵代办" not in json.dumps(body, ensure_ascii=False)


def test_r11_whoever_is_registered_with_a_plate_passes_by_it(post: Post) -> None:
    """比对：证件、车牌、手机号或后四位"""
    own = {"name": "吕车主", "phone": "13700000099", "room": "4-101", "plate": "渝A77777"}
    number = post.office.enter("people", own, category="resident")
    view = post.give("in", post.begin("in"), roster="渝A·77777")
    assert [one["entry"] for one in view["card"]["known"] if one["standing"] == "found"] == [number]
    assert post.measure("in")["last"]["outcome"] == "admit"
    view = post.give("in", post.begin("in"), roster="渝A77778")
    assert [one["standing"] for one in view["card"]["known"]] == ["none"]
    assert post.measure("in")["last"]["passage"] != view["passage"], "nobody is let in by a plate nobody has"
    post.left("in", post.lane("in"))


def test_r12_what_is_told_otherwise_than_registered_is_a_reason_of_its_own_and_holds(post: Post) -> None:
    view = post.compare("in", "王小明", name="张冒名", room="9-999")
    assert view["stage"] == "hold"
    assert {"register_mismatch:name", "register_mismatch:room"} <= set(view["reasons"])
    assert "与登记不符：姓名" in post.kiosk("in")
    held = post.measure("in")
    assert held["stage"] == "hold"
    assert post.decide("in", held, "admit", "mistyped") == 200
    body = post.decided()
    assert (body["override"], body["by"], body["chosen"]) == (True, "door1", "mistyped")


def test_r22_a_visitor_is_treated_more_strictly_than_a_resident(post: Post) -> None:
    assert post.cross("in", "赵大山")["last"]["outcome"] == "admit"
    assert post.change("closure", name="posts")[0] == 303
    view = post.cross("in", "钱来客")
    assert (view["stage"], view["reasons"]) == ("hold", ["access_hold:posts"])
    assert post.decide("in", view, "turn_back", "not_allowed") == 200
    assert post.cross("in", "赵大山")["last"]["outcome"] == "admit"
    assert post.change("closure", name="managed")[0] == 303


def test_r37_somebody_from_elsewhere_is_an_outsider_and_counted_as_one(post: Post) -> None:
    passage = post.begin("in")
    view = post.give("in", passage, name="外来甲", id_number="E12345678", phone="13511112222", room="3-502")
    assert [one["standing"] for one in view["card"]["known"]][-1] == "none"
    assert post.change("closure", name="closed")[0] == 303
    post.left("in", post.lane("in"))
    passage = post.begin("in")
    post.give("in", passage, name="外来乙", id_number="E12345679", phone="13511112223", room="3-502")
    view = post.measure("in")
    assert view["reasons"] == ["access_hold:closed"]
    post.left("in", view)
    assert post.decided()["category"] == "visitor"
    assert post.change("closure", name="managed")[0] == 303


def test_r66_whoever_is_registered_and_does_not_live_here_stands_in_the_book_of_outsiders(post: Post) -> None:
    """一本外来人员登记本"""

    def lines() -> int:
        text = post.browser.get("/registers/outsiders/passages")
        return len(re.findall(r"<tr><td data-label", text))

    before = lines()
    post.left("in", post.compare("in", "陈返城"))
    assert post.decided()["category"] == "returnee"
    assert lines() == before + 1
    form = {"csrf_token": post.browser._token("/registers/outsiders/passages"), "why": "inspection"}
    status, opened = post.browser.post("/registers/outsiders/paper", form)
    assert (status, "陈返城" in opened) == (200, True)
    assert "赵大山" not in opened, "who lives here is no outsider"


def test_r62_whoever_passes_by_the_digits_of_a_phone_was_measured_that_day(post: Post) -> None:
    """双测温、两报告: the gate's own reading is one of the two, also on the fast lane."""

    def opened() -> str:
        page = "/review/twice-daily"
        form = {"csrf_token": post.browser._token(page), "why": "inspection"}
        status, text = post.browser.post(page, form)
        assert status == 200
        return text

    assert post.cross("in", "赵大山")["last"]["outcome"] == "admit"
    assert post.cross("in", "赵大山")["last"]["outcome"] == "admit"
    text = opened()
    assert text.count("赵大山") == 1, "one person, by the register of people, however often they passed"
    line = text.split("赵大山")[1].split("</tr>")[0]
    assert re.search(r"36\.\d °C", line), "the afternoon's: it is afternoon there"
    assert "钱来客" not in text, "a visitor is not expected"
    line = text.split("卫未入")[1].split("</tr>")[0]
    assert "outcome-hold" in line, "registered, and missing although nobody saw them here this morning"
    row = next(
        row for row in reversed(post.gate.rows("personal.opened")) if row.body["what"] == "twice_daily"
    )
    assert row.body["why"] == "inspection"


def test_r24_three_closure_levels_are_switched_on_a_page_and_hold_at_once(post: Post) -> None:
    page = post.browser.get("/access")
    assert all(word in page for word in ("小区封闭式管理", "设卡点封闭", "全封闭"))
    assert post.lane("in")["closure"]["id"] == "managed"
    assert post.change("closure", name="closed")[0] == 303
    until(lambda: post.lane("in")["closure"]["id"] == "closed", 5, "the level at the lane")
    assert post.lane("out")["closure"]["title"]["zh_Hans"] == "全封闭"
    row = post.gate.rows("access.published")[-1]
    assert (row.body["closure"], row.body["by"], row.body["why"]) == ("closed", "boss", "trial")
    assert post.change("closure", name="managed", made_from="0" * 16)[0] == 303
    assert post.change("closure", name="nowhere")[0] == 404
    until(lambda: post.lane("in")["closure"]["id"] == "managed", 5, "the level at the lane")


def test_r71_whoever_changed_who_may_pass_or_ended_a_watch_stands_in_the_log(post: Post) -> None:
    """督导问责"""
    assert post.change("closure", name="closed")[0] == 303
    assert post.change("closure", name="managed")[0] == 303
    text = post.browser.get("/review/ledgers/accountability")
    lines = [line for line in text.split("<tr>") if "通行规则" in line]
    assert [("管控级别 全封闭" in line, "boss" in line or "物业" in line) for line in lines][-2:] == [
        *((True, True), (False, True))
    ]


def test_r23_only_residents_pass_but_for_named_exceptions_and_the_notice_is_printed(post: Post) -> None:
    assert post.change("preset", name="residents_only")[0] == 303
    hours = 'hours = ["06:00-22:00"]\n'
    assert hours in rules_text(post), "by night nobody goes out: these tests are run by night as well"
    assert post.change("text", text=rules_text(post).replace(hours, ""))[0] == 303
    notice = post.browser.get("/access/notice")
    assert "非本小区居民和车辆禁止入内" in notice
    assert all(f'data-exception="{name}"' in notice for name in ("emergency", "services", "residents"))
    view = post.compare("in", "钱来客")
    assert view["reasons"] == ["access_hold:closed"]
    assert 'data-question="purpose"' in post.kiosk("in")
    post.give("in", view["passage"], purpose="repair")
    assert post.measure("in")["last"]["outcome"] == "admit"
    assert post.cross("in", "赵大山")["last"]["outcome"] == "admit"
    status, told = post.post("in", "vehicle", plate="渝Z99999", occupants=1)
    assert status == 200, told
    car = post.lane("in")["vehicle"]
    assert (car["hold"], car["reasons"]) == (True, ["access_hold:foreign_vehicle"])
    assert post.decide("in", car, "turn_back", "not_allowed") == 200


def test_r83_nobody_goes_out_without_saying_what_for(post: Post) -> None:
    """无事不出门"""
    view = post.cross("out", "赵大山")
    assert view["reasons"] == ["access_hold:no_purpose"]
    assert post.give("out", view["passage"], purpose="medical")["last"]["outcome"] == "admit"
    answers = {p["question"]: p.get("value") for p in post.decided()["evidence"] if p["t"] == "answer"}
    assert answers["purpose"] == "medical"


def test_a_household_that_used_its_quota_is_held_with_what_it_used(post: Post) -> None:
    assert post.cross("out", "秦多次", purpose="shopping")["last"]["outcome"] == "admit"
    assert post.cross("in", "秦多次")["last"]["outcome"] == "admit"
    view = post.compare("out", "秦多次", purpose="shopping")
    assert view["reasons"] == ["quota_used:household_two_days"]
    assert view["card"]["known"][0]["used"] == [{"quota": "household_two_days", "used": 1, "allowed": 1}]
    post.left("out", view)
    assert post.change("preset", name="usual")[0] == 303


def test_r25_an_isolated_person_at_the_exit_alarms_and_is_told_no_more_than_to_wait(post: Post) -> None:
    """居家隔离人员"""
    view = post.compare("out", "孙隔离")
    assert view["stage"] == "hold"
    assert {"watch_hold:isolated", "watch_alarm:isolated"} == set(view["reasons"])
    (alarm,) = post.gate.rows("access.alarmed")
    assert (alarm.body["direction"], alarm.body["hits"][0]["watch"]) == ("out", "isolated")
    page = post.kiosk("out")
    seen, _dialog, card = page.partition('<dialog id="d-card"')
    assert "请稍候" in seen
    assert "隔离" not in seen.replace("孙隔离", "")
    assert "居家隔离人员" in card
    assert post.decide("out", view, "admit", "known") == 403
    assert post.decide("out", view, "turn_back", "sent_back") == 200
    after = post.kiosk("out").partition('<dialog id="d-card"')[0]
    assert 'data-key="hold"' in after
    assert "隔离" not in after.replace("孙隔离", "")
    case = post.gate.rows("case.opened")[-1]
    assert "watch_alarm:isolated" in case.body["why"]


def test_r25_deliveries_for_the_isolated_household_pass_and_other_visits_are_held(post: Post) -> None:
    held = post.give("in", post.begin("in"), roster=PEOPLE["钱来客"][0], room="5-101")
    assert held["reasons"] == ["watch_hold:isolated"]
    post.left("in", held)
    held = post.give("in", post.begin("in"), roster=PEOPLE["钱来客"][0], room="5-101", purpose="delivery")
    assert held["reasons"] == []
    assert post.measure("in")["last"]["outcome"] == "admit"


def test_r78_a_delivery_for_a_household_is_recorded_with_its_purpose(post: Post) -> None:
    """代购、送菜送药"""
    post.give("in", post.begin("in"), roster=PEOPLE["钱来客"][0], room="4-101", purpose="delivery")
    assert post.measure("in")["last"]["outcome"] == "admit"
    answers = {p["question"]: p.get("value") for p in post.decided()["evidence"] if p["t"] == "answer"}
    assert (answers["purpose"], answers["room"]) == ("delivery", None)


def test_r26_the_end_of_an_observation_prompts_for_a_release_and_does_not_end_it(post: Post) -> None:
    """居家观察人员"""
    view = post.compare("out", "周观察")
    assert view["reasons"] == ["watch_hold:observed"]
    assert view["card"]["known"][0]["hits"][0]["over"] is True
    post.left("out", view)
    page = post.browser.get("/access")
    line = page.split(f'data-entry="{post.watch["周观察"]}"', 1)[1].split("</tr>", 1)[0]
    assert "到期，待单位确认解除" in line
    first = post.browser.get("/review").split('id="releases"', 1)[1].split("</p>", 1)[0]
    assert "名单上有 1 条已到期" in first, "the office is told without looking for it"


def test_r97_a_release_confirmed_by_a_unit_and_signed_holds_at_every_lane(post: Post) -> None:
    """解除"""
    waiting = post.compare("in", "周观察")
    assert waiting["stage"] == "hold"
    status, told = post.post("in", "park", passage=waiting["passage"], why="handed")
    assert status == 200, told
    entry = str(post.watch["周观察"])
    card = f"/registers/watch/{entry}"
    for why in ("released", "over"):
        form = {"csrf_token": post.browser._token(card), "command_id": uuid.uuid4().hex, "why": why}
        assert post.browser.post(f"{card}/end", form)[0] == 400, "no release without a unit that signs"
    assert post.change("release", entry=entry, unit="社区卫生服务中心", signed="")[0] == 400
    assert post.change("release", entry=entry, unit="社区卫生服务中心", signed="王医生")[0] == 303
    row = post.gate.rows("register.ended")[-1]
    assert (row.body["register"], row.body["by"]) == ("watch", "boss")
    assert row.body["why"] == "released"
    assert "王医生" not in row.body_text + post.gate.text()
    card = f"/registers/watch/{entry}"
    token = post.browser.get(card).split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    opened = post.browser.post(f"{card}/open", {"csrf_token": token, "why": "inspection"})[1]
    assert "社区卫生服务中心" in opened
    assert "王医生" in opened, "who signed is kept with the entry, sealed"
    ticket = post.lane("in")["parked"][0]["ticket"]
    status, told = post.post("in", "resume", passage=None, ticket=ticket)
    assert status == 200, told
    assert post.measure("in")["last"]["outcome"] == "admit"
    assert post.cross("out", "周观察")["last"]["outcome"] == "admit"


def test_r01_everybody_a_list_stops_has_a_case_and_who_is_only_of_their_household_has_none(
    post: Post,
) -> None:
    """四对接五跟踪六管控: every list hit is followed until somebody closes it"""

    def opened(passage: int) -> list[dict[str, Any]]:
        return [row.body for row in post.gate.rows("case.opened") if row.body["passage"] == passage]

    for name, lane, decided in (("蒋返家", "out", "turn_back"), ("孙隔离", "in", "abandoned")):
        view = post.compare(lane, name)
        watch = WATCHED[name]
        assert view["reasons"] == [f"watch_hold:{watch}"]
        reason = "left" if decided == "abandoned" else "not_allowed"
        assert post.decide(lane, view, decided, reason) == 200
        (case,) = opened(view["passage"])
        assert f"watch_hold:{watch}" in case["why"]
        assert case["due_us"] > case["passage_us"]
        page = post.browser.get(f"/cases/{case['case']}")
        assert "责任单位" in page
        assert 'id="owner"' in page
    view = post.compare("in", "孙家属")
    assert view["reasons"] == ["watch_hold:isolated"]
    post.left("in", view)
    assert opened(view["passage"]) == []


def is_referred(post: Post, name: str, watch: str) -> None:
    view = post.compare("in", name)
    assert view["last"]["outcome"] == "refer"
    case = post.gate.rows("case.opened")[-1]
    assert case.body["passage"] == view["last"]["passage"]
    assert f"watch_refer:{watch}" in case.body["why"]
    seen, _dialog, card = post.kiosk("in").partition('<dialog id="d-card"')
    assert 'data-key="hold"' in seen
    assert f'data-hit="{watch}"' in card


def test_r27_a_close_contact_is_referred_and_opens_a_case(post: Post) -> None:
    """密切接触者"""
    is_referred(post, "吴密接", "contact")


def test_r36_somebody_suspected_is_referred_and_told_apart_from_a_fever(post: Post) -> None:
    """疑似人员"""
    before = post.figure("suspected"), post.figure("over")
    is_referred(post, "郑疑似", "suspected")
    assert (post.figure("suspected"), post.figure("over")) == (before[0] + 1, before[1])
    body = post.decided()
    assert "watch_refer:suspected" in body["reasons"]
    assert not any(reason.startswith("temperature") for reason in body["reasons"])
    assert body["temperature"]["verdict"] == "missing"


def test_r89_somebody_confirmed_is_referred_and_opens_a_case(post: Post) -> None:
    """疑似、确诊和与其有密切接触的人员"""
    is_referred(post, "韩确诊", "confirmed")


def test_r29_of_the_recovered_the_card_shows_whom_to_call(post: Post) -> None:
    """复阳 / 治愈出院 / 康复居家人员"""
    post.compare("in", "冯康复")
    (known,) = post.lane("in")["card"]["known"]
    assert (known["hits"][0]["watch"], known["hits"][0]["phone"]) == ("recovered", "023-66665678")
    view = post.measure("in")
    assert view["last"]["outcome"] == "admit"
    assert "watch_remind:recovered" in view["last"]["reasons"]
    assert 'data-call="023-66665678"' in post.kiosk("in")


def test_r91_returned_after_contact_with_a_source_is_a_class_of_its_own(post: Post) -> None:
    view = post.compare("in", "蒋返家")
    assert view["reasons"] == ["watch_hold:contact_returned"]
    assert "密切接触传染源后返家人员" in post.kiosk("in")
    post.left("in", view)


def test_r32_a_returnee_is_known_by_origin_arrival_and_transport(post: Post) -> None:
    """返渝人员"""
    view = post.compare("in", "陈返城")
    assert view["category"] == "returnee"
    assert view["reasons"] == ["access_hold:origin_here"]
    assert view["card"]["known"][0]["places"] == [{"region": "湖北省", "level": "listed"}]
    assert view["card"]["known"][0]["zone"] == "key"
    post.left("in", view)


def test_r34_the_same_origin_is_turned_back_outside_and_held_inside(post: Post) -> None:
    """未入渝不允许入渝、已入渝严格管控"""
    view = post.compare("in", "褚湖北")
    assert (view["last"]["outcome"], view["last"]["reasons"]) == ("turn_back", ["access_turn_back:origin"])
    inside = post.compare("in", "陈返城")
    assert (inside["stage"], inside["reasons"]) == ("hold", ["access_hold:origin_here"])
    post.left("in", inside)


def test_r35_turned_back_with_the_reason_origin(post: Post) -> None:
    """对湖北人员进行劝返"""
    post.compare("in", "褚湖北")
    body = post.decided()
    assert (body["outcome"], body["reasons"]) == ("turn_back", ["access_turn_back:origin"])
    assert "来自管控地区：劝返" in post.kiosk("in")


def test_r18_regions_are_a_dated_list_and_decisions_name_its_version(post: Post) -> None:
    """中高风险地区"""
    first = post.compare("in", "褚湖北")["last"]["passage"]
    lists = {}
    for row in post.gate.rows("passage.decided"):
        if row.body["passage"] == first:
            lists = next(p for p in row.body["evidence"] if p["t"] == "known")["lists"]
    newest = max(row.seq for row in post.gate.rows("register.entered") if row.body["register"] == "regions")
    assert lists["regions"] == newest


def test_r33_and_r93_what_is_due_is_said_at_the_next_passage(post: Post) -> None:
    view = post.cross("in", "沈到期")
    assert view["last"]["outcome"] == "admit"
    assert {"due:test", "due:vaccination"} <= set(view["last"]["reasons"])
    page = post.kiosk("in")
    assert "核酸检测" in page
    assert "加强针" in page


def test_r99_left_as_three_back_as_five_is_noticed(post: Post) -> None:
    """出门条"""
    three = ("王小明", "李小红", "王小军")
    for name in three:
        assert post.cross("out", name)["last"]["outcome"] == "admit"
    for name in three:
        assert post.cross("in", name)["last"]["outcome"] == "admit"
    fourth = post.cross("in", "王小明")
    assert (fourth["stage"], fourth["reasons"]) == ("hold", ["household_balance"])
    assert fourth["card"]["known"][0]["slip"] == [3, 3]
    assert 'data-slip="3-3"' in post.kiosk("in")
    assert post.decide("in", fourth, "admit", "known") == 200
    fifth = post.compare("in", "李小红")
    assert fifth["card"]["known"][0]["slip"] == [3, 4]
    post.left("in", fifth)
    household = fifth["card"]["known"][0]["household"]
    assert (
        post.change("correct", household=str(household), direction="out", count="1", why="other_gate")[0]
        == 303
    )
    assert 'data-out="4" data-back="4"' in post.browser.get(f"/access?household={household}")


def rules_text(post: Post) -> str:
    """Return the text of the rules as the page has it."""
    text = post.browser.get("/access").split('<textarea id="rules-text"', 1)[1].split(">", 1)[1]
    return html.unescape(text.split("</textarea>", 1)[0])


def test_r20_category_sets_are_named_dated_and_two_may_share_a_name(post: Post) -> None:
    """四类人员"""
    sets = """
[[set]]
id = "four_2020_02"
title = { zh_Hans = "四类人员", en = "The four classes (first)" }
categories = ["from_abroad"]
until = 2020-03-31
[[set]]
id = "four_2020_04"
title = { zh_Hans = "四类人员", en = "The four classes (second)" }
categories = ["resumed_worker"]
from = 2020-04-01
[[rule]]
id = "four"
title = { zh_Hans = "四类人员：核实", en = "One of the four classes: ask" }
then = "hold"
people = ["four_2020_02", "four_2020_04"]
"""
    rules = rules_text(post).replace(
        '[[rule]]\nid = "own_people"', sets.strip() + '\n[[rule]]\nid = "own_people"'
    )
    assert post.change("text", text=rules)[0] == 303, post.change("text", text=rules)[1][-2000:]
    # The first set is over, the second in force (R31 复工复产人员 is in it, R30 境外来人员 no longer).
    view = post.compare("in", "朱复工")
    assert view["reasons"] == ["access_hold:four"]
    post.left("in", view)
    assert post.cross("in", "杨境外")["stage"] == "ended"
    page = post.browser.get("/access")
    assert page.count("四类人员 (") == 2
    status, page = post.change(
        "text", text=rules.replace('then = "hold"', 'then = "maybe"').replace("closure =", "closur =")
    )
    assert status == 400
    assert page.count("<li>usual: ") >= 3  # every fault, and the old rules stay in force
    assert post.change("preset", name="usual")[0] == 303


def test_r21_people_zones_and_directions_are_told_apart_by_one_table(post: Post) -> None:
    """重点人群、重点区域、进出车辆分类管控"""
    line = """
[[rule]]
id = "key_zone"
title = { zh_Hans = "重点区域人员外出", en = "Somebody of a key zone goes out" }
then = "hold"
zones = ["key"]
directions = ["out"]
vehicle = false
"""
    rules = rules_text(post).replace(
        '[[rule]]\nid = "own_people"', line.strip() + '\n[[rule]]\nid = "own_people"'
    )
    assert post.change("text", text=rules)[0] == 303
    view = post.compare("out", "陈返城")
    assert "access_hold:key_zone" in view["reasons"]
    post.left("out", view)
    view = post.compare("in", "陈返城")
    assert "access_hold:key_zone" not in view["reasons"]
    assert post.cross("out", "赵大山")["last"]["outcome"] == "admit"
    page = post.browser.get("/access")
    assert "分级管控表" in page
    assert re.findall(r'data-rule="(\w+)"', page)[:3] == ["emergency", "key_zone", "own_people"]
    assert post.change("preset", name="usual")[0] == 303


def test_r31_a_resumed_worker_is_shown_with_the_employer(post: Post) -> None:
    """复工复产人员"""
    view = post.compare("in", "朱复工")
    assert view["category"] == "resumed_worker"
    assert "复工复产人员" in post.kiosk("in")
    assert view["card"]["known"][0]["personal"]["employer"] == "长江机械厂"
    body = json.dumps(
        [row.body for row in post.gate.rows("passage.decided", "passage.held")], ensure_ascii=False
    )
    assert "长江机械厂" not in body


def test_r17_places_of_an_itinerary_are_matched_with_the_list_of_regions(post: Post) -> None:
    """行程登记（外来办公人员）"""
    passage = post.begin("in")
    view = post.give("in", passage, itinerary="2月1日 浙江温州；2月5日 成都", roster=PEOPLE["朱复工"][0])
    assert view["reasons"] == ["access_hold:risk_area"]
    places = [place for one in view["card"]["known"] for place in one["places"]]
    assert places == [{"region": "温州市", "level": "high"}]
    assert "来自中高风险地区" in post.kiosk("in")
    assert post.decide("in", view, "admit", "supervisor") == 200
    assert [one["register"] for one in post.decided()["evidence"] if one["t"] == "known"] == [
        "people",
        "regions",
    ]


def test_every_decision_comes_out_the_same_when_it_is_decided_again(post: Post) -> None:
    with Journal.open(post.gate.store, create=False) as journal:
        reader = journal.reader()
        again = list(Replay(journal, reader).walk())
        reader.close()
    assert len(again) > 25
    assert [one for one in again if not one.same] == []


def test_the_counts_are_what_a_rebuild_of_the_journal_gives(post: Post) -> None:
    assert post.gate.stop() == 0
    assert post.gate.faults() == []
    with Journal.open(post.gate.store, create=False) as journal:
        assert journal.rebuild()
