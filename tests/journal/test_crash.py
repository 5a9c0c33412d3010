"""What was acknowledged is on disk: a process killed in the middle, a power cut."""

from pathlib import Path

import pytest

from edge.journal import Journal
from tests.journal.crash import can_cut, cuts, kills

pytestmark = pytest.mark.system

needs_loop = pytest.mark.skipif(not can_cut(), reason="needs root, loop devices and mkfs.ext4 for power cuts")


def test_ten_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    acknowledged, lost = kills(tmp_path / "store", 10, seed=1)
    assert acknowledged > 50
    assert lost == 0
    with Journal.open(tmp_path / "store") as journal, journal.reader() as reader:
        assert journal.boot == 10
        assert reader.rows_after(0, 1, ["retention.destroyed"]), "keys were destroyed meanwhile"


@needs_loop
def test_three_power_cuts_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    acknowledged, lost = cuts(tmp_path, 3, seed=2)
    assert acknowledged > 60
    assert lost == 0


@needs_loop
def test_the_same_power_cuts_do_lose_rows_where_commits_are_not_flushed(tmp_path: Path) -> None:
    acknowledged, lost = cuts(tmp_path, 1, seed=2, normal=True)
    assert acknowledged > 20
    assert lost > 0
