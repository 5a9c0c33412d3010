"""The walk to a measurement on the kiosk, in a real browser: it fits, it can be read, one key does it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from edge.web.walking import HOLD
from tests.web.fakes import World
from tests.web.test_browser import check_access, open_kiosk
from tests.web.watching import chromium, watched

pytestmark = [pytest.mark.browser, pytest.mark.system]

SIZES = [(1280, 800), (800, 480)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def keep(page: Page, name: str) -> None:
    """Keep a picture where somebody asked for it."""
    if folder := os.environ.get("GATEPOST_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def is_in_sight(button: Locator) -> bool:
    """Say whether all of a button can be seen and hit where it stands now."""
    return bool(
        button.evaluate(
            """(button) => {
                 const box = button.getBoundingClientRect();
                 const points = [[box.left + 4, box.top + 4], [box.right - 4, box.bottom - 4]];
                 return points.every(([x, y]) => button.contains(document.elementFromPoint(x, y)));
               }"""
        )
    )


def check_fits(page: Page) -> None:
    """The page does not scroll, and no button of the walk is cut or too small."""
    over = page.evaluate(
        """() => Math.max(document.documentElement.scrollWidth - innerWidth,
                          document.documentElement.scrollHeight - innerHeight)"""
    )
    assert over <= 0
    cut = page.evaluate(
        """() => [...document.querySelectorAll(".walk .tap")].filter((button) =>
                   button.scrollWidth > button.clientWidth + 1
                   || button.scrollHeight > button.clientHeight + 2
                   || button.getBoundingClientRect().height < 64).map((button) => button.id)"""
    )
    assert cut == []
    assert is_in_sight(page.locator(".walk .next")), "the advised button is on the screen at once"


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_on_a_low_screen_the_first_question_is_one_tap_away_and_the_page_says_so(
    browser: Browser, world: World, address: str, language: str
) -> None:
    with watched(browser, (800, 480), language) as seen:
        page = seen.page
        open_kiosk(page, address, language)
        for surface_c in (29.0, 29.1):
            world.step_up(surface_c)
            world.clock.move(5)
        expect(page.locator(".walk[data-next=rest]")).to_be_visible()
        first = page.locator("#ask .question:not(.walk) .tap").first
        assert not is_in_sight(first)
        assert is_in_sight(page.locator("#ask .more"))
        page.locator("#ask .more").click()
        assert is_in_sight(first)
        assert page.locator(".top").bounding_box()["y"] == 0  # type: ignore[index]
        keep(page, f"questions-{language}")


@pytest.mark.parametrize(
    ("language", "size"), [(language, size) for language in ("zh_Hans", "en") for size in SIZES]
)
def test_the_attendant_is_walked_from_too_cold_to_the_bench_by_single_keys(
    browser: Browser, world: World, address: str, language: str, size: tuple[int, int]
) -> None:
    with watched(browser, size, language) as seen:
        page, end = seen.page, f"{language}-{size[0]}"
        open_kiosk(page, address, language)
        world.step_up(29.0)
        expect(page.locator(".walk[data-cause=too_cold][data-next=again]")).to_be_visible()
        check_fits(page)
        check_access(page)
        keep(page, f"cold-{end}")
        world.clock.move(5)
        world.step_up(29.1)
        expect(page.locator(".walk[data-next=rest]")).to_be_visible()
        check_fits(page)
        keep(page, f"rest-{end}")
        page.locator("#walk-place-wrist").click()
        expect(page.locator("[data-aimed=wrist]")).to_be_visible()
        check_fits(page)
        keep(page, f"wrist-{end}")
        world.clock.move(5)
        world.step_up(31.0)
        expect(page.locator("[data-aimed=wrist]")).not_to_contain_text(HOLD["wrist"].en)
        expect(page.locator("[data-aimed=wrist]")).not_to_contain_text(HOLD["wrist"].zh)
        expect(page.locator("#walk-again")).to_contain_text({"zh_Hans": "额头", "en": "forehead"}[language])
        check_fits(page)
        keep(page, f"held-{end}")
        page.keyboard.press("m")
        expect(page.locator("[data-aimed]")).to_have_count(0)
        expect(page.locator("[data-notice=step_back]")).to_be_visible()
        page.keyboard.press("r")
        expect(page.locator("#bench .ticket")).to_be_visible()
        world.clock.move(5)
        world.step_up(38.0)
        expect(page.locator(".walk[data-cause=first_over]")).to_be_visible()
        expect(page.locator(".twice[data-second=no]")).to_be_visible()
        check_fits(page)
        keep(page, f"over-{end}")
