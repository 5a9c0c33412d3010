"""The array's picture in a real browser: really drawn, where it belongs, without flicker or haste."""

from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from edge.domain.events import Decide, Park
from edge.domain.model import Outcome
from tests.waiting import until
from tests.web.fakes import World
from tests.web.heat import before, face, measured_by_array
from tests.web.test_browser import _SCROLLS_OR_CUTS, check_access, check_layout, log_in, open_kiosk, shown
from tests.web.watching import LARGE, SMALL, watched

pytestmark = [pytest.mark.browser, pytest.mark.system]

CANVAS = "#thermal canvas"
# Whether the canvas, once painted, was ever seen without a picture: asked before every frame drawn.
_WATCH_FOR_BLANKS = """
() => {
  const canvas = document.querySelector("#thermal canvas");
  canvas.mine = true;
  window.blanks = 0;
  const small = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const look = () => {
    small.clearRect(0, 0, 1, 1);
    small.drawImage(canvas, 0, 0, 1, 1);
    if (small.getImageData(0, 0, 1, 1).data[3] !== 255) window.blanks += 1;
    requestAnimationFrame(look);
  };
  look();
}
"""
_ASKED = """
() => performance.getEntriesByType("resource").filter((entry) => entry.name.includes("thermal.png"))
        .map((entry) => [entry.name, entry.startTime])
"""


def warmest(place: Locator) -> tuple[float, float]:
    """Return the middle of what is light in what the browser drew, as parts of its width and height."""
    drawn = cv2.imdecode(np.frombuffer(place.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    assert drawn is not None
    light = drawn.astype(int).sum(axis=2)
    light[:10] = light[-10:] = light[:, :10] = light[:, -10:] = 0  # the page behind the round corners
    ys, xs = np.nonzero(light > 350)
    if len(xs) == 0:
        return 0.0, 0.0
    return float(xs.mean()) / drawn.shape[1], float(ys.mean()) / drawn.shape[0]


def drawn_at(page: Page, column: int, row: int, place: str = CANVAS) -> None:
    """Wait until the picture shows a face at this column and row of 32 x 24."""

    def is_there() -> Any:
        x, y = warmest(page.locator(place))
        # The canvas is a little wider than its picture.
        return abs(x - (column + 0.5) / 32) < 0.06 and abs(y - (row + 0.5) / 24) < 0.06

    until(is_there, what=f"a face at {column}, {row}")


@pytest.mark.parametrize(("size", "language"), [(SMALL, "zh_Hans"), (LARGE, "en")])
def test_the_kiosk_shows_who_stands_before_the_array_and_nobody_afterwards(
    browser: Browser, world: World, address: str, size: tuple[int, int], language: str
) -> None:
    with watched(browser, size, language) as seen:
        page = seen.page
        open_kiosk(page, address, language)
        expect(page.locator("#thermal")).to_have_count(0)
        before(world, face(20, 9))
        drawn_at(page, 20, 9)
        check_layout(page)
        check_access(page)
        page.evaluate(_WATCH_FOR_BLANKS)
        for column, row in ((9, 12), (16, 8), (22, 13)):
            before(world, face(column, row))
            drawn_at(page, column, row)
        world.step_up(34.6)  # much else changes on the page
        shown(page, "open")
        before(world, face(14, 10))
        drawn_at(page, 14, 10)
        assert page.evaluate("document.querySelector('#thermal canvas').mine") is True
        assert page.evaluate("window.blanks") == 0
        box = page.locator("#thermal").bounding_box()
        beside = page.locator("#measured").bounding_box()
        assert box is not None
        assert beside is not None
        assert beside["x"] + beside["width"] <= box["x"]
        assert abs(beside["y"] - box["y"]) <= 1
        before(world, None)
        expect(page.locator("#thermal")).to_have_count(0)
        check_layout(page)


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
@pytest.mark.parametrize("is_over", [False, True])
def test_the_fullest_screen_has_room_for_the_picture(
    browser: Browser, world: World, address: str, language: str, is_over: bool
) -> None:
    # With the way on from a first value over there are questions below it, and a sign says so.
    scrolls = ["ask"] if is_over else []
    object.__setattr__(world.gate, "banners", ("simulated", "attendant"))
    for name in ("张三", "欧阳小明", "伊丽莎白·史密斯"):
        world.show_pass(name)
        parked = world.step_up(36.2)
        world.station.submit(Park("in", parked, name, "door", world.clock(), "rest"))
    world.step_up(36.2 if is_over else 34.6)
    before(world, face())
    with watched(browser, SMALL, language) as seen:
        page = seen.page
        open_kiosk(page, address, language)
        shown(page, "hold" if is_over else "open")
        drawn_at(page, 12, 11)
        expect(page.locator(".ticket")).to_have_count(3)
        check_layout(page)
        assert page.evaluate(_SCROLLS_OR_CUTS) == scrolls
        expect(page.locator("#ask .more")).to_be_visible(visible=is_over)
        world.show_pass("欧阳娜娜")
        expect(page.locator("#measured .person")).to_contain_text("欧阳娜娜")
        check_layout(page)
        assert page.evaluate(_SCROLLS_OR_CUTS) in (scrolls, [])  # whoever has a pass is asked less
        for size in (LARGE, SMALL):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            check_layout(page)


def test_a_page_asks_for_at_most_two_pictures_a_second_and_for_the_newest_last(
    browser: Browser, world: World, address: str
) -> None:
    with watched(browser, SMALL) as seen:
        page = seen.page
        open_kiosk(page, address)
        before(world, face())
        drawn_at(page, 12, 11)
        page.evaluate(
            """async () => {
                 const { thermal } = await import("/static/thermal.js");
                 for (let n = 0; n < 60; n += 1) {
                   thermal("n" + n);
                   await new Promise((done) => { setTimeout(done, 25); });
                 }
               }"""
        )
        until(lambda: page.evaluate(_ASKED)[-1][0].endswith("thermal.png?n59"), what="the newest picture")
        times = [asked_at for _, asked_at in page.evaluate(_ASKED)]
        assert len(times) >= 4
        assert min(later - sooner for sooner, later in pairwise(times)) >= 490


@pytest.mark.parametrize(("size", "language"), [(SMALL, "en"), (LARGE, "zh_Hans")])
def test_a_reviewer_sees_the_picture_of_a_measurement(
    browser: Browser, world: World, address: str, size: tuple[int, int], language: str
) -> None:
    passage = measured_by_array(world, face(22, 8))
    at = world.clock()
    world.station.submit(Decide("in", passage, "t", "door", at, Outcome.TURN_BACK, "unwell"))
    with watched(browser, size, language) as seen:
        page = seen.page
        log_in(page, address, "observer", language, f"/review/passage/{passage}")
        picture = page.locator("figure.thermal img")
        expect(picture).to_be_visible()
        until(lambda: picture.evaluate("image => image.naturalWidth") == 256, what="the picture")
        drawn_at(page, 22, 8, "figure.thermal img")
        wanted = "不作判定依据" if language == "zh_Hans" else "never decides"
        expect(page.locator("figure.thermal figcaption")).to_contain_text(wanted)
        check_access(page)
