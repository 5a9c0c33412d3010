"""What holds for the whole suite: who shares the machine with whom, and one browser for each file."""

import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
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


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Debian's Chromium; tests that ask for it are skipped where there is none."""
    from tests.web.watching import chromium  # the unit part needs no browser, so it loads none

    with chromium() as started:
        yield started
