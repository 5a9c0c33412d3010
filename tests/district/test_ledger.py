"""Every row once, in order, chained; differences are alarms and never a silent success."""

import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.district.desk import FIRST, NOON_US, Desk, FakeJournal, events_of, living, passage
from tests.uplink.fakes import SECOND


@pytest.fixture
def journal() -> FakeJournal:
    made = FakeJournal()
    made.fill(10)
    return made


def acknowledged(answer: Any) -> int:
    assert answer.status_code == 200, answer.json
    return int(answer.json["acknowledged"])


def test_a_repeated_batch_is_absorbed(desk: Desk, journal: FakeJournal) -> None:
    for _ in range(3):
        assert acknowledged(desk.post(events_of(journal))) == 10
    assert desk.read("SELECT COUNT(*) FROM ledger") == [(10,)]
    assert desk.alarms() == []


def test_only_what_comes_before_a_gap_is_acknowledged(desk: Desk, journal: FakeJournal) -> None:
    assert acknowledged(desk.post(events_of(journal, 3, 5))) == 0
    assert acknowledged(desk.post(events_of(journal, 1, 2))) == 2
    assert acknowledged(desk.post(events_of(journal, 5, 9))) == 2
    assert acknowledged(desk.post(events_of(journal, 3, 4) + events_of(journal, 6, 8))) == 4
    assert acknowledged(desk.post(events_of(journal))) == 10
    assert desk.alarms() == []


def test_the_order_within_a_batch_does_not_matter(desk: Desk, journal: FakeJournal) -> None:
    assert acknowledged(desk.post(events_of(journal)[::-1])) == 10


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 6)), max_size=10))
def test_whatever_comes_in_whatever_order_the_ledger_has_no_gap_and_no_double(
    desk: Desk, spans: list[tuple[int, int]]
) -> None:
    incarnation = uuid.uuid4().hex
    journal = FakeJournal(incarnation)
    journal.fill(12)
    have = 0
    for first, length in spans:
        sent = events_of(journal, first, first + length)
        numbers = [int(event["id"]) for event in sent]
        if not numbers:
            continue
        if numbers[0] <= have + 1:
            have = max(have, numbers[-1])
        assert acknowledged(desk.post(sent)) == have
    found = desk.read(
        "SELECT sequence FROM ledger JOIN incarnation AS i ON i.id=incarnation_id WHERE name=? ORDER BY 1",
        incarnation,
    )
    assert found == [(n,) for n in range(1, have + 1)]


def test_another_content_under_a_known_number_is_a_conflict_and_an_alarm(
    desk: Desk, journal: FakeJournal
) -> None:
    fork = journal.copy()
    fork.rows = fork.rows[:7]
    fork.fill(3, "device.back")
    desk.post(events_of(journal))
    answer = desk.post(events_of(fork))
    assert acknowledged(answer) == 10
    assert answer.json is not None
    assert answer.json["rejected"] == [{"sequence": n, "reason": "conflict"} for n in (8, 9, 10)]
    assert desk.alarms() == ["conflict"] * 3
    kept = desk.read("SELECT hash FROM ledger ORDER BY sequence")
    assert kept == [(row.hash,) for row in journal.rows], "what is stored is never changed"


def test_the_opened_personal_fields_are_no_part_of_the_comparison(desk: Desk, journal: FakeJournal) -> None:
    events = events_of(journal)
    events[0]["data"]["personal"] = {"name": "张三"}
    desk.post(events)
    del events[0]["data"]["personal"]
    answer = desk.post(events)
    assert answer.json is not None
    assert answer.json["rejected"] == []
    assert desk.read("SELECT personal FROM ledger WHERE sequence=1") == [('{"name":"张三"}',)]


def test_a_row_that_does_not_match_its_hash_is_refused_kept_aside_and_alarmed(
    desk: Desk, journal: FakeJournal
) -> None:
    journal.append("passage.decided", passage(1), "in")
    events = events_of(journal)
    events[10]["data"]["body"]["outcome"] = "turn_back"
    for _ in range(2):
        answer = desk.post(events)
        assert acknowledged(answer) == 11
        assert answer.json is not None
        assert answer.json["rejected"] == [{"sequence": 11, "reason": "hash_mismatch"}]
    assert desk.alarms() == ["hash_mismatch"]
    assert desk.gates()["jiangbei-03"]["today"] == {}, "it counts nowhere"


