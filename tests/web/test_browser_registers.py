"""The registers in a real browser: on a narrow screen, by keyboard, on paper."""

import re
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, FilePayload, expect

from edge.registers.book import Draft, Order
from tests.web.fakes import World
from tests.web.test_browser import AXE, log_in
from tests.web.watching import chromium, watched

pytestmark = [pytest.mark.browser, pytest.mark.system]

NARROW = (320, 640)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def filled(world: World) -> None:
    """A household, a finding that waits, and masks that are short."""
    ledgers = world.gate.ledgers
    home = {"room": "3栋2单元501", "name": "某某", "kind": "isolated", "unit": "街道疫情防控办公室"}
    ledgers.enter(Order("a", "boss"), "isolated", home | {"from": "2023-11-14", "until": "2023-12-14"})
    found = {"squad": "squad_1", "kind": "secret", "place": "某某药店", "recheck": "2023-11-14"}
    ledgers.enter(Order("b", "boss"), "inspection", found | {"findings": ["no_venue_code"]})
    ledgers.enter(Order("c", "boss"), "supplies", {"item": "mask", "move": "in", "amount": 3})


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_registers_and_tasks_can_be_read_at_320_pixels_and_by_everybody(
    browser: Browser, world: World, address: str, language: str
) -> None:
    filled(world)
    pages = ["registers", "tasks", "registers/isolated", "registers/isolated/1", "registers/inspection"]
    pages += ["registers/supplies", "registers/notices/definition", "registers/outsiders/passages"]
    with watched(browser, NARROW) as seen:
        page = seen.page
        log_in(page, address, "manager", language)
        for path in pages:
            page.goto(f"{address}/{path}")
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, (path, wide)
            faults = AXE.run(page).response["violations"]
            assert [fault["id"] for fault in faults] == [], (path, faults)


def test_an_entry_is_added_by_the_keyboard_alone_and_the_card_is_one_page(
    browser: Browser, world: World, address: str
) -> None:
    filled(world)
    with watched(browser, (1280, 800)) as seen:
        page = seen.page
        log_in(page, address, "attendant", "en", "/registers/leaflets")
        page.locator("input[name=kind][value=leaflet]").focus()
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.type("30")
        page.keyboard.press("Enter")
        expect(page.locator("#entries tr[data-entry='1']")).to_contain_text("30")
        page.goto(f"{address}/registers/isolated/1/card")
        sheet = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b(?!s)", sheet)) == 1


def test_a_photograph_from_a_telephone_is_made_small_before_it_is_sent(
    browser: Browser, world: World, address: str
) -> None:
    draft = Draft({"category": "resident"}, {"name": "欧阳无名", "phone": "13800001111"})
    world.gate.book.enter(Order("p", "boss"), "people", draft)
    noise = np.random.default_rng(5).integers(0, 255, (90, 120, 3), np.uint8)
    large = bytes(cv2.imencode(".png", cv2.resize(noise, (1200, 900)))[1])
    assert len(large) > 1_000_000
    with watched(browser, NARROW) as seen:
        page = seen.page
        log_in(page, address, "manager", "zh_Hans", "/registers/people/1")
        file = FilePayload(name="IMG_0001.PNG", mimeType="image/png", buffer=large)
        page.locator("#photograph-file").set_input_files(file)
        expect(page.locator("#photograph button")).to_be_enabled()
        page.locator("#photograph button").click()
        expect(page.locator("#has-photograph")).to_have_attribute("data-has", "yes")
        kept = world.gate.photographs.of("people", 1)
        assert kept is not None
        picture = cv2.imdecode(np.frombuffer(kept, np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        assert picture.shape == (180, 240, 3)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0
        assert [fault["id"] for fault in AXE.run(page).response["violations"]] == []
