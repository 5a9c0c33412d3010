"""The pages in a real browser: by keyboard alone, in both languages and sizes, under the strict policy."""

import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, Route, expect

from edge.domain.events import Decide, Park
from edge.domain.model import Carrier, Code, CodeVerdict, Outcome
from edge.web import create_app
from edge.web.kiosk import FADES_US
from edge.web.server import serve
from tests.waiting import until
from tests.web.conftest import Enter, served
from tests.web.fakes import ACCOUNTS, PIN, World, device
from tests.web.listening import Listener
from tests.web.test_vehicles import arrives
from tests.web.watching import LARGE, SMALL, watched

pytestmark = [pytest.mark.browser, pytest.mark.system]

AXE = Axe()  # reads its half megabyte of script once

# Every piece of text in the kiosk with the contrast it is written in.
_CONTRASTS = """
() => {
  const linear = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = (c) => 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2]);
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const paper = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll(".kiosk-page *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    const box = element.getBoundingClientRect();
    if (!own || !box.width || !box.height || element.closest(".visually-hidden, noscript")) continue;
    const [a, b] = [light(numbers(getComputedStyle(element).color)), light(paper(element))];
    found.push([element.tagName + "#" + element.id + "." + element.className,
                (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)]);
  }
  return found;
}
"""


# What is larger than the place it has.
_SCROLLS_OR_CUTS = """
() => [...document.querySelectorAll("#ask, #bench, #why, #big, .tap, .act, .ticket, .step, .measured *")]
  .filter((element) => element.clientHeight > 0)  // inline text has none
  .filter((element) => element.scrollHeight > element.clientHeight + 2
                    || element.scrollWidth > element.clientWidth + 1)
  .map((element) => element.id || element.className || element.textContent)
"""


def log_in(page: Page, address: str, role: str, language: str, path: str = "") -> None:
    """Choose a language and log in with the keyboard; ends on the page `path`, or where the role begins."""
    name, _, secret = next(account for account in ACCOUNTS if account[1] == role)
    page.goto(f"{address}/language/{language}?next=/login%3Fnext={path}")
    expect(page.locator("#account")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(secret)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url, wait_until="domcontentloaded")


def open_kiosk(page: Page, address: str, language: str = "en") -> None:
    """Log in as the attendant and open the lane's page."""
    log_in(page, address, "attendant", language, "/kiosk/in")
    expect(page.locator("#state")).to_be_visible()


def shown(page: Page, key: str) -> None:
    """Wait for a big state."""
    expect(page.locator(f"#state[data-key={key}]")).to_be_visible()
    expect(page.locator(f"#big svg[data-shape={key}]")).to_be_visible()


def check_layout(page: Page) -> None:
    """Nothing scrolls but the questions, every button is large enough, every text can be read."""
    overflow = page.evaluate(
        """() => [document.documentElement.scrollHeight - innerHeight,
                  document.documentElement.scrollWidth - innerWidth,
                  ...["big", "word", "actions", "bench"].map((id) => {
                    const box = document.getElementById(id).getBoundingClientRect();
                    return Math.max(box.right - innerWidth, box.bottom - innerHeight, -box.top, -box.left);
                  })]"""
    )
    assert max(overflow) <= 0, overflow
    inside = page.evaluate(
        """() => { const [big, word] = ["big", "word"].map((id) => document.getElementById(id)
                     .getBoundingClientRect());
                   return [word.top - big.top, big.bottom - word.bottom, big.right - word.right]; }"""
    )
    assert min(inside) >= 0, inside
    heights = page.evaluate(
        """() => [...document.querySelectorAll(".tap, .act, .ticket")].map((button) => [button.id,
                   button.getBoundingClientRect().height]).filter(([, height]) => height > 0)"""
    )
    assert all(height >= 64 for _, height in heights), heights
    contrasts = page.evaluate(_CONTRASTS)
    assert len(contrasts) > 10
    assert [pair for pair in contrasts if pair[1] < 7] == []


def check_access(page: Page) -> None:
    """No serious or critical violation of accessibility."""
    found = AXE.run(page, options={"resultTypes": ["violations"]}).response["violations"]
    grave = [
        (each["id"], [node["html"][:200] for node in each["nodes"]])
        for each in found
        if each["impact"] in ("serious", "critical")
    ]
    assert grave == []


