"""Whether the district hears us, and the two journal rows that say when that changed."""

from collections.abc import Callable

from edge.uplink.memory import Standing
from edge.uplink.ports import Append


class Contact:
    """Knows the present contact; what was last written into the journal is in the standing, so that a
    restart does not write it again. Owned by the uplink's thread."""

    def __init__(self, standing: Standing, append: Append, mono_us: Callable[[], int]) -> None:
        self._standing = standing
        self._append = append
        self._mono_us = mono_us
        self._last_us: int | None = None  # monotonic time of the last good answer
        self.up = False

    def reached(self) -> None:
        """Note a good answer. The row `uplink.back` waits for a second one in a row, so that a line
        that flaps does not fill the journal."""
        self._last_us = self._mono_us()
        self._standing.code = ""
        if self._standing.told == "":
            self._standing.told = "up"  # the first contact ever: nothing had been lost
        elif self.up and self._standing.told == "down":
            self._append("uplink.back", {})
            self._standing.told = "up"
        self.up = True

    def lost(self, code: str) -> None:
        """Note that no good answer came. Raises JournalError when the row cannot be written; the next
        failure tries again."""
        self.up = False
        self._last_us = None
        self._standing.code = code
        if self._standing.told != "down":
            self._append("uplink.lost", {"code": code})
            self._standing.told = "down"

    def quiet_s(self, heartbeat_s: float) -> float:
        """Seconds until the district must hear of us again; 0 when it must now."""
        unconfirmed = self.up != (self._standing.told == "up")
        if self._last_us is None or unconfirmed:
            return 0.0
        return max(0.0, heartbeat_s - (self._mono_us() - self._last_us) / 1_000_000)
