"""A model of the site's own looks for masks: the real child, motion JPEG in colour, small real models."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import registry
from drivers.scanner._capture import Asked
from drivers.scanner._capture_frames import in_colour
from drivers.scanner.camera import CameraPort, Options, connect
from edge.codes import mask_seen
from edge.domain.errors import ConfigError
from edge.domain.model import Scan
from tests.drivers.camera_files import scene, stream, write_picture
from tests.drivers.onnx_files import BLUE, GREY, RED, colour_model, coloured
from tests.waiting import until

pytestmark = pytest.mark.system

Open = Callable[..., CameraPort]
SMALL = {"mask_width": 32, "mask_height": 32, "mask_rgb": False, "mask_agree": 3, "mask_every_ms": 20}


@pytest.fixture
def opening() -> Iterator[Open]:
    """Open cameras with a model; they are closed after the test."""
    ports: list[CameraPort] = []

    def open_camera(source: str, model: Path, **terms: Any) -> CameraPort:
        ports.append(connect(Options(source=source, loop=True, mask_model=str(model), **(SMALL | terms))))
        return ports[-1]

    yield open_camera
    for port in ports:
        port.close()


def reads(port: CameraPort, symbology: str) -> Scan:
    """Wait for something of this kind."""
    found: list[Scan] = []

    def comes() -> list[Scan]:
        found.extend(scan for scan in port.read() if scan.symbology == symbology)
        return found

    return until(comes, 30, symbology)[0]


def sees(port: CameraPort) -> dict[str, Any]:
    return dict(json.loads(reads(port, "Mask").payload))


def test_what_the_model_sees_is_told_of_whoever_was_named(tmp_path: Path, opening: Open) -> None:
    model = colour_model(tmp_path / "m.onnx")
    with stream([coloured(BLUE), coloured(BLUE, 1)]) as camera:
        port = opening(camera.address, model)
        until(lambda: port.read() or port.mask_model, 30, "the model")
        port.look(17)
        first = sees(port)
        assert (first["passage"], first["seen"], first["pictures"]) == (17, "masked", 3)
        assert first["score"] > 950
        assert first["model"] == port.mask_model
        camera.show([coloured(RED), coloured(RED, 1)])
        second = sees(port)
        assert (second["passage"], second["seen"]) == (17, "bare")
        assert second["score"] < 50
        port.look(18)
        assert (found := sees(port))["passage"] == 18, found
        camera.show([coloured(GREY), coloured(GREY, 1)])
        assert sees(port)["seen"] == "unsure"
    assert port.mask_fault is None


def test_a_passage_named_before_the_first_picture_is_looked_at(tmp_path: Path, opening: Open) -> None:
    path = tmp_path / "blue.png"
    assert cv2.imwrite(str(path), coloured(BLUE))
    port = opening(f"file:{path}", colour_model(tmp_path / "m.onnx", outputs=1), mask_outputs=1)
    port.look(5)  # on the heels of the orders
    assert sees(port)["passage"] == 5


def test_an_output_may_mean_that_none_is_worn(tmp_path: Path, opening: Open) -> None:
    path = tmp_path / "red.png"
    assert cv2.imwrite(str(path), coloured(RED))
    port = opening(f"file:{path}", colour_model(tmp_path / "m.onnx"), mask_output=0, mask_means="bare")
    port.look(5)
    assert sees(port)["seen"] == "masked"


@pytest.mark.parametrize(
    ("content", "terms", "code"),
    [
        (None, {}, "absent"),
        (b"no model", {}, "broken"),
        (b"", {}, "broken"),
        ("model", {"mask_outputs": 3}, "answers"),
    ],
)
def test_a_model_that_cannot_be_used_is_told_and_codes_are_read(
    tmp_path: Path, opening: Open, content: bytes | str | None, terms: dict[str, Any], code: str
) -> None:
    model = tmp_path / "m.onnx"
    if content == "model":
        colour_model(model)
    elif isinstance(content, bytes):
        model.write_bytes(content)
    picture = write_picture(tmp_path / "p.png", scene(b"a code all the same"))
    port = opening(f"file:{picture}", model, **terms)
    port.look(3)
    until(lambda: port.read() or port.mask_fault, 40, "the model's fault")
    until(lambda: port.mask_fault, 40, "the model's fault")
    assert port.mask_fault is not None
    assert port.mask_fault[0] == code
    assert reads(port, "QRCode").payload == b"a code all the same"


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"mask_model": "m.onnx"}, "完整路径"),
        ({"mask_outputs": 2, "mask_output": 2}, "mask_output: counted from 0"),
        ({"mask_mean": [1.0]}, "三个数字"),
        ({"mask_seen_per_1000": 400}, "mask_seen_per_1000"),
        ({"mask_not_seen_per_1000": 600}, "mask_not_seen_per_1000"),
    ],
)
def test_what_is_configured_wrongly_is_said_in_both_languages(terms: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as error:
        registry.load("scanner", {"driver": "camera", **terms})
    assert said in str(error.value)


def test_a_frame_as_the_device_sends_it_is_decoded_in_colour() -> None:
    picture = coloured(BLUE)
    i420 = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420)
    yuyv = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_YUYV)
    jpeg = cv2.imencode(".jpg", picture)[1]
    for frame, fourcc in ((picture, ""), (i420, "YU12"), (yuyv, "YUYV"), (jpeg, "MJPG")):
        found = in_colour(frame, fourcc, picture.shape[0])()
        assert found is not None, fourcc
        assert found.shape == picture.shape, fourcc
        assert np.abs(found.mean((0, 1)) - np.array(BLUE)).max() < 8, fourcc
    assert in_colour(np.zeros(10, np.uint8), "MJPG")() is None


@given(st.lists(st.one_of(st.just(b"mask 12"), st.just(b"mask"), st.binary(max_size=30))))
def test_whatever_is_asked_of_the_child_ends_it_not(lines: list[bytes]) -> None:
    asked = Asked()
    for line in [*lines, b"mask 7"]:
        asked.take(line)
    assert asked.passage == 7


TOLD = {"passage": 3, "seen": "masked", "score": 970, "pictures": 5, "model": "0123456789abcdef"}


@given(st.sampled_from(sorted(TOLD)), st.none() | st.booleans() | st.integers() | st.text() | st.floats())
def test_a_line_of_the_model_is_taken_whole_or_not_at_all(name: str, value: object) -> None:
    told = mask_seen.read(json.dumps(TOLD | {name: value}).encode())
    if told is not None:
        assert 0 <= told.score <= 1000
        assert told.seen in mask_seen.SEEN
        assert json.loads(json.dumps(TOLD | {name: value})) == {field: getattr(told, field) for field in TOLD}
    assert mask_seen.read(json.dumps(TOLD).encode()) == mask_seen.MaskTold(**TOLD)  # type: ignore[arg-type]


@given(st.binary())
def test_any_bytes_are_no_answer(payload: bytes) -> None:
    assert mask_seen.read(payload) is None
