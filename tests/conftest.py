"""What holds for the whole suite: who shares the machine with whom, and one browser for each file."""

import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter
    from playwright.sync_api import Browser


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests that start processes and wait for them on one worker, one after the other; the
    unit part has the rest of the cores."""
    for item in items:
        if item.get_closest_marker("system"):
            item.add_marker(pytest.mark.xdist_group("system"))


def pytest_collection_finish() -> None:
    """Take what collecting has made out of every later collection of garbage: it stays to the end."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: "TerminalReporter", config: pytest.Config) -> None:
    """Print the table of the requirements where they were asked for, each with how its tests went."""
    if "requirements" not in (config.option.markexpr or "") or config.option.collectonly:
        return
    from tests.requirements.table import printed, requirements

    went: dict[str, str] = {}
    for outcome in ("skipped", "passed", "failed", "error"):  # the worst word is the last
        for report in terminalreporter.stats.get(outcome, []):
            went[report.nodeid.partition("[")[0].partition("@")[0]] = outcome
    terminalreporter.section("requirements")
    for line in printed(requirements(), went):
        terminalreporter.write_line(line)


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Debian's Chromium; tests that ask for it are skipped where there is none."""
    from tests.web.watching import chromium  # the unit part needs no browser, so it loads none

    with chromium() as started:
        yield started
