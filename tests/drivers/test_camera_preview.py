"""What a camera shows to whoever aims it: on demand, shared, without content, and never late for codes."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scanner._capture_child import preview_of
from drivers.scanner._preview import figures
from drivers.scanner._regions import Grey
from drivers.scanner.camera import CameraPort, Options, connect
from edge.domain.ports import Preview
from tests.drivers.camera_files import code_picture, scene, write_picture, write_video
from tests.waiting import until

pytestmark = pytest.mark.system

SECRET = b"a payload that a page for aiming has no business with"


@pytest.fixture
def port(tmp_path: Path) -> Iterator[CameraPort]:
    """A camera before which a code is held for ever."""
    frames = [scene(SECRET, seed=n) for n in range(15)]
    opened = connect(Options(source=f"file:{write_video(tmp_path / 'held.avi', frames)}", loop=True))
    yield opened
    opened.close()


def seen(port: CameraPort) -> Preview:
    found: list[Preview] = []

    def looks() -> list[Preview]:
        port.read()
        preview = port.preview()
        if preview is not None:
            found.append(preview)
        return found

    return until(looks, 30, "a preview")[-1]


def test_a_preview_is_the_cameras_picture_small_with_its_figures(port: CameraPort) -> None:
    until(port.read, what="a scan")
    preview = seen(port)
    picture = cv2.imdecode(np.frombuffer(preview.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    assert picture.shape == (480, 640)
    assert np.abs(picture.astype(int) - scene(SECRET)).mean() < 8
    assert (preview.width, preview.height, preview.advice) == (640, 480, "good")
    assert preview.focus > 60
    assert 100 < preview.brightness < 180
    assert (preview.decoder, preview.module_pixels) == ("zxing", 4.0)
    assert preview.read_ago_s is not None
    assert 0 <= preview.read_ago_s < 60


def test_a_preview_holds_nothing_of_the_code(port: CameraPort) -> None:
    until(port.read, what="a scan")
    preview = seen(port)
    assert SECRET not in preview.jpeg
    assert SECRET.decode() not in repr((preview.advice, preview.decoder, preview.module_pixels))


def test_scans_go_on_while_many_look(port: CameraPort) -> None:
    stop, found = threading.Event(), list[Preview]()

    def looks() -> None:
        while not stop.is_set():
            preview = port.preview()
            if preview is not None:
                found.append(preview)

    lookers = [threading.Thread(target=looks) for _ in range(4)]
    for looker in lookers:
        looker.start()
    try:
        scans = sum(len(until(port.read, what="a scan")) for _ in range(4))
        until(lambda: port.read() and len({id(one) for one in found}) >= 3, 30, "three pictures")
    finally:
        stop.set()
        for looker in lookers:
            looker.join(5)
    assert scans >= 4
    # They shared what was asked for: far fewer pictures than looks.
    assert len({id(preview) for preview in found}) < len(found) / 2


def test_nobody_looking_makes_no_picture(port: CameraPort) -> None:
    lines: list[str] = []
    take = port._take

    def overhear(line: bytes) -> None:
        lines.append(line.decode()[:30])
        take(line)

    port._take = overhear  # type: ignore[method-assign]  # what the child says, before it is understood
    frames = port.frames
    until(lambda: port.read() or port.frames > frames + 10, what="frames")
    assert not any("preview" in line for line in lines)
    seen(port)
    assert sum("preview" in line for line in lines) == 1


def test_a_closed_camera_shows_nothing_and_does_not_keep_anybody_waiting(port: CameraPort) -> None:
    seen(port)
    port.close()
    until(lambda: port._previewed_at < time.monotonic() - 0.3, what="the last preview to be old")
    begun = time.monotonic()
    assert port.preview() is None
    assert time.monotonic() - begun < 5


def test_a_camera_that_has_not_started_shows_nothing(tmp_path: Path) -> None:
    port = connect(Options(source=f"file:{write_picture(tmp_path / 'p.png', code_picture(SECRET))}"))
    try:
        os.kill(port.pid, signal.SIGSTOP)
        assert port.preview() is None
        assert not port.started
    finally:
        port.close()


@given(
    st.dictionaries(st.text(max_size=8), st.one_of(st.none(), st.integers(), st.text(max_size=5)), max_size=4)
)
def test_a_line_that_is_no_preview_is_refused_as_such(fields: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        preview_of(fields)


def test_focus_falls_with_blur_and_does_not_depend_on_light() -> None:
    sharp = scene(SECRET)
    soft = [cv2.GaussianBlur(sharp, (0, 0), sigma).astype(np.uint8) for sigma in (0.8, 1.6, 3.0)]
    values = [figures(picture).focus for picture in (sharp, *soft)]
    assert values == sorted(values, reverse=True)
    assert values[0] - values[-1] > 30
    dimmed = (sharp * 0.4).astype(np.uint8)
    assert figures(dimmed).focus == pytest.approx(values[0], abs=12)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 255))
def test_any_picture_has_figures(height: int, width: int, level: int) -> None:
    found = figures(np.full((height, width), level, np.uint8))
    assert (found.width, found.height, found.brightness) == (width, height, level)
    assert 0 <= found.focus <= 100
    assert found.advice in ("dark", "bright", "pale", "blurred", "good")


def test_the_middle_of_the_scale_is_told_from_its_ends() -> None:
    def lit(gain: float, offset: float) -> Grey:
        return np.asarray(np.clip(scene(SECRET) * gain + offset, 0, 255), np.uint8)

    assert figures(lit(1.0, 0)).advice == "good"
    assert figures(lit(0.15, 0)).advice == "dark"
    assert figures(lit(1.0, 130)).advice == "bright"
    assert figures(lit(0.1, 120)).advice == "pale"
