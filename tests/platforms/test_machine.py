"""Whatever the order in which codes are shown, questions answered or lost, and time passes."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from edge.domain.errors import DeviceUnavailable
from edge.domain.events import CodeAnswered
from edge.domain.facts import Fact
from edge.domain.model import CodeVerdict
from edge.domain.ports import PlatformAnswer, PlatformState
from edge.messages import DeviceChanged
from edge.platforms.answers import digest
from edge.platforms.backlog import Question
from tests.platforms.people import Stand

CODES = [b"hc:%d" % number for number in range(6)]
# What the platform knows; a code always means the same, so that any other colour is an invention.
TRUTH = {
    code: PlatformAnswer(PlatformState.FOUND, {Fact.COLOUR: colour})
    for code, colour in zip(CODES, ("green", "red", "yellow", "green", "grey", "red"), strict=True)
}
BY_KEY = {digest(code): code for code in CODES}
LANES = ("in", "out")


class Platforms(RuleBasedStateMachine):
    """A model of who waits for what since when, beside the real thing."""

    @initialize()
    def begin(self) -> None:
        self.stand = Stand()
        self.out: list[Question] = []
        self.read = 0
        self.asking: dict[tuple[str, bytes], float] = {}
        self.known: dict[bytes, float] = {}

    @rule(code=st.sampled_from(CODES), lane=st.sampled_from(LANES))
    def somebody_shows_a_code(self, code: bytes, lane: str) -> None:
        found = self.stand.platform.look(lane, "scanner", code, self.stand.now())
        if found.reason == "ask_platform":
            self.asking.setdefault((lane, code), self.stand.seconds)
        if found.verdict is CodeVerdict.VALID:
            assert code in self.known, "valid, and the platform never said so"
            assert found.subject[Fact.COLOUR] == TRUTH[code].subject[Fact.COLOUR]
            assert self.stand.seconds - self.known[code] <= 3600
        assert found.verdict in (CodeVerdict.VALID, CodeVerdict.UNVERIFIED)

    @rule(index=st.integers(0, 5))
    def a_worker_takes_a_question(self, index: int) -> None:
        if len(self.out) < 3 and (question := self.stand.take()) is not None:
            self.out.insert(index, question)

    @rule(index=st.integers(0, 5))
    def the_platform_answers(self, index: int) -> None:
        if self.out:
            question = self.out.pop(index % len(self.out))
            self.known[question.payload] = self.stand.seconds
            self.stand.platform.settle(question, TRUTH[question.payload])

    @rule(index=st.integers(0, 5), state=st.sampled_from([PlatformState.FAILED, PlatformState.NO_MEANING]))
    def the_platform_says_nothing_of_use(self, index: int, state: PlatformState) -> None:
        if self.out:
            question = self.out.pop(index % len(self.out))
            self.known.pop(question.payload, None)
            self.stand.platform.settle(question, PlatformAnswer(state))

    @rule(
        index=st.integers(0, 5),
        code=st.sampled_from(["silent", "absent", "lost", "busy", "garbled", "denied"]),
    )
    def a_question_is_lost(self, index: int, code: str) -> None:
        if self.out:
            question = self.out.pop(index % len(self.out))
            self.stand.platform.fail(question, DeviceUnavailable("x", code=code))

    @rule(seconds=st.sampled_from([0.1, 0.9, 2.0, 5.0, 61.0, 700.0]))
    def time_passes(self, seconds: float) -> None:
        self.stand.wait(seconds)

    @invariant()
    def nobody_waits_longer_than_the_time_out(self) -> None:
        if not hasattr(self, "stand"):
            return
        for message in self.stand.messages[self.read :]:
            if isinstance(message, CodeAnswered):
                self.asking.pop((message.lane, BY_KEY[message.key]), None)
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
        self.read = len(self.stand.messages)

    @invariant()
    def it_is_said_once_that_it_went_and_once_that_it_is_back(self) -> None:
        if not hasattr(self, "stand"):
            return
        changes = [m.up for m in self.stand.messages if isinstance(m, DeviceChanged)]
        assert changes == [bool(number % 2) for number in range(len(changes))]
        lamp = [said.partition(":")[0] for said in self.stand.lamp.said]
        assert lamp == ["up", *("up" if up else "down" for up in changes)]


TestPlatforms = Platforms.TestCase
TestPlatforms.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
