"""Several thermometers at one lane: each has its own sweep, and an array decides nothing."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.calibration import Calibration
from edge.domain.events import ReadingArrived
from edge.domain.lane import step
from edge.domain.lane_state import LaneState
from edge.domain.measuring import blind
from edge.domain.model import Evidence, Grid, Measurement, Method, Quality, Reading, ScreeningVerdict
from edge.domain.record import recorded, restored
from edge.domain.rules import has_second_measurement
from edge.domain.screening import estimate, find
from edge.domain.view import lane_view
from tests.domain.people import POLICY, at, procedure, reading, spec

GRID = Grid(4, 2, offset=2, step_mdegc=10)


def frame(surface_mdegc: int) -> Reading:
    raw = b"ZZ" + b"".join((surface_mdegc // 10).to_bytes(2, "big", signed=True) for _ in range(8))
    return Reading(surface_mdegc, 22_000, None, Quality.OK, raw, GRID)


def watched(*devices: tuple[str, list[Reading]], state: LaneState | None = None) -> LaneState:
    """Pass the frames of several devices, ten a second, in turns."""
    state = state or LaneState()
    for n in range(max(len(frames) for _, frames in devices)):
        for device, frames in devices:
            if n < len(frames):
                state = step(spec(), state, ReadingArrived("in", device, frames[n], at(1 + n / 10))).state
    return state


def measurements(state: LaneState) -> list[Measurement]:
    assert state.active is not None
    return [piece.item for piece in state.active.evidence if isinstance(piece.item, Measurement)]


def test_an_array_alone_leaves_the_temperature_missing() -> None:
    state = watched(("array", [frame(34_500)] * 15))
    [item] = measurements(state)
    assert item.grid == GRID
    assert len(item.raws) == 1
    assert (item.body_mdegc, item.conversion) == (None, "none:array")
    view = lane_view(spec(), state, at(3))
    assert view["temperature"]["verdict"] == "missing"
    assert "contact" in view["actions"]
    assert view["picture"]["hottest_mdegc"] == 34_500


def test_a_spot_sensor_beside_an_array_decides() -> None:
    state = watched(("array", [frame(38_900)] * 15), ("spot", [reading(36.6)] * 15))
    assert [item.device for item in measurements(state)] == ["array", "spot"]
    view = lane_view(spec(), state, at(3))
    assert view["temperature"]["verdict"] == "normal"
    assert view["temperature"]["live_mdegc"] == 34_600
    assert state.active is not None
    assert not has_second_measurement(state.active.evidence)


def test_the_picture_goes_with_the_person() -> None:
    state = watched(("array", [*[frame(34_500)] * 15, frame(22_000)]))
    assert lane_view(spec(), state, at(3))["picture"] is None


def test_losing_one_thermometer_leaves_the_other_what_it_has_seen() -> None:
    state = watched(("array", [frame(34_500)] * 5), ("spot", [reading(36.6)] * 5))
    both = replace(spec(), arrays=frozenset({"array"}))
    left = blind(both, state, "array")
    assert [device for device, _ in left.sweeps] == ["spot"]
    assert (left.picture, left.live_mdegc) == (None, state.live_mdegc)
    left = blind(both, state, "spot")
    assert [device for device, _ in left.sweeps] == ["array"]
    assert (left.picture, left.live_mdegc) == (state.picture, None)


def test_an_array_on_a_slow_line_is_no_stream_with_holes() -> None:
    state = LaneState()
    for second in range(0, 20, 2):
        value = 34_500 if second > 6 else 22_000
        event = ReadingArrived("in", "array", frame(value), at(10 + second + 0.1))
        state = step(spec(), state, event).state
    assert measurements(state)


def test_what_an_array_saw_is_recorded_and_read_back_the_same() -> None:
    state = watched(("array", [frame(34_500)] * 15), ("spot", [reading(36.6)] * 15))
    assert state.active is not None
    body, sealed = recorded(procedure(), POLICY, state.active)
    back = restored(json.loads(json.dumps(body)), sealed, lane="in", clock="synced")
    assert back.evidence == state.active.evidence


VALUES = st.tuples(st.integers(25_000, 43_000), st.booleans(), st.sampled_from(Quality))


@given(st.lists(VALUES, min_size=1, max_size=6))
def test_no_number_of_array_measurements_decides_anything(values: list[tuple[int, bool, Quality]]) -> None:
    evidence = [
        Evidence(
            at(n),
            "array",
            Measurement(
                "array", Method.INFRARED, body_mdegc=body, quality=quality, after_rest=rest, grid=GRID
            ),
        )
        for n, (body, rest, quality) in enumerate(values)
    ]
    assert find(evidence, POLICY).verdict is ScreeningVerdict.MISSING


def calibration(until_s: float = 10**6) -> Calibration:
    found = at(0)
    return Calibration(
        "spot",
        "gy614",
        1_900,
        60,
        10,
        "paired",
        "T1",
        "forehead",
        "boss",
        found.at_us,
        at(until_s).at_us,
    )


def test_what_the_site_found_goes_before_the_makers_own_body_value() -> None:
    body, conversion = estimate(reading(36.6), POLICY, calibration())
    assert body == 34_600 + 1_900
    assert conversion.startswith("site/1:+1900@")


@pytest.mark.parametrize(("until_s", "conversion"), [(10**6, "site/1"), (1.5, "vendor/1")])
def test_a_calibration_that_has_ended_is_no_longer_used(until_s: float, conversion: str) -> None:
    state = LaneState(calibrations=(calibration(until_s),))
    [item] = measurements(watched(("spot", [reading(36.6)] * 15), state=state))
    assert item.conversion.startswith(conversion)
