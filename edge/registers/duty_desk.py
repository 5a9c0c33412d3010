"""Everything about the staff in one hand: the sheet and sign-ins, incidents, and who is missing now."""

from collections.abc import Callable
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
        duty = Duty(book, rules, now, lambda: journal.boot)
        return cls(duty, Incidents(book, duty, journal.reader), DutyWatch(duty, journal.reader, append, now))

    @property
    def rules(self) -> DutyRules:
        """What the site has settled."""
        return self.duty.rules

    def lines(self, day: date) -> DutyLines:
        """Return what the daily report says of duty."""
        return duty_lines(self.duty, self.incidents, day)
