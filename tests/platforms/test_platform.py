"""One platform: who is asked, who is told what and when, and what is kept."""

import logging
from dataclasses import replace

import pytest

from edge.codes.reasons import CodeReason
from edge.domain.events import CodeAnswered
from edge.domain.facts import Fact
from edge.domain.model import CodeVerdict
from edge.domain.ports import PlatformAnswer, PlatformState
from edge.platforms.backlog import BACKLOG, Question
from edge.platforms.memory import KEPT
from edge.platforms.platform import TRIES, WAITING
from tests.platforms.people import GREEN, NOW_S, RED, ROUTE, SECOND, Stand


def test_a_new_code_is_asked_about_and_its_answer_reaches_the_lane() -> None:
    stand = Stand()
    assert stand.look() == "ask_platform"
    question = stand.settle()
    assert question.payload == b"hc:1"
    [message] = stand.messages
    assert isinstance(message, CodeAnswered)
    assert (message.lane, message.device, message.key) == ("in", "scanner", question.key)
    assert message.code.verdict is CodeVerdict.VALID
    assert message.code.subject == {Fact.COLOUR: "green"}
    assert message.code.payload is None
    assert message.code.personal == {"name": "张*", "code_digest": question.key}


def test_a_code_answered_a_moment_ago_is_not_asked_about_again_and_says_how_old_the_answer_is() -> None:
    stand = Stand()
    stand.look()
    stand.settle(RED)
    stand.wait(30)
    code = stand.platform.look("in", "scanner", b"hc:1", stand.now())
    assert (code.verdict, code.subject) == (CodeVerdict.VALID, {Fact.COLOUR: "red", Fact.ANSWER_AGE_S: "30"})
    assert stand.take() is None
    stand.wait(600)
    assert stand.look() == "ask_platform"


def test_no_answer_in_time_is_said_at_the_time_and_a_late_one_still_comes() -> None:
    stand = Stand()
    stand.look()
    question = stand.taken()
    stand.wait(1.99)
    assert stand.answers == []
    stand.wait(0.02)
    assert stand.answers == ["platform_silent"]
    assert stand.look() == "platform_silent"
    stand.wait(3)
    stand.answer(question, GREEN)
    assert stand.answers == ["platform_silent", "valid"]
    assert stand.messages[-1].at.mono_us - question.asked_us == pytest.approx(5_010_000, abs=20_000)


def test_a_code_held_up_is_one_question_and_two_scanners_are_both_told() -> None:
    stand = Stand()
    for _ in range(50):
        stand.look(device="camera")
    stand.look(device="scanner2")
    stand.settle()
    assert stand.take() is None
    told = [message.device for message in stand.messages if isinstance(message, CodeAnswered)]
    assert told == ["camera", "scanner2"]


def test_the_same_code_at_another_lane_within_seconds_may_be_a_screenshot() -> None:
    stand = Stand()
    stand.look(lane="in")
    stand.settle()
    stand.wait(5)
    assert stand.look(lane="out") == "seen_elsewhere"
    assert stand.look(lane="out") == "seen_elsewhere"
    assert stand.look(lane="in") == "valid"
    stand.wait(21)
    assert stand.look(lane="out") == "valid"


def doubts(stand: Stand) -> list[tuple[str, dict[str, str]]]:
    """What the lanes were told of a code they saw second: (lane, what speaks against its holder)."""
    return [
        (message.lane, dict(message.code.subject))
        for message in stand.messages
        if isinstance(message, CodeAnswered) and message.code.reason == "seen_elsewhere"
    ]


@pytest.mark.parametrize("state", ["asked", "overdue", "lost", "down", "never asked"])
def test_walking_to_the_other_lane_shakes_no_red_off(state: str) -> None:
    stand = Stand()
    if state == "down":
        for number in range(3):
            stand.look(b"hc:other%d" % number)
            stand.fail("garbled")
    stand.look(lane="in")
    if state == "lost":
        stand.fail("lost")
    question = stand.taken() if state in ("asked", "overdue") else None
    stand.wait(3 if state == "overdue" else 1)
    for _ in range(50):
        assert stand.look(lane="out") == "seen_elsewhere"
    stand.wait(6 if question is None else 0)
    stand.answer(question or stand.taken(), RED)
    assert doubts(stand) == [("out", {Fact.COLOUR: "red"})]
    assert stand.answers.count("valid") == 1, "the first lane is told as ever"
    assert stand.take() is None


