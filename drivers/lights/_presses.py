"""Counts presses of a button whose contact bounces. Any thread may report edges."""

import threading
import time
from collections.abc import Callable


class Presses:
    """A press counts when the contact was quiet before it; bouncing at the press and at the release
    is neither."""

    def __init__(self, debounce_s: float, now: Callable[[], float] = time.monotonic) -> None:
        self._debounce_s = debounce_s
        self._now = now
        self._lock = threading.Lock()
        self._edge: float | None = None
        self._count = 0

    def down(self) -> None:
        """The contact closed."""
        with self._lock:
            now = self._now()
            if self._edge is None or now - self._edge >= self._debounce_s:
                self._count += 1
            self._edge = now

    def up(self) -> None:
        """The contact opened."""
        with self._lock:
            self._edge = self._now()

    def taken(self) -> int:
        """Return how many presses there were since the last call."""
        with self._lock:
            count, self._count = self._count, 0
            return count