def measure_again_by_contact(page: Page, world: World) -> None:
    """Over the threshold: held, no admit on offer, a slip of the finger, then the second value."""
    world.step_up(35.9)
    shown(page, "hold")
    check_layout(page)
    check_access(page)
    expect(page.locator("#act-admit")).to_have_count(0)
    page.keyboard.press("c")
    page.keyboard.type("3.99")
    page.keyboard.press("Enter")  # not a temperature: stays open
    expect(page.locator("#d-contact")).to_be_visible()
    page.keyboard.press("Control+a")
    page.keyboard.type("36.7")
    page.keyboard.press("Enter")
    expect(page.locator("[data-verdict=normal]")).to_be_visible()
    expect(page.locator("#d-contact")).to_be_hidden()


@pytest.mark.parametrize(("size", "language"), [(SMALL, "zh_Hans"), (LARGE, "en")])
def test_an_attendant_works_by_keyboard_alone(
    browser: Browser, world: World, address: str, size: tuple[int, int], language: str
) -> None:
    other = LARGE if size == SMALL else SMALL
    with watched(browser, size, language) as seen:
        page = seen.page
        open_kiosk(page, address, language)
        shown(page, "idle")
        check_access(page)

        # a normal passage: measured, pass shown, one key for the mask
        world.step_up(34.6)
        shown(page, "open")
        check_layout(page)
        world.show_pass("张三")
        expect(page.locator("#measured")).to_contain_text("张三")
        page.keyboard.press("1")
        shown(page, "admit")
        expect(page.locator("#word")).to_have_text("请通行" if language == "zh_Hans" else "PASS")
        expect(page.locator("#big .small")).to_have_text(
            "检查完成" if language == "zh_Hans" else "All checks complete"
        )
        check_layout(page)

        measure_again_by_contact(page, world)

        # overridden with a reason from the list, on the other size
        page.set_viewport_size({"width": other[0], "height": other[1]})
        page.keyboard.press("a")
        expect(page.locator("#d-admit")).to_be_visible()
        check_access(page)
        check_layout(page)
        page.keyboard.press("Escape")
        page.keyboard.press("a")
        page.keyboard.press("2")
        shown(page, "admit")
        expect(page.locator("#big .small")).to_have_text(
            "由门岗放行" if language == "zh_Hans" else "Admitted by the attendant"
        )
        check_layout(page)

        # refused, with free text; then the visitor's register by hand
        world.step_up(36.2)
        shown(page, "hold")
        page.keyboard.press("f")
        page.locator("#other-refer").focus()
        page.keyboard.type("家属在等")
        page.keyboard.press("Enter")
        shown(page, "refer")
        check_layout(page)
    reader = world.journal.reader()
    ended = reader.passages()
    reader.close()
    assert [(row.outcome, row.override, row.second) for row in ended] == [
        ("refer", False, False),
        ("admit", True, True),
        ("admit", False, False),
    ]


def test_somebody_rests_and_comes_back_and_is_turned_back(
    browser: Browser, world: World, address: str
) -> None:
    with watched(browser, SMALL) as seen:
        page = seen.page
        open_kiosk(page, address)
        first = world.step_up(35.9)
        shown(page, "hold")
        page.keyboard.press("r")
        shown(page, "idle")
        ticket = page.locator("#bench .ticket")
        expect(ticket).to_contain_text(re.compile(r"No\. 1\s+[45]:\d\d"))
        check_layout(page)
        before = ticket.inner_text()
        expect(ticket).not_to_have_text(before)  # the time left runs
        page.keyboard.press("l")
        page.keyboard.press("Enter")
        expect(page.locator(f"#state[data-passage='{first}']")).to_be_attached()
        page.keyboard.press("t")
        page.keyboard.press("1")
        shown(page, "turn_back")
        check_layout(page)
        page.set_viewport_size({"width": LARGE[0], "height": LARGE[1]})
        check_layout(page)


def test_a_choice_being_made_stays_open_while_more_becomes_known(
    browser: Browser, world: World, address: str
) -> None:
    with watched(browser, SMALL) as seen:
        page = seen.page
        open_kiosk(page, address)
        world.step_up(35.9)
        shown(page, "hold")
        page.keyboard.press("t")
        expect(page.locator("#d-turn_back")).to_be_visible()
        stamp = page.locator("#state").get_attribute("data-stamp")
        world.show_pass("张三")
        expect(page.locator("#measured")).to_contain_text("张三")
        assert page.locator("#state").get_attribute("data-stamp") != stamp
        expect(page.locator("#d-turn_back")).to_be_visible()
        page.keyboard.press("1")
        shown(page, "turn_back")


