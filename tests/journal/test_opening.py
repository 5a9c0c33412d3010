"""Starting on what is there: old files, newer files, damaged files, an older copy put back."""

import contextlib
import hashlib
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from edge.domain.errors import JournalError
from edge.journal import HourCount, Incident, Journal, Row, schema
from edge.journal.anchor import read_anchor
from edge.journal.faults import JournalFull
from edge.journal.files import write_private
from edge.journal.hold import Hold
from edge.journal.opening import damage
from tests.journal.samples import HOUR_US, START_US, decided, held, instant, personal
from tests.paths import ROOT

pytestmark = pytest.mark.system

OLD = ROOT / "tests" / "data" / "db"
RELEASED = {
    "0001_journal.sql": "7458b9851c8ac551dc2deb288fa821a65ea2be72e89868c78d128dbab3b9705b",
    "0002_cases.sql": "bc921c2efbfc813020388f88ff0989e605710ca8be0ea23b5a339c19dc0e1320",
    "0003_registers.sql": "3f45ba8172e34bb4527b1aa81cc2dcb685d869954c6025f12b496bef30e237c3",
    "0004_photographs.sql": "fe9e734debb0955b621d91a1e91d00c75550abfc17e4720663f6638a512b2e0f",
}


def filled(folder: Path, count: int = 40) -> Path:
    with Journal.open(folder) as journal:
        journal.start_boot()
        for number in range(count):
            journal.append(decided(number, who=personal()))
    return folder / "journal.db"


@pytest.mark.parametrize("name", RELEASED)
def test_a_released_migration_is_never_edited(name: str) -> None:
    text = (ROOT / "edge" / "journal" / "migrations" / name).read_bytes()
    assert hashlib.sha256(text).hexdigest() == RELEASED[name]


def test_every_migration_is_on_the_list_of_released_ones() -> None:
    found = {path.name for path in (ROOT / "edge" / "journal" / "migrations").glob("*.sql")}
    assert found == set(RELEASED)
    assert len(schema.scripts()) == len(found)


def test_a_journal_of_version_1_opens_whole_and_goes_on(tmp_path: Path) -> None:
    store = tmp_path / "store"
    shutil.copytree(OLD / "v1", store)
    with Journal.open(store) as journal, journal.reader() as reader:
        assert journal.verify() == []
        assert journal.rebuild()
        assert journal.boot == 1
        assert [row.kind for row in reader.rows_after(0, 9)][:3] == [
            "gate.started",
            "passage.held",
            "passage.decided",
        ]
        assert reader.find("13900005678") == [2]
        assert [row.seq for row in reader.passage(1)] == [2, 4, 5]
        assert reader.hours(0, 1 << 62) == [
            HourCount(START_US, "in", "admit", 1),
            HourCount(START_US + HOUR_US, "in", "refer", 1),
        ]
        waiting = reader.waiting()
        assert [row.body["passage"] for row in waiting] == [3]
        first = reader.row(2)
        assert first is not None
        assert journal.unseal(first) == personal("张三", "13800001234")
        journal.append(decided(4, who=personal()))
        assert journal.verify() == []


def test_a_newer_journal_is_refused_in_both_languages_and_left_as_it_is(tmp_path: Path) -> None:
    path = filled(tmp_path)
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {len(schema.scripts()) + 1}")
    connection.close()
    before = path.read_bytes()
    for create in (True, False):
        with pytest.raises(JournalError, match=r"先升级软件.*upgrade it first"):
            Journal.open(tmp_path, create=create)
    assert path.read_bytes() == before


def test_a_migration_that_fails_in_the_middle_leaves_the_file_unchanged(tmp_path: Path) -> None:
    path = filled(tmp_path)
    before = path.read_bytes()
    broken = [
        *schema.scripts(),
        "CREATE TABLE extra(a);\nUPDATE journal SET lane = 'x';\nINSERT INTO nowhere VALUES (1);",
    ]
    connection = schema.connect(path)
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        schema.migrate(connection, broken)
    connection.close()
    assert path.read_bytes() == before
    with Journal.open(tmp_path) as journal:
        assert journal.verify() == []


