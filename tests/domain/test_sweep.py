"""People before a sensor: one sweep each, from the bytes a GY-614V sent."""

import json
import random
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.thermometer.gy614 import Decoder, Options
from edge.domain.model import Measurement, Quality, Reading, ScreeningVerdict
from edge.domain.policy import Policy
from edge.domain.screening import classify, combine
from edge.domain.sweep import MOST_FRAMES, STUCK_US, Sweep, Taken, feed, is_present, over
from tests.domain.people import AIR, POLICY, reading

PEOPLE = Path(__file__).resolve().parents[1] / "data" / "people"


def transcript(name: str) -> tuple[list[float | str], list[tuple[int, Reading]]]:
    """Return what was to be measured, and the frames with their times in microseconds."""
    head, *lines = [json.loads(line) for line in (PEOPLE / f"{name}.jsonl").read_text("utf-8").splitlines()]
    decoder = Decoder(Options(port="-"))
    frames = [
        (round(line["at_s"] * 1e6), frame)
        for line in lines
        for frame in decoder.feed(bytes.fromhex(line["hex"]))
    ]
    return head["measured"], frames


def measured(frames: list[tuple[int, Reading]], policy: Policy = POLICY) -> list[tuple[int, Measurement]]:
    """Pass frames through a sweep whose passages end as soon as somebody is measured."""
    sweep, found = Sweep(), []
    for mono_us, frame in frames:
        sweep, taken = feed(sweep, frame, mono_us + 1, policy, free=True)
        if taken is not None:
            found.append((mono_us, combine(taken, policy, device="t")))
    return found


@pytest.mark.parametrize("name", sorted(path.stem for path in PEOPLE.glob("*.jsonl")))
def test_everybody_is_measured_once_and_nothing_else_is(name: str) -> None:
    expected, frames = transcript(name)
    found = [item for _, item in measured(frames)]
    assert [
        "unsteady" if item.quality is Quality.UNSTEADY else round((item.surface_mdegc or 0) / 1000, 1)
        for item in found
    ] == [pytest.approx(value, abs=0.16) if isinstance(value, float) else value for value in expected]
    for item in found:
        assert item.frames >= POLICY.min_frames
        assert item.raws


def test_a_person_at_ten_frames_a_second_is_measured_within_a_second_and_a_fifth() -> None:
    _, frames = transcript("one_person")
    came = next(at for at, frame in frames if is_present(frame, POLICY))
    [(at, _)] = measured(frames)
    assert at - came <= 1_200_000


def test_a_value_that_never_held_still_is_unreliable_and_never_normal() -> None:
    _, frames = transcript("restless")
    [(_, item)] = measured(frames)
    assert classify(item, POLICY) is ScreeningVerdict.UNRELIABLE


def test_a_spot_held_still_is_measured_by_its_plateau() -> None:
    policy = Policy(hold="plateau", sweep_us=2_000_000)
    values = [33.0, 34.9, 35.0, *[34.2, 34.25, 34.15, 34.2, 34.2, 34.3, 34.2, 34.2] * 3]
    frames = [(n * 100_000, reading(36.2, surface)) for n, surface in enumerate(values)]
    [(_, item)] = measured(frames, policy)
    assert item.surface_mdegc == 34_200
    [(_, hottest)] = measured(frames, Policy(sweep_us=2_000_000))
    assert hottest.surface_mdegc == 34_300


def test_whoever_stays_after_the_decision_is_not_measured_again() -> None:
    _, frames = transcript("standing_on")
    assert len(measured(frames)) == 1


def test_nobody_is_measured_twice_while_their_passage_is_open() -> None:
    _, frames = transcript("following_closely")
    sweep, found = Sweep(), 0
    for mono_us, frame in frames:
        sweep, taken = feed(sweep, frame, mono_us + 1, POLICY, free=False)
        found += taken is not None
    assert found == 1


def test_something_warm_for_minutes_is_the_surroundings_and_no_person() -> None:
    sweep = Sweep()
    warm = reading(36.0, 34.0)
    taken_at = []
    for n in range(0, STUCK_US + 2_000_000, 100_000):
        sweep, taken = feed(sweep, warm, n + 1, POLICY)
        if taken is not None:
            taken_at.append(n)
    assert len(taken_at) == 1
    assert not is_present(warm, POLICY, sweep.empty_mdegc)


