"""Sweeps, estimates and verdicts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.model import Evidence, Measurement, Method, Quality, Reading, ScreeningVerdict
from edge.domain.policy import Policy
from edge.domain.screening import classify, combine, estimate, find
from edge.domain.sweep import Sweep, Taken, feed, is_present
from tests.domain.people import AIR, POLICY, at, reading

SURFACE_ONLY = Reading(35_200, 21_000, None, Quality.OK, b"\x5a\x5a")


def swept(frames: list[tuple[float, Reading]], policy: Policy = POLICY) -> list[Measurement]:
    sweep, out = Sweep(), []
    for seconds, frame in frames:
        sweep, taken = feed(sweep, frame, int(seconds * 1e6), policy)
        if taken is not None:
            out.append(combine(taken, policy, device="t"))
    return out


def one(frame: Reading, policy: Policy = POLICY) -> Measurement:
    return combine(Taken(frame, (frame,), 0, steady=True), policy, device="t")


def frames(start: float, values: list[float | None]) -> list[tuple[float, Reading]]:
    return [(start + n / 10, AIR if v is None else reading(v)) for n, v in enumerate(values)]


def test_a_sweep_holds_the_maximum_with_its_own_ambient_and_the_raw_frames_that_agree() -> None:
    (measured,) = swept(frames(1, [35.0, 35.5, 36.1, 36.7, 36.9, 36.8, 36.3, *[36.2] * 8]))
    assert measured.vendor_body_mdegc == 36_900
    assert measured.surface_mdegc == 34_900
    assert measured.frames == len(measured.raws) == 3
    assert measured.rejected == 8


def test_a_module_at_one_frame_a_second_is_measured_too() -> None:
    (measured,) = swept([(n, reading(36.5)) for n in range(1, 5)])
    assert measured.frames == 3


def test_empty_air_is_nobody() -> None:
    assert swept(frames(1, [None] * 50)) == []


def test_somebody_walking_past_in_two_frames_is_not_measured() -> None:
    assert swept(frames(1, [None, 36.5, 36.5, *[None] * 20])) == []


def test_two_people_with_air_between_them_are_two_measurements() -> None:
    assert len(swept(frames(1, [*[36.5] * 15, *[None] * 6, *[36.7] * 15]))) == 2


def test_frames_from_before_a_hole_in_the_stream_belong_to_nobody() -> None:
    early, late = frames(1, [39.5, 39.5]), frames(9, [36.4] * 12)
    (measured,) = swept(early + late)
    assert measured.vendor_body_mdegc == 36_400


def test_a_stale_or_out_of_range_frame_is_no_person() -> None:
    for quality in (Quality.STALE, Quality.OUT_OF_RANGE):
        assert not is_present(Reading(36_000, 20_000, None, quality), POLICY)


def test_without_a_body_value_or_a_calibration_nothing_is_measured() -> None:
    assert estimate(SURFACE_ONLY, POLICY) == (None, "none:uncalibrated")
    measured = one(SURFACE_ONLY)
    assert classify(measured, POLICY) is ScreeningVerdict.UNRELIABLE


def test_a_calibrated_site_adds_its_own_offset_and_says_so() -> None:
    assert estimate(SURFACE_ONLY, Policy(surface_offset_mdegc=1_500)) == (36_700, "offset/1:+1500")


def test_a_vendor_that_makes_a_normal_body_of_cold_skin_is_not_believed() -> None:
    cold = Reading(27_000, 20_000, 36_500, Quality.OK, b"x")
    measured = one(cold)
    assert classify(measured, POLICY) is ScreeningVerdict.TOO_LOW


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (34_999, ScreeningVerdict.TOO_LOW),
        (35_000, ScreeningVerdict.NORMAL),
        (37_299, ScreeningVerdict.NORMAL),
        (37_300, ScreeningVerdict.OVER),
        (42_500, ScreeningVerdict.OVER),
        (42_501, ScreeningVerdict.UNRELIABLE),
        (None, ScreeningVerdict.UNRELIABLE),
    ],
)
def test_the_verdict_at_each_border(body: int | None, verdict: ScreeningVerdict) -> None:
    assert classify(Measurement("c", Method.CONTACT, body_mdegc=body), POLICY) is verdict


measurements = st.builds(
    Measurement,
    device=st.just("t"),
    method=st.sampled_from(Method),
    surface_mdegc=st.one_of(st.none(), st.integers(20_000, 45_000)),
    body_mdegc=st.one_of(st.none(), st.integers(25_000, 45_000)),
    quality=st.sampled_from(Quality),
    after_rest=st.booleans(),
)


@given(st.lists(measurements, max_size=8))
def test_normal_always_rests_on_a_measured_value_in_the_plausible_band(items: list[Measurement]) -> None:
    finding = find([Evidence(at(n), "t", item) for n, item in enumerate(items)], POLICY)
    if finding.verdict is ScreeningVerdict.NORMAL:
        assert finding.deciding is not None
        item = items[finding.deciding]
        assert item.quality is Quality.OK
        assert item.body_mdegc is not None
        assert POLICY.too_low_mdegc <= item.body_mdegc < POLICY.threshold_mdegc


@given(st.lists(measurements, max_size=8))
def test_over_rests_on_two_values_over_the_threshold_one_confirming(
    items: list[Measurement],
) -> None:
    finding = find([Evidence(at(n), "t", item) for n, item in enumerate(items)], POLICY)
    over = [item for item in items if classify(item, POLICY) is ScreeningVerdict.OVER]
    if finding.verdict is ScreeningVerdict.OVER:
        assert len(over) >= 2
        assert finding.deciding is not None
        last = items[finding.deciding]
        assert last.after_rest or any(item.method is not last.method for item in over)


@given(st.lists(measurements, max_size=8))
def test_only_a_confirming_measurement_turns_a_first_over_into_normal(
    items: list[Measurement],
) -> None:
    verdict = find([Evidence(at(n), "t", item) for n, item in enumerate(items)], POLICY).verdict
    kinds = [classify(item, POLICY) for item in items]
    if verdict is ScreeningVerdict.NORMAL and ScreeningVerdict.OVER in kinds:
        first = kinds.index(ScreeningVerdict.OVER)
        assert any(
            kind is ScreeningVerdict.NORMAL and (item.after_rest or item.method is not items[first].method)
            for item, kind in zip(items[first + 1 :], kinds[first + 1 :], strict=True)
        ) or any(k is ScreeningVerdict.OVER for k in kinds[first + 1 :])