def test_a_stored_row_sent_again_with_a_forged_body_is_noticed(desk: Desk, journal: FakeJournal) -> None:
    events = events_of(journal)
    desk.post(events)
    events[4]["data"]["body"]["n"] = 77
    answer = desk.post(events)
    assert answer.json is not None
    assert answer.json["rejected"] == [{"sequence": 5, "reason": "conflict"}]
    assert desk.alarms() == ["conflict"]


def test_a_chain_that_does_not_continue_is_refused_once_and_the_rest_goes_on(
    desk: Desk, journal: FakeJournal
) -> None:
    desk.post(events_of(journal, 1, 5))
    fork = FakeJournal()
    fork.fill(5, "device.back")
    fork.fill(3)
    answer = desk.post(events_of(fork, 6, 8))
    assert acknowledged(answer) == 8
    assert answer.json is not None
    assert answer.json["rejected"] == [{"sequence": 6, "reason": "broken_chain"}]
    assert desk.alarms() == ["broken_chain"]


def test_a_row_the_gate_could_not_send_is_refused_for_good_and_the_chain_goes_on(
    desk: Desk, journal: FakeJournal
) -> None:
    events = events_of(journal)
    del events[3]["data"], events[3]["datacontenttype"]
    events[3]["omitted"] = "too_large"
    answer = desk.post(events)
    assert acknowledged(answer) == 10
    assert answer.json is not None
    assert answer.json["rejected"] == [{"sequence": 4, "reason": "too_large"}]


def test_log_ins_arrive_as_hash_only_and_are_no_fault(desk: Desk, journal: FakeJournal) -> None:
    journal.append("user.signed_in", {"account": "door1"})
    journal.fill(1)
    answer = desk.post(events_of(journal))
    assert answer.json is not None
    assert (answer.json["acknowledged"], answer.json["rejected"]) == (12, [])
    assert desk.read("SELECT kind, body FROM ledger WHERE sequence=11") == [("user.signed_in", None)]


def test_a_restored_journal_counts_on_under_a_new_name(desk: Desk, journal: FakeJournal) -> None:
    desk.post(events_of(journal, 1, 8), headers=living(journal))
    journal.rows = journal.rows[:6]
    journal.go_on_as(SECOND)
    journal.fill(4)
    answer = desk.post(events_of(journal, 7, 10), headers=living(journal))
    assert answer.json is not None
    assert (answer.json["incarnation"], answer.json["acknowledged"], answer.json["rejected"]) == (
        SECOND,
        10,
        [],
    )
    assert desk.read("SELECT COUNT(*) FROM ledger") == [(12,)], "no new row is swallowed as a duplicate"


def test_a_replaced_journal_that_held_rows_back_is_an_alarm(desk: Desk, journal: FakeJournal) -> None:
    desk.post(events_of(journal, 1, 6), headers=living(journal))
    fresh = FakeJournal(SECOND)
    fresh.fill(2)
    desk.post(events_of(fresh), headers=living(fresh))
    assert desk.alarms() == ["rows_missing"]
    assert desk.read("SELECT json_extract(detail, '$.rows') FROM alarm") == [(4,)]


def test_rows_of_the_old_journal_that_come_first_are_no_alarm(desk: Desk, journal: FakeJournal) -> None:
    desk.post(events_of(journal, 1, 6), headers=living(journal))
    journal.go_on_as(SECOND)
    journal.fill(2)
    desk.post(events_of(journal, 7, 10), headers=living(journal))
    desk.post(events_of(journal, 11, 12), headers=living(journal))
    assert desk.alarms() == []


