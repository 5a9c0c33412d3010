"""What may be posted, what comes back, and that nothing bad leaves a trace."""

import gzip
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from district.errors import Refused
from district.web.ingest import inflate
from edge import wire
from edge.wire.received import Answer
from tests.district.desk import FIRST, GATE, Desk, FakeJournal, events_of, living
from tests.uplink.fakes import SECOND


@pytest.fixture
def journal() -> FakeJournal:
    made = FakeJournal()
    made.fill(5)
    return made


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = gzip.compress(bytes(20_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(Refused, match="at most"):
            inflate(bomb, wire.MAX_BYTES)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 10 * wire.MAX_BYTES


def test_rows_are_acknowledged_after_they_are_stored(desk: Desk, journal: FakeJournal) -> None:
    answer = desk.post(events_of(journal), headers=living(journal))
    assert answer.status_code == 200
    assert answer.json is not None
    Answer.model_validate(answer.json)
    assert set(answer.json) == {"incarnation", "acknowledged", "rejected", "lists", "wait_s", "time"}
    assert (answer.json["incarnation"], answer.json["acknowledged"], answer.json["rejected"]) == (
        FIRST,
        5,
        [],
    )
    stored = desk.read("SELECT sequence, hash, body FROM ledger ORDER BY sequence")
    assert stored == [(row.seq, row.hash, wire.canonical(row.body)) for row in journal.rows]


def test_the_stored_rows_still_prove_themselves(desk: Desk, journal: FakeJournal) -> None:
    desk.post(events_of(journal))
    previous = wire.genesis(FIRST)
    rows = desk.read(
        "SELECT sequence, boot, mono_us, at_us, clock, kind, lane, body, sealed_sha256, hash "
        "FROM ledger ORDER BY sequence"
    )
    for seq, boot, mono_us, at_us, clock, kind, lane, body, seal, digest in rows:
        columns = {"seq": seq, "boot": boot, "mono_us": mono_us, "at_us": at_us, "clock": clock, "kind": kind}
        previous = wire.chain_hash(previous, **columns, lane=lane, body=body, sealed_sha256=seal)
        assert previous == digest


def test_a_plain_body_is_taken_as_well(desk: Desk, journal: FakeJournal) -> None:
    data = json.dumps(events_of(journal)).encode()
    answer = desk.post(None, data=data, headers={"content-encoding": None})
    assert answer.json is not None
    assert answer.json["acknowledged"] == 5


def test_an_empty_batch_says_how_things_stand(desk: Desk, journal: FakeJournal) -> None:
    assert desk.post([]).json == desk.post([]).json | {"incarnation": "", "acknowledged": 0}  # type: ignore[operator]
    desk.post(events_of(journal))
    answer = desk.post([], headers=living(journal))
    assert answer.json is not None
    assert (answer.json["incarnation"], answer.json["acknowledged"]) == (FIRST, 5)


def refusal(answer: Any) -> tuple[int, str]:
    assert answer.json is not None
    assert answer.json["message"]
    return answer.status_code, answer.json["error"]


def nothing_stored(desk: Desk) -> bool:
    return desk.read("SELECT * FROM ledger") == [] and desk.read("SELECT contact_us FROM gate") == [(None,)]


GOOD = gzip.compress(b"[]", mtime=0)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", (400, "bad_gzip")),
        (b"not gzip at all", (400, "bad_gzip")),
        (GOOD[:-1], (400, "bad_gzip")),
        (GOOD[:-4] + b"\0\0\0\1", (400, "bad_gzip")),
        (GOOD + b"tail", (400, "bad_gzip")),
        (GOOD + GOOD, (400, "bad_gzip")),
        (gzip.compress(b"", mtime=0), (400, "bad_json")),
        (gzip.compress(b"\xff", mtime=0), (400, "bad_json")),
        (gzip.compress(b"[" * 100_000, mtime=0), (400, "bad_json")),
        (gzip.compress(b"[" + b"1" * 5000 + b"]", mtime=0), (400, "bad_json")),
        (gzip.compress(b"{}", mtime=0), (400, "no_batch")),
        (gzip.compress(b"[1.5]", mtime=0), (400, "float")),
        (gzip.compress(b"[NaN]", mtime=0), (400, "float")),
        (gzip.compress(b"[1]", mtime=0), (400, "malformed")),
        (gzip.compress(b"[{}]", mtime=0), (400, "malformed")),
        (gzip.compress(b"[" + b",".join([b"1"] * 501) + b"]", mtime=0), (413, "too_many")),
        (gzip.compress(b" " * (wire.MAX_BYTES + 1), mtime=0), (413, "too_large")),
        (gzip.compress(bytes(50_000_000), mtime=0), (413, "too_large")),
    ],
)
def test_a_body_that_is_no_batch_gets_a_clear_answer(
    desk: Desk, data: bytes, expected: tuple[int, str]
) -> None:
    assert refusal(desk.post(None, data=data)) == expected
    assert nothing_stored(desk)


