"""A USB camera under /dev: our code in a child process, with a stand-in for OpenCV's capture that does
what its V4L2 source does, raw frames and faults alike."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from drivers.scanner._capture_frames import SourceFault
from drivers.scanner._capture_live import LiveCamera
from drivers.scanner.camera import CameraPort, Options, connect
from edge.domain.errors import DeviceUnavailable
from tests.paths import ROOT
from tests.waiting import until

pytestmark = pytest.mark.system

# Python loads this by itself when the child starts. Frames come as CONVERT_RGB = 0 gives them.
STAND_IN = '''
"""Answers as OpenCV's V4L2 capture does; how, is in the environment."""

import os, time
import cv2
import numpy as np
from tests.drivers.camera_files import code_picture

KIND = os.environ["STAND_IN_FORMAT"]
AFTERWARDS = os.environ.get("STAND_IN_AFTERWARDS", "")
WHEN = 20


class VideoCapture:
    def __init__(self, *where):
        self.props, self.count = {}, 0
        self.random = np.random.default_rng(1)
        self.scene = np.full((480, 640), 140, np.uint8)
        if KIND == "12MP":
            self.scene = np.full((3000, 4000), 140, np.uint8)
        code = code_picture(b"held before a device", pixels=4)
        self.scene[90 : 90 + code.shape[0], 200 : 200 + code.shape[1]] = code
        self.frozen = None

    def isOpened(self):
        return True

    def set(self, prop, value):
        self.props[prop] = value
        return True

    def get(self, prop):
        if prop == cv2.CAP_PROP_FOURCC:
            return cv2.VideoWriter.fourcc(*("MJPG" if KIND in ("MJPG", "torn", "12MP") else KIND))
        return {cv2.CAP_PROP_FRAME_HEIGHT: self.scene.shape[0], cv2.CAP_PROP_FPS: 30}.get(prop, 0)

    def grab(self):
        self.count += 1
        if self.count > WHEN and AFTERWARDS == "silent":
            time.sleep(10)  # the kernel is asked for so long
            return False
        time.sleep(1 / 30)
        return not (self.count > WHEN and AFTERWARDS == "unplugged")

    def retrieve(self):
        assert self.props.get(cv2.CAP_PROP_CONVERT_RGB) == 0
        if self.count > WHEN and AFTERWARDS == "frozen":
            return True, self.frozen.copy()
        if self.count > WHEN and AFTERWARDS == "damaged":
            return True, self.random.integers(0, 255, (1, 5000)).astype(np.uint8)
        luma = self.scene.copy()
        luma[::9, ::9] += self.random.integers(0, 5, luma[::9, ::9].shape).astype(np.uint8)
        self.frozen = self.sent(luma)
        return True, self.frozen

    def sent(self, luma):
        colour = np.full_like(luma, 128)
        if KIND == "YUYV":
            return np.dstack([luma, colour])
        if KIND == "NV12":
            return np.vstack([luma, colour[: len(luma) // 2]])
        if KIND == "GREY":
            return luma
        packet = cv2.imencode(".jpg", luma)[1].reshape(1, -1)
        # A USB cable at its limit: every second picture is cut off, and every third is none.
        if KIND == "torn" and self.count % 2:
            packet = packet[:, : packet.shape[1] // 2]
        if KIND == "torn" and self.count % 3 == 0:
            packet = packet[:, :0] if self.count % 2 else packet[:, 400:]
        return packet

    def release(self):
        pass


cv2.VideoCapture = VideoCapture
'''

Open = Callable[..., CameraPort]


@pytest.fixture
def plugged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Plug a camera in that sends frames of a format, and what it does after its first ones."""
    (tmp_path / "sitecustomize.py").write_text(STAND_IN, "utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path), str(ROOT))))
    folder = Path(tempfile.mkdtemp(prefix="gatepost-camera-", dir="/dev/shm"))
    (folder / "video7").touch()
    ports: list[CameraPort] = []

    def plug(frames: str = "YUYV", afterwards: str = "") -> CameraPort:
        monkeypatch.setenv("STAND_IN_FORMAT", frames)
        monkeypatch.setenv("STAND_IN_AFTERWARDS", afterwards)
        ports.append(connect(Options(source=str(folder / "video7"))))
        return ports[-1]

    yield plug
    for port in ports:
        port.close()
    shutil.rmtree(folder)


def failure(port: CameraPort) -> DeviceUnavailable:
    errors: list[DeviceUnavailable] = []

    def fails() -> list[DeviceUnavailable]:
        try:
            port.read()
        except DeviceUnavailable as error:
            errors.append(error)
        return errors

    return until(fails, 30, "the camera to fail")[0]


@pytest.mark.parametrize("frames", ["YUYV", "GREY", "NV12", "MJPG", "torn", "12MP"])
def test_codes_are_read_from_every_format_a_device_sends(plugged: Open, frames: str) -> None:
    port = plugged(frames)
    assert until(port.read, 30, "a scan")[0].payload == b"held before a device"
    before = port.frames
    until(lambda: port.read() or port.frames > before + 5, 30, "pictures to go on")


def test_a_device_that_sends_the_same_picture_for_ever_is_hung_by_its_usual_settings(plugged: Open) -> None:
    error = failure(plugged("MJPG", "frozen"))
    assert error.code == "hung"
    assert "the same picture for 2.5 s" in str(error)


def test_a_device_that_stops_sending_is_hung_long_before_its_driver_gives_up(plugged: Open) -> None:
    error = failure(plugged("YUYV", "silent"))
    assert error.code == "hung"
    assert "its process hung for 2.5 s" in str(error)


def test_a_device_that_sends_only_damaged_pictures_is_lost(plugged: Open) -> None:
    error = failure(plugged("MJPG", "damaged"))
    assert error.code == "lost"
    assert "only damaged pictures for 2 s" in str(error)


def test_an_unplugged_device_is_lost(plugged: Open) -> None:
    error = failure(plugged("YUYV", "unplugged"))
    assert (error.code, "no more pictures" in str(error)) == ("lost", True)


def test_where_memory_runs_out_the_child_goes_before_the_gate(plugged: Open) -> None:
    port = plugged()
    until(lambda: port.read() or port.started, 30, "the first picture")
    own = int(Path("/proc/self/oom_score_adj").read_text("ascii"))
    assert int(Path(f"/proc/{port.pid}/oom_score_adj").read_text("ascii")) >= max(own, 500)


class Waiting:
    """A stream's capture with frames that waited while nobody came for them."""

    def __init__(self, waiting: int) -> None:
        self.waiting, self.grabbed = waiting, 0

    def grab(self) -> bool:
        self.grabbed += 1
        if self.grabbed > self.waiting:
            Clock.now += 0.04  # this one is new
        return True

    def retrieve(self) -> tuple[bool, object]:
        return True, np.full((4, 4), self.grabbed, np.uint8)

    def get(self, _: int) -> float:
        return 0.0


class Clock:
    now = 0.0


@pytest.mark.parametrize(("waiting", "shown"), [(0, 1), (1, 2), (12, 13), (500, 30)])
def test_the_frames_of_a_stream_that_waited_are_passed_over(
    monkeypatch: pytest.MonkeyPatch, waiting: int, shown: int
) -> None:
    monkeypatch.setattr("drivers.scanner._capture_live.time.monotonic", lambda: Clock.now)
    camera = LiveCamera.__new__(LiveCamera)
    camera._capture, camera._fourcc, camera._at_once_s = Waiting(waiting), "", 0.01  # type: ignore[assignment]
    grey = camera.read()
    assert grey is not None
    assert grey[0, 0] == shown


def test_a_device_gives_each_frame_and_the_end_of_a_stream_is_told() -> None:
    camera = LiveCamera.__new__(LiveCamera)
    camera._capture, camera._fourcc, camera._at_once_s = Waiting(9), "", 0.0  # type: ignore[assignment]
    assert [int(frame[0, 0]) for frame in (camera.read(), camera.read()) if frame is not None] == [1, 2]
    camera._capture.grab = lambda: False  # type: ignore[method-assign]
    with pytest.raises(SourceFault) as fault:
        camera.read()
    assert fault.value.code == "lost"
