"""What is due of a register on a local day: computed from its definition and from what was done, each time
anew. Nothing is a fact here before somebody did it. Pure; days begin at local midnight.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from edge.domain.twice_daily import Day, Half, Windows
from edge.registers.definition import Definition, Due
from edge.registers.given import local_day, moment_us, starts_us

_HOUR_US = 3_600_000_000
_MINUTE_US = 60_000_000


class State(StrEnum):
    """How a task stands."""

    DONE = "done"
    LATER = "later"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Said:
    """An entry as the rows up to some moment have it, as far as it is open to read."""

    number: int
    fields: Mapping[str, Any]
    open: bool
    entered_us: int
    from_us: int | None = None
    until_us: int | None = None

    @property
    def counts(self) -> bool:
        """Whether it was not struck out."""
        return "struck" not in self.fields


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to be done by `due_us`: the `nth` of `count` of a rule, for an `entry` or for the gate;
    `done_us` is when it was done."""

    register: str
    rule: Due
    due_us: int
    nth: int = 1
    count: int = 1
    entry: int | None = None
    done_us: int | None = None

    def state(self, now_us: int) -> State:
        """Return how it stands at a moment."""
        if self.done_us is not None:
            return State.DONE
        return State.OVERDUE if self.due_us <= now_us else State.LATER


def gate_tasks(
    definition: Definition, entries: Sequence[Said], *, day: date, zone: tzinfo, now_us: int, since_us: int
) -> list[Task]:
    """Return the day's tasks that entries of this register fulfil: the k-th entry that fits is the k-th of
    the day. `every_hours`: the next one after the newest, or after the day's beginning. What was due before
    `since_us`, the register's first entry, is not asked for: one that nobody keeps asks for nothing."""
    found: list[Task] = []
    for rule in definition.due:
        if rule.source != "entries":
            continue
        fit = sorted(
            moment_us(definition, said.fields, said.entered_us)
            for said in entries
            if said.counts and all(said.fields.get(name) == value for name, value in rule.where.items())
        )
        if rule.every_hours is not None:
            past = [at for at in fit if at <= now_us]
            last = past[-1] if past else starts_us(day, zone)
            found.append(Task(definition.name, rule, last + rule.every_hours * _HOUR_US))
        else:
            today = [at for at in fit if local_day(at, zone) == day]
            found += _slots(definition.name, rule, _times(rule, day, zone), today)
    return [task for task in found if task.done_us is not None or task.due_us > since_us]


def entry_tasks(
    definition: Definition,
    said: Said,
    ticked: Mapping[str, Sequence[int]],
    told: Day | None,
    *,
    day: date,
    zone: tzinfo,
    windows: Windows,
) -> list[Task]:
    """Return the day's tasks for one open entry, none on a day it does not hold for. What was due before it
    was entered is not asked for. `ticked` are the moments of the day at which each rule was ticked off,
    `told` what the household has of the day's two temperatures."""
    begins, ends = starts_us(day, zone), starts_us(day + timedelta(days=1), zone)
    holds = (said.from_us is None or said.from_us < ends) and (
        said.until_us is None or said.until_us > begins
    )
    if not (said.open and said.counts and holds):
        return []
    found: list[Task] = []
    for rule in definition.due:
        if rule.source == "temperatures":
            found += _measured(definition.name, rule, said, told, begins=begins, windows=windows)
        elif rule.source == "tasks":
            times = [at for at in _times(rule, day, zone) if at > said.entered_us]
            found += _slots(definition.name, rule, times, sorted(ticked.get(rule.id, ())), said.number)
    return found


def _measured(
    register: str, rule: Due, said: Said, told: Day | None, *, begins: int, windows: Windows
) -> Iterable[Task]:
    for nth, half in enumerate(Half, 1):
        end = windows.morning[1] if half is Half.MORNING else windows.afternoon[1]
        due = begins + end * _MINUTE_US
        taken = None if told is None else told.of(half)
        if due > said.entered_us or taken is not None:
            done = None if taken is None else taken.at_us
            yield Task(register, rule, due, nth, 2, said.number, done)


def _times(rule: Due, day: date, zone: tzinfo) -> list[int]:
    return [starts_us(day, zone, at) for at in rule.times]


def _slots(
    register: str, rule: Due, times: Sequence[int], done: Sequence[int], entry: int | None = None
) -> list[Task]:
    return [
        Task(register, rule, due, nth, len(times), entry, done[nth - 1] if nth <= len(done) else None)
        for nth, due in enumerate(times, 1)
    ]
