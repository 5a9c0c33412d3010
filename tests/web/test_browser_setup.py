"""The set-up page in a real browser: a live picture, its figures, and no look while nobody looks."""

import dataclasses

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from drivers.scanner._preview import small_jpeg
from edge.domain.ports import Preview
from edge.web import create_app
from tests.drivers.camera_files import scene
from tests.waiting import until
from tests.web.conftest import served
from tests.web.fakes import World
from tests.web.test_browser import check_access, log_in
from tests.web.watching import LARGE, SMALL, watched

pytestmark = [pytest.mark.browser, pytest.mark.system]

_COUNT_TURNS = """
window.turns = 0;
const later = window.setTimeout;
window.setTimeout = (...given) => { window.turns += 1; return later(...given); };
"""


class Camera:
    """Shows the same wall, a little brighter each time, and counts who looks."""

    def __init__(self) -> None:
        self.looks = 0
        self.gone = False

    def preview(self, lane: str, name: str) -> Preview | None:
        self.looks += 1
        jpeg = small_jpeg(scene(b"held up"))
        return (
            None
            if self.gone
            else Preview(jpeg, 1280, 720, 70 + self.looks % 5, 140, 1, "good", 3.5, "zxing", 2.0)
        )


@pytest.mark.parametrize(("size", "language"), [(SMALL, "zh_Hans"), (LARGE, "en")])
def test_the_picture_is_live_told_in_words_and_gone_with_its_camera(
    browser: Browser, world: World, size: tuple[int, int], language: str
) -> None:
    camera = Camera()
    for found in world.status["devices"]:
        if found["kind"] == "scanner" and found["lane"] == "in":
            found["driver"] = "camera"
    gate = dataclasses.replace(world.gate, preview=camera.preview)
    with served(create_app(gate)) as address, watched(browser, size, language) as seen:
        page = seen.page
        page.add_init_script(_COUNT_TURNS)
        log_in(page, address, "manager", language, "/setup")
        words = "画面良好。" if language == "zh_Hans" else "The picture is good."
        expect(page.locator(".aim .advice")).to_have_text(words)
        expect(page.locator("[data-read]")).to_contain_text("3.5")
        expect(page.locator(".aim .refusal")).to_be_hidden()
        drawn = cv2.imdecode(
            np.frombuffer(page.locator(".aim canvas").screenshot(), np.uint8), cv2.IMREAD_GRAYSCALE
        )
        assert drawn is not None
        assert drawn.max() > 220  # the paper of the code
        assert drawn.min() < 60  # its ink
        looks = camera.looks
        until(lambda: page.evaluate("1") and camera.looks > looks + 4, what="a live picture")
        check_access(page)
        camera.gone = True
        expect(page.locator(".aim .refusal")).to_be_visible()
        camera.gone = False
        expect(page.locator(".aim .refusal")).to_be_hidden()
        # A page that is in the background leaves the camera alone; its loop turns all the same.
        page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true })")
        turned(page, 2)  # a look that had begun is over
        looks = camera.looks
        turned(page, 4)
        assert camera.looks == looks


def turned(page: Page, times: int) -> None:
    """Wait until the page set its timer so many times more."""
    before = page.evaluate("window.turns")
    until(lambda: page.evaluate("window.turns") >= before + times, what="the page's loop")
