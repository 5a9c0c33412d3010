"""A day in the life of a post, scene by scene, as `tests/system/test_day.py` plays it in short and
`./gate bench day` at full length. Each scene does what people do, and holds the gate to what came of it."""

import re
import uuid
from datetime import timedelta
from typing import Any

from tests.requirements.browsing import Person, cells
from tests.requirements.lanes import NUMBER
from tests.system.day import CODES, DRESSED, ISOLATED_ROOM, NOTE, PEOPLE, Post, answers
from tests.system.day_evening import evening, what_stands
from tests.system.day_peak import Peak, peak
from tests.waiting import until

CLINIC = "发热门诊 fever clinic"


def opening(post: Post) -> None:
    """七个一, and the sign-in of who is on duty: 无防护不上岗."""
    gate, door, boss = post.gate, post.person("door1"), post.person("boss")
    assert door.where("/kiosk/in") == "/duty/sign-in?lane=in", "the lane's page waits for somebody on duty"
    page = until(
        lambda: 'data-item="thermometer" data-seen="yes"' in (p := door.get("/duty/readiness")) and p,
        20,
        "the thermometer",
    )
    assert page
    words = ("宣传栏", "宣传台", "小喇叭", "志愿者/保安", "外来人员登记本", "测温仪", "横幅")
    assert all(word in page for word in words)
    ticks = ["board", "desk", "guard", "banner"]
    assert door.send("/duty/readiness", "/duty/readiness", post="北门", item=ticks)[0] == 303
    post.counted["register.readiness.entered"] += 1
    until(lambda: "duty_uncovered" in gate.problems(), 20, "the empty post to be told of")
    bare = {"post": "北门", "lane": "in", "role": ["community_worker", "scanner"], "value": "36.4"}
    status, page = door.send("/duty/sign-in", "/duty/sign-in", **bare, equipment=["口罩 mask"])
    assert (status, cells(page, "data-error")) == (409, ["duty_incomplete"])
    assert sign_in(post, "door1") == 303
    until(lambda: "duty_uncovered" not in gate.problems(), 20, "somebody to be there")
    post.counted["duty.uncovered"] += 2
    assert door.where("/kiosk/in") == "", "the page of the lane is open"
    assert cells(boss.get("/duty"), "data-missing")[0] == "", "nothing of the seven is missing"


def sign_in(post: Post, account: str, **more: Any) -> int:
    """Somebody comes on duty, dressed and well; return the status of the page."""
    form = {"post": "北门", "lane": "in", "role": ["community_worker", "scanner"], "value": "36.4"}
    status, _ = post.person(account).send(
        "/duty/sign-in", "/duty/sign-in", **form, equipment=list(DRESSED), **more
    )
    post.counted["register.signin.entered"] += status == 303
    return status


def visitor(post: Post) -> None:
    """来访预登记: the household announces somebody by a link; at the gate they are known."""
    boss = post.person("boss")
    number = post.api("rosters/households", manager=True, values={"building": "9栋", "room": "901"})["number"]
    post.counted["register.households.entered"] += 1
    status, page = boss.send(
        "/registers/people", f"/registers/households/{number}/visit-link", hours="24", most="1"
    )
    assert status == 200, page
    link = re.search(r'value="https?://[^/"]+(/visit/[^"]+)"', page)
    assert link is not None
    stranger = Stranger(post.gate)
    phone = "13800020001"
    assert "来访预登记" in stranger.get(link[1])
    assert stranger.send(link[1], link[1], name="访客甲", phone=phone)[0] == 200
    post.counted["register.people.entered"] += 1
    lane = post["in"]
    passage = lane.begin()
    assert lane.give(roster=phone, mask="on")[0] == 200
    assert lane.view()["category"] == "visitor"
    post.measured("in")
    body = post.ended("in", passage, "admit")
    assert body["category"] == "visitor"


class Stranger(Person):
    """Somebody's own browser, without an account."""

    def __init__(self, gate: Any) -> None:
        self.gate, self._cookie, self._language = gate, "", "zh_Hans"


def customer(post: Post, *codes: str) -> int:
    """Somebody steps into the pharmacy with a mask on and shows codes; return the passage."""
    lane = post["shop"]
    passage = lane.begin()
    lane.give(mask="on")
    for code in codes:
        lane.show(code)
    return passage


