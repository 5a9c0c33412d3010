"""When a lane says that it is out of order: once for each outage, never for a loose plug's every contact."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.outage import AFTER_US, STEADY_US, Outage, can_speak, heed, stopped


def device(name: str, state: str) -> dict[str, Any]:
    return {"kind": name.rstrip("0123456789"), "name": name, "state": state}


@pytest.mark.parametrize(
    ("states", "arrays", "out"),
    [
        ({}, (), False),
        ({"voice": "down", "barrier": "down", "lights": "down"}, (), False),
        ({"thermometer": "starting", "scanner": "starting"}, (), False),
        ({"thermometer": "up", "scanner": "up"}, (), False),
        ({"thermometer": "down", "scanner": "up"}, (), True),
        ({"thermometer": "up", "scanner": "down"}, (), True),
        ({"thermometer": "up", "scanner": "down", "scanner2": "up"}, (), False),
        ({"thermometer": "up", "scanner": "down", "scanner2": "down"}, (), True),
        ({"thermometer": "down", "thermometer2": "up"}, ("thermometer",), False),
        ({"thermometer": "up", "thermometer2": "down"}, ("thermometer",), True),
        ({"thermometer": "up"}, ("thermometer",), False),
        ({"thermometer": "down"}, ("thermometer",), True),
    ],
)
def test_a_lane_is_out_when_nothing_that_decides_measures_or_nothing_scans(
    states: dict[str, str], arrays: tuple[str, ...], out: bool
) -> None:
    assert stopped([device(name, state) for name, state in states.items()], arrays) is out


def test_only_a_voice_that_is_there_can_speak() -> None:
    assert not can_speak([device("scanner", "up")])
    assert not can_speak([device("voice", "down")])
    assert can_speak([device("voice", "up")])


def told(changes: list[tuple[int, bool]], step_us: int = 500_000) -> list[int]:
    """Return when an outage was told, in a history of (how long in microseconds, whether out)."""
    outage, now_us, said = Outage(), 0, []
    for lasts_us, out in changes:
        until_us = now_us + lasts_us
        while now_us < until_us:
            outage, say = heed(outage, out=out, now_us=now_us)
            if say:
                said.append(now_us)
            now_us += step_us
    return said


def test_an_outage_is_told_once_however_long_it_lasts() -> None:
    assert told([(10_000_000, False), (3600_000_000, True)]) == [10_000_000 + AFTER_US]


def test_a_plug_pushed_in_again_at_once_is_not_told() -> None:
    assert told([(AFTER_US, True), (10_000_000, False)] * 20) == []


def test_a_loose_plug_is_told_once_and_an_outage_after_a_steady_minute_anew() -> None:
    loose = [(5_000_000, True), (STEADY_US - 1_000_000, False)] * 20
    assert len(told(loose)) == 1
    assert len(told([(5_000_000, True), (STEADY_US + 1_000_000, False)] * 3)) == 3


@given(st.lists(st.tuples(st.integers(1, 300).map(lambda n: n * 500_000), st.booleans()), max_size=30))
def test_whatever_happens_it_is_told_only_while_out_and_at_most_once_a_minute(
    changes: list[tuple[int, bool]],
) -> None:
    said = told(changes)
    assert all(later - earlier > STEADY_US for earlier, later in pairwise(said))
    for at_us in said:
        begins_us = 0
        for lasts_us, out in changes:
            if begins_us <= at_us < begins_us + lasts_us:
                assert out
            begins_us += lasts_us
