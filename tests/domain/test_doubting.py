"""A lane says of a thermometer that its values cannot be right, once, and says nothing of a sound one."""

from dataclasses import replace

import pytest

from drivers.registry import surface_step_mdegc
from edge.domain import lane
from edge.domain.doubting import DOUBTED, doubted, watched
from edge.domain.events import LaneEvent, ReadingArrived
from edge.domain.instrument_signs import Seen
from edge.domain.lane_state import LaneSpec, LaneState, Note, Record, Result
from edge.domain.model import Decision, Evidence, Measurement, Method, Outcome, Passage, Quality, Reading
from edge.domain.view import lane_view
from tests.domain.people import AIR, POLICY, SECOND, Walk, at, spec
from tests.domain.transfer_curves import Device, body_mode, body_of, both_modes, both_of, indoors


def lane_of(driver: str) -> LaneSpec:
    """Return a lane with one thermometer, as the program builds it for this driver."""
    step_mdegc = surface_step_mdegc(driver) if driver else 0
    steps = (("t", step_mdegc),) if step_mdegc else ()
    return replace(spec(), drivers=(("t", driver),), ports=(("t", "/dev/gate/in"),), steps=steps)


GY614 = lane_of("gy614")


class Gate(Walk):
    """A lane that is fed with what a device shows of people, and whose notes are kept."""

    def __init__(self, driver: str = "gy614") -> None:
        super().__init__()
        self.spec = lane_of(driver)
        self.notes: list[Note] = []

    def event(self, event: LaneEvent) -> None:
        result = lane.step(self.spec, self.state, event)
        self.notes.extend(result.notes)
        self.state = result.state

    def passes(self, seen: Seen) -> None:
        """Somebody is measured and walks off; the passage ends by itself."""
        raw = seen.at_us.to_bytes(8, "big")
        frame = Reading(seen.surface_mdegc, seen.ambient_mdegc, seen.body_mdegc, Quality.OK, raw)
        for number in range(12):
            self.now += 0.1
            self.event(ReadingArrived("in", "t", frame if number < 6 else AIR, at(self.now)))
        self.wait(POLICY.rest_us / SECOND + 100)

    def doubts(self) -> list[Note]:
        return [note for note in self.notes if note.kind == DOUBTED]


def measured(seen: Seen, **changes: object) -> Measurement:
    item = Measurement(
        "t",
        Method.INFRARED,
        surface_mdegc=seen.surface_mdegc,
        ambient_mdegc=seen.ambient_mdegc,
        vendor_body_mdegc=seen.body_mdegc,
        driver="gy614",
        port="/dev/gate/in",
    )
    return replace(item, **changes)  # type: ignore[arg-type]


def ended(*items: Measurement) -> Record:
    """Return the end of a passage in which this was measured."""
    evidence = tuple(Evidence(at(n), "t", item) for n, item in enumerate(items))
    passage = Passage(1, "in", "in", "compound", "v", "p", at(0), at(60), evidence)
    return Record("passage.decided", replace(passage, decision=Decision(Outcome.ABANDONED)))


def fed(device: Device, count: int, driver: str = "gy614") -> tuple[LaneState, list[Note]]:
    """Return what a lane knows after so many people have passed this device, and what it said."""
    lane_spec = lane_of(driver)
    state, notes = LaneState(), list[Note]()
    for person in indoors(count):
        result = doubted(lane_spec, Result(state, (ended(measured(device(person), driver=driver)),)))
        state = result.state
        notes.extend(result.notes)
    return state, notes


def test_a_gate_with_a_device_that_pulls_to_normal_says_so_once() -> None:
    gate = Gate()
    for person in indoors(150):
        gate.passes(both_of("a")(person))
    (note,) = gate.doubts()
    assert (note.body["device"], note.body["driver"], note.body["port"], note.body["place"]) == (
        "t",
        "gy614",
        "/dev/gate/in",
        "forehead",
    )
    (sign,) = note.body["signs"]
    assert sign["sign"] == "insensitive"
    assert sign["figures"]["slope_milli"] < 650
    (doubt,) = lane_view(gate.spec, gate.state, at(gate.now))["doubts"]
    (shown,) = doubt["signs"]
    assert "may hide a fever" in shown["told"]["en"]
    assert "发热者可能被漏过" in shown["told"]["zh_Hans"]


