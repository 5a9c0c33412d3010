"""Whatever the order in which codes are shown, questions answered or lost, and time passes."""

import itertools

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from edge.domain.events import CodeAnswered
from edge.domain.facts import Fact
from edge.domain.model import CodeVerdict
from edge.domain.ports import PlatformAnswer, PlatformState
from edge.messages import DeviceChanged
from edge.platforms.answers import digest
from edge.platforms.backlog import Question
from edge.platforms.breaker import PAUSES_US
from tests.platforms.people import SECOND, Stand

CODES = [b"hc:%d" % number for number in range(6)]
# What the platform knows; a code always means the same, so that any other colour is an invention.
TRUTH = {
    code: PlatformAnswer(PlatformState.FOUND, {Fact.COLOUR: colour})
    for code, colour in zip(CODES, ("green", "red", "yellow", "green", "grey", "red"), strict=True)
}
BY_KEY = {digest(code): code for code in CODES}
LANES = ("in", "out")
# Said for want of an answer; whatever else is said is the last word on a code that was shown.
NO_ANSWER = ("platform_silent", "platform_down", "platform_garbled")


class Platforms(RuleBasedStateMachine):
    """A model of who waits for what since when, beside the real thing."""

    @initialize()
    def begin(self) -> None:
        self.stand = Stand()
        self.out: list[Question] = []
        self.read = 0
        self.asking: dict[tuple[str, bytes], float] = {}  # who waits now, since when
        self.open: set[tuple[str, bytes]] = set()  # shown, and no answer yet
        self.doubts: set[tuple[str, bytes]] = set()  # shown where it was seen second
        self.known: dict[bytes, float] = {}
        self.lost_s: dict[bytes, float] = {}  # when a code failed last, and may not be asked again
        self.failed: set[bytes] = set()
        self.unreached = 0
        self.is_up = True

    @rule(code=st.sampled_from(CODES), lane=st.sampled_from(LANES))
    def somebody_shows_a_code(self, code: bytes, lane: str) -> None:
        found = self.stand.platform.look(lane, "scanner", code, self.stand.now())
        if found.reason == "ask_platform":
            self.asking.setdefault((lane, code), self.stand.seconds)
        # What was answered earlier stands in for what may yet be asked.
        if found.reason in ("ask_platform", *NO_ANSWER) or Fact.ANSWER_AGE_S in found.subject:
            self.open.add((lane, code))
        if found.reason == "seen_elsewhere":
            self.doubts.add((lane, code))
        if found.verdict is CodeVerdict.VALID:
            assert code in self.known, "valid, and the platform never said so"
            assert found.subject[Fact.COLOUR] == TRUTH[code].subject[Fact.COLOUR]
            assert self.stand.seconds - self.known[code] <= 3600
        assert found.verdict in (CodeVerdict.VALID, CodeVerdict.UNVERIFIED)

    @rule(index=st.integers(0, 5))
    def a_worker_takes_a_question(self, index: int) -> None:
        if len(self.out) < 3 and (question := self.stand.take()) is not None:
            before_s = self.lost_s.get(question.payload)
            assert before_s is None or self.stand.seconds - before_s >= PAUSES_US[0] / SECOND, "not rested"
            self.out.insert(index, question)

    @rule(index=st.integers(0, 5))
    def the_platform_answers(self, index: int) -> None:
        if self.out:
            question = self.out.pop(index % len(self.out))
            self.known[question.payload] = self.stand.seconds
            self.lost_s.pop(question.payload, None)
            if not question.overdue:
                self.failed, self.unreached = set(), 0
            self.stand.answer(question, TRUTH[question.payload])

    @rule(index=st.integers(0, 5), state=st.sampled_from([PlatformState.FAILED, PlatformState.NO_MEANING]))
    def the_platform_says_nothing_of_use(self, index: int, state: PlatformState) -> None:
        if self.out:
            question = self.out.pop(index % len(self.out))
            if TRUTH[question.payload].subject[Fact.COLOUR] == "green":
                self.known.pop(question.payload, None)
            self.stand.answer(question, PlatformAnswer(state))

    @rule(
        index=st.integers(0, 5),
        code=st.sampled_from(["silent", "absent", "lost", "busy", "garbled", "denied"]),
    )
    def a_question_is_lost(self, index: int, code: str) -> None:
        if self.out:
            question = self.out.pop(index % len(self.out))
            self.lost_s[question.payload] = self.stand.seconds
            if code in ("absent", "denied") and not question.counted:
                self.unreached += 1
            else:
                self.failed.add(question.payload)
            self.stand.lose(question, code)

    @rule(seconds=st.sampled_from([0.1, 0.9, 2.0, 5.0, 61.0, 700.0]))
    def time_passes(self, seconds: float) -> None:
        # Whose time runs out meanwhile has failed; those a worker has not taken yet as well.
        at_us = self.stand.now().mono_us + round(seconds * SECOND)
        taken = {question.payload for question in self.out if question.deadline_us <= at_us}
        self.failed |= taken | {code for (_lane, code) in self.asking}
        self.stand.wait(seconds)

    @invariant()
    def every_code_shown_has_one_last_word_in_order_and_nobody_waits_for_it(self) -> None:
        if not hasattr(self, "stand"):
            return
        for message in self.stand.messages[self.read :]:
            if isinstance(message, CodeAnswered):
                who = (message.lane, BY_KEY[message.key])
                if message.code.reason == "seen_elsewhere":
                    assert who in self.doubts, "told, and never shown there"
                    assert message.code.subject[Fact.COLOUR] != "green"
                    continue
                hoped = self.asking.pop(who, None)
                # What was answered earlier stands in for an answer that does not come in time.
                earlier = Fact.ANSWER_AGE_S in message.code.subject and hoped is not None
                if message.code.reason in NO_ANSWER or earlier:
                    assert hoped is not None, "told that none came, after the answer or a second time"
                else:
                    assert who in self.open, "told a second time"
                    self.open.discard(who)
        for since in self.asking.values():
            assert self.stand.seconds - since < 2.0 + 1e-6

    @invariant()
    def what_the_lanes_are_told_is_what_the_platform_said(self) -> None:
        if not hasattr(self, "stand"):
            return
        for message in self.stand.messages[self.read :]:
            if isinstance(message, CodeAnswered) and message.code.verdict is CodeVerdict.VALID:
                truth = TRUTH[BY_KEY[message.key]]
                assert message.code.subject[Fact.COLOUR] == truth.subject[Fact.COLOUR]

    @invariant()
    def it_goes_after_three_different_codes_only_and_is_told_once(self) -> None:
        if not hasattr(self, "stand"):
            return
        for message in self.stand.messages[self.read :]:
            if isinstance(message, DeviceChanged):
                assert message.up is not self.is_up
                self.is_up = message.up
                if message.up:
                    self.failed, self.unreached = set(), 0
                else:
                    assert len(self.failed) + self.unreached >= 3
        self.read = len(self.stand.messages)
        lamp = [said.partition(":")[0] for said in self.stand.lamp.said]
        assert lamp[0] == "starting"
        assert all(one != other for one, other in itertools.pairwise(lamp))


TestPlatforms = Platforms.TestCase
TestPlatforms.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)
