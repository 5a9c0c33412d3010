"""Cables, hung cameras, full cards: said soon, the rest goes on, and it comes back."""

import fcntl
import os
import random
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.thermometer import gy614
from tests.system.faults import QUICK, Office
from tests.system.processes import Gate
from tests.system.stage import Line, Stage
from tests.waiting import until

pytestmark = pytest.mark.system
# Three seconds by our own numbers (tests/drivers/test_camera.py); a machine that others use takes its own.
SOON_S = 20.0

CAMERA = '[lane.scanner]\ndriver = "camera"\nsource = "file:{folder}/codes.avi"\nloop = true\n'


def problem(gate: Gate, *codes: str) -> None:
    """Wait for one of these problems."""
    until(lambda: gate.problems().intersection(codes), SOON_S, f"{codes}, not {gate.problems()}")


def no_problem(gate: Gate, prefix: str, timeout_s: float = 20.0) -> None:
    until(lambda: not any(code.startswith(prefix) for code in gate.problems()), timeout_s, f"no {prefix}")


@pytest.fixture
def filmed(tmp_path: Path, stage: Stage, office: Office) -> Iterator[Gate]:
    """A gate with a camera that sees a resident's pass for half of the time."""
    import cv2
    import numpy as np
    import segno

    matrix = np.array(
        [[255 - 255 * bit for bit in row] for row in segno.make(office.issue()).matrix], np.uint8
    )
    code = np.kron(np.pad(matrix, 4, constant_values=255), np.ones((5, 5), np.uint8))
    writer = cv2.VideoWriter(str(tmp_path / "codes.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, (640, 480))
    for frame in range(80):
        picture = np.full((480, 640), 100, np.uint8)
        if frame >= 40:
            picture[60 : 60 + code.shape[0], 100 : 100 + code.shape[1]] = code
        writer.write(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR))
    writer.release()
    gate = Gate(tmp_path, extra=QUICK, scanner=CAMERA)
    office.trusted_by(gate.store)
    gate.start()
    yield gate
    gate.end()


def camera_child(gate: Gate) -> int:
    assert gate.process is not None
    children = [
        int(child)
        for task in Path(f"/proc/{gate.process.pid}/task").glob("*/children")
        for child in task.read_text("ascii").split()
    ]
    for child in children:
        if b"_capture" in Path(f"/proc/{child}/cmdline").read_bytes():
            return child
    return 0


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL])
def test_a_camera_child_stopped_or_killed_is_said_and_taken_back(
    filmed: Gate, stage: Stage, number: signal.Signals
) -> None:
    until(lambda: filmed.lane()["person"], 30, "a code read by the camera")
    no_problem(filmed, "device_")
    child = camera_child(filmed)
    os.kill(child, number)
    code = "device_hung" if number is signal.SIGSTOP else "device_ended"
    problem(filmed, code)
    assert filmed.get("/api/v1/lanes/in")[0] == 200
    stage.stand(36.6)
    until(lambda: filmed.lane()["temperature"]["verdict"] == "normal", 10, "measuring going on")
    stage.stand(None)
    no_problem(filmed, "device_")
    until(lambda: camera_child(filmed) not in (0, child), 20, "a new child")
    assert filmed.stop() == 0
    lost = [row.body for row in filmed.rows("device.lost")]
    assert [body["device"] for body in lost] == ["scanner"]
    assert len(filmed.rows("device.back")) == 1


def test_a_thermometers_cable_out_and_in_again(gate: Gate, stage: Stage, office: Office) -> None:
    no_problem(gate, "device_")
    stage.thermometer.unplug()
    problem(gate, "device_lost", "device_absent")
    stage.show(office.issue())
    until(lambda: gate.lane()["person"], 10, "codes being read meanwhile")
    assert gate.lane()["temperature"]["live_mdegc"] is None
    stage.thermometer.plug()
    no_problem(gate, "device_")
    stage.stand(36.5)
    until(lambda: gate.lane()["temperature"]["verdict"] == "normal", 10, "measuring again")
    stage.stand(None)
    assert gate.stop() == 0
    assert [row.body["device"] for row in gate.rows("device.lost")] == ["thermometer"]
    assert [row.body["device"] for row in gate.rows("device.back")] == ["thermometer"]