def test_a_gate_with_a_sound_device_says_nothing() -> None:
    gate = Gate()
    for person in indoors(150):
        gate.passes(both_modes(person))
    assert gate.doubts() == []
    assert lane_view(gate.spec, gate.state, at(gate.now))["doubts"] == []
    assert gate.state.instruments[0].instrument.people == 150


def test_a_device_that_says_the_body_alone_is_found_by_peoples_spread() -> None:
    state, notes = fed(body_of("a"), 300)
    assert [[sign["sign"] for sign in note.body["signs"]] for note in notes] == [["insensitive"]]
    assert len(state.instruments) == 1
    assert fed(body_mode, 300)[1] == []


def test_a_device_that_is_right_again_is_doubted_no_more_and_that_is_said_as_well() -> None:
    stuck = Seen(0, 34_500, 36_500, 22_000)
    state, notes = fed(both_modes, 40)
    for _ in range(40):
        result = doubted(GY614, Result(state, (ended(measured(stuck)),)))
        state = result.state
        notes.extend(result.notes)
    (said,) = notes
    assert said.body["signs"][0]["sign"] == "frozen"
    result = doubted(GY614, Result(state, (ended(measured(replace(stuck, surface_mdegc=34_710))),)))
    (over,) = result.notes
    assert over.body["signs"] == []


def test_a_person_teaches_by_the_first_measurement_that_is_one() -> None:
    first, second = (Seen(0, value, 36_500, 22_000) for value in (34_100, 35_200))

    def values(*items: Measurement) -> list[int | None]:
        whose = {"t": "t"}.get
        evidence = ended(*items).passage.evidence
        found = watched(GY614, LaneState(), evidence, whose=lambda item: whose(item.device))
        return [seen.surface_mdegc for one in found.instruments for seen in one.instrument.last]

    assert values(measured(first), measured(second)) == [34_100]
    assert values(measured(first, quality=Quality.UNSTEADY), measured(second)) == [35_200]
    assert values(measured(first, method=Method.CONTACT), measured(second)) == [35_200]
    assert values(measured(first, quality=Quality.TOO_LOW), measured(second, after_rest=True)) == []
    assert values(measured(first, device="gone"), measured(second)) == []


@pytest.mark.parametrize("changes", [{"driver": "lu90614"}, {"port": "/dev/gate/out"}])
def test_what_another_device_or_another_socket_said_teaches_nothing(changes: dict[str, str]) -> None:
    item = measured(Seen(0, 34_100, None, 22_000), **changes)
    assert doubted(GY614, Result(LaneState(), (ended(item),))).state == LaneState()


def test_each_place_on_the_body_is_seen_for_itself() -> None:
    state = LaneState()
    for site in ("forehead", "wrist", "forehead"):
        item = measured(Seen(0, 34_100, None, 22_000), site=site)
        state = doubted(GY614, Result(state, (ended(item),))).state
    assert {one.place: one.instrument.people for one in state.instruments} == {"wrist": 1, "forehead": 2}


def test_a_script_is_no_instrument() -> None:
    assert fed(body_of("a"), 100, driver="simulated") == (LaneState(), [])


@pytest.mark.parametrize(("driver", "step_mdegc"), [("gy614", 10), ("afuiot_b1", 100), ("", 100)])
def test_a_device_that_shows_tenths_as_its_protocol_does_is_not_coarse(driver: str, step_mdegc: int) -> None:
    def tenths(person: object) -> Seen:
        seen = both_modes(person)  # type: ignore[arg-type]
        assert seen.surface_mdegc is not None
        return replace(seen, surface_mdegc=100 * round(seen.surface_mdegc / 100), body_mdegc=None)

    state, notes = fed(tenths, 100, driver)
    assert state.instruments[0].instrument.surface_step_mdegc == step_mdegc
    assert [note.body["signs"][0]["sign"] for note in notes] == (["coarse"] if step_mdegc == 10 else [])
