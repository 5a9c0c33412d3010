"""One lane with an array, a spot sensor and two scanners at once."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from drivers.thermometer import gy_mcu90640
from tests.system.faults import QUICK, Office
from tests.system.processes import SERIAL, Gate
from tests.system.stage import Line, Stage
from tests.waiting import until

pytestmark = pytest.mark.system

ARRAY = """
[[lane.thermometer]]
driver = "gy_mcu90640"
port = "{folder}/array"
"""
THERMOMETERS = f"""{ARRAY}
[[lane.thermometer]]
driver = "gy614"
port = "{{folder}}/thermometer-{{lane}}"
"""
SCANNERS = """
[[lane.scanner]]
driver = "serial"
port = "{folder}/scanner-{lane}"
[[lane.scanner]]
driver = "serial"
port = "{folder}/hand-scanner"
"""
TOWER = """
[lane.lights]
driver = "simulated"
log = "{folder}/signals"
button = "{folder}/button"
"""
AIR, FACE = 21.0, 34.4


class Array:
    """A GY-MCU90640 that sends four pictures a second; a face in the middle while somebody is there,
    at `face_c`."""

    def __init__(self, link: Path, stage: Stage) -> None:
        self.face_c = FACE
        self.line, self._stage, self._stop = Line(link), stage, threading.Event()
        self.line.plug()
        self._thread = threading.Thread(target=self._speak, name="array")
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(10)
        self.line.unplug()

    def _speak(self) -> None:
        while not self._stop.wait(0.25):
            warm = self.face_c if self._stage.forehead.body_c is not None else AIR
            pixels = [
                warm if 8 <= row < 16 and 12 <= column < 20 else AIR
                for row in range(24)
                for column in range(32)
            ]
            self.line.write(gy_mcu90640.encode(pixels, AIR))


@pytest.fixture
def rich(tmp_path: Path, stage: Stage, office: Office) -> Iterator[tuple[Gate, Array, Line]]:
    array, hand = Array(tmp_path / "array", stage), Line(tmp_path / "hand-scanner")
    hand.plug()
    gate = Gate(tmp_path, extra=QUICK, thermometer=THERMOMETERS, scanner=SCANNERS)
    office.trusted_by(gate.store)
    gate.start()
    yield gate, array, hand
    gate.end()
    array.close()
    hand.unplug()


def test_all_of_them_serve_one_passage_and_the_spot_sensor_decides(
    rich: tuple[Gate, Array, Line], stage: Stage, office: Office
) -> None:
    gate, _array, hand = rich
    until(lambda: not any(code.startswith("device_") for code in gate.problems()), 30, "every device up")
    stage.stand(36.6)
    until(lambda: gate.lane()["temperature"]["verdict"] == "normal", 20, "the spot sensor's verdict")
    until(lambda: gate.lane()["picture"], 20, "the array's picture")
    until(lambda: any(m["device"] == "thermometer" for m in gate.lane()["measured"]), 20, "its measurement")
    pass_ = office.issue("钱多多")
    hand.write(pass_ + b"\r")
    until(lambda: gate.lane()["person"], 10, "the hand scanner's code")
    stage.show(pass_)  # the same code at the other scanner is the same code
    passage = gate.lane()["passage"]
    status, _ = gate.post("answers", passage=passage, question="mask", value="on")
    assert status == 200
    gate.wait_for("ended")
    stage.stand(None)
    assert gate.stop() == 0
    [row] = [row for row in gate.rows("passage.decided") if row.body["passage"] == passage]
    assert row.body["outcome"] == "admit"
    pieces = row.body["evidence"]
    sources = {piece["source"] for piece in pieces if piece["t"] == "measurement"}
    assert "thermometer2" in sources
    assert [piece["source"] for piece in pieces if piece["t"] == "code"] == ["scanner2"]
    arrays = [piece for piece in pieces if "grid" in piece]
    assert [piece["source"] for piece in arrays] == ["thermometer"]
    assert [(piece["conversion"], len(piece["raw"])) for piece in arrays] == [("none:array", 1)]


def test_an_array_at_39_beside_a_spot_sensor_at_36_5_decides_nothing(
    rich: tuple[Gate, Array, Line], stage: Stage, office: Office
) -> None:
    """Its manual says ±2 °C: whatever it says, the spot sensor alone makes the verdict."""
    gate, array, hand = rich
    array.face_c = 39.0
    until(lambda: not any(code.startswith("device_") for code in gate.problems()), 30, "every device up")
    stage.stand(36.5)
    until(lambda: len(gate.lane()["measured"]) == 2, 20, "both measurements")
    view = gate.lane()
    said = {m["conversion"]: (m["surface_mdegc"], m["body_mdegc"]) for m in view["measured"]}
    assert said == {"none:array": (39_000, None), "vendor/1": (34_500, 36_500)}
    assert (view["temperature"]["verdict"], view["temperature"]["body_mdegc"]) == ("normal", 36_500)
    assert 'id="unmeasured"' not in kiosk(gate)
    hand.write(office.issue("钱多多") + b"\r")
    until(lambda: gate.lane()["person"], 10, "the hand scanner's code")
    gate.post("answers", passage=view["passage"], question="mask", value="on")
    gate.wait_for("ended")
    stage.stand(None)
    assert gate.stop() == 0
    [row] = [row for row in gate.rows("passage.decided") if row.body["passage"] == view["passage"]]
    assert (row.body["outcome"], row.body["temperature"]["body_mdegc"]) == ("admit", 36_500)


@pytest.mark.parametrize("face_c", [36.5, 39.0])
def test_an_array_alone_measures_nobody_and_the_kiosk_says_why(
    tmp_path: Path, stage: Stage, office: Office, face_c: float
) -> None:
    """Everything else is in order, and still nobody is let through or referred by what an array says."""
    array = Array(tmp_path / "array", stage)
    array.face_c = face_c
    gate = Gate(tmp_path, extra=QUICK, thermometer=ARRAY)
    office.trusted_by(gate.store)
    gate.start()
    try:
        until(lambda: not any(code.startswith("device_") for code in gate.problems()), 30, "every device up")
        stage.stand(36.5)
        until(lambda: gate.lane()["measured"], 20, "the array's measurement")
        stage.show(office.issue("钱多多"))
        until(lambda: gate.lane()["person"], 10, "the code")
        passage = gate.lane()["passage"]
        gate.post("answers", passage=passage, question="mask", value="on")
        until(lambda: missing(gate) == {"temperature"}, 10, "all but the temperature in order")
        view = gate.lane()
        assert view["temperature"]["verdict"] == "missing"
        assert (view["stage"], view["passage"]) == ("open", passage)
        assert "contact" in view["actions"]
        assert "未测温：热像（±2 °C）只用于找脸，不作判定。请按“接触测温”。" in kiosk(gate)
        status, _ = gate.post("answers", passage=passage, question="temperature_contact", value="36.6")
        assert status == 200
        stage.stand(None)
        gate.wait_for("ended")
        assert gate.stop() == 0
    finally:
        gate.end()
        array.close()
    [row] = [row for row in gate.rows("passage.decided") if row.body["passage"] == passage]
    assert row.body["outcome"] == "admit"
    assert row.body["temperature"]["body_mdegc"] == 36_600


def missing(gate: Gate) -> set[str]:
    """Return the kinds of the steps that are not done."""
    return {step["kind"] for step in gate.lane()["steps"] if step["state"] != "done"}


def kiosk(gate: Gate) -> str:
    """Return what the attendant's page shows now."""
    headers = {"authorization": f"Bearer {gate.token}"}
    return urllib3.request("GET", f"{gate.url}/kiosk/in/state", headers=headers, timeout=5.0).data.decode()


