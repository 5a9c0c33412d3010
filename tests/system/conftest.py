"""A real gate, its instruments and an office that issues passes, for each test that asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.faults import QUICK, Office
from tests.system.processes import Gate
from tests.system.stage import Stage


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    stage.close()


@pytest.fixture
def gate(tmp_path: Path, stage: Stage, office: Office) -> Iterator[Gate]:
    """A gate with a GY-614V and a serial scanner, running."""
    gate = Gate(tmp_path, extra=QUICK)
    office.trusted_by(gate.store)
    gate.start()
    yield gate
    gate.end()
