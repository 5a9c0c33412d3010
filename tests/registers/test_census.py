"""每日摸排: who stood in the registers at the end of a day, whenever it is asked."""

from contextlib import closing
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from edge.domain.model import ClockQuality, Instant
from edge.journal import Journal
from edge.registers import census
from edge.registers.book import Book, Draft, Order
from edge.reports.day import Days, starts_us

ZONE = ZoneInfo("Asia/Shanghai")
DAY, NEXT, THIRD = date(2020, 2, 10), date(2020, 2, 11), date(2020, 2, 12)
HOUR_US = 3_600_000_000


class Gate:
    """A journal whose clock is set by the test."""

    def __init__(self, folder: Path) -> None:
        self.journal = Journal.open(folder)
        self.journal.start_boot()
        self.at_us = starts_us(DAY, ZONE) + HOUR_US
        self.book = Book(self.journal, self.now)

    def now(self) -> Instant:
        return Instant(self.at_us - starts_us(DAY, ZONE), self.at_us, ClockQuality.SYNCED)

    def stood(self, day: date) -> dict[str, int]:
        with closing(self.journal.reader()) as reader:
            days = Days(reader, ZONE)
            to_us = starts_us(date.fromordinal(day.toordinal() + 1), ZONE)
            return census.figures(reader, days.rows, day=day, to_us=to_us, upto=days.head)


def test_an_import_taken_back_the_day_after_was_there_the_day_before(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    gate.book.add("boss", "households", [Draft({})] * 2)
    gate.book.add("boss", "people", [Draft({"category": "resident", "household": 1})] * 3, imported=1)
    gate.at_us += 24 * HOUR_US
    gate.book.undo(Order("undo", "boss"), "people", 1)
    gate.book.enter(Order("late", "boss"), "people", Draft({"category": "tenant", "household": 2}))
    assert gate.stood(DAY) == {"registered.resident": 3, "gap.household_without_entry": 1}
    assert gate.stood(NEXT) == {"registered.tenant": 1, "gap.household_without_entry": 1}


def test_whose_last_day_it_is_counts_and_whose_time_is_over_leaves_an_empty_home(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    gate.book.enter(Order("h", "boss"), "households", Draft({}))
    draft = Draft({"category": "tenant", "household": 1}, until_us=starts_us(NEXT, ZONE))
    number = gate.book.enter(Order("p", "boss"), "people", draft).number
    assert gate.stood(DAY) == {"registered.tenant": 1, "gap.household_without_entry": 0}
    assert gate.stood(NEXT) == {"gap.household_without_entry": 1}
    gate.at_us += 48 * HOUR_US
    again = Draft(draft.fields, until_us=starts_us(date(2020, 3, 1), ZONE))
    gate.book.amend(Order("a", "boss"), "people", number, again)
    assert gate.stood(DAY) == {"registered.tenant": 1, "gap.household_without_entry": 0}
    assert gate.stood(NEXT) == {"gap.household_without_entry": 1}, "what was known then"
    assert gate.stood(THIRD) == {"registered.tenant": 1, "gap.household_without_entry": 0}
