"""`gatepost calibrate` beside a real gate: ten people, real bytes, and a record that outlives the gate."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from edge.clock import Clock
from tests.paths import ROOT
from tests.system.processes import Gate
from tests.system.stage import Stage
from tests.waiting import until

pytestmark = pytest.mark.system

APART_C = 2.3  # what the clinical thermometer shows above the skin; the stage's module says 2.0


def command(gate: Gate, *words: str) -> list[str]:
    return [sys.executable, "-m", "edge", "calibrate", "--config", str(gate.config), *words]


def environ(gate: Gate, **more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GATEPOST_")}
    return kept | {"GATEPOST_TOKEN": gate.boss_token, "GATEPOST_LANG": "en", **more}


def ran(gate: Gate, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(gate, *words),
        cwd=ROOT,
        env=environ(gate, **more),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


class Attendant:
    """Reads what the command says and does it: brings people, types what the other instrument shows."""

    def __init__(self, gate: Gate, stage: Stage) -> None:
        self.stage, self.read = stage, 0
        self.child = subprocess.Popen(
            command(gate, "--reference", "TH-1 No. 0815", "--json"),
            cwd=ROOT,
            env=environ(gate),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said = ""
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def hear(self, words: str) -> None:
        """Wait until the command says this, after what was heard before."""
        until(lambda: words in self.said[self.read :], 30, f"{words!r} in:\n{self.said}")
        self.read = self.said.index(words, self.read) + len(words)

    def type(self, text: str) -> None:
        assert self.child.stdin is not None
        self.child.stdin.write(text + "\n")
        self.child.stdin.flush()

    def pair(self, number: int, typed: str = "") -> None:
        """Bring one person before both instruments."""
        self.hear(f"Pair {number} of 10")
        self.stage.away()
        body_c = 36.1 + 0.1 * (number % 5)
        self.stage.stand(body_c)
        self.hear("Clinical thermometer")
        self.stage.stand(None)
        self.type(typed or f"{body_c - 2.0 + APART_C:.1f}")

    def close(self) -> None:
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait(10)
        self.thread.join(10)
        for pipe in (self.child.stdin, self.child.stdout, self.child.stderr):
            assert pipe is not None
            pipe.close()

    def _listen(self) -> None:
        assert self.child.stderr is not None
        while letter := self.child.stderr.read(1):  # a question ends without an end of line
            self.said += letter


@pytest.fixture
def dated(gate: Gate) -> Gate:
    """The gate with a clock that is believed, whatever this machine's is."""
    Clock(gate.store).confirm()
    until(lambda: not gate.problems() & {"clock_unconfirmed", "clock_unset"}, 10, "a clock that is believed")
    return gate


@pytest.fixture
def attendant(dated: Gate, stage: Stage) -> Iterator[Attendant]:
    attendant = Attendant(dated, stage)
    yield attendant
    attendant.close()


def measured(gate: Gate, stage: Stage, body_c: float = 36.6) -> dict[str, Any]:
    """Let somebody be measured; return what the thermometer found."""
    before = gate.lane()["passage"]
    stage.away()
    stage.stand(body_c)
    view = until(lambda: (v := gate.lane())["passage"] != before and v["measured"] and v, 10, "a measurement")
    stage.away()
    found: dict[str, Any] = view["measured"][0]
    assert gate.post("decision", passage=view["passage"], outcome="abandoned", reason="left")[0] == 200
    return found


def test_ten_pairs_become_a_record_that_survives_a_kill_and_can_be_taken_back(
    gate: Gate, stage: Stage, attendant: Attendant
) -> None:
    attendant.pair(1)
    attendant.pair(2, "r")
    for number in range(2, 11):
        attendant.pair(number)
    attendant.hear("will add +2.30 °C; spread 0.00 °C")
    attendant.hear("y: write it down")
    attendant.type("y")
    assert attendant.child.wait(20) == 0, attendant.said
    assert attendant.child.stdout is not None
    result = json.loads(attendant.child.stdout.read())
    assert (result["offset_mdegc"], result["count"], result["driver"]) == (2_300, 10, "gy614")

    ended = [row.body for row in gate.rows("passage.decided")]
    assert {(body["outcome"], body["chosen"]) for body in ended} == {("abandoned", "calibration")}
    assert len(ended) == 11
    (row,) = gate.rows("calibration.recorded")
    assert (row.seq, row.body["by"], row.body["reference"]) == (result["sequence"], "boss", "TH-1 No. 0815")
    found = measured(gate, stage)
    assert (found["surface_mdegc"], found["body_mdegc"]) == (34_600, 36_900), "not the module's own 36.6"

    gate.kill()
    gate.start()
    (kept,) = gate.get("/api/v1/lanes/in/calibrations")[1]["calibrations"]
    assert {key: result[key] for key in kept} == kept
    assert measured(gate, stage)["conversion"].startswith("site/1:+2300@")
    shown = ran(gate, "--show", "--json")
    assert json.loads(shown.stdout) == {"lane": "in", **kept}

    undone = ran(gate, "--undo", "--device", "thermometer", "--reason", "the sensor was moved")
    assert undone.returncode == 0, undone.stderr
    assert measured(gate, stage)["conversion"] == "vendor/1"
    gate.kill()
    gate.start()
    assert gate.get("/api/v1/lanes/in/calibrations")[1]["calibrations"] == []
    assert measured(gate, stage)["conversion"] == "vendor/1"
    stage.stand(None)
    assert gate.stop() == 0
    assert [row.kind for row in gate.rows("calibration.recorded", "calibration.withdrawn")] == [
        "calibration.recorded",
        "calibration.withdrawn",
    ]
    assert gate.faults() == []


