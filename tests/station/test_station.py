"""Commit, then show; and what happens when the commit fails."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.domain.errors import FormError, JournalError
from edge.domain.events import Begin, CodeAnswered, CodeRead, Command, Decide, Give, ReadingArrived
from edge.domain.history import Usual
from edge.domain.lane_state import Do
from edge.domain.model import Instant, Outcome
from edge.journal import Row
from edge.messages import DeviceChanged, EffectDone, Reply
from edge.station.effects import EffectsLog
from tests.domain.people import AIR
from tests.domain.test_answering import resolved, unresolved
from tests.station.rig import Rig
from tests.waiting import until


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.close()


def submit(rig: Rig, command: Command) -> Reply:
    """Submit from another thread, as a page does, while the station works here."""
    answers: list[Reply | Exception] = []

    def ask() -> None:
        try:
            answers.append(rig.station.submit(command, timeout_s=20))
        except (FormError, JournalError) as error:
            answers.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    while thread.is_alive():
        rig.station.work(0.01)
    (answer,) = answers
    if isinstance(answer, Exception):
        raise answer
    return answer


def mask_on(rig: Rig, command_id: str = "one") -> Give:
    passage = rig.view()["passage"]
    return Give("in", passage, command_id, "door1", rig.now(), (("mask", "on"),))


def test_barrier_and_voice_are_set_off_after_the_row_is_on_disk(rig: Rig) -> None:
    rig.stand()
    rig.show()
    assert rig.done == []
    reply = submit(rig, mask_on(rig))
    (row,) = rig.rows("passage.decided")
    assert reply.sequence == row.seq
    assert [(rows, do.device) for rows, do in rig.done] == [(1, "barrier"), (1, "voice")]
    assert rig.view()["last"]["outcome"] == "admit"
    assert rig.view()["sequence"] == row.seq


def test_an_ordinary_passage_is_two_commits(rig: Rig) -> None:
    before = len(rig.rows())
    rig.stand()
    rig.show()
    submit(rig, mask_on(rig))
    for _rows, do in list(rig.done):
        rig.station.offer(EffectDone("in", do, rig.now()))
    rig.turn(2.0)
    assert [row.kind for row in rig.rows()[before:]] == ["passage.decided", "passage.effects"]


def test_a_voice_still_speaking_after_a_second_is_written_as_running(rig: Rig) -> None:
    rig.stand()
    rig.show()
    submit(rig, mask_on(rig))
    rig.station.offer(EffectDone("in", rig.done[0][1], rig.now()))
    rig.turn(1.0)
    (row,) = rig.rows("passage.effects")
    by_device = {entry["device"]: entry for entry in row.body["effects"]}
    assert by_device["voice"]["running"]
    assert "running" not in by_device["barrier"]
    rig.station.offer(EffectDone("in", rig.done[1][1], rig.now(), "no sound card"))
    rig.turn()
    assert rig.rows("passage.effects")[1].body["effects"][0]["error"] == "no sound card"


def test_a_full_card_shows_write_it_by_hand_decides_nothing_and_recovers_by_itself(rig: Rig) -> None:
    rig.stand()
    rig.show()
    rig.card.full = True
    with pytest.raises(JournalError):
        submit(rig, mask_on(rig))
    assert not rig.view()["writable"]
    assert rig.station.unwritable()
    assert rig.view()["last"] is None
    assert rig.done == []
    rig.card.full = False
    rig.turn(1.0)
    assert rig.view()["writable"]
    assert [row.kind for row in rig.rows()][-1] == "journal.recovered"
    assert submit(rig, mask_on(rig)).sequence is not None
    assert rig.view()["last"]["outcome"] == "admit"


def test_a_verdict_that_cannot_be_written_is_not_shown_and_comes_when_it_can(rig: Rig) -> None:
    rig.show()
    submit(rig, mask_on(rig))
    rig.card.full = True
    rig.stand()
    assert rig.view()["last"] is None
    rig.card.full = False
    rig.stand()
    assert rig.view()["last"]["outcome"] == "admit"


def test_rows_that_wait_for_nobody_are_written_when_the_card_has_room_again(rig: Rig) -> None:
    rig.card.full = True
    lost = DeviceChanged("in", "scanner", "scanner", "serial", False, rig.now(), "lost", "cable")
    rig.station.offer(lost)
    rig.turn(1.0)
    assert rig.rows("device.lost") == []
    rig.card.full = False
    rig.turn(1.0)
    (row,) = rig.rows("device.lost")
    assert row.body == {
        "device": "scanner",
        "name": "scanner",
        "driver": "serial",
        "code": "lost",
        "message": "cable",
    }


def test_rows_that_waited_are_written_even_where_a_passage_found_the_card_working_again(rig: Rig) -> None:
    rig.stand()
    rig.show()
    rig.card.full = True
    rig.station.offer(DeviceChanged("in", "scanner", "scanner", "serial", False, rig.now(), "lost", "cable"))
    rig.turn()
    rig.card.full = False
    submit(rig, mask_on(rig))
    rig.turn(0.6)
    assert len(rig.rows("device.lost")) == 1
    assert len(rig.rows("journal.recovered")) == 1


def test_the_word_that_the_journal_works_again_has_the_time_when_it_did(rig: Rig) -> None:
    rig.card.full = True
    rig.station.offer(DeviceChanged("in", "scanner", "scanner", "serial", False, rig.now(), "lost", "cable"))
    for _ in range(5):
        rig.turn(10.0)
    rig.card.full = False
    rig.turn(10.0)
    (row,) = rig.rows("journal.recovered")
    assert row.mono_us == rig.now().mono_us
    assert [row.kind for row in rig.rows()] == ["device.lost", "journal.recovered"]


def test_a_command_that_comes_too_late_is_refused_at_once(rig: Rig) -> None:
    stop = threading.Event()
    stop.set()
    rig.station.run(stop)
    with pytest.raises(FormError) as caught:
        rig.station.submit(Begin("in", None, "x", "door1", rig.now()), timeout_s=600)
    assert (caught.value.code, caught.value.status) == ("too_slow", 503)


def test_a_command_still_waiting_when_the_gate_ends_is_refused_and_results_are_kept(rig: Rig) -> None:
    rig.stand()
    rig.show()
    submit(rig, mask_on(rig))
    errors: list[Exception] = []

    def ask() -> None:
        try:
            rig.station.submit(Begin("in", None, "x", "door1", rig.now()), timeout_s=600)
        except FormError as error:
            errors.append(error)

    for _rows, do in rig.done:
        rig.station.offer(EffectDone("in", do, rig.now()))
    thread = threading.Thread(target=ask)
    thread.start()
    until(lambda: rig.station.waiting == len(rig.done) + 1, 5, "the command in the inbox")
    stop = threading.Event()
    stop.set()
    rig.station.run(stop)
    thread.join(5)
    assert [error.code for error in errors if isinstance(error, FormError)] == ["too_slow"]
    (row,) = rig.rows("passage.effects")
    assert not any("running" in entry for entry in row.body["effects"])
    assert rig.rows("passage.parked") == []


def test_the_same_command_gives_the_same_reply_and_one_row(rig: Rig) -> None:
    rig.stand()
    rig.show()
    command = mask_on(rig)
    assert submit(rig, command) == submit(rig, command)
    assert len(rig.rows("passage.decided")) == 1


def test_a_refused_command_is_no_reply_to_remember(rig: Rig) -> None:
    begun = submit(rig, Begin("in", None, "begin", "door1", rig.now()))
    decide = Decide("in", begun.passage, "x", "door1", rig.now(), Outcome.TURN_BACK, "")
    with pytest.raises(FormError, match="reason"):
        submit(rig, decide)
    again = Decide("in", begun.passage, "x", "door1", rig.now(), Outcome.TURN_BACK, "not_allowed")
    assert submit(rig, again).sequence is not None


def test_an_unknown_lane_is_said(rig: Rig) -> None:
    with pytest.raises(FormError) as caught:
        rig.station.submit(Begin("nowhere", None, "x", "door1", rig.now()))
    assert (caught.value.code, caught.value.status) == ("unknown_lane", 404)
    with pytest.raises(FormError):
        rig.station.view("nowhere")


def test_a_full_inbox_drops_readings_says_so_and_keeps_commands_waiting_their_turn(rig: Rig) -> None:
    for _ in range(600):
        rig.station.offer(ReadingArrived("in", "thermometer", AIR, rig.now()))
    assert ("inbox_overflowed", {"lane": "in"}) in rig.counted
    with pytest.raises(FormError) as caught:
        rig.station.submit(Begin("in", None, "x", "door1", rig.now()), timeout_s=0.05)
    assert (caught.value.code, caught.value.status) == ("too_slow", 503)
    for _ in range(12):
        rig.turn(0.1)
    (row,) = rig.rows("inbox.overflowed")
    assert row.body["dropped"] == 88


def test_a_thermometer_that_is_lost_takes_its_live_value_with_it(rig: Rig) -> None:
    rig.station.offer(ReadingArrived("in", "thermometer", AIR, rig.now()))
    rig.turn(1.0)
    rig.turn(1.0)
    assert rig.view()["temperature"]["live_mdegc"] == 22_000
    rig.station.offer(DeviceChanged("in", "thermometer", "thermometer", "gy614", False, rig.now(), "lost"))
    rig.turn()
    assert rig.view()["temperature"]["live_mdegc"] is None


def test_housekeeping_rows_are_written(rig: Rig) -> None:
    rig.due.append(Row("clock.corrected", rig.now(), {"from_us": 1, "to_us": 2, "quality": "synced"}))
    rig.turn(1.0)
    assert len(rig.rows("clock.corrected")) == 1


def test_stopping_parks_whoever_is_in_the_lane_and_says_goodbye(rig: Rig) -> None:
    rig.show()
    stop = threading.Event()
    stop.set()
    rig.station.run(stop)
    assert [row.kind for row in rig.rows()] == ["passage.parked", "gate.stopped"]


def test_a_lane_without_barrier_and_voice_writes_no_effects(tmp_path: Path) -> None:
    rig = Rig(tmp_path, has_barrier=False)
    rig.stand()
    rig.show()
    submit(rig, mask_on(rig))
    rig.turn(2.0)
    assert rig.rows("passage.effects") == []
    rig.close()


def test_effects_know_which_order_they_answer() -> None:
    assert Do("voice", "rest", 1, (("ticket", "2"),)) != Do("voice", "rest", 1, (("ticket", "3"),))


def test_what_is_done_for_two_passages_at_once_is_written_passage_by_passage() -> None:
    log = EffectsLog()
    dos = (Do("voice", "alarm", 4), Do("barrier", "pulse", 5), Do("voice", "admit", 5))
    log.begun("in", 9, dos, Instant(0, 0))
    for do in dos:
        assert log.done(EffectDone("in", do, Instant(1, 1))) is None
    rows = log.take_due(Instant(2, 2))
    assert [(row.body["passage"], [e["what"] for e in row.body["effects"]]) for row in rows] == [
        (4, ["alarm"]),
        (5, ["pulse", "admit"]),
    ]


def test_a_late_red_about_somebody_inside_is_written_before_it_is_told(rig: Rig) -> None:
    code = unresolved("k1", "ask_platform")
    rig.station.offer(CodeRead("in", "scanner", code, rig.now()))
    rig.turn()
    submit(rig, Decide("in", rig.view()["passage"], "one", "door1", rig.now(), Outcome.ADMIT, "known"))
    rig.turn(61.0)
    red = CodeAnswered("in", "scanner", resolved("k1", "red"), "k1", 0, rig.now())
    rig.card.full = True
    rig.station.offer(red)
    rig.turn()
    assert rig.view()["notices"] == []
    rig.card.full = False
    rig.done.clear()
    rig.turn(0.5)  # the platform says it once; the gate takes it in when it can
    (row,) = rig.rows("code.answered")
    assert (row.body["against"], row.body["admitted"]) == (True, True)
    assert [do.what for _rows, do in rig.done] == ["alarm"]
    assert rig.view()["notices"] == ["code_red_late:2"]


def test_whoever_is_forgotten_is_gone_with_the_next_tick(rig: Rig) -> None:
    one, other = Usual("forehead", 1, 0, 0), Usual("forehead", 2, 5, 9)
    rig.station.remember({"in": {"pass:a": one, "pass:b": other}})
    rig.turn(1.0)
    assert rig.station._states["in"].regulars == {"pass:a": one, "pass:b": other}
    rig.station.remember({"in": {"pass:b": other}})
    rig.turn(1.0)
    assert rig.station._states["in"].regulars == {"pass:b": other}
    rig.station.remember({})
    rig.turn(1.0)
    assert rig.station._states["in"].regulars == {}
