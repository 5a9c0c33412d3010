"""One code the platform cannot digest, held up over and over: nobody else waits or is told anything."""

from itertools import pairwise

import pytest

from edge.platforms.platform import ASIDE, TRIES
from tests.platforms.people import GREEN, RED, Stand

HOW = ["busy", "garbled", "lost", "denied", "silent"]


def served() -> Stand:
    """A platform that has answered somebody: it does not refuse the gate as such."""
    stand = Stand()
    stand.look(b"hc:first")
    stand.settle(GREEN)
    return stand


@pytest.mark.parametrize("how", HOW)
def test_one_strange_code_held_up_for_a_quarter_of_an_hour_opens_nothing_and_keeps_nobody(how: str) -> None:
    stand = served()
    asked_s: list[float] = []
    for number in range(150):
        assert stand.look(b"hc:strange") != "valid"
        while (question := stand.take()) is not None:
            if question.payload == b"hc:strange":
                asked_s.append(stand.seconds)
                stand.lose(question, how)
            else:
                stand.answer(question, GREEN)
        if number % 100 == 50:
            # Somebody else, now and then: asked about at once, and answered.
            assert stand.look(b"hc:%d" % number) == "ask_platform"
            assert stand.settle(GREEN).payload == b"hc:%d" % number
        stand.wait(6)
    assert stand.changes == []
    gaps = [after - before for before, after in pairwise(asked_s)]
    assert min(gaps) >= 5.0, "it did not rest"
    assert min(gaps[4:]) >= 60.0, "it did not rest longer and longer"


@pytest.mark.parametrize("how", HOW)
def test_it_is_not_counted_again_when_it_is_asked_again_by_itself(how: str) -> None:
    stand = served()
    stand.look(b"hc:strange")
    stand.fail(how)
    for _ in range(60):
        while (question := stand.take()) is not None:
            stand.lose(question, how)
        stand.wait(10)
    assert stand.changes == []
    assert stand.look(b"hc:else") == "ask_platform"


def test_a_time_out_and_the_error_that_follows_it_are_one_failure() -> None:
    stand = Stand()
    for number in range(2):
        stand.look(b"hc:%d" % number)
        question = stand.taken()
        stand.wait(3)
        stand.lose(question, "silent")
    assert stand.changes == []
    stand.look(b"hc:2")
    stand.fail("busy")
    assert stand.changes == [False]


@pytest.mark.parametrize("how", HOW)
def test_three_different_codes_without_an_answer_between_them_do_open_it(how: str) -> None:
    stand = served()
    for number in range(3):
        assert stand.changes == []
        stand.look(b"hc:%d" % number)
        stand.fail(how)
    assert stand.changes == [False]


def test_that_nobody_is_there_shows_with_one_code_alone() -> None:
    """No code can bring about that a connection is refused or a name unknown: every try counts, so that a
    platform that is out of reach is told also where only one person comes."""
    stand = Stand()
    stand.look(b"hc:1")
    stand.fail("absent")
    tried = 1
    while not stand.changes and tried < 10:
        stand.wait(1)
        if (question := stand.take()) is not None:
            tried += 1
            stand.lose(question, "absent")
    assert (stand.changes, tried) == ([False], 3)
    assert stand.seconds < 130.0
    assert stand.lamp.said[-1] == "down:absent"


def test_a_line_that_cannot_be_opened_in_time_counts_when_its_end_is_known() -> None:
    """The time is up long before the worker knows that it reached nobody."""
    stand = Stand()
    for _ in range(3):
        stand.look(b"hc:1")
        question = stand.taken()
        stand.wait(15)
        stand.lose(question, "absent")
        assert stand.look(b"hc:1") != "ask_platform"
        stand.wait(45)
    assert stand.changes == [False]


def test_while_the_platform_is_away_new_codes_find_out_whether_it_is_back_not_the_strange_ones() -> None:
    stand = Stand()
    for number in range(3):
        stand.look(b"hc:strange%d" % number)
        stand.fail("busy")
    stand.look(b"hc:new")
    stand.wait(6)
    assert stand.taken().payload == b"hc:new"


def test_a_strange_code_does_not_keep_a_platform_away_that_is_back() -> None:
    stand = Stand()
    for number in range(3):
        stand.look(b"hc:strange%d" % number)
        stand.fail("busy")
    for minute in range(4):
        stand.look(b"hc:person%d" % minute)
        for _ in range(10):
            stand.look(b"hc:strange1")
            while (question := stand.take()) is not None:
                if b"strange" in question.payload:
                    stand.lose(question, "busy")
                else:
                    stand.answer(question, GREEN)
            stand.wait(6)
        if stand.changes[-1:] == [True]:
            break
    assert stand.changes == [False, True]


def test_a_code_shown_while_it_rests_is_asked_about_when_it_has_rested() -> None:
    stand = Stand()
    stand.look()
    stand.fail("garbled")
    stand.wait(1)
    assert stand.look(lane="in", device="second") == "platform_garbled"
    assert stand.take() is None
    stand.wait(5)
    stand.settle(RED)
    assert stand.answers[-1] == "valid"


def test_codes_nobody_waits_for_leave_a_worker_to_who_comes_next() -> None:
    stand = Stand()
    for number in range(5):
        stand.platform.recall("in", "camera", b"hc:%d" % number, stand.now().mono_us)
    taken = [stand.taken() for _ in range(ASIDE)]
    assert stand.take() is None
    stand.look(b"hc:here")
    assert stand.taken().payload == b"hc:here"
    stand.answer(taken[0])
    assert stand.taken().payload == b"hc:2"


def test_while_everybody_fails_a_code_is_tried_for_as_long_as_it_is_worth_recording() -> None:
    stand = Stand()
    for number in range(3):
        stand.look(b"hc:%d" % number)
        stand.fail("busy")
    tried = 0
    for _ in range(90):
        if (question := stand.take()) is not None:
            tried += 1
            stand.lose(question, "busy")
        stand.wait(6)
    assert tried > TRIES
    asked = []
    for _ in range(20):
        while (question := stand.take()) is not None:
            asked.append(question.payload)
            stand.answer(question, GREEN)
        stand.wait(6)
    assert sorted(asked) == [b"hc:0", b"hc:1", b"hc:2"], "what was shown nine minutes ago is still recorded"
