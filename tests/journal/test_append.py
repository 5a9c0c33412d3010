"""Appending: chained, whole or not at all, from several threads and processes, and honest about failure."""

import json
import sqlite3
import subprocess
import sys
import threading
from hashlib import sha256
from pathlib import Path

import pytest

from edge.domain.errors import JournalError
from edge.journal import Journal, Row
from edge.wire import ZERO_SEAL, chain_hash, genesis
from tests.journal.samples import START_US, decided, held, instant, personal, whole
from tests.paths import ROOT
from tests.waiting import until


def test_anybody_can_recompute_the_chain_from_what_is_stored(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal, journal.reader() as reader:
        journal.start_boot()
        journal.append(decided(1, who=personal()), Row("device.lost", instant(), {"device": "voice"}))
        journal.append(Row("gate.stopped", instant(), {"z": 1, "a": "门"}))
        previous = genesis(journal.incarnation)
        for row in reader.rows_after(0, 10):
            assert reader.hash_before(row.seq) == previous
            previous = chain_hash(
                previous,
                seq=row.seq,
                boot=row.boot,
                mono_us=row.mono_us,
                at_us=row.at_us,
                clock=row.clock,
                kind=row.kind,
                lane=row.lane,
                body=row.body_text,
                sealed_sha256=ZERO_SEAL if row.sealed is None else sha256(row.sealed).digest(),
            )
            assert row.hash == previous
        assert reader.head() == journal.head() == 3
        third = reader.row(3)
        assert third is not None
        assert third.body_text == '{"a":"门","z":1}'
        assert reader.row(4) is None


def test_a_new_journal_has_the_settings_of_the_design(tmp_path: Path) -> None:
    Journal.open(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "journal.db")
    assert connection.execute("PRAGMA page_size").fetchone() == (2048,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
    assert (tmp_path / "journal.db").stat().st_mode & 0o077 == 0
    assert (tmp_path / "master.key").stat().st_mode & 0o777 == 0o600


def test_several_rows_are_written_together_or_not_at_all(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        journal.append(decided(1))
        with pytest.raises(ValueError, match="without 'direction'"):
            journal.append(decided(2), Row("passage.decided", instant(), {"passage": 3}, "in"))
        with pytest.raises(ValueError, match="integers only"):
            journal.append(decided(2), Row("device.back", instant(), {"celsius": 36.6}))
        assert journal.head() == 1
        assert journal.append(decided(2), decided(3)) == (2, 3)
        assert journal.verify() == []
        assert journal.rebuild()


def test_what_cannot_be_stored_and_a_closed_journal_are_said_and_leave_nothing(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    with pytest.raises(ValueError, match="too large"):
        journal.append(Row("a", instant(at_us=1 << 70), {}))  # no such integer in SQLite
    with pytest.raises(ValueError, match="too large"):
        journal.append(decided(1, ticket=1 << 70))
    assert journal.append(decided(1)) == (1,)
    journal.close()
    journal.close()
    with pytest.raises(JournalError, match="closed"):
        journal.append(decided(2))


def test_there_is_no_journal_where_none_was_made(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"没有账本.*no journal"):
        Journal.open(tmp_path / "elsewhere", create=False)
    assert not (tmp_path / "elsewhere").exists()


def test_many_threads_append_and_read_at_once(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        seqs: list[int] = []
        opened: list[object] = []

        def write(first: int) -> None:
            for number in range(first, first + 25):
                (seq,) = journal.append(decided(number, who=personal(phone=f"1380000{number:04d}")))
                seqs.append(seq)
                with journal.reader() as reader:
                    row = reader.row(seq)
                    assert row is not None
                    opened.append(journal.unseal(row))

        threads = [threading.Thread(target=write, args=(n * 100,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(seqs) == list(range(1, 151))
        assert len(opened) == 150
        assert None not in opened
        assert journal.verify() == []
        assert journal.rebuild()


def test_two_processes_append_to_one_chain_and_see_each_other(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from edge.journal import Journal;"
        "from tests.journal.samples import *;"
        "j = Journal.open(Path(sys.argv[1]), create=False);"
        "print(j.boot, j.append(*(decided(n, who=personal()) for n in range(100, 140)))); j.close()"
    )
    with Journal.open(tmp_path) as journal:
        journal.start_boot()
        assert journal.start_boot() == 2
        journal.append(decided(1, who=personal()))
        assert not journal.others_wrote()
        child = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for number in range(2, 42):
            journal.append(decided(number, who=personal()))
        out, _ = child.communicate(timeout=60)
        assert child.returncode == 0
        assert out.startswith("2 (")  # rows of a command carry the boot the daemon counted
        assert journal.others_wrote()
        assert not journal.others_wrote()
        assert journal.head() == 81
        assert journal.verify() == []
        with journal.reader() as reader:
            assert len(reader.find("13800001234")) == 81


def test_boots_are_counted_and_kept(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        assert journal.boot == 0
        assert journal.start_boot() == 1
    with Journal.open(tmp_path) as journal, journal.reader() as reader:
        assert journal.boot == 1
        journal.append(decided(1))
        assert journal.start_boot() == 2
        journal.append(decided(2))
        assert [row.boot for row in reader.rows_after(0, 9)] == [1, 2]


def test_a_verdict_costs_at_most_16_kilobytes(tmp_path: Path) -> None:
    measurement = {"t": "measurement", "raw": ["5a5a" * 30] * 10}
    wal = tmp_path / "journal.db-wal"
    with Journal.open(tmp_path) as journal:
        journal.append(decided(1, who=personal()))
        costs = []
        for number in range(2, 202):
            before = wal.stat().st_size
            row = decided(number, who=personal(), evidence=[measurement, {"t": "code", "x": "y" * 700}])
            journal.append(row)
            costs.append(wal.stat().st_size - before)
        assert 2_000 < len(json.dumps(row.body)) < 3_000
        assert sum(costs) / len(costs) < 16_384


def test_the_daemon_does_not_carry_sqlite_utils_or_numpy(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from edge.journal import *;"
        "from tests.journal.samples import *;"
        "j = Journal.open(Path(sys.argv[1])); j.start_boot(); j.append(decided(1, who=personal()));"
        "r = j.reader(); r.passages(); r.find('1234'); j.verify();"
        "j.purge(START_US, 1, now=instant(START_US + DAY_US)); r.close(); j.close();"
        "heavy = {'sqlite_utils', 'numpy', 'xlsxwriter'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=True, timeout=60)


def test_a_full_card_is_an_error_until_there_is_space_and_the_reserve_helps_first(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        intact = [journal.reserve_intact]
        journal.append(decided(1))
        connection = journal._writer._connection
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")  # SQLite's own full, without root
        big = held(2, note="x" * 100_000)
        with pytest.raises(JournalError, match=r"空间已满.*no space left"):
            journal.append(big)
        intact.append(journal.reserve_intact)  # it was given up and did not help here
        assert intact == [True, False]
        assert journal.head() == 1
        connection.execute("PRAGMA max_page_count = 1000000")
        assert journal.append(big) == (2,)
        assert journal.verify() == []
    with Journal.open(tmp_path) as journal:
        assert journal.reserve_intact


def test_an_unreadable_body_cannot_be_stored(tmp_path: Path) -> None:
    Journal.open(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "journal.db")
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(
            "INSERT INTO journal VALUES (1, 1, 1, ?, 'synced', 'a', NULL, '{', NULL, NULL, zeroblob(32))",
            (START_US,),
        )
    connection.close()


def test_rows_keep_what_was_said_word_for_word(tmp_path: Path) -> None:
    body = whole(7, reasons=["answer_hold:症状"], note="<b>&'\u0000 \U0001f600", deep={"a": [None, True, {}]})
    with Journal.open(tmp_path) as journal, journal.reader() as reader:
        journal.append(Row("passage.decided", instant(), body, "东门", personal("王 五")))
        row = reader.row(1)
        assert row is not None
        assert row.body == body
        assert row.lane == "东门"
        assert journal.unseal(row) == personal("王 五")


def test_whoever_writes_much_sees_that_another_thread_waits(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        journal.start_boot()
        assert not journal.wanted()
        other = threading.Thread(target=journal.append, args=(decided(1),))

        def make(_look: object) -> list[Row]:
            other.start()
            until(journal.wanted, what="the other thread to wait")
            return [Row("gate.stopped", instant(), {"z": 1})]

        (first,) = journal.compose(make)
        other.join()
        assert not journal.wanted()
        assert journal.head() == first + 1


def test_a_journal_says_whether_another_process_has_it_open(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        assert not journal.shared()
        with Journal.open(tmp_path, create=False) as other:
            assert journal.shared()
            assert other.shared()
        assert not journal.shared()
        Journal.open(tmp_path, create=False).close()  # others may still come


def test_the_write_ahead_file_is_copied_while_somebody_writes(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        journal.start_boot()
        journal.append(decided(1))

        def make(_look: object) -> list[Row]:
            journal.relieve()  # in the middle of a transaction, and it waits for nothing
            return [Row("gate.stopped", instant(), {"z": 1})]

        journal.compose(make)
        alone = tmp_path / "alone.db"
        alone.write_bytes(journal.path.read_bytes())
        with sqlite3.connect(f"file:{alone}?immutable=1", uri=True) as connection:
            assert connection.execute("SELECT max(seq) FROM journal").fetchone() == (1,)
        assert journal.verify() == []
