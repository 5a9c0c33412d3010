"""Everything about the staff in one hand: the sheet and sign-ins, incidents, and who is missing now."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import Protocol, Self

from edge.domain.model import Instant
from edge.journal import Reader, Row
from edge.registers.book import Book
from edge.registers.duty import Duty
from edge.registers.duty_lines import DutyLines, duty_lines
from edge.registers.duty_rules import DutyRules
from edge.registers.duty_watch import DutyWatch
from edge.registers.incidents import Incidents


class Journal(Protocol):
    """The part of the journal that is read here."""

    @property
    def boot(self) -> int:
        """The run that rows are written in now."""

    def reader(self) -> Reader:
        """Open a read-only view."""


class Beginning:
    """When the gate's first row was written; looked up until one can be dated."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._begins_us: int | None = None

    def since(self, from_us: int, until_us: int) -> int:
        """Return from when within [from, until) the gate was there: not before its first row, and not at all
        where no row can be dated."""
        if self._begins_us is None:
            with closing(self._journal.reader()) as reader:
                self._begins_us = reader.days(lambda _us: None).calendar.begins_us()
        return until_us if self._begins_us is None else max(from_us, min(self._begins_us, until_us))


@dataclass(frozen=True, slots=True)
class DutyDesk:
    """The parts; see their modules."""

    duty: Duty
    incidents: Incidents
    watch: DutyWatch

    @classmethod
    def of(
        cls,
        book: Book,
        rules: DutyRules,
        journal: Journal,
        now: Callable[[], Instant],
        append: Callable[[Row], int],
    ) -> Self:
        """Put the parts together over a book."""
        duty = Duty(book, rules, now, lambda: journal.boot, Beginning(journal).since)
        return cls(duty, Incidents(book, duty, journal.reader), DutyWatch(duty, journal.reader, append, now))

    @property
    def rules(self) -> DutyRules:
        """What the site has settled."""
        return self.duty.rules

    def lines(self, day: date) -> DutyLines:
        """Return what the daily report says of duty."""
        return duty_lines(self.duty, self.incidents, day)