def pharmacy(post: Post) -> None:
    """一戴二亮三测四扫五登记, and the form of who buys medicine for a cough: it stands in its ledger."""
    lane = post["shop"]
    passage = customer(post, "green", "trip")
    lane.reaches("codes", "done")
    post.measured("shop", 36.7)
    lane.give(venue="confirmed")
    lane.give(buys="yes")
    assert lane.asked() == {"symptoms", "name", "phone", "patient", "medicine", "quantity"}
    bought = {"symptoms": "cough", "medicine": "止咳糖浆", "quantity": "2"}
    assert lane.give(**bought, name=CODES["green"]["name"], phone=CODES["green"]["phone"])[0] == 200
    body = post.ended("shop", passage, "admit")
    assert bought.items() <= answers(body).items()
    post.counted["venue.confirmed"] += 1
    page = post.person("boss").get("/registers/medicine/passages")
    assert page.count("止咳糖浆") == 1
    assert CODES["green"]["name"] not in page, "names are opened on purpose only"


def fever(post: Post) -> None:
    """Over the threshold, a rest, over it again: handed over to a unit that says it has the person."""
    lane, stage = post["in"], post.stages["in"]
    passage = lane.begin()
    lane.give(roster=PEOPLE["林发热"][0], mask="on")
    stage.stand(38.4)
    until(lambda: lane.view()["stage"] == "hold", 20, "the hold")
    assert lane.post("park", passage=passage, why="rest")[0] == 200
    stage.away()
    until(lambda: lane.view()["parked"][0]["rest_left_s"] == 0, 20, "the rest")
    assert lane.post("resume", passage=passage)[0] == 200
    stage.stand(38.1)
    body = post.ended("in", passage, "refer")
    stage.away()
    assert body["second"] is True
    post.counted.update({"over": 1, "measured_twice": 1})
    number = case_of(post, passage)
    post.api(f"cases/{number}/hand-over", unit=CLINIC)
    assert post["in"].view()["cases"] == []
    post.api(f"cases/{number}/acknowledge", who="王护士", manager=True)
    post.counted.update({"cases.handed_over": 1, "cases.acknowledged": 1})


def case_of(post: Post, passage: int) -> int:
    """Return the case that was opened for a passage, and count it."""
    (row,) = [row for row in post.gate.rows("case.opened") if row.body["passage"] == passage]
    post.counted["cases.opened"] += 1
    return int(row.body["case"])


def isolated_at_the_exit(post: Post) -> None:
    """居家隔离人员: an alarm, a hold, and no word on the page but to wait."""
    lane = post["out"]
    passage = lane.begin()
    lane.give(roster=PEOPLE["孙隔离"][0])
    assert lane.view()["stage"] == "hold"
    assert {"watch_hold:isolated", "watch_alarm:isolated"} == set(lane.view()["reasons"])
    (alarm,) = post.gate.rows("access.alarmed")
    assert alarm.body["direction"] == "out"
    seen = lane.page().partition('<dialog id="d-card"')[0]
    assert "请稍候" in seen
    assert "隔离" not in seen.replace("孙隔离", "")
    assert lane.decide("admit", "known")[0] == 403, "not for an attendant to say"
    assert lane.decide("turn_back", "sent_back")[0] == 200
    post.ended("out", passage, "turn_back")
    assert "隔离" not in lane.page().partition('<dialog id="d-card"')[0].replace("孙隔离", "")
    post.counted["gap.without_temperature"] += 1
    case_of(post, passage)


def outage(post: Post) -> None:
    """The code platform is stopped: nobody is green by a code. The telephone is looked at, and that is what
    the row says. Then it is started again; `back_again` sees it come back."""
    lane = post["shop"]
    post.platform_goes()
    # Somebody refreshes both codes again and again, as people do.
    passage = customer(post, *("green", "trip") * 3)
    lane.reaches("codes", "failed")
    post.measured("shop", 36.5)
    lane.give(venue="confirmed")
    lane.give(buys="no")
    assert lane.view()["passage"] == passage, "nobody is admitted on a code that nobody answered for"
    assert "phone_shows" in lane.asked()
    until(lambda: "platform_absent" in post.gate.problems(), 20, "the outage on /readyz")
    lane.give(phone_shows="green")
    body = post.ended("shop", passage, "admit")
    codes = [piece for piece in body["evidence"] if piece["t"] == "code"]
    assert codes
    assert [piece for piece in codes if piece["verdict"] == "valid" or piece["subject"]] == []
    assert answers(body)["phone_shows"] == "green"
    post.platform_comes()
    post.counted["venue.confirmed"] += 1
    post.counted["devices.lost"] += 2


