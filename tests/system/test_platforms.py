"""The real process and a platform on this machine: asked, slow, gone and back, and a gate that is killed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from drivers.verifier._platform import SimulatedPlatform
from tests.system.faults import QUICK
from tests.system.processes import Gate, free_port
from tests.system.stage import Stage
from tests.waiting import until

pytestmark = pytest.mark.system

BEGINS = "https://health.example.invalid/"
GREEN, RED, OTHER, LATER = (f"{BEGINS}c?{name}" for name in ("green", "red", "other", "later"))
PEOPLE = {
    GREEN: {"health": "green", "itinerary": "green", "name": "欧阳某某", "id_number": "110101199003070011"},
    RED: {"health": "red", "name": "诸葛某某", "id_number": "110101198501010025"},
    OTHER: {"health": "green", "name": "司马某某"},
    LATER: {"health": "yellow", "name": "上官某某"},
}
TABLE = """
[codes]
acceptance = "green_only"
[[platform]]
name = "province"
carrier = "china_health"
match = ["{begins}"]
again_s = 0
timeout_s = 1
[platform.verifier]
driver = "simulated"
url = "http://127.0.0.1:{port}/resolve"
"""


class Province:
    """A platform that can go away and come back at the same address."""

    def __init__(self) -> None:
        self.port = free_port()
        self.server = SimulatedPlatform(PEOPLE, port=self.port)

    def go(self) -> None:
        self.server.close()

    def come(self) -> None:
        self.server = SimulatedPlatform(PEOPLE, port=self.port)


@pytest.fixture
def province() -> Iterator[Province]:
    province = Province()
    yield province
    province.go()


@pytest.fixture
def asking(tmp_path: Path, stage: Stage, province: Province) -> Iterator[Gate]:
    gate = Gate(tmp_path, extra=QUICK + TABLE.format(begins=BEGINS, port=province.port))
    gate.start()
    yield gate
    gate.end()


def code_step(gate: Gate) -> dict[str, Any]:
    """Return how the code of whoever is in the lane stands."""
    view = gate.lane()
    steps = view["steps"] if view["passage"] is not None else ()
    return next((step for step in steps if step["id"] == "check"), {"state": "", "reasons": []})


def shows(gate: Gate, stage: Stage, code: str, state: str) -> dict[str, Any]:
    """Let somebody hold up a code; wait until its step stands so."""
    stage.show(code.encode())
    return until(lambda: (s := code_step(gate))["state"] == state and s, 10, f"{code} {state}") or {}


def sent_away(gate: Gate) -> None:
    view = gate.lane()
    if view["passage"] is not None:
        gate.post("decision", passage=view["passage"], outcome="turn_back", reason="not_allowed")


def platforms(gate: Gate) -> list[dict[str, Any]]:
    return [device for device in gate.lane()["devices"] if device["kind"] == "verifier"]


def test_a_code_is_asked_about_over_http_and_what_comes_back_is_sealed(
    asking: Gate, stage: Stage, province: Province
) -> None:
    assert [device["state"] for device in platforms(asking)] == ["starting"], "nobody was asked yet"
    step = shows(asking, stage, RED, "failed")
    assert step["reasons"] == ["code_not_accepted:health_red"]
    sent_away(asking)
    shows(asking, stage, GREEN, "done")
    sent_away(asking)
    assert province.server.asked["prompt"] == 2
    [device] = platforms(asking)
    assert (device["name"], device["state"], device["simulated"], device["lane"]) == (
        "province",
        "up",
        True,
        "",
    )
    assert asking.stop() == 0
    rows = asking.rows("passage.decided")
    said = [
        piece for row in rows for piece in row.body["evidence"] if piece["t"] == "code" and piece["subject"]
    ]
    assert [piece["subject"] for piece in said] == [
        {"colour": "red"},
        {"colour": "green", "itinerary": "green"},
    ]
    stored = json.dumps([row.body for row in rows], ensure_ascii=False)
    for hidden in ("欧阳", "诸葛", "110101199003070011", BEGINS):
        assert hidden not in stored
        assert hidden not in asking.text()
    assert asking.faults() == []


def test_somebody_without_a_phone_is_asked_about_by_the_number_that_is_typed(
    tmp_path: Path, stage: Stage, province: Province
) -> None:
    table = TABLE.format(begins=BEGINS, port=province.port) + "id_numbers = true\n"
    gate = Gate(tmp_path, extra=QUICK + table)
    gate.start()
    try:
        for code, state, reasons in (
            (RED, "failed", ["code_not_accepted:health_red"]),
            (GREEN, "done", []),
        ):
            passage = gate.post("begin")[1]["passage"]
            number = PEOPLE[code]["id_number"]
            assert gate.post("answers", passage=passage, question="id_number", value=number)[0] == 200
            until(lambda state=state: code_step(gate)["state"] == state, 10, f"{code} {state}")  # type: ignore[misc]
            assert code_step(gate)["reasons"] == reasons
            sent_away(gate)
        assert province.server.asked["prompt"] == 2
        stored = json.dumps([row.body for row in gate.rows("passage.decided")], ensure_ascii=False)
        assert PEOPLE[RED]["id_number"] not in stored
        assert gate.faults() == []
    finally:
        gate.end()


def test_a_platform_that_goes_is_told_once_everywhere_and_comes_back_by_itself(
    asking: Gate, stage: Stage, province: Province
) -> None:
    shows(asking, stage, GREEN, "done")
    sent_away(asking)
    province.go()
    for number in range(4):
        shows(asking, stage, f"{BEGINS}c?new{number}", "failed")
        sent_away(asking)
    until(lambda: "platform_absent" in asking.problems(), 10, "the loss on /readyz")
    [device] = platforms(asking)
    assert (device["state"], device["code"]) == ("down", "absent")
    page = urllib3.request("GET", f"{asking.url}/metrics", retries=False, timeout=5.0).data.decode()
    assert 'gatepost_device_up{kind="verifier",lane="",name="province"} 0.0' in page
    province.come()
    until(lambda: not any(code.startswith("platform_") for code in asking.problems()), 30, "its return")
    # What nobody could say then is said now, beside the passages it belongs to.
    until(lambda: len(asking.rows("code.answered")) >= 4, 20, "the late answers")
    shows(asking, stage, GREEN, "done")
    sent_away(asking)
    assert asking.stop() == 0
    changes = [
        row.kind for row in asking.rows("device.lost", "device.back") if row.body["device"] == "verifier"
    ]
    assert changes == ["device.lost", "device.back"]
    decided = {row.body["passage"] for row in asking.rows("passage.decided")}
    late = asking.rows("code.answered")
    assert {row.body["passage"] for row in late} <= decided
    assert {row.body["reason"] for row in late} == {"platform_not_found"}


def test_a_slow_platform_keeps_nobody_longer_than_its_time_and_its_answer_is_recorded(
    asking: Gate, stage: Stage, province: Province
) -> None:
    province.server.mood, province.server.delay_s = "slow", 2.5
    stage.show(OTHER.encode())
    until(lambda: code_step(asking)["reasons"] == ["code_asking"], 10, "the question")
    until(lambda: code_step(asking)["state"] == "failed", 3, "the end of the wait")
    passage = asking.lane()["passage"]
    sent_away(asking)
    [row] = until(lambda: asking.rows("code.answered"), 10, "the late answer")
    assert (row.body["passage"], row.body["verdict"]) == (passage, "valid")
    assert row.body["subject"] == {"colour": "green"}
    assert 2_000_000 < row.body["waited_us"] < 6_000_000


def test_a_gate_killed_while_a_platform_is_asked_asks_again(
    asking: Gate, stage: Stage, province: Province
) -> None:
    province.server.mood, province.server.delay_s = "slow", 30.0
    shows(asking, stage, LATER, "failed")
    passage = asking.lane()["passage"]
    sent_away(asking)
    asking.kill()
    province.go()
    province.come()
    asking.start()
    [row] = until(lambda: asking.rows("code.answered"), 15, "the answer after the restart")
    assert (row.body["passage"], row.body["subject"]) == (passage, {"colour": "yellow"})
    asking.kill()
    asking.start()
    shows(asking, stage, GREEN, "done")
    assert len(asking.rows("code.answered")) == 1, "told again what was told before"


def test_a_gate_that_stops_while_a_platform_is_silent_ends_at_once_and_well(
    asking: Gate, stage: Stage, province: Province
) -> None:
    province.server.mood, province.server.delay_s = "slow", 60.0
    shows(asking, stage, OTHER, "failed")  # the lane was told; a worker goes on listening
    sent_away(asking)
    assert asking.stop(timeout_s=9.0) == 0
    assert "did not end" not in asking.text()
    assert asking.rows("device.lost") == []
    province.go()
    province.come()
    asking.start()
    [row] = until(lambda: asking.rows("code.answered"), 15, "the answer after the restart")
    assert row.body["subject"] == {"colour": "green"}


def test_a_platform_table_that_cannot_work_is_named_before_anything_starts(
    tmp_path: Path, stage: Stage
) -> None:
    gate = Gate(tmp_path, extra=QUICK + TABLE.format(begins=BEGINS, port=1).replace("url =", "ulr ="))
    gate.spawn()
    assert gate.process is not None
    assert gate.process.wait(30) == 3
    assert '[[platform]] "province" [platform.verifier] ulr: no such option' in gate.text()
    assert "没有这个选项" in gate.text() or "没有" in gate.text()
