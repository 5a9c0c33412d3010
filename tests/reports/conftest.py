"""A journal that a busy gate wrote, and its reports."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from edge.journal import Journal
from tests.reports.busy import BusyGate

FIRST = date(2026, 11, 3)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path) as opened:
        yield opened


@pytest.fixture
def gate(journal: Journal) -> BusyGate:
    return BusyGate(journal, FIRST, seed=3, per_day=20)
