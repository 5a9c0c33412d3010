"""The manager's page of temperature screening in a real browser: readable in both languages at any width, and
worked by keyboard."""

import pytest
from playwright.sync_api import Browser, expect

from tests.web.fakes import World
from tests.web.test_browser import check_access, log_in
from tests.web.test_temperature import EITHER, crowd_of, knows
from tests.web.watching import watched

pytestmark = [pytest.mark.browser, pytest.mark.system]


@pytest.mark.parametrize(("language", "width"), [("zh_Hans", 320), ("en", 1280)])
def test_a_manager_reads_a_day_and_confirms_a_shift_by_keyboard(
    browser: Browser, world: World, address: str, language: str, width: int
) -> None:
    world.clock.move(14 * 3600)
    people = crowd_of(world, EITHER)
    people.passes(2.3, contact_c=38.2)
    people.comes(40, ambients=(18.0, 22.0))
    knows(world)
    with watched(browser, (width, 900), language) as seen:
        page = seen.page
        log_in(page, address, "manager", language, "/review/temperature")
        expect(page.locator(".histogram [data-mark=level]")).to_have_count(1)
        expect(page.locator("[data-shifted]")).to_be_visible()
        check_access(page)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        for summary in page.locator("summary").all():
            summary.focus()
            page.keyboard.press("Enter")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        page.locator("[data-form=confirm] input[name=reason]").focus()
        page.keyboard.type("lens cleaned")
        page.keyboard.press("Tab")
        expect(page.locator("[data-form=confirm] button")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("[data-done='screening.settled']")).to_be_visible()
        expect(page.locator("[data-shifted]")).to_have_count(0)
        check_access(page)
