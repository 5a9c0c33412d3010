"""One district per test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compiled_once import compile_once
from tests.district.desk import Desk


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    compile_once()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "district")
    yield made
    made.close()
