"""The number of a case has been said aloud: what becomes of the file, it is given to nobody else."""

import json
from pathlib import Path

import pytest

from edge.journal import Journal
from edge.journal.anchor import FILE as ANCHOR
from edge.journal.anchor import read_anchor
from edge.journal.backup import restore
from tests.journal.samples import START_US, instant
from tests.registers.test_cases import case_row


def opened(folder: Path, *passages: int) -> list[int]:
    """Open cases as a gate does, with the look of a second later; return their numbers."""
    with Journal.open(folder) as journal, journal.reader() as reader:
        journal.start_boot()
        before = journal.head()
        for passage in passages:
            journal.append(case_row(passage, START_US + passage))
            journal.remember_cases()
        numbers = [row.body["case"] for row in reader.rows_after(before, 50, {"case.opened"})]
        assert journal.rebuild()
        assert journal.verify() == []
    return numbers


def test_after_a_backup_is_restored_numbers_go_on_after_the_lost_ones(tmp_path: Path) -> None:
    store, copy = tmp_path / "store", tmp_path / "backup.db"
    assert opened(store, 1, 2, 3) == [1, 2, 3]
    with Journal.open(store) as journal:
        journal.backup(copy)
    assert opened(store, 4, 5) == [4, 5]
    restore(store, copy, instant())
    assert opened(store, 6) == [6]
    restore(store, copy, instant())
    (store / "journal.db").unlink()
    assert opened(store, 7, 8) == [7, 8]


@pytest.mark.parametrize("remembered", [True, False])
def test_a_journal_that_is_damaged_or_gone_takes_no_number_with_it(tmp_path: Path, remembered: bool) -> None:
    assert opened(tmp_path, 1, 2) == [1, 2]
    if remembered:
        (tmp_path / "journal.db").write_bytes(b"no database at all")
    else:
        (tmp_path / "journal.db").unlink()
    assert opened(tmp_path, 3) == [3]


def test_an_older_file_that_was_put_back_counts_on(tmp_path: Path) -> None:
    opened(tmp_path, 1)
    older = (tmp_path / "journal.db").read_bytes()
    assert opened(tmp_path, 2, 3) == [2, 3]
    (tmp_path / "journal.db").write_bytes(older)
    assert opened(tmp_path, 4) == [4]


def test_a_number_is_remembered_while_the_gate_runs_and_once_only(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        journal.start_boot()
        journal.append(case_row(1))
        journal.remember_cases()
        found = read_anchor(tmp_path)
        assert found is not None
        assert (found.case, found.seq) == (1, journal.head())
        (tmp_path / ANCHOR).unlink()
        journal.remember_cases()
        assert read_anchor(tmp_path) is None


def test_an_anchor_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    opened(tmp_path, 1)
    path = tmp_path / ANCHOR
    kept = json.loads(path.read_text())
    del kept["case"]
    path.write_text(json.dumps(kept))
    assert opened(tmp_path, 2) == [2]
