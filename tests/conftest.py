"""What holds for the whole suite: who shares the machine with whom."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests that start processes and wait for them on one worker, one after the other; the
    unit part has the rest of the cores."""
    for item in items:
        if item.get_closest_marker("system"):
            item.add_marker(pytest.mark.xdist_group("system"))
