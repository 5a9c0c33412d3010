"""Which hours nobody fills: midnight, zones, clocks that jump, and a recount minute by minute."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.duty import (
    Post,
    Stamp,
    Stretch,
    common,
    length_us,
    merged,
    moment_us,
    open_hours,
    owed_us,
    stayed,
    uncovered,
    wall_us,
    without,
)

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
ZONES = tuple(ZoneInfo(name) for name in ("Asia/Shanghai", "Asia/Kolkata", "Asia/Kathmandu", "UTC"))
CHINA = ZONES[0]
DAY = date(2020, 2, 12)


def at(hours: float, day: date = DAY, zone: ZoneInfo = CHINA) -> int:
    return wall_us(day, int(hours * 60), zone)


def there(begin: float, end: float, *roles: str) -> Stretch:
    return Stretch("north", frozenset(roles or ("scanner",)), at(begin), at(end))


def test_a_night_post_is_open_on_both_sides_of_midnight() -> None:
    post = Post("north", ((22 * 60, 6 * 60),), ("scanner",))
    assert open_hours(post, at(0), at(24), CHINA) == [(at(0), at(6)), (at(22), at(24))]
    assert open_hours(post, at(23), at(26), CHINA) == [(at(23), at(26))]
    assert open_hours(post, at(7), at(21), CHINA) == []


def test_nobody_planned_and_somebody_planned_who_is_not_there_are_told_apart() -> None:
    post = Post("north", ((8 * 60, 20 * 60),), ("scanner",))
    gaps = uncovered([post], [there(8, 16)], [there(9, 12)], (at(0), at(24)), CHINA)
    assert [(gap.from_us, gap.until_us, gap.planned) for gap in gaps] == [
        (at(8), at(9), True),
        (at(12), at(16), True),
        (at(16), at(20), False),
    ]


def test_one_person_alone_fills_every_position_they_signed_in_for() -> None:
    post = Post("north", positions=("scanner", "community_worker"))
    both = there(0, 24, "scanner", "community_worker")
    assert uncovered([post], [], [both], (at(0), at(24)), CHINA) == []
    one = uncovered([post], [], [there(0, 24, "scanner")], (at(0), at(24)), CHINA)
    assert {gap.role for gap in one} == {"community_worker"}


def test_somebody_at_another_post_fills_nothing_here() -> None:
    post = Post("south", positions=("scanner",))
    assert uncovered([post], [], [there(0, 24)], (at(0), at(1)), CHINA)


def test_hours_by_the_wall_hold_where_clocks_change() -> None:
    zone = ZoneInfo("Europe/Berlin")
    spring = date(2020, 3, 29)
    post = Post("north", ((0, 24 * 60),), ("scanner",))
    day = (at(0, spring, zone), at(24, spring, zone))
    assert length_us(open_hours(post, *day, zone)) == 23 * HOUR_US


# A run of the gate: minutes of the monotonic clock, and what the wall clock said of it.
NOW = Stamp(2, 600 * MINUTE_US, at(12), True)


def test_a_clock_that_jumped_since_the_sign_in_moves_nobody() -> None:
    start = Stamp(
        2, 540 * MINUTE_US, at(12) - 400 * 24 * HOUR_US, False
    )  # signed in in the past, an hour ago
    assert stayed(start, None, NOW, 16 * HOUR_US) == (at(11), at(12))
    ahead = Stamp(2, 540 * MINUTE_US, at(12) + 400 * 24 * HOUR_US, True)
    assert stayed(ahead, None, NOW, 16 * HOUR_US) == (at(11), at(12))


def test_who_signed_in_in_an_earlier_run_with_a_wrong_clock_covers_nothing_that_anybody_knows() -> None:
    start = Stamp(1, 0, 0, False)
    assert stayed(start, None, NOW, 16 * HOUR_US) is None
    assert moment_us(start, NOW) is None
    # Where the clock was set before they left, the run itself says when they came.
    end = Stamp(1, 120 * MINUTE_US, at(5), True)
    assert stayed(start, end, NOW, 16 * HOUR_US) == (at(3), at(5))
    assert stayed(Stamp(1, 0, at(3), True), Stamp(1, 120 * MINUTE_US, 0, False), NOW, 16 * HOUR_US) == (
        at(3),
        at(5),
    )


def test_whoever_never_signs_out_is_there_for_no_longer_than_the_site_allows() -> None:
    start = Stamp(1, 0, at(12) - 100 * HOUR_US, True)
    assert stayed(start, None, NOW, 16 * HOUR_US) == (start.at_us, start.at_us + 16 * HOUR_US)


def test_on_a_clock_nobody_believes_a_sign_in_of_this_run_is_at_no_known_time() -> None:
    unset = Stamp(2, 600 * MINUTE_US, 0, False)
    assert stayed(Stamp(2, 540 * MINUTE_US, 0, False), None, unset, 16 * HOUR_US) is None


_ROLES = st.sampled_from(["scanner", "community_worker", "doctor"])
_MINUTES = st.integers(-1500, 4500)
_STRETCH = st.builds(
    lambda post, roles, begin, length: (post, frozenset(roles), begin, begin + length),
    st.sampled_from(["north", "south"]),
    st.sets(_ROLES, max_size=3),
    _MINUTES,
    st.integers(0, 1500),
)
_POST = st.builds(
    lambda name, hours, positions: (name, tuple(hours), tuple(positions)),
    st.sampled_from(["north", "south"]),
    st.lists(
        st.tuples(st.integers(0, 1439), st.integers(0, 1440)).filter(lambda pair: pair[0] != pair[1]),
        min_size=1,
        max_size=3,
    ),
    st.lists(_ROLES, max_size=3),
)


@given(
    zone=st.sampled_from(ZONES),
    post=_POST,
    plan=st.lists(_STRETCH, max_size=5),
    came=st.lists(_STRETCH, max_size=6),
    within=st.tuples(st.integers(-200, 1600), st.integers(0, 400)),
)
def test_a_recount_minute_by_minute_finds_the_same(
    zone: ZoneInfo,
    post: tuple[str, tuple[tuple[int, int], ...], tuple[str, ...]],
    plan: list[tuple[str, frozenset[str], int, int]],
    came: list[tuple[str, frozenset[str], int, int]],
    within: tuple[int, int],
) -> None:
    begin, length = within
    midnight = wall_us(DAY, 0, zone)

    def real(stretches: list[tuple[str, frozenset[str], int, int]]) -> list[Stretch]:
        each = ((p, r, midnight + b * MINUTE_US, midnight + e * MINUTE_US) for p, r, b, e in stretches)
        return [Stretch(*one) for one in each]

    name, hours, positions = post
    times = (midnight + begin * MINUTE_US, midnight + (begin + length) * MINUTE_US)
    gaps = uncovered([Post(name, hours, positions)], real(plan), real(came), times, zone)
    found = {
        (gap.role, minute, gap.planned)
        for gap in gaps
        for minute in range((gap.from_us - midnight) // MINUTE_US, (gap.until_us - midnight) // MINUTE_US)
    }
    expected = set()
    for minute in range(begin, begin + length):
        # By the clock on the wall, as a person would look at it.
        shown = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=midnight + minute * MINUTE_US)
        wall = shown.astimezone(zone)
        now = wall.hour * 60 + wall.minute
        is_open = any(b <= now < e if e > b else (now >= b or now < e) for b, e in hours)
        for role in positions:
            if is_open and not any(p == name and role in r and b <= minute < e for p, r, b, e in came):
                sheet = any(p == name and role in r and b <= minute < e for p, r, b, e in plan)
                expected.add((role, minute, sheet))
    assert found == expected
    assert len({(g.role, g.from_us) for g in gaps}) == len(gaps)
    covered = owed_us([Post(name, hours, positions)], *times, zone) - sum(
        g.until_us - g.from_us for g in gaps
    )
    assert covered >= 0


_SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=8)


@given(_SPANS, _SPANS)
def test_times_are_taken_apart_and_put_together_without_loss(
    spans: list[tuple[int, int]], others: list[tuple[int, int]]
) -> None:
    def points(pairs: list[tuple[int, int]]) -> set[int]:
        return {number for begin, end in pairs for number in range(begin, end)}

    assert points(without(spans, others)) == points(spans) - points(others)
    assert points(common(spans, others)) == points(spans) & points(others)
    whole = merged(spans)
    assert whole == sorted(whole)
    assert all(one[1] < other[0] for one, other in pairwise(whole))


_JUMPS = st.lists(st.tuples(st.integers(1, 600), st.integers(-50_000, 50_000)), min_size=1, max_size=6)


@given(steps=_JUMPS, index=st.integers(0, 5))
def test_within_one_run_no_jump_of_the_clock_changes_how_long_somebody_was_there(
    steps: list[tuple[int, int]], index: int
) -> None:
    mono, offset, stamps = 0, at(8), []
    for minutes, jump in steps:
        mono += minutes * MINUTE_US
        offset += jump * MINUTE_US
        stamps.append(Stamp(7, mono, offset + mono, True))
    start, now = stamps[min(index, len(stamps) - 1)], stamps[-1]
    span = stayed(start, None, now, 10_000 * HOUR_US)
    passed = now.mono_us - start.mono_us
    assert span == ((now.at_us - passed, now.at_us) if passed else None)


@pytest.mark.parametrize("zone", ZONES)
def test_the_wall_of_every_zone_shows_the_minutes_that_were_meant(zone: ZoneInfo) -> None:
    shown = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=wall_us(DAY, 1500, zone))
    assert shown.astimezone(zone).strftime("%d %H:%M") == "13 01:00"