def test_a_code_seen_second_is_asked_about_where_the_first_lane_gave_up() -> None:
    stand = Stand()
    stand.look(lane="in")
    stand.fail("garbled")  # not asked for again by itself
    stand.wait(1)
    assert stand.look(lane="out") == "seen_elsewhere"
    stand.wait(5)
    stand.settle(RED)
    assert doubts(stand) == [("out", {Fact.COLOUR: "red"})]


@pytest.mark.parametrize("answer", [GREEN, *map(PlatformAnswer, set(PlatformState) - {PlatformState.FOUND})])
def test_no_answer_takes_from_a_code_that_it_was_seen_at_two_lanes(answer: PlatformAnswer) -> None:
    stand = Stand()
    stand.look(lane="in")
    assert stand.look(lane="out") == "seen_elsewhere"
    stand.settle(answer)
    assert [message.lane for message in stand.messages if isinstance(message, CodeAnswered)] == ["in"]
    for _ in range(20):
        assert stand.look(lane="out") == "seen_elsewhere"
        assert stand.take() is None, "held up and asked about over and over"


def test_who_shows_a_doubted_code_again_later_is_told_once() -> None:
    stand = Stand()
    stand.look(lane="in")
    question = stand.taken()
    stand.look(lane="out")
    stand.wait(21)
    assert stand.look(lane="out") == "platform_silent"
    stand.answer(question, RED)
    told = [message.lane for message in stand.messages[1:] if isinstance(message, CodeAnswered)]
    assert told == ["in", "out"]
    assert doubts(stand) == []


def test_who_shows_a_code_again_while_its_retry_is_out_waits_for_that() -> None:
    stand = Stand()
    stand.look()
    stand.fail("lost")
    stand.wait(5.1)
    retry = stand.taken()
    stand.wait(0.05)
    assert stand.look() == "ask_platform"
    stand.answer(retry, GREEN)
    assert stand.answers == ["platform_down", "valid"]
    other = Stand()
    other.look()
    other.fail("lost")
    other.wait(5.1)
    other.taken()
    other.wait(1.9)
    assert other.look() == "ask_platform"
    other.wait(0.2)
    assert other.answers == ["platform_down", "platform_silent"]
    assert other.look() == "platform_silent", "its time is up"


def test_nobody_waits_for_the_question_that_tries_whether_the_platform_is_back() -> None:
    stand = Stand()
    for number in range(3):
        stand.look(b"hc:%d" % number)
        stand.fail()
    stand.wait(5)
    assert stand.taken().trial
    assert stand.look(b"hc:0") == "platform_silent"


def test_three_silences_open_the_breaker_everybody_is_told_once_and_nobody_waits_any_more() -> None:
    stand = Stand()
    for number in range(3):
        stand.look(b"hc:%d" % number)
        stand.taken()
        stand.wait(2)
    assert stand.changes == [False]
    assert stand.lamp.said == ["starting", "down:silent"]
    for number in range(3, 20):
        assert stand.look(b"hc:%d" % number) == "platform_down"
    assert stand.changes == [False]
    assert stand.answers == ["platform_silent"] * 3


def test_when_it_is_back_the_backlog_is_answered_and_everybody_is_told_once() -> None:
    stand = Stand()
    for number in range(3):
        stand.look(b"hc:%d" % number)
        stand.fail()
    for number in range(3, 6):
        stand.look(b"hc:%d" % number)
    assert stand.take() is None
    stand.wait(5)
    for number in range(3):
        assert stand.changes == [False]
        tries = stand.taken()
        assert tries.trial
        assert stand.take() is None, "one question tries, no more"
        assert stand.look(b"hc:while it tries %d" % number) == "platform_down"
        stand.answer(tries, GREEN)
    assert stand.changes == [False, True]
    while (question := stand.take()) is not None:
        stand.answer(question, RED)
    assert stand.answers == ["platform_down"] * 3 + ["valid"] * 9
    assert stand.changes == [False, True]


