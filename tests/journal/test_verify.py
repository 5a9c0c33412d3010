"""Tampering: whatever is edited, taken out, put in or moved in the file is found."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.journal import Anchor, Journal, Row, verify_file
from tests.journal.samples import DAY_US, START_US, decided, instant, personal

ROWS = 12


def sound(folder: Path) -> Path:
    with Journal.open(folder) as journal:
        journal.start_boot()
        for number in range(ROWS):
            at_us = START_US + number * DAY_US // 4
            journal.append(decided(number, at_us, who=personal() if number % 2 else None))
    return folder / "journal.db"


def tamper(path: Path, sql: str, *values: Any) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    assert connection.execute(sql, values).rowcount != 0
    connection.close()


def faults(folder: Path) -> list[str]:
    with Journal.open(folder, create=False) as journal:
        return journal.verify()


EDITS = {
    "seq": "UPDATE journal SET seq = 1000 WHERE seq = 6",
    "boot": "UPDATE journal SET boot = boot + 1 WHERE seq = 6",
    "mono_us": "UPDATE journal SET mono_us = mono_us + 1 WHERE seq = 6",
    "at_us": "UPDATE journal SET at_us = at_us + 1 WHERE seq = 6",
    "clock": "UPDATE journal SET clock = 'manual' WHERE seq = 6",
    "kind": "UPDATE journal SET kind = 'passage.held' WHERE seq = 6",
    "lane": "UPDATE journal SET lane = 'out' WHERE seq = 6",
    "no lane": "UPDATE journal SET lane = '' WHERE seq = 6",
    "body": "UPDATE journal SET body = json_set(body, '$.outcome', 'refer') WHERE seq = 6",
    "spaces in the body": "UPDATE journal SET body = replace(body, ',', ', ') WHERE seq = 6",
    "key_id": "UPDATE journal SET key_id = key_id + 1 WHERE seq = 6",
    "no key_id": "UPDATE journal SET key_id = NULL WHERE seq = 6",
    "a key_id of nothing": "UPDATE journal SET key_id = 1 WHERE seq = 5",
    "sealed": "UPDATE journal SET sealed = randomblob(length(sealed)) WHERE seq = 6",
    "sealed taken away": "UPDATE journal SET sealed = NULL, key_id = NULL WHERE seq = 6",
    "hash": "UPDATE journal SET hash = randomblob(32) WHERE seq = 6",
    "deleted": "DELETE FROM journal WHERE seq = 6",
    "first deleted": "DELETE FROM journal WHERE seq = 1",
    "last deleted": f"DELETE FROM journal WHERE seq = {ROWS}",
    "all deleted": "DELETE FROM journal",
    "incarnation": "UPDATE incarnation SET id = 'ffff'",
    "row before the first": "INSERT INTO journal SELECT 0, boot, mono_us, at_us, clock, kind, lane, body,"
    " NULL, NULL, hash FROM journal WHERE seq = 1",
}


@pytest.mark.parametrize("edit", EDITS)
def test_tampering_is_found(tmp_path: Path, edit: str) -> None:
    path = sound(tmp_path)
    assert faults(tmp_path) == []
    tamper(path, EDITS[edit])
    assert faults(tmp_path) != []


def test_two_rows_that_changed_places_are_found(tmp_path: Path) -> None:
    path = sound(tmp_path)
    for one, other in ((4, 1000), (5, 4), (1000, 5)):
        tamper(path, "UPDATE journal SET seq = ? WHERE seq = ?", other, one)
    assert len(faults(tmp_path)) >= 2


def test_a_sealed_part_moved_to_another_row_with_its_key_is_found(tmp_path: Path) -> None:
    path = sound(tmp_path)
    tamper(
        path,
        "UPDATE journal SET (sealed, key_id) = (SELECT sealed, key_id FROM journal WHERE seq = 2)"
        " WHERE seq = 4",
    )
    found = faults(tmp_path)
    assert any("hash" in fault for fault in found)
    assert any("does not open" in fault for fault in found)


def test_the_fault_names_the_row_and_the_rest_is_still_checked(tmp_path: Path) -> None:
    path = sound(tmp_path)
    tamper(path, EDITS["body"])
    tamper(path, "UPDATE journal SET clock = 'unset' WHERE seq = 9")
    assert [fault.split(" ")[1] for fault in faults(tmp_path)] == ["6", "9"]


def test_a_tail_rewritten_with_a_fresh_chain_is_found_by_an_anchor(tmp_path: Path) -> None:
    path = sound(tmp_path)
    with Journal.open(tmp_path) as journal, journal.reader() as reader:
        known = reader.row(ROWS)
        assert known is not None
        anchor = Anchor(journal.incarnation, ROWS, known.hash.hex())
    tamper(path, f"DELETE FROM journal WHERE seq = {ROWS}")
    (tmp_path / "journal.anchor").unlink()
    with Journal.open(tmp_path) as journal:
        journal.append(Row("gate.stopped", instant(), {}))
        assert journal.verify() == []
        assert len(journal.verify([anchor])) == 1
        assert len(journal.verify([Anchor(journal.incarnation, 500, "00")])) == 1


def test_checking_a_copy_needs_no_key(tmp_path: Path) -> None:
    path = sound(tmp_path)
    (tmp_path / "master.key").unlink()
    assert verify_file(path) == []
    tamper(path, EDITS["body"])
    assert len(verify_file(path)) == 1


def test_faults_are_listed_up_to_a_bound(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        journal.append(*(Row("gate.stopped", instant(), {"n": n}) for n in range(300)))
    tamper(tmp_path / "journal.db", "UPDATE journal SET lane = 'x'")
    assert len(verify_file(tmp_path / "journal.db")) == 101


@pytest.fixture(scope="module")
def sound_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return sound(tmp_path_factory.mktemp("sound")).read_bytes()


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_changed_byte_of_a_row_is_found(
    sound_file: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.db"
    path.write_bytes(sound_file)
    seq = data.draw(st.integers(1, ROWS))
    column = data.draw(st.sampled_from(["body", "kind", "clock", "hash", "sealed", "lane"]))
    change = _changed(data)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    (value,) = connection.execute(f"SELECT {column} FROM journal WHERE seq = ?", (seq,)).fetchone()
    if value is None:
        value = b"\x00"
    connection.execute(f"UPDATE journal SET {column} = ? WHERE seq = ?", (change(value), seq))
    connection.close()
    assert verify_file(path) != []


def _changed(data: st.DataObject) -> Callable[[str | bytes], str | bytes]:
    def change(value: str | bytes) -> str | bytes:
        at = data.draw(st.integers(0, len(value) - 1))
        if isinstance(value, bytes):
            return value[:at] + bytes([value[at] ^ data.draw(st.integers(1, 255))]) + value[at + 1 :]
        other = data.draw(st.characters(codec="utf-8", exclude_characters=value[at] + "\0"))
        return value[:at] + other + value[at + 1 :]

    return change
