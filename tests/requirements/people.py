"""Made-up people in the registers of a gate, written through its forms as the pages do."""

from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from edge.domain.model import ClockQuality, Instant
from edge.journal import Journal
from edge.registers.book import Book, Order
from edge.registers.rosters import Rosters


def now() -> Instant:
    import time

    return Instant(time.monotonic_ns() // 1000, time.time_ns() // 1000, ClockQuality.SYNCED)


class Office:
    """Somebody who fills the registers of a store by their forms, in another process than the gate's."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._commands = 0

    def enter(self, register: str, values: Mapping[str, str], **more: str) -> int:
        """Enter what is written into a form and return its number."""
        self._commands += 1
        order = Order(f"office-{register}-{self._commands}", "office")
        given = {name: value for name, value in (dict(values) | more).items() if value}
        with Journal.open(self._store) as journal:
            book = Book(journal, now)
            return Rosters(book, journal, ZoneInfo("Asia/Shanghai")).enter(order, register, given).number
