"""The pages of duty in a real browser: narrow and wide, everything reachable, in gloves and with keys."""

import pytest
from playwright.sync_api import Browser, expect

from tests.web.fakes import World
from tests.web.test_browser import log_in
from tests.web.test_browser_twice_daily import fits
from tests.web.watching import watched

pytestmark = [pytest.mark.browser, pytest.mark.system]


@pytest.mark.parametrize(("size", "language"), [((320, 640), "zh_Hans"), ((1280, 800), "en")])
def test_an_attendant_comes_on_duty_and_calls_for_help(
    browser: Browser, world: World, address: str, size: tuple[int, int], language: str
) -> None:
    with watched(browser, size, language) as seen:
        page = seen.page
        log_in(page, address, "attendant", language)
        page.goto(f"{address}/duty/sign-in?lane=in")
        fits(page)
        boxes = page.locator("label.big-tick").all()
        assert boxes
        heights = [(box.bounding_box() or {"height": 0})["height"] for box in boxes]
        assert min(heights) >= 56, "for gloves"
        page.locator("#value").fill("36.5")
        page.locator("button.main").click()
        page.wait_for_url(f"{address}/kiosk/in")
        page.locator("#call").focus()
        page.keyboard.press("e")
        expect(page.locator("#d-call")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#d-call")).to_be_hidden()
        page.keyboard.press("e")
        page.keyboard.press("2")
        page.wait_for_url(f"{address}/incidents/1")
        expect(page.locator("#card tr")).to_have_count(4)
        fits(page)
        for path in ("/duty", "/incidents", "/duty/readiness", "/duty/contacts", "/duty/sign-out/1"):
            page.goto(address + path)
            fits(page)
    assert world.gate.duty.incidents.one(1).kind == "forced_entry"
    assert [one.account for one in world.gate.duty.duty.on_duty()] == ["door"]


@pytest.mark.parametrize(("size", "language"), [((320, 640), "en"), ((1280, 800), "zh_Hans")])
def test_a_manager_plans_a_week(
    browser: Browser, world: World, address: str, size: tuple[int, int], language: str
) -> None:
    with watched(browser, size, language) as seen:
        page = seen.page
        log_in(page, address, "manager", language)
        page.goto(f"{address}/duty/plan")
        fits(page)
        page.locator("#name").fill("<b>林甲</b>")
        page.locator("#untrained").select_option("urgent")
        page.locator("form[action$='/duty/plan'] button").click()
        expect(page.locator("#sheet tbody tr[data-line]")).to_have_count(1)
        expect(page.locator("#sheet")).to_contain_text("<b>林甲</b>")
        fits(page)
        for path in ("/duty", "/duty/training", "/accounts"):
            page.goto(address + path)
            fits(page)
