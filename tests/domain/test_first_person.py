"""The first person after a start, after a week off, on another device, after the clock jumped: through the
lane, nobody is waved through blind, and what was decided is decided again from the row alone."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from edge.domain import rules
from edge.domain.lane_state import LaneState
from edge.domain.model import ClockQuality, Instant, Measurement, Outcome, Passage
from edge.domain.record import recorded, restored
from tests.domain import people
from tests.domain.people import SECOND, Walk, resident

WEEK = 7 * 86_400


class Site(Walk):
    """Twenty people have passed; then something happens."""

    def __init__(self) -> None:
        super().__init__("compound")
        self.spec = replace(self.spec, drivers=(("t", "gy614"),), ports=(("t", "usb-1"),))

    def passes(self, surface_c: float, name: str = "") -> Passage:
        self.now += 20
        self.stand(None, surface_c=surface_c)
        if self.state.active is not None:
            self.show(resident(name or f"P{self.now:.1f}"))
            self.give(mask="on")
        return self.state.active or self.last


def started(site: Site) -> None:
    site.state = LaneState()


def week_off(site: Site) -> None:
    site.wait(WEEK)


def other_device(site: Site) -> None:
    site.spec = replace(site.spec, drivers=(("t", "mlx90614_i2c"),), ports=(("t", "i2c-1"),))
    site.state = replace(site.state, healthy=(), sweeps=())


def new_run(site: Site) -> None:
    site.spec = replace(site.spec, boot=2, started_us=int(site.now * SECOND))


HAPPENED: dict[str, Callable[[Site], None]] = {
    "start": started,
    "week off": week_off,
    "other device": other_device,
    "new run": new_run,
}


@pytest.fixture(params=[*HAPPENED, "clock forward", "clock back", "clock unset"])
def site(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Site:
    site = Site()
    for number in range(20):
        site.passes(34.6 + number % 5 / 10)
        assert site.outcome is Outcome.ADMIT
    if request.param in HAPPENED:
        HAPPENED[request.param](site)
        return site
    jump = {"clock forward": 10 * 365 * 86_400, "clock back": -40 * 365 * 86_400, "clock unset": 0}
    quality = ClockQuality.UNSET if request.param == "clock unset" else ClockQuality.SYNCED
    honest = people.at

    def jumped(seconds: float, clock: ClockQuality = quality) -> Instant:
        now = honest(seconds, clock)
        return replace(now, at_us=now.at_us + jump[request.param] * SECOND)

    monkeypatch.setattr(people, "at", jumped)
    return site


def again(site: Site, passage: Passage) -> None:
    """The row alone decides the same again."""
    body, sealed = recorded(site.spec.procedure, site.spec.policy, passage)
    back = restored(json.loads(json.dumps(body)), sealed, lane="in", clock="synced")
    assert back == replace(passage, recorded=True)
    assert passage.decision is not None
    assert rules.decide(site.spec.procedure, site.spec.policy, back.evidence) == passage.decision


def test_an_ordinary_first_person_passes(site: Site) -> None:
    passage = site.passes(34.8)
    assert passage.decision is not None
    assert passage.decision.outcome is Outcome.ADMIT
    again(site, passage)


@pytest.mark.parametrize("surface", [29.0, 30.5, 31.9])
def test_a_first_person_below_what_skin_can_show_is_never_normal(site: Site, surface: float) -> None:
    passage = site.passes(surface)
    assert passage.decision is not None
    assert passage.decision.outcome is None
    assert "temperature" in passage.decision.missing
    again(site, passage)


def test_a_first_person_far_over_everybody_is_held_and_not_called_over(site: Site) -> None:
    passage = site.passes(38.4)
    assert passage.decision is not None
    assert passage.decision.hold
    item = passage.evidence[0].item
    assert isinstance(item, Measurement)
    assert item.expected is not None
    again(site, passage)
