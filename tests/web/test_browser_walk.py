"""The walk to a measurement on the kiosk, in a real browser: it fits, it can be read, one key does it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

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
    first = page.locator(".walk .next").bounding_box()
    viewport = page.viewport_size
    assert first is not None
    assert viewport is not None
    assert first["y"] + first["height"] <= viewport["height"], "the advised button is on the screen at once"


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
        page.keyboard.press("m")
        expect(page.locator("[data-aimed]")).to_have_count(0)
        page.keyboard.press("r")
        expect(page.locator("#bench .ticket")).to_be_visible()
        world.clock.move(5)
        world.step_up(38.0)
        expect(page.locator(".walk[data-cause=first_over]")).to_be_visible()
        expect(page.locator(".twice[data-second=no]")).to_be_visible()
        check_fits(page)
        keep(page, f"over-{end}")
