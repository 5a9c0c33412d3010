"""How rows become a batch, and which personal fields go along."""

import gzip
import json
from hashlib import sha256
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from edge import wire
from edge.uplink.batch import Batch, Composer
from edge.uplink.personal import forwarded
from edge.uplink.segments import segment_at, segments, start_at
from tests.uplink.fakes import FIRST, GATE, SECOND, FakeIncarnation, FakeJournal, FakeUpstream, Gate


def composed(journal: FakeJournal, after: int = 0, **options: Any) -> tuple[Batch, list[dict[str, Any]]]:
    composer = Composer(GATE, segments(journal.incarnations), lambda row: None)
    rows = journal.rows_after(after, 500)
    batch = composer.batch(after, rows, journal.hash_before(after + 1), **options)
    return batch, json.loads(gzip.decompress(batch.payload))


@given(st.lists(st.integers(0, 60_000), min_size=1, max_size=40))
def test_a_batch_never_exceeds_its_limits_and_always_moves_on(sizes: list[int]) -> None:
    journal = FakeJournal()
    for size in sizes:
        journal.append("settings.changed", {"text": "x" * size})
    after = 0
    while after < len(sizes):
        batch, events = composed(journal, after)
        assert batch.count == len(events) >= 1
        assert len(gzip.decompress(batch.payload)) <= wire.MAX_BYTES
        assert [int(event["id"]) for event in events] == list(range(after + 1, batch.last + 1))
        after = batch.last


def test_a_batch_has_at_most_five_hundred_events() -> None:
    journal = FakeJournal()
    for _ in range(600):
        journal.append("a.b", {})
    batch, _ = composed(journal, events=100)
    assert (batch.first, batch.last) == (1, 100)


def test_a_batch_never_mixes_incarnations() -> None:
    journal = FakeJournal()
    journal.fill(3)
    journal.go_on_as(SECOND)
    journal.fill(3)
    first, _ = composed(journal)
    second, events = composed(journal, first.last)
    assert (first.last, second.last) == (3, 6)
    assert {event["source"] for event in events} == {f"/gates/{GATE}/{SECOND}"}


def test_a_body_with_a_fraction_goes_as_hash_only() -> None:
    journal = FakeJournal()
    journal.fill(2)
    row = journal.rows[0]
    journal.rows[0] = type(row)(**{f: getattr(row, f) for f in row.__slots__} | {"body": {"n": 0.5}})
    _, events = composed(journal)
    assert events[0]["omitted"] == "unreadable"
    assert "data" not in events[0]
    assert events[1]["data"] == {"body": {"n": 1}}


def test_log_ins_go_as_hash_only() -> None:
    journal = FakeJournal()
    journal.append("user.signed_in", {"account": "a", "role": "attendant"})
    _, events = composed(journal)
    assert events[0]["omitted"] == "local"
    assert "data" not in events[0]


def test_segments_follow_the_journals_history() -> None:
    stretches = segments([FakeIncarnation(SECOND, 11), FakeIncarnation(FIRST, 1)])
    assert [(one.incarnation, one.first, one.last) for one in stretches] == [
        (FIRST, 1, 10),
        (SECOND, 11, None),
    ]
    assert segment_at(stretches, 10).incarnation == FIRST
    assert segment_at(stretches, 11).incarnation == SECOND
    assert start_at(stretches, FIRST, 7) == 7
    assert start_at(stretches, FIRST, 70) == 10
    assert start_at(stretches, SECOND, 70) == 70
    assert start_at(stretches, "f" * 32, 70) == 0


OPENED = {
    "evidence": {
        "0": {"personal": {"name": "张三", "room": "3-201"}, "holder": "p1", "payload": "R1A="},
        "1": {"value": "13800000000"},
    },
    "find": ["张三", "13800000000"],
    "chosen": "他说忘带证件",
}
BODY = {"evidence": [{"t": "code"}, {"t": "answer", "question": "phone"}]}


def test_nothing_personal_goes_by_default() -> None:
    assert forwarded(BODY, OPENED, ()) is None


def test_only_named_fields_go() -> None:
    assert forwarded(BODY, OPENED, ("room",)) == {"evidence": {"0": {"personal": {"room": "3-201"}}}}
    assert forwarded(BODY, OPENED, ("phone",)) == {"evidence": {"1": {"value": "13800000000"}}}
    assert forwarded(BODY, OPENED, ("holder", "chosen")) == {
        "chosen": "他说忘带证件",
        "evidence": {"0": {"holder": "p1"}},
    }


def test_the_digest_of_a_number_goes_no_more_than_the_number() -> None:
    number, code = "11010519491231002X", "ab" * 32
    opened = {
        "evidence": {
            "0": {"personal": {"id_number": number, "code_digest": sha256(number.encode()).hexdigest()}},
            "1": {"personal": {"id_number": number, "code_digest": code}},
        }
    }
    body = {"evidence": [{"t": "code"}, {"t": "code"}]}
    assert forwarded(body, opened, ("code_digest",)) == {
        "evidence": {"1": {"personal": {"code_digest": code}}}
    }


def test_the_look_up_values_never_go_even_when_named() -> None:
    assert forwarded(BODY, OPENED, ("find", "evidence", "value", "personal")) is None


def test_a_shredded_row_has_nothing_to_forward() -> None:
    assert forwarded(BODY, None, ("name",)) is None


@given(st.sets(st.sampled_from(["name", "room", "phone", "holder", "payload", "chosen", "other"])))
def test_whatever_is_not_named_does_not_appear(named: set[str]) -> None:
    values = {
        "name": "张三",
        "room": "3-201",
        "phone": "13800000000",
        "holder": "p1",
        "payload": "R1A=",
        "chosen": "他说忘带证件",
    }
    text = json.dumps(forwarded(BODY, OPENED, named), ensure_ascii=False)
    assert {name for name, value in values.items() if f'"{value}"' in text} == named - {"other"}


def test_what_names_a_code_goes_only_when_it_is_named() -> None:
    opened = {
        "evidence": {
            "0": {"personal": {"code_digest": "ab" * 32, "name": "张*"}, "holder": "china_health:x"}
        },
        "find": ["ab" * 32],
    }
    assert forwarded(BODY, opened, ("phone",)) is None
    assert forwarded(BODY, opened, ("code_digest",)) == {
        "evidence": {"0": {"personal": {"code_digest": "ab" * 32}}}
    }


def test_an_answer_against_somebody_who_is_in_goes_ahead_of_a_backlog() -> None:
    gate = Gate(FakeUpstream())
    gate.journal.fill(1200)
    late = gate.journal.append("code.answered", {"passage": 1, "against": True, "admitted": True}, "in")
    gate.journal.append("code.answered", {"passage": 2, "against": True, "admitted": False}, "in")
    gate.turn()
    assert gate.acknowledged < late
    assert gate.upstream.alarms == [late]
