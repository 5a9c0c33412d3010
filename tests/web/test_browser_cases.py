"""The cases in a real browser: keys meant for a case, Enter in a note, and the form on paper."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.domain.cases import FollowUp
from edge.domain.model import Outcome
from edge.registers.cases import Order
from tests.registers.test_cases import case_row
from tests.waiting import until
from tests.web.fakes import UNITS, World
from tests.web.test_browser import log_in, open_kiosk
from tests.web.test_cases import refer_hot
from tests.web.test_review import decide, rows
from tests.web.watching import SMALL, chromium, watched

pytestmark = [pytest.mark.browser, pytest.mark.system]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def handed(world: World) -> list[int]:
    return [row.body["case"] for row in rows(world, "case.handed_over")]


def answered(world: World) -> list[Any]:
    """Return what was answered about the person in the lane."""
    return [step["state"] for step in world.gate.view("in")["steps"] if step["id"] == "mask"]


def another(world: World, number: int) -> None:
    """Let somebody be referred whom this page did not decide about."""
    world.journal.append(case_row(900 + number, world.clock().at_us))
    world.gate.cases.refresh()
    world.gate.view_changed.ring()


def test_a_key_meant_for_a_case_goes_to_that_case_whoever_is_referred_meanwhile(
    browser: Browser, world: World, address: str
) -> None:
    for _ in range(3):
        decide(world, Outcome.REFER)
    with watched(browser, SMALL) as seen:
        page = seen.page
        open_kiosk(page, address)
        world.step_up(34.6)
        world.show_pass()
        expect(page.locator("#tap-mask-on")).to_be_visible()
        expect(page.locator("#case-1[data-key-press=h]")).to_be_visible()
        page.locator("#case-3").click()
        expect(page.locator("#d-case-3[open]")).to_be_visible()
        for number in (4, 5):
            another(world, number)
            expect(page.locator(f"#d-case-{number}")).to_have_count(1)
        expect(page.locator("#d-case-3[open]")).to_be_visible()
        expect(page.locator("#case-1[data-key-press=h]")).to_be_visible()
        page.keyboard.press("1")
        expect(page.locator("dialog[open]")).to_have_count(0)
        until(lambda: handed(world) == [3], what="the hand-over")
        assert answered(world) == ["missing"]
        # an own command leaves the keys alone
        page.keyboard.press("1")
        until(lambda: answered(world) != ["missing"], what="1")


def test_keys_are_not_heard_for_a_moment_after_a_dialog_was_taken_away(
    browser: Browser, world: World, address: str
) -> None:
    decide(world, Outcome.REFER)
    with watched(browser, SMALL) as seen:
        page = seen.page
        open_kiosk(page, address)
        world.step_up(34.6)
        world.show_pass()
        expect(page.locator("#tap-mask-on")).to_be_visible()
        page.keyboard.press("h")
        expect(page.locator("#d-case-1[open]")).to_be_visible()
        page.evaluate(
            """() => new MutationObserver((_all, watch) => {
                 if (document.querySelector("dialog[open]")) return;
                 watch.disconnect();
                 for (const key of ["1", "2"]) {
                   document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
                 }
                 document.getElementById("tap-mask-on").click();
                 window.pressed = true;
               }).observe(document.getElementById("state"), { childList: true, subtree: true })"""
        )
        world.gate.cases.hand_over(Order(1, "elsewhere", "boss"), UNITS[1])
        until(lambda: page.evaluate("() => window.pressed === true"), what="the keys")
        expect(page.locator("dialog[open]")).to_have_count(0)
        assert answered(world) == ["missing"]
        # and they are heard again
        page.wait_for_timeout(1600)
        page.keyboard.press("1")
        until(lambda: answered(world) != ["missing"], what="1")
        assert [row.body["unit"] for row in rows(world, "case.handed_over")] == [UNITS[1]]


def test_enter_in_a_note_hands_nobody_to_a_unit_that_nobody_chose(
    browser: Browser, world: World, address: str
) -> None:
    decide(world, Outcome.REFER)
    with watched(browser, SMALL) as seen:
        page = seen.page
        log_in(page, address, "manager", "en", "/cases/1")
        for field in ("#hand_over-note", "#follow_up-note", "#close-note"):
            page.locator(field).fill("王医生来接")
            page.locator(field).press("Enter")
        page.locator("form[data-step=hand_over] button[name=unit]").nth(1).click()
        expect(page.locator("#acknowledge-note")).to_be_visible()
        page.locator("#acknowledge-note").press("Enter")
        expect(page.locator("[data-stage=handed_over]")).to_be_visible()
        assert [row.body.get("unit") for row in rows(world, "case.handed_over", "case.acknowledged")] == [
            UNITS[1]
        ]
        assert rows(world, "case.followed_up", "case.closed") == []


def test_what_is_overdue_can_be_read_on_the_page_of_the_case(
    browser: Browser, world: World, address: str
) -> None:
    world.journal.append(case_row(1, world.clock().at_us - 10 * 3_600_000_000))
    world.journal.start_boot()
    with watched(browser, SMALL) as seen:
        log_in(seen.page, address, "manager", "en", "/cases/1")
        said = seen.page.locator(".trouble")
        expect(said).to_contain_text("OVERDUE since")
        colours = said.evaluate(
            """box => [box.querySelector(".overdue"), box].map((part) => getComputedStyle(part).color)"""
        )
        assert colours[0] == colours[1]


def sheets(page: Page) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(prefer_css_page_size=True)))


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_the_form_is_one_page_as_handed_over_and_a_long_follow_up_keeps_the_signatures_whole(
    browser: Browser, world: World, address: str, language: str
) -> None:
    refer_hot(world, "阿卜杜热合曼·买买提")
    cases = world.gate.cases
    with watched(browser, (1280, 800)) as seen:
        page = seen.page
        log_in(page, address, "manager", language, "/cases/1/form")
        assert sheets(page) == 1

        def shown() -> int:
            page.goto(f"{address}/cases/1")
            page.locator("#why").select_option(index=1)
            page.locator("button[name=form]").click()
            expect(page.locator(".paper")).to_be_visible()
            return sheets(page)

        cases.hand_over(Order(1, "h1", "boss"), UNITS[0], "救护车来接，随车李医生，家属电话已另行登记")
        cases.hand_over(Order(1, "h2", "boss"), UNITS[1], "发热门诊满，转社区")
        cases.acknowledge(Order(1, "a", "boss"), "护士长 刘")
        assert shown() == 1
        for number in range(3):
            note = "已到发热门诊，采样编号 20200214-0034"
            cases.follow_up(Order(1, f"f{number}", "boss"), FollowUp.TESTED, note)
        assert shown() == 1
        for number in range(3, 15):
            cases.follow_up(Order(1, f"f{number}", "boss"), FollowUp.TESTED, "已采样")
        assert shown() == 2
        avoids = page.locator(".paper-sign").evaluate("sign => getComputedStyle(sign).breakInside")
        assert avoids == "avoid"


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
@pytest.mark.parametrize("width", [1280, 800, 360])
def test_the_header_of_a_manager_fits_and_every_link_can_be_hit(
    browser: Browser, world: World, address: str, language: str, width: int
) -> None:
    with watched(browser, (width, 800)) as seen:
        page = seen.page
        log_in(page, address, "manager", language, "/cases")
        wide, tall = page.evaluate(
            """() => [document.documentElement.scrollWidth - innerWidth,
                      document.querySelector(".top").getBoundingClientRect().height]"""
        )
        assert wide <= 0
        assert tall <= {1280: 100, 800: 150, 360: 330}[width], tall
        assert page.locator(".top nav [aria-current=page]").count() == 1
        folded = page.locator(".top .more")
        folded.locator("summary").click()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        boxes = page.locator(".top nav a").evaluate_all(
            "links => links.map((link) => link.getBoundingClientRect()).map((box) => [box.height, box.width])"
        )
        assert min(height for height, _ in boxes) >= 28
