"""What the daily report says of duty: hours covered and not covered, incidents, answers in time.

Reads the book as it stands; a day is from midnight to midnight of the gate's zone.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from edge.domain.duty import Gap, owed_us, wall_us
from edge.domain.response import Answered
from edge.registers.duty import Duty
from edge.registers.incidents import Incidents


@dataclass(frozen=True, slots=True)
class DutyLines:
    """The figures of one day, times in microseconds. `owed_us` is how long positions had to be filled (one
    after another), `uncovered_us` how long none of them was; `answers_late` counts limits of the response
    clock that were missed, `answers_open` those nobody can say or that still run."""

    day: date
    owed_us: int
    uncovered_us: int
    gaps: tuple[Gap, ...]
    incidents: int
    incidents_open: int
    answers_in_time: int
    answers_late: int
    answers_open: int

    @property
    def covered_us(self) -> int:
        """How long positions were filled."""
        return self.owed_us - self.uncovered_us


def duty_lines(duty: Duty, incidents: Incidents, day: date) -> DutyLines:
    """Return the figures of a local day; of today, up to now."""
    zone = duty.rules.zone
    from_us = wall_us(day, 0, zone)
    until_us = max(from_us, min(wall_us(day + timedelta(days=1), 0, zone), duty.stamp().at_us))
    since_us = duty.since(from_us, until_us)
    gaps = tuple(duty.uncovered(since_us, until_us))
    found = incidents.within(from_us, until_us)
    answers: list[Answered] = [answer for one in found for answer in one.clock]
    for file in incidents.cases_of(from_us, until_us):
        answers += incidents.of_case(file)
    return DutyLines(
        day=day,
        owed_us=owed_us(duty.rules.posts, since_us, until_us, zone),
        uncovered_us=sum(gap.until_us - gap.from_us for gap in gaps),
        gaps=gaps,
        incidents=len(found),
        incidents_open=sum(one.entry.open for one in found),
        answers_in_time=sum(answer.in_time is True for answer in answers),
        answers_late=sum(answer.in_time is False for answer in answers),
        answers_open=sum(answer.in_time is None for answer in answers),
    )
