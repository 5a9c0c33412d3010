"""Lists and counts, against a plain list of the same passages."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.domain.errors import JournalError
from edge.journal import HourCount, Journal, Reader, Row
from tests.journal.samples import HOUR_US, START_US, decided, held, instant, whole

OUTCOMES = ["admit", "turn_back", "refer", "abandoned"]


@dataclass(frozen=True)
class Known:
    id: int
    lane: str
    outcome: str | None
    at_us: int


passages = st.lists(
    st.builds(
        Known,
        id=st.integers(0, 200),
        lane=st.sampled_from(["in", "out"]),
        outcome=st.sampled_from([*OUTCOMES, None]),
        at_us=st.integers(0, 20).map(lambda n: START_US + n * HOUR_US // 3),
    ),
    max_size=40,
    unique_by=lambda one: one.id,
)
filters = st.fixed_dictionaries(
    {},
    optional={
        "outcome": st.sampled_from(OUTCOMES),
        "lane": st.sampled_from(["in", "out", "none"]),
        "from_us": st.integers(-1, 21).map(lambda n: START_US + n * HOUR_US // 3),
        "to_us": st.integers(-1, 21).map(lambda n: START_US + n * HOUR_US // 3),
    },
)


def fits(one: Known, wanted: dict[str, Any]) -> bool:
    return (
        wanted.get("outcome", one.outcome) == one.outcome
        and wanted.get("lane", one.lane) == one.lane
        and wanted.get("from_us", one.at_us) <= one.at_us
        and one.at_us < wanted.get("to_us", one.at_us + 1)
    )


def walk(reader: Reader, limit: int, wanted: dict[str, Any], *, newest_first: bool) -> list[int]:
    found: list[int] = []
    if newest_first:
        page = reader.passages(limit=limit, **wanted)
        while page:
            found += [row.id for row in page]
            page = reader.passages(before=page[-1].id, limit=limit, **wanted)
        return found
    page = reader.passages(after=-1, limit=limit, **wanted)
    while page:
        found += [row.id for row in page]
        page = reader.passages(after=page[-1].id, limit=limit, **wanted)
    return found


@settings(max_examples=60, deadline=None)
@given(known=passages, wanted=filters, limit=st.integers(1, 7))
def test_keyset_pages_give_what_a_plain_list_gives(
    tmp_path_factory: pytest.TempPathFactory, known: list[Known], wanted: dict[str, Any], limit: int
) -> None:
    with Journal.open(tmp_path_factory.mktemp("journal")) as journal, journal.reader() as reader:
        journal.append(
            *(
                held(one.id, one.at_us, lane=one.lane)
                if one.outcome is None
                else decided(one.id, one.at_us, lane=one.lane, outcome=one.outcome)
                for one in known
            )
        )
        expected = sorted((one.id for one in known if fits(one, wanted)), reverse=True)
        assert walk(reader, limit, wanted, newest_first=True) == expected
        assert walk(reader, limit, wanted, newest_first=False) == expected[::-1]
        counts: dict[tuple[int, str, str], int] = {}
        for one in known:
            if one.outcome is not None:
                slot = (one.at_us // HOUR_US * HOUR_US, one.lane, one.outcome)
                counts[slot] = counts.get(slot, 0) + 1
        assert reader.hours(0, 1 << 62) == [HourCount(*slot, n) for slot, n in sorted(counts.items())]
        assert {row.body["passage"] for row in reader.waiting()} == {k.id for k in known if k.outcome is None}


def test_a_line_of_the_list_says_what_the_passage_row_says(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal, journal.reader() as reader:
        journal.append(
            decided(
                9,
                START_US + 5,
                lane="out",
                outcome="refer",
                direction="out",
                reasons=["temperature_over_threshold", "attendant"],
                temperature={"verdict": "over", "surface_mdegc": 36_100, "body_mdegc": 38_200},
                musts={"identity": True, "information": False, "mask": True},
                by="李",
                override=True,
                second=True,
                ticket=3,
                category="visitor",
            )
        )
        (row,) = reader.passages()
        assert (row.id, row.seq, row.lane, row.direction, row.stage) == (9, 1, "out", "out", "ended")
        assert (row.outcome, row.reasons) == ("refer", ("temperature_over_threshold", "attendant"))
        assert (row.opened_us, row.at_us, row.ended_us) == (START_US + 9, START_US + 5, START_US + 5)
        assert (row.temperature, row.surface_mdegc, row.body_mdegc) == ("over", 36_100, 38_200)
        assert (row.by, row.override, row.second, row.ticket, row.category) == (
            "李",
            True,
            True,
            3,
            "visitor",
        )
        assert (row.musts, row.musts_asked) == (1 | 8, 1 | 2 | 8)


def test_a_passage_with_the_least_it_can_have_is_listed(tmp_path: Path) -> None:
    body = {"passage": 1, "direction": "in", "stage": "parked", "opened_us": 4}
    with Journal.open(tmp_path) as journal, journal.reader() as reader:
        journal.append(Row("passage.parked", instant(), body))
        (row,) = reader.passages()
        assert (row.stage, row.outcome, row.ended_us, row.temperature, row.reasons) == (
            "parked",
            None,
            None,
            "missing",
            (),
        )
        assert (row.musts, row.musts_asked, row.override, row.lane) == (0, 0, False, "")


def test_every_row_about_a_passage_is_found_and_it_waits_until_it_ended(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal, journal.reader() as reader:
        journal.append(held(5), decided(6), held(7, lane="out"))
        journal.append(
            Row("passage.parked", instant(), whole(5, stage="parked", outcome=None, ticket=1), "in")
        )
        assert [row.seq for row in reader.waiting()] == [4, 3]
        assert [row.seq for row in reader.waiting("out")] == [3]
        journal.append(decided(5), Row("passage.effects", instant(), {"passage": 5, "decided": 5}, "in"))
        journal.append(Row("personal.opened", instant(), {"passage": 5, "by": "manager"}))
        journal.append(Row("device.lost", instant(), {"device": "voice"}))
        assert [row.seq for row in reader.waiting()] == [3]
        assert [row.seq for row in reader.passage(5)] == [1, 4, 5, 6, 7]
        assert [row.kind for row in reader.passage(5)][-2:] == ["passage.effects", "personal.opened"]
        assert reader.passage(99) == []
        assert journal.rebuild()


def test_an_ended_passage_never_opens_again_and_a_second_decision_replaces_the_count(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal, journal.reader() as reader:
        journal.append(decided(1), held(1))
        assert reader.waiting() == []
        assert [row.stage for row in reader.passages()] == ["ended"]
        journal.append(decided(1, START_US + HOUR_US, outcome="refer"))
        assert reader.hours(0, 1 << 62) == [HourCount(START_US + HOUR_US, "in", "refer", 1)]
        assert [row.seq for row in reader.passage(1)] == [1, 2, 3]
        assert journal.rebuild()


def test_rows_after_a_cursor_come_in_order_and_by_kind(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal, journal.reader() as reader:
        for number in range(1, 31):
            kind = ("device.lost", "device.back", "passage.decided")[number % 3]
            journal.append(
                decided(number) if kind == "passage.decided" else Row(kind, instant(), {"n": number})
            )

        def seqs(*given: Any, **more: Any) -> list[int]:
            return [row.seq for row in reader.rows_after(*given, **more)]

        assert seqs(0, 100) == list(range(1, 31))
        assert seqs(28, 100) == [29, 30]
        assert seqs(5, 3) == [6, 7, 8]
        assert seqs(4, 3, kinds=["device.lost", "device.back"]) == [6, 7, 9]
        assert seqs(4, 3, kinds={"device.lost", "passage.decided"}) == [5, 6, 8]
        assert seqs(0, 9, kinds=()) == []


def test_the_rare_outcomes_and_kinds_and_those_who_wait_are_read_by_index(tmp_path: Path) -> None:
    Journal.open(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "journal.db")

    def plan(sql: str) -> str:
        return " ".join(str(line[3]) for line in connection.execute(f"EXPLAIN QUERY PLAN {sql}"))

    rare = (
        "SELECT * FROM passage WHERE id < 9 AND outcome = 'refer' AND outcome <> 'admit'"
        " ORDER BY id DESC LIMIT 50"
    )
    assert "passage_outcome" in plan(rare)
    assert "TEMP B-TREE" not in plan(rare)
    assert "passage_waiting" in plan("SELECT min(id), max(id) FROM passage WHERE stage <> 'ended'")
    kind = (
        "SELECT * FROM journal WHERE kind = 'a.b' AND kind NOT GLOB 'passage.*' AND seq > 3"
        " ORDER BY seq LIMIT 5"
    )
    assert "journal_kind" in plan(kind)
    connection.close()


def test_a_reader_cannot_write_and_says_when_it_was_closed(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        reader = journal.reader()
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader._connection.execute("DELETE FROM journal")
        reader.close()
        reader.close()
        with pytest.raises(JournalError):
            reader.head()
    with pytest.raises(LookupError), Journal.open(tmp_path) as journal, journal.reader() as reader:
        reader.hash_before(9)


def test_the_newest_rows_of_some_kinds_are_found_oldest_first_among_so_many(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        for number in range(6):
            journal.append(decided(number), Row("device.lost", instant(), {"device": "t"}))
        with journal.reader() as reader:
            assert [row.seq for row in reader.newest({"passage.decided"}, limit=3, among=100)] == [7, 9, 11]
            assert [row.seq for row in reader.newest({"passage.decided"}, limit=3, among=4)] == [9, 11]
            both = reader.newest({"passage.decided", "device.lost"}, limit=2, among=100)
            assert [row.seq for row in both] == [11, 12]
            assert reader.newest({"gate.started"}, limit=2, among=100) == []
