"""Whether asking a platform is worth anybody's time.

Questions about three different codes in a row without an answer and nobody waits any more; one question at a
time finds out whether it is back, later and later while it is not. Three answers in a row and it is: a
platform that answers now and then would otherwise come and go all day. One code, however often it is held up,
is one failure: it may be the code. That nobody is there at all (`unreached`) no code can bring about, so
every such try counts. A value: time comes in, nothing is read.
"""

from dataclasses import dataclass, replace

OPENS_AFTER = 3
CLOSES_AFTER = 3
STEADY_US = 60_000_000
PAUSES_US = (5_000_000, 10_000_000, 20_000_000, 40_000_000, 60_000_000)


@dataclass(frozen=True, slots=True)
class Breaker:
    """`codes` that failed in a row and tries in a row that reached nobody (`unreached`); `opened` how often a
    try failed since it opened; `again_us` when the next question may be asked, on the monotonic clock (None
    while closed); `trying` while that one is out; `answers` in a row to such questions, the newest at
    `answered_us` (None where one failed since)."""

    codes: frozenset[str] = frozenset()
    unreached: int = 0
    opened: int = 0
    again_us: int | None = None
    trying: bool = False
    answers: int = 0
    answered_us: int | None = None

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
        return replace(self, again_us=now_us, trying=False, answers=self.answers + 1, answered_us=now_us)

    def failed(self, now_us: int, code: str | None) -> "Breaker":
        """Return the breaker after a question about `code` without an answer in time; None: nobody was
        there to be asked. While it is open only the question that tries counts: those that were out
        before it opened tell nothing new."""
        if self.is_open:
            return self._tried(now_us, answers=0) if self.trying else self
        codes = self.codes if code is None else self.codes | {code}
        unreached = self.unreached + (code is None)
        if len(codes) + unreached < OPENS_AFTER:
            return replace(self, codes=codes, unreached=unreached)
        return Breaker(codes, unreached, 1, now_us + PAUSES_US[0])

    def undecided(self, now_us: int) -> "Breaker":
        """Return the breaker after the question that tries failed about a code that has failed before: that
        may be the code. It is tried again later and later, and what was answered still counts, but as good
        as back it is no longer: a dead platform fails so, too."""
        return self._tried(now_us, answers=self.answers) if self.trying else self

    def rested(self, now_us: int) -> "Breaker":
        """Return the breaker after a while: closed, where the newest question was answered and for a minute
        nobody had another that could tell more (at night few come)."""
        if not self.is_open or self.trying or self.answered_us is None:
            return self
        return Breaker() if now_us - self.answered_us >= STEADY_US else self

    def late(self, now_us: int) -> "Breaker":
        """Return the breaker after an answer nobody waited for any more: it stays open, for people would
        wait in vain, but what is asked for the record need not pause."""
        return replace(self, again_us=min(self.again_us, now_us)) if self.again_us is not None else self

    def _tried(self, now_us: int, *, answers: int) -> "Breaker":
        pause_us = PAUSES_US[min(self.opened, len(PAUSES_US) - 1)]
        return replace(
            self,
            opened=self.opened + 1,
            again_us=now_us + pause_us,
            trying=False,
            answers=answers,
            answered_us=None,
        )