def test_at_a_quiet_gate_one_answer_and_a_minute_bring_it_back() -> None:
    stand = Stand()
    for number in range(3):
        stand.look(b"hc:%d" % number)
        stand.fail("garbled")
    stand.wait(6)
    stand.look(b"hc:night")
    stand.settle()
    assert stand.changes == [False]
    stand.wait(61)
    assert stand.changes == [False, True]
    assert stand.look(b"hc:next") == "ask_platform"


def test_a_platform_that_is_always_late_is_down_once_and_not_by_turns() -> None:
    """Five seconds for every answer: each arrives and is recorded, none brings the platform back."""
    stand = Stand()
    for number in range(40):
        stand.look(b"hc:%d" % number)
        question = stand.take()
        stand.wait(5)
        if question is not None:
            stand.answer(question, GREEN)
        stand.wait(5)
    assert stand.changes == [False]
    assert stand.answers.count("valid") >= 10


def test_a_code_held_up_before_a_dead_platform_does_not_push_others_out() -> None:
    stand = Stand()
    for number in range(3):
        stand.look(b"hc:%d" % number)
        stand.fail("absent")
    stand.look(b"hc:first")
    for _ in range(BACKLOG * 2):
        stand.look(b"hc:held")
    stand.wait(6)
    asked = []
    while (question := stand.take()) is not None:
        asked.append(question.payload)
        stand.answer(question, GREEN)
    assert asked.count(b"hc:held") == 1
    assert b"hc:first" in asked


def test_an_old_answer_counts_while_the_platform_is_away_and_not_for_ever() -> None:
    stand = Stand(replace(ROUTE, again_us=10 * SECOND, keep_us=600 * SECOND))
    stand.look(b"hc:old")
    stand.settle(RED)
    stand.wait(60)
    for number in range(3):
        stand.look(b"hc:%d" % number)
        stand.fail("absent")
    code = stand.platform.look("in", "scanner", b"hc:old", stand.now())
    assert (code.verdict, code.subject[Fact.COLOUR]) == (CodeVerdict.VALID, "red")
    assert code.subject[Fact.ANSWER_AGE_S] == "60"
    assert stand.look(b"hc:new") == "platform_down"
    stand.seconds += 600
    assert stand.look(b"hc:old") != "valid"


@pytest.mark.parametrize("state", [PlatformState.FAILED, PlatformState.NO_MEANING, PlatformState.NOT_FOUND])
def test_an_answer_that_says_nothing_of_the_code_is_asked_for_anew_and_never_kept(
    state: PlatformState,
) -> None:
    stand = Stand()
    stand.look()
    stand.settle(PlatformAnswer(state))
    assert stand.answers == [f"platform_{state}"]
    stand.wait(4)
    assert stand.look() == f"platform_{state}"
    stand.wait(2)
    assert stand.look() == "ask_platform"
    stand.fail("busy")
    assert stand.answers[-1] == "platform_down"


def test_an_answer_that_cannot_be_read_is_not_asked_for_again_by_itself() -> None:
    stand = Stand()
    stand.look()
    stand.fail("garbled")
    assert stand.answers == ["platform_garbled"]
    stand.wait(30)
    assert stand.take() is None


def test_a_question_is_tried_a_few_times_and_then_given_up() -> None:
    stand = Stand()
    stand.look()
    tried = 0
    for _ in range(20):
        if (question := stand.take()) is not None:
            tried += 1
            stand.lose(question)
        stand.wait(20)
    assert tried == TRIES


def test_more_people_than_stand_at_a_gate_are_not_queued() -> None:
    stand = Stand()
    said = [stand.look(b"hc:%d" % number) for number in range(WAITING + 5)]
    assert said == ["ask_platform"] * WAITING + ["platform_down"] * 5


