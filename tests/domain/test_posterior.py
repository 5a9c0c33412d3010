"""The probability and the three answers: monotone, bounded, the same whenever decided again."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.healthy import Expected, expected, learn, start
from edge.domain.model import ScreeningVerdict
from edge.domain.posterior import MILLION, Cuts, judge, judge_all, usable
from edge.domain.skin import PLACES, place_of, rested
from edge.domain.visits import VISIT_US, Screener, Taken, visits

NOW_US = 1_580_000_000_000_000
MINUTE_US = 60_000_000
FACE = Expected("face", 35_500, 380, 40, 200)
FROST = Expected("forehead", 32_900, 1_200, 150, 200)
NORMAL, AGAIN, OVER = ScreeningVerdict.NORMAL, ScreeningVerdict.AGAIN, ScreeningVerdict.OVER

abouts = st.builds(
    Expected,
    st.sampled_from(sorted(PLACES)),
    st.integers(30_000, 37_000),
    st.integers(150, 2_000),
    st.integers(0, 1_500),
    st.integers(0, 10_000),
)
values = st.integers(26_000, 45_000)
measured = st.integers(35_000, 38_500)
prevalences = st.integers(1, MILLION - 1)


def taken(value: int, number: int = 0, person: str = "", place: str = "face") -> Taken:
    return Taken(NOW_US + number * MINUTE_US, person or f"p{number}", place, value, 22_000)


@given(st.lists(values, min_size=1, max_size=7), abouts, prevalences)
def test_deciding_again_from_what_is_stored_gives_the_same(
    readings: list[int], about: Expected, prevalence: int
) -> None:
    first = judge(readings, about, prevalence_ppm=prevalence)
    stored = Expected(about.place, about.level_mdegc, about.spread_mdegc, about.doubt_mdegc, about.people)
    assert judge(tuple(readings), stored, prevalence_ppm=prevalence) == first
    assert 0 <= first.ppm <= MILLION


@given(st.lists(measured, min_size=1, max_size=5), st.integers(0, 4), st.integers(1, 2_000), prevalences)
def test_a_higher_reading_never_lowers_the_probability(
    readings: list[int], index: int, more: int, prevalence: int
) -> None:
    index %= len(readings)
    higher = [value + more * (place == index) for place, value in enumerate(readings)]
    below, above = (judge(some, FACE, prevalence_ppm=prevalence) for some in (readings, higher))
    assert above.ppm >= below.ppm
    assert above.out_milli is not None
    assert below.out_milli is not None
    assert above.out_milli >= below.out_milli


@given(st.lists(values, min_size=1, max_size=6), abouts)
def test_nobody_below_what_skin_can_show_ends_as_normal(readings: list[int], about: Expected) -> None:
    low = [min(value, PLACES[about.place].low - 1) for value in readings]
    assert judge(low, about).verdict is ScreeningVerdict.TOO_LOW


@given(st.lists(st.tuples(st.integers(28_000, 40_000), st.integers(-15_000, 40_000)), max_size=30))
def test_a_reading_below_the_band_is_not_normal_whatever_came_before(before: list[tuple[int, int]]) -> None:
    state = start(PLACES["forehead"])
    for number, (surface, ambient) in enumerate(before):
        state = learn(state, surface, ambient, NOW_US + number * MINUTE_US)
    for ambient in (-10_000, 10_000, 25_000):
        about = expected(state, ambient, NOW_US + 3_600 * MINUTE_US)
        assert judge([31_900], about).verdict is ScreeningVerdict.TOO_LOW


def test_far_below_what_people_show_here_is_no_measurement_either() -> None:
    assert judge([33_000], FACE).verdict is ScreeningVerdict.TOO_LOW
    assert usable([33_000, 35_400], FACE) == [35_400]


def test_too_hot_for_skin_is_unreliable_and_nothing_at_all_is_missing() -> None:
    assert judge([45_000], FACE).verdict is ScreeningVerdict.UNRELIABLE
    assert judge([], FACE).verdict is ScreeningVerdict.MISSING


@pytest.mark.parametrize("prevalence", [500, 5_000, 90_000])
def test_where_nothing_was_measured_the_prevalence_is_all_that_is_known(prevalence: int) -> None:
    assert judge([20_000], FACE, prevalence_ppm=prevalence).ppm == prevalence


@given(st.lists(measured, min_size=2, max_size=12, unique=True), abouts)
def test_another_prevalence_keeps_the_order(people: list[int], about: Expected) -> None:
    rare = [judge([value], about, prevalence_ppm=5_000).ppm for value in sorted(people)]
    common = [judge([value], about, prevalence_ppm=90_000).ppm for value in sorted(people)]
    order = sorted(range(len(people)), key=lambda index: (common[index], rare[index]))
    assert [rare[index] for index in order] == sorted(rare)
    assert all(few <= many for few, many in zip(rare, common, strict=True))


def test_the_odds_are_in_proportion_to_the_prevalence() -> None:
    odds = [
        (found := judge([36_300], FACE, prevalence_ppm=ppm).ppm) / (MILLION - found) / (ppm / (MILLION - ppm))
        for ppm in (5_000, 50_000, 500_000)
    ]
    assert max(odds) / min(odds) < 1.001


def test_one_reading_never_refers_and_three_high_ones_do() -> None:
    assert [judge([36_300] * count, FACE).verdict for count in (1, 2, 3)] == [AGAIN, AGAIN, OVER]
    assert [judge([37_800] * count, FACE).verdict for count in (1, 2)] == [AGAIN, OVER]
    assert judge([35_500], FACE).verdict is NORMAL


def test_who_stands_out_at_first_and_not_at_the_third_reading_passes() -> None:
    assert judge([36_000, 35_600, 35_500], FACE).verdict is NORMAL


def test_three_readings_of_one_face_are_less_than_three_times_the_evidence() -> None:
    def odds(count: int) -> float:
        ppm = judge([36_300] * count, FACE, prevalence_ppm=50_000).ppm
        return ppm / (MILLION - ppm) / (50_000 / 950_000)

    assert odds(3) < 1.5 * odds(1) < odds(1) ** 2


def test_the_highest_of_three_healthy_readings_does_not_stand_out() -> None:
    about = Expected("forehead", 35_200, 420, 40)
    highest = judge([35_100, 35_323, 35_050], about).out_milli
    assert highest is not None
    assert abs(highest) < 50
    single = judge([35_323], about).out_milli
    assert single is not None
    assert single > 250


def test_a_level_hardly_known_makes_everybody_stand_out_less() -> None:
    known, unknown = (judge([36_500] * 3, replace(FACE, doubt_mdegc=doubt)) for doubt in (0, 600))
    assert unknown.out_milli is not None
    assert known.out_milli is not None
    assert unknown.out_milli < 0.6 * known.out_milli
    assert unknown.ppm < known.ppm


def test_no_reading_is_certain_and_a_low_one_does_not_rule_a_fever_out() -> None:
    assert judge([41_000] * 3, FACE).ppm < 950_000
    assert judge([34_600], FACE).ppm > 50


def test_standing_out_as_far_says_less_in_the_frost() -> None:
    mild = judge([FACE.level_mdegc + 2 * FACE.spread_mdegc] * 3, FACE)
    frost = judge([FROST.level_mdegc + 2 * FROST.spread_mdegc] * 3, FROST)
    assert mild.verdict is frost.verdict is OVER
    assert frost.ppm < mild.ppm


def test_the_shares_of_the_policy_move_the_answers() -> None:
    strict = Cuts(again_per_1000=700, over_per_1000=200)
    assert judge([35_400], FACE).verdict is NORMAL
    assert judge([35_400], FACE, cuts=strict).verdict is AGAIN
    assert judge([36_000] * 3, FACE).verdict is NORMAL
    assert judge([36_000] * 3, FACE, cuts=strict).verdict is OVER


def test_two_places_agreeing_are_no_more_than_the_better_of_them() -> None:
    canthi = replace(FACE, place="canthi", level_mdegc=35_400)
    one = judge([36_700], FACE).ppm
    both = judge_all({"a": [36_700], "b": [36_600]}, {"a": FACE, "b": canthi}).ppm
    assert abs(both - one) < 0.2 * one


@pytest.mark.parametrize("place", sorted(PLACES))
def test_a_clear_fever_of_the_first_person_ever_is_not_waved_through(place: str) -> None:
    about = expected(start(PLACES[place]), 22_000, NOW_US)
    high = about.level_mdegc + 1_800
    assert judge([high], about).verdict is AGAIN
    assert judge([high] * 3, about).verdict in (AGAIN, OVER)


def test_the_fifth_fever_in_a_row_is_found_like_the_first() -> None:
    screener = Screener(as_needed=False)
    for number in range(60):
        off = (-400, 100, 300, -200, 0, 200)[number % 6]
        screener.judge([taken(35_450 + off, number)])
    fevers = [screener.judge([taken(36_900, 60 + number)] * 3).judged for number in range(5)]
    assert all(one.verdict is OVER for one in fevers)
    assert fevers[4].ppm > 0.8 * fevers[0].ppm


def test_a_changed_device_starts_from_what_is_known_of_the_place() -> None:
    screener = Screener()
    for number in range(50):
        screener.judge([taken(36_200, number)])
    other = replace(taken(36_200, 51), device="new")
    assert screener.judge([other]).about["face/new"].people == 0
    assert screener.judge([taken(36_200, 52)]).about["face/"].people == 50


def test_further_readings_are_used_only_when_asked_for() -> None:
    calm, warm = [taken(35_400)] * 3, [taken(36_400)] * 3
    assert Screener().judge(calm).judged.readings == 1
    assert Screener().judge(warm).judged.readings == 3
    assert Screener(as_needed=False).judge(calm).judged.readings == 3


def test_a_reading_too_low_asks_for_another() -> None:
    assert Screener().judge([taken(30_000), taken(35_400)]).judged.verdict is NORMAL


def test_what_is_learned_does_not_hang_on_the_prevalence() -> None:
    screeners = [Screener(prevalence_ppm=ppm) for ppm in (1_000, 500_000)]
    for screener in screeners:
        for number in range(30):
            screener.judge([taken(35_000 + 90 * number, number)])
    assert screeners[0].states == screeners[1].states


def test_readings_of_one_person_are_one_visit_until_they_come_again() -> None:
    rows = [taken(1, 0, "a"), taken(2, 1, "b"), taken(3, 2, "a"), taken(4, 3 + VISIT_US // MINUTE_US, "a")]
    assert [[one.surface_mdegc for one in visit] for visit in visits(rows)] == [[1, 3], [2], [4]]


def test_places_are_known_by_their_names_in_both_languages() -> None:
    assert place_of(" Inner-Canthi ") is place_of("内眦") is PLACES["canthi"]
    assert place_of("toe") is None


def test_a_rested_forehead_follows_the_air_outside_only_a_little() -> None:
    usual, calm = (
        [expected(start(place), ambient, NOW_US) for ambient in (0, 20_500)]
        for place in (PLACES["forehead"], rested(PLACES["forehead"]))
    )
    fell, falls = (some[1].level_mdegc - some[0].level_mdegc for some in (usual, calm))
    assert 0 < falls < 0.2 * fell
