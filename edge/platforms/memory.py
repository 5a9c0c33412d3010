"""What a platform said of codes, for as long as it counts, and which codes it said nothing of.

In memory only. Answers hold names: what is too old to count is forgotten, not only overlooked.
"""

from collections import OrderedDict
from dataclasses import dataclass, replace

from edge.codes.reasons import CodeReason
from edge.domain.facts import Colour, Fact, Result
from edge.domain.model import Code, Instant
from edge.domain.ports import PlatformAnswer, PlatformState
from edge.platforms.answers import Route, answered, unanswered
from edge.platforms.backlog import Question
from edge.platforms.breaker import PAUSES_US

KEPT = 4096
SUSPECT_US = 600_000_000  # for so long a code that failed is known to have failed

# Answers that say something of the code; the others say that there is nothing to say.
LASTING = frozenset({PlatformState.FOUND, PlatformState.EXPIRED})
_COLOURS = (Fact.COLOUR, Fact.ITINERARY)


@dataclass(frozen=True, slots=True)
class Rest:
    """A code is not asked about until `until_us`; `says` is what came of asking last, `times` in a row that
    came to nothing, `failures` of them no answer of any use."""

    at_us: int
    times: int
    failures: int
    says: PlatformAnswer | CodeReason

    @property
    def until_us(self) -> int:
        return self.at_us + PAUSES_US[min(self.times, len(PAUSES_US)) - 1]


def is_clear(answer: PlatformAnswer) -> bool:
    """Say whether nothing in an answer speaks against anybody."""
    colours = {answer.subject.get(fact) for fact in _COLOURS} - {None, ""}
    tested_ill = answer.subject.get(Fact.TEST_RESULT) == Result.POSITIVE
    return answer.state is PlatformState.FOUND and colours <= {str(Colour.GREEN)} and not tested_ill


class Memory:
    """The newest lasting answer to each code, and the codes that rest. Not thread-safe."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._kept: OrderedDict[str, tuple[PlatformAnswer, int]] = OrderedDict()
        self._rests: OrderedDict[str, Rest] = OrderedDict()

    def __len__(self) -> int:
        return max(len(self._kept), len(self._rests))

    def fresh(self, question: Question, now: Instant) -> Code | None:
        """Return what a code is known to mean without asking again, None where it has to be asked."""
        kept = self._since(question.key, now.mono_us - self._route.again_us)
        return None if kept is None else self._said(question, *kept, now)

    def told(self, question: Question, answer: PlatformAnswer, now: Instant) -> Code:
        """Return what an answer given now makes of a code. One that says nothing of the code takes nothing
        back that speaks against its holder."""
        kept = self._since(question.key, now.mono_us - self._route.keep_us)
        return self._said(question, *(kept or (answer, now.mono_us)), now)

    def without(self, question: Question, reason: CodeReason, now: Instant) -> Code:
        """Return what an answer kept earlier says, with its age, or that nothing is known. The payload stays
        with either: the platform has not said its word, and is asked for it after a restart, too."""
        kept = self._since(question.key, now.mono_us - self._route.keep_us)
        if kept is None:
            return unanswered(self._route, question.payload, reason, id_number=question.id_number)
        code = self._said(question, *kept, now)
        return code if question.id_number is not None else replace(code, payload=question.payload)

    def subject(self, key: str) -> dict[str, str]:
        """Return what was said of a code."""
        kept = self._kept.get(key)
        return dict(kept[0].subject) if kept is not None else {}

    def rest(self, key: str, now_us: int) -> Rest | None:
        """Return the rest of a code that is not to be asked about now."""
        found = self._rests.get(key)
        return found if found is not None and now_us < found.until_us else None

    def ready_us(self, key: str) -> int:
        """Return when a code may be asked about again; 0 where it never failed."""
        found = self._rests.get(key)
        return found.until_us if found is not None and found.failures else 0

    def is_suspect(self, key: str) -> bool:
        """Say whether a code failed before and was not answered since: that may be the code."""
        found = self._rests.get(key)
        return found is not None and found.failures > 0

    def answered(self, key: str, answer: PlatformAnswer, now_us: int) -> None:
        """Keep an answer. One that says nothing of the code ends a good one, never one that speaks against
        somebody."""
        if answer.state in LASTING:
            self._rests.pop(key, None)
            self._kept.pop(key, None)
            self._kept[key] = (answer, now_us)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return
        kept = self._kept.get(key)
        if kept is not None and is_clear(kept[0]):
            del self._kept[key]
        failures = 0 if answer.state is PlatformState.NOT_FOUND else self._failures(key) + 1
        self._rested(key, answer, failures, now_us)

    def failed(self, key: str, reason: CodeReason, now_us: int) -> int:
        """Note that asking got no answer; return when the code may be asked about again."""
        self._rested(key, reason, self._failures(key) + 1, now_us)
        return self._rests[key].until_us

    def forget(self, now_us: int) -> None:
        """Forget what no longer counts."""
        before_us = now_us - max(self._route.keep_us, self._route.again_us)
        while self._kept and next(iter(self._kept.values()))[1] < before_us:
            self._kept.popitem(last=False)
        while self._rests and next(iter(self._rests.values())).at_us < now_us - SUSPECT_US:
            self._rests.popitem(last=False)

    def _since(self, key: str, since_us: int) -> tuple[PlatformAnswer, int] | None:
        found = self._kept.get(key)
        return found if found is not None and found[1] >= since_us else None

    def _said(self, question: Question, answer: PlatformAnswer, said_us: int, now: Instant) -> Code:
        # Whether it was in order when it was shown is asked, not whether it still is when the answer comes.
        shown = Instant(question.asked_us, now.at_us - (now.mono_us - question.asked_us), now.clock)
        age_us, number = question.asked_us - said_us, question.id_number
        return answered(self._route, question.payload, answer, shown, age_us=age_us, id_number=number)

    def _failures(self, key: str) -> int:
        found = self._rests.get(key)
        return found.failures if found is not None else 0

    def _rested(self, key: str, says: PlatformAnswer | CodeReason, failures: int, now_us: int) -> None:
        before = self._rests.pop(key, None)
        self._rests[key] = Rest(now_us, before.times + 1 if before else 1, failures, says)
        while len(self._rests) > KEPT:
            self._rests.popitem(last=False)
