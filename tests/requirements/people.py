"""Made-up people in the registers of a gate, written through the book as the pages do."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from edge.domain.model import ClockQuality, Instant
from edge.journal import Journal
from edge.registers.book import Book, Draft, Order

FIND = ("name", "id_number", "phone", "room", "plate", "pass_id")


def now() -> Instant:
    import time

    return Instant(time.monotonic_ns() // 1000, time.time_ns() // 1000, ClockQuality.SYNCED)


class Office:
    """Somebody who fills the registers of a store, by another process than the gate's."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._commands = 0

    def enter(
        self,
        register: str,
        personal: Mapping[str, str],
        *,
        from_us: int | None = None,
        until_us: int | None = None,
        **fields: Any,
    ) -> int:
        """Enter a line and return its number."""
        draft = Draft(fields, personal, FIND, from_us=from_us, until_us=until_us)
        self._commands += 1
        order = Order(f"office-{register}-{self._commands}", "office")
        return self._do(lambda book: book.enter(order, register, draft).number)

    def _do(self, what: Callable[[Book], int]) -> int:
        with Journal.open(self._store) as journal:
            return what(Book(journal, now))
