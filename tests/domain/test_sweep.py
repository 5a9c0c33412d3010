"""People before a sensor: one sweep each, from the bytes a GY-614V sent."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.thermometer.gy614 import Decoder, Options
from edge.domain.model import Measurement, Quality, Reading, ScreeningVerdict
from edge.domain.policy import Policy
from edge.domain.screening import classify, combine
from edge.domain.sweep import MOST_FRAMES, STUCK_US, Sweep, feed, is_present, over
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


readings = st.builds(
    Reading,
    surface_mdegc=st.none() | st.integers(-40_000, 80_000),
    ambient_mdegc=st.none() | st.integers(-20_000, 50_000),
    quality=st.sampled_from(Quality),
    raw=st.binary(min_size=1, max_size=3),
)


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