def test_what_is_no_text_is_never_sent_and_counts_against_nobody() -> None:
    stand = Stand()
    for _ in range(10):
        assert stand.look(b"hc:\xff") == "encoding"
    assert stand.take() is None
    assert stand.look() == "ask_platform"
    assert stand.changes == []


def test_a_questions_outcome_counts_once_however_often_it_is_told() -> None:
    stand = Stand()
    for number in range(2):
        stand.look(b"hc:%d" % number)
        question = stand.taken()
        stand.wait(3)
        stand.lose(question)
    assert stand.changes == [], "two silences, each told twice, are no three failures"


def test_after_a_restart_what_was_open_is_asked_again_and_told_to_its_lane() -> None:
    stand = Stand()
    stand.platform.recall("out", "camera", b"hc:9", stand.now().mono_us - 30 * SECOND)
    stand.platform.recall("out", "camera", b"\xff", stand.now().mono_us)
    question = stand.settle(RED)
    [message] = stand.messages
    assert isinstance(message, CodeAnswered)
    assert (message.lane, message.device, message.key) == ("out", "camera", question.key)
    assert message.at.mono_us - message.asked_us == 30 * SECOND
    assert stand.take() is None
    stand.platform.recall("out", "camera", b"hc:long ago", stand.now().mono_us - 601 * SECOND)
    assert stand.take() is None


def test_nothing_about_a_person_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    stand = Stand()
    with caplog.at_level(logging.DEBUG):
        for number in range(3):
            stand.look(b"hc:secret%d" % number)
            stand.fail()
        stand.wait(6)
        stand.settle(GREEN)
    assert "province" in caplog.text
    for hidden in ("secret", "张"):
        assert hidden not in caplog.text


# --- what an answer is worth ----------------------------------------------------------------------


def judged(answer: PlatformAnswer, **route: int | None) -> str:
    stand = Stand(replace(ROUTE, **route))  # type: ignore[arg-type]
    stand.look()
    stand.settle(answer)
    return stand.answers[0]


def test_dates_of_an_answer_are_judged_by_our_own_clock() -> None:
    now_us = (NOW_S + 100) * SECOND
    assert judged(replace(GREEN, until_us=now_us + 1)) == "valid"
    assert judged(replace(GREEN, until_us=now_us)) == "expired"
    assert judged(replace(GREEN, issued_us=now_us - 10**15)) == "valid"
    assert judged(replace(GREEN, issued_us=now_us - 61 * SECOND), fresh_us=60 * SECOND) == "code_stale"
    assert judged(replace(GREEN, issued_us=now_us - 59 * SECOND), fresh_us=60 * SECOND) == "valid"
    assert judged(GREEN, fresh_us=60 * SECOND) == "platform_no_meaning"
    assert judged(replace(GREEN, issued_us=now_us + 3600 * SECOND)) == "platform_no_meaning"
    assert judged(replace(GREEN, issued_us=now_us + 60 * SECOND)) == "valid"


def test_a_gate_that_does_not_know_the_time_judges_no_dates() -> None:
    for answer, route in (
        (replace(GREEN, until_us=(NOW_S + 10**6) * SECOND), ROUTE),
        (replace(GREEN, issued_us=NOW_S * SECOND), replace(ROUTE, fresh_us=10**12)),
    ):
        stand = Stand(route)
        stand.clock = stand.clock.UNSET
        stand.look()
        stand.settle(answer)
        assert stand.answers == ["clock_untrusted"]
    stand = Stand()
    stand.clock = stand.clock.UNSET
    stand.look()
    stand.settle(GREEN)
    assert stand.answers == ["valid"]


def test_an_answer_that_does_not_state_what_was_asked_has_no_meaning() -> None:
    assert judged(PlatformAnswer(PlatformState.FOUND)) == "platform_no_meaning"
    assert judged(PlatformAnswer(PlatformState.FOUND, {Fact.ITINERARY: "green"})) == "platform_no_meaning"
    assert judged(PlatformAnswer(PlatformState.FOUND, {Fact.COLOUR: ""})) == "platform_no_meaning"


