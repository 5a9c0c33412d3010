"""The response clock in the daily report: each limit on the day on which its time was up."""

from datetime import date, timedelta

import pytest

from edge.journal import Journal
from edge.reports.day import Days
from tests.reports.busy import LIMITS, MINUTE_US, ZONE, BusyGate
from tests.reports.conftest import FIRST


class Alarmed(BusyGate):
    """A gate at which nothing happens but alarms; a run has the limits it is given."""

    told: dict[str, int] = LIMITS

    def _limits(self) -> dict[str, int]:
        return self.told

    def wait(self, minutes: float) -> None:
        self.clocks.true_us += int(minutes * MINUTE_US)

    def raised(self) -> int:
        self.incident += 1
        self._entered("register.entered", self.incident, {"kind": "crowd"})
        return self.incident

    def step(self, number: int, step: str) -> None:
        fields = {"kind": "crowd", "step": step}
        if step == "ended":
            self._entered("register.ended", number, None)
        else:
            self._entered("register.amended", number, fields)

    def told_of(self, day: date = FIRST, upto: int | None = None) -> tuple[int, ...]:
        self.flush()
        with self.journal.reader() as reader:
            figures = Days(reader, ZONE).told(day, upto).figures
        names = ("asked", "in_time", "late", "unanswered")
        return tuple(figures[f"answers.{name}"] for name in names if f"answers.{name}" in figures)


@pytest.fixture
def alarmed(journal: Journal) -> Alarmed:
    return Alarmed(journal, FIRST)


def test_each_limit_is_in_time_late_or_not_answered(alarmed: Alarmed) -> None:
    assert alarmed.told_of() == (0, 0, 0, 0)
    quick, slow, alone = alarmed.raised(), alarmed.raised(), alarmed.raised()
    assert alone
    alarmed.wait(0.5)
    alarmed.step(quick, "came")
    alarmed.wait(10)
    alarmed.step(slow, "came")
    assert alarmed.told_of() == (9, 2, 2, 5), "whoever came was called before; nothing is over"
    before = alarmed.journal.head()
    alarmed.step(quick, "ended")
    alarmed.step(slow, "ended")
    assert alarmed.told_of() == (9, 4, 2, 3)
    assert alarmed.told_of(upto=before) == (9, 2, 2, 5), "a report that was sent can be told again"


def test_a_limit_counts_on_the_day_on_which_its_time_is_up_and_stays_what_it_was_then(
    alarmed: Alarmed,
) -> None:
    alarmed.wait(24 * 60 - 5 - 2)  # the gate began at five past midnight
    number = alarmed.raised()
    assert alarmed.told_of() == (1, 0, 0, 1)
    alarmed.wait(4)
    alarmed.step(number, "called")
    alarmed.step(number, "came")
    assert alarmed.told_of() == (1, 0, 0, 1), "nobody had answered by midnight"
    assert alarmed.told_of(FIRST + timedelta(days=1)) == (2, 0, 1, 1)


def test_the_limits_are_those_of_the_run_in_which_an_alarm_was_raised(alarmed: Alarmed) -> None:
    number = alarmed.raised()
    alarmed.wait(2)
    alarmed.flush()
    alarmed.told = {}
    alarmed.start(alarmed.clocks.quality)
    alarmed.step(number, "ended")
    alarmed.raised()
    assert alarmed.told_of() == (3, 2, 1, 0)


def test_a_gate_without_limits_reports_none(journal: Journal) -> None:
    class Unlimited(Alarmed):
        def _limits(self) -> dict[str, int]:
            return {}

    gate = Unlimited(journal, FIRST)
    gate.raised()
    assert gate.told_of() == ()


def test_a_day_before_a_gate_had_limits_stays_what_was_reported(journal: Journal) -> None:
    gate = Alarmed(journal, FIRST)
    gate.flush()
    assert gate.told_of(FIRST - timedelta(days=1)) == ()
    assert gate.told_of() == (0, 0, 0, 0)
