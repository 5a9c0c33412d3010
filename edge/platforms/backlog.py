"""Questions, and those that wait to be asked (again): each code once, the newest ones."""

from collections import OrderedDict
from dataclasses import dataclass, field

BACKLOG = 256
BACKLOG_US = 600_000_000
_WAITERS = 16

Waiter = tuple[str, str]
"""(lane, device) where a code was shown."""


@dataclass(slots=True)
class Question:
    """One code (or, where `id_number` is given, one number) that a platform is asked about.

    `asked_us` is when it was shown last; an answer after `deadline_us` is late. `waiters` are told what
    the platform says, whenever that is; `hoping` are those among them who wait for it now, until `overdue`.
    `doubts` saw the code second: they are told only what speaks against its holder.
    `ready_us` is when it may be asked again (0: it never failed), `tries` how often it was in vain, `aside`
    that nobody stood there when it went out, `trial` that it went out to find out whether the platform is
    back, `counted` that the breaker knows how it ended.
    """

    payload: bytes
    key: str
    asked_us: int
    deadline_us: int
    waiters: list[Waiter] = field(default_factory=list)
    hoping: list[Waiter] = field(default_factory=list)
    doubts: list[Waiter] = field(default_factory=list)
    id_number: str | None = None
    ready_us: int = 0
    tries: int = 0
    overdue: bool = False
    counted: bool = False
    trial: bool = False
    aside: bool = False

    def waits(self, *waiters: Waiter) -> None:
        """Tell these, too, when the answer comes."""
        self.waiters = _without_twins(self.waiters, waiters)

    def hopes(self, *waiters: Waiter) -> None:
        """Tell these at the latest when the time is up."""
        self.waits(*waiters)
        self.hoping = _without_twins(self.hoping, waiters)

    def doubted(self, *waiters: Waiter) -> None:
        """Tell these what speaks against whoever showed the code."""
        self.doubts = _without_twins(self.doubts, waiters)

    def goes_aside(self, deadline_us: int) -> None:
        """Go out where nobody waits; its time says whether the platform is as quick as it should be."""
        self.deadline_us = deadline_us
        self.overdue = self.counted = False
        self.aside = True

    def takes_over(self, other: "Question") -> None:
        """Tell those, too, who are to be told of the same code by another question."""
        self.waits(*other.waiters)
        self.doubted(*other.doubts)

    def joined(self, other: "Question") -> None:
        """Stand for another question about the same code. Shown again is shown later."""
        self.takes_over(other)
        self.asked_us = max(self.asked_us, other.asked_us)
        self.ready_us = max(self.ready_us, other.ready_us)


class Backlog:
    """Questions in the order they came, one for each code. A code held up before a camera is read ten times a
    second: it must not push others out."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, Question] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, question: Question) -> None:
        """Let a question wait, with those who wait for the same code already."""
        known = self._waiting.get(question.key)
        if known is not None:
            known.joined(question)
            return
        self._waiting[question.key] = question
        while len(self._waiting) > BACKLOG:
            self._waiting.popitem(last=False)

    def pop(self, key: str) -> Question | None:
        """Return and forget the question about one code, None where none waits."""
        return self._waiting.pop(key, None)

    def take(self, now_us: int) -> Question | None:
        """Return the oldest question that may be asked now: one that never failed before one that did, so
        that a strange code keeps nobody from being asked about."""
        ready = [question for question in self._waiting.values() if question.ready_us <= now_us]
        found = min(ready, key=lambda question: question.ready_us > 0, default=None)
        return None if found is None else self._waiting.pop(found.key)

    def is_ready(self, now_us: int) -> bool:
        """Say whether `take` would return one."""
        return any(question.ready_us <= now_us for question in self._waiting.values())

    def forget(self, before_us: int) -> None:
        """Forget questions asked before a moment: nobody stands at the gate for them any more."""
        for key in [key for key, question in self._waiting.items() if question.asked_us < before_us]:
            del self._waiting[key]


def _without_twins(known: list[Waiter], more: tuple[Waiter, ...]) -> list[Waiter]:
    return list(dict.fromkeys((*known, *more)))[:_WAITERS]
