"""The breaker: opens after three different codes, tries with one, later and later."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edge.platforms.breaker import CLOSES_AFTER, OPENS_AFTER, PAUSES_US, STEADY_US, Breaker

OPEN = Breaker().failed(0, "a").failed(0, "b").failed(0, "c")


def test_three_codes_in_a_row_open_it_and_an_answer_between_them_does_not() -> None:
    breaker = Breaker()
    for _ in range(10):
        breaker = breaker.failed(0, "a").failed(0, "b").answered(0)
        assert not breaker.is_open
    assert breaker.failed(0, "a").failed(0, "b").failed(0, "c").is_open
    assert OPENS_AFTER == 3


def test_one_code_however_often_it_fails_is_one_failure_and_nobody_there_counts_every_time() -> None:
    breaker = Breaker()
    for _ in range(50):
        breaker = breaker.failed(0, "strange")
        assert not breaker.is_open
    assert not breaker.failed(0, "b").is_open
    assert breaker.failed(0, None).failed(0, None).is_open
    assert Breaker().failed(0, None).failed(0, None).failed(0, None).is_open


def test_it_waits_longer_each_time_and_no_longer_than_a_minute() -> None:
    breaker, now_us, pauses = OPEN, 0, []
    for _ in range(8):
        assert breaker.again_us is not None
        pauses.append(breaker.again_us - now_us)
        now_us = breaker.again_us
        breaker = breaker.asked().failed(now_us, "a")
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
    breaker, now_us = OPEN, PAUSES_US[0]
    for number in range(CLOSES_AFTER):
        assert breaker.is_open
        assert breaker.allows(now_us)
        breaker = breaker.asked()
        assert not breaker.allows(now_us)
        now_us += 100_000
        breaker = breaker.answered(now_us)
        assert breaker.is_open == (number < CLOSES_AFTER - 1)
    flapping = OPEN
    for _ in range(20):
        flapping = flapping.asked().answered(now_us).asked().answered(now_us).asked().failed(now_us, "d")
        assert flapping.is_open


def test_a_code_that_failed_before_takes_no_answer_back_and_closes_nothing() -> None:
    breaker = OPEN.asked().answered(6_000_000).asked().undecided(6_100_000)
    assert breaker.is_open
    assert not breaker.allows(6_100_001)
    assert breaker.answers == 1
    assert OPEN.undecided(9) == OPEN, "only the question that tries"
    again_us = breaker.again_us or 0
    assert not breaker.asked().answered(again_us).asked().answered(again_us).is_open


def test_one_answer_and_a_quiet_minute_close_it_too() -> None:
    assert OPEN.rested(10**12) == OPEN, "silence alone is no sign of life"
    tried = OPEN.asked().answered(6_000_000)
    assert tried.rested(6_000_000 + STEADY_US - 1).is_open
    assert not tried.rested(6_000_000 + STEADY_US).is_open
    assert tried.asked().rested(10**12).is_open


def test_no_quiet_minute_closes_it_after_a_try_that_failed_whoevers_fault_that_was() -> None:
    breaker = OPEN.asked().answered(6_000_000)
    now_us = 6_000_000
    for _ in range(8):
        breaker = breaker.asked().undecided(now_us)
        now_us = breaker.again_us or 0
        assert breaker.rested(now_us + STEADY_US).is_open, "a dead platform was announced as back"
    answered = breaker.asked().answered(now_us)
    assert answered.rested(now_us + STEADY_US - 1).is_open
    assert not answered.rested(now_us + STEADY_US).is_open


class Machine(RuleBasedStateMachine):
    """Whatever the order of questions, answers, failures and time."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker = Breaker()
        self.now_us = 0
        self.out = 0
        self.failed: set[str] = set()
        self.unreached = 0
        self.was_open = False
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
            self.failed, self.unreached, self.answers, self.was_open = set(), 0, 0, False

    @precondition(lambda self: self.out)
    @rule()
    def it_is_answered_too_late(self) -> None:
        before = self.breaker
        self.breaker = before.late(self.now_us)
        assert (self.breaker.is_open, self.breaker.trying) == (before.is_open, before.trying)
        assert not self.breaker.is_open or self.breaker.trying or self.breaker.allows(self.now_us)

    @precondition(lambda self: self.out)
    @rule(code=st.sampled_from(["a", "b", "c", "d", None]))
    def it_fails(self, code: str | None) -> None:
        self.out -= 1
        before = self.breaker
        self.breaker = before.failed(self.now_us, code)
        if before.is_open and not before.trying:
            assert self.breaker == before
        elif before.is_open:
            self.tries = self.answers = 0
        elif code is None:
            self.unreached += 1
        else:
            self.failed.add(code)

    @precondition(lambda self: self.out and self.breaker.trying)
    @rule()
    def it_fails_with_a_code_that_failed_before(self) -> None:
        self.out -= 1
        self.breaker = self.breaker.undecided(self.now_us)
        self.tries = 0
        assert self.breaker.answers == self.answers

    @invariant()
    def it_opens_after_three_different_and_no_sooner(self) -> None:
        self.was_open = self.was_open or len(self.failed) + self.unreached >= OPENS_AFTER
        assert self.breaker.is_open == self.was_open

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
