"""The pages of two measurements a day in a real browser: narrow and wide, names only after a reason."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.fakes import World
from tests.web.test_browser import check_access, log_in
from tests.web.test_twice_daily import LI, WANG, Days, at, rows
from tests.web.watching import watched

pytestmark = [pytest.mark.browser, pytest.mark.system]

HOSTILE = ("<script>document.title='hacked'</script>", "9-9")


def fits(page: Page) -> None:
    """Nothing has to be moved sideways, and nobody is kept out."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    check_access(page)


@pytest.mark.parametrize(("size", "language"), [((320, 640), "en"), ((1280, 800), "zh_Hans")])
def test_a_manager_looks_opens_and_enters_a_temperature(
    browser: Browser, world: World, address: str, size: tuple[int, int], language: str
) -> None:
    world.clock.move(6 * 3600)  # the morning's window has ended
    days = Days(world)
    days.passes(LI, at(8))
    days.passes(HOSTILE, at(9), c=37.9, verdict="over")
    with watched(browser, size, language) as seen:
        page = seen.page
        log_in(page, address, "manager", language)
        page.goto(f"{address}/review/twice-daily")
        expect(page.locator("#twice-daily tbody tr")).to_have_count(2)
        expect(page.locator("#twice-daily .masked")).to_have_count(2)
        fits(page)
        page.locator("#why").select_option("inspection")
        page.locator("#why").press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("#twice-daily")).to_contain_text(LI[0])
        expect(page.locator("#twice-daily")).to_contain_text(HOSTILE[0])
        assert "hacked" not in page.title()
        fits(page)
        page.goto(f"{address}/temperatures")
        fits(page)
        for field, text in (("name", WANG[0]), ("room", WANG[1]), ("value", "36.4")):
            page.locator(f"#{field}").fill(text)
        page.locator("#day").fill("2023-11-15")
        page.locator("#time").fill("10:05")
        page.locator("#time").press("Enter")
        expect(page.locator("[data-done]")).to_be_visible()
        fits(page)
        [row] = rows(world, "temperature.reported")
        assert (row.body["value_mdegc"], row.body["taken_us"]) == (36_400, at(10 + 5 / 60))
        page.goto(f"{address}/review/twice-daily")
        expect(page.locator("[data-count=morning]")).to_have_text("3")
