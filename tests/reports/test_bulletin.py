"""The bulletin of many days: each as it stands, and no day counted again that nobody changed since."""

from contextlib import closing
from datetime import date, timedelta

import pytest

from edge.domain.model import ClockQuality
from edge.journal import Journal
from edge.keeper import Keeper
from edge.registers.drafts import Order
from edge.reports.day import Days, Told, starts_us
from edge.reports.sending import Cumulative, Reports
from edge.reports.taking import Correction, Line
from tests.reports.busy import HOUR_US, ZONE, BusyGate
from tests.reports.conftest import FIRST
from tests.reports.test_sending import at, gone, known, rows

DAYS = 4
LAST = FIRST + timedelta(days=DAYS - 1)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """The days that were counted, one after the other."""
    found: list[date] = []
    told = Days.told

    def noted(days: Days, day: date, upto: int | None = None) -> Told:
        found.append(day)
        return told(days, day, upto)

    monkeypatch.setattr(Days, "told", noted)
    return found


def bulletin(gate: BusyGate) -> Cumulative:
    """Return the bulletin, which says what one says that remembers nothing."""
    with closing(gate.journal.reader()) as reader:
        told = gate.reports.cumulative(reader, LAST)
        anew = Reports(gate.journal, gate.reports.terms, gate.clocks, lambda: None)
        assert anew.cumulative(reader, LAST) == told
    return told


def told_of(gate: BusyGate, counted: list[date]) -> tuple[Cumulative, list[date]]:
    """Return the bulletin, and which days were counted for it."""
    counted.clear()
    with closing(gate.journal.reader()) as reader:
        told = gate.reports.cumulative(reader, LAST)
    return told, counted.copy()


def lived(gate: BusyGate) -> None:
    """Let some days pass, each with its people and its report."""
    for number in range(DAYS):
        at(gate, FIRST + timedelta(days=number), 60)
        for _ in range(5):
            gate._person(lane="in")
        gate.flush()
    at(gate, FIRST + timedelta(days=DAYS), 20)
    gate.report()


def test_a_day_that_changed_is_counted_once_and_again_when_it_changes_again(
    gate: BusyGate, journal: Journal, counted: list[date]
) -> None:
    lived(gate)
    as_sent, looked = told_of(gate, counted)
    assert (looked, as_sent.changed) == ([], ())
    taking, days = gate.reports.taking, [FIRST, FIRST + timedelta(days=1), FIRST + timedelta(days=2)]
    [first, *_] = rows(journal, "passage.decided")
    taking.correct(Order("c1", "boss"), first.body["passage"], Correction("test", void=True))
    taking.note(Order("c2", "boss"), days[1], {"visits": 3})
    written_us = starts_us(days[2], ZONE) + 8 * HOUR_US
    taking.take(Order("c3", "boss"), [Line(written_us, "in", "admit", {"name": "王五", "writer": "老周"})])
    changed, looked = told_of(gate, counted)
    assert looked == days
    assert changed.changed == tuple(days)
    assert told_of(gate, counted) == (changed, [])
    taking.note(Order("c4", "boss"), days[1], {"visits": 4})
    again, looked = told_of(gate, counted)
    assert looked == [days[1]]
    assert again.corrected["noted.visits"] == 4
    gate.reports.correct(days[0], by="boss", command_id="k")
    assert told_of(gate, counted) == (again, [])
    assert bulletin(gate) == again


def test_what_was_counted_while_people_could_be_told_apart_is_forgotten_with_their_keys(
    gate: BusyGate, journal: Journal
) -> None:
    lived(gate)
    [first, *_] = rows(journal, "passage.decided")
    gate.reports.taking.correct(Order("c", "boss"), first.body["passage"], Correction("test", void=True))
    before = bulletin(gate)
    at(gate, FIRST + timedelta(days=40), 5)
    gate._corrected(0, ClockQuality.SYNCED)
    gate.flush()
    at(gate, FIRST + timedelta(days=42), 5)
    gate.report()
    keeper = Keeper(
        journal,
        retention_days=30,
        retention_max_days=60,
        acknowledged=lambda: None,
        now=gate.clocks,
        often=lambda: None,
        reported_us=lambda: gate.reports.reported_us,
    )
    keeper.purge()
    assert gone(keeper)
    assert known(gate, FIRST).frozen
    after = bulletin(gate)
    assert after.changed == before.changed == (FIRST,)
    assert after.corrected["distinct.persons"] == after.as_sent["distinct.persons"]
