"""R1 to R10, R13 to R17, R38, R76, R83 and R85: the procedures that ship, each worked by one attendant at a
lane of a real gate."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zxingcpp

from edge import procedures
from edge.domain.itinerary import places
from edge.journal import Journal
from edge.replay import Replay
from tests.paths import ROOT
from tests.requirements.lanes import NUMBER, VENUE, Lane, Street, shipped, street
from tests.system.test_temperature_page import Manager
from tests.waiting import until

pytestmark = [pytest.mark.requirements, pytest.mark.system]

EQUIPPED = ("in", "r3", "r4", "pharmacy", "market")
LANES = (
    ("in", "in", "compound"),
    ("out", "out", "compound"),
    ("strict", "in", "strict"),
    *((name, "in", name) for name in ("r1", "r2", "r3", "r4", "pharmacy", "r7", "r8", "market")),
    *((name, "in", name) for name in ("r11", "r12", "office", "boundary", "hotel")),
)
ROOM = 'en = "Building and room (whom to see)" }\n'
TRAVELLED = """
[[step.question]]
id = "travelled"
kind = "itinerary"
personal = true
days = 14
required = false
title = { zh_Hans = "去过哪里", en = "Places" }
"""
STRICT = (
    shipped("compound")
    .replace("no_code_no_passage = false", "no_code_no_passage = true")
    .replace(ROOM, ROOM + TRAVELLED)
)
UNIT = "发热门诊 fever clinic"
REGISTERED = {"name": "李晓", "phone": "无"}


@pytest.fixture(scope="module")
def gates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    with street(tmp_path_factory.mktemp("steps"), LANES, EQUIPPED, {"strict": STRICT}) as found:
        yield found


@pytest.fixture(autouse=True)
def _empty(gates: Street) -> Iterator[None]:
    yield
    for name, _direction, _procedure in LANES:
        gates[name].gone()


def ended(lane: Lane, passage: int) -> dict[str, Any]:
    """Return the body of the row in which a passage ended."""
    until(lambda: (lane.view()["last"] or {}).get("passage") == passage, 40, f"{lane.name}: {lane.view()}")
    return dict(lane.row(passage).body)


def answers(body: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(p["question"], p.get("value")) for p in body["evidence"] if p["t"] == "answer"]


def test_r01_check_measure_register_then_a_case_until_it_is_closed(gates: Street) -> None:
    lane = gates["r1"]
    assert lane.view()["procedure"]["title"]["zh_Hans"] == "一查二测三登记四对接五跟踪六管控"
    passage = lane.begin()
    assert lane.asked() == {"id_number", "helper", "name", "phone", "room"}
    assert [step["id"] for step in lane.view()["steps"]] == ["check", "temperature", "register"]
    lane.give(id_number=NUMBER)
    lane.give(temperature_contact="36.6")
    assert lane.view()["last"] is None
    assert lane.give(**REGISTERED, room="3-502")[0] == 200
    assert ended(lane, passage)["outcome"] == "admit"
    hot = lane.begin()
    lane.give(id_number=NUMBER)
    lane.give(temperature_contact="38.4")
    lane.post("park", passage=hot, why="rest")
    until(lambda: lane.view()["parked"][0]["rest_left_s"] == 0, 40, "the rest")
    assert lane.post("resume", passage=hot)[0] == 200
    lane.give(temperature_contact="38.3")
    body = ended(lane, hot)
    assert body["outcome"] == "refer"
    [case] = [row for row in gates.gate.rows("case.opened") if row.body["passage"] == hot]
    assert case.body["why"] == ["temperature_over_threshold"]
    number = case.body["case"]
    assert [open_case["case"] for open_case in lane.view()["cases"]] == [number]
    for what, body in (
        ("hand-over", {"unit": UNIT}),  # 四对接
        ("acknowledge", {"who": "王护士"}),
        ("follow-up", {"what": "at_clinic"}),  # 五跟踪
        ("follow-up", {"what": "controlled"}),  # 六管控
        ("close", {"result": "confirmed"}),
    ):
        assert gates.boss(f"cases/{number}/{what}", **body)[0] == 200
    assert lane.view()["cases"] == []
    kinds = [row.kind for row in gates.gate.rows() if row.body.get("case") == number]
    assert kinds == [
        *("case.opened", "case.handed_over", "case.acknowledged", "case.followed_up", "case.followed_up"),
        "case.closed",
    ]


def test_r02_check_measure_register_people_and_vehicles_apart(gates: Street) -> None:
    lane = gates["r2"]
    passage = lane.begin()
    assert [step["title"]["zh_Hans"] for step in lane.view()["steps"]] == [
        "一检：人员",
        "二测：体温",
        "三登记",
    ]
    lane.give(id_number=NUMBER, temperature_contact="36.5", **REGISTERED, room="2-101")
    assert ended(lane, passage)["outcome"] == "admit"


def test_r03_temperature_code_questions_register_in_this_order(gates: Street) -> None:
    lane = gates["r3"]
    lane.stage.stand(36.6)
    passage = until(lambda: lane.view()["passage"], 40, "somebody")
    lane.reaches("temperature", "done")
    assert lane.asked() >= {"id_number"}
    assert "symptoms" in lane.asked(), "what may stand for a code is asked beside what comes next"
    lane.show("green")
    lane.reaches("code", "done")
    taps = {"from": "here", "symptoms": "none", "contact": "no", "purpose": "home"}
    assert lane.asked() == set(taps)
    lane.give(**taps)
    assert lane.asked() == {"name", "phone"}
    lane.give(name="欧阳某某", phone="13812341234")
    body = ended(lane, passage)
    assert body["outcome"] == "admit"
    assert set(taps.items()) <= set(answers(body))


def test_r04_nobody_is_admitted_with_a_must_missing_but_by_name_and_reason(gates: Street) -> None:
    lane = gates["r4"]
    given = {"id_number": NUMBER, "name": "李晓", "phone": "无", "mask": "on"}
    for left_out in ("id_number", "name", "mask", "temperature"):
        passage = lane.begin()
        lane.give(**{k: v for k, v in given.items() if k != left_out})
        if left_out != "temperature":
            lane.give(temperature_contact="36.6")
        assert lane.view()["passage"] == passage, f"admitted without {left_out}"
        assert lane.decide("admit", "")[0] == 400
        assert lane.decide("admit", "known")[0] == 200
        body = ended(lane, passage)
        assert (body["outcome"], body["by"], body["chosen"], body["override"]) == (
            *("admit", "door1", "known"),
            True,
        )
        assert "must_missing" in body["reasons"]
        assert sum(body["musts_met"].values()) == 3
    passage = lane.begin()
    lane.give(**given)
    lane.stage.stand(36.6)
    body = ended(lane, passage)
    assert (body["outcome"], set(body["musts_met"].values())) == ("admit", {True})
    assert body.get("override") is None
    lane.gone()
    hot = lane.begin()
    lane.give(**given, temperature_contact="38.6")
    lane.post("park", passage=hot, why="rest")
    until(lambda: lane.view()["parked"][0]["rest_left_s"] == 0, 40, "the rest")
    lane.post("resume", passage=hot)
    lane.give(temperature_contact="38.4")
    body = ended(lane, hot)
    assert (body["outcome"], body["musts"]["temperature"]) == ("refer", False)
    assert body["musts_met"]["temperature"] is True, "somebody over the threshold was measured"


def pharmacy(gates: Street) -> Lane:
    """Somebody steps into the pharmacy with a mask on, and shows a green health code."""
    lane = gates["pharmacy"]
    lane.begin()
    assert lane.asked() == {"mask"}
    lane.give(mask="on")
    lane.show("green")
    until(lambda: lane.reaches("codes", "missing")["reasons"], 40, "what is lacking")
    return lane


def test_r05_mask_two_codes_temperature_venue_code_and_purchase(gates: Street) -> None:
    lane = pharmacy(gates)
    passage = lane.view()["passage"]
    assert lane.reaches("codes", "missing")["reasons"] == ["code_not_accepted:needs_itinerary"]
    assert "请出示健康码和行程码" in json.dumps(lane.view()["say"], ensure_ascii=False)
    lane.show("trip")
    lane.reaches("codes", "done")
    lane.stage.stand(36.6)
    lane.reaches("temperature", "done")
    assert lane.asked() == {"venue"}
    assert "场所码" in lane.page()
    lane.give(venue="confirmed")
    assert lane.asked() == {"buys"}
    lane.give(buys="no")
    body = ended(lane, passage)
    assert body["outcome"] == "admit"
    assert [name for name, _value in answers(body)] == ["mask", "venue", "buys"]
    assert {p["carrier"] for p in body["evidence"] if p["t"] == "code"} == {"china_health", "china_itinerary"}


def test_r06_whoever_buys_medicine_for_a_fever_fills_the_purchase_form(gates: Street) -> None:
    lane = gates["pharmacy"]
    passage = lane.begin()
    lane.give(mask="on")
    lane.give(id_number=NUMBER)
    lane.give(temperature_contact="36.9")
    lane.give(venue="no_phone")
    assert lane.state("purchase") == ""
    lane.give(buys="yes")
    assert lane.asked() == {"symptoms", "name", "phone", "patient", "medicine", "quantity"}
    assert "发烧咳嗽购药登记" in lane.page()
    lane.give(symptoms="cough")
    written = {"name": "李晓", "phone": "13800000000", "medicine": "止咳糖浆"}
    assert lane.give(**written, quantity="two")[0] == 400
    lane.give(**written, patient="李小晓", quantity="2")
    body = ended(lane, passage)
    assert body["outcome"] == "admit"
    assert {("symptoms", "cough"), ("medicine", "止咳糖浆"), ("quantity", "2")} <= set(answers(body))
    assert body["temperature"]["body_mdegc"] == 36_900
    for hidden in ("李晓", "李小晓", "13800000000", NUMBER):
        assert hidden not in json.dumps(body, ensure_ascii=False)


def test_r07_people_from_elsewhere_are_measured_show_a_code_and_register(gates: Street) -> None:
    lane = gates["r7"]
    assert "外来车辆及人员" in lane.view()["procedure"]["title"]["zh_Hans"]
    passage = lane.begin()
    assert [s["title"]["zh_Hans"] for s in lane.view()["steps"]] == ["测温", "扫码", "个人信息登记"]
    lane.give(temperature_contact="36.4")
    lane.give(helper="赵一")
    lane.give(**REGISTERED, from_place="邻县")
    assert ended(lane, passage)["outcome"] == "admit"


def test_r08_the_leaflet_is_one_tap_and_stands_in_the_row(gates: Street) -> None:
    lane = gates["r8"]
    passage = lane.begin()
    lane.give(id_number=NUMBER, temperature_contact="36.4", **REGISTERED, room="街上")
    assert lane.asked() == {"leaflet"}
    assert "发放宣传单" in lane.page()
    assert 'id="tap-leaflet-yes"' in lane.page()
    lane.give(leaflet="yes")
    body = ended(lane, passage)
    assert ("leaflet", "yes") in answers(body)
    assert body["outcome"] == "admit"


def test_r09_everybody_is_measured_on_the_way_in_and_on_the_way_out(gates: Street) -> None:
    for name in ("in", "out"):
        lane = gates[name]
        passage = lane.begin()
        lane.give(id_number=NUMBER, mask="on", **REGISTERED, room="3-502")
        assert lane.view()["passage"] == passage, "not without a temperature"
        if name == "in":
            lane.stage.stand(36.6)
        else:
            lane.give(temperature_contact="36.6")
        body = ended(lane, passage)
        assert (body["outcome"], body["direction"], body["temperature"]["verdict"]) == (
            "admit",
            name,
            "normal",
        )


def test_r10_who_wears_no_mask_is_reminded_and_puts_it_on_or_goes(gates: Street) -> None:
    lane = gates["market"]
    lane.stage.stand(36.6)
    passage = until(lambda: lane.view()["passage"], 40, "somebody")
    lane.reaches("temperature", "done")
    lane.give(mask="reminded")
    assert lane.asked() == {"mask"}, "reminded is not yet on"
    lane.give(mask="on")
    body = ended(lane, passage)
    assert (body["outcome"], answers(body)) == ("admit", [("mask", "reminded"), ("mask", "on")])
    lane.gone()
    passage = lane.begin()
    lane.give(mask="refused")
    body = ended(lane, passage)
    assert (body["outcome"], body["reasons"]) == ("turn_back", ["answer_turn_back:mask"])


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        ("green", "done", ""),
        ("red", "failed", "code_not_accepted:health_red"),
        ("yellow", "failed", "code_not_accepted:health_yellow"),
        ("old", "failed", "code_expired"),
        ("failed", "failed", "code_unverified"),
        ("nobody", "failed", "code_unverified"),
    ],
)
def test_r13_every_colour_and_every_silence_of_a_health_code_is_told_apart(
    gates: Street, code: str, state: str, reason: str
) -> None:
    lane = gates["in"]
    passage = lane.begin()
    lane.show(code)
    step = lane.reaches("check", state)
    assert step["reasons"] == ([reason] if reason else [])
    lane.decide("turn_back", "not_allowed")
    [piece] = [
        p for p in ended(lane, passage)["evidence"] if p["t"] == "code" and p.get("reason") != "ask_platform"
    ]
    assert piece["carrier"] == "china_health"


def test_r14_the_itinerary_code_must_be_the_same_persons_or_be_seen_by_the_attendant(gates: Street) -> None:
    lane = pharmacy(gates)
    lane.show("other_trip")
    until(lambda: "second_identity" in lane.view()["reasons"], 40, "the second person")
    assert lane.view()["stage"] == "hold"
    lane.gone()
    lane = pharmacy(gates)
    lane.show("starred")
    assert lane.reaches("codes", "failed")["reasons"] == ["code_not_accepted:itinerary_orange"]
    lane.gone()
    lane = pharmacy(gates)
    assert "itinerary_seen" in lane.asked()
    lane.give(itinerary_seen="green")
    lane.reaches("codes", "done")
    lane.gone()
    lane = pharmacy(gates)
    lane.show("bare_trip")
    nobodys = ["code_not_accepted:needs_same_person"]
    until(lambda: lane.reaches("codes", "missing")["reasons"] == nobodys, 40, "whose the codes are")
    lane.give(itinerary_seen="green")
    lane.reaches("codes", "done")
    lane.gone()
    lane = gates["pharmacy"]
    lane.begin()
    lane.give(mask="on", itinerary_seen="green")
    assert lane.state("codes") == "missing", "the itinerary seen stands for the itinerary code alone"


def test_r15_the_attendant_confirms_what_the_phone_shows_of_the_venue_code(gates: Street) -> None:
    lane = gates["pharmacy"]
    passage = lane.begin()
    lane.give(mask="on", id_number=NUMBER, temperature_contact="36.6", buys="no")
    assert lane.view()["passage"] == passage
    lane.give(venue="stopped")
    assert lane.view()["reasons"] == ["answer_hold:venue"]
    lane.give(venue="confirmed")
    assert ended(lane, passage)["outcome"] == "admit"
    page = Manager(gates.gate).page("/venue")
    assert "场所码" in page
    assert read_by_a_phone(page) == VENUE


def read_by_a_phone(page: str) -> str:
    """Return what the code says that a page shows, found in its drawing as a camera would."""
    drawn = re.search(r'<path[^>]* d="([^"]+)"', page)
    assert drawn is not None
    modules = np.full((60, 60), 255, np.uint8)
    x = y = 0.0
    for letter, numbers in re.findall(r"([Mmh])([-0-9. ]+)", drawn[1]):
        values = [float(value) for value in numbers.split()]
        if letter == "h":
            modules[int(y), int(x) : int(x + values[0])] = 0
            x += values[0]
        else:
            x, y = (values[0], values[1]) if letter == "M" else (x + values[0], y + values[1])
    [found] = zxingcpp.read_barcodes(np.kron(modules, np.ones((6, 6), np.uint8)))
    return str(found.text)


def test_r16_no_code_no_passage_stands_beside_the_lawful_way(gates: Street) -> None:
    lane = gates["strict"]
    given = {"mask": "on", "temperature_contact": "36.6", **REGISTERED, "room": "3-502"}
    passage = lane.begin()
    lane.give(**given)
    status, told = lane.decide("admit", "known")
    assert (status, told["error"]) == (409, "code_needed")
    assert "无码不通行" in told["message"]["zh_Hans"]
    lane.give(id_number=NUMBER)
    body = ended(lane, passage)
    assert (body["outcome"], body.get("override")) == ("admit", None)
    off = gates["out"]
    passage = off.begin()
    off.give(**given)
    assert off.decide("admit", "known")[0] == 200, "with the switch off it is the attendant's word and name"
    assert ended(off, passage)["override"] is True


def test_r17_visitors_of_an_office_tell_where_they_were(gates: Street) -> None:
    lane = gates["office"]
    passage = lane.begin()
    lane.give(id_number=NUMBER, temperature_contact="36.6", mask="on")
    [asked] = [entry for entry in lane.view()["ask"] if entry["id"] == "places"]
    assert (asked["kind"], asked["days"]) == ("itinerary", 14)
    assert "行程登记（外来办公人员）" in lane.page()
    assert lane.give(name="李晓", places="；", room="三楼")[0] == 400
    lane.give(name="李晓", places="成都市，重庆市渝北区、成都市", room="三楼")
    row = lane.row(passage)
    assert "成都" not in row.body_text
    with Journal.open(gates.gate.store, create=False) as journal:
        sealed = journal.unseal(row) or {}
    told = [piece["value"] for piece in sealed["evidence"].values() if "成都" in piece.get("value", "")]
    assert [places(value) for value in told] == [("成都市", "重庆市渝北区")]


@pytest.mark.parametrize(
    ("name", "question", "told"),
    [
        ("r7", "from_place", "某险市"),
        ("office", "places", "成都、某险"),
        ("strict", "travelled", "某险市某区"),
    ],
)
def test_r17_r18_wherever_somebody_says_where_they_were_the_list_of_regions_is_asked(
    gates: Street, name: str, question: str, told: str
) -> None:
    """中高风险地区: in a preset's own question, and in one that a site named itself"""
    if not gates.gate.rows("register.entered"):
        assert gates.boss("rosters/regions", values={"region": "某险市", "level": "高风险"})[0] == 200
    lane = gates[name]
    passage = lane.begin()
    lane.give(id_number=NUMBER, temperature_contact="36.4")
    assert lane.give(name="李晓", **{question: told})[0] == 200
    view = lane.view()
    assert (view["passage"], view["stage"], view["reasons"]) == (passage, "hold", ["access_hold:risk_area"])