def test_what_is_typed_survives_live_updates_and_a_double_tap_is_one_answer(
    browser: Browser, world: World, address: str
) -> None:
    with watched(browser, SMALL) as seen:
        page = seen.page
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
        open_kiosk(page, address)
        passage = world.step_up(34.6)
        page.locator("#q-name").fill("李")
        page.locator("#q-phone").focus()
        page.keyboard.type("139")
        world.devices["in"][1].update(state="down", code="silent")  # something else changes
        world.gate.view_changed.ring()
        expect(page.locator(".trouble")).to_contain_text("Scanner sends nothing.")
        page.keyboard.type("00001234")
        expect(page.locator("#q-name")).to_have_value("李")
        expect(page.locator("#q-phone")).to_have_value("13900001234")
        sent.clear()
        page.locator("#tap-mask-on").evaluate("button => { button.click(); button.click(); }")
        expect(page.locator("[data-step=mask][data-state=done]")).to_be_visible()
        expect(page.locator("#tap-mask-on")).to_have_count(0)  # the questions were drawn anew
        expect(page.locator("#q-name")).to_have_value("李")
        assert len([url for url in sent if url.endswith("/answers")]) == 1
        # the page waits with its news while a finger is down, and a double tap is one tap
        place = page.locator("#act-refer").bounding_box()
        assert place is not None
        page.mouse.move(place["x"] + 9, place["y"] + 9)
        page.mouse.down()
        with page.expect_response("**/kiosk/in/state"):
            world.devices["in"][1].update(state="up")
            world.gate.view_changed.ring()
        expect(page.locator(".trouble")).to_have_count(1)
        page.mouse.up()
        expect(page.locator("#d-refer")).to_be_visible()
        expect(page.locator(".trouble")).to_have_count(0)
        # somebody else ends the passage while a sheet is open: the sheet is for nobody any more
        page.keyboard.press("Escape")
        page.keyboard.press("t")
        expect(page.locator("#d-turn_back")).to_be_visible()
        world.station.submit(Decide("in", passage, "x", "other", world.clock(), Outcome.REFER, "unwell"))
        shown(page, "refer")
        expect(page.locator("dialog[open]")).to_have_count(0)


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
@pytest.mark.parametrize("is_over", [False, True])
def test_the_fullest_screen_of_the_smallest_kiosk_cuts_nothing_and_says_where_it_scrolls(
    browser: Browser, world: World, address: str, language: str, is_over: bool
) -> None:
    object.__setattr__(world.gate, "banners", ("simulated", "attendant"))
    for name in ("张三", "欧阳小明", "伊丽莎白·史密斯"):
        world.show_pass(name)
        parked = world.step_up(36.2)
        world.station.submit(Park("in", parked, name, "door", world.clock(), "rest"))
    world.step_up(36.2 if is_over else 34.6)
    with watched(browser, SMALL, language) as seen:
        page = seen.page
        open_kiosk(page, address, language)
        shown(page, "hold" if is_over else "open")
        expect(page.locator(".ticket")).to_have_count(3)
        expect(page.locator("[data-step=register] input")).to_have_count(3)
        check_layout(page)
        # With the way on from a first value over there are questions below it, and a sign says so.
        assert page.evaluate(_SCROLLS_OR_CUTS) == (["ask"] if is_over else [])
        expect(page.locator("#ask .more")).to_be_visible(visible=is_over)


def test_a_verdict_leaves_the_screen_by_itself(browser: Browser, world: World, address: str) -> None:
    with watched(browser, SMALL) as seen:
        page = seen.page
        open_kiosk(page, address)
        world.show_pass()
        world.step_up(34.6)
        shown(page, "open")
        all_but_s = FADES_US["admit"] / 1_000_000 - 1
        world.clock.move(-all_but_s)
        page.keyboard.press("1")
        shown(page, "admit")
        world.clock.move(all_but_s)  # so that it has been there for that long
        page.reload()
        shown(page, "idle")
        expect(page.locator("#steps li")).to_have_count(0)


