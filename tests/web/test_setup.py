"""The set-up page: who sees it, what it shows of a camera, and that it says no code's content."""

import dataclasses
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from flask.testing import FlaskClient

from drivers.scanner._decode import STAGES, Picture
from drivers.scanner._preview import figures, small_jpeg
from edge.domain.ports import Preview
from edge.web import create_app
from edge.web.aiming import ADVICE
from edge.web.aiming import STAGES as STAGE_WORDS
from tests.drivers.camera_files import code_picture
from tests.web.fakes import World, device

pytestmark = pytest.mark.system

Enter = Callable[[str], FlaskClient]
SEEN = Preview(b"\xff\xd8 a picture", 1280, 720, 71, 128, 2, "good", 4.2, "zxing+sharp", 1.26)


class Camera:
    """A camera that shows what it is told to, and counts who looks."""

    def __init__(self, seen: Preview | None = SEEN) -> None:
        self.seen = seen
        self.asked: list[tuple[str, str]] = []

    def preview(self, lane: str, name: str) -> Preview | None:
        self.asked.append((lane, name))
        return self.seen


@pytest.fixture
def camera(world: World) -> Camera:
    """A camera in the lane `in`; the other lane keeps its simulated scanner."""
    camera = Camera()
    world.status["devices"][:] = [
        {**found, "driver": "camera"} if found["kind"] == "scanner" and found["lane"] == "in" else found
        for found in world.status["devices"]
    ]
    world.gate = dataclasses.replace(world.gate, preview=camera.preview)
    return camera


def manager(world: World) -> FlaskClient:
    client = create_app(world.gate).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {world.tokens['manager']}"
    return client


def test_the_page_lists_cameras_and_no_other_scanner(world: World, camera: Camera) -> None:
    page = manager(world).get("/setup").get_data(as_text=True)
    assert page.count('class="aim"') == 1
    assert 'data-picture="/setup/in/scanner.jpg"' in page
    assert 'data-figures="/setup/in/scanner/figures"' in page
    assert "/setup/out/" not in page
    assert camera.asked == []  # the page alone asks no camera for anything


def test_a_gate_without_cameras_says_so(world: World) -> None:
    assert "No lane has a camera." in manager(world).get("/setup").get_data(as_text=True)


def test_the_page_is_there_in_chinese(world: World, camera: Camera) -> None:
    client = manager(world)
    client.set_cookie("language", "zh_Hans")
    page = client.get("/setup").get_data(as_text=True)
    assert "调整摄像头" in page
    assert "像素／模块（至少 2）" in page


def test_a_picture_is_handed_on_and_may_not_be_kept(world: World, camera: Camera) -> None:
    answer = manager(world).get("/setup/in/scanner.jpg")
    assert (answer.status_code, answer.data, answer.mimetype) == (200, SEEN.jpeg, "image/jpeg")
    assert answer.headers["Cache-Control"] == "no-store"
    assert camera.asked == [("in", "scanner")]


def test_the_figures_are_given_with_words_in_both_languages(world: World, camera: Camera) -> None:
    answer = manager(world).get("/setup/in/scanner/figures")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.get_json() == {
        "width": 1280,
        "height": 720,
        "focus": 71,
        "brightness": 128,
        "clipped": 2,
        "advice": "good",
        "advice_text": {"zh_Hans": "画面良好。", "en": "The picture is good."},
        "module_pixels": 4.2,
        "decoder": "zxing+sharp",
        "decoder_text": {"zh_Hans": "锐化后读出", "en": "sharpened"},
        "read_ago_s": 1.3,
    }


def test_a_camera_that_read_nothing_yet_has_figures_all_the_same(world: World, camera: Camera) -> None:
    camera.seen = dataclasses.replace(SEEN, module_pixels=None, decoder=None, read_ago_s=None)
    found = manager(world).get("/setup/in/scanner/figures").get_json()
    assert found["focus"] == 71
    assert [found[name] for name in ("module_pixels", "decoder", "decoder_text", "read_ago_s")] == [None] * 4


def test_a_camera_without_a_picture_is_no_error(world: World, camera: Camera) -> None:
    camera.seen = None
    client = manager(world)
    for path in ("/setup/in/scanner.jpg", "/setup/in/scanner/figures"):
        answer = client.get(path)
        assert (answer.status_code, answer.data) == (204, b""), path


@pytest.mark.parametrize("path", ["in/thermometer", "out/scanner", "nowhere/scanner", "in/scanner2"])
def test_what_is_no_camera_of_a_lane_is_not_found(world: World, camera: Camera, path: str) -> None:
    client = manager(world)
    for address in (f"/setup/{path}.jpg", f"/setup/{path}/figures"):
        answer = client.get(address)
        assert (answer.status_code, answer.get_json()["error"]) == (404, "not_found"), address
    assert camera.asked == []


def test_only_a_manager_finds_the_page_in_the_menu(enter: Enter) -> None:
    assert 'href="/setup"' in enter("manager").get("/review").get_data(as_text=True)
    assert 'href="/setup"' not in enter("observer").get("/review").get_data(as_text=True)
    assert 'href="/setup"' not in enter("attendant").get("/").get_data(as_text=True)


def test_nobody_without_a_log_in_gets_a_picture(world: World, camera: Camera) -> None:
    client = create_app(world.gate).test_client()
    answer = client.get("/setup/in/scanner.jpg")
    assert (answer.status_code, answer.get_json()["error"]) == (401, "unauthorized")
    assert camera.asked == []


def test_every_advice_and_every_stage_has_words() -> None:
    pictures = {
        "good": np.kron(np.random.default_rng(1).integers(0, 2, (60, 80)), np.ones((8, 8))) * 180 + 30,
        "dark": np.full((480, 640), 9),
        "bright": np.full((480, 640), 255),
        "pale": np.full((480, 640), 120),
    }
    sharp = pictures["good"].astype(np.uint8)
    pictures["blurred"] = cv2.GaussianBlur(sharp, (0, 0), 4)
    said = {name: figures(picture.astype(np.uint8)).advice for name, picture in pictures.items()}
    assert said == {name: name for name in pictures}
    assert set(said.values()) == set(ADVICE)
    small = code_picture(b"a code for all of them", pixels=6)
    code = np.pad(small, 200, constant_values=140)
    # Stages of their own are for light on dark, small pictures and large ones.
    pictures_of_it = [code, 255 - code, small, np.pad(code, ((0, 0), (0, 2000)), constant_values=140)]
    read = {found.decoder for seen in pictures_of_it for stage in STAGES for found in stage(Picture(seen))}
    assert len(read) == len(STAGES)
    assert read == set(STAGE_WORDS)


def test_a_preview_is_small_whatever_the_picture_is() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (2160, 3840)).astype(np.uint8)
    jpeg = small_jpeg(noise)
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    assert picture.shape == (360, 640)
    assert len(jpeg) < 100_000


def test_a_simulated_scanner_is_no_camera(world: World) -> None:
    world.status["devices"] = [{**device("scanner"), "lane": "in"}]
    assert manager(world).get("/setup/in/scanner.jpg").status_code == 404
