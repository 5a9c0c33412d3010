"""A device whose values cannot be right is reported, and one that is sound is not.

The devices are the five transfer curves of the reference on fever flagging, section 4.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.gate_year import volunteers
from edge.domain.instrument import WINDOW, Instrument, findings, from_json, learn, seen_of, to_json
from edge.domain.instrument_signs import Finding, Seen, Sign
from edge.domain.instrument_told import told
from edge.domain.model import Measurement, Method
from tests.domain.transfer_curves import (
    CURVES,
    Device,
    Skin,
    body_mode,
    body_of,
    both_modes,
    both_of,
    cold_mornings,
    indoors,
    shown,
    surface_mode,
)
from tests.paths import shared


def learned(people: Iterable[Skin], device: Device, state: Instrument | None = None) -> Instrument:
    state = state or Instrument()
    for person in people:
        state = learn(state, device(person))
    return state


def signs(state: Instrument) -> list[Sign]:
    return [finding.sign for finding in findings(state)]


def ever(people: Iterable[Skin], device: Device) -> set[Sign]:
    """Return every sign that was found at any time on the way."""
    state, found = Instrument(), set[Sign]()
    for person in people:
        state = learn(state, device(person))
        found.update(signs(state))
    return found


@pytest.mark.parametrize(
    ("device", "skin", "value"), [("a", 32.0, 36.1), ("a", 35.5, 36.9), ("e", 34.2, 37.3)]
)
def test_the_curves_are_those_of_the_reference(device: str, skin: float, value: float) -> None:
    assert shown(device, skin) == pytest.approx(value, abs=0.1)


@pytest.mark.parametrize("device", ["a", "b"])
def test_firmware_that_pulls_to_normal_is_found_by_peoples_spread_alone(device: str) -> None:
    state = learned(indoors(300), body_of(device))
    [found] = findings(state)
    assert found.sign is Sign.INSENSITIVE
    assert found["spread_mdegc"] < 0.65 * found["expected_mdegc"]
    assert found.people >= 60


@pytest.mark.parametrize("device", ["a", "b", "c"])
def test_firmware_that_pulls_to_normal_is_found_by_its_slope_as_well(device: str) -> None:
    [found] = findings(learned(indoors(WINDOW), both_of(device)))
    assert found.sign is Sign.INSENSITIVE
    slope = CURVES[device][1:][[33_000, 35_000, 36_000].index(found["from_mdegc"])]
    assert found["slope_milli"] == pytest.approx(1000 * slope, abs=60)


@pytest.mark.parametrize("device", ["a", "b"])
def test_on_cold_mornings_it_is_found_by_peoples_spread_alone(device: str) -> None:
    assert signs(learned(cold_mornings(300), body_of(device))) == [Sign.INSENSITIVE]


@pytest.mark.parametrize("device", ["d", "e"])
@pytest.mark.parametrize("place", [indoors, cold_mornings])
def test_a_device_whose_slope_is_near_one_is_not_called_insensitive(
    device: str, place: Callable[[int], Iterable[Skin]]
) -> None:
    assert Sign.INSENSITIVE not in ever(place(150), body_of(device))
    assert Sign.INSENSITIVE not in ever(place(150), both_of(device))


@pytest.mark.parametrize("device", [surface_mode, body_mode, both_modes])
def test_nothing_is_found_of_a_sound_device_in_a_hall_or_on_cold_mornings(device: Device) -> None:
    assert ever([*indoors(120), *cold_mornings(120)], device) == set()


@pytest.mark.parametrize(
    ("device", "found"),
    [(surface_mode, set()), (body_mode, set()), *((body_of(d), {Sign.INSENSITIVE}) for d in "ab")],
)
def test_real_volunteers_give_away_what_pulls_and_nothing_that_is_sound(
    device: Device, found: set[Sign]
) -> None:
    readings = [one.readings[0] for one in volunteers(shared("temperature", "FLIR_group1.csv"))[:200]]
    assert ever([Skin(n, skin, 23.0) for n, skin in enumerate(readings)], device) == found


def test_nothing_is_found_at_a_quiet_gate_whose_winter_begins() -> None:
    hall, cold = indoors(100, seed=4, a_day=20), cold_mornings(100, seed=5, a_day=20)
    assert ever([*hall, *cold], surface_mode) == set()


def test_a_value_that_stands_still_is_found_within_twenty_people_and_gone_when_it_moves() -> None:
    state = learned(indoors(100), surface_mode)
    stuck = Seen(10**13, surface_mdegc=35_120, ambient_mdegc=22_000)
    needed = 0
    while Sign.FROZEN not in signs(state):
        state, needed = learn(state, replace(stuck, at_us=stuck.at_us + needed)), needed + 1
        assert needed < 20
    found = findings(state)[0]
    assert (found.sign, found.since_us, found.people) == (Sign.FROZEN, stuck.at_us, needed)
    assert Sign.FROZEN not in signs(learn(state, replace(stuck, surface_mdegc=35_130)))


def test_a_coarse_device_may_show_the_same_value_longer_before_it_counts_as_standing_still() -> None:
    def in_halves(person: Skin) -> Seen:
        return Seen(person.at_us, surface_mdegc=500 * round(2 * person.skin))

    assert Sign.FROZEN not in ever(indoors(200, seed=3), in_halves)


def test_steps_coarser_than_the_data_sheet_says_are_found_and_stated_ones_are_not() -> None:
    def in_halves(person: Skin) -> Seen:
        return Seen(person.at_us, body_mdegc=500 * round(2 * (person.skin + 1.4)))

    [found] = findings(learned(indoors(100), in_halves))
    assert (found.sign, found["step_mdegc"], found["stated_mdegc"]) == (Sign.COARSE, 500, 100)
    assert signs(learned(indoors(100), in_halves, Instrument(body_step_mdegc=500))) == []


def test_a_module_left_in_body_mode_is_no_surface() -> None:
    def mistaken(person: Skin) -> Seen:
        said = body_mode(person)
        return replace(said, surface_mdegc=said.body_mdegc, body_mdegc=None)

    assert Sign.BODY_AS_SURFACE in signs(learned(indoors(100), mistaken))
    assert Sign.BODY_AS_SURFACE in signs(learned(cold_mornings(100), mistaken))


def test_a_module_left_in_object_mode_is_no_body() -> None:
    def mistaken(person: Skin) -> Seen:
        said = surface_mode(person)
        return replace(said, surface_mdegc=None, body_mdegc=said.surface_mdegc)

    found = findings(learned(indoors(250), mistaken, Instrument(body_step_mdegc=10)))
    assert [finding.sign for finding in found] == [Sign.SURFACE_AS_BODY]
    assert found[0]["value_mdegc"] == pytest.approx(35_170, abs=150)


def test_a_finding_keeps_its_date_and_goes_when_the_device_was_mended() -> None:
    state = learned(indoors(100), body_of("a"))
    [first] = findings(state)
    state = learned(indoors(100, seed=2), body_of("a"), state)
    assert findings(state)[0].since_us == first.since_us
    assert signs(learned(indoors(WINDOW, seed=3), body_mode, state)) == []


def test_whoever_was_not_measured_teaches_nothing() -> None:
    state = learned(indoors(50), surface_mode)
    assert learn(state, Seen(1, ambient_mdegc=20_000)) is state


def test_what_is_learned_of_a_measurement_is_what_the_device_said() -> None:
    measurement = Measurement(
        "t",
        Method.INFRARED,
        surface_mdegc=34_000,
        ambient_mdegc=20_000,
        vendor_body_mdegc=36_400,
        body_mdegc=1,
    )
    assert seen_of(measurement, 7) == Seen(7, 34_000, 36_400, 20_000)


values = st.none() | st.integers(-50_000, 100_000)
people = st.lists(st.builds(Seen, st.integers(0, 2**50), values, values, values), max_size=40)


@settings(max_examples=50)
@given(people, st.integers(1, 30))
def test_no_order_of_values_fails_and_the_state_comes_back_from_json(seen: list[Seen], often: int) -> None:
    state = Instrument()
    for one in seen * often:
        state = learn(state, one)
        assert len(state.last) <= WINDOW
    again = from_json(json.loads(json.dumps(to_json(state))))
    assert again == state
    for finding in findings(state):
        assert all(words and "{" not in words for words in told(finding))


@pytest.mark.parametrize("sign", list(Sign))
def test_every_sign_has_a_sentence_in_both_languages_that_says_what_to_do(sign: Sign) -> None:
    names = "slope_milli from_mdegc to_mdegc value_mdegc step_mdegc stated_mdegc ambient_mdegc"
    figures = dict.fromkeys([*names.split(), "apart_mdegc", "moved_mdegc"], 1_230)
    chinese, english = told(Finding(sign, 0, 123, tuple(figures.items())))
    assert "123" in chinese
    assert "请" in chinese
    assert "1.23" in english
    assert english.endswith(".")
