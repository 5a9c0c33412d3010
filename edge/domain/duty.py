"""Duty (值班值守): which hours a post has to be staffed, who was there, and which hours nobody was. Pure.

All times are microseconds UTC; opening hours are minutes after local midnight. Nothing here stops anybody:
what is uncovered is told to a manager.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

DAY_MINUTES = 24 * 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Span = tuple[int, int]
"""From and until, until excluded."""


@dataclass(frozen=True, slots=True)
class Post:
    """A position at the gate (疫情防控专岗) with its opening hours, each from and until in minutes after
    midnight; one that ends before it begins goes over midnight. `positions` are the roles that somebody has
    to fill all that time, `lanes` the lanes that belong to it (none: all)."""

    name: str
    hours: tuple[tuple[int, int], ...] = ((0, DAY_MINUTES),)
    positions: tuple[str, ...] = ()
    lanes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a row was written, on both clocks; not `trusted`: its wall time may be anything."""

    boot: int
    mono_us: int
    at_us: int
    trusted: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """Somebody at a post in some roles for a time: planned, or there."""

    post: str
    roles: frozenset[str]
    from_us: int
    until_us: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nobody filled a position. `planned`: somebody was on the sheet and had not signed in;
    otherwise nobody was."""

    post: str
    role: str
    from_us: int
    until_us: int
    planned: bool


def moment_us(stamp: Stamp, now: Stamp) -> int | None:
    """Return when something was by the clock as it is now; None where nobody can say. Within one run the
    clock that nobody can set counts, so that a jump of the other one moves nothing."""
    if stamp.boot == now.boot and now.trusted:
        return now.at_us - (now.mono_us - stamp.mono_us)
    return stamp.at_us if stamp.trusted else None


def stayed(start: Stamp, end: Stamp | None, now: Stamp, longest_us: int) -> Span | None:
    """Return from when until when somebody was there who signed in at `start`, and out at `end` or not yet;
    None where nobody can say. Whoever never signed out was there for `longest_us` at most."""
    last = now if end is None else end
    from_us, until_us = moment_us(start, now), moment_us(last, now)
    if start.boot == last.boot:
        lasted_us = max(0, last.mono_us - start.mono_us)
        if from_us is None and until_us is not None:
            from_us = until_us - lasted_us
        elif from_us is not None:
            until_us = from_us + lasted_us
    if from_us is None or until_us is None:
        return None
    until_us = min(until_us, from_us + longest_us)
    return (from_us, until_us) if until_us > from_us else None


def open_hours(post: Post, from_us: int, until_us: int, zone: tzinfo) -> list[Span]:
    """Return when a post is open within [from, until), oldest first, nothing twice."""
    if until_us <= from_us:
        return []
    first, last = _day(from_us, zone) - timedelta(days=1), _day(until_us, zone)
    spans = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        for begin, end in post.hours:
            over = end if end > begin else end + DAY_MINUTES
            spans.append((wall_us(day, begin, zone), wall_us(day, over, zone)))
    return _within(merged(spans), from_us, until_us)


def uncovered(
    posts: Iterable[Post],
    planned: Sequence[Stretch],
    there: Sequence[Stretch],
    within: Span,
    zone: tzinfo,
) -> list[Gap]:
    """Return the times `within` from and until in which a post was open and a position of it not filled, by
    post, position and time."""
    gaps = []
    for post in posts:
        hours = open_hours(post, *within, zone)
        for role in dict.fromkeys(post.positions):
            rest = without(hours, _of(there, post.name, role))
            sheet = merged(_of(planned, post.name, role))
            parts = [(*span, False) for span in without(rest, sheet)]
            parts += [(*span, True) for span in common(rest, sheet)]
            gaps += [Gap(post.name, role, *part) for part in sorted(parts)]
    return gaps


def owed_us(posts: Iterable[Post], from_us: int, until_us: int, zone: tzinfo) -> int:
    """Return how long positions had to be filled within [from, until), one after another."""
    return sum(
        len(set(post.positions)) * length_us(open_hours(post, from_us, until_us, zone)) for post in posts
    )


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the same times, oldest first, those that touch as one."""
    found: list[Span] = []
    for begin, end in sorted(span for span in spans if span[1] > span[0]):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def without(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """Return what is in `spans` and not in `taken`."""
    rest, away = [], merged(taken)
    for begin, end in merged(spans):
        at = begin
        for from_us, until_us in away:
            if until_us <= at or from_us >= end:
                continue
            if from_us > at:
                rest.append((at, from_us))
            at = max(at, until_us)
        if at < end:
            rest.append((at, end))
    return rest


def common(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """Return what is in both."""
    spans = merged(spans)
    return without(spans, without(spans, others))


def length_us(spans: Iterable[Span]) -> int:
    """Return how long the times are together."""
    return sum(end - begin for begin, end in merged(spans))


def wall_us(day: date, minutes: int, zone: tzinfo) -> int:
    """Return when the clocks on the wall of a zone show so many minutes after the midnight of a day."""
    shown = datetime.combine(day, time(), zone) + timedelta(minutes=minutes)
    return (shown - _EPOCH) // timedelta(microseconds=1)


def _day(at_us: int, zone: tzinfo) -> date:
    return (_EPOCH + timedelta(microseconds=at_us)).astimezone(zone).date()


def _of(stretches: Iterable[Stretch], post: str, role: str) -> list[Span]:
    return [(one.from_us, one.until_us) for one in stretches if one.post == post and role in one.roles]


def _within(spans: Iterable[Span], from_us: int, until_us: int) -> list[Span]:
    cut = ((max(begin, from_us), min(end, until_us)) for begin, end in spans)
    return [(begin, end) for begin, end in cut if end > begin]
