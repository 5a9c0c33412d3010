"""What happened at a gate in a day besides passages: cases, outages of devices, openings of personal fields.

Rows are counted in the day in which they were written. Each function takes rows and gives figures.
"""

from collections.abc import Iterable, Sequence

from edge.journal.day_rows import CaseStep, DayRows
from edge.reports.figures import Figures

_CASES = {
    "case.opened": "cases.opened",
    "case.handed_over": "cases.handed_over",
    "case.acknowledged": "cases.acknowledged",
    "case.closed": "cases.closed",
    "case.reopened": "cases.reopened",
}
_COUNTED = {
    "device.lost": "devices.lost",
    "device.back": "devices.back",
    "uplink.lost": "uplink.lost",
    "personal.opened": "personal.opened",
    "temperature.reported": "temperatures.told",
    "gate.started": "gate.started",
    "clock.corrected": "clock.corrected",
}
STEPS = (*_CASES, "case.followed_up")


def happened(rows: DayRows, steps: Sequence[CaseStep], from_us: int, to_us: int, upto: int) -> Figures:
    """Return the figures of the day [from, to) that are no passages; `steps` are those of all cases up to the
    row `upto`, oldest first."""
    found: Figures = dict.fromkeys([*_CASES.values(), "cases.overdue", *_COUNTED.values()], 0)
    found["temperatures.told_over"] = 0
    for one in rows.rare_between(tuple(_COUNTED), from_us, to_us, upto):
        found[_COUNTED[one.row.kind]] += 1
        if one.row.kind == "temperature.reported" and one.row.body.get("verdict") == "over":
            found["temperatures.told_over"] += 1
    for step in steps:
        if step.kind in _CASES and step.at_us is not None and from_us <= step.at_us < to_us:
            found[_CASES[step.kind]] += 1
    found["cases.overdue"] = overdue(steps, to_us)
    return found


def overdue(steps: Iterable[CaseStep], at_us: int) -> int:
    """Return how many cases were open and overdue at a moment."""
    due: dict[int, int | None] = {}
    for step in steps:
        if step.at_us is None or step.at_us >= at_us:
            continue
        if step.kind == "case.closed":
            due.pop(step.case, None)
        elif step.tells_due:
            due[step.case] = step.due_us
    return sum(due_us is not None and due_us < at_us for due_us in due.values())
