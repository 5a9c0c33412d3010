"""Whose turn it is at the one writing connection. Python's locks are not fair: who writes much without a
pause has the next turn as well, however long others wait, and must be able to see that they do.
"""

import threading
from collections import deque
from types import TracebackType


class Turn:
    """A re-entrant lock that tells whether it is waited for."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._waiting = deque[None]()  # appending and popping need no lock

    @property
    def wanted(self) -> bool:
        """Whether a thread waits for its turn."""
        return bool(self._waiting)

    def __enter__(self) -> None:
        self._waiting.append(None)
        try:
            self._lock.acquire()
        finally:
            self._waiting.pop()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()
