"""Backups: sound, without the master key; going on from one is a new incarnation."""

import errno
import os
import sqlite3
from pathlib import Path

import pytest

from edge.domain.errors import JournalError
from edge.journal import Journal, StoredRow, restore, verify_file
from tests.journal.samples import DAY_US, START_US, decided, held, instant, personal, without


def store_with_backup(tmp_path: Path) -> tuple[Path, Path]:
    store, copy = tmp_path / "store", tmp_path / "backup.db"
    with Journal.open(store) as journal:
        journal.start_boot()
        for day in range(10):
            journal.append(decided(day, START_US + day * DAY_US, who=personal(phone=f"1380000{day:04d}")))
        journal.append(held(50, START_US + 9 * DAY_US, who=personal()))
        journal.backup(copy)
        journal.append(decided(60, START_US + 9 * DAY_US, who=personal()))
    return store, copy


def test_a_backup_is_one_sound_file_without_the_master_key_and_overwrites_nothing(tmp_path: Path) -> None:
    store, copy = store_with_backup(tmp_path)
    assert verify_file(copy) == []
    assert copy.stat().st_mode & 0o077 == 0
    secret = bytes.fromhex((store / "master.key").read_text())
    assert without(copy.read_bytes(), [secret, secret.hex().encode(), b"13800000003"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.db", "store"]
    with Journal.open(store) as journal, pytest.raises(JournalError, match=r"已存在.*already there"):
        journal.backup(copy)


def test_a_gate_that_goes_on_from_a_backup_uses_no_sequence_twice(tmp_path: Path) -> None:
    store, copy = store_with_backup(tmp_path)
    with Journal.open(store) as journal:
        old, boot = journal.incarnation, journal.boot
    done = restore(store, copy, instant())
    assert (done.previous, done.head, done.keys_lost) == (old, 11, 0)
    assert done.aside == "journal-before-restore-1.db"
    assert verify_file(store / done.aside) == []
    with Journal.open(store) as journal, journal.reader() as reader:
        assert journal.incident is None
        assert journal.rolled_back is None
        assert journal.incarnation == done.incarnation != old
        assert [(one.id, one.first_seq) for one in journal.incarnations] == [
            (old, 1),
            (journal.incarnation, 12),
        ]
        first = reader.row(12)
        assert first is not None
        assert first.kind == "journal.restored"
        assert first.body["previous"] == {
            "incarnation": old,
            "head": 11,
            "hash": _hash(reader.row(11)),
        }
        assert journal.start_boot() > boot
        journal.append(decided(61, START_US + 9 * DAY_US, who=personal()))
        rows = reader.rows_after(0, 99)
        assert [journal.unseal(row) is None for row in rows] == [False] * 11 + [True, False]
        assert [row.body["passage"] for row in reader.waiting()] == [50]
        assert reader.find("13800000003") == [3]
        assert journal.verify() == []
        assert journal.rebuild()


def _hash(row: StoredRow | None) -> str:
    assert row is not None
    return row.hash.hex()


def test_a_backup_from_before_a_purge_keeps_what_lives_and_nothing_else(tmp_path: Path) -> None:
    store, copy = store_with_backup(tmp_path)
    with Journal.open(store) as journal:
        assert journal.purge(START_US + 4 * DAY_US, 99, now=instant(START_US + 10 * DAY_US)).keys == (
            1,
            2,
            3,
            4,
        )
    done = restore(store, copy, instant(START_US + 10 * DAY_US))
    assert done.keys_lost == 4
    with Journal.open(store) as journal, journal.reader() as reader:
        rows = reader.rows_after(0, 11)
        assert [journal.unseal(row) is None for row in rows] == [True] * 4 + [False] * 7
        assert reader.find("13800000003") == []
        assert reader.find("13800000006") == [6]
        assert journal.verify() == []
        assert journal.rebuild()


def test_on_a_new_card_the_key_is_needed_or_given_up_in_so_many_words(tmp_path: Path) -> None:
    store, copy = store_with_backup(tmp_path)
    fresh, with_key = tmp_path / "fresh", tmp_path / "with-key"
    with pytest.raises(JournalError, match="without-key"):
        restore(fresh, copy, instant())
    assert not (fresh / "journal.db").exists()
    done = restore(fresh, copy, instant(), without_key=True)
    assert done.keys_lost == 10
    with Journal.open(fresh) as journal, journal.reader() as reader:
        assert len(reader.passages()) == 11
        assert not any(journal.unseal(row) for row in reader.rows_after(0, 99))
        journal.append(decided(70, START_US + 9 * DAY_US, who=personal()))
        assert reader.find("13800001234") == [70]
        assert journal.verify() == []
        assert journal.rebuild()
    with_key.mkdir()
    (with_key / "master.key").write_bytes((store / "master.key").read_bytes())
    assert restore(with_key, copy, instant()).keys_lost == 0


def test_a_damaged_journal_is_replaced_by_its_backup(tmp_path: Path) -> None:
    store, copy = store_with_backup(tmp_path)
    damaged = bytes(1000) + (store / "journal.db").read_bytes()[1000:]
    (store / "journal.db").write_bytes(damaged)
    (store / "journal.db-wal").write_bytes(b"left over")
    done = restore(store, copy, instant())
    assert done.aside is not None
    assert (store / done.aside).read_bytes() == damaged
    assert Path(f"{store / done.aside}-wal").read_bytes() == b"left over"
    with Journal.open(store) as journal, journal.reader() as reader:
        assert journal.incident is None
        assert reader.find("13800000003") == [3]
        assert journal.verify() == []


def test_a_restore_that_fails_in_its_last_step_leaves_the_present_journal_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, copy = store_with_backup(tmp_path)
    (store / "journal.db-wal").write_bytes(b"what only the write-ahead file holds")
    before = {path.name: path.read_bytes() for path in store.glob("journal*.db*")}

    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "no hard links on this card")

    monkeypatch.setattr(os, "link", no_links)
    with pytest.raises(JournalError, match="no hard links"):
        restore(store, copy, instant())
    assert {path.name: path.read_bytes() for path in store.glob("journal*.db*")} == before


def test_nothing_is_restored_under_a_running_gate_or_from_a_bad_backup(tmp_path: Path) -> None:
    store, copy = store_with_backup(tmp_path)
    before = (store / "journal.db").read_bytes()
    with Journal.open(store), pytest.raises(JournalError, match="stop the gate"):
        restore(store, copy, instant())
    connection = sqlite3.connect(copy, isolation_level=None)
    connection.execute("UPDATE journal SET lane = 'x' WHERE seq = 3")
    connection.close()
    with pytest.raises(JournalError, match=r"备份有误.*row 3"):
        restore(store, copy, instant())
    with pytest.raises(JournalError, match="no such file"):
        restore(store, tmp_path / "nothing.db", instant())
    (tmp_path / "junk.db").write_bytes(b"junk" * 1000)
    with pytest.raises(JournalError):
        restore(store, tmp_path / "junk.db", instant())
    assert (store / "journal.db").read_bytes() == before