def test_a_refused_command_says_why(browser: Browser, world: World, address: str) -> None:
    with watched(browser, SMALL) as seen:
        page = seen.page
        seen.forgive.append("status of 503")
        open_kiosk(page, address)
        world.step_up(34.6)
        shown(page, "open")
        world.writer.broken = True
        page.keyboard.press("t")
        page.keyboard.press("1")
        expect(page.locator("#refusal")).to_contain_text("Register by hand on paper")
        expect(page.locator(".by-hand")).to_contain_text("请手工登记")
        box = page.locator(".by-hand").bounding_box()
        assert box is not None
        assert [box["width"], box["height"]] == list(SMALL)
        world.writer.broken = False
        expect(page.locator(".by-hand")).to_have_count(0)


def test_tones_are_on_by_default_only_without_a_loudspeaker(
    browser: Browser, world: World, address: str
) -> None:
    with watched(browser, SMALL) as seen:
        page = seen.page
        open_kiosk(page, address)
        expect(page.locator("#sound")).to_have_attribute("aria-pressed", "true")
        world.step_up(36.2)
        shown(page, "hold")
        page.keyboard.press("f")
        page.keyboard.press("1")
        shown(page, "refer")
        until(lambda: len(page.evaluate("window.tones")) >= 2, what="the tones")
        world.devices["in"][2] = device("voice", "wav", simulated=False)
        page.reload()
        expect(page.locator("#sound")).to_have_attribute("aria-pressed", "false")


class Restartable:
    """A server that a test can take away, freeze and bring back on the same port."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.port = 0
        self.stop = threading.Event()
        self.thread: threading.Thread | None = None

    def start(self) -> None:
        """Serve, on the port of the last time."""
        ready = threading.Event()

        def opened(port: int) -> None:
            self.port = port
            ready.set()

        self.stop = threading.Event()
        app = create_app(self.world.gate)
        listen = f"127.0.0.1:{self.port}"
        self.thread = threading.Thread(
            target=serve, args=(app, listen, self.stop), kwargs={"on_ready": opened}
        )
        self.thread.start()
        assert ready.wait(10)

    def end(self) -> None:
        """Stop serving."""
        self.stop.set()
        if self.thread is not None:
            self.thread.join(20)


@pytest.mark.parametrize("way", ["gone", "frozen"])
def test_a_lost_gate_covers_the_verdict_within_three_seconds_and_comes_back(
    browser: Browser, world: World, way: str
) -> None:
    server = Restartable(world)
    server.start()
    thaw = threading.Event()
    try:
        with watched(browser, LARGE) as seen:
            page = seen.page
            seen.forgive += [
                "ERR_CONNECTION_REFUSED",
                "ERR_INCOMPLETE_CHUNKED",
                "ERR_EMPTY",
                "ERR_CONNECTION_RESET",
            ]
            open_kiosk(page, f"http://127.0.0.1:{server.port}")
            world.show_pass()
            world.step_up(34.6)
            shown(page, "open")
            page.keyboard.press("1")
            shown(page, "admit")
            view = world.gate.view
            if way == "gone":
                server.end()
            else:
                object.__setattr__(world.gate, "view", lambda lane: thaw.wait(30) and view(lane))
            expect(page.locator("#offline")).to_be_visible(timeout=20_000)
            assert 0 < page.evaluate("window.coveredAfter") < 3000
            expect(page.locator("#offline")).to_contain_text("连接中断")
            expect(page.locator("#offline")).to_contain_text("No connection")
            box = page.locator("#offline").bounding_box()
            assert box is not None
            assert [box["width"], box["height"]] == list(LARGE)
            if way == "gone":
                server.start()
            else:
                object.__setattr__(world.gate, "view", view)
                thaw.set()
            expect(page.locator("#offline")).to_be_hidden()
            world.step_up(36.2)
            shown(page, "hold")
    finally:
        thaw.set()
        server.end()


def test_a_kiosk_without_a_place_polls(browser: Browser, world: World, app: Flask) -> None:
    with served(app) as address, ExitStack() as stack:
        for _ in range(6):
            stack.enter_context(Listener(address, world.tokens["attendant"], lane="out"))
        with watched(browser, SMALL) as seen:
            seen.forgive.append("status of 503")
            open_kiosk(seen.page, address)
            world.step_up(36.2)
            shown(seen.page, "hold")
            expect(seen.page.locator("#offline")).to_be_hidden()


def visit_review(page: Page, address: str, world: World) -> Iterator[Any]:
    """Walk through the reviewer's pages, yielding at each."""
    yield page.goto(f"{address}/review")
    yield page.goto(f"{address}/review/passages")
    yield page.goto(f"{address}/review/devices")
    yield page.goto(f"{address}/")


