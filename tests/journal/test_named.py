"""Who passed in a stretch of time: many rows opened at once, and people known already without opening any."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.journal import Journal, Row
from edge.journal.reader import CHUNK
from tests.journal.samples import DAY_US, HOUR_US, START_US, decided, instant, personal

LI, WANG = ("李兰", "13800001111"), ("王强", "13800002222")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path) as journal:
        journal.start_boot()
        for number, (who, hours) in enumerate([(LI, 1), (WANG, 2), (LI, 3), (None, 4), (WANG, 30)], 1):
            sealed = personal(*who) if who else None
            journal.append(decided(number, START_US + hours * HOUR_US, who=sealed))
        yield journal


def test_a_stretch_holds_those_who_passed_in_it_and_are_named(journal: Journal) -> None:
    with closing(journal.reader()) as reader:
        rows = list(reader.named(START_US, START_US + 3 * HOUR_US))
        assert [row.body["passage"] for row in rows] == [1, 2]
        assert [row.body["passage"] for row in reader.named(START_US, START_US + 2 * DAY_US)] == [1, 2, 3, 5]
        assert [found and found["find"] for found in reader.opened(rows)] == [[*LI], [*WANG]]
        assert list(reader.named(START_US + 9 * DAY_US, START_US + 10 * DAY_US)) == []


def test_more_than_one_read_holds_come_all_the_same(journal: Journal) -> None:
    journal.append(*(decided(n, START_US + 5 * HOUR_US, who=personal(*LI)) for n in range(10, 11 + CHUNK)))
    with closing(journal.reader()) as reader:
        assert len(list(reader.named(START_US + 5 * HOUR_US, START_US + 6 * HOUR_US))) == CHUNK + 1


def test_somebody_known_is_found_without_opening_and_everybody_else_is_left(journal: Journal) -> None:
    with closing(journal.reader()) as reader:
        found, others = reader.strangers(START_US, START_US + DAY_US, {"li": LI, "zhao": ("赵敏",)})
        assert found == {"li": 3}
        assert others == [2]
        more = reader.strangers(START_US, START_US + DAY_US, {"li": (*LI, "3-1-402")})
        assert more == ({}, [2, 3]), "all of the values"


def test_what_was_destroyed_is_nobodys(journal: Journal) -> None:
    with closing(journal.reader()) as reader:
        rows = list(reader.named(START_US, START_US + DAY_US))
        journal.purge(
            START_US + DAY_US, journal.head(), now=instant(START_US + 40 * DAY_US), believe_clock=True
        )
        assert reader.opened(rows) == [None] * 3
        assert list(reader.named(START_US, START_US + DAY_US)) == []
        assert reader.strangers(START_US, START_US + DAY_US, {"li": LI}) == ({}, [])


def test_a_row_that_was_tampered_with_hides_nobody_else(journal: Journal) -> None:
    with closing(journal.reader()) as reader:
        rows = list(reader.named(START_US, START_US + DAY_US))
        with closing(sqlite3.connect(journal.path)) as connection, connection:
            connection.execute("UPDATE journal SET sealed = zeroblob(60) WHERE seq = 1")
        again = reader.these([row.seq for row in rows])
        assert [found is not None for found in reader.opened(again)] == [False, True, True]


def test_rows_of_a_rare_kind_come_newest_first(journal: Journal) -> None:
    for _ in range(3):
        journal.append(Row("temperature.reported", instant(), {}))
    with closing(journal.reader()) as reader:
        head = reader.head()
        assert [row.seq for row in reader.before(head, "temperature.reported", 9)] == [head - 1, head - 2]
        assert [row.seq for row in reader.before(1 << 62, "temperature.reported", 1)] == [head]


def test_somebody_known_is_found_whatever_else_was_shown_beside_their_pass(journal: Journal) -> None:
    for n in range(10, 14):
        own = personal(*LI)
        own["find"] = [*own["find"], f"{n:064x}"]
        journal.append(decided(n, START_US + 5 * HOUR_US, who=own))
    with closing(journal.reader()) as reader:
        head = reader.head()
        found, others = reader.strangers(START_US + 4 * HOUR_US, START_US + 6 * HOUR_US, {"li": LI})
        assert (found, others) == ({"li": head}, [])
        # A row of theirs alone says more than a newer one with something beside it.
        assert reader.strangers(START_US, START_US + DAY_US, {"li": LI})[0] == {"li": 3}


def test_two_who_are_known_in_one_passage_are_left_to_be_opened(journal: Journal) -> None:
    both = personal(*LI)
    both["find"] = [*LI, *WANG]
    journal.append(decided(20, START_US + 5 * HOUR_US, who=both))
    with closing(journal.reader()) as reader:
        seq = reader.head()
        begin, end = START_US + 4 * HOUR_US, START_US + 6 * HOUR_US
        assert reader.strangers(begin, end, {"li": LI, "wang": WANG}) == ({}, [seq])
        assert reader.strangers(begin, end, {"li": ("李兰", "")}) == ({"li": seq}, [])
        assert reader.strangers(begin, end, {"nobody": ("",)}) == ({}, [seq])
