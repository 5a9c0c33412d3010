"""Reports on paper, in a real browser: the meeting's page is one page, no column of a ledger is cut off."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from edge.domain.events import Give
from edge.registers.book import Order
from edge.web import create_app
from edge.web.afterwards import EVENING_TEXTS
from edge.web.show import day_of
from tests.web.conftest import served
from tests.web.fakes import World, running
from tests.web.test_browser import log_in
from tests.web.watching import watched

pytestmark = [pytest.mark.browser, pytest.mark.system]

LANES = ("in", "out", "in-2", "out-2")
SAID = {
    "zh_Hans": "某楼某户反映的情况已经转给街道，明天上午由社区回复；",
    "en": "Handed on to the street office. ",
}


def sheets(sheet: bytes) -> list[tuple[float, float]]:
    """Return the size of each page, in points."""
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", sheet)
    assert len(boxes) == len(re.findall(rb"/Type\s*/Page\b(?!s)", sheet))
    return [(float(wide), float(high)) for wide, high in boxes]


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_what_is_read_out_at_the_meeting_is_one_page(browser: Browser, tmp_path: Path, language: str) -> None:
    with running(tmp_path, LANES) as world, served(create_app(world.gate)) as address:
        reports = world.gate.reports
        reports.terms = replace(reports.terms, lanes=LANES)
        today = day_of(world.clock().at_us, reports.terms.zone)
        said = (SAID[language] * 9)[:100]
        reports.taking.note(Order("n", "boss"), today, dict.fromkeys(EVENING_TEXTS, said))
        with watched(browser, (1280, 800)) as seen:
            log_in(seen.page, address, "manager", language, f"/review/reports/summary?day={today}")
            assert seen.page.locator("#lanes tbody tr").count() == len(LANES)
            [(wide, high)] = sheets(seen.page.pdf(prefer_css_page_size=True))
            assert wide < high


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_a_ledger_lies_on_its_side_and_has_every_column_also_with_names(
    browser: Browser, world: World, address: str, language: str
) -> None:
    passage = world.step_up(34.6)
    world.show_pass("欧阳无名")
    world.station.submit(Give("in", passage, "m1", "door", world.clock(), (("mask", "on"),)))
    with watched(browser, (1047, 718)) as seen:  # 277 by 190 mm: what there is within the margins
        page = seen.page
        log_in(page, address, "manager", language, "/review/ledgers/passages")
        page.locator("#why").select_option(index=1)
        page.locator("button[formaction]").click()
        assert page.locator("#ledger td[data-column=name]").first.inner_text() == "欧阳无名"
        page.emulate_media(media="print")
        over = page.locator("#ledger").evaluate("table => table.scrollWidth - document.body.clientWidth")
        assert over <= 0
        assert all(wide > high for wide, high in sheets(page.pdf(prefer_css_page_size=True)))