def test_two_operators_a_restart_and_a_pulled_cable_in_the_middle_lose_no_pair(
    dated: Gate, stage: Stage, attendant: Attendant
) -> None:
    gate, other = dated, Attendant(dated, stage)
    try:
        for number in range(1, 11):
            other.hear(f"Pair {number} of 10")
            if number == 4:
                gate.kill()
                gate.start()
                until(lambda: gate.lane()["stage"] == "idle", 10, "an empty lane")
            if number == 7:
                stage.thermometer.unplug()
                until(lambda: "thermometer does not work" in attendant.said, 10, "what is wrong")
                stage.thermometer.plug()
            attendant.pair(number)
            other.hear("Clinical thermometer")
            other.type(f"{36.1 + 0.1 * (number % 5) - 2.0 + 2.4:.1f}")
        attendant.hear("y: write it down")
        attendant.type("y")
        assert attendant.child.wait(20) == 0, attendant.said
        other.hear("y: write it down")
        other.type("y")
        other.hear("Meanwhile boss has written down +2.30 °C")
        other.type("y")
        assert other.child.wait(20) == 0, other.said
    finally:
        other.close()
    (kept,) = gate.get("/api/v1/lanes/in/calibrations")[1]["calibrations"]
    assert (kept["offset_mdegc"], kept["port"]) == (2_400, str(gate.folder / "thermometer-in"))
    shown = ran(gate, "--show", GATEPOST_LANG="zh_Hans")
    assert shown.stdout.strip().endswith("有效")
    for status, said in ((0, "已撤销"), (2, "没有校准记录")):
        undone = ran(gate, "--undo", "--reason", "移位", GATEPOST_LANG="zh_Hans")
        assert undone.returncode == status
        assert said in undone.stderr
    gate.stop()
    kinds = [
        row.kind.rpartition(".")[2] for row in gate.rows("calibration.recorded", "calibration.withdrawn")
    ]
    assert kinds == ["recorded", "recorded", "withdrawn"]


def test_whoever_walks_off_leaves_nothing_behind_but_passages_for_calibration(
    gate: Gate, stage: Stage, attendant: Attendant
) -> None:
    attendant.pair(1)
    attendant.pair(2, "q")
    assert attendant.child.wait(20) == 1
    attendant.hear("nothing was written")
    assert gate.rows("calibration.recorded") == []
    assert gate.lane()["passage"] is None


def test_without_its_gate_or_with_an_attendants_token_nothing_is_begun(gate: Gate) -> None:
    words = ("--reference", "TH-1")
    refused = ran(gate, *words, GATEPOST_TOKEN=gate.token)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "manager's token" in refused.stderr
    assert gate.stop() == 0
    away = ran(gate, *words)
    assert (away.returncode, away.stdout) == (6, "")
    assert "no gate answers" in away.stderr


def test_doctor_and_readyz_say_when_a_calibration_ends_soon(dated: Gate) -> None:
    gate = dated
    body: dict[str, Any] = {
        "device": "thermometer",
        "pairs": [{"surface_mdegc": 34_200, "reference_mdegc": 36_500}] * 10,
        "method": "paired",
        "reference": "TH-1 No. 0815",
        "site": "forehead",
        "days": 9,
    }
    gate.token, attendants = gate.boss_token, gate.token
    assert gate.post("calibration", **body)[0] == 200
    gate.token = attendants
    until(lambda: "calibration_due" in gate.problems(), 5, "the problem")
    doctor = [sys.executable, "-m", "edge", "doctor", "--config", str(gate.config), "--json"]
    done = subprocess.run(
        doctor, cwd=ROOT, env=environ(gate), capture_output=True, text=True, check=False, timeout=60
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    (found,) = [line for line in lines if line["check"] == "calibration of in"]
    assert (found["level"], found["what"]["en"]) == ("warn", "thermometer: +2.30 °C ends in 9 day(s)")
    assert not any("surface_offset_c is absent" in line["what"]["en"] for line in lines)
    (problem,) = [one for one in gate.ready()["problems"] if one["code"] == "calibration_due"]
    assert "gatepost calibrate" in problem["remedy"]["zh_Hans"]
