"""What the uplink does when things go wrong, one habit at a time."""

import logging
from collections.abc import Mapping

import pytest

from edge.journal.faults import SealBroken
from edge.uplink import Response
from tests.uplink.fakes import FIRST, FakeUpstream, Gate


def posts(upstream: FakeUpstream, path: str = "") -> list[list[int]]:
    return [[event.number for event in events] for where, events, _ in upstream.posts if where == path]


def test_a_lost_and_regained_district_is_written_once_each() -> None:
    upstream = FakeUpstream()
    gate = Gate(upstream)
    gate.journal.fill(3)
    gate.drain()
    upstream.script = ["drop"] * 8
    gate.journal.fill(1)
    for _ in range(12):
        gate.turn()
    gate.drain()
    assert gate.journal.kinds().count("uplink.lost") == 1
    assert gate.journal.kinds().count("uplink.back") == 1
    assert gate.uplink.status()["state"] == "up"


def test_the_first_contact_of_a_new_gate_is_no_event() -> None:
    gate = Gate(FakeUpstream())
    gate.journal.fill(2)
    gate.drain()
    for _ in range(5):
        gate.turn()
    assert gate.journal.kinds() == ["gate.stopped"] * 2


def test_a_restart_does_not_tell_again_what_is_told() -> None:
    gate = Gate(FakeUpstream(script=["drop"] * 9))
    gate.journal.fill(1)
    for _ in range(3):
        gate.turn()
        gate.restart()
        gate.clock.forward(200)
    assert gate.journal.kinds().count("uplink.lost") == 1


def test_a_line_that_flaps_at_every_other_post_does_not_fill_the_journal() -> None:
    upstream = FakeUpstream(script=["", "500"] * 60)
    gate = Gate(upstream)
    gate.journal.fill(1)
    for _ in range(150):
        gate.turn()
    assert len(gate.journal.rows) <= 4


def test_rows_about_the_uplink_never_start_a_contact() -> None:
    upstream = FakeUpstream()
    gate = Gate(upstream)
    gate.journal.fill(1)
    gate.drain()
    sent = len(upstream.posts)
    gate.journal.append("uplink.back", {})
    pause = gate.uplink.turn()
    assert len(upstream.posts) == sent
    assert 0 < pause.seconds <= 15
    gate.clock.forward(pause.seconds)
    gate.turn()
    assert gate.acknowledged == gate.journal.head()


def test_a_quiet_gate_says_every_fifteen_seconds_that_it_is_there() -> None:
    upstream = FakeUpstream()
    gate = Gate(upstream)
    gate.journal.fill(1)
    gate.drain()
    start = gate.clock.mono_us
    before = len(upstream.posts)
    while gate.clock.mono_us - start < 61_000_000:
        gate.turn()
        gate.clock.forward(0.001)
    assert len(upstream.posts) - before == 4
    _, events, headers = upstream.posts[-1]
    assert events == []
    assert headers["gatepost-head"] == "1"
    assert headers["gatepost-incarnation"] == FIRST


def test_rows_wait_a_moment_for_company_and_urgent_ones_do_not() -> None:
    upstream = FakeUpstream()
    gate = Gate(upstream, every_s=2.0)
    gate.journal.fill(1)
    gate.drain()
    sent = len(upstream.posts)
    gate.journal.fill(1)
    assert gate.uplink.turn().seconds == 2.0
    gate.clock.forward(1.5)
    gate.journal.fill(1)
    assert gate.uplink.turn().seconds == pytest.approx(0.5)
    assert len(upstream.posts) == sent
    gate.journal.append("device.lost", {"device": "scanner"})
    gate.uplink.turn()
    assert posts(upstream)[-1] == [2, 3, 4]


def test_the_headers_say_how_far_behind_the_gate_is() -> None:
    upstream = FakeUpstream()
    gate = Gate(upstream, every_s=0.0)
    gate.journal.fill(900)
    gate.turn()
    gate.turn()
    _, events, headers = upstream.posts[1]
    assert headers["gatepost-head"] == "900"
    assert headers["gatepost-oldest-us"] == str(gate.journal.rows[events[0].number - 1].at_us)
    assert headers["content-encoding"] == "gzip"