def test_ten_megabytes_are_refused(desk: Desk) -> None:
    assert desk.post(None, data=bytes(10_000_000)).status_code == 413
    assert nothing_stored(desk)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"content-type": "application/json"}, (415, "content_type")),
        ({"content-encoding": "br"}, (415, "content_encoding")),
        ({"authorization": None}, (401, "token")),
        ({"authorization": "Bearer "}, (401, "token")),
        ({"authorization": "Bearer wrong"}, (401, "token")),
        ({"authorization": "Bearer \xff\xfe"}, (401, "token")),
        ({"authorization": "Basic Zm9v"}, (401, "token")),
    ],
)
def test_a_request_that_is_no_gates_gets_a_clear_answer(
    desk: Desk, journal: FakeJournal, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    assert refusal(desk.post(events_of(journal), headers=headers)) == expected
    assert nothing_stored(desk)


def test_a_token_speaks_for_its_own_gate_only(desk: Desk, journal: FakeJournal) -> None:
    other = desk.add_gate("other")
    assert refusal(desk.post(events_of(journal), token=other)) == (403, "foreign_source")
    assert refusal(desk.post(events_of(journal, gate=GATE + "x"))) == (403, "foreign_source")
    assert desk.read("SELECT * FROM ledger") == []


def test_a_program_that_reads_may_not_post(desk: Desk, journal: FakeJournal) -> None:
    assert refusal(desk.post(events_of(journal), token=desk.program)) == (401, "token")


def test_a_batch_speaks_of_one_incarnation(desk: Desk, journal: FakeJournal) -> None:
    journal.go_on_as(SECOND)
    journal.fill(1)
    assert refusal(desk.post(events_of(journal))) == (400, "mixed_incarnations")


def test_a_fraction_in_a_body_is_refused_whole(desk: Desk, journal: FakeJournal) -> None:
    events = events_of(journal)
    events[2]["data"]["body"] = {"n": 2.0}
    assert refusal(desk.post(events)) == (400, "float")
    assert nothing_stored(desk)


def test_one_malformed_event_is_refused_alone_so_that_it_does_not_block_the_gate(
    desk: Desk, journal: FakeJournal
) -> None:
    events = events_of(journal)
    events[2]["clock"] = "Zeit!"
    for _ in range(2):
        answer = desk.post(events)
        assert answer.json is not None
        assert answer.json["acknowledged"] == 5
        assert answer.json["rejected"] == [{"sequence": 3, "reason": "malformed"}]
    assert desk.read("SELECT sequence, rejected FROM ledger WHERE rejected IS NOT NULL") == [(3, "malformed")]
    assert desk.alarms() == ["refused_row"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_change_to_a_good_batch_breaks_the_server(desk: Desk, data: st.DataObject) -> None:
    journal = FakeJournal()
    journal.fill(2)
    events = events_of(journal)
    key = data.draw(st.sampled_from(sorted(events[1])))
    json_values: st.SearchStrategy[object] = st.one_of(
        st.none(), st.booleans(), st.integers(), st.text(max_size=20), st.just({}), st.just([1])
    )
    events[1][key] = data.draw(json_values)
    assert desk.post(events).status_code in (200, 400, 403)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.booleans())
def test_no_bytes_break_the_server(desk: Desk, body: bytes, packed: bool) -> None:
    answer = desk.post(None, data=gzip.compress(body) if packed else body)
    assert answer.status_code in (400, 413)


def test_a_store_that_cannot_commit_acknowledges_nothing(desk: Desk, journal: FakeJournal) -> None:
    with desk.store.write() as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON ledger "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    answer = desk.post(events_of(journal))
    assert refusal(answer) == (503, "store")
    assert answer.headers["retry-after"] == "5"
    assert desk.client.get("/readyz").status_code == 503
    with desk.store.write() as connection:
        connection.execute("DROP TRIGGER full")
    assert desk.post(events_of(journal)).status_code == 200
    assert desk.client.get("/readyz").json == {"ready": True, "problems": []}


def test_alarms_come_ahead_of_the_ledger_and_are_shown_once(desk: Desk, journal: FakeJournal) -> None:
    journal.append("device.lost", {"device": "scanner", "name": "camera", "code": "lost"}, "in")
    journal.append("passage.decided", {"passage": 9, "outcome": "refer"}, "in")
    early = events_of(journal, 6, 7)
    for _ in range(2):
        assert desk.post(early[::-1], "/ingest/alarms").json == {"stored": 2}
    assert sorted(desk.alarms()) == ["device_lost", "referred"]
    assert desk.read("SELECT * FROM ledger") == [], "the ledger is the ledger's own"
    desk.post(events_of(journal))
    assert sorted(desk.alarms()) == ["body_unreadable", "device_lost", "referred"]


def test_an_alarm_that_does_not_prove_itself_is_refused(desk: Desk, journal: FakeJournal) -> None:
    journal.append("device.lost", {"device": "scanner"}, "in")
    (event,) = events_of(journal, 6)
    event["data"]["body"]["device"] = "barrier"
    assert refusal(desk.post([event], "/ingest/alarms")) == (422, "hash_mismatch")
    assert refusal(desk.post([{**event, "hash": "x"}], "/ingest/alarms")) == (400, "malformed")
    assert desk.alarms() == []


def test_an_alarm_and_the_ledger_that_disagree_are_a_conflict(desk: Desk, journal: FakeJournal) -> None:
    other = journal.copy()
    journal.append("device.lost", {"device": "scanner", "name": "a"}, "in")
    other.append("device.lost", {"device": "scanner", "name": "a", "code": "hung"}, "in")
    desk.post(events_of(other, 6), "/ingest/alarms")
    desk.post(events_of(journal))
    assert sorted(desk.alarms()) == ["conflict", "device_lost"]


def test_lists_come_down_with_a_version(desk: Desk) -> None:
    from district import lists

    headers = {"authorization": f"Bearer {desk.token}"}
    assert desk.client.get("/ingest/lists/watch", headers=headers).status_code == 404
    with desk.store.write() as connection:
        assert lists.push(connection, "watch", "one", 1) == 1
        assert lists.push(connection, "watch", "one", 2) == 1
        assert lists.push(connection, "watch", "两", 3) == 2
    answer = desk.client.get("/ingest/lists/watch?after=1", headers=headers).json
    assert answer is not None
    assert (answer["version"], answer["content"], answer["pushed_us"]) == (2, "两", 3)
    assert desk.client.get("/ingest/lists/watch?after=2", headers=headers).status_code == 204
    assert desk.client.get("/ingest/lists/watch?after=x", headers=headers).status_code == 400
    assert desk.client.get("/ingest/lists/watch").status_code == 401
    assert desk.post([]).json["lists"] == {"watch": 2}  # type: ignore[index]
