"""Events are CloudEvents, and what a gate writes can be checked by somebody who only has the event."""

import json
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from edge import wire
from edge.domain.model import ClockQuality, Instant, Outcome
from edge.domain.record import recorded
from edge.journal import Journal, Row
from edge.wire.received import Event, EventFault, body_fault, parse_event, verify_event
from tests.domain.people import POLICY, Walk, resident

NOW = Instant(5_000_000_000, 1_581_120_000_123_456, ClockQuality.SYNCED)
KINDS = ["passage.decided", "device.lost", "user.signed_in", "a.b"]

texts = st.text(max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path)


def events_of(journal: Journal, **more: Any) -> list[dict[str, Any]]:
    reader = journal.reader()
    rows = reader.rows_after(0, 100)
    made = [
        wire.event("jiangbei-03", journal.incarnation, row, reader.hash_before(row.seq), **more)
        for row in rows
    ]
    reader.close()
    journal.close()
    return made


def passages(outcome: Outcome = Outcome.REFER) -> list[Row]:
    """A passage as the station records it: parked for a rest, then decided."""
    walk = Walk("compound")
    walk.show(resident())
    walk.stand(36.5)
    walk.park()
    walk.resume(walk.state.parked[0].ticket or 0)
    walk.decide(outcome)
    made = []
    for record in walk.records:
        body, personal = recorded(walk.spec.procedure, POLICY, record.passage)
        made.append(Row(record.kind, NOW, body, "in", personal or None))
    return made


def test_a_row_of_the_real_journal_is_a_cloudevent_that_proves_itself(journal: Journal) -> None:
    journal.append(Row("device.lost", NOW, {"device": "scanner", "name": "camera"}, "in"))
    journal.append(Row("passage.held", NOW, passages()[0].body, "in", {"find": ["张三"]}))
    first, second = events_of(journal)
    assert first["source"] == f"/gates/jiangbei-03/{journal.incarnation}"
    assert first["type"] == "gatepost.device.lost.v1"
    assert first["sequence"] == "0" * 19 + "1"
    assert first["time"] == "2020-02-08T00:00:00.123456Z"
    assert first["prevhash"] == wire.genesis(journal.incarnation).hex()
    assert second["prevhash"] == first["hash"]
    assert second["sealedhash"] != wire.ZERO_SEAL.hex()
    for made in (first, second):
        received = parse_event(json.loads(json.dumps(made)))
        assert verify_event(received)
        official = JSONFormat().read(CloudEvent, json.dumps(made))
        assert official.get_id() == made["id"]
        assert official.get_source() == made["source"]
        assert official.get_time() is not None
        assert official.get_data() == made["data"]
        assert official.get_extension("sequence") == made["sequence"]
        assert json.loads(JSONFormat().write(official)) == made


def test_attribute_names_and_values_keep_to_the_standard(journal: Journal) -> None:
    journal.append(Row("gate.stopped", NOW, {}))
    (made,) = events_of(journal)
    assert "lane" not in made, "an absent attribute is left out, never null or empty"
    for name, value in made.items():
        assert name == "data" or (name.isascii() and name.isalnum() and name.islower() and len(name) <= 20)
        if isinstance(value, int):
            assert -(2**31) <= value < 2**31


def test_what_the_station_records_fits_the_published_models() -> None:
    rows = passages()
    assert {row.kind for row in rows} >= {"passage.parked", "passage.decided"}
    for row in rows:
        assert body_fault(row.kind, json.loads(wire.canonical(row.body))) is None


@pytest.mark.parametrize(
    ("kind", "body", "where"),
    [
        ("passage.decided", {}, "passage"),
        ("device.lost", {"device": 3}, "device"),
        ("passage.effects", {"passage": 1, "effects": [{"device": "barrier"}]}, "effects.0.what"),
    ],
)
def test_a_body_that_does_not_fit_is_named(kind: str, body: dict[str, Any], where: str) -> None:
    fault = body_fault(kind, body)
    assert fault is not None
    assert fault.startswith(where)


def test_a_kind_nobody_knows_yet_and_keys_nobody_knows_yet_are_welcome() -> None:
    assert body_fault("duty.signed_in", {"anything": 1}) is None
    assert body_fault("device.lost", {"device": "scanner", "since_us": 5}) is None


def good(**changes: Any) -> dict[str, Any]:
    body = {"n": 1}
    columns = {"seq": 1, "boot": 1, "mono_us": 2, "at_us": 3, "clock": "synced", "kind": "a.b", "lane": "in"}
    digest = wire.chain_hash(bytes(32), **columns, body=wire.canonical(body))  # type: ignore[arg-type]
    made = {
        "specversion": "1.0",
        "source": "/gates/g/" + "a" * 32,
        "id": "1",
        "type": "gatepost.a.b.v1",
        "sequence": "0" * 19 + "1",
        "boot": 1,
        "monous": "2",
        "atus": "3",
        "clock": "synced",
        "lane": "in",
        "sealedhash": wire.ZERO_SEAL.hex(),
        "prevhash": "0" * 64,
        "hash": digest.hex(),
        "data": {"body": body},
    }
    return {key: value for key, value in (made | changes).items() if value is not ...}