# --- what is kept, and for how long -----------------------------------------------------------------

USELESS = [PlatformState.FAILED, PlatformState.NO_MEANING, PlatformState.NOT_FOUND]
SHORT = replace(ROUTE, again_us=10 * SECOND, keep_us=600 * SECOND)


@pytest.mark.parametrize("state", USELESS)
@pytest.mark.parametrize(
    "bad",
    [
        RED,
        PlatformAnswer(PlatformState.EXPIRED),
        replace(GREEN, subject={Fact.COLOUR: "green", Fact.TEST_RESULT: "positive"}),
    ],
    ids=["red", "expired", "positive"],
)
def test_what_speaks_against_somebody_is_not_forgotten_for_an_answer_that_says_nothing(
    state: PlatformState, bad: PlatformAnswer
) -> None:
    stand = Stand(SHORT)
    stand.look()
    stand.settle(bad)
    said = stand.answers[-1]
    stand.wait(60)
    assert stand.look() == "ask_platform"
    stand.settle(PlatformAnswer(state))
    assert stand.answers[-1] == said
    code = stand.platform.look("in", "scanner", b"hc:1", stand.now())
    assert (code.subject.get(Fact.COLOUR), code.subject[Fact.ANSWER_AGE_S]) == (
        bad.subject.get(Fact.COLOUR),
        "60",
    )
    stand.wait(60)
    assert stand.look() == "ask_platform"
    stand.fail("silent")
    assert stand.answers[-1] == said
    stand.wait(600)
    assert stand.look() == "ask_platform"
    stand.fail("silent")
    assert stand.answers[-1] == "platform_silent", "older than keep_s"


@pytest.mark.parametrize("state", USELESS)
def test_a_green_does_not_outlive_an_answer_that_says_otherwise(state: PlatformState) -> None:
    stand = Stand(SHORT)
    stand.look()
    stand.settle(GREEN)
    stand.wait(60)
    stand.look()
    stand.settle(PlatformAnswer(state))
    assert stand.answers[-1] == f"platform_{state}"
    stand.wait(60)
    stand.look()
    stand.fail("silent")
    assert stand.answers[-1] == "platform_silent"


def test_names_are_forgotten_when_their_answer_no_longer_counts() -> None:
    for keep_s, again_s in ((600, 10), (0, 0), (10, 300)):
        stand = Stand(replace(ROUTE, again_us=again_s * SECOND, keep_us=keep_s * SECOND))
        for number in range(20):
            stand.look(b"hc:%d" % number)
            stand.settle(GREEN)
        stand.look(b"hc:lost")
        stand.fail("garbled")
        longest = max(keep_s, again_s)
        stand.seconds += max(longest - 1, 0)
        stand.look_round()
        assert len(stand.platform._memory) == 20
        stand.seconds += 602
        stand.look_round()
        assert len(stand.platform._memory) == 0


def test_more_codes_than_a_gate_sees_in_a_day_do_not_fill_the_memory() -> None:
    stand = Stand()
    for number in range(KEPT + 100):
        question = Question(b"", str(number), 0, 0)
        stand.platform._memory.answered(question.key, RED, number)
        stand.platform._memory.failed(f"lost{number}", CodeReason.PLATFORM_SILENT, number)
    assert len(stand.platform._memory) == KEPT


# --- when a code was shown --------------------------------------------------------------------------


def test_a_late_answer_is_judged_by_when_the_code_was_shown() -> None:
    """In order when it was shown, run out when the platform is back: the person did nothing wrong."""
    for seconds, expected in ((60, "valid"), (0, "expired")):
        stand = Stand()
        for number in range(3):
            stand.look(b"hc:%d" % number)
            stand.fail("absent")
        stand.look(b"hc:shown")
        until_us = stand.now().at_us + seconds * SECOND
        stand.wait(540)
        while (question := stand.take()) is None or question.payload != b"hc:shown":
            assert question is None or stand.answer(question)
            stand.wait(1)
        stand.answer(question, replace(GREEN, until_us=until_us))
        assert stand.answers[-1] == expected


