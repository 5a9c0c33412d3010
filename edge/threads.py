"""Runs the daemon's threads. A thread that ends by an error ends the process: the journal is the
recovery, and systemd starts it again."""

import logging
import threading
import time
from collections.abc import Callable

from edge.domain.errors import ConfigError

log = logging.getLogger(__name__)


class Threads:
    """Named threads that share one stop event."""

    def __init__(self, stop: threading.Event) -> None:
        self.stop = stop
        self.failed = False
        self.refused: ConfigError | None = None
        """Set when a thread found that the configuration cannot be carried out (a port in use)."""
        self._threads: list[threading.Thread] = []

    def start(self, name: str, work: Callable[[], None]) -> None:
        """Start a thread; `work` returns when the stop event is set."""
        thread = threading.Thread(target=self._run, args=(name, work), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def join(self, timeout_s: float) -> list[str]:
        """Wait for all threads together; return the names of those that did not end in time."""
        until = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return [thread.name for thread in self._threads if thread.is_alive()]

    def _run(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except ConfigError as error:
            self.refused = error
        except Exception:
            log.exception("thread %s ended by an error; the gate restarts", name)
            self.failed = True
        if not self.stop.is_set():
            self.failed = True
            self.stop.set()
