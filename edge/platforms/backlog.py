"""Questions, and those that wait for a platform to come back: each code once, the newest ones."""

from collections import OrderedDict
from dataclasses import dataclass, field

BACKLOG = 256
BACKLOG_US = 600_000_000
_WAITERS = 16


@dataclass(slots=True)
class Question:
    """One code that a platform is asked about. An answer after `deadline_us` is late. `told`: those who
    wait know that none came in time; `counted`: the breaker knows how it ended; `trial`: it went out to
    find out whether the platform is back."""

    payload: bytes
    key: str
    asked_us: int
    deadline_us: int
    waiters: list[tuple[str, str]] = field(default_factory=list)
    told: bool = False
    counted: bool = False
    trial: bool = False
    tries: int = 0

    def waits(self, *waiters: tuple[str, str]) -> None:
        """Tell these (lane, device), too, when the answer comes."""
        self.waiters += [waiter for waiter in waiters if waiter not in self.waiters]
        del self.waiters[_WAITERS:]


class Backlog:
    """Questions in the order they were asked, one for each code. A code held up before a camera is read
    ten times a second: it must not push others out."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, Question] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, question: Question) -> None:
        """Let a question wait, with those who wait for the same code already."""
        known = self._waiting.get(question.key)
        if known is not None:
            known.waits(*question.waiters)
            return
        self._waiting[question.key] = question
        while len(self._waiting) > BACKLOG:
            self._waiting.popitem(last=False)

    def take(self) -> Question:
        """Return the oldest question; KeyError where there is none."""
        return self._waiting.popitem(last=False)[1]

    def forget(self, before_us: int) -> None:
        """Forget questions asked before a moment: nobody stands at the gate for them any more."""
        for key in [key for key, question in self._waiting.items() if question.asked_us < before_us]:
            del self._waiting[key]
