"""A signal tower: shows what the page shows, comes back after a loss, and its button is one press."""

import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.devices import Place
from edge.domain.errors import DeviceUnavailable
from edge.domain.model import Instant
from edge.signals import FADES_US, follow, signal_of
from tests.station.test_devices import Status, Stop
from tests.waiting import until

NOW_US = 1_000_000_000


class Tower:
    """A tower on the bench."""

    kind, name = "lights", "bench"

    def __init__(self) -> None:
        self.there = threading.Event()
        self.there.set()
        self.shown: list[str] = []
        self.presses = 0
        self.closed = 0

    def connect(self) -> "Tower":
        self.check()
        return self

    def check(self) -> None:
        if not self.there.is_set():
            raise DeviceUnavailable("no cable", code="lost")

    def show(self, signal: str) -> None:
        self.check()
        self.shown.append(signal)

    def more_than(self, count: int) -> bool:
        return len(self.shown) > count

    def pressed(self) -> int:
        presses, self.presses = self.presses, 0
        return presses

    def close(self) -> None:
        self.closed += 1


class Following:
    """A tower and the thread behind it."""

    def __init__(self) -> None:
        self.tower, self.status, self.stop = Tower(), Status(), Stop()
        self.view: dict[str, Any] = {"stage": "idle"}
        self.pressed = 0
        place = Place(
            "in",
            "lights",
            lambda _message: None,
            self.status,
            lambda: None,
            lambda: Instant(NOW_US, NOW_US),
            lambda *_names, **_labels: None,
        )
        self.thread = threading.Thread(
            target=follow,
            args=(self.tower, place, self.stop),
            kwargs={"view": lambda: self.view, "pressed": self._press},
        )

    def _press(self) -> None:
        self.pressed += 1


@pytest.fixture
def following() -> Iterator[Following]:
    following = Following()
    following.thread.start()
    yield following
    following.stop.set()
    following.thread.join(10)
    assert not following.thread.is_alive()
    assert following.tower.closed


def ended(outcome: str, at_us: int = NOW_US) -> dict[str, Any]:
    return {"stage": "ended", "last": {"outcome": outcome, "at_us": at_us}}


def test_a_tower_follows_its_lane(following: Following) -> None:
    tower = following.tower
    for view in ({"stage": "open"}, ended("admit"), {"stage": "idle"}, ended("refer")):
        before = len(tower.shown)
        following.view = view
        until(partial(tower.more_than, before), what="another signal")
    assert tower.shown[-4:] == ["wait", "go", "idle", "stop"]


def test_a_tower_that_was_lost_shows_the_present_when_it_is_back(following: Following) -> None:
    tower = following.tower
    until(lambda: tower.shown == ["idle"], what="the first signal")
    tower.there.clear()
    until(lambda: following.status.said[-1:] == ["lost"], what="the loss")
    following.view = {"stage": "hold"}
    tower.there.set()
    until(lambda: tower.shown[-1] == "wait", what="the present")
    assert following.status.said[-1] == "up"


def test_a_button_pressed_many_times_at_once_asks_once(following: Following) -> None:
    following.tower.presses = 7
    until(lambda: following.pressed, what="the press")
    assert following.pressed == 1


@given(
    st.sampled_from(["idle", "open", "hold", "ended"]),
    st.sampled_from(["admit", "turn_back", "refer", "abandoned"]),
    st.integers(-(10**9), 10**9),
    st.booleans(),
)
def test_green_is_shown_only_just_after_an_admission(
    stage: str, outcome: str, gone_us: int, writable: bool
) -> None:
    view = {"stage": stage, "writable": writable, "last": {"outcome": outcome, "at_us": NOW_US - gone_us}}
    fresh = stage == "ended" and outcome == "admit" and 0 <= gone_us < FADES_US and writable
    assert (signal_of(view, NOW_US) == "go") is fresh


def test_a_gate_that_cannot_measure_does_not_look_like_one_that_waits() -> None:
    def view(state: str, **rest: Any) -> dict[str, Any]:
        return {"devices": [{"kind": "thermometer", "name": "thermometer", "state": state}], **rest}

    for rest in ({"stage": "idle"}, ended("admit", NOW_US - FADES_US), ended("abandoned")):
        assert signal_of(view("down", **rest), NOW_US) == "fault"
        assert signal_of(view("up", **rest), NOW_US) == "idle"
        assert signal_of(view("starting", **rest), NOW_US) == "idle"
    assert signal_of(view("down", stage="open"), NOW_US) == "wait", "the attendant goes on by hand"
    assert signal_of(view("down", **ended("admit")), NOW_US) == "go"