def test_back_off_has_full_jitter_grows_and_is_capped() -> None:
    gate = Gate(FakeUpstream(script=["drop"] * 40))
    gate.journal.fill(1)
    gate.jitter = 1.0
    pauses = [gate.turn() for _ in range(12)]
    assert pauses[:4] == [1.0, 2.0, 4.0, 8.0]
    assert pauses[-1] == 120.0
    gate.jitter = 0.0
    assert gate.turn() == 0.0


def test_retry_after_is_a_lower_bound_and_never_longer_than_an_hour() -> None:
    upstream = FakeUpstream(script=["503", "429"], retry_after="300")
    gate = Gate(upstream)
    gate.journal.fill(1)
    assert 300 <= gate.turn() <= 301
    upstream.retry_after = "999999999"
    assert gate.turn() == 3600.0
    assert gate.uplink.status()["code"] == "busy"


def test_back_off_survives_a_restart_and_a_reboot() -> None:
    upstream = FakeUpstream(script=["503"], retry_after="300")
    gate = Gate(upstream)
    gate.journal.fill(1)
    gate.uplink.turn()
    gate.clock.forward(100)
    gate.restart()
    assert 200 <= gate.uplink.turn().seconds <= 201
    gate.clock.mono_us = 5_000_000  # rebooted: how long ago the server asked is unknown
    gate.restart()
    assert 300 <= gate.uplink.turn().seconds <= 301
    assert len(upstream.posts) == 1


def test_somebody_can_end_the_pause() -> None:
    upstream = FakeUpstream(script=["503"], retry_after="3000")
    gate = Gate(upstream)
    gate.journal.fill(1)
    gate.uplink.turn()
    gate.state.put("uplink.retry", {"at_us": 1})
    gate.uplink.turn()
    assert gate.acknowledged == gate.journal.head()
    assert gate.state.get("uplink.retry") is None


def test_the_district_can_ask_for_a_pause_after_a_good_answer() -> None:
    upstream = FakeUpstream(wait_s=40)
    gate = Gate(upstream)
    gate.journal.fill(1)
    assert gate.uplink.turn().seconds == 40
    gate.journal.fill(1)
    assert gate.uplink.turn().seconds == 40
    assert len(upstream.posts) == 1
    assert gate.uplink.status()["state"] == "up"


@pytest.mark.parametrize(
    ("status", "code"),
    [("401", "denied"), ("403", "denied"), ("500", "fault"), ("302", "refused"), ("404", "refused")],
)
def test_each_refusal_has_its_word(status: str, code: str, caplog: pytest.LogCaptureFixture) -> None:
    gate = Gate(FakeUpstream(script=[status] * 3))
    gate.journal.fill(1)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            gate.turn()
    assert gate.uplink.status() == {
        "configured": True,
        "state": "down",
        "acknowledged": 0,
        "backlog": 2,
        "rejected": 0,
        "code": code,
    }
    assert len([r for r in caplog.records if r.name == "edge.uplink.sender"]) == 1, "said once"


def test_a_batch_that_is_too_large_is_halved_until_it_fits_and_grows_again() -> None:
    upstream = FakeUpstream(most_events=50)
    gate = Gate(upstream)
    gate.journal.fill(300)
    gate.drain()
    assert upstream.numbers() == list(range(1, 301))
    assert "uplink.lost" not in gate.journal.kinds()
    upstream.most_events = 500
    for _ in range(8):
        gate.clock.forward(61)
        gate.turn()
    gate.journal.fill(300)
    gate.turn()
    gate.turn()
    assert max(len(numbers) for numbers in posts(upstream)[-3:]) == 300


def test_a_line_too_thin_for_a_whole_batch_gets_smaller_ones_and_seldom_a_larger_try() -> None:
    upstream = FakeUpstream(most_in_time=50)
    gate = Gate(upstream)
    gate.journal.fill(400)
    gate.drain()
    assert upstream.numbers() == list(range(1, gate.journal.head() + 1))
    before = len(upstream.posts)
    for _ in range(9):
        gate.journal.fill(100)
        gate.clock.forward(61)
        gate.drain()
    assert all(len(numbers) <= 50 for numbers in posts(upstream)[before:])
    upstream.most_in_time = 500
    for _ in range(8):
        gate.clock.forward(601)
        gate.turn()
    gate.journal.fill(300)
    gate.turn()
    gate.turn()
    assert max(len(numbers) for numbers in posts(upstream)[-3:]) == 300


