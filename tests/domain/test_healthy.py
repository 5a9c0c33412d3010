"""What healthy people show, as learned: near the truth soon, never carried away."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.domain.healthy import (
    AMBIENT_MDEGC,
    RISE_HOUR_MDEGC,
    RISE_STEP_MDEGC,
    SHIFT_PEOPLE,
    Healthy,
    expected,
    learn,
    settle,
    shifted,
    start,
)
from edge.domain.skin import KNOT_MDEGC, PLACES

FOREHEAD, FACE = PLACES["forehead"], PLACES["face"]
HOUR_US = 3_600_000_000
MINUTE_US = 60_000_000
NOW_US = 1_580_000_000_000_000
KNOTS = (*AMBIENT_MDEGC, KNOT_MDEGC, 5_000, 30_000)
# A person as a normal distribution has them, in spreads, without chance.
PEOPLE = (-1.28, 0.52, -0.25, 1.28, -0.84, 0.25, -0.52, 0.84, 0.0)

arrivals = st.lists(
    st.tuples(st.integers(28_000, 44_000), st.integers(-15_000, 40_000), st.integers(0, 3 * HOUR_US)),
    max_size=40,
)


def after(state: Healthy, count: int, level: int, *, ambient: int = 22_000, at_us: int = NOW_US) -> Healthy:
    for number in range(count):
        off = round(PEOPLE[number % len(PEOPLE)] * state.place.spread)
        state = learn(state, level + off, ambient, at_us + number * MINUTE_US)
    return state


def levels(state: Healthy, at_us: int) -> list[int]:
    return [expected(state, ambient, at_us).level_mdegc for ambient in KNOTS]


def test_the_first_person_is_expected_as_the_place_is_known_with_its_doubt() -> None:
    about = expected(start(FOREHEAD), 22_500, NOW_US)
    assert about.level_mdegc == FOREHEAD.level + 2 * FOREHEAD.warm
    assert about.doubt_mdegc >= FOREHEAD.level_sd
    assert about.people == 0


def test_cold_air_lowers_the_level_and_widens_the_spread() -> None:
    warm, cold = (expected(start(FOREHEAD), ambient, NOW_US) for ambient in (20_500, 500))
    assert warm.level_mdegc - cold.level_mdegc == 20 * FOREHEAD.cold
    assert cold.spread_mdegc > 2 * warm.spread_mdegc


@pytest.mark.parametrize("off", [-700, -300, 300, 700])
def test_a_device_that_is_off_is_learned_within_a_few_hours_of_people(off: int) -> None:
    state, level = start(FACE), FACE.level + off
    for number in range(90):
        value = level + round(PEOPLE[number % 9] * FACE.spread)
        state = learn(state, value, KNOT_MDEGC, NOW_US + number * 4 * MINUTE_US)
    about = expected(state, KNOT_MDEGC, NOW_US + 6 * HOUR_US)
    assert abs(about.level_mdegc - level) < 120
    assert about.doubt_mdegc < 150


def test_a_slope_of_its_own_is_learned() -> None:
    state = start(FOREHEAD)
    for number in range(300):
        ambient = (21_000, 28_000, 35_000)[number % 3]
        level = 34_900 + round((ambient - KNOT_MDEGC) * 0.05)
        state = learn(state, level + round(PEOPLE[number % 9] * 400), ambient, NOW_US + number * HOUR_US)
    assert 30 < state.mean[2] < 80


@pytest.mark.parametrize("true", [250, 700])
def test_the_spread_follows_the_people(true: int) -> None:
    state = start(FOREHEAD)
    for number in range(600):
        state = learn(state, FOREHEAD.level + round(PEOPLE[number % 9] * true), KNOT_MDEGC, NOW_US + number)
    assert 0.75 * true < expected(state, KNOT_MDEGC, NOW_US).spread_mdegc < 1.3 * true


@given(arrivals)
@settings(max_examples=60)
def test_no_arrival_raises_the_level_by_more_than_its_bound(people: list[tuple[int, int, int]]) -> None:
    state, at_us = start(FOREHEAD), NOW_US
    for surface, ambient, pause_us in people:
        at_us += pause_us
        before = levels(state, at_us)
        state = learn(state, surface, ambient, at_us)
        rises = [now - then for now, then in zip(levels(state, at_us), before, strict=True)]
        assert max(rises) <= RISE_STEP_MDEGC + 1


@given(arrivals)
@settings(max_examples=60)
def test_no_order_of_arrivals_raises_the_level_by_more_than_the_hours_allow(
    people: list[tuple[int, int, int]],
) -> None:
    state, at_us = start(FACE), NOW_US
    first = levels(state, at_us)
    for surface, ambient, pause_us in people:
        at_us += pause_us
        state = learn(state, surface, ambient, at_us)
        allowed = RISE_HOUR_MDEGC * (1 + (at_us - NOW_US) / HOUR_US) + 1
        assert max(now - then for now, then in zip(levels(state, at_us), first, strict=True)) <= allowed


@given(arrivals)
@settings(max_examples=40)
def test_the_spread_and_the_doubt_stay_sane_whoever_comes(people: list[tuple[int, int, int]]) -> None:
    state, at_us = start(FOREHEAD), NOW_US
    for surface, ambient, pause_us in people:
        at_us += pause_us
        state = learn(state, surface, ambient, at_us)
    for ambient in KNOTS:
        about = expected(state, ambient, at_us)
        assert FOREHEAD.spread // 2 <= about.spread_mdegc
        assert 0 <= about.doubt_mdegc < 2_500


def test_creeping_up_a_little_at_a_time_is_bounded_by_the_hour() -> None:
    state = after(start(FACE), 100, FACE.level)
    before = expected(state, 22_000, NOW_US + 100 * MINUTE_US).level_mdegc
    for number in range(200):
        at_us = NOW_US + (100 * 60 + number) * 1_000_000
        state = learn(state, expected(state, 22_000, at_us).level_mdegc + 400, 22_000, at_us)
    at_us = NOW_US + 104 * MINUTE_US
    assert expected(state, 22_000, at_us).level_mdegc - before <= 1.1 * RISE_HOUR_MDEGC


def test_five_fevers_in_a_row_teach_next_to_nothing() -> None:
    state = after(start(FACE), 100, FACE.level, ambient=KNOT_MDEGC)
    at_us = NOW_US + 100 * MINUTE_US
    before = expected(state, KNOT_MDEGC, at_us)
    for number in range(5):
        state = learn(state, 37_200, KNOT_MDEGC, at_us + number * MINUTE_US)
    later = expected(state, KNOT_MDEGC, at_us + 5 * MINUTE_US)
    assert abs(later.level_mdegc - before.level_mdegc) < 30
    assert later.spread_mdegc < 1.1 * before.spread_mdegc


def test_a_shift_of_everybody_is_told_and_waits_for_a_person() -> None:
    state = after(start(FACE), 100, FACE.level, ambient=KNOT_MDEGC)
    assert not shifted(state)
    moved = after(state, 2 * SHIFT_PEOPLE, FACE.level + 2_000, ambient=KNOT_MDEGC, at_us=NOW_US + 2 * HOUR_US)
    assert shifted(moved)
    at_us = NOW_US + 3 * HOUR_US
    assert expected(moved, KNOT_MDEGC, at_us).level_mdegc < FACE.level + 700
    again = settle(moved, FACE.level + 2_000, KNOT_MDEGC)
    assert not shifted(again)
    assert abs(expected(again, KNOT_MDEGC, at_us).level_mdegc - FACE.level - 2_000) <= 1
    assert again.mean[1:3] == moved.mean[1:3]


def test_a_fall_of_everybody_is_told_as_well() -> None:
    state = after(start(FACE), 100, FACE.level, ambient=KNOT_MDEGC)
    fallen = state
    for number in range(SHIFT_PEOPLE):
        fallen = learn(fallen, FACE.level - 3_000, KNOT_MDEGC, NOW_US + 2 * HOUR_US + number)
    assert shifted(fallen)


def test_after_a_week_off_the_level_is_kept_and_doubted_a_little_more() -> None:
    state = after(start(FACE), 100, FACE.level + 400, ambient=KNOT_MDEGC)
    soon = expected(state, KNOT_MDEGC, NOW_US + 101 * MINUTE_US)
    week = expected(state, KNOT_MDEGC, NOW_US + 170 * HOUR_US)
    assert abs(week.level_mdegc - FACE.level - 400) < 350
    assert soon.doubt_mdegc < week.doubt_mdegc < 350


@pytest.mark.parametrize("jump_us", [-50 * 365 * 24 * HOUR_US, 50 * 365 * 24 * HOUR_US, -1])
def test_a_clock_that_jumps_costs_no_more_than_a_week_off(jump_us: int) -> None:
    state = after(start(FACE), 100, FACE.level, ambient=KNOT_MDEGC)
    week = expected(state, KNOT_MDEGC, NOW_US + 170 * HOUR_US)
    jumped = expected(state, KNOT_MDEGC, NOW_US + jump_us)
    assert jumped.doubt_mdegc <= week.doubt_mdegc
    assert abs(jumped.level_mdegc - FACE.level) < 250
    later = learn(state, FACE.level, KNOT_MDEGC, NOW_US + jump_us)
    assert later.at_us == NOW_US + jump_us
    assert all(math.isfinite(part) for part in later.mean)


def test_a_reading_without_ambient_is_expected_with_more_doubt_and_teaches_nothing() -> None:
    state = after(start(FOREHEAD), 30, FOREHEAD.level, ambient=KNOT_MDEGC)
    at_us = NOW_US + HOUR_US
    known, unknown = (expected(state, ambient, at_us) for ambient in (KNOT_MDEGC, None))
    assert unknown.doubt_mdegc > known.doubt_mdegc + 500
    assert expected(learn(state, 36_000, None, at_us), KNOT_MDEGC, at_us) == known


def test_an_hour_in_the_sun_is_followed_and_forgotten_and_the_line_stays() -> None:
    state = after(start(FACE), 300, FACE.level, ambient=KNOT_MDEGC)
    at_us = NOW_US + 300 * MINUTE_US
    sunny = after(state, 60, FACE.level + 400, ambient=KNOT_MDEGC, at_us=at_us)
    at_us += HOUR_US
    assert expected(sunny, KNOT_MDEGC, at_us).level_mdegc > FACE.level + 200
    assert expected(sunny, KNOT_MDEGC, at_us + 24 * HOUR_US).level_mdegc < FACE.level + 150


def test_a_busy_hour_of_healthy_people_does_not_let_the_level_sink() -> None:
    state = start(FACE)
    for number in range(600):
        off = round(PEOPLE[number % len(PEOPLE)] * FACE.spread)
        state = learn(state, FACE.level + off, KNOT_MDEGC, NOW_US + number * 6_000_000)
    assert abs(expected(state, KNOT_MDEGC, NOW_US + HOUR_US).level_mdegc - FACE.level) < 60
