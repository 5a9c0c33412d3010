"""Paired readings: what they come to, and what is refused."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.calibration import (
    DAY_US,
    DUE_DAYS,
    MOST_PAIRS,
    OFFSET_MDEGC,
    REFERENCE_MDEGC,
    SPREAD_MDEGC,
    Calibration,
    Pair,
    Standing,
    days_left,
    offset_of,
    standing,
)
from edge.domain.errors import FormError
from edge.domain.events import Calibrate, Uncalibrate
from edge.domain.lane import step
from edge.domain.lane_state import LaneState
from edge.domain.measuring import holding
from edge.domain.model import ClockQuality, Instant
from tests.domain.people import at, spec

TEN = tuple(Pair(34_200 + 40 * n, 36_500 + 40 * n + (n % 3) * 50) for n in range(10))


def command(pairs: tuple[Pair, ...] = TEN, clock: ClockQuality = ClockQuality.SYNCED) -> Calibrate:
    return Calibrate(
        "in",
        None,
        "c1",
        "boss",
        at(5, clock),
        "thermometer",
        "gy614",
        pairs,
        "paired",
        "TH-01",
        "forehead",
        90,
    )


def refused(pairs: tuple[Pair, ...]) -> str:
    with pytest.raises(FormError) as error:
        offset_of(pairs)
    return error.value.code


def test_the_middle_difference_is_the_offset() -> None:
    assert offset_of(TEN) == (2_350, 50)


def test_nonsense_is_refused_with_what_is_wrong() -> None:
    assert refused(TEN[:9]) == "too_few_pairs"
    assert refused(TEN * 11) == "too_many_pairs"
    assert refused((*TEN[:9], Pair(35_900, 38_200))) == "reference_implausible"
    assert refused(tuple(Pair(26_000, 36_500) for _ in TEN)) == "offset_implausible"
    scattered = tuple(Pair(34_000 + 700 * (n % 4), 36_500) for n in range(10))
    assert refused(scattered) == "pairs_disagree"
    two_slips = (*TEN[:8], Pair(30_000, 36_500), Pair(30_100, 36_600))
    assert refused(two_slips) == "pairs_disagree"


def test_one_slip_among_ten_does_not_move_the_offset() -> None:
    offset, _ = offset_of((*TEN[:9], Pair(31_000, 36_600)))
    assert abs(offset - 2_350) <= 50


@given(
    st.lists(
        st.builds(Pair, st.integers(-50_000, 60_000), st.integers(30_000, 45_000)), max_size=MOST_PAIRS + 5
    )
)
def test_whatever_the_pairs_an_offset_lies_within_them_and_within_reason(pairs: list[Pair]) -> None:
    try:
        offset, spread = offset_of(pairs)
    except FormError:
        return
    differences = [pair.reference_mdegc - pair.surface_mdegc for pair in pairs]
    assert offset in differences
    assert OFFSET_MDEGC[0] <= offset <= OFFSET_MDEGC[1]
    assert spread <= SPREAD_MDEGC
    assert all(REFERENCE_MDEGC[0] <= pair.reference_mdegc <= REFERENCE_MDEGC[1] for pair in pairs)


def test_a_calibration_is_a_record_holds_until_its_day_and_can_be_taken_back() -> None:
    result = step(spec(), LaneState(), command())
    [record] = result.notes
    assert record.kind == "calibration.recorded"
    assert record.body["pairs"] == [[pair.surface_mdegc, pair.reference_mdegc] for pair in TEN]
    state = result.state
    found = holding(state, "thermometer", at(6))
    assert found is not None
    assert found.offset_mdegc == 2_350
    assert holding(state, "another", at(6)) is None
    late = at(6 + 90 * DAY_US / 1e6)
    assert holding(state, "thermometer", late) is None
    assert holding(state, "thermometer", at(late.mono_us / 1e6, ClockQuality.UNSET)) == found
    back = step(spec(), state, Uncalibrate("in", None, "c2", "boss", at(7), "thermometer", "wrong distance"))
    assert [record.kind for record in back.notes] == ["calibration.withdrawn"]
    assert back.state.calibrations == ()
    with pytest.raises(FormError, match="no calibration"):
        step(spec(), back.state, Uncalibrate("in", None, "c3", "boss", at(8), "thermometer", "again"))


def test_an_array_is_not_calibrated_because_it_decides_nothing() -> None:
    with pytest.raises(FormError) as error:
        step(replace(spec(), arrays=frozenset({"thermometer"})), LaneState(), command())
    assert (error.value.code, error.value.status) == ("array", 409)


def test_a_calibration_says_where_the_device_was_plugged_in_if_that_is_known() -> None:
    where = replace(spec(), ports=(("thermometer", "/dev/gate/usb-1-1.2"),))
    for found, port in ((where, "/dev/gate/usb-1-1.2"), (spec(), None)):
        [record] = step(found, LaneState(), command()).notes
        assert record.body["port"] == port
        assert "here" not in record.body


def test_a_calibration_needs_a_clock_that_is_believed_and_words_that_can_be_read() -> None:
    with pytest.raises(FormError) as error:
        step(spec(), LaneState(), command(clock=ClockQuality.RESTORED))
    assert error.value.code == "clock_unset"


def test_one_that_was_dated_by_a_clock_gone_wrong_does_not_hold_for_years() -> None:
    result = step(
        spec(), LaneState(), replace(command(), at=Instant(5, 40 * 365 * DAY_US, ClockQuality.MANUAL))
    )
    now = Instant(9, 5 * 365 * DAY_US, ClockQuality.SYNCED)
    [found] = result.state.calibrations
    assert standing(found, now) is Standing.EXPIRED
    assert days_left(found, now) == 0
    assert holding(result.state, "thermometer", now) is None
    slightly = Instant(9, found.at_us - 600_000_000, ClockQuality.SYNCED)
    assert standing(found, slightly) is Standing.HOLDS, "a clock set right by minutes"


def test_one_that_was_found_for_another_socket_never_counts() -> None:
    away = replace(FOUND, here=False)
    for clock in ClockQuality:
        assert standing(away, day(1, clock)) is Standing.ELSEWHERE
        assert holding(LaneState(calibrations=(away,)), "thermometer", day(1, clock)) is None


FOUND = Calibration(
    "thermometer", "gy614", 2_350, 50, 10, "paired", "TH-01", "forehead", "boss", 0, 90 * DAY_US
)


def day(number: float, clock: ClockQuality = ClockQuality.SYNCED) -> Instant:
    return Instant(0, int(number * DAY_US), clock)


def test_a_site_is_told_fourteen_days_before_a_calibration_ends_and_when_it_has_ended() -> None:
    for number, expected, left in (
        (0, Standing.HOLDS, 90),
        (90 - DUE_DAYS - 0.01, Standing.HOLDS, 15),
        (90 - DUE_DAYS, Standing.DUE, 14),
        (89.5, Standing.DUE, 1),
        (90, Standing.EXPIRED, 0),
        (400, Standing.EXPIRED, 0),
    ):
        assert (standing(FOUND, day(number)), days_left(FOUND, day(number))) == (expected, left), number


@given(number=st.floats(-40_000, 40_000), clock=st.sampled_from(list(ClockQuality)))
def test_what_stands_counts_in_a_measurement_and_what_has_ended_does_not(
    number: float, clock: ClockQuality
) -> None:
    now, state = day(number, clock), LaneState(calibrations=(FOUND,))
    found = standing(FOUND, now)
    assert (holding(state, "thermometer", now) is None) == (found is Standing.EXPIRED)
    assert clock.trusted or found is Standing.HOLDS
    assert (days_left(FOUND, now) == 0) == (found is Standing.EXPIRED)
    assert (days_left(FOUND, now) is None) == (not clock.trusted)