def test_the_example_is_good() -> None:
    assert verify_event(parse_event(good()))


@pytest.mark.parametrize(
    "changes",
    [
        {"boot": 2},
        {"monous": "9"},
        {"atus": "-3"},
        {"clock": "unset"},
        {"type": "gatepost.a.c.v1"},
        {"lane": ...},
        {"lane": "out"},
        {"prevhash": "1" * 64},
        {"sealedhash": "1" * 64},
        {"hash": "1" * 64},
        {"id": "2", "sequence": "0" * 19 + "2"},
        {"data": {"body": {"n": 2}}},
        {"data": {"body": {"n": True}}},
        {"data": {"body": {"n": 1, "m": None}}},
    ],
)
def test_any_change_to_a_hashed_column_is_found(changes: dict[str, Any]) -> None:
    assert not verify_event(parse_event(good(**changes)))


def test_the_opened_personal_fields_are_no_part_of_the_proof() -> None:
    assert verify_event(parse_event(good(data={"body": {"n": 1}, "personal": {"name": "张三"}})))


@pytest.mark.parametrize(
    ("changes", "sequence"),
    [
        ({"specversion": "0.3"}, 1),
        ({"id": "x"}, None),
        ({"id": 1}, None),
        ({"id": "0", "sequence": "0" * 20}, None),
        ({"id": "9" * 19}, None),
        ({"sequence": "1"}, 1),
        ({"sequence": "0" * 19 + "2"}, 1),
        ({"source": "/gates/g/xyz"}, 1),
        ({"source": "/gates/g/" + "A" * 32}, 1),
        ({"type": "gatepost..v1"}, 1),
        ({"type": "other.a.b.v1"}, 1),
        ({"hash": "1" * 63}, 1),
        ({"hash": "1" * 64 + "\n"}, 1),
        ({"boot": "1"}, 1),
        ({"boot": True}, 1),
        ({"boot": 2**31}, 1),
        ({"atus": 3}, 1),
        ({"atus": "1" * 30}, 1),
        ({"lane": ""}, 1),
        ({"lane": None}, 1),
        ({"data": ...}, 1),
        ({"data": {"body": {"n": 1.0}}}, 1),
        ({"data": {"body": [1]}}, 1),
        ({"data": {"body": {}, "extra": 1}}, 1),
        ({"data": {"body": {"n": "\ud800"}}}, 1),
        ({"data": {"body": {}, "personal": {"n": "\ud800"}}}, 1),
        ({"data": ..., "omitted": "local"}, 1),
        ({"omitted": "too_large"}, 1),
    ],
)
def test_what_is_no_event_is_a_fault_with_its_number_where_that_can_be_read(
    changes: dict[str, Any], sequence: int | None
) -> None:
    value = good(**changes)
    if changes == {"lane": None}:
        parse_event(value)  # null is read as absent; nothing else of it is
        return
    with pytest.raises(EventFault) as caught:
        parse_event(value)
    assert caught.value.sequence == sequence


@given(values | st.dictionaries(st.sampled_from([*good(), "omitted"]), values))
def test_no_json_breaks_the_reader(value: Any) -> None:
    with pytest.raises(EventFault):
        parse_event(value)


@given(st.dictionaries(texts, values, max_size=5))
def test_canonical_text_survives_the_wire(body: dict[str, Any]) -> None:
    text = wire.canonical(body)
    assert wire.canonical(json.loads(text)) == text


def test_times_outside_the_calendar_are_left_out() -> None:
    assert wire.rfc3339(0) == "1970-01-01T00:00:00.000000Z"
    assert wire.rfc3339(-1) == "1969-12-31T23:59:59.999999Z"
    assert wire.rfc3339(10**18) is None


def test_a_gates_name_is_escaped_in_the_source() -> None:
    assert wire.source("观音桥/3", "a" * 32).startswith("/gates/%E8%A7%82")
    made = good(source=wire.source("观音桥/3", "a" * 32))
    event: Event = parse_event(made)
    assert (event.gate_id, event.incarnation, event.kind) == ("观音桥/3", "a" * 32, "a.b")


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("device.lost", {}, True),
        ("device.back", {}, False),
        ("passage.decided", {"outcome": "refer"}, True),
        ("passage.decided", {"outcome": "admit"}, False),
        ("code.answered", {"against": True, "admitted": True}, True),
        ("code.answered", {"against": True, "admitted": False}, False),
        ("code.answered", {"against": False, "admitted": True}, False),
        ("code.answered", {"against": "yes", "admitted": 1}, False),
        ("code.answered", {}, False),
    ],
)
def test_what_the_district_should_hear_of_first(kind: str, body: dict[str, Any], expected: bool) -> None:
    assert wire.urgent(kind, body) is expected


@given(st.sampled_from([*KINDS, "code.answered"]), st.dictionaries(texts, values, max_size=3))
def test_only_kinds_the_alarm_lane_looks_at_are_urgent(kind: str, body: dict[str, Any]) -> None:
    if wire.urgent(kind, body | {"against": True, "admitted": True, "outcome": "refer"}):
        assert kind in wire.URGENT | wire.SOMETIMES_URGENT
