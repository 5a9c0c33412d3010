"""The response clock (“1、3、5”快速反应机制): was an alarm answered in time? Pure.

The report that names the mechanism does not say what its numbers mean: each step has a limit only where a
site has written one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge.domain.duty import Stamp


class Reached(StrEnum):
    """How far an alarm was answered, in this order; what is reached later was reached before as well."""

    TAKEN = "taken"  # somebody saw to it: was called, or the person was handed over
    THERE = "there"  # somebody came, or the unit said that it has the person
    DONE = "done"  # it is over


@dataclass(frozen=True, slots=True)
class Limit:
    """Within how many microseconds of the alarm a step has to be reached."""

    step: Reached
    us: int


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one limit: how long it took (so far where it is not reached), and whether that was in
    time; `took_us` is None where a clock was wrong and nobody can say, `in_time` where that is so or the
    time still runs."""

    step: Reached
    limit_us: int
    reached: bool
    took_us: int | None
    in_time: bool | None


def response(
    limits: tuple[Limit, ...], opened: Stamp, steps: Mapping[Reached, Stamp], now: Stamp
) -> tuple[Answered, ...]:
    """Return what came of each limit, for an alarm raised at `opened`."""
    order = list(Reached)
    found = []
    for limit in limits:
        known = [steps[step] for step in order[order.index(limit.step) :] if step in steps]
        took = [_between_us(opened, stamp) for stamp in known]
        sure = [one for one in took if one is not None]
        took_us = min(sure) if sure else (None if known else _between_us(opened, now))
        late = took_us is not None and took_us > limit.us
        in_time = None if took_us is None or not (known or late) else not late
        found.append(Answered(limit.step, limit.us, bool(known), took_us, in_time))
    return tuple(found)


def _between_us(start: Stamp, end: Stamp) -> int | None:
    if start.boot == end.boot:
        return max(0, end.mono_us - start.mono_us)
    return max(0, end.at_us - start.at_us) if start.trusted and end.trusted else None
