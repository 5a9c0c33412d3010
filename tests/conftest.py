"""What holds for the whole suite: who shares the machine with whom, and one browser for each file."""

import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter
    from playwright.sync_api import Browser
    from xdist.remote import Producer  # type: ignore[import-untyped]
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

_TOGETHER = ("tests/system/", "tests/requirements/", "tests/web/test_browser")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: "Producer") -> "LoadScopeScheduling":
    """Keep the tests of a file that share running programs, or a browser that takes two seconds to start,
    on one worker, one after the other; whatever stands alone goes to whoever is free. Marks of groups do
    not do it: they are put on a name that pytest no longer reports."""
    from xdist.scheduler import LoadScopeScheduling

    class ByProgram(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return nodeid.partition("::")[0] if nodeid.startswith(_TOGETHER) else nodeid

    return ByProgram(config, log)


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
