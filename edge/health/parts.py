"""What health is made of: problems, hearts of threads, entries of devices.

Each is written by one thread and read by any.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from edge.domain.model import Instant


class Count(Protocol):
    """Adds to a counter of edge.health.metrics.COUNTERS."""

    def __call__(self, counter: str, amount: float = 1, /, **labels: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Problem:
    """Something is wrong. `code` is stable and has a remedy, `what` is the detail (no personal
    data), a `fault` makes the gate not ready, a `warning` does not; `since_us` where it is known."""

    code: str
    what: str = ""
    severity: Literal["fault", "warning"] = "fault"
    since_us: int | None = None


class Heart:
    """One thread's sign of life; it must beat at least every `limit_s` seconds."""

    def __init__(self, name: str, limit_s: float, now: Callable[[], Instant]) -> None:
        self.name = name
        self.limit_s = limit_s
        self.beaten = False
        self._now = now
        self._last_us = now().mono_us

    def beat(self) -> None:
        """Say that the loop has come round."""
        self._last_us = self._now().mono_us
        self.beaten = True

    @property
    def age_s(self) -> float:
        """Seconds since the last beat (or since the heart was made)."""
        return max(0, self._now().mono_us - self._last_us) / 1e6

    @property
    def stopped(self) -> bool:
        """Whether it is silent for longer than its limit."""
        return self.age_s > self.limit_s


class Device:
    """What is known of one device. Its own thread reports; anybody may read."""

    def __init__(
        self,
        *,
        lane: str,
        kind: str,
        name: str,
        driver: str,
        simulated: bool,
        now: Callable[[], Instant],
        count: Count,
    ) -> None:
        self.lane, self.kind, self.name = lane, kind, name
        self.driver, self.simulated = driver, simulated
        self.state: Literal["starting", "up", "down"] = "starting"
        self._now, self._count = now, count
        self._code = self._message = ""
        self._since_us = now().at_us
        self._totals: dict[str, int] = {}
        self._ailing: Problem | None = None

    def starting(self) -> None:
        """Say that it is being opened."""
        self._turn("starting", "", "")

    def up(self) -> None:
        """Say that it works."""
        self._turn("up", "", "")

    def down(self, code: str, message: str) -> None:
        """Say that it is gone, by DeviceUnavailable's code; repeating it changes nothing."""
        if self.state == "up":
            self._count("device_losses", lane=self.lane, kind=self.kind, name=self.name)
        self._turn("down", code, message)

    def totals(self, **totals: int) -> None:
        """Take over a decoder's own counters (`frames_bad`, `bytes_dropped`), which start again at
        zero with every connection."""
        for counter, value in totals.items():
            before = self._totals.get(counter, 0)
            fresh = value - before if value >= before else value
            self._totals[counter] = value
            if fresh:
                self._count(counter, fresh, lane=self.lane, name=self.name)

    def ails(self, code: str, message: str) -> None:
        """Say what of it does not work while the rest does, "" once all does."""
        if code == (self._ailing.code if self._ailing else ""):
            return
        where = f"{self.lane} {self.name}: {message}"
        self._ailing = Problem(code, where, "warning", self._now().at_us) if code else None

    def as_dict(self) -> dict[str, Any]:
        """Return it as pages and `status()` show it."""
        found = {
            "lane": self.lane,
            "kind": self.kind,
            "name": self.name,
            "driver": self.driver,
            "simulated": self.simulated,
            "state": self.state,
            "since_us": self._since_us,
        }
        if self.state == "down":
            found |= {"code": self._code, "message": self._message}
        return found

    def problem(self) -> Problem | None:
        """Return what is wrong with it, None while it works."""
        # Nobody who is told of the gate is needed for its work, and until there is something to tell nothing
        # is wrong.
        beside = self.kind == "notifier"
        if self.state == "up":
            return self._ailing
        if beside and self.state == "starting":
            return None
        where = " ".join(part for part in (self.lane, self.kind, self.name) if part)
        what = where + (f": {self._message}" if self._message else "")
        stem = "platform" if self.kind == "verifier" else "device"
        # A platform is asked when somebody shows a code: until then nothing is wrong.
        not_asked = self.kind == "verifier" and self.state == "starting"
        level: Literal["warning", "fault"] = "warning" if not_asked or beside else "fault"
        return Problem(f"{stem}_{self._code or 'starting'}", what, level, since_us=self._since_us)

    def _turn(self, state: Literal["starting", "up", "down"], code: str, message: str) -> None:
        if (state, code) != (self.state, self._code):
            self._since_us = self._now().at_us
        self.state, self._code, self._message = state, code, message
