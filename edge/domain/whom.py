"""For whom a step of a procedure is: what the file's `[step.when]` says, held against one passage.

Pure. A step is left out only where what is known says so: nobody's answer, an hour that is not known and a
direction nobody gave leave it standing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.domain.circumstances import Circumstances

DAY_MIN = 24 * 60
_HOURS = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)", re.ASCII)

Hours = tuple[int, int]
"""From and until, in minutes of the day; until is not included, and before from where it is past midnight."""


@dataclass(frozen=True, slots=True)
class When:
    """All of it must hold; what is empty or None is not asked. `answers` names questions of earlier steps,
    each with the answers that make the step needed: while nobody has answered, the step with the question
    is still open, and nobody passes by it."""

    category: tuple[str, ...] = ()
    not_category: tuple[str, ...] = ()
    direction: str = ""
    vehicle: bool | None = None
    aboard: bool | None = None
    hours: tuple[Hours, ...] = ()
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def holds(self, category: str, around: Circumstances, answers: Mapping[str, str]) -> bool:
        """Say whether the step is for this person, or for this vehicle."""
        if self.category and category not in self.category:
            return False
        if category in self.not_category:
            return False
        if self.direction and around.direction and self.direction != around.direction:
            return False
        for wanted, is_so in ((self.vehicle, around.vehicle), (self.aboard, around.aboard)):
            if wanted is not None and wanted is not is_so:
                return False
        minute = around.minute
        if self.hours and minute is not None and not any(within(hours, minute) for hours in self.hours):
            return False
        return all(answers.get(name) in values for name, values in self.answers.items())


ALWAYS = When()


def within(hours: Hours, minute: int) -> bool:
    """Say whether a minute of the day lies within these hours, which may go past midnight."""
    begin, end = hours
    return begin <= minute < end if begin < end else minute >= begin or minute < end


def hours_of(text: str) -> Hours | None:
    """Return the minutes of `06:00-22:00`, or None where the text is no such thing. `00:00-24:00` is the
    whole day; the same time twice is no hours at all."""
    match = _HOURS.fullmatch(text)
    if match is None:
        return None
    begin, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    return (begin, end) if begin < DAY_MIN and end <= DAY_MIN and begin != end else None
