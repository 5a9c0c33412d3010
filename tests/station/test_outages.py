"""A lane that cannot measure or scan says so once, aloud, after its row; and again where nobody heard it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.domain.lane_state import Do
from edge.messages import DeviceChanged, EffectDone
from tests.station.rig import Rig

FAULT = Do("voice", "fault", 0)


class Lane:
    """A station whose lane's devices are in the test's hands."""

    def __init__(self, folder: Path) -> None:
        self.states = {"thermometer": "up", "scanner": "up", "voice": "up"}
        self.rig = Rig(folder)
        self.rig.station._outages._devices = self._devices

    def lose(self, kind: str) -> None:
        self.states[kind] = "down"
        self.rig.station.offer(
            DeviceChanged("in", kind, kind, "gy614", up=False, at=self.rig.now(), code="lost", message="gone")
        )

    def passes(self, seconds: int) -> None:
        for _ in range(2 * seconds):
            self.rig.turn(0.5)

    @property
    def said(self) -> list[Do]:
        return [do for _, do in self.rig.done]

    def _devices(self, _lane: str) -> list[dict[str, Any]]:
        return [{"kind": kind, "name": kind, "state": state} for kind, state in self.states.items()]


@pytest.fixture
def lane(tmp_path: Path) -> Iterator[Lane]:
    lane = Lane(tmp_path)
    yield lane
    lane.rig.close()


@pytest.mark.parametrize("kind", ["thermometer", "scanner"])
def test_a_lost_instrument_is_heard_once(lane: Lane, kind: str) -> None:
    lane.passes(5)
    assert lane.said == []
    lane.lose(kind)
    lane.passes(1)
    assert [row.kind for row in lane.rig.rows("device.lost")] == ["device.lost"]
    assert lane.said == []
    lane.passes(300)
    assert lane.said == [FAULT]
    lane.lose("scanner")
    lane.passes(300)
    assert lane.said == [FAULT], "the attendant knows"


def test_nothing_is_said_while_nothing_can_be_written(lane: Lane) -> None:
    lane.rig.card.full = True
    lane.lose("thermometer")
    lane.passes(30)
    assert lane.said == []
    lane.rig.card.full = False
    lane.passes(10)
    assert lane.said == [FAULT]
    assert lane.rig.rows("device.lost")


def test_a_voice_that_is_away_says_it_when_it_is_back(lane: Lane) -> None:
    lane.lose("voice")
    lane.lose("thermometer")
    lane.passes(30)
    assert lane.said == []
    lane.states["voice"] = "up"
    lane.passes(10)
    assert lane.said == [FAULT]


def test_what_nobody_heard_is_said_again_and_is_no_effect_of_a_passage(lane: Lane) -> None:
    lane.lose("thermometer")
    lane.passes(10)
    lane.rig.station.offer(EffectDone("in", FAULT, lane.rig.now(), "the card is gone"))
    lane.passes(10)
    assert lane.said == [FAULT, FAULT]
    lane.rig.station.offer(EffectDone("in", FAULT, lane.rig.now()))
    lane.passes(10)
    assert lane.said == [FAULT, FAULT]
    assert not lane.rig.rows("passage.effects")


def test_a_lost_barrier_is_no_outage(lane: Lane) -> None:
    lane.states["barrier"] = "down"
    lane.passes(60)
    assert lane.said == []
