"""The station's way to the journal: rows that a step waits for, and rows that wait for nobody.

Knows whether the journal can be written, and writes down when it can again. Must not decide anything;
used by the station's thread alone, except `trouble`, which anybody may read.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from edge.domain.errors import JournalError
from edge.domain.model import Instant
from edge.journal import Row

log = logging.getLogger(__name__)

MAX_WAITING = 512


class Writer(Protocol):
    """The part of the journal the station needs."""

    def append(self, *rows: Row) -> tuple[int, ...]:
        """Write rows in one transaction; raises JournalError."""


class Ledger:
    """Writes rows now or as soon as it can. `changed` is called when `trouble` came or went."""

    def __init__(self, journal: Writer, now: Callable[[], Instant], changed: Callable[[], None]) -> None:
        self._journal = journal
        self._now = now
        self._changed = changed
        self._waiting: list[Row] = []
        self.trouble: str | None = None
        """Why the journal cannot be written; None while it can."""

    def write(self, *rows: Row, besides: Sequence[Row] = ()) -> int:
        """Write the rows of a step, and what belongs to it besides, in one transaction; return the sequence
        of the last row of the step itself. Raises JournalError."""
        word = self._word()
        sequences = self._append([*word, *rows, *besides])
        self._recovered()
        return sequences[len(word) + len(rows) - 1]

    def flush(self, *rows: Row) -> bool:
        """Write rows that wait for nobody, and those that waited; say whether anything was written.
        What cannot be written now waits, the newest 512. A journal that failed is tried anew."""
        self._waiting = [*self._waiting, *rows][-MAX_WAITING:]
        due = [*self._waiting, *self._word()]
        if not due:
            return False
        try:
            self._append(due)
        except JournalError:
            return False
        self._waiting = []
        self._recovered()
        return True

    def _append(self, rows: list[Row]) -> tuple[int, ...]:
        try:
            return self._journal.append(*rows)
        except JournalError as error:
            if self.trouble is None:
                log.error("the journal cannot be written, passages must be written by hand: %s", error)
                self.trouble = str(error)
                self._changed()
            raise

    def _word(self) -> list[Row]:
        """The first transaction that succeeds again says so, with its own time."""
        return [] if self.trouble is None else [Row("journal.recovered", self._now(), {})]

    def _recovered(self) -> None:
        if self.trouble is not None:
            log.warning("the journal can be written again")
            self.trouble = None
            self._changed()