def test_a_lane_whose_passage_ended_while_somebody_steps_up_counts_that_person_as_done() -> None:
    sweep = Sweep()
    for n in range(5):
        sweep, _ = feed(sweep, reading(36.5), n * 100_000 + 1, POLICY)
    assert over(sweep).spent
    assert over(Sweep()) == Sweep()


def test_a_module_that_stays_in_body_mode_is_measured_by_what_it_gives() -> None:
    nobody, person = Reading(None, 22_000, 0, Quality.TOO_LOW), Reading(None, 22_000, 36_500, raw=b"\xac")
    frames = [(n * 250_000, person if 8 <= n < 20 else nobody) for n in range(30)]
    [(_, item)] = measured(frames)
    assert (item.surface_mdegc, item.body_mdegc, item.conversion) == (None, 36_500, "vendor/1")
    assert classify(item, POLICY) is ScreeningVerdict.NORMAL


def test_air_that_is_too_cold_for_the_module_parts_two_people_like_any_other() -> None:
    cold = Reading(-5_000, 16_500, None, Quality.TOO_LOW)
    person = reading(36.4, ambient_c=16.5)
    frames = [cold] * 10 + [person] * 20 + [cold] * 6 + [person] * 20
    assert len(measured([(n * 100_000, frame) for n, frame in enumerate(frames)])) == 2


