"""The rows a day of screening is counted from: which they are, and what is read of them."""

import json
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings

from edge import wire
from edge.domain.screened import screened
from edge.journal import Journal, screening
from tests.domain.test_screened import POLICIES, body_of, people
from tests.journal.samples import DAY_US, HOUR_US, START_US, decided, held


@settings(deadline=None)
@given(people)
def test_what_is_read_of_a_body_counts_as_the_whole_of_it(
    who: list[tuple[int, list[object], int, bool]],
) -> None:
    known = {policy.version: policy for policy in POLICIES}
    for number, items, rests, ended in who:
        body = body_of(POLICIES[number], *items, rests=rests, ended=ended)  # type: ignore[arg-type]
        text = wire.canonical(body)
        brief = screening._brief(text)
        assert screened(brief or json.loads(text), known) == screened(body, known)


def test_a_passage_that_is_normal_by_both_lines_is_read_in_part() -> None:
    from tests.domain.test_screened import skin

    body = body_of(POLICIES[0], skin(34_950))
    brief = screening._brief(wire.canonical(body))
    assert brief is not None
    assert brief["evidence"] == body["evidence"]
    assert set(brief) == {"policy", "stage", "temperature", "rests", "evidence"}
    assert screening._brief(wire.canonical(body_of(POLICIES[0], skin(36_400)))) is None


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path)


def test_a_day_has_the_newest_row_of_each_passage_of_its_lane(journal: Journal) -> None:
    journal.append(decided(1, START_US - 1), decided(2, START_US), decided(3, START_US + 5, lane="out"))
    journal.append(held(4, START_US + 7), decided(4, START_US + 9), held(5, START_US + 11))
    journal.append(decided(6, START_US + DAY_US), decided(5, START_US + DAY_US + 1))
    with journal.reader() as reader:
        seqs = reader.newest_rows("in", START_US, START_US + DAY_US)
        rows = reader.measurements(seqs)
        assert [row.body["passage"] for row in rows] == [2, 4], "passage 5 ended the day after"
        assert [row.at_us for row in rows] == [START_US, START_US + 9]
        assert reader.newest_rows("in", START_US + 9 * DAY_US, START_US + 10 * DAY_US) == []
        assert reader.measurements([]) == []
    journal.close()


def test_of_each_hour_the_first_few_are_sampled(journal: Journal) -> None:
    for hour in range(3):
        journal.append(*(decided(100 * hour + n, START_US + hour * HOUR_US + n) for n in range(20)))
    journal.append(decided(500, START_US + HOUR_US, lane="out"), held(501, START_US))
    with journal.reader() as reader, mock.patch.object(screening, "PER_HOUR", 4):
        rows = reader.measurements(reader.sampled_rows("in", START_US, START_US + 2 * HOUR_US))
    assert [row.body["passage"] for row in rows] == [0, 1, 2, 3, 100, 101, 102, 103]
    journal.close()


def test_a_day_that_begins_within_an_hour_is_sampled_from_its_first_minute(journal: Journal) -> None:
    """At half past eighteen UTC a day begins in India."""
    from_us = START_US // HOUR_US * HOUR_US + HOUR_US // 2
    times = (from_us - 1, from_us, from_us + 5, from_us + DAY_US - 1, from_us + DAY_US)
    journal.append(*(decided(number, at_us) for number, at_us in enumerate(times)))
    with journal.reader() as reader:
        rows = reader.measurements(reader.sampled_rows("in", from_us, from_us + DAY_US))
    assert [row.body["passage"] for row in rows] == [1, 2, 3]
    journal.close()
