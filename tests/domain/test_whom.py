"""For whom a step is: only what is known leaves one out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.circumstances import ANY, Circumstances
from edge.domain.conditions import Calendar
from edge.domain.whom import ALWAYS, DAY_MIN, When, hours_of, within

NIGHT = hours_of("22:00-06:00")
AROUND = st.builds(
    Circumstances,
    direction=st.sampled_from(["", "in", "out"]),
    vehicle=st.booleans(),
    aboard=st.booleans(),
    minute=st.one_of(st.none(), st.integers(0, DAY_MIN - 1)),
)


@given(AROUND, st.sampled_from(["resident", "visitor"]))
def test_a_step_that_says_nothing_is_for_everybody(around: Circumstances, category: str) -> None:
    assert ALWAYS.holds(category, around, {})


@pytest.mark.parametrize(
    ("when", "category", "around", "holds"),
    [
        (When(category=("resident",)), "resident", ANY, True),
        (When(category=("resident",)), "visitor", ANY, False),
        (When(not_category=("resident",)), "resident", ANY, False),
        (When(not_category=("resident",)), "visitor", ANY, True),
        (When(direction="out"), "visitor", Circumstances("in"), False),
        (When(direction="out"), "visitor", Circumstances("out"), True),
        (When(vehicle=True), "visitor", Circumstances("in"), False),
        (When(vehicle=True), "visitor", Circumstances("in", vehicle=True), True),
        (When(vehicle=False), "visitor", Circumstances("in", vehicle=True), False),
        (When(aboard=True), "visitor", Circumstances("in", aboard=True), True),
        (When(aboard=True), "visitor", Circumstances("in"), False),
        (When(hours=((360, 720),)), "visitor", Circumstances("in", minute=719), True),
        (When(hours=((360, 720),)), "visitor", Circumstances("in", minute=720), False),
        (When(hours=((1320, 360),)), "visitor", Circumstances("in", minute=0), True),
        (When(direction="in", category=("resident",)), "resident", Circumstances("out"), False),
    ],
)
def test_a_step_is_for_whom_it_names(when: When, category: str, around: Circumstances, holds: bool) -> None:
    assert when.holds(category, around, {}) is holds


def test_what_nobody_knows_leaves_a_step_standing() -> None:
    assert When(direction="out").holds("visitor", Circumstances(""), {})
    assert When(hours=((360, 720),)).holds("visitor", Circumstances("in", minute=None), {})


def test_a_step_that_depends_on_an_answer_waits_for_it() -> None:
    when = When(answers={"buys": ("yes",)})
    for answers, holds in (({}, False), ({"buys": "no"}, False), ({"buys": "yes"}, True)):
        assert when.holds("visitor", ANY, answers) is holds


@given(st.integers(0, DAY_MIN - 1), st.integers(0, DAY_MIN - 1))
def test_hours_and_the_hours_between_them_are_the_day(begin: int, end: int) -> None:
    if begin == end:
        return
    for minute in (begin, end, 0, DAY_MIN - 1):
        assert within((begin, end), minute) is not within((end, begin), minute)
    text = f"{begin // 60:02}:{begin % 60:02}-{end // 60:02}:{end % 60:02}"
    assert hours_of(text) == (begin, end)


@pytest.mark.parametrize(
    "text", ["6-22", "06:00–22:00", "24:00-06:00", "06:60-07:00", "08:00-08:00", "", "06:00-24:30"]
)
def test_what_is_no_hours_is_none(text: str) -> None:
    assert hours_of(text) is None


def test_the_whole_day_and_past_midnight() -> None:
    assert hours_of("00:00-24:00") == (0, DAY_MIN)
    assert NIGHT is not None
    assert [within(NIGHT, minute) for minute in (1319, 1320, 1439, 0, 359, 360)] == [
        *(False, True, True, True, True, False)
    ]


def test_a_minute_is_that_of_the_clock_on_the_wall_also_when_it_is_put_back() -> None:
    change_us = 1_000_000 * 86_400 * 10
    calendar = Calendar(7_200, ((change_us, 3_600),))
    assert calendar.minute(0) == 120
    assert calendar.minute(change_us - 60_000_000) == 119
    assert calendar.minute(change_us) == 60
