"""The simulated year at a gate: seeded, in order, and shaped as the reference says."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import pytest

from bench.gate_rested import Gate, rested
from bench.gate_rules import NOT_MEASURED, LastTen, LocalZ, Seats
from bench.gate_year import (
    DATA,
    RESIDUE,
    REST_S,
    START_US,
    WORLDS,
    Coming,
    World,
    after_rest,
    passages,
    volunteers,
)
from bench.gate_year_run import ALARMS, Scored, judge, literal, plain
from edge.domain.model import ScreeningVerdict
from edge.domain.screening import find
from tests.domain.people import POLICY, SECOND
from tests.domain.test_walk import Door
from tests.paths import shared


@pytest.fixture(scope="module")
def people() -> Sequence[Coming]:
    shared("temperature", "FLIR_group1.csv")
    return list(passages(WORLDS["main"], 1, 1, 3_000))


def test_the_volunteers_are_those_with_all_three_rounds() -> None:
    shared("temperature", "FLIR_group1.csv")
    found = volunteers(DATA)
    assert (len(found), sum(one.febrile for one in found)) == (523, 44)


def test_the_same_seed_gives_the_same_year_and_another_another(people: Sequence[Coming]) -> None:
    def first(seed: int) -> list[Coming]:
        return list(islice(passages(WORLDS["main"], seed, 1, 3_000), 20))

    assert first(1) == list(people[:20])
    assert first(2) != first(1)


def test_people_come_in_order_through_the_whole_weather(people: Sequence[Coming]) -> None:
    assert [c.at_us for c in people] == sorted(c.at_us for c in people)
    assert {c.band for c in people} == {0, 1, 2, 3}
    assert 0.001 < sum(c.truth for c in people) / len(people) < 0.01


def test_a_rest_leaves_fifteen_hundredths_of_what_the_weather_did() -> None:
    shared("temperature", "FLIR_group1.csv")
    still = World("still", drift_sd=0.0, sun_share=0.0, cold_sd=0.0)
    for c in islice(passages(still, 1, 1, 500), 100):
        lost = 147 * (20.5 - c.outdoor) if c.outdoor < 20.5 else -50 * (c.outdoor - 20.5)
        gained = sum(after_rest(c).surface_mdegc) - sum(c.surface_mdegc)
        assert gained / 3 == pytest.approx((1 - RESIDUE) * lost, abs=2)


def test_the_literal_threshold_alarms_in_july_and_sleeps_in_january(people: Sequence[Coming]) -> None:
    year = literal(people)
    assert year.by_band[0] < 10
    assert year.by_band[3] > 150


def test_a_rule_is_set_to_the_alarms_it_is_compared_at(people: Sequence[Coming]) -> None:
    year = judge(plain(LocalZ(), people[:800]))
    assert year.alarms == pytest.approx(ALARMS, abs=2)


def test_sensitivity_and_area_are_those_of_a_small_case() -> None:
    well = [Scored(float(n), False, n % 4) for n in range(40)]
    year = judge([*well, Scored(50.0, True, 0), Scored(10.5, True, 1)])
    assert (year.sensitivity, year.found[0], year.found[1]) == (0.5, 1.0, 0.0)
    assert year.area == pytest.approx((40 + 11) / 80)


@pytest.mark.parametrize("every", [4, 20, 1_000])
def test_no_more_rest_than_there_are_seats(every: int) -> None:
    seats = Seats(share=0.2)
    scores = [NOT_MEASURED if n % every == 0 else float(n * 7_919 % 1_009) for n in range(1, 8_001)]
    rested = sum(seats.takes(score) for score in scores)
    assert rested >= sum(score == NOT_MEASURED for score in scores)
    if every > 4:
        assert 0.15 < rested / len(scores) < 0.25


def test_the_bench_rests_people_as_a_lane_does_event_by_event(people: Sequence[Coming]) -> None:
    """The table of the rests is of the gate itself: frames, a seat, a ticket and frames again end alike."""
    gate = Gate("forehead")
    passed = gate.pass_all(people[:60])
    door = Door(replace(POLICY, decides="level"))
    door.spec = replace(door.spec, own_history=False, policy=replace(gate.policy, rest_us=299_000_000))
    found = []
    for one in people[:60]:
        door.now = (one.at_us - START_US) / SECOND
        ended = len(door.records)
        door.stand(None, 0.6, surface_c=one.surface_mdegc[0] / 1000, ambient_c=one.ambient_mdegc / 1000)
        rests = door.state.active is not None and door.verdict is ScreeningVerdict.AGAIN
        if rests:
            door.park()
            door.wait(REST_S)
            door.resume(1)
            back = after_rest(one)
            for surface in back.surface_mdegc:
                if door.state.active is None or door.verdict is not ScreeningVerdict.AGAIN:
                    break
                door.stand(None, 0.6, surface_c=surface / 1000, ambient_c=back.ambient_mdegc / 1000)
        door.wait(100)
        last = [record.passage for record in door.records[ended:] if record.kind == "passage.decided"]
        # Somebody so cold that the sensor takes them for the wall behind is nobody to it.
        verdict = find(last[-1].evidence, door.spec.policy).verdict if last else ScreeningVerdict.MISSING
        found.append((verdict is ScreeningVerdict.OVER, rests))
    assert [(one.over, one.rested) for one in passed] == found
    assert 0 < sum(rests for _, rests in found) < 30


def test_a_rest_as_it_ships_finds_more_in_every_weather_and_raises_the_alarms_that_were_set(
    people: Sequence[Coming],
) -> None:
    year = rested(people)
    assert 25 < year.alarms < 75
    assert year.rested < 250
    assert year.sensitivity > judge(plain(LastTen(), people)).sensitivity
    assert max(year.by_band) < 100
