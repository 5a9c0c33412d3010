"""Two thermometers at one gate: one that drifts is found, weather is not."""

import json
import math
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.domain.instrument_signs import Finding, Sign
from edge.domain.sisters import BLOCK_US, BLOCKS, MOST_EACH, Sisters, from_json, learn, settled, to_json

HOUR_US = 3_600_000_000


def stood(
    hours: range, *, state: Sisters | None = None, seed: int = 1, bias_mdegc: int = 0, each: int = 5
) -> Sisters:
    """Let as many people an hour pass each of the two; both follow the same weather, `here` is off."""
    state, dice = state or Sisters(), random.Random(seed)
    for hour in hours:
        weather = 400 * math.sin(hour / 7) + 1_000 * math.sin(hour / 400)
        for n in range(2 * each):
            here = n % 2 == 0
            value = round(34_800 + weather + dice.gauss(0, 430) + bias_mdegc * here)
            state = learn(state, value, (hour * 60 + 5 * n) * 60_000_000, here=here, ambient_mdegc=20_000)
    return state


def only(state: Sisters) -> Finding:
    [found] = state.found
    return found


def test_two_that_follow_the_same_weather_are_neither_apart_nor_drifting() -> None:
    state = Sisters()
    for part in range(4):
        state = stood(range(100 * part, 100 * part + 100), state=state, seed=part)
        assert state.found == ()


def test_one_that_drifts_is_found_with_how_far_and_since_when() -> None:
    before = stood(range(70), bias_mdegc=200)
    assert before.found == ()
    after = only(stood(range(70, 140), state=before, seed=2, bias_mdegc=-400))
    assert after.sign is Sign.DRIFTING
    assert abs(after["moved_mdegc"] + 600) < 4 * after["error_mdegc"]
    assert after.since_us >= before.apart[0][0]


def test_two_that_were_apart_from_the_first_day_are_found_apart_and_not_drifting() -> None:
    found = only(stood(range(90), bias_mdegc=1_000))
    assert (found.sign, found.people) == (Sign.APART, 2 * 5 * BLOCKS)


def test_after_a_calibration_the_comparison_begins_anew() -> None:
    drifted = stood(range(70, 140), state=stood(range(70)), bias_mdegc=700)
    assert drifted.found
    assert stood(range(140, 200), state=settled(drifted), bias_mdegc=300).found == ()


def test_people_of_different_hours_are_not_compared() -> None:
    state = Sisters()
    for n in range(400):
        state = learn(state, 34_000 + 2_000 * (n % 2), n * 3 * HOUR_US, here=n % 2 == 0)
    assert state.apart == ()


def test_outside_the_rated_air_nobody_is_compared() -> None:
    state = Sisters()
    assert learn(state, 33_000, 1, here=True, ambient_mdegc=4_000) is state


coming = st.tuples(st.integers(-50_000, 100_000), st.integers(0, 10 * HOUR_US), st.booleans())


@settings(max_examples=30)
@given(st.lists(coming, max_size=60), st.integers(1, 20))
def test_any_arrivals_keep_it_bounded_and_it_comes_back_from_json(
    people: list[tuple[int, int, bool]], often: int
) -> None:
    state = Sisters()
    for value, at_us, here in people * often:
        state = learn(state, value, at_us, here=here)
    assert max(len(state.here), len(state.there)) <= MOST_EACH
    assert len(state.apart) <= BLOCKS
    assert from_json(json.loads(json.dumps(to_json(state)))) == state


def test_whoever_rested_and_was_measured_before_the_others_throws_nothing_away() -> None:
    state = Sisters()
    for minute in range(600, 608):
        state = learn(state, 34_800, minute * 60_000_000, here=minute % 2 == 0, ambient_mdegc=20_000)
    late = learn(state, 36_000, 590 * 60_000_000, here=True, ambient_mdegc=20_000)
    assert late is state
    jumped = learn(state, 36_000, 600 * 60_000_000 - BLOCK_US - 1, here=True)
    assert (len(jumped.here), len(jumped.there)) == (1, 0), "a clock that was set back"


def test_a_device_that_says_nothing_of_its_air_is_compared() -> None:
    assert learn(Sisters(), 34_800, 1, here=True, ambient_mdegc=None).here == (34_800,)
