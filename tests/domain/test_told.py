"""A temperature somebody was told of: what is refused, what its row says, who it is of."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.errors import FormError
from edge.domain.model import ClockQuality, Instant, Method
from edge.domain.told import AHEAD_US, OLDEST_DAYS, Told, body_of, check, personal_of, same_person
from edge.domain.twice_daily import Terms

NOW = Instant(5, 1_700_000_000_000_000, ClockQuality.SYNCED)
DAY_US = 86_400_000_000
GOOD = Told(36_500, NOW.at_us - 60, Method.CONTACT, "self", "door", "c1", "李兰", "3-1-402")


def test_what_a_person_may_have_is_taken() -> None:
    check(GOOD, Terms(), NOW)
    check(replace(GOOD, name="", pass_id="00" * 8), Terms(), NOW)
    check(replace(GOOD, taken_us=NOW.at_us + AHEAD_US), Terms(), NOW)
    check(replace(GOOD, taken_us=NOW.at_us - OLDEST_DAYS * DAY_US), Terms(), NOW)


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (replace(GOOD, name=" "), "no_person"),
        (replace(GOOD, value_mdegc=34_999), "temperature_implausible"),
        (replace(GOOD, value_mdegc=42_501), "temperature_implausible"),
        (replace(GOOD, taken_us=NOW.at_us + AHEAD_US + 1), "taken_in_future"),
        (replace(GOOD, taken_us=NOW.at_us - OLDEST_DAYS * DAY_US - 1), "taken_too_long_ago"),
    ],
)
def test_what_cannot_be_so_is_refused(told: Told, code: str) -> None:
    with pytest.raises(FormError) as refused:
        check(told, Terms(), NOW)
    assert refused.value.code == code


@pytest.mark.parametrize("clock", [quality for quality in ClockQuality if not quality.trusted])
def test_a_clock_that_is_not_believed_dates_nothing(clock: ClockQuality) -> None:
    with pytest.raises(FormError) as refused:
        check(GOOD, Terms(), replace(NOW, clock=clock))
    assert (refused.value.code, refused.value.status) == ("clock_unset", 409)


@given(st.integers(35_000, 42_500))
def test_the_row_says_by_which_line_it_was_judged(value_mdegc: int) -> None:
    body = body_of(replace(GOOD, value_mdegc=value_mdegc), Terms(threshold_mdegc=37_000))
    assert (body["verdict"] == "over") == (value_mdegc >= 37_000 == body["threshold_mdegc"])


@given(st.text(min_size=1), st.text(), st.text("0123456789ABCDEF", max_size=16))
def test_nothing_of_a_person_stands_in_the_open(name: str, room: str, pass_id: str) -> None:
    named = body_of(replace(GOOD, name=name, room=room, pass_id=pass_id), Terms())
    assert named == body_of(GOOD, Terms())
    assert set(named) & {"name", "room", "pass_id"} == set()


def test_a_correction_is_of_the_same_person_unless_it_names_another() -> None:
    old = personal_of(GOOD)
    fix = replace(GOOD, name="", room="", replaces=7)
    assert same_person(fix, old) == {"name": "李兰", "room": "3-1-402"}
    assert same_person(replace(fix, name="王强"), old) == {"name": "王强"}
    assert body_of(fix, Terms())["replaces"] == 7


def test_a_slip_can_be_put_right_later_than_a_temperature_can_be_told() -> None:
    old_us = NOW.at_us - 10 * OLDEST_DAYS * DAY_US + 30_000_000
    minute_us = old_us // 60_000_000 * 60_000_000
    fixed = replace(GOOD, taken_us=minute_us, replaces=7)
    check(fixed, Terms(), NOW, old_us)
    for moved in (replace(fixed, taken_us=minute_us - 1), replace(fixed, taken_us=minute_us + 60_000_000)):
        with pytest.raises(FormError, match="days ago"):
            check(moved, Terms(), NOW, old_us)
