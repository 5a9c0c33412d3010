"""How the level of healthy people moved over the days, at one and the same ambient.

A level follows the people, so their distance from it says nothing of a thermometer that drifts. What was
expected of them at the same air on different days does. Pure.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median_low

from edge.domain.skin import KNOT_MDEGC, Place

# Only days that saw nearly the same air are compared; the rest of the way is the place's usual slope.
WINDOW_MDEGC = 1_500
LEAST = 5
_STEP_MDEGC = 1_000


@dataclass(frozen=True, slots=True)
class Known:
    """What was expected of one healthy person: the day, the air, the level (thousandths of a degree)."""

    day: Hashable
    ambient_mdegc: int
    level_mdegc: int


@dataclass(frozen=True, slots=True)
class LevelDay:
    """One day: the level at the common ambient (None: too few people in such air) and of how many."""

    day: Hashable
    level_mdegc: int | None
    people: int


@dataclass(frozen=True, slots=True)
class Moved:
    """The days in their order, at `ambient_mdegc`; `moved_mdegc` from the first to the last with a level."""

    ambient_mdegc: int
    days: tuple[LevelDay, ...]
    moved_mdegc: int | None


def moved(known: Iterable[Known], place: Place, days: Sequence[Hashable]) -> Moved | None:
    """Return how the level moved over `days`, at the whole degree of air that most of them saw, of several
    the one that most people did; None where no day saw enough people at any."""
    all_ = list(known)
    by_air: dict[int, list[Known]] = {}
    for one in all_:
        nearest = round(one.ambient_mdegc / _STEP_MDEGC)
        for degree in range(nearest - 2, nearest + 3):
            if abs(one.ambient_mdegc - degree * _STEP_MDEGC) <= WINDOW_MDEGC:
                by_air.setdefault(degree * _STEP_MDEGC, []).append(one)
    best = max(by_air, key=lambda air: (_seen(by_air[air]), len(by_air[air]), -air), default=None)
    if best is None or not _seen(by_air[best]):
        return None
    found = tuple(_day(day, [one for one in by_air[best] if one.day == day], best, place) for day in days)
    told = [day.level_mdegc for day in found if day.level_mdegc is not None]
    return Moved(best, found, told[-1] - told[0] if len(told) > 1 else None)


def _seen(some: Iterable[Known]) -> int:
    """Return on how many days enough people were measured."""
    counts: dict[Hashable, int] = {}
    for one in some:
        counts[one.day] = counts.get(one.day, 0) + 1
    return sum(count >= LEAST for count in counts.values())


def _day(day: Hashable, some: Sequence[Known], air: int, place: Place) -> LevelDay:
    if len(some) < LEAST:
        return LevelDay(day, None, len(some))
    return LevelDay(day, median_low([_at(one, air, place) for one in some]), len(some))


def _at(one: Known, air: int, place: Place) -> int:
    """Carry a level over to another ambient nearby, by what is known of the place."""
    return one.level_mdegc + _line(air, place) - _line(one.ambient_mdegc, place)


def _line(ambient_mdegc: int, place: Place) -> int:
    degrees = ambient_mdegc - KNOT_MDEGC
    return round(degrees * (place.cold if degrees < 0 else place.warm) / 1000)
