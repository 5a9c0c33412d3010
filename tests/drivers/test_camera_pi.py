"""The Raspberry Pi's camera module through picamera2: our code in a child process, with a stand-in for
the package that answers as its documentation says."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from drivers.scanner.camera import Options, connect
from edge.domain.errors import DeviceUnavailable
from tests.paths import ROOT
from tests.waiting import until

pytestmark = pytest.mark.system

# YUV 4:2:0 as `capture_array` gives it: height x 3/2 rows as long as the stride, padding left in.
STAND_IN = '''
"""Answers as the picamera2 manual says; what it is told goes to a file beside it."""

import json, os, time
import numpy as np

LOG = os.environ["PICAMERA2_STAND_IN"]
STRIDE = 1344
said = []


def note(*what):
    said.append(what)
    with open(LOG, "w") as file:
        json.dump(said, file)


class Picamera2:
    camera_controls = {"AfMode": (0, 2, 0), "FrameRate": (1, 60, 30)}

    @staticmethod
    def global_camera_info():
        return [{"Model": "imx708", "Num": 0}, {"Model": "ov5647", "Num": 1}]

    def __init__(self, camera_num=0):
        if os.environ.get("PICAMERA2_BUSY"):
            raise RuntimeError("Camera __init__ sequence did not complete.")
        note("open", camera_num)
        self.count = 0

    def create_video_configuration(self, main, controls=None, queue=True, **more):
        assert not more
        return {"main": dict(main), "controls": controls, "queue": queue}

    def configure(self, config):
        note("configure", config)
        self.config = config

    def camera_configuration(self):
        return self.config

    def set_controls(self, controls):
        note("controls", controls)

    def start(self):
        note("start")

    def stop(self):
        note("stop")

    def close(self):
        note("close")

    def capture_array(self, name):
        assert name == "main"
        width, height = self.config["main"]["size"]
        self.count += 1
        if self.count > int(os.environ.get("PICAMERA2_FRAMES", 10**9)):
            raise RuntimeError("Camera frontend has timed out!")
        time.sleep(0.02)
        frame = np.full((height * 3 // 2, STRIDE), 77, np.uint8)  # colour and padding
        frame[:height, :width] = 140 + self.count % 3
        from tests.drivers.camera_files import code_picture
        code = code_picture(b"seen by the ribbon cable", pixels=5)
        frame[100 : 100 + code.shape[0], width - code.shape[1] : width] = code  # up to the padding
        return frame
'''
LIBCAMERA = """
class controls:
    class AfModeEnum:
        Continuous = 2
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stand-in, where the child finds it, and what it was told."""
    packages = tmp_path / "packages"
    packages.mkdir()
    (packages / "picamera2.py").write_text(STAND_IN, "utf-8")
    (packages / "libcamera.py").write_text(LIBCAMERA, "utf-8")
    path = tmp_path / "told.json"
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(packages), str(ROOT))))
    monkeypatch.setenv("PICAMERA2_STAND_IN", str(path))
    return path


def failure(options: Options) -> DeviceUnavailable:
    errors: list[DeviceUnavailable] = []
    port = connect(options)

    def fails() -> list[DeviceUnavailable]:
        try:
            port.read()
        except DeviceUnavailable as error:
            errors.append(error)
        return errors

    try:
        return until(fails, 30, "the camera to fail")[0]
    finally:
        port.close()


def test_codes_of_the_second_camera_module_arrive(log: Path) -> None:
    port = connect(Options(source="picamera2:1", width=1280, height=720, fps=20))
    try:
        scan = until(port.read, 30, "a scan")[0]
        preview = until(port.preview, 30, "a preview")
    finally:
        port.close()
    assert (scan.payload, scan.decoder) == (b"seen by the ribbon cable", "zxing")
    assert preview is not None
    assert (preview.width, preview.height) == (1280, 720)  # without the padding, without the colour
    told = [tuple(line) for line in json.loads(log.read_text("utf-8"))]
    config = {
        "main": {"size": [1280, 720], "format": "YUV420"},
        "controls": {"FrameRate": 20},
        "queue": False,
    }
    assert told[:4] == [("open", 1), ("configure", config), ("start",), ("controls", {"AfMode": 2})]


def test_odd_sizes_are_made_even_because_colour_has_half_of_them(log: Path) -> None:
    port = connect(Options(source="picamera2", width=641, height=481))
    try:
        until(lambda: port.read() or port.started, 30, "the first picture")
    finally:
        port.close()
    told = json.loads(log.read_text("utf-8"))
    assert told[1][1]["main"]["size"] == [640, 480]
    assert told[1][1]["controls"] == {"FrameRate": 15}


def test_a_camera_module_that_is_not_there_is_absent(log: Path) -> None:
    error = failure(Options(source="picamera2:7"))
    assert error.code == "absent"
    assert "libcamera sees 2" in str(error)


def test_a_camera_module_in_use_is_busy(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PICAMERA2_BUSY", "1")
    assert failure(Options(source="picamera2")).code == "busy"


def test_a_loose_ribbon_cable_is_lost(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PICAMERA2_FRAMES", "5")
    error = failure(Options(source="picamera2"))
    assert error.code == "lost"
    assert "timed out" in str(error)


def test_without_the_package_it_is_said_what_to_install() -> None:
    error = failure(Options(source="picamera2"))
    assert error.code == "absent"
    assert "sudo apt install python3-picamera2" in str(error)


def test_a_package_for_another_numpy_is_told_as_missing(log: Path, tmp_path: Path) -> None:
    broken = "raise ValueError('numpy.dtype size changed')"
    (tmp_path / "packages" / "picamera2.py").write_text(broken, "utf-8")
    error = failure(Options(source="picamera2"))
    assert error.code == "absent"
    assert "numpy.dtype size changed" in str(error)


def test_the_systems_own_packages_are_looked_through_last(tmp_path: Path, log: Path) -> None:
    system = tmp_path / "packages"
    program = textwrap.dedent(
        f"""
        import sys
        from pathlib import Path
        from drivers.scanner import _capture_pi
        _capture_pi.SYSTEM_PACKAGES = Path({str(system)!r})
        camera = _capture_pi.PiCamera("picamera2", 640, 480, 0)
        print(camera.read().shape, sys.path[-1] == {str(system)!r})
        camera.close()
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "(480, 640) True\n"), done.stderr
    assert [line[0] for line in json.loads(log.read_text("utf-8"))][-2:] == ["stop", "close"]
