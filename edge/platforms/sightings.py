"""Where a code was seen last: one code at two lanes within seconds is in two hands.

In memory and small: it speaks of seconds. A gate that restarts forgets, and says nothing false.
"""

from collections import OrderedDict

REMEMBERED = 1024


class Sightings:
    """The newest sighting of each code. Used by one thread."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, tuple[str, int]] = OrderedDict()

    def elsewhere(self, code: str, lane: str, now_us: int, within_us: int) -> bool:
        """Note that `code` (a digest) is at `lane` now (monotonic microseconds); say whether it was at
        another lane less than `within_us` ago."""
        before = self._seen.pop(code, None)
        twice = before is not None and before[0] != lane and now_us - before[1] < within_us
        # The first lane keeps its claim while the second is questioned.
        self._seen[code] = before if twice and before is not None else (lane, now_us)
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return twice