@pytest.mark.parametrize("rate", [1, 10, 100])
def test_a_wall_that_the_sun_warms_is_nobody_at_any_pace(rate: int) -> None:
    frames = [Reading(27_500 + 16_000 * n // (600 * rate), None) for n in range(200 * rate)]
    found = measured([(n * 1_000_000 // rate, frame) for n, frame in enumerate(frames)])
    assert found == []


def test_a_restless_person_is_given_up_whatever_number_of_frames_is_asked_for() -> None:
    policy = Policy(min_frames=100)
    values = [(30.0, 34.0, 36.5, 32.0, 38.0)[n % 5] for n in range(320)]
    frames = [(n * 31_250, reading(None, value)) for n, value in enumerate(values)]
    [(_, item)] = measured(frames, policy)[:1]
    assert item.quality is Quality.UNSTEADY


def test_while_the_next_persons_passage_is_open_only_a_full_gap_makes_room_for_them() -> None:
    """Their code came first: what is before the sensor may still be the one who is done."""
    for air, expected in ((3, 1), (5, 2)):
        frames = [AIR] * 5 + [reading(38.4)] * 15 + [AIR] * air + [reading(36.5)] * 20
        sweep, found = Sweep(), 0
        for n, frame in enumerate(frames):
            sweep, taken = feed(sweep, frame, n * 100_000 + 1, POLICY, free=False)
            found += taken is not None
        assert found == expected


def test_two_hundred_frames_are_judged_in_no_time() -> None:
    frames = tuple(reading(36.5 + (n % 3) / 20) for n in range(MOST_FRAMES))
    for hold in ("maximum", "plateau"):
        began = time.process_time()
        sweep = Sweep(frames, 0, 1, 10_000_000, 10_000_000)
        assert feed(sweep, frames[0], 10_030_000, Policy(hold=hold))[1] is not None
        assert time.process_time() - began < 5


readings = st.builds(
    Reading,
    surface_mdegc=st.none() | st.integers(-40_000, 80_000),
    ambient_mdegc=st.none() | st.integers(-20_000, 50_000),
    quality=st.sampled_from(Quality),
    raw=st.binary(min_size=1, max_size=3),
)


# --- whatever comes --------------------------------------------------------------------------------

RATES = st.sampled_from([1.0, 2.0, 4.0, 10.0, 32.0, 100.0])
GLARE = Reading(60_000, 22_000, raw=b"sun")
WAITED = Reading(36_900, 22_000, quality=Quality.STALE, raw=b"old")


def person(surface_c: float, seed: int, seconds: float, rate: float) -> list[Reading]:
    noise = random.Random(seed)
    return [
        reading(None, round(surface_c + noise.uniform(-0.1, 0.1), 2))
        for _ in range(max(1, round(seconds * rate)))
    ]


@given(
    rate=RATES,
    first_c=st.floats(32.0, 38.5),
    second_c=st.floats(32.0, 38.5),
    first_s=st.floats(0.02, 4.0),
    second_s=st.floats(0.02, 8.0),
    between=st.sampled_from(["air", "silence", "glare", "waited"]),
    longer_s=st.floats(0.0, 5.0),
    jitter=st.floats(0.0, 0.2),
    free=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_nobodys_measurement_carries_the_heat_of_whoever_stood_there_before(
    *,
    rate: float,
    first_c: float,
    second_c: float,
    first_s: float,
    second_s: float,
    between: str,
    longer_s: float,
    jitter: float,
    free: bool,
    seed: int,
) -> None:
    """Two people and, between them, long enough for one to leave and the other to come: air, silence, a
    glare, or frames that had waited."""
    every_us, noise = 1_000_000 / rate, random.Random(seed)
    parted_s = max(0.45, 2.6 / rate) + longer_s
    hides = {"air": AIR, "glare": GLARE, "waited": WAITED}.get(between)
    first, second = person(first_c, seed, first_s, rate), person(second_c, seed + 1, second_s, rate)
    gap = [hides] * max(1, round(parted_s * rate)) if hides else []
    sweep, now, found = Sweep(), 1.0, list[tuple[bool, Taken]]()
    for frame in [AIR] * 8 + first + gap + second + [AIR] * round(max(4, rate)):
        later = bool(second) and any(frame is each for each in second)
        now += every_us * (1 + noise.uniform(-jitter, jitter))
        if later and frame is second[0] and not hides:
            now += parted_s * 1_000_000
        sweep, taken = feed(sweep, frame, int(now), POLICY, free=free)
        if taken is not None:
            found.append((later, taken))
    for later, taken in found:
        owners = {"first" if any(f is one for one in first) else "second" for f in taken.used}
        assert len(owners) == 1
        assert not later or owners == {"second"}
        assert len(taken.used) >= POLICY.min_frames


@given(
    steps=st.lists(st.tuples(st.integers(0, 3_000_000), readings, st.booleans()), max_size=80),
    rate=RATES,
    surface_c=st.floats(32.5, 37.0),
    free=st.booleans(),
    plateau=st.booleans(),
)
def test_whatever_came_before_an_ordinary_forehead_is_measured_once_after_an_empty_lane(
    steps: list[tuple[int, Reading, bool]], rate: float, surface_c: float, free: bool, plateau: bool
) -> None:
    policy, sweep, now = Policy(hold="plateau" if plateau else "maximum"), Sweep(), 1
    for wait_us, frame, freely in steps:
        now += wait_us
        sweep, _ = feed(sweep, frame, now, policy, free=freely)
    found = 0
    for frame in [AIR] * round(12 * rate) + person(surface_c, 1, 8, rate):
        now += round(1_000_000 / rate)
        before = frame is AIR
        sweep, taken = feed(sweep, frame, now, policy, free=free)
        found += taken is not None and not before
    assert found == 1


@given(st.lists(st.tuples(st.integers(0, 3_000_000), readings, st.booleans()), max_size=120), st.booleans())
def test_whatever_comes_a_measurement_rests_on_frames_that_were_there_and_agree(
    steps: list[tuple[int, Reading, bool]], plateau: bool
) -> None:
    policy = Policy(hold="plateau" if plateau else "maximum")
    sweep, now, given_frames = Sweep(), 1, []
    for wait_us, frame, free in steps:
        now += wait_us
        given_frames.append(frame)
        sweep, taken = feed(sweep, frame, now, policy, free=free)
        assert len(sweep.frames) <= MOST_FRAMES
        if taken is None:
            continue
        assert any(taken.decisive is frame for frame in given_frames)
        assert all(is_present(frame, policy) for frame in taken.used)
        assert len(taken.used) >= policy.min_frames
        values = [frame.surface_mdegc or 0 for frame in taken.used]
        if taken.steady:
            assert max(values) - min(values) <= policy.spread_mdegc
        assert (taken.decisive.surface_mdegc or 0) in values


def test_air_alone_is_nobody_for_ever() -> None:
    assert measured([(n * 100_000, AIR) for n in range(500)]) == []