def test_each_migration_counts_for_itself_and_runs_once(tmp_path: Path) -> None:
    path = filled(tmp_path)
    known = len(schema.scripts())
    more = [*schema.scripts(), "CREATE TABLE one(a TEXT DEFAULT ';');", "CREATE TABLE two(a);"]
    connection = schema.connect(path)
    assert schema.migrate(connection, more) == 2
    assert schema.migrate(connection, more) == 0
    assert connection.execute("PRAGMA user_version").fetchone() == (known + 2,)
    with pytest.raises(JournalError, match="upgrade"):
        schema.migrate(connection)
    connection.close()


def test_a_script_that_only_adds_needs_no_copy_and_no_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    shutil.copytree(OLD / "v1", store)
    monkeypatch.setattr("edge.journal.opening.os.statvfs", _full)
    with Journal.open(store) as journal:
        assert journal.verify() == []
    assert not list(store.glob("journal-before-*"))


def test_every_statement_of_a_script_that_only_adds_makes_something_new() -> None:
    for script in schema.scripts():
        if schema.adds_only(script):
            for statement in schema.statements(script):
                code = [line for line in statement.splitlines() if not line.startswith("--")]
                text = " ".join(code).strip()
                assert re.match(r"CREATE TABLE |CREATE INDEX |ALTER TABLE \w+ ADD COLUMN ", text), text


def test_without_space_for_the_copy_nothing_is_touched_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = filled(tmp_path)
    before = path.read_bytes()
    _next_version(monkeypatch)
    monkeypatch.setattr("edge.journal.opening.os.statvfs", _full)
    for _ in range(2):
        with pytest.raises(JournalFull, match=r"还差 1 MB.*too little"):
            Journal.open(tmp_path)
    assert path.read_bytes() == before
    assert not list(tmp_path.glob("journal-before-*"))


def test_a_copy_that_fails_in_the_middle_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(tmp_path)
    _next_version(monkeypatch)
    told: list[int] = []

    def full() -> None:
        told.append(1)
        Path(f"{tmp_path}/journal-before-v{len(schema.scripts())}.db.part-journal").touch()
        raise OSError(28, "No space left on device")

    for _ in range(2):
        with pytest.raises(JournalError, match="No space left"):
            Journal.open(tmp_path, progress=full)
    assert told == [1, 1]
    assert not list(tmp_path.glob("journal-before-*"))
    with Journal.open(tmp_path, progress=lambda: told.append(2)) as journal:
        assert journal.verify() == []
    assert 2 in told
    assert [found.name for found in tmp_path.glob("journal-before-*")] == [
        f"journal-before-v{len(schema.scripts())}.db"
    ]


def _full(_path: object) -> os.statvfs_result:
    return os.statvfs_result((4096, 4096, 0, 0, 0, 0, 0, 0, 0, 255))


def _next_version(monkeypatch: pytest.MonkeyPatch) -> None:
    more = [*schema.scripts(), "CREATE TABLE extra(a);"]
    for module in ("schema", "opening"):
        monkeypatch.setattr(f"edge.journal.{module}.scripts", lambda: more)