def back_again(post: Post) -> None:
    """The platform answers again by itself: late answers stand beside the passage, and codes count again."""
    lane = post["shop"]
    until(
        lambda: not any(problem.startswith("platform_") for problem in post.gate.problems()),
        60,
        f"its return: {post.gate.ready()}",
    )
    passage = customer(post, "green", "trip")
    lane.reaches("codes", "done")
    post.measured("shop", 36.5)
    lane.give(venue="confirmed")
    lane.give(buys="no")
    body = post.ended("shop", passage, "admit")
    said = [piece["verdict"] for piece in body["evidence"] if piece["t"] == "code" and piece["subject"]]
    assert set(said) == {"valid"}
    late = post.gate.rows("code.answered")
    assert late
    assert {row.body["passage"] for row in late} < {
        row.body["passage"] for row in post.gate.rows("passage.decided")
    }
    post.counted["venue.confirmed"] += 1
    post.counted["devices.back"] += 2


def deliveries(post: Post) -> None:
    """给隔离户送东西的人可以通行; a courier nobody knows says what for and passes."""
    lane = post["in"]
    today = post.day
    fields = {"room": ISOLATED_ROOM, "name": "孙隔离", "kind": "isolated", "unit": "街道防控办"}
    fields |= {"from": today.isoformat(), "until": (today + timedelta(days=13)).isoformat()}
    number = post.api("registers/isolated", manager=True, fields=fields)["entry"]
    post.counted["register.isolated.entered"] += 1
    visit = lane.begin()
    lane.give(roster=PEOPLE["钱代购"][0], room=ISOLATED_ROOM)
    assert "watch_hold:isolated" in lane.view()["reasons"], "a mere visit is held"
    lane.decide("abandoned", "left")
    post.ended("in", visit, "abandoned")
    passage = lane.begin()
    # A neighbour who buys for them: known first, then where to, then what for.
    lane.give(roster=PEOPLE["钱代购"][0])
    lane.give(room=ISOLATED_ROOM)
    assert "watch_hold:isolated" in lane.view()["reasons"]
    lane.give(purpose="delivery", mask="on")
    assert lane.view()["reasons"] == []
    post.measured("in")
    assert answers(post.ended("in", passage, "admit"))["purpose"] == "delivery"
    post.api(f"registers/isolated/{number}/tick", task="delivery")
    post.counted.update({"register.tasks.entered": 1, "tasks.isolated.done": 1})
    tasks = post.gate.get("/api/v1/tasks")[1]["tasks"]
    assert [t["state"] for t in tasks if (t["register"], t["task"]) == ("isolated", "delivery")] == ["done"]
    passage = lane.begin()
    told = {"name": "快递某", "id_number": NUMBER, "phone": "13800020003", "room": "4-101"}
    lane.give(**told, purpose="courier", mask="on")
    post.measured("in")
    assert answers(post.ended("in", passage, "admit"))["purpose"] == "courier"


def quarrel(post: Post) -> None:
    """争吵纠纷: one tap calls, and the incident says who came."""
    door = post.person("door1")
    kiosk = door.get("/kiosk/in")
    assert 'id="call-quarrel"' in kiosk
    given = {"csrf_token": door.token("/kiosk/in"), "command_id": uuid.uuid4().hex}
    given |= {"lane": "in", "kind": "quarrel"}
    status, where = door.post("/incidents", given)
    assert status == 303, where
    assert door.post("/incidents", given) == (303, where), "a repeated tap calls once"
    for step in ("called", "came"):
        assert door.send(where, f"{where}/step", step=step, role="police")[0] == 303
    assert "民警" in door.get(where).split('id="came"')[1].split("</dd>")[0]
    assert door.send(where, f"{where}/end", result="settled")[0] == 303
    (found,) = post.gate.get("/api/v1/incidents")[1]["incidents"]
    assert (found["kind"], found["open"], found["result"]) == ("quarrel", False, "settled")
    post.counted.update({"register.incidents.entered": 1, "register.incidents.ended": 1})
    post.counted["register.incidents.amended"] += 2


