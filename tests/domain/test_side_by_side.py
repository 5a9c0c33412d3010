"""Which thermometers of a gate are compared, what a passage teaches, and what is said of two that part."""

import json
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from edge import wire
from edge.domain.doubting import DOUBTED
from edge.domain.lane_state import LaneSpec, LaneState, Note, Record, Result
from edge.domain.model import (
    Decision,
    Evidence,
    Grid,
    Instant,
    Measurement,
    Method,
    Outcome,
    Passage,
    Quality,
)
from edge.domain.side_by_side import (
    AT_ONCE_US,
    COMPARED,
    EVERY_BLOCKS,
    Pair,
    after,
    doubts,
    kept,
    pairs,
    restored,
)
from edge.wire.received import body_fault
from tests.domain.people import at, spec
from tests.domain.transfer_curves import both_modes, cold_mornings, indoors, shown

MINUTE_US = 60_000_000


def lane(name: str, *devices: str, direction: str = "in", **more: Any) -> LaneSpec:
    """Return a lane with these thermometers, each at a socket of its own."""
    drivers = tuple((device, "gy614") for device in devices or ("thermometer",))
    ports = tuple((device, f"/dev/{name}/{device}") for device, _ in drivers)
    return replace(spec(), name=name, direction=direction, drivers=drivers, ports=ports, **more)


def named(*specs: LaneSpec) -> list[str]:
    return [f"{pair.here} {pair.there}" for pair in pairs(specs)]


