"""Forgetting: on time, on a clock that can be believed, after the acknowledgement, and for good."""

import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.model import ClockQuality, Instant
from edge.journal import Journal, Row
from edge.journal.key_records import KeyRecord
from edge.journal.retention import before_leap, ends_us
from tests.journal.samples import DAY_US, START_US, instant, personal, raw_bytes, whole, without


def days(journal: Journal, numbers: Iterable[int], clock: ClockQuality = ClockQuality.SYNCED) -> None:
    for day in numbers:
        for n in range(3):
            at_us = START_US + day * DAY_US + n
            who = personal("张三", f"138{day:04d}{n:04d}")
            row = Row("passage.decided", instant(at_us, clock), whole(day * 10 + n), "in", who)
            journal.append(row)


def on_day(day: int) -> Instant:
    return instant(START_US + day * DAY_US)


def opened(journal: Journal) -> list[bool]:
    with journal.reader() as reader:
        rows = reader.rows_after(0, 1000, kinds=["passage.decided"])
    return [journal.unseal(row) is not None for row in rows]


def secrets_of(path: Path) -> dict[int, list[bytes]]:
    """What must be gone with each key: its wrapped form and the tokens under it."""
    connection = sqlite3.connect(path)
    found = {
        key_id: [wrapped] for key_id, wrapped in connection.execute("SELECT key_id, wrapped FROM seal_key")
    }
    for key_id, tokens in connection.execute("SELECT key_id, tokens FROM passage WHERE tokens IS NOT NULL"):
        found[key_id] += [tokens[i : i + 8] for i in range(0, len(tokens), 8)]
    connection.close()
    return found


