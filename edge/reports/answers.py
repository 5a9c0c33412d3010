"""Alarms answered in time (R87, “1、3、5”快速反应机制): what the daily report says of the response clock.

The limits are those of the run in which an alarm was raised, as its row `gate.started` tells them, so that a
report that was sent can be told again whatever the configuration has become. Each limit of an alarm is
counted on the day on which its time was up, and stands at the end of that day.
"""

from collections.abc import Iterator, Mapping

from edge.domain.duty import Stamp
from edge.domain.response import Limit, Reached, response
from edge.journal import Reader, StoredRow
from edge.journal.day_rows import DayRows
from edge.registers.duty_rules import INCIDENTS
from edge.registers.incidents import steps_of

STARTED, LIMITS, RAISED = "gate.started", "response_us", "case.opened"
_CHUNK = 200

Figures = dict[str, int]


def answered(reader: Reader, rows: DayRows, *, from_us: int, to_us: int, upto: int) -> Figures:
    """Return how many limits were up in [from, to), and how many were met, missed (answered later that day,
    or by a clock nobody believes) and not answered by its end; nothing where no run had a limit by then."""
    begun = [one for one in rows.rare((STARTED,), upto) if one.at_us is None or one.at_us < to_us]
    runs = [(one.row.seq, limits_of(one.row)) for one in begun]
    longest_us = max((limit.us for _, limits in runs for limit in limits), default=None)
    if longest_us is None:
        return {}
    found = dict.fromkeys(("answers.asked", "answers.in_time", "answers.late", "answers.unanswered"), 0)
    for about in _alarms(reader, rows, from_us - longest_us, to_us, upto):
        opened, steps = about[0], steps_of(about)
        raised_us = rows.moment(opened)
        limits = next((limits for seq, limits in reversed(runs) if seq < opened.seq), ())
        if raised_us is None:
            continue
        for limit in limits:
            if from_us <= raised_us + limit.us < to_us:
                found["answers.asked"] += 1
                found[f"answers.{_came_to(rows, limit, opened, steps, to_us)}"] += 1
    return found


def limits_of(started: StoredRow) -> tuple[Limit, ...]:
    """Return the limits of a run, as its first row tells them."""
    told: Mapping[str, int] = started.body.get(LIMITS) or {}
    return tuple(Limit(step, told[step.value]) for step in Reached if step.value in told)


def _alarms(reader: Reader, rows: DayRows, from_us: int, to_us: int, upto: int) -> Iterator[list[StoredRow]]:
    """Yield the rows of each incident and each case that was raised in [from, to), oldest first."""
    for one in rows.rare_between((RAISED,), from_us, to_us, upto):
        file = reader.case(one.row.body["case"])
        if file is not None:
            yield [row for row in reader.case_rows(file) if row.seq <= upto]
    ranges, after = rows.calendar.ranges(from_us, to_us), 0
    while entries := reader.entries(INCIDENTS, after=after, limit=_CHUNK):
        after = entries[-1].number
        for entry in entries:
            if entry.seqs[0] <= upto and any(low <= entry.seqs[0] <= high for low, high in ranges):
                yield [row for row in reader.entry_rows(entry) if row.seq <= upto]


def _came_to(
    rows: DayRows, limit: Limit, opened: StoredRow, steps: Mapping[Reached, StoredRow], to_us: int
) -> str:
    stamps = {step: _stamp(rows, row) for step, row in steps.items()}
    begun = _stamp(rows, opened)
    (came,) = response((limit,), begun, stamps, begun)
    if came.reached and came.in_time:
        return "in_time"
    order = list(Reached)
    later = [stamps[step] for step in order[order.index(limit.step) :] if step in stamps]
    return "late" if any(stamp.trusted and stamp.at_us < to_us for stamp in later) else "unanswered"


def _stamp(rows: DayRows, row: StoredRow) -> Stamp:
    """When a row was written; trusted where that can be said at all."""
    at_us = rows.moment(row)
    return Stamp(row.boot, row.mono_us, row.at_us if at_us is None else at_us, at_us is not None)
