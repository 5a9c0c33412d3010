"""Two thermometers side by side in a simulated year: sound ones are never reported, half a degree is."""

import pytest

from bench.gate_year import WORLDS, passages
from bench.instrument_years import BUSY, QUIET, side_by_side
from tests.paths import shared


@pytest.mark.parametrize("world", ["main", "mild"])
def test_two_sound_ones_are_not_reported_in_a_year_of_any_weather(world: str) -> None:
    shared("temperature", "FLIR_group1.csv")
    assert side_by_side(passages(WORLDS[world], 11, 1, QUIET), a_year=QUIET) == (0, 0)


def test_one_that_is_off_by_half_a_degree_from_one_day_on_is_found() -> None:
    shared("temperature", "FLIR_group1.csv")
    times, first = side_by_side(passages(WORLDS["main"], 12, 1, BUSY), step_mdegc=500)
    assert times >= 1
    assert 0 < first < 2_000
