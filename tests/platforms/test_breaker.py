"""The breaker: opens after three, tries with one, later and later."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edge.platforms.breaker import CLOSES_AFTER, OPENS_AFTER, PAUSES_US, STEADY_US, Breaker


def test_three_failures_in_a_row_open_it_and_an_answer_between_them_does_not() -> None:
    breaker = Breaker()
    for _ in range(10):
        breaker = breaker.failed(0).failed(0).answered(0)
        assert not breaker.is_open
    assert breaker.failed(0).failed(0).failed(0).is_open
    assert OPENS_AFTER == 3


def test_it_waits_longer_each_time_and_no_longer_than_a_minute() -> None:
    breaker, now_us, pauses = Breaker(), 0, []
    for _ in range(OPENS_AFTER):
        breaker = breaker.failed(now_us)
    for _ in range(8):
        assert breaker.again_us is not None
        pauses.append(breaker.again_us - now_us)
        now_us = breaker.again_us
        breaker = breaker.asked().failed(now_us)
    assert pauses == [
        5_000_000,
        10_000_000,
        20_000_000,
        40_000_000,
        60_000_000,
        60_000_000,
        60_000_000,
        60_000_000,
    ]
    assert pauses[:5] == list(PAUSES_US)


def test_it_closes_after_three_answers_in_a_row_asked_one_after_the_other_without_a_pause() -> None:
    breaker = Breaker().failed(0).failed(0).failed(0)
    now_us = PAUSES_US[0]
    for number in range(CLOSES_AFTER):
        assert breaker.is_open
        assert breaker.allows(now_us)
        breaker = breaker.asked()
        assert not breaker.allows(now_us)
        now_us += 100_000
        breaker = breaker.answered(now_us)
        assert breaker.is_open == (number < CLOSES_AFTER - 1)
    flapping = Breaker().failed(0).failed(0).failed(0)
    for _ in range(20):
        flapping = flapping.asked().answered(now_us).asked().answered(now_us).asked().failed(now_us)
        assert flapping.is_open


def test_one_answer_and_a_quiet_minute_close_it_too() -> None:
    breaker = Breaker().failed(0).failed(0).failed(0)
    assert breaker.rested(10**12) == breaker, "silence alone is no sign of life"
    tried = breaker.asked().answered(6_000_000)
    assert tried.rested(6_000_000 + STEADY_US - 1).is_open
    assert not tried.rested(6_000_000 + STEADY_US).is_open
    assert tried.asked().rested(10**12).is_open


class Machine(RuleBasedStateMachine):
    """Whatever the order of questions, answers, failures and time."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker = Breaker()
        self.now_us = 0
        self.out = 0
        self.in_a_row = 0
        self.tries = 0
        self.answers = 0

    @rule(us=st.integers(0, 90_000_000))
    def time_passes(self, us: int) -> None:
        self.now_us += us

    @precondition(lambda self: self.breaker.allows(self.now_us))
    @rule()
    def a_question_goes_out(self) -> None:
        self.tries += self.breaker.is_open
        self.breaker = self.breaker.asked()
        self.out += 1

    @precondition(lambda self: self.out and (self.breaker.trying or not self.breaker.is_open))
    @rule()
    def it_is_answered(self) -> None:
        self.out -= 1
        was_open = self.breaker.is_open
        self.breaker = self.breaker.answered(self.now_us)
        self.answers = self.answers + 1 if was_open else 0
        self.tries = 0
        assert self.breaker.is_open == (was_open and self.answers < CLOSES_AFTER)
        assert self.breaker.allows(self.now_us)
        if not self.breaker.is_open:
            self.in_a_row = self.answers = 0

    @precondition(lambda self: self.out)
    @rule()
    def it_is_answered_too_late(self) -> None:
        before = self.breaker
        self.breaker = before.late(self.now_us)
        assert (self.breaker.is_open, self.breaker.trying) == (before.is_open, before.trying)
        assert not self.breaker.is_open or self.breaker.trying or self.breaker.allows(self.now_us)

    @precondition(lambda self: self.out)
    @rule()
    def it_fails(self) -> None:
        self.out -= 1
        before = self.breaker
        self.breaker = before.failed(self.now_us)
        if before.is_open and not before.trying:
            assert self.breaker == before
        else:
            self.in_a_row += 1
            self.tries = self.answers = 0

    @invariant()
    def it_is_open_after_three_in_a_row_and_no_sooner(self) -> None:
        assert self.breaker.is_open == (self.in_a_row >= OPENS_AFTER)

    @invariant()
    def while_open_one_question_at_most_is_trying(self) -> None:
        if self.breaker.is_open:
            assert self.tries <= 1
            assert self.breaker.trying == bool(self.tries)
            assert not (self.breaker.trying and self.breaker.allows(self.now_us))

    @invariant()
    def it_never_closes_the_gate_for_more_than_a_minute(self) -> None:
        if self.breaker.again_us is not None:
            assert self.breaker.again_us - self.now_us <= PAUSES_US[-1]


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
