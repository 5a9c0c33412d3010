"""Wakes pages and the uplink after a commit. Carries no facts: readers look into the journal."""

import threading


class Bell:
    """A counter that threads wait on. Every ring wakes every waiter; a ring is never lost, because
    a waiter names the count it has already seen."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._count = 0

    @property
    def count(self) -> int:
        """How often the bell has rung."""
        return self._count

    def ring(self) -> None:
        """Wake everybody who waits."""
        with self._condition:
            self._count += 1
            self._condition.notify_all()

    def wait(self, seen: int, timeout_s: float) -> int:
        """Return the count once it differs from `seen`, or after `timeout_s` seconds."""
        with self._condition:
            self._condition.wait_for(lambda: self._count != seen, timeout_s)
            return self._count
