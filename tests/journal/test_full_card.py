"""A card that is really full. Needs root (a small tmpfs)."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

import pytest

from edge.domain.errors import JournalError
from edge.journal import Journal
from tests.journal.samples import decided, personal

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small file system")


@pytest.fixture
def small_card(tmp_path: Path) -> Iterator[Path]:
    card = tmp_path / "card"
    card.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(card)], check=False)
    if done.returncode:
        pytest.skip("a tmpfs cannot be mounted here")
    try:
        yield card
    finally:
        subprocess.run(["umount", str(card)], check=True)


def test_a_full_card_uses_the_reserve_then_refuses_and_goes_on_when_there_is_space(small_card: Path) -> None:
    with Journal.open(small_card / "store") as journal:
        filler = small_card / "photos"
        journal.append(decided(1))
        with filler.open("wb", buffering=0) as file:
            assert _fill(file) > 0
        written = refused = 0
        for number in range(2, 4000):
            try:
                journal.append(decided(number, who=personal(), note="x" * 2000))
                written += 1
            except JournalError as error:
                refused += "no space left" in str(error)
                if refused == 3:
                    break
        assert refused == 3
        assert not journal.reserve_intact
        assert written > 100  # what the reserve was for
        assert journal.head() == written + 1
        filler.unlink()
        journal.append(decided(9999, who=personal()))
        assert journal.verify() == []
        assert journal.rebuild()


def _fill(file: FileIO) -> int:
    blocks = 0
    with contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            blocks += 1
    return blocks