def test_before_an_old_file_is_migrated_a_copy_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(tmp_path)
    more = [*schema.scripts(), "CREATE TABLE extra(a);"]
    for module in ("schema", "opening"):
        monkeypatch.setattr(f"edge.journal.{module}.scripts", lambda: more)
    running = Hold(tmp_path)
    with pytest.raises(JournalError, match="stop the gate"):
        Journal.open(tmp_path)
    running.close()
    with Journal.open(tmp_path) as journal:
        assert journal.verify() == []
        assert journal.head() == 40
    kept = sqlite3.connect(tmp_path / f"journal-before-v{len(more)}.db")
    assert kept.execute("PRAGMA user_version").fetchone() == (len(more) - 1,)
    assert kept.execute("SELECT count(*) FROM journal").fetchone() == (40,)
    kept.close()


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_file_is_set_aside_whole_and_the_gate_goes_on_at_once(tmp_path: Path, seed: int) -> None:
    path = filled(tmp_path, 60)
    rng = random.Random(seed)
    data = bytearray(path.read_bytes())
    if seed % 2:
        del data[rng.randrange(512, len(data) // 2) :]
    else:
        at = rng.randrange(0, len(data) // 2048 - 1) * 2048
        data[at : at + 2048] = rng.randbytes(2048)
    path.write_bytes(data)
    assert damage(path) is not None

    with contextlib.suppress(JournalError):  # a command sees it or not, and leaves it to the daemon
        Journal.open(tmp_path, create=False).close()
    assert path.read_bytes() == data
    with Journal.open(tmp_path) as journal, journal.reader() as reader:
        assert isinstance(journal.incident, Incident)
        assert (journal.incident.why, journal.incident.file) == ("corrupt", "journal-aside-1.db")
        assert (tmp_path / "journal-aside-1.db").read_bytes() == data
        first = reader.row(1)
        assert first is not None
        assert first.kind == "journal.set_aside"
        assert first.body["file"] == "journal-aside-1.db"
        assert first.body["previous"]["head"] == 60
        assert journal.start_boot() > 1  # passage ids go on above those of the lost file
        journal.append(decided(1, who=personal()))
        assert journal.verify() == []
    with Journal.open(tmp_path) as journal:
        assert journal.incident is None


def test_a_damaged_file_is_not_moved_while_another_process_has_it_open(tmp_path: Path) -> None:
    path = filled(tmp_path)
    with Journal.open(tmp_path):
        data = bytearray(path.read_bytes())
        data[:512] = bytes(512)
        path.write_bytes(data)
        with pytest.raises(JournalError, match=r"停止闸机服务.*stop the gate"):
            Journal.open(tmp_path)
        assert path.read_bytes() == data


def killed_while_open(folder: Path, count: int) -> None:
    """A store as a killed process leaves it: rows that stand in the write-ahead file only."""
    filled(folder, 3)
    child = textwrap.dedent(
        """
        import os, sys
        from pathlib import Path
        from edge.journal import Journal
        from tests.journal.samples import decided
        journal = Journal.open(Path(sys.argv[1]))
        for number in range(int(sys.argv[2])):
            journal.append(decided(100 + number))
        os._exit(0)
        """
    )
    subprocess.run([sys.executable, "-c", child, str(folder), str(count)], check=True, cwd=ROOT)
    assert (folder / "journal.db-wal").stat().st_size


@pytest.mark.parametrize("done", ["noted", "write-ahead file", "both names", "database"])
def test_a_move_that_was_interrupted_is_undone_or_was_done(tmp_path: Path, done: str) -> None:
    killed_while_open(tmp_path, 5)
    path, aside = tmp_path / "journal.db", tmp_path / "journal-aside-1.db"
    write_private(tmp_path / "journal.moving", aside.name.encode())
    if done != "noted":
        Path(f"{path}-wal").rename(f"{aside}-wal")
    if done == "both names":
        os.link(path, aside)
    if done == "database":
        path.rename(aside)
    with Journal.open(tmp_path) as journal:
        assert journal.rolled_back is None
        assert journal.incident == (Incident("missing") if done == "database" else None)
        assert journal.head() == (1 if done == "database" else 8)
        assert journal.verify() == []
    assert aside.exists() is Path(f"{aside}-wal").exists() is (done == "database")
    assert not (tmp_path / "journal.moving").exists()


def test_what_is_left_of_a_file_that_was_set_aside_and_removed_is_left_alone(tmp_path: Path) -> None:
    filled(tmp_path)
    left = tmp_path / "journal-aside-1.db-wal"
    left.write_bytes(b"of a file that somebody removed to make room")
    with Journal.open(tmp_path) as daemon:
        with Journal.open(tmp_path, create=False) as journal:
            assert journal.head() == 40
        daemon.append(decided(41))
        assert (daemon.incident, daemon.head()) == (None, 41)
    assert left.read_bytes() == b"of a file that somebody removed to make room"
    assert not (tmp_path / "journal-aside-1.db").exists()


def test_two_processes_may_remember_at_the_same_time(tmp_path: Path) -> None:
    filled(tmp_path, 2)
    faults: list[JournalError] = []
    unreadable: list[int] = []

    def remember(journal: Journal) -> None:
        try:
            for turn in range(100):
                journal.remember()
                if read_anchor(tmp_path) is None:
                    unreadable.append(turn)
        except JournalError as error:
            faults.append(error)

    with Journal.open(tmp_path) as daemon, Journal.open(tmp_path, create=False) as command:
        threads = [threading.Thread(target=remember, args=(one,)) for one in (daemon, command)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (faults, unreadable) == ([], [])


@pytest.mark.parametrize("emptied", [True, False])
def test_a_journal_that_vanished_is_said_and_not_taken_for_a_new_gate(tmp_path: Path, emptied: bool) -> None:
    path = filled(tmp_path)
    if emptied:
        path.write_bytes(b"")
    else:
        path.unlink()
    with Journal.open(tmp_path) as journal, journal.reader() as reader:
        assert journal.incident == Incident("missing")
        first = reader.row(1)
        assert first is not None
        assert first.body["why"] == "missing"
        assert first.body["previous"]["head"] == 40
        assert journal.verify() == []


def test_an_older_copy_that_was_put_back_goes_on_as_a_new_incarnation(tmp_path: Path) -> None:
    path = filled(tmp_path, 20)
    older = path.read_bytes()
    with Journal.open(tmp_path) as journal:
        old = journal.incarnation
        journal.append(decided(100), decided(101))
    path.write_bytes(older)
    with Journal.open(tmp_path) as journal, journal.reader() as reader:
        assert journal.rolled_back is not None
        assert journal.rolled_back.seq == 22
        assert journal.incarnation != old
        assert [one.id for one in journal.incarnations] == [old, journal.incarnation]
        first = reader.row(21)
        assert first is not None
        assert (first.kind, first.body["why"]) == ("journal.restored", "rolled_back")
        assert first.body["previous"]["incarnation"] == old
        assert first.body["anchor"]["head"] == 22
        journal.append(decided(102, who=personal()))
        assert journal.verify() == []
        assert journal.rebuild()
        assert len(reader.passages()) == 21
    with Journal.open(tmp_path) as journal:
        assert journal.rolled_back is None


def test_a_gate_in_conflict_with_the_district_renews_itself(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal, journal.reader() as reader:
        journal.append(held(1, who=personal()))
        old = journal.incarnation
        new = journal.renew("conflict", instant())
        assert journal.incarnation == new != old
        journal.append(decided(1, who=personal()))
        assert journal.verify() == []
        rows = reader.rows_after(0, 9)
        assert [row.kind for row in rows] == ["passage.held", "journal.restored", "passage.decided"]
        assert [journal.unseal(row) for row in rows] == [personal(), None, personal()]


def test_an_empty_journal_renews_itself_too(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        journal.renew("conflict", instant())
        journal.append(Row("gate.stopped", instant(), {}))
        assert len(journal.incarnations) == 1
        assert journal.verify() == []


def test_a_seam_between_incarnations_cannot_be_shifted(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        journal.append(decided(1), decided(2))
        journal.renew("conflict", instant())
        journal.append(decided(3))
    connection = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
    connection.execute("DELETE FROM journal WHERE seq = 2")
    connection.close()
    with Journal.open(tmp_path, create=False) as journal:
        assert len(journal.verify()) >= 2


@pytest.mark.parametrize("body", ["[]", "7", '"x"', '{"previous":[]}'])
def test_a_seam_of_another_shape_is_a_fault_and_the_gate_starts_all_the_same(
    tmp_path: Path, body: str
) -> None:
    with Journal.open(tmp_path) as journal:
        journal.append(decided(1))
        journal.renew("conflict", instant())
    connection = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
    connection.execute("UPDATE journal SET body = ? WHERE seq = 2", (body,))
    connection.close()
    with Journal.open(tmp_path) as journal:
        assert any("row 2" in fault for fault in journal.faults)
        assert any("row 2 begins an incarnation" in fault for fault in journal.verify())


def test_the_look_at_start_is_bounded_in_time(tmp_path: Path) -> None:
    path = filled(tmp_path, 200)
    assert damage(path, limit_s=-1.0) is None  # ended at once: neither found nor failed


def test_an_edited_row_is_said_at_start_and_the_gate_goes_on_with_the_file(tmp_path: Path) -> None:
    path = filled(tmp_path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("UPDATE journal SET lane = 'out' WHERE seq = 33")
    connection.close()
    with Journal.open(tmp_path) as journal:
        assert journal.incident is None
        assert len(journal.faults) == 1
        assert "row 33" in journal.faults[0]
        journal.append(decided(99))
        assert journal.verify() == list(journal.faults)
    with Journal.open(tmp_path, create=False) as journal:
        assert journal.faults == ()