def test_a_code_the_platform_renewed_before_its_late_answer_is_no_lie_and_not_stale() -> None:
    stand = Stand(replace(ROUTE, fresh_us=60 * SECOND))
    stand.look()
    stand.fail("lost")
    shown_us = stand.now().at_us
    stand.wait(590)
    renewed = replace(GREEN, issued_us=stand.now().at_us)
    stand.settle(renewed)
    assert stand.answers[-1] == "valid"
    other = Stand(replace(ROUTE, fresh_us=60 * SECOND))
    other.look()
    other.fail("lost")
    other.wait(590)
    other.settle(replace(GREEN, issued_us=shown_us - 61 * SECOND))
    assert other.answers[-1] == "code_stale"


def test_an_answer_of_the_future_does_not_become_good_by_waiting() -> None:
    stand = Stand()
    stand.look()
    stand.settle(replace(GREEN, issued_us=stand.now().at_us + 400 * SECOND))
    assert stand.answers == ["platform_no_meaning"]
    stand.wait(200)
    assert stand.look() == "platform_no_meaning"


def test_a_gate_that_does_not_know_the_time_takes_no_moment_for_the_future() -> None:
    stand = Stand()
    stand.clock = stand.clock.UNSET
    stand.look()
    stand.settle(replace(GREEN, issued_us=stand.now().at_us + 10**14))
    assert stand.answers == ["valid"]


def test_a_code_shown_again_while_it_waits_is_as_old_as_its_last_showing() -> None:
    stand = Stand()
    for number in range(3):
        stand.look(b"hc:%d" % number)
        stand.fail("absent")
    stand.look(b"hc:held", device="camera")
    stand.wait(550)
    stand.look(b"hc:held", device="scanner2")
    shown_us = stand.now().mono_us
    stand.wait(100)
    asked = {}
    for _ in range(30):
        if (question := stand.take()) is not None:
            asked[question.payload] = stand.answer(question)
        stand.wait(1)
    assert asked[b"hc:held"].asked_us == shown_us, "shown a minute ago, and forgotten for its first showing"
    assert asked[b"hc:held"].waiters == [("in", "camera"), ("in", "scanner2")]


# --- what is told of the platform itself ------------------------------------------------------------


def test_nobody_says_that_it_works_before_anybody_was_answered() -> None:
    stand = Stand()
    stand.wait(100)
    stand.look(b"hc:1")
    assert stand.lamp.said == ["starting"]
    stand.settle(PlatformAnswer(PlatformState.FAILED))
    assert stand.lamp.said == ["starting"]
    stand.look(b"hc:2")
    stand.settle(GREEN)
    assert stand.lamp.said == ["starting", "up"]
    assert stand.changes == [], "it did not come back: it was never gone"


@pytest.mark.parametrize("people", [1, 2])
def test_a_gate_that_is_refused_from_the_start_says_so_however_few_people_come(people: int) -> None:
    """A wrong secret, or a certificate nobody trusts."""
    stand = Stand()
    for number in range(people):
        stand.look(b"hc:%d" % number)
    for _ in range(20):
        while (question := stand.take()) is not None:
            stand.lose(question, "denied")
        stand.wait(1)
    assert stand.changes == [False]
    assert stand.lamp.said == ["starting", "down:denied"]


def test_a_dead_platform_that_answered_once_is_not_announced_as_back() -> None:
    stand = Stand()
    for number in range(3):
        stand.look(b"hc:%d" % number)
    for question in [stand.taken() for _ in range(3)]:
        stand.lose(question, "silent")
    stand.wait(6)
    stand.settle(GREEN)
    for _ in range(900):
        while (trial := stand.take()) is not None:
            stand.wait(2.1)
            stand.lose(trial, "silent")
        stand.wait(1)
    assert stand.changes == [False]
    stand.look(b"hc:person")
    stand.wait(61)
    stand.settle(GREEN)
    stand.wait(61)
    assert stand.changes == [False, True]