def test_r36_whoever_seems_suspected_is_flagged_so_by_one_tap_in_every_preset(gates: Street) -> None:
    """疑似人员"""
    for name in procedures.names([procedures.SHIPPED]):
        offered = {one.value: one for one in procedures.parse(name, shipped(name)).reasons}
        assert "suspected" in offered, name
    lane = gates["in"]
    passage = lane.begin()
    assert 'id="refer-suspected"' in lane.page()
    assert lane.decide("refer", "suspected")[0] == 200
    body = ended(lane, passage)
    assert (body["outcome"], body["chosen"]) == ("refer", "suspected")


def test_r38_staff_wear_a_mask_as_customers_do(gates: Street) -> None:
    lane = gates["in"]
    lane.stage.show(gates.issue("staff", "钱多多"))
    passage = until(lambda: lane.view()["passage"], 40, "the member of staff")
    lane.reaches("register", "done")
    lane.give(temperature_contact="36.6")
    assert lane.asked() == {"mask"}
    lane.give(mask="refused")
    body = ended(lane, passage)
    assert (body["category"], body["outcome"]) == ("staff", "turn_back")


@pytest.mark.parametrize("name", ["in", "r1", "r3", "r4", "r7", "r8", "r11", "r12", "office"])
def test_r76_without_a_phone_four_inputs_do_also_where_somebody_else_enters_them(
    gates: Street, name: str
) -> None:
    lane = gates[name]
    passage = lane.begin()
    lane.give(helper="赵一")
    asked, typed = {"temperature_contact"}, 1
    while (view := lane.view())["passage"] == passage and len(asked) < 30:
        if (new := [e for e in view["ask"] if not e["instead"] and e["id"] not in asked]) == []:
            lane.give(temperature_contact="36.6")
            break
        for entry in new:
            asked.add(entry["id"])
            if entry["choices"]:
                lane.give(**{entry["id"]: entry["choices"][0]["value"]})
            elif entry["kind"] == "tick":
                lane.give(**{entry["id"]: "yes"})
            elif entry["required"]:
                typed += 1
        written = {e["id"]: "无" for e in new if not e["choices"] and e["kind"] != "tick" and e["required"]}
        if written:
            lane.give(**written)
    if lane.view()["passage"] == passage:
        lane.give(temperature_contact="36.6")
    body = ended(lane, passage)
    assert body["outcome"] == "admit"
    assert typed <= procedures.MOST_INPUTS
    [helped] = [p for p in body["evidence"] if p.get("question") == "helper"]
    assert (helped["by"], "value" in helped) == ("door1", False), (
        "who enters is written, their name is sealed"
    )
    with Journal.open(gates.gate.store, create=False) as journal:
        sealed = json.dumps(journal.unseal(lane.row(passage)), ensure_ascii=False)
    assert "赵一" in sealed


