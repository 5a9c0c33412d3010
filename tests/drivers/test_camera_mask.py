"""A model of the site's own looks for masks: the real child, real motion JPEG in colour, small real models."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from drivers import registry
from drivers.scanner.camera import CameraPort, Options, connect
from edge.domain.errors import ConfigError
from edge.domain.model import Scan
from tests.drivers.camera_files import code_picture, stream
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
