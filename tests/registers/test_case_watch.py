"""Who waits and what is overdue: none is dropped, raced away, or kept from being late by a wrong clock."""

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.domain.errors import JournalError
from edge.domain.model import ClockQuality, Instant
from edge.journal import Journal, Reader
from edge.registers.case_watch import MOST_WAITING
from edge.registers.cases import Cases, Rules
from tests.journal.samples import DAY_US, START_US, instant
from tests.registers.test_cases import HOUR_US, UNITS, Book, case_row


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path)


def waiting(cases: Cases, lane: str = "in") -> list[int]:
    return [entry["case"] for entry in cases.waiting(lane)]


class Cards:
    """A journal whose readers a test holds up or breaks."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.hold: threading.Event | None = None
        self.read = threading.Event()
        self.broken = False
        self.compose, self.unseal = journal.compose, journal.unseal

    @property
    def boot(self) -> int:
        return self._journal.boot

    def reader(self) -> Any:
        if self.broken:
            raise JournalError("unreadable")
        return self._journal.reader() if self.hold is None else Slow(self._journal.reader(), self)


class Slow:
    """A reader that has read, and does not say so before it may."""

    def __init__(self, reader: Reader, card: Cards) -> None:
        self._reader, self._card = reader, card
        self.late_cases, self.close = reader.late_cases, reader.close

    def waiting_cases(self, most: int) -> Any:
        hold = self._card.hold
        self._card.hold = None
        found = self._reader.waiting_cases(most)
        self._card.read.set()
        assert hold is not None
        assert hold.wait(10)
        return found


def test_every_case_that_is_late_counts_and_the_oldest_is_named(book: Book) -> None:
    book.journal.append(*(case_row(n, START_US + n) for n in range(1, 1102)))
    assert book.cases.late() == (0, None)
    book.move(3 * HOUR_US)
    assert book.cases.late() == (1101, 1)
    found, after = [], 0
    while page := book.cases.page(open_=True, after=after, limit=200):
        found += [one.file.number for one in page]
        after = found[-1]
    assert found == [*range(1, 1102)]


def test_a_busy_lane_leaves_another_its_own_cases_oldest_first(book: Book) -> None:
    book.journal.append(*(case_row(n) for n in range(1, 40)), replace(case_row(40), lane="out"))
    book.cases.refresh()
    assert waiting(book.cases) == [*range(1, MOST_WAITING + 1)]
    assert waiting(book.cases, "out") == [40]


def test_a_slow_read_does_not_take_away_a_case_that_came_after_it(book: Book) -> None:
    card = Cards(book.journal)
    cases = Cases(card, Rules(UNITS), lambda: book.at, lambda: None)
    book.journal.append(case_row(1))
    hold = card.hold = threading.Event()
    slow = threading.Thread(target=cases.refresh)
    slow.start()
    assert card.read.wait(10)
    book.journal.append(case_row(2))
    fast = threading.Thread(target=cases.refresh)
    fast.start()
    hold.set()
    slow.join(10)
    fast.join(10)
    assert waiting(cases) == [1, 2]


def test_what_could_not_be_read_is_read_at_the_next_look_and_pages_hear_of_it(
    book: Book, caplog: pytest.LogCaptureFixture
) -> None:
    card, rung = Cards(book.journal), []
    cases = Cases(card, Rules(UNITS), lambda: book.at, lambda: rung.append(1))
    book.journal.append(case_row(1))
    card.broken = True
    for _ in range(3):
        cases.refresh()
        cases.look()
    assert len(caplog.records) == 1
    assert waiting(cases) == []
    card.broken = False
    cases.look()
    cases.look()
    assert waiting(cases) == [1]
    assert rung == [1]


def test_pages_hear_of_it_when_a_case_becomes_overdue_without_any_row(book: Book) -> None:
    number = book.refer(1)
    book.cases.look()
    rung = book.rung
    book.cases.look()
    assert (book.rung, book.cases.waiting("in")[0]["overdue"]) == (rung, False)
    book.move(2 * HOUR_US + 1)
    book.cases.look()
    assert book.rung == rung + 1
    assert book.cases.late_lately == (1, number)
    assert book.cases.waiting("in")[0]["overdue"]


def test_what_was_opened_on_a_clock_that_was_ahead_is_due_after_a_restart(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.at = instant(START_US + 16 * 365 * DAY_US)
    number = book.refer(1)
    book.journal.close()
    book = Book(tmp_path)
    book.move(DAY_US, ClockQuality.RESTORED)
    assert book.cases.late() == (0, None)  # nobody vouches for this clock either
    assert not book.cases.one(number).overdue
    book.at = Instant(book.at.mono_us, book.at.at_us, ClockQuality.SYNCED)
    assert book.cases.late() == (1, number)
    told = book.cases.one(number)
    assert told.overdue
    assert told.since_us is None