def test_a_district_that_hung_for_long_still_gets_several_rows_at_once() -> None:
    upstream = FakeUpstream(most_in_time=0)
    gate = Gate(upstream)
    gate.journal.fill(400)
    for _ in range(30):
        gate.turn()
    upstream.most_in_time = 500
    assert gate.drain() <= 400 // 8 + 2


def test_one_row_that_is_too_large_goes_as_hash_only_and_blocks_nobody() -> None:
    upstream = FakeUpstream(refuse={2: "too_large"})
    gate = Gate(upstream)
    gate.journal.fill(1)
    gate.journal.append("procedure.published", {"name": "r", "version": "v", "text": "x" * 300_000})
    gate.journal.fill(3)
    gate.drain()
    omitted = [e for _, events, _ in upstream.posts for e in events if e.omitted]
    assert [(e.number, e.omitted, e.data) for e in omitted] == [(2, "too_large", None)]
    assert gate.uplink.status()["rejected"] == 1
    assert upstream.numbers()[:5] == [1, 2, 3, 4, 5]


def test_refused_rows_are_parked_shown_and_told_once() -> None:
    upstream = FakeUpstream(refuse={2: "hash_mismatch", 3: "conflict"}, script=["lose", "lose"])
    gate = Gate(upstream)
    gate.journal.fill(4)
    gate.drain()
    for _ in range(3):
        gate.turn()
    assert gate.state.get(f"uplink.parked/{FIRST}/{2:020d}") == {
        "reason": "hash_mismatch",
        "at_us": gate.state.values[f"uplink.parked/{FIRST}/{2:020d}"]["at_us"],
    }
    assert gate.uplink.status()["rejected"] == 2
    told = {row.kind: row.body for row in gate.journal.rows if row.kind.startswith("uplink.")}
    assert told["uplink.rejected"] == {"rows": [{"sequence": 2, "reason": "hash_mismatch"}]}
    assert told["uplink.conflict"] == {"rows": [{"sequence": 3, "reason": "conflict"}]}
    assert gate.journal.kinds().count("uplink.rejected") == 1
    assert gate.journal.kinds().count("uplink.conflict") == 1


def test_a_district_that_refuses_everything_does_not_make_the_journal_grow_for_ever() -> None:
    upstream = FakeUpstream(refuse=dict.fromkeys(range(1, 100), "malformed"))
    gate = Gate(upstream)
    gate.journal.fill(3)
    for _ in range(30):
        gate.turn()
    assert gate.journal.kinds().count("uplink.rejected") == 1
    assert gate.acknowledged == gate.journal.head() == 4


def test_a_row_taken_out_of_the_journal_does_not_stop_those_behind_it() -> None:
    upstream = FakeUpstream(refuse={3: "missing", 4: "hash_mismatch"})
    gate = Gate(upstream)
    gate.journal.fill(5)
    del gate.journal.rows[2]
    pause = gate.uplink.turn()
    assert pause.seconds == 0
    _, events, _ = upstream.posts[0]
    assert [(e.number, e.omitted) for e in events] == [
        (1, None),
        (2, None),
        (3, "missing"),
        (4, None),
        (5, None),
    ]


def test_alarms_overtake_a_backlog_and_the_ledger_still_carries_them() -> None:
    upstream = FakeUpstream()
    gate = Gate(upstream)
    gate.journal.fill(1000)
    gate.journal.append("device.lost", {"device": "scanner"}, "in")
    gate.journal.append("passage.decided", {"outcome": "admit"}, "in")
    gate.journal.append("passage.decided", {"outcome": "refer"}, "in")
    gate.turn()
    assert posts(upstream, "/alarms") == [[1003, 1001]]
    gate.drain()
    assert posts(upstream, "/alarms") == [[1003, 1001]], "each only once"
    assert upstream.numbers() == list(range(1, 1004))


def test_a_long_backlog_is_looked_through_once_and_with_a_beating_heart() -> None:
    upstream = FakeUpstream(broken_alarms=5)
    gate = Gate(upstream)
    for n in range(4000):
        gate.journal.append("passage.decided", {"passage": n, "outcome": "refer" if n == 3000 else "admit"})
    gate.turn()
    assert gate.beats > 3500 // 500, "once for every page of rows"
    read = gate.journal.handed_out
    for _ in range(4):
        gate.turn()
    assert gate.journal.handed_out - read <= 4 * 501, "the batches, and the uplink's own row"
    assert upstream.alarms == []
    gate.drain()
    assert upstream.alarms == [3001], "once"