@dataclass
class Gate:
    """Two lanes side by side, or whichever there are, and what they write."""

    specs: tuple[LaneSpec, ...] = (lane("in"), lane("in2"))
    known: tuple[Pair, ...] = ()
    at_us: int = 1_700_000_000_000_000
    notes: list[tuple[str, Note]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.known = self.known or pairs(self.specs)

    def passes(self, number: int, surface_mdegc: int | None, **changes: Any) -> None:
        """Let somebody be measured in the lane of this number."""
        self.measured(number, (measured(self.specs[number], surface_mdegc, **changes), 0))

    def measured(self, number: int, *items: tuple[Measurement, int]) -> None:
        """Let a passage end, in which this was measured so long after its beginning."""
        self.at_us += MINUTE_US
        evidence = tuple(Evidence(self.after(late_us), item.device, item) for item, late_us in items)
        passage = Passage(1, self.specs[number].name, "in", "compound", "v", "p", at(0), at(60), evidence)
        passage = replace(passage, decision=Decision(Outcome.ADMIT))
        self.step(number, Result(LaneState(), (Record("passage.decided", passage),)))

    def calibrated(self, number: int, kind: str = "calibration.recorded") -> None:
        self.step(number, Result(LaneState(), notes=(Note(kind, {"device": "thermometer"}),)))

    def step(self, number: int, result: Result) -> None:
        self.known, notes = after(self.known, self.specs[number], result)
        for _, note in notes:
            assert body_fault(note.kind, json.loads(wire.canonical(note.body))) is None
        self.notes += notes

    def after(self, late_us: int) -> Instant:
        return Instant(self.at_us + late_us, self.at_us + late_us)

    def crowd(self, people: int, off_mdegc: int = 0, seed: int = 1) -> None:
        """Let so many pass by turns; the second lane's thermometer is off."""
        dice = random.Random(seed)
        for n in range(people):
            weather = 400 * math.sin(self.at_us / 1e11)
            self.passes(n % 2, round(34_800 + weather + dice.gauss(0, 430)) + off_mdegc * (n % 2))

    def said(self, kind: str = DOUBTED) -> list[dict[str, Any]]:
        return [dict(note.body) for _, note in self.notes if note.kind == kind]


def measured(where: LaneSpec, surface_mdegc: int | None, **changes: Any) -> Measurement:
    device, driver = where.drivers[0]
    item = Measurement(
        device,
        Method.INFRARED,
        surface_mdegc=surface_mdegc,
        ambient_mdegc=21_000,
        driver=driver,
        port=dict(where.ports)[device],
    )
    return replace(item, **changes)


def test_lanes_of_one_direction_are_compared_without_anybody_writing_a_line() -> None:
    assert named(lane("in"), lane("in2"), lane("out", direction="out")) == ["in/thermometer in2/thermometer"]


def test_three_of_a_kind_make_three_pairs_and_two_in_one_lane_are_a_pair() -> None:
    assert len(named(lane("a"), lane("b"), lane("c"))) == 3
    assert named(lane("a", "thermometer", "thermometer2")) == ["a/thermometer a/thermometer2"]


def test_another_place_on_the_body_an_array_and_a_script_are_nobodys_sister() -> None:
    one = lane("in")
    assert named(one, lane("b", places=(("thermometer", "wrist"),))) == []
    assert named(one, lane("b", arrays=frozenset({"thermometer"}))) == []
    assert named(one, replace(lane("b"), drivers=(("thermometer", "simulated"),))) == []


def test_a_site_names_a_sister_or_none() -> None:
    one, two, out = lane("in"), lane("in2"), lane("out", direction="out")
    none = replace(two, sisters=(("thermometer", "none"),))
    assert named(one, none) == []
    named_ = replace(out, sisters=(("thermometer", "in2/thermometer"),))
    assert named(one, two, named_) == ["in/thermometer in2/thermometer", "in2/thermometer out/thermometer"]
    only = replace(one, sisters=(("thermometer", "out/thermometer"),))
    assert named(only, two, out) == ["in/thermometer out/thermometer"]


def test_the_order_of_lanes_in_the_configuration_changes_nothing() -> None:
    assert pairs([lane("in"), lane("in2")]) == pairs([lane("in2"), lane("in")])


def test_two_sound_ones_are_never_reported() -> None:
    gate = Gate()
    gate.crowd(4_000)
    assert gate.said() == []
    assert len(gate.known[0].known.apart) > 50


def test_one_that_moves_by_half_a_degree_is_reported_once_with_the_other() -> None:
    gate = Gate()
    gate.crowd(1_500)
    gate.crowd(1_500, 500, seed=2)
    first, *more = gate.said()
    assert len(more) <= 1, "nothing, or that they are apart as well"
    assert (first["device"], first["port"]) == ("thermometer", "/dev/in/thermometer")
    assert first["sister"] == {
        **{"lane": "in2", "device": "thermometer"},
        **{"driver": "gy614", "port": "/dev/in2/thermometer"},
    }
    [sign] = first["signs"]
    assert sign["sign"] == "drifting"
    assert -600 < sign["figures"]["moved_mdegc"] < -250
    assert {where for where, _ in gate.notes} == {"in"}


def test_each_of_the_two_lanes_shows_it_from_its_own_side() -> None:
    gate = Gate()
    gate.crowd(1_500)
    gate.crowd(1_500, 800, seed=2)
    [here], [there] = doubts(gate.known, "in"), doubts(gate.known, "in2")
    assert (here["sister"]["lane"], there["sister"]["lane"]) == ("in2", "in")
    moved = [next(s["figures"] for s in one["signs"] if s["sign"] == "drifting") for one in (here, there)]
    assert moved[0]["moved_mdegc"] == -moved[1]["moved_mdegc"] < -500
    assert moved[0]["error_mdegc"] == moved[1]["error_mdegc"] > 0
    told = here["signs"][0]["told"]
    assert "lens" in told["en"]
    assert "镜头" in told["zh_Hans"]
    assert doubts(gate.known, "out") == []


@pytest.mark.parametrize("kind", ["calibration.recorded", "calibration.withdrawn"])
@pytest.mark.parametrize("number", [0, 1])
def test_a_calibration_of_either_begins_the_comparison_anew_and_that_is_said(kind: str, number: int) -> None:
    gate = Gate()
    gate.crowd(1_500)
    gate.crowd(1_500, 800, seed=2)
    assert gate.said()[-1]["signs"]
    gate.calibrated(number, kind)
    assert gate.said()[-1]["signs"] == []
    assert gate.known[0].known.apart == ()
    gate.crowd(1_500, 400, seed=3)
    assert gate.said()[-1]["signs"] == [], "what they differ by now is where they begin"


def test_calibrated_values_are_compared_where_both_are() -> None:
    gate = Gate()
    dice = random.Random(1)
    for n in range(1_200):
        # One shows .8 more; its calibration adds .8 less.
        surface = round(34_800 + dice.gauss(0, 430))
        offset = (2_000, 1_200)[n % 2]
        shown_ = surface + (0, 800)[n % 2]
        gate.passes(n % 2, shown_, body_mdegc=shown_ + offset, conversion=f"site/1:{offset:+d}@1")
    assert gate.known[0].kinds == ("site", "site")
    assert len(gate.known[0].known.apart) >= 20
    assert gate.said() == []


def test_a_calibration_that_ends_makes_no_two_values_of_different_kinds_comparable() -> None:
    gate = Gate()
    for n in range(60):
        gate.passes(n % 2, 34_800, body_mdegc=36_800, conversion="site/1:+2000@1")
    assert gate.known[0].known.apart
    gate.passes(0, 34_800, body_mdegc=36_800, conversion="offset/1:2000")
    assert gate.known[0].known.apart == ()


@pytest.mark.parametrize(("other", "compared"), [("gy614", True), ("lu90614", False)])
def test_a_vendors_own_body_value_is_compared_with_the_same_vendors_only(other: str, compared: bool) -> None:
    gate = Gate((lane("in"), replace(lane("in2"), drivers=(("thermometer", other),))))
    for n in range(40):
        gate.passes(n % 2, None, vendor_body_mdegc=36_500)
    assert bool(gate.known[0].known.apart) is compared


def test_what_was_measured_of_chosen_people_or_by_something_else_teaches_nothing() -> None:
    start = Gate().known
    for changes in (
        {"after_rest": True},
        {"quality": Quality.UNSTEADY},
        {"method": Method.CONTACT},
        {"grid": Grid(2, 2, 0, 10)},
        {"port": "/dev/elsewhere"},
        {"site": "wrist"},
    ):
        gate = Gate()
        gate.passes(0, 34_800, **changes)
        assert gate.known == start, changes


def test_in_one_lane_only_what_was_measured_at_once_is_compared() -> None:
    both = lane("in", "thermometer", "thermometer2")
    for late_us, found in ((AT_ONCE_US, [-100]), (AT_ONCE_US + 1, [])):
        gate = Gate((both,))
        for _ in range(6):  # the very first is not used: what the other one gives is not known yet
            first = measured(both, 34_800)
            second = replace(first, device="thermometer2", port="/dev/in/thermometer2", surface_mdegc=34_900)
            gate.measured(0, (first, 0), (replace(first, surface_mdegc=39_000), 1), (second, late_us))
        known = gate.known[0].known
        assert [difference for _, difference in known.apart] == found


def test_now_and_then_a_row_says_from_where_a_start_goes_on() -> None:
    gate = Gate()
    gate.crowd(10 * EVERY_BLOCKS * 2 + 4)
    written = gate.said(COMPARED)
    assert len(written) == 2
    gate.crowd(3)
    again = restored(pairs(gate.specs)[0], json.loads(json.dumps(kept(gate.known[0]))))
    assert again == replace(gate.known[0], unsaved=0)


def walk(device: str | None, *, winter: bool) -> Iterator[tuple[int, int]]:
    """Yield (lane, value): by turns a sound thermometer and one that shows a curve of the reference."""
    people = (cold_mornings if winter else indoors)(2_400)
    for n, person in enumerate(people):
        value = round(1000 * shown(device, person.skin)) if n % 2 and device else None
        surface = both_modes(person).surface_mdegc
        assert surface is not None
        yield n % 2, surface if value is None else value


@pytest.mark.parametrize("device", ["a", "b", "c", "d", "e"])
def test_a_device_that_shows_body_where_skin_was_configured_is_apart_from_its_sister(device: str) -> None:
    gate = Gate()
    for number, value in walk(device, winter=False):
        gate.passes(number, value)
    assert gate.said()[0]["signs"][0]["sign"] == "apart"


@pytest.mark.parametrize("winter", [False, True])
def test_sound_ones_are_not_whatever_the_weather(winter: bool) -> None:
    gate = Gate()
    for number, value in walk(None, winter=winter):
        gate.passes(number, value)
    assert gate.said() == []


@pytest.mark.parametrize("cold", [{"conversion": "none:ambient"}, {}], ids=["no estimate", "a wider range"])
def test_one_person_in_cold_air_ends_no_comparison_of_calibrated_ones(cold: dict[str, Any]) -> None:
    gate = Gate()
    dice = random.Random(2)
    for n in range(600):
        surface = round(34_800 + dice.gauss(0, 430)) + 1_000 * (n % 2)
        gate.passes(n % 2, surface, body_mdegc=surface + 2_000, conversion="site/1:+2000@1")
    found, known = gate.said(), gate.known
    assert [sign["sign"] for sign in found[-1]["signs"]] == ["apart"]
    gate.passes(0, 34_800, **{"ambient_mdegc": 15_900, "body_mdegc": None, "conversion": "vendor/1"} | cold)
    assert gate.known == known
    assert gate.said() == found
    # A calibration's own range may be narrower than the one a thermometer is rated for.
    gate.passes(0, 34_800, ambient_mdegc=17_000, body_mdegc=None, conversion="none:ambient")
    assert gate.known == known