def test_a_port_that_is_there_and_says_nothing_is_silent(gate: Gate, stage: Stage) -> None:
    no_problem(gate, "device_")
    stage.thermometer.mute()
    problem(gate, "device_silent")
    assert gate.lane()["temperature"]["live_mdegc"] is None, "what it saw last is no sight of anybody"
    stage.thermometer.mute(False)
    no_problem(gate, "device_")
    stage.stand(36.5)
    until(lambda: gate.lane()["temperature"]["verdict"] == "normal", 20, "measuring again")
    stage.stand(None)
    assert gate.stop() == 0
    [lost] = gate.rows("device.lost")
    assert (lost.body["device"], lost.body["code"]) == ("thermometer", "silent")
    assert [row.body["device"] for row in gate.rows("device.back")] == ["thermometer"]


def test_a_scanners_cable_out_and_in_again(gate: Gate, stage: Stage, office: Office) -> None:
    no_problem(gate, "device_")
    stage.scanner.unplug()
    problem(gate, "device_lost", "device_absent")
    stage.scanner.plug()
    no_problem(gate, "device_")
    stage.show(office.issue("赵一"))
    until(lambda: gate.lane()["person"].get("name") == "赵一", 10, "a code read again")
    assert gate.stop() == 0
    [lost] = gate.rows("device.lost")
    assert (lost.body["device"], lost.body["code"]) == ("scanner", "lost")
    assert [row.body["device"] for row in gate.rows("device.back")] == ["scanner"]


def test_a_manager_sees_what_the_camera_sees_and_nobody_else_does(filmed: Gate) -> None:
    no_problem(filmed, "device_")
    status, figures = filmed.get("/setup/in/scanner/figures", token=filmed.boss_token)
    assert (status, figures["width"], figures["height"]) == (200, 640, 480)
    assert 0 <= figures["brightness"] <= 255
    assert filmed.get("/setup/in/scanner/figures")[0] == 403


def test_a_port_another_program_holds_is_busy_until_that_one_lets_go(
    tmp_path: Path, stage: Stage, office: Office
) -> None:
    held = os.open(stage.scanner.link, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(held, fcntl.LOCK_EX)
    gate = Gate(tmp_path, extra=QUICK)
    office.trusted_by(gate.store)
    gate.start()
    try:
        problem(gate, "device_busy")
        stage.stand(36.6)
        until(lambda: gate.lane()["temperature"]["verdict"] == "normal", 20, "measuring meanwhile")
        stage.stand(None)
        os.close(held)
        no_problem(gate, "device_")
        stage.show(office.issue())
        until(lambda: gate.lane()["person"], 20, "a code read once it is free")
        assert gate.stop() == 0
        [busy] = gate.rows("device.lost")
        assert (busy.body["device"], busy.body["code"]) == ("scanner", "busy")
    finally:
        gate.end()


def test_bytes_at_another_speed_are_garbled_never_a_value_and_forgotten_when_they_are_right(
    tmp_path: Path, stage: Stage
) -> None:
    line, right, stop = Line(tmp_path / "noisy"), threading.Event(), threading.Event()
    frame = gy614.encode(34.6, 21.0, 36.6)
    dice = random.Random(5)
    line.plug()

    def speak() -> None:
        while not stop.wait(0.1):
            # What another baud rate, or a supply that breaks down, makes of a frame.
            line.write(frame if right.is_set() else bytes(dice.randrange(128, 256) for _ in range(9)))

    speaker = threading.Thread(target=speak)
    speaker.start()
    spot = '[lane.thermometer]\ndriver = "gy614"\nport = "{folder}/noisy"\n'
    gate = Gate(tmp_path, extra=QUICK, thermometer=spot)
    gate.start()
    try:
        problem(gate, "device_garbled")
        assert gate.lane()["temperature"]["live_mdegc"] is None
        right.set()
        no_problem(gate, "device_")
        until(lambda: gate.lane()["temperature"]["verdict"] == "normal", 20, "measuring")
        assert gate.stop() == 0
        assert {row.body["code"] for row in gate.rows("device.lost")} == {"garbled"}
    finally:
        gate.end()
        stop.set()
        speaker.join(10)
        line.unplug()
