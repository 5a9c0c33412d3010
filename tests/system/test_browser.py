"""A real browser before a real gate: what an attendant and a manager do in a day, in both languages."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.system.faults import Office
from tests.system.processes import PASSWORD, PIN, Gate
from tests.system.stage import Stage
from tests.waiting import until
from tests.web.watching import SMALL, Watched, watched

pytestmark = [pytest.mark.system, pytest.mark.browser]

WORDS = {
    "zh_Hans": {"admit": "请通行", "refer": "请到旁边", "hold": "请稍候"},
    "en": {"admit": "PASS", "refer": "STEP ASIDE", "hold": "PLEASE WAIT"},
}


@pytest.fixture
def seen(browser: Browser) -> Iterator[Watched]:
    with watched(browser, SMALL) as seen:
        yield seen


@pytest.fixture
def page(seen: Watched) -> Page:
    """A kiosk's screen; any word on the console, and any blocked or foreign request, fails the test."""
    return seen.page


def log_in(page: Page, gate: Gate, account: str, *, path: str, language: str) -> None:
    page.goto(gate.url + path)
    secret = {"door1": PIN, "boss": PASSWORD}[account]
    page.fill("#account", account)
    page.fill("#secret", secret)
    page.click("form.login button[type=submit]")
    page.wait_for_url("**" + path)
    wanted = "zh-Hans" if language == "zh_Hans" else "en"
    if page.get_attribute("html", "lang") != wanted:
        page.click(".account a[hreflang]")
        page.wait_for_selector(f"html[lang={wanted}]")


def becomes(page: Page, key: str, language: str) -> None:
    page.wait_for_selector(f"#state[data-key={key}]", timeout=15_000)
    assert page.inner_text("#word").replace("\n", " ") == WORDS[language][key]


def come(gate: Gate, stage: Stage, payload: bytes, body_c: float) -> None:
    stage.away()
    until(lambda: (gate.lane()["temperature"]["live_mdegc"] or 0) == 21_000, 10, "empty air")
    stage.stand(body_c)
    stage.show(payload)


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_an_attendants_day_at_the_kiosk(
    gate: Gate, stage: Stage, office: Office, page: Page, language: str
) -> None:
    log_in(page, gate, "door1", path="/kiosk/in", language=language)
    # A resident: everything by itself but one tap, by the keyboard.
    come(gate, stage, office.issue("钱多多"), 36.6)
    page.wait_for_selector(".verdict-normal", timeout=15_000)
    page.wait_for_selector("#tap-mask-on")
    assert "钱多多" in page.inner_text("#measured")
    stage.stand(None)
    page.keyboard.press("1")
    becomes(page, "admit", language)
    # An expired pass: the gate holds, the attendant admits with a reason.
    come(gate, stage, office.issue("孙三", days=-1), 36.5)
    becomes(page, "hold", language)
    stage.stand(None)
    page.click("#act-admit")
    page.click("#admit-known")
    becomes(page, "admit", language)
    # Over the threshold: no button admits; a contact thermometer confirms, and the person is referred.
    come(gate, stage, office.issue("李四"), 38.4)
    becomes(page, "hold", language)
    assert page.query_selector("#act-admit") is None
    stage.stand(None)
    page.click("#act-contact")
    for key in "38.2":
        page.click(f'#d-contact [data-type="{key}"]')
    page.click("#d-contact button[type=submit]")
    becomes(page, "refer", language)
    page.goto("about:blank")
    assert gate.stop() == 0
    outcomes = [
        (row.body["outcome"], row.body.get("override", False)) for row in gate.rows("passage.decided")
    ]
    assert outcomes == [("admit", False), ("admit", True), ("refer", False)]


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_a_managers_five_minutes_at_the_review_page(
    gate: Gate, stage: Stage, office: Office, page: Page, language: str
) -> None:
    come(gate, stage, office.issue("钱多多"), 36.6)
    until(lambda: gate.lane()["person"] and gate.lane()["temperature"]["verdict"] == "normal", 10, "person")
    view = gate.lane()
    stage.stand(None)
    assert gate.post("answers", passage=view["passage"], question="mask", value="on")[0] == 200
    log_in(page, gate, "boss", path="/review", language=language)
    page.goto(gate.url + "/review/passages")
    page.click("table a")
    page.wait_for_url("**/review/passage/*")
    assert "钱多多" not in page.content()
    assert "a4030707" in page.content().lower()
    page.select_option("#why", index=1)
    page.click("form.opener button[type=submit]")
    page.wait_for_selector("text=钱多多")
    assert gate.stop() == 0
    (opened,) = gate.rows("personal.opened")
    assert opened.body["by"] == "boss"
    assert opened.body["passage"] == view["passage"]


def test_a_gate_that_dies_leaves_no_green_on_the_screen(
    gate: Gate, stage: Stage, office: Office, page: Page, seen: Watched
) -> None:
    log_in(page, gate, "door1", path="/kiosk/in", language="zh_Hans")
    come(gate, stage, office.issue(), 36.6)
    page.wait_for_selector(".verdict-normal", timeout=15_000)
    page.keyboard.press("1")
    becomes(page, "admit", "zh_Hans")
    seen.check()
    # The browser's own words about a server that is gone are the only ones allowed here.
    seen.forgive = ["ERR_CONNECTION", "ERR_INCOMPLETE"]
    gate.kill()
    page.wait_for_selector("#offline:visible", timeout=6_000)
