"""Whether asking a platform is worth anybody's time.

Three unanswered questions in a row and nobody waits any more; one question at a time finds out whether
it is back, later and later while it is not. Three answers in a row and it is: a platform that answers now
and then would otherwise come and go all day. A value: time comes in, nothing is read.
"""

from dataclasses import dataclass, replace

OPENS_AFTER = 3
CLOSES_AFTER = 3
STEADY_US = 60_000_000
PAUSES_US = (5_000_000, 10_000_000, 20_000_000, 40_000_000, 60_000_000)


@dataclass(frozen=True, slots=True)
class Breaker:
    """`failures` in a row; `opened` how often a try failed since it opened; `again_us` when the next
    question may be asked, on the monotonic clock (None while closed); `trying` while that one is out;
    `answers` in a row to such questions."""

    failures: int = 0
    opened: int = 0
    again_us: int | None = None
    trying: bool = False
    answers: int = 0

    @property
    def is_open(self) -> bool:
        return self.again_us is not None

    def allows(self, now_us: int) -> bool:
        """Say whether a question may be asked now."""
        return self.again_us is None or (not self.trying and now_us >= self.again_us)

    def asked(self) -> "Breaker":
        """Return the breaker after a question went out."""
        return replace(self, trying=True) if self.is_open else self

    def answered(self, now_us: int) -> "Breaker":
        """Return the breaker after an answer that came in time; while open, to the question that tried."""
        if self.again_us is None or self.answers + 1 >= CLOSES_AFTER:
            return Breaker()
        return replace(self, again_us=now_us, trying=False, answers=self.answers + 1)

    def failed(self, now_us: int) -> "Breaker":
        """Return the breaker after a question without an answer in time. While it is open only the
        question that tries counts: those that were out before it opened tell nothing new."""
        if self.is_open and not self.trying:
            return self
        failures = self.failures + 1
        if not self.is_open and failures < OPENS_AFTER:
            return replace(self, failures=failures)
        pause_us = PAUSES_US[min(self.opened, len(PAUSES_US) - 1)]
        return Breaker(failures, self.opened + 1, now_us + pause_us)

    def rested(self, now_us: int) -> "Breaker":
        """Return the breaker after a while: closed, where the last question was answered and for a minute
        nobody had another to try with (at night few come)."""
        steady = self.again_us is not None and self.answers and not self.trying
        return Breaker() if steady and now_us - (self.again_us or 0) >= STEADY_US else self

    def late(self, now_us: int) -> "Breaker":
        """Return the breaker after an answer nobody waited for any more: it stays open, for people would
        wait in vain, but what is asked for the record need not pause."""
        return replace(self, again_us=min(self.again_us, now_us)) if self.again_us is not None else self