def test_two_journals_alive_at_once_are_an_alarm(desk: Desk, journal: FakeJournal) -> None:
    copied = FakeJournal(SECOND)
    copied.fill(2)
    desk.post(events_of(journal), headers=living(journal))
    desk.post(events_of(copied), headers=living(copied))
    assert desk.alarms() == [], "a new card is no alarm"
    desk.post([], headers=living(journal))
    assert desk.alarms() == ["two_incarnations"]
    desk.post([], headers=living(copied))
    assert desk.alarms() == ["two_incarnations"], "still one"


def test_the_page_counts_what_was_decided_today(desk: Desk, journal: FakeJournal) -> None:
    for n, outcome in enumerate(["admit", "admit", "refer", "turn_back", "abandoned", "strange"]):
        journal.append("passage.decided", passage(n, outcome), "in")
    journal.append("passage.held", passage(9, stage="hold"), "in")
    desk.post(events_of(journal), headers=living(journal))
    gate = desk.gates()["jiangbei-03"]
    # The rows' own clock says 26 January; it was synced, so they count for that day.
    assert gate["today"] == {}
    assert gate["total"] == {"admit": 2, "refer": 1, "turn_back": 1, "abandoned": 1, "other": 1}
    assert gate["last_passage"]["outcome"] == "other"
    assert gate["last_passage"]["passage"] == 5
    assert (gate["backlog"], gate["state"], gate["incarnation"]) == (0, "up", FIRST)


def test_a_gate_whose_clock_is_not_set_counts_for_the_day_its_rows_came(desk: Desk) -> None:
    journal = FakeJournal()
    journal.append("passage.decided", passage(1), "in")
    row = journal.rows[0]
    from edge.wire import canonical, chain_hash, genesis

    columns = {
        "seq": 1,
        "boot": 1,
        "mono_us": 5,
        "at_us": 7,
        "clock": "unset",
        "kind": row.kind,
        "lane": "in",
    }
    digest = chain_hash(genesis(FIRST), **columns, body=canonical(row.body))  # type: ignore[arg-type]
    journal.rows[0] = type(row)(**columns, body=row.body, sealed=None, hash=digest)  # type: ignore[arg-type]
    desk.post(events_of(journal))
    assert desk.gates()["jiangbei-03"]["today"] == {"admit": 1}
    assert desk.read("SELECT day FROM day_count") == [("2020-02-08",)]


def test_a_gate_that_falls_behind_or_silent_shows(desk: Desk, journal: FakeJournal) -> None:
    assert desk.gates()["jiangbei-03"]["state"] == "never"
    old = str(NOON_US - 3_600_000_000)
    desk.post(events_of(journal, 1, 4), headers=living(journal, **{"gatepost-oldest-us": old}))
    gate = desk.gates()["jiangbei-03"]
    assert (gate["state"], gate["backlog"], gate["oldest_us"]) == ("behind", 6, int(old))
    desk.now_us += 61_000_000
    assert desk.gates()["jiangbei-03"]["state"] == "silent"


def test_a_device_that_comes_back_ends_its_alarm_but_does_not_hide_it(desk: Desk) -> None:
    journal = FakeJournal()
    journal.append("device.lost", {"device": "scanner", "name": "camera"}, "in")
    journal.append("device.back", {"device": "scanner", "name": "camera"}, "in")
    desk.post(events_of(journal))
    assert desk.alarms() == ["device_lost"]
    assert desk.read("SELECT over_us FROM alarm") == [(desk.now_us,)]
    journal.append("device.lost", {"device": "scanner", "name": "camera"}, "in")
    desk.post(events_of(journal))
    assert desk.read("SELECT over_us, sequence FROM alarm") == [(None, 3)]
    desk.post(events_of(journal))
    assert desk.read("SELECT over_us, sequence FROM alarm") == [(None, 3)], "a repetition ends nothing"


def test_a_body_nobody_understands_is_kept_and_said_once(desk: Desk) -> None:
    journal = FakeJournal()
    for n in range(3):
        journal.append("passage.decided", {"passage": n}, "in")
    answer = desk.post(events_of(journal))
    assert answer.json is not None
    assert answer.json["rejected"] == []
    assert desk.alarms() == ["body_unreadable"]
    assert desk.read("SELECT COUNT(*) FROM ledger WHERE rejected IS NULL") == [(3,)]