def test_a_purge_destroys_for_good_and_everything_else_stays(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal, journal.reader() as reader:
        days(journal, range(10))
        old_master = (tmp_path / "master.key").read_bytes()
        os.link(tmp_path / "master.key", tmp_path / "the file itself")
        secret = secrets_of(tmp_path / "journal.db")
        assert len(secret) == 10
        assert reader.find("0000") == [n * 10 for n in reversed(range(10))]
        lines = reader.passages(limit=100)

        done = journal.purge(START_US + 5 * DAY_US, journal.head(), now=on_day(10))

        assert (done.keys, done.passages, done.kept, done.refused) == ((1, 2, 3, 4, 5), 15, 0, None)
        assert done.scrubbed
        assert opened(journal) == [False] * 15 + [True] * 15
        assert reader.find("0000") == [n * 10 for n in reversed(range(5, 10))]
        assert reader.find("13800020000") == []
        assert reader.passages(limit=100) == lines
        raw = raw_bytes(tmp_path)
        for key_id in done.keys:
            assert without(raw, secret[key_id])
        assert without(raw, [secret[key_id][0] for key_id in secret])  # the survivors are wrapped anew
        assert secret[7][1] in raw  # the search above can find
        assert (tmp_path / "journal.db-wal").stat().st_size <= 10 * 2072  # emptied, but for what came since
        assert (tmp_path / "master.key").read_bytes() != old_master
        assert not any((tmp_path / "the file itself").read_bytes()), "overwritten, not only unlinked"
        assert not (tmp_path / "master.key.next").exists()
        assert journal.verify() == []
        assert journal.rebuild()
        assert done.seq is not None
        row = reader.row(done.seq)
        assert row is not None
        assert row.kind == "retention.destroyed"
        assert row.body["keys"] == [1, 2, 3, 4, 5]
        assert (row.body["why"], row.body["unacknowledged"]) == ("retention", 0)

        again = journal.purge(START_US + 5 * DAY_US, journal.head(), now=on_day(10))
        assert (again.keys, again.seq) == ((), None)
    with Journal.open(tmp_path) as journal:
        assert opened(journal) == [False] * 15 + [True] * 15


def test_an_old_backup_does_not_bring_the_destroyed_back(tmp_path: Path) -> None:
    store, copy = tmp_path / "store", tmp_path / "copy.db"
    with Journal.open(store) as journal:
        days(journal, range(10))
        journal.backup(copy)
        journal.purge(START_US + 5 * DAY_US, journal.head(), now=on_day(10))
    stolen = tmp_path / "stolen"
    stolen.mkdir()
    (stolen / "journal.db").write_bytes(copy.read_bytes())
    (stolen / "master.key").write_bytes((store / "master.key").read_bytes())
    with pytest.raises(Exception, match="not this journal's"):
        Journal.open(stolen)


def test_unacknowledged_days_wait_until_the_longest_retention_and_then_alarm(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal, journal.reader() as reader:
        days(journal, range(10))
        done = journal.purge(START_US + 5 * DAY_US, 7, now=on_day(10))
        assert (done.keys, done.kept) == ((1, 2), 3)  # row 7 is the first of day 3
        limit = START_US + 4 * DAY_US
        done = journal.purge(START_US + 5 * DAY_US, 7, now=on_day(10), max_before_us=limit)
        assert (done.keys, done.kept, done.unacknowledged) == ((3, 4), 1, 5)
        assert done.seq is not None
        row = reader.row(done.seq)
        assert row is not None
        assert (row.body["why"], row.body["unacknowledged"]) == ("overdue", 5)


@pytest.mark.parametrize("clock", [ClockQuality.UNSET, ClockQuality.RESTORED])
def test_nothing_is_purged_on_a_clock_nobody_believes(tmp_path: Path, clock: ClockQuality) -> None:
    with Journal.open(tmp_path) as journal:
        days(journal, range(10))
        done = journal.purge(START_US + 5 * DAY_US, 99, now=instant(START_US + 10 * DAY_US, clock))
        assert (done.refused, done.keys) == ("clock_untrusted", ())
        assert all(opened(journal))


def test_a_clock_in_2036_does_not_purge_everything(tmp_path: Path) -> None:
    ten_years = 3653
    with Journal.open(tmp_path) as journal, journal.reader() as reader:
        days(journal, range(10))
        leapt = START_US + (ten_years - 30) * DAY_US
        for day in (ten_years, ten_years + 1, ten_years + 2):  # not at once, and not a day later
            done = journal.purge(leapt, 999, now=on_day(day))
            assert (done.refused, done.keys) == ("clock_leapt", ())
        assert [row.kind for row in reader.rows_after(30, 9)] == ["retention.waiting"] * 3
        days(journal, [ten_years + 2])
        assert journal.purge(leapt, 999, now=on_day(ten_years + 3)).refused == "clock_leapt"
        assert all(opened(journal))
        # Somebody sets the clock right: retention goes on as if nothing had been.
        days(journal, [11, 12])
        done = journal.purge(START_US + 5 * DAY_US, 999, now=on_day(13))
        assert (done.refused, done.keys) == (None, (1, 2, 3, 4, 5))
        # Or somebody says that ten years have passed.
        assert journal.purge(leapt, 999, now=on_day(ten_years), believe_clock=True).keys


def test_a_gate_that_stood_still_for_weeks_purges_a_day_after_it_woke(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        days(journal, range(3))
        done = journal.purge(START_US + 10 * DAY_US, 99, now=on_day(40))
        assert done.refused == "clock_leapt"
        assert done.seq is not None
        assert journal.purge(START_US + 10 * DAY_US, 99, now=on_day(40)).seq is None  # said once a day
        done = journal.purge(START_US + 10 * DAY_US, 99, now=on_day(41))
        assert (done.refused, done.keys) == (None, (1, 2, 3))


def test_rows_of_an_unset_clock_are_as_old_as_what_follows_them(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        unset = Row("passage.decided", instant(0, ClockQuality.UNSET), whole(1), "in", personal())
        journal.append(unset)
        days(journal, [5])
        journal.append(unset)
        assert journal.purge(START_US, 99, now=on_day(7)).keys == ()  # 1970 is not old: it was day 5
        days(journal, [8])
        done = journal.purge(START_US + 6 * DAY_US, 99, now=on_day(9))
        assert done.keys == (1, 2)
        assert opened(journal) == [False] * 4 + [False] * 0 + [True] * 4


def test_what_was_set_aside_is_shut_with_the_rest(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        days(journal, range(3))
        journal.backup(tmp_path / "journal-aside-1.db")
        os.utime(tmp_path / "journal-aside-1.db", (START_US / 1e6 - 1, START_US / 1e6 - 1))
        master = (tmp_path / "master.key").read_bytes()
        days(journal, [9, 10])
        done = journal.purge(START_US, 99, now=on_day(11))  # nothing of this file is old enough
        assert done.keys == ()
        assert done.seq is not None
        assert (tmp_path / "master.key").read_bytes() != master
        assert journal.purge(START_US, 99, now=on_day(11)).seq is None


def test_a_reader_in_the_middle_of_a_read_delays_the_scrubbing_and_it_is_not_forgotten(
    tmp_path: Path,
) -> None:
    with Journal.open(tmp_path) as journal:
        days(journal, range(10))
        slow = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
        slow.execute("BEGIN")
        slow.execute("SELECT count(*) FROM journal").fetchone()
        journal._writer._connection.execute("PRAGMA busy_timeout = 50")
        done = journal.purge(START_US + 5 * DAY_US, 99, now=on_day(10))
        assert done.keys
        assert not done.scrubbed
        assert not journal.purge(START_US + 5 * DAY_US, 99, now=on_day(10)).scrubbed
        slow.close()
        assert journal.scrub()
        assert journal.purge(START_US + 5 * DAY_US, 99, now=on_day(10)).scrubbed


def test_another_process_that_purged_is_believed_at_once(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as daemon, Journal.open(tmp_path, create=False) as command:
        days(daemon, range(10))
        assert all(opened(daemon))
        command.purge(START_US + 5 * DAY_US, 99, now=on_day(10))
        assert opened(daemon) == [False] * 15 + [True] * 15
        days(daemon, [11])
        assert opened(command)[-1]
        assert daemon.verify() == []


keys = st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=12).map(
    lambda drawn: [
        KeyRecord(n + 1, "day", START_US + day * DAY_US + n, trusted, n * 10 + 1, alive=True)
        for n, (day, trusted) in enumerate(drawn)
    ]
)


@given(known=keys)
def test_ages_go_by_number_where_clocks_contradict_one_another(known: list[KeyRecord]) -> None:
    ends = ends_us(known)
    assert all(key.key_id in ends for key in known if key.trusted)
    for index, key in enumerate(known):
        later = [one.opened_us for one in known[index + 1 :] if one.trusted]
        if key.key_id in ends and later:
            assert ends[key.key_id] <= min(later)
        elif not key.trusted:
            assert key.key_id not in ends
    in_order = [key.opened_us for key in known if key.trusted] == sorted(
        k.opened_us for k in known if k.trusted
    )
    if in_order:
        assert list(ends.values()) == sorted(ends.values())


@given(known=keys, later=st.integers(0, 300))
def test_no_leap_is_seen_within_a_year(known: list[KeyRecord], later: int) -> None:
    assert before_leap(known, START_US + (41 + later) * DAY_US) == 0
    trusted = [number for number, key in enumerate(known, 1) if key.trusted]
    assert before_leap(known, START_US + 5000 * DAY_US) == (trusted[-1] if trusted else 0)
