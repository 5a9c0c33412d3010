"""Two lanes side by side of a real gate: the thermometer that has moved is reported with the other one."""

import random
import uuid
from pathlib import Path
from typing import Any

import pytest
import urllib3

from edge.domain.model import ClockQuality, Instant
from edge.domain.side_by_side import COMPARED, Pair, Side, kept
from edge.domain.sisters import EACH, Sisters, learn
from edge.journal import Journal, Row
from tests.system.faults import QUICK
from tests.system.processes import Gate
from tests.system.stage import Stage
from tests.waiting import until

pytestmark = pytest.mark.system

BEGAN_US = 1_700_000_000_000_000
MINUTE_US = 60_000_000
SECOND_LANE = """
[[lane]]
name = "in2"
direction = "in"
procedure = "compound"
[lane.thermometer]
driver = "gy614"
port = "{folder}/thermometer-in2"
"""
WARMER, SOUND = 37.2, 36.4


def nearly() -> Sisters:
    """Return what is known when the next five people on either side make it certain."""
    state, dice, n = Sisters(), random.Random(3), 0
    while True:
        off = 0 if n < 1_300 else 450
        value = round(34_600 + dice.gauss(0, 430)) + off * (n % 2)
        after = learn(state, value, BEGAN_US + n * MINUTE_US, here=n % 2 == 0)
        if after.found:
            return state
        state, n = after, n + 1


def walk(gate: Gate, stage: Stage, lane: str, body_c: float) -> None:
    """Let somebody be measured and walk away; the passage ends."""
    stage.stand(body_c)
    view = until(lambda: (v := seen(gate, lane))["measured"] and v["passage"] and v, 20, "a measurement")
    assert view
    body = {
        "passage": view["passage"],
        "command_id": uuid.uuid4().hex,
        "outcome": "abandoned",
        "reason": "left",
    }
    url = f"{gate.url}/api/v1/lanes/{lane}/decision"
    answer = urllib3.request("POST", url, json=body, headers={"authorization": f"Bearer {gate.token}"})
    assert answer.status == 200, answer.data
    stage.away()


def seen(gate: Gate, lane: str) -> dict[str, Any]:
    return dict(gate.get(f"/api/v1/lanes/{lane}")[1])


def test_a_thermometer_that_has_moved_against_its_sister_is_reported_with_what_to_do(tmp_path: Path) -> None:
    gate = Gate(tmp_path, extra=QUICK, scanner="")
    with gate.config.open("a", encoding="utf-8") as file:
        file.write(SECOND_LANE.format(folder=tmp_path))
    sides = [Side(lane, "thermometer", "gy614", None, "forehead") for lane in ("in", "in2")]
    pair = Pair(sides[0], sides[1], nearly(), ("surface", "surface"))
    with Journal.open(gate.store) as journal:
        now = Instant(0, BEGAN_US, ClockQuality.RESTORED)
        journal.append(Row(COMPARED, now, kept(pair), "in"))
    stages = {lane: Stage(tmp_path, lane) for lane in ("in", "in2")}
    try:
        gate.start()
        until(lambda: not any(code.startswith("device_") for code in gate.problems()), 30, "every device up")
        assert "instrument_doubted" not in gate.problems()
        for n in range(2 * EACH):
            lane = ("in", "in2")[n % 2]
            walk(gate, stages[lane], lane, WARMER if lane == "in2" else SOUND)
        until(lambda: "instrument_doubted" in gate.problems(), 20, "the warning")
        [problem] = [one for one in gate.ready()["problems"] if one["code"] == "instrument_doubted"]
        [doubt] = seen(gate, "in2")["doubts"]
        assert doubt["sister"]["lane"] == "in"
        assert doubt["signs"][0]["sign"] == "drifting"
        assert doubt["signs"][0]["figures"]["moved_mdegc"] > 250
        assert gate.ready()["ready"], problem
        assert gate.stop() == 0
        [row] = gate.rows("instrument.doubted")
        assert (row.lane, row.body["sister"]["lane"]) == ("in", "in2")
        gate.start()
        assert "instrument_doubted" in gate.problems(), "a start knows it"
        assert gate.stop() == 0
        assert len(gate.rows("instrument.doubted")) == 1, "a start is no news"
        assert gate.faults() == []
    finally:
        gate.end()
        for stage in stages.values():
            stage.close()