def test_r83_why_out_is_asked_on_the_way_out_and_nobody_waits_for_it(gates: Street) -> None:
    inside, lane = gates["in"], gates["out"]
    inside.begin()
    assert inside.state("purpose_out") == ""
    passage = lane.begin()
    assert "无事不出门" in lane.page()
    lane.give(purpose_out="shopping")
    lane.give(id_number=NUMBER, mask="on", temperature_contact="36.6", **REGISTERED, room="3-502")
    assert ("purpose_out", "shopping") in answers(ended(lane, passage))
    passage = lane.begin()
    lane.give(id_number=NUMBER, mask="on", temperature_contact="36.6", **REGISTERED, room="3-502")
    assert ended(lane, passage)["outcome"] == "admit"


def test_r85_a_guest_of_a_hotel_is_registered_with_dates_and_places(gates: Street) -> None:
    lane = gates["hotel"]
    passage = lane.begin()
    page = lane.page()
    assert "酒店、旅馆" in lane.view()["procedure"]["title"]["zh_Hans"]
    assert re.search(r'<input id="q-leaves"[^>]* type="date"', page)
    assert re.search(r'<input id="q-places"[^>]* placeholder="', page)
    assert 'id="way-check-helper"' in page, "代办 lies folded beside the number"
    assert "data-say" in page
    assert "请出示健康码" in page
    guest = {"id_number": NUMBER, "name": "李晓", "places": "无", "mask": "on", "temperature_contact": "36.6"}
    assert lane.give(**guest, leaves="2026-02-30")[0] == 400
    assert lane.view()["pieces"] == 0, "one wrong answer and nothing of the form is taken"
    lane.give(**guest, leaves="2026-12-01")
    body = ended(lane, passage)
    assert ("leaves", "2026-12-01") in answers(body)
    assert body["outcome"] == "admit"