def test_an_array_that_is_unplugged_leaves_the_spot_sensor_deciding(
    rich: tuple[Gate, Array, Line], stage: Stage
) -> None:
    gate, array, _hand = rich
    until(lambda: not any(code.startswith("device_") for code in gate.problems()), 30, "every device up")
    array.close()
    until(lambda: gate.problems() & {"device_lost", "device_absent"}, 20, "the loss")
    stage.stand(36.6)
    until(lambda: gate.lane()["temperature"]["verdict"] == "normal", 20, "measuring going on")
    stage.stand(None)
    assert gate.stop() == 0
    assert [row.body["name"] for row in gate.rows("device.lost")] == ["thermometer"]


def test_a_tower_shows_the_lane_and_its_button_opens_a_passage(
    tmp_path: Path, stage: Stage, office: Office
) -> None:
    (tmp_path / "button").touch()
    gate = Gate(tmp_path, extra=QUICK, scanner=SERIAL + TOWER)
    office.trusted_by(gate.store)
    gate.start()

    def shown() -> list[str]:
        log = tmp_path / "signals"
        return (
            [json.loads(line)["signal"] for line in log.read_text("utf-8").splitlines()]
            if log.exists()
            else []
        )

    try:
        until(lambda: shown()[-1:] == ["idle"], 30, "a tower that is up")
        with (tmp_path / "button").open("ab") as button:
            button.write(b"!")
        assert gate.wait_for("open")["temperature"]["verdict"] == "missing"
        until(lambda: shown()[-1] == "wait", 10, "somebody under way")
        stage.stand(36.6)
        stage.show(office.issue())
        until(lambda: gate.lane()["temperature"]["verdict"] == "normal", 20, "the measurement")
        gate.post("answers", passage=gate.lane()["passage"], question="mask", value="on")
        until(lambda: "go" in shown(), 10, "the way free")
        stage.stand(None)
        assert gate.stop() == 0
    finally:
        gate.end()
