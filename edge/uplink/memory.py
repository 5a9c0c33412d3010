"""What the uplink remembers across restarts: the acknowledged sequence, parked rows, the pause.

One State record, `uplink`, and one `uplink.parked/<incarnation>/<sequence>` per refused row. Losing
it loses nothing: everything is sent again and the district absorbs it.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from edge.uplink.answer import LONGEST_PAUSE_S
from edge.uplink.ports import Memory, Options
from edge.uplink.segments import Segment, start_at

NAME = "uplink"
RETRY = "uplink.retry"  # `gatepost outbox retry` leaves it, the sender takes it away
PARKED = "uplink.parked/"


@dataclass(slots=True)
class Standing:
    """Where one incarnation's outbox stands.

    `incarnation` is the one still written, `told` the last contact row written ("up", "down"),
    `highest` the most the district ever acknowledged, `alarmed` how far the alarm lane looked,
    `ahead` what the district claimed beyond the journal's end.
    """

    incarnation: str = ""
    acknowledged: int = 0
    highest: int = 0
    alarmed: int = 0
    ahead: int = 0
    told: str = ""
    code: str = ""
    failures: int = 0
    pause_us: int = 0
    until_mono_us: int = 0
    last_us: int = 0


class Remembered:
    """The standing, written back whenever it changed; not thread-safe, the uplink's thread owns it."""

    def __init__(self, memory: Memory, stretches: Sequence[Segment]) -> None:
        self._memory = memory
        self.now = load(memory)
        self._written = asdict(self.now)
        self.parked = len(memory.items(PARKED))
        self.settle(stretches)

    def settle(self, stretches: Sequence[Segment]) -> None:
        """Take up the place in a journal of these segments."""
        living = stretches[-1].incarnation
        self.now.acknowledged = start_at(stretches, self.now.incarnation, self.now.acknowledged)
        if self.now.incarnation != living:
            # Another journal now: what was true of the old one's numbers is not of this one's.
            self.now.incarnation = living
            self.now.highest = self.now.acknowledged
            self.now.alarmed = self.now.ahead = 0

    def save(self) -> None:
        """Write the standing if anything but the time of the last contact changed; that alone is
        not worth a write to the card every quarter of a minute."""
        value = asdict(self.now)
        if value | {"last_us": 0} != self._written | {"last_us": 0}:
            self._memory.put(NAME, value)
            self._written = value

    def is_parked(self, incarnation: str, sequence: int) -> bool:
        """Say whether the district's refusal of this row is already known."""
        return self._memory.get(_parked_name(incarnation, sequence)) is not None

    def park(self, incarnation: str, sequence: int, reason: str, at_us: int) -> None:
        """Keep that the district refused this row for good."""
        self._memory.put(_parked_name(incarnation, sequence), {"reason": reason, "at_us": at_us})
        self.parked = len(self._memory.items(PARKED))

    def retry_waits(self) -> bool:
        """Say whether somebody asked to try at once."""
        return self._memory.get(RETRY) is not None

    def asked_to_retry(self) -> bool:
        """Say, once, whether somebody asked to try at once."""
        if self._memory.get(RETRY) is None:
            return False
        self._memory.delete(RETRY)
        return True


class BackOff:
    """Full jitter: after n failures in a row a pause between nothing and base x 2^n, capped, never
    shorter than the server asked for. Survives a restart without trusting the wall clock."""

    def __init__(
        self, standing: Standing, options: Options, mono_us: Callable[[], int], random: Callable[[], float]
    ) -> None:
        self._standing = standing
        self._options = options
        self._mono_us = mono_us
        self._random = random
        left = standing.until_mono_us - mono_us()
        if left > standing.pause_us:
            # The monotonic clock began again: how long ago is unknown, so wait the whole pause.
            standing.until_mono_us = mono_us() + standing.pause_us

    def failed(self, at_least_s: float | None) -> float:
        """Count a failure; return the seconds to wait."""
        standing = self._standing
        standing.failures = min(standing.failures + 1, 30)
        bound = min(self._options.back_off_max_s, self._options.back_off_s * 2.0 ** (standing.failures - 1))
        pause_s = bound * self._random() + (at_least_s or 0.0)
        self.pause(min(pause_s, LONGEST_PAUSE_S))
        return self.left_s()

    def pause(self, seconds: float) -> None:
        """Wait this long from now on."""
        self._standing.pause_us = int(seconds * 1_000_000)
        self._standing.until_mono_us = self._mono_us() + self._standing.pause_us

    def succeeded(self) -> None:
        """Forget the failures and the pause."""
        self._standing.failures = 0
        self.pause(0.0)
        self._standing.until_mono_us = 0

    def left_s(self) -> float:
        """Return the seconds still to wait, 0 when none."""
        return max(0.0, (self._standing.until_mono_us - self._mono_us()) / 1_000_000)


def load(memory: Memory) -> Standing:
    """Return the remembered standing; what does not fit (an older version's record) is left out."""
    found: dict[str, Any] = memory.get(NAME) or {}
    standing = Standing()
    for entry in fields(Standing):
        value = found.get(entry.name)
        if type(value) is type(getattr(standing, entry.name)):
            setattr(standing, entry.name, value)
    return standing


def _parked_name(incarnation: str, sequence: int) -> str:
    return f"{PARKED}{incarnation}/{sequence:020d}"