def inspection(post: Post) -> None:
    """督导检查: a finding that is not put right at once is looked at again."""
    boss = post.person("boss")
    head = {"squad": "squad_1", "kind": "secret", "place": "某某茶馆"}
    fields = head | {"findings": ["no_venue_code", "no_mask"], "fixed": ["no_mask"]}
    fields |= {"measure": "rectify", "recheck": post.day.isoformat()}
    number = post.api("registers/inspection", manager=True, fields=fields)["entry"]
    assert "未张贴场所码（无码不经营）" in boss.get("/registers/inspection")
    again = head | {"kind": "again", "findings": ["no_venue_code"], "fixed": ["no_venue_code"]}
    post.api(f"registers/inspection/{number}/amend", manager=True, fields=again)
    post.api(f"registers/inspection/{number}/end", manager=True, why="in_order")
    for step in ("entered", "amended", "ended"):
        post.counted[f"register.inspection.{step}"] += 1
    post.counted.update({"visits.inspection": 1, "places.inspection": 1})


def shift_change(post: Post) -> None:
    """交接班: the bench goes to the next shift with the note, and has to be read."""
    lane, door, heir = post["in"], post.person("door1"), post.person("door2")
    passage = lane.begin()
    lane.give(roster=PEOPLE["郑候检"][0])
    assert lane.post("park", passage=passage, why="handed")[0] == 200
    ticket = lane.view()["parked"][0]["ticket"]
    (on_duty,) = post.gate.get("/api/v1/duty")[1]["on_duty"]
    leave = f"/duty/sign-out/{on_duty['signin']}"
    assert f"in {ticket}" in door.get(leave).split('id="left-bench"')[1].split("</dd>")[0]
    assert door.send(leave, leave, note=NOTE)[0] == 303
    notes = heir.get("/duty/sign-in?lane=in").split('id="notes"')[1]
    assert NOTE in notes
    assert f"in {ticket}" in notes
    assert sign_in(post, "door2") == 409, "the note was not read"
    assert sign_in(post, "door2", read=post.gate.get("/api/v1/duty")[1]["notes"]) == 303
    assert post.gate.get("/api/v1/duty")[1]["notes"] == []
    post.counted.update({"register.signin.ended": 1, "register.handover.entered": 1})
    post.counted["register.handover.ended"] += 1


def power_cut(post: Post) -> None:
    """断电: whoever sat on the bench sits there, and so does whoever was held; no row is lost; of somebody
    who had only stepped up nothing had been said yet, and they begin again."""
    lane, out = post["in"], post["out"]
    (waiting,) = lane.view()["parked"]
    held = lane.begin()
    lane.give(roster=PEOPLE["吴停电"][0], name="某某他人")
    assert lane.view()["stage"] == "hold"
    out.begin()
    before = [(row.seq, row.body_text) for row in post.gate.rows()]
    post.gate.kill()
    post.start()
    assert [(row.seq, row.body_text) for row in post.gate.rows()][: len(before)] == before
    assert [one["passage"] for one in lane.view()["parked"]] == [waiting["passage"], held]
    assert out.view()["passage"] is None
    assert lane.post("resume", passage=waiting["passage"])[0] == 200
    lane.give(mask="on")
    post.measured("in")
    post.ended("in", waiting["passage"], "admit")
    assert lane.post("resume", passage=held)[0] == 200
    lane.decide("abandoned", "left")
    post.ended("in", held, "abandoned")
    passage = out.begin()
    out.give(roster=PEOPLE["周户主"][0], mask="on", purpose="shopping")
    post.measured("out")
    post.ended("out", passage, "admit")
    duty = post.gate.get("/api/v1/duty")[1]["on_duty"]
    assert [one["account"] for one in duty] == ["door2"], "who is on duty still is"


def whole_day(post: Post, people: int, every_s: float) -> tuple[Peak, dict[str, int]]:
    """Play the day through; return what came of the peak, and the figures of the report."""
    for scene in (opening, pharmacy, outage):
        scene(post)
    # The fast lane asks no platform: whether that one is back does not matter to it.
    morning = peak(post, people, every_s)
    for scene in (back_again, visitor, fever, isolated_at_the_exit, deliveries, quarrel):
        scene(post)
    for scene in (inspection, shift_change, power_cut):
        scene(post)
    figures = evening(post)
    what_stands(post)
    return morning, figures