def test_r85_every_kind_of_place_has_a_preset_that_the_gate_takes(tmp_path: Path) -> None:
    config = tmp_path / "gatepost.toml"
    names = procedures.names([procedures.SHIPPED])
    lanes = "".join(
        f'[[lane]]\nname = "{name.replace("_", "-")}"\ndirection = "in"\nprocedure = "{name}"\n'
        '[lane.thermometer]\ndriver = "simulated"\n'
        for name in names
    )
    config.write_text(f'[gate]\nid = "g"\nname = "门"\n[store]\npath = "{tmp_path}"\n{lanes}', "utf-8")
    command = [sys.executable, "-m", "edge", "config", "check", "--config", str(config)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    titles = "".join(procedures.parse(name, shipped(name)).title["zh_Hans"] for name in names)
    for place in ("在建工地", "村", "市场", "超市", "酒店", "餐饮店", "旅馆", "长途汽车站", "商场", "写字楼"):
        assert place in titles


def test_every_decision_of_these_lanes_is_made_again_alike_and_nothing_personal_is_open(
    gates: Street,
) -> None:
    with Journal.open(gates.gate.store, create=False) as journal:
        reader = journal.reader()
        replayed = list(Replay(journal, reader).walk())
        reader.close()
        assert journal.verify() == []
    assert len(replayed) > 1
    assert [one for one in replayed if not one.same] == []
    text = "".join(row.body_text for row in gates.gate.rows()) + gates.gate.text()
    for hidden in ("李晓", "赵一", NUMBER, "欧阳"):
        assert hidden not in text
