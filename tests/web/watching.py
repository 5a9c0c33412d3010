"""Debian's Chromium, watched: whatever it complains of fails the test."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
SMALL, LARGE = (1024, 600), (1920, 1080)
# Five seconds, the library's own, are not ten times what a page takes on a machine others use.
expect.set_options(timeout=30_000)

# Notes what the policy stopped, which sounds were begun, and how long after the gate's last word the
# page was covered (by the page's own clock, less what a busy machine kept its timers waiting).
_WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(event.violatedDirective + " " + event.blockedURI);
});
const Source = window.EventSource;
window.heard = 0;
let late = 0, tick = performance.now();
function kept() {
  const now = performance.now();
  late = Math.max(late, now - tick - 100);
  tick = now;
}
setInterval(kept, 100);
window.EventSource = class extends Source {
  constructor(...given) {
    super(...given);
    for (const name of ["hello", "beat", "lane", "live", "row"]) {
      this.addEventListener(name, () => {
        window.heard = performance.now();
        late = 0;
      });
    }
  }
};
document.addEventListener("DOMContentLoaded", () => {
  const offline = document.getElementById("offline");
  if (!offline) return;
  new MutationObserver(() => {
    if (offline.hidden) return;
    kept();
    window.coveredAfter = performance.now() - window.heard - late;
  }).observe(offline, { attributes: true, attributeFilter: ["hidden"] });
});
window.tones = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) {
  window.tones.push(this.frequency.value);
  return start.call(this, at);
};
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser, or skip saying so."""
    path = os.environ.get("GATEPOST_CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium: install it or name it in GATEPOST_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGS)
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """One page with everything it complained of. `forgive` lists words of complaints that are meant."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.forgive: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        page.on("request", lambda request: self._asked(request.url))

    def check(self) -> None:
        """Fail on any complaint so far."""
        assert [text for text in self.complaints if not any(word in text for word in self.forgive)] == []
        assert self.page.evaluate("window.violations") == []

    def _asked(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self.complaints.append(f"a request to elsewhere: {url}")

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text} {message.location}")


@contextmanager
def watched(browser: Browser, size: tuple[int, int], language: str = "en") -> Iterator[Watched]:
    """Open a page of its own session and check at the end that it never complained."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, locale="zh-CN" if language == "zh_Hans" else "en-GB"
    )
    context.set_default_timeout(30_000)
    context.add_init_script(_WATCH)
    seen = Watched(context.new_page())
    try:
        yield seen
        seen.check()
    finally:
        context.close()
