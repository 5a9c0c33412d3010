"""Sweeps, estimates and verdicts."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.healthy import Expected
from edge.domain.model import (
    Evidence,
    Measurement,
    Method,
    Passage,
    Quality,
    Reading,
    ScreeningVerdict,
    TemperatureFinding,
)
from edge.domain.policy import Policy, stored
from edge.domain.posterior import judge, usable
from edge.domain.record import recorded, restored
from edge.domain.screening import classify, combine, estimate, find, first_usable, seen
from edge.domain.skin import PLACES
from edge.domain.sweep import Sweep, Taken, feed, is_present
from edge.wire import canonical
from tests.domain.people import AIR, POLICY, at, procedure, reading

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


# --- the level of healthy people beside the legal line ---------------------------------------------

OVER, AGAIN, NORMAL = ScreeningVerdict.OVER, ScreeningVerdict.AGAIN, ScreeningVerdict.NORMAL
LEGAL, LEVEL, EITHER = (replace(POLICY, decides=one) for one in ("legal", "level", "either"))
ABOUT = Expected("forehead", 35_000, 400, 100, 300)
# One reading stands out of 1000 healthy people as far as 50 do from about 35.7 on.
HEALTHY, WARM = 35_100, 36_000


def infrared(
    surface: int | None = HEALTHY, body: int | None = 36_600, *, after_rest: bool = False
) -> Measurement:
    return Measurement(
        "t",
        Method.INFRARED,
        surface_mdegc=surface,
        body_mdegc=body,
        conversion="vendor/1" if body is not None else "none:uncalibrated",
        after_rest=after_rest,
        expected=ABOUT,
    )


def contact(body: int) -> Measurement:
    return Measurement("c", Method.CONTACT, body_mdegc=body, conversion="contact/1")


def found(policy: Policy, *items: Measurement) -> TemperatureFinding:
    return find([Evidence(at(n), "t", item) for n, item in enumerate(items)], policy)


def test_both_verdicts_are_told_whichever_decides() -> None:
    for policy, decided in ((LEGAL, NORMAL), (LEVEL, AGAIN), (EITHER, AGAIN)):
        finding = found(policy, infrared(WARM, 36_900))
        assert (finding.verdict, finding.legal, finding.level) == (decided, NORMAL, AGAIN)
        about = judge([WARM], ABOUT)
        assert (finding.ppm, finding.out_milli) == (about.ppm, about.out_milli)
    for policy, decided in ((LEGAL, AGAIN), (LEVEL, NORMAL), (EITHER, AGAIN)):
        finding = found(policy, infrared(HEALTHY, 37_400))
        assert (finding.verdict, finding.legal, finding.level) == (decided, AGAIN, NORMAL)


def test_what_the_level_refers_only_a_contact_thermometer_or_a_rest_clears_or_confirms() -> None:
    warm, calm = infrared(WARM, 36_900), infrared(34_900)
    assert found(LEVEL, warm, calm, calm, calm).verdict is AGAIN
    assert found(LEVEL, warm, contact(36_700)).verdict is NORMAL
    assert found(LEVEL, warm, contact(37_600)).verdict is OVER
    assert found(LEVEL, warm, infrared(34_900, after_rest=True)).verdict is NORMAL
    assert found(LEVEL, warm, *[infrared(WARM, after_rest=True)] * 3).verdict is OVER


def test_the_readings_after_one_rest_are_one_second_measurement_judged_together() -> None:
    first, high, calm = infrared(WARM), infrared(35_500, after_rest=True), infrared(34_800, after_rest=True)
    warm = infrared(35_800, after_rest=True)
    for policy in (LEVEL, EITHER):
        assert found(policy, first, warm).verdict is AGAIN
        assert found(policy, first, warm, warm).verdict is AGAIN
        finding = found(policy, first, warm, warm, warm)
        assert (finding.verdict, finding.first, finding.deciding) == (OVER, 0, 3)
        assert found(policy, first, calm).verdict is NORMAL
        assert found(policy, first, high, calm).verdict is AGAIN, "the highest counts"
        assert found(policy, first, high, calm, calm).verdict is NORMAL
        # What a fever shows is clear with two; no single one refers, however high.
        clear = infrared(37_000, after_rest=True)
        assert found(policy, first, clear).verdict is AGAIN
        assert found(policy, first, clear, clear).verdict is OVER


def test_what_is_measured_after_another_rest_is_not_added_to_the_readings_of_the_first() -> None:
    cold, warm, calm = infrared(31_000), infrared(36_200, after_rest=True), infrared(34_900, after_rest=True)
    finding = found(LEVEL, cold, warm, warm, warm)
    assert (finding.verdict, finding.first) == (AGAIN, 3), "the first that was a measurement, so no second"
    assert found(LEVEL, cold, warm, warm, warm, calm).verdict is NORMAL
    assert found(LEVEL, cold, warm, warm, warm, warm).verdict is AGAIN
    assert found(LEVEL, cold, warm, warm, warm, warm, warm, warm).verdict is OVER


def test_by_rows_of_before_one_reading_after_a_rest_decides_by_the_number_of_the_first() -> None:
    before = replace(LEVEL, second_per_1000=None)
    slightly = infrared(35_600)
    assert found(before, slightly).verdict is NORMAL
    assert found(LEVEL, slightly).verdict is AGAIN
    assert found(before, infrared(WARM), infrared(35_600, after_rest=True)).verdict is NORMAL
    assert found(before, infrared(WARM), infrared(WARM, after_rest=True)).verdict is OVER


def test_without_a_body_estimate_the_level_decides_and_what_is_missing_is_said() -> None:
    bare = infrared(HEALTHY, None)
    assert found(LEGAL, bare).verdict is ScreeningVerdict.UNRELIABLE
    for policy in (LEVEL, EITHER):
        finding = found(policy, bare)
        assert (finding.verdict, finding.legal) == (NORMAL, ScreeningVerdict.UNRELIABLE)
        assert finding.body_mdegc is None
        assert found(policy, infrared(WARM, None)).verdict is AGAIN
        nothing_expected = replace(bare, expected=None)
        assert found(policy, nothing_expected).verdict is ScreeningVerdict.UNRELIABLE


def test_a_body_estimate_that_cannot_be_right_is_no_measurement_for_the_level_either() -> None:
    for policy in (LEVEL, EITHER):
        assert found(policy, infrared(HEALTHY, 34_900)).verdict is ScreeningVerdict.TOO_LOW
        assert found(policy, infrared(HEALTHY, 43_000)).verdict is ScreeningVerdict.UNRELIABLE
        assert found(policy, infrared(32_500, 36_500)).verdict is ScreeningVerdict.TOO_LOW
        unsteady = replace(infrared(), quality=Quality.UNSTEADY)
        assert found(policy, unsteady).verdict is ScreeningVerdict.UNRELIABLE


def test_with_a_milder_zone_another_reading_of_the_same_kind_settles_it() -> None:
    mild = replace(LEVEL, again_per_1000=333)
    warmish = infrared(35_400)
    assert found(LEVEL, warmish).verdict is NORMAL
    assert found(mild, warmish).verdict is AGAIN
    assert found(mild, warmish, infrared(34_800)).verdict is AGAIN
    assert found(mild, warmish, infrared(34_800), infrared(34_800)).verdict is NORMAL
    assert found(mild, warmish, infrared(31_000)).verdict is AGAIN


def test_the_legal_line_decides_as_before_where_nothing_else_is_said_and_in_every_row_of_before() -> None:
    numbers: dict[str, Any] = {"rest_share_per_1000": 1_000, "queue_us": 0, "bench_seats": 0}
    numbers["contact_rests"] = False
    numbers["second_per_1000"] = None
    assert stored({}) == Policy(decides="legal", **numbers)
    assert stored({}).version == "7e8adbd79f94ab4f"
    assert (
        stored({"rest_us": LEGAL.rest_us}).version == replace(LEGAL, **numbers).version == "abbf739984a3c87b"
    )
    assert LEVEL.version != LEGAL.version != replace(LEGAL, over_per_1000=40).version
    assert stored({"rest_us": 60_000_000}) == replace(
        POLICY,
        decides="legal",
        prevalence_ppm=5_000,
        over_per_1000=50,
        again_per_1000=None,
        **numbers,
    )


abouts = st.builds(
    Expected,
    place=st.sampled_from([*PLACES, "a place of later"]),
    level_mdegc=st.integers(31_000, 37_000),
    spread_mdegc=st.integers(150, 1_500),
    doubt_mdegc=st.integers(0, 900),
    people=st.integers(0, 5_000),
)
policies = st.builds(
    replace,
    st.just(POLICY),
    decides=st.sampled_from(["legal", "level", "either"]),
    over_per_1000=st.integers(5, 300),
    again_per_1000=st.one_of(st.none(), st.integers(300, 500)),
    second_per_1000=st.one_of(st.none(), st.integers(5, 400)),
    prevalence_ppm=st.integers(1, 500_000),
)
expecting = st.builds(
    Measurement,
    device=st.sampled_from(["t", "u"]),
    method=st.sampled_from([Method.INFRARED, Method.INFRARED, Method.CONTACT]),
    surface_mdegc=st.one_of(st.none(), st.integers(20_000, 45_000), st.integers(33_000, 38_000)),
    body_mdegc=st.one_of(st.none(), st.integers(25_000, 45_000), st.integers(35_500, 38_500)),
    quality=st.sampled_from([Quality.OK, *Quality]),
    after_rest=st.booleans(),
    expected=st.one_of(st.none(), abouts),
)


@given(st.lists(expecting, max_size=8), policies)
def test_whatever_decides_a_reading_under_the_plausible_band_never_ends_as_normal(
    items: list[Measurement], policy: Policy
) -> None:
    finding = found(policy, *items)
    if finding.verdict is not NORMAL:
        return
    assert finding.deciding is not None
    item = items[finding.deciding]
    assert item.quality is Quality.OK
    if item.body_mdegc is not None:
        assert policy.too_low_mdegc <= item.body_mdegc <= policy.too_high_mdegc
    else:
        assert item.expected is not None
        assert item.method is Method.INFRARED
        assert item.surface_mdegc is not None
        assert item.surface_mdegc >= PLACES[item.expected.place].low
    if item.method is Method.INFRARED and item.surface_mdegc is not None:
        assert item.surface_mdegc >= policy.presence_mdegc


@given(st.lists(expecting, max_size=8), policies)
def test_whatever_decides_only_a_second_measurement_clears_or_confirms_what_refers(
    items: list[Measurement], policy: Policy
) -> None:
    kinds = [one.counts for one in seen([Evidence(at(n), "t", item) for n, item in enumerate(items)], policy)]
    finding = found(policy, *items)
    if OVER not in kinds or finding.verdict not in (NORMAL, OVER):
        return
    first = kinds.index(OVER)
    later = [
        kind
        for kind, item in zip(kinds[first + 1 :], items[first + 1 :], strict=True)
        if item.after_rest or item.method is not items[first].method
    ]
    assert NORMAL in later or OVER in later


@given(st.lists(expecting, max_size=6), policies)
def test_stored_evidence_decided_again_gives_the_stored_verdicts_and_the_same_probability(
    items: list[Measurement], policy: Policy
) -> None:
    evidence = tuple(Evidence(at(n), "t", item) for n, item in enumerate(items))
    passage = Passage(1, "in", "in", "compound", "v", policy.version, at(0), at(9), evidence, recorded=True)
    body, sealed = recorded(procedure(), policy, passage)
    told = json.loads(canonical(body))
    back = restored(told, sealed, lane="in", clock="synced")
    assert back == passage
    finding = find(back.evidence, policy)
    assert finding == find(evidence, policy)
    names = ("verdict", "legal", "level", "ppm", "out_milli")
    assert told["temperature"] | {"ppm": finding.ppm, "out_milli": finding.out_milli} == told[
        "temperature"
    ] | {name: getattr(finding, name) for name in names}
    assert ("ppm" in told["temperature"]) == (finding.ppm is not None)


@given(st.lists(expecting, max_size=8))
def test_the_level_never_changes_what_the_legal_line_decides(items: list[Measurement]) -> None:
    plain = found(LEGAL, *(replace(item, expected=None) for item in items))
    finding = found(LEGAL, *items)
    assert (finding.verdict, finding.deciding, finding.legal) == (
        plain.verdict,
        plain.deciding,
        plain.verdict,
    )


@given(st.lists(expecting, max_size=8), policies)
def test_what_is_usable_for_the_level_is_a_value_that_skin_can_have(
    items: list[Measurement], policy: Policy
) -> None:
    evidence = [Evidence(at(n), "t", item) for n, item in enumerate(items)]
    for one in seen(evidence, policy):
        if one.level in (NORMAL, AGAIN, OVER):
            assert one.item.surface_mdegc is not None
            assert one.item.expected is not None
            place = PLACES[one.item.expected.place]
            assert place.low <= one.item.surface_mdegc <= place.high
    first = first_usable(evidence)
    if first is not None:
        about = first[1].expected
        assert about is not None
        assert first[1].surface_mdegc is not None
        assert usable([first[1].surface_mdegc], about)