def test_alarms_that_the_next_batch_carries_anyway_take_no_second_way() -> None:
    upstream = FakeUpstream()
    gate = Gate(upstream)
    gate.journal.append("device.lost", {"device": "scanner"}, "in")
    gate.drain()
    assert posts(upstream, "/alarms") == []


def test_a_district_without_an_alarm_lane_still_gets_its_rows() -> None:
    upstream = FakeUpstream(alarm_status=404)
    gate = Gate(upstream)
    gate.journal.fill(900)
    gate.journal.append("device.lost", {"device": "scanner"}, "in")
    gate.drain()
    assert len(posts(upstream, "/alarms")) == 1
    assert upstream.numbers() == list(range(1, 902))


def test_a_closed_connection_is_noticed_without_waiting_for_the_next_heartbeat() -> None:
    upstream = FakeUpstream()
    gate = Gate(upstream)
    gate.journal.fill(1)
    gate.drain()
    sent = len(upstream.posts)
    upstream.closed = True
    gate.uplink.turn()
    assert len(upstream.posts) == sent + 1


def test_a_line_that_broke_is_a_loss_at_once_and_is_tried_again() -> None:
    upstream = FakeUpstream()
    gate = Gate(upstream)
    gate.journal.fill(1)
    gate.drain()
    upstream.broken = True
    gate.turn()
    assert gate.uplink.status()["state"] == "down"
    assert gate.journal.kinds()[-1] == "uplink.lost"
    gate.turn()
    assert gate.uplink.status()["state"] == "up"


def test_every_change_of_the_status_is_reported() -> None:
    upstream = FakeUpstream(script=["", "drop"])
    gate = Gate(upstream)
    gate.journal.fill(1)
    gate.turn()
    gate.journal.fill(1)
    for _ in range(6):
        gate.turn()
    states = [report["state"] for report in gate.reports]
    assert [s for i, s in enumerate(states) if i == 0 or states[i - 1] != s] == ["down", "up", "down", "up"]
    assert gate.reports[-1] == gate.uplink.status()


def test_personal_fields_stay_unless_the_policy_names_them() -> None:
    upstream = FakeUpstream()
    gate = Gate(upstream, forward=("phone",))
    gate.journal.append("passage.held", {"evidence": [{"t": "code"}]})
    row = gate.journal.rows[0]
    gate.journal.rows[0] = type(row)(**{f: getattr(row, f) for f in row.__slots__} | {"sealed": b"sealed"})
    gate.journal.personal[1] = {"evidence": {"0": {"personal": {"name": "张三", "phone": "13800000000"}}}}
    text = gate.uplink._composer.text(gate.journal.rows[0], bytes(32)).decode()
    assert "13800000000" in text
    assert "张三" not in text


def test_a_sealed_part_that_was_tampered_with_goes_without_and_stops_nobody() -> None:
    upstream = FakeUpstream()
    gate = Gate(upstream, forward=("phone",))
    gate.journal.fill(3)
    row = gate.journal.rows[1]
    gate.journal.rows[1] = type(row)(**{f: getattr(row, f) for f in row.__slots__} | {"sealed": b"sealed"})
    upstream.refuse[2] = "hash_mismatch"

    def unseal(_: object) -> None:
        raise SealBroken("the sealed part of row 2 was tampered with")

    gate.uplink._composer.unseal = unseal
    gate.turn()
    gate.turn()
    assert upstream.numbers()[:3] == [1, 2, 3]
    assert gate.uplink.status()["rejected"] == 1


def test_a_district_that_takes_the_call_and_says_nothing_is_shown_as_away() -> None:
    seen: list[tuple[str, str]] = []

    class Slow(FakeUpstream):
        def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Response:
            for seconds in (1, 2):
                gate.clock.forward(seconds)
                status = gate.uplink.status()
                seen.append((status["state"], status["code"]))
            return super().post(path, body, headers)

    gate = Gate(Slow())
    gate.journal.fill(1)
    gate.drain()
    assert seen[:2] == [("down", "starting"), ("down", "slow")]
    assert gate.uplink.status()["state"] == "up"