@pytest.mark.parametrize(("size", "language"), [(SMALL, "en"), (LARGE, "zh_Hans")])
def test_a_manager_reviews_finds_and_opens(
    browser: Browser, world: World, address: str, size: tuple[int, int], language: str
) -> None:
    hostile = b"<img src=x onerror=document.title='hacked'><script>document.title='hacked'</script>\x00"
    world.show(Code(Carrier.UNKNOWN, CodeVerdict.UNSUPPORTED, payload=hostile))
    passage = world.last_passage()
    at = world.clock()
    world.station.submit(Decide("in", passage, "h", "door", at, Outcome.TURN_BACK, "not_allowed"))
    world.step_up(35.9)
    with watched(browser, size, language) as seen:
        page = seen.page
        log_in(page, address, "manager", language)
        for _ in visit_review(page, address, world):
            check_access(page)
        page.goto(f"{address}/review")
        expect(page.locator("[data-total=turn_back]")).to_have_text("1")
        expect(page.locator("svg.chart rect")).to_have_count(1)
        held = world.last_passage()
        at = world.clock()
        world.station.submit(Decide("in", held, "r", "door", at, Outcome.REFER, "unwell"))
        expect(page.locator("[data-total=refer]")).to_have_text("1")  # by itself
        page.goto(f"{address}/review/passages?outcome=turn_back")
        page.locator(f"[data-passage='{passage}'] a").click()
        expect(page.locator(".masked").first).to_be_visible()
        check_access(page)
        page.locator("#why").select_option("tracing")
        page.locator(".opener button").click()
        expect(page.locator("pre.payload")).to_contain_text("<script>document.title='hacked'</script>␀")
        expect(page.locator(".openings li")).to_have_count(1)
        assert "hacked" not in page.title()
        check_access(page)


def test_what_happens_while_a_reviewers_page_opens_is_shown(
    browser: Browser, world: World, address: str
) -> None:
    world.step_up(35.9)
    held = world.last_passage()
    with watched(browser, SMALL, "en") as seen:
        page = seen.page
        log_in(page, address, "manager", "en")

        def late(route: Route) -> None:
            decided = Decide("in", held, "r", "door", world.clock(), Outcome.REFER, "unwell")
            world.station.submit(decided)
            route.continue_()

        page.route("**/events*", late, times=1)
        page.goto(f"{address}/review")
        expect(page.locator("[data-total=refer]")).to_have_text("1")


def test_an_evicted_review_page_polls_and_stays_right(
    browser: Browser, world: World, app: Flask, address: str
) -> None:
    with watched(browser, SMALL) as seen, ExitStack() as stack:
        page = seen.page
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        log_in(page, address, "manager", "en")
        until(lambda: len(app.extensions["gatepost"]) == 1, what="the stream")
        with page.expect_request("**/review/figures"):  # told to go, it asks by itself
            for _ in range(6):
                stack.enter_context(Listener(address, world.tokens["observer"]))
        assert sum(url.endswith("/events") for url in asked) == 1


def test_the_gates_own_screen_takes_account_and_pin_by_touch(
    browser: Browser, world: World, address: str
) -> None:
    with watched(browser, SMALL) as seen:
        page = seen.page
        page.goto(address + "/login")
        check_access(page)
        page.get_by_role("button", name="door", exact=True).click()
        for digit in (*PIN, "0"):
            page.locator(f"[data-type='{digit}']").click()
        page.locator("[data-type=back]").click()
        sizes = page.evaluate(
            "() => [...document.querySelectorAll('.tap, .main')].map((b) => b.getBoundingClientRect().height)"
        )
        assert min(sizes) >= 64
        page.locator("button.main").click()
        page.wait_for_url(address + "/")


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_the_word_while_a_vehicle_stands_there_is_the_largest_on_the_screen(
    browser: Browser, world: World, address: str, enter: Enter, language: str
) -> None:
    arrives(world, enter("attendant"))
    for size in (SMALL, (1280, 800)):
        with watched(browser, size, language) as seen:
            page = seen.page
            open_kiosk(page, address, language)
            shown(page, "aboard")
            sizes = "nodes => nodes.map(node => parseFloat(getComputedStyle(node).fontSize))"
            (word,) = page.locator("#word").evaluate_all(sizes)
            assert word > max(page.locator("main p, .words p:not(#word), button").evaluate_all(sizes))
            check_layout(page)
