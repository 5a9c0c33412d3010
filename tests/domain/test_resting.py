"""What a reading after a rest says beside the one before it."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.healthy import Expected, expected, start
from edge.domain.posterior import cut
from edge.domain.resting import MOST_PER_1000, taught_off, twice_per_1000
from edge.domain.skin import LEFT, PLACES, rested

FOREHEAD = PLACES["forehead"]
AT_GATE = {air: expected(start(FOREHEAD), air, 0) for air in (-5_000, 0, 10_000, 22_000, 35_000)}
INDOORS = {air: expected(start(rested(FOREHEAD)), air, 0) for air in AT_GATE}


def sure(about: Expected) -> Expected:
    return replace(about, doubt_mdegc=0)


def crowd(air: int, people: int = 40_000) -> list[tuple[float, float]]:
    """Return how far made-up healthy people stand off before a rest and after it, in spreads."""
    dice, cold = random.Random(air), max(0, 20_500 - air) / 1000 * FOREHEAD.chill
    own, noise = FOREHEAD.spread * FOREHEAD.same**0.5, FOREHEAD.spread * (1 - FOREHEAD.same) ** 0.5
    found = []
    for _ in range(people):
        person, weather = dice.gauss(0, own), dice.gauss(0, cold)
        before = (person + weather + dice.gauss(0, noise)) / AT_GATE[air].spread_mdegc
        found.append((before, (person + LEFT * weather + dice.gauss(0, noise)) / INDOORS[air].spread_mdegc))
    return found


@pytest.mark.parametrize("air", list(AT_GATE))
def test_in_every_weather_as_many_healthy_people_stand_out_twice_as_were_set(air: int) -> None:
    people = crowd(air)
    per_1000 = twice_per_1000(160, 50, AT_GATE[air], INDOORS[air])
    first, second = cut(160) / 1000, cut(per_1000) / 1000
    both = sum(before >= first and after >= second for before, after in people)
    assert 1000 * both / len(people) == pytest.approx(50, abs=4)


def test_after_coming_from_the_cold_somebody_has_to_stand_out_less() -> None:
    found = {air: twice_per_1000(160, 50, AT_GATE[air], INDOORS[air]) for air in AT_GATE}
    assert min(found[-5_000], found[0], found[10_000]) > 1.4 * found[22_000]
    assert found[22_000] == found[35_000] >= 50


abouts = st.builds(
    Expected,
    st.sampled_from(sorted(PLACES)),
    st.integers(33_000, 36_000),
    st.integers(100, 2_000),
    st.integers(0, 900),
    visits=st.integers(0, 20),
)


@given(st.integers(5, 400), st.integers(5, 300), abouts, abouts)
def test_whatever_was_expected_the_number_lies_between_what_was_set_and_a_third(
    first: int, over: int, before: Expected, now: Expected
) -> None:
    found = twice_per_1000(max(first, over), over, before, now)
    assert over <= found <= MOST_PER_1000
    assert found <= twice_per_1000(max(first, over), min(300, over + 20), before, now)


@given(abouts, abouts, st.integers(32_000, 42_500), st.integers(32_000, 42_500), st.integers(5, 333))
def test_a_warmer_reading_after_the_rest_never_teaches_a_lower_level(
    before: Expected, now: Expected, first: int, second: int, per_1000: int
) -> None:
    low = taught_off(first, before, second, now, per_1000)
    high = taught_off(first, before, second + 100, now, per_1000)
    assert low <= high
    assert abs(low) < 4 * now.spread_mdegc


@pytest.mark.parametrize("air", [0, 10_000, 22_000])
def test_selected_people_of_whom_the_highest_are_left_out_teach_the_level_of_everybody(air: int) -> None:
    """Those over are left out, and those who rest are no sample of all: what is learned is neither's."""
    gate, room = sure(AT_GATE[air]), sure(INDOORS[air])
    per_1000 = twice_per_1000(160, 50, gate, room)
    plain, corrected = [], []
    for before, after in crowd(air):
        if before < cut(160) / 1000 or after >= cut(per_1000) / 1000:
            continue
        first, second = (
            round(about.level_mdegc + off * about.spread_mdegc)
            for about, off in ((gate, before), (room, after))
        )
        plain.append(second - room.level_mdegc)
        corrected.append(taught_off(first, gate, second, room, per_1000))
    assert sum(corrected) / len(corrected) == pytest.approx(0, abs=25)
    assert abs(sum(plain) / len(plain)) > 50
