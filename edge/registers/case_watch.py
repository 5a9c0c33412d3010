"""Who waits to be handed over, and what is overdue: kept in memory, for pages that ask at every change.

A snapshot, taken anew after each row about a case and once a second. It decides nothing.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any, Protocol

from edge.domain.errors import JournalError
from edge.domain.model import Instant
from edge.journal import CaseFile, Reader

log = logging.getLogger(__name__)

MOST_WAITING = 20  # of one lane


class Journal(Protocol):
    """The part of the journal that is read here."""

    @property
    def boot(self) -> int:
        """The run that rows are written in now."""

    def reader(self) -> Reader:
        """Open a read-only view."""


class CaseWatch:
    """The snapshot. Thread-safe; of two that refresh it at once the later one has the newer view."""

    def __init__(self, journal: Journal, now: Callable[[], Instant]) -> None:
        self._journal = journal
        self._now = now
        self._lock = threading.Lock()
        self._waiting: tuple[CaseFile, ...] = ()
        self._late: tuple[int, int | None] = (0, None)
        self._shown: object = None
        self._failed = False

    @property
    def late(self) -> tuple[int, int | None]:
        """How many open cases were overdue at the last look, and the oldest of them."""
        return self._late

    def refresh(self) -> None:
        """Take it anew. A journal that cannot be read leaves it as it was until the next look: what called
        this is on disk by then."""
        with self._lock:
            try:
                with closing(self._journal.reader()) as reader:
                    self._waiting = tuple(reader.waiting_cases(MOST_WAITING))
                    self._late = reader.late_cases(self._now(), self._journal.boot)
            except JournalError as error:
                if not self._failed:
                    log.error("who is still to be handed over cannot be read: %s", error)
                self._failed = True
                return
            self._failed = False

    def look(self) -> bool:
        """Refresh; return whether pages have something else to show than at the last look."""
        self.refresh()
        shown = (self._late, [(file.number, self._overdue(file)) for file in self._waiting])
        changed, self._shown = shown != self._shown, shown
        return changed

    def waiting(self, lane: str) -> list[dict[str, Any]]:
        """Return who is still to be handed over at a lane, oldest first."""
        return [
            {
                "case": file.number,
                "passage": file.passage,
                "opened_us": file.opened_us,
                "due_us": file.due_us,
                "overdue": self._overdue(file),
            }
            for file in self._waiting
            if file.lane == lane
        ]

    def _overdue(self, file: CaseFile) -> bool:
        return (file.left_us(self._now(), self._journal.boot) or 0) < 0
