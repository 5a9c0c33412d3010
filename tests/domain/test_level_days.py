"""How a level moved over days, at one and the same air."""

from hypothesis import given
from hypothesis import strategies as st

from edge.domain.level_days import LEAST, WINDOW_MDEGC, Known, moved
from edge.domain.skin import KNOT_MDEGC, PLACES

PLACE = PLACES["forehead"]
DAYS = list(range(14))


def line(ambient: int) -> int:
    degrees = (ambient - KNOT_MDEGC) / 1000
    return round(PLACE.level + degrees * (PLACE.cold if degrees < 0 else PLACE.warm))


def test_a_device_that_drifts_shows_although_the_weather_changes_more() -> None:
    known = [
        Known(day, ambient, line(ambient) + 30 * day)
        for day in DAYS
        for ambient in range(20_000 - 250 * day, 26_000 - 250 * day, 500)
    ]
    found = moved(known, PLACE, DAYS)
    assert found is not None
    assert found.moved_mdegc is not None
    assert abs(found.moved_mdegc - 30 * 13) <= 1
    assert all(one.level_mdegc is not None for one in found.days)


def test_days_without_enough_people_in_like_air_are_left_out() -> None:
    known = [Known(0, 22_000, 35_000)] * LEAST + [Known(1, 22_000, 35_200)] * (LEAST - 1)
    known += [Known(2, 30_000, 36_200)] * (LEAST - 1)
    found = moved(known, PLACE, DAYS)
    assert found is not None
    assert found.moved_mdegc is None, "one day is no movement"
    assert [(day.day, day.people) for day in found.days if day.level_mdegc is not None] == [(0, LEAST)]
    assert moved(known[1:], PLACE, DAYS) is None
    assert moved([], PLACE, DAYS) is None


@given(
    st.lists(
        st.tuples(st.sampled_from(DAYS), st.integers(-20_000, 45_000), st.integers(30_000, 40_000)),
        max_size=60,
    )
)
def test_a_day_is_the_middle_of_people_near_the_common_air_and_of_nobody_else(
    some: list[tuple[int, int, int]],
) -> None:
    known = [Known(*one) for one in some]
    found = moved(known, PLACE, DAYS)
    if found is None:
        return
    assert [day.day for day in found.days] == DAYS
    for day in found.days:
        near = [
            one
            for one in known
            if one.day == day.day and abs(one.ambient_mdegc - found.ambient_mdegc) <= WINDOW_MDEGC
        ]
        assert day.people == len(near)
        assert (day.level_mdegc is None) is (len(near) < LEAST)
        if day.level_mdegc is not None:
            slope = WINDOW_MDEGC * max(PLACE.cold, PLACE.warm) / 1000 + 1
            assert min(one.level_mdegc for one in near) - slope <= day.level_mdegc
            assert day.level_mdegc <= max(one.level_mdegc for one in near) + slope
