"""What a lane learns of healthy people from whoever passes, and what is expected of the next."""

from dataclasses import replace

import pytest

from edge.domain import lane
from edge.domain.doubting import DOUBTED
from edge.domain.errors import FormError
from edge.domain.events import ConfirmLevel, LaneEvent, ReadingArrived, WithdrawLevel
from edge.domain.healthy import SHIFT_PEOPLE, Expected, expected, passing, start
from edge.domain.lane_state import LaneState, Note
from edge.domain.learning import expecting, known_of, learned
from edge.domain.model import ClockQuality, Evidence, Instant, Measurement, Method, ScreeningVerdict
from edge.domain.skin import PLACES, rested
from edge.domain.view import lane_view
from tests.domain.people import POLICY, SECOND, Walk, at, reading, spec

FOREHEAD = PLACES["forehead"]
WEEK_US = 7 * 86_400 * SECOND


class Gate(Walk):
    """A lane whose notes are kept as well, and whose people only step up and go. That so many show the very
    same is doubted, and is not looked at here."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__("compound", **kwargs)
        self.notes: list[Note] = []

    def event(self, event: LaneEvent) -> None:
        result = lane.step(self.spec, self.state, event)
        self.notes.extend(note for note in result.notes if note.kind != DOUBTED)
        self.records.extend(result.records)
        self.state = result.state

    def passes(self, body_c: float = 36.9, **kwargs: float) -> Measurement:
        """Somebody is measured and goes; the passage ends by itself."""
        self.stand(body_c, 0.6, **kwargs)
        self.wait(POLICY.rest_us / SECOND + 100)
        item = self.last.evidence[0].item
        assert isinstance(item, Measurement)
        return item

    def head(self) -> tuple[str, None, str, str, Instant]:
        self.now += 1
        return "in", None, f"c{self.now}", "boss", at(self.now)


def known(state: LaneState, *, is_resting: bool = False) -> Expected:
    found = known_of(state, "t", "forehead", is_resting=is_resting)
    return expected(found.healthy, 22_000, 0 if found.healthy.at_us is None else found.healthy.at_us)


def measured(
    surface: int = 35_000, *, after_rest: bool = False, level: int = 35_065, method: Method = Method.INFRARED
) -> Measurement:
    about = Expected("forehead", level, 420, 600)
    return Measurement(
        "t", method, surface_mdegc=surface, ambient_mdegc=22_000, after_rest=after_rest, expected=about
    )


def taught(*items: Measurement, verdict: ScreeningVerdict = ScreeningVerdict.NORMAL) -> LaneState:
    evidence = tuple(Evidence(at(n), "t", item) for n, item in enumerate(items))
    return learned(
        LaneState(), evidence, verdict, at(60), policy=POLICY, boot=1, whose=lambda item: item.device
    )


def test_the_first_person_after_a_start_is_judged_by_what_is_known_of_the_place() -> None:
    gate = Gate()
    about = gate.passes().expected
    assert about == expected(start(FOREHEAD), 22_000, at(11).at_us)
    assert about is not None
    assert about.people == 0


def test_every_passage_teaches_once_and_the_next_is_expected_by_it() -> None:
    gate = Gate()
    for count in range(5):
        about = gate.passes().expected
        assert about is not None
        assert about.people == count
    assert len(gate.state.healthy) == 1


def test_a_passage_teaches_by_its_first_usable_infrared_reading_and_by_no_other() -> None:
    low, first, second = measured(31_000), measured(35_400), measured(34_200)
    assert taught(low, first, second) == taught(first)
    unsteady_contact = replace(measured(39_000), method=Method.CONTACT)
    assert taught(unsteady_contact, first) == taught(first)
    assert taught(low).healthy == ()


def test_whoever_a_second_measurement_found_over_the_threshold_teaches_nothing() -> None:
    assert taught(measured(36_500), verdict=ScreeningVerdict.OVER).healthy == ()
    assert taught(measured(36_500), verdict=ScreeningVerdict.AGAIN).healthy != ()


def test_rested_people_have_a_level_of_their_own() -> None:
    state = taught(measured(35_300, after_rest=True))
    (one,) = state.healthy
    assert one.rested
    assert known(state, is_resting=False) == expected(start(FOREHEAD), 22_000, 0)
    assert known(LaneState(), is_resting=True) == expected(start(rested(FOREHEAD)), 22_000, 0)


def test_whoever_was_over_at_first_teaches_the_rested_what_does_not_go_with_the_first() -> None:
    """A warm person by nature is as warm after the rest: that is no news of the level."""
    first = measured(35_800)
    states = [taught(first, measured(surface, after_rest=True)) for surface in (35_000, 35_600, 35_800)]
    levels = [known(state, is_resting=True).level_mdegc for state in states]
    assert levels == sorted(levels)
    assert levels[0] < known(LaneState(), is_resting=True).level_mdegc
    alone = known(taught(measured(35_600, after_rest=True)), is_resting=True)
    assert levels[1] < alone.level_mdegc
    assert [one.rested for one in states[0].healthy] == [False, True]


def test_who_could_not_be_measured_before_the_rest_or_was_over_after_it_teaches_the_rested_nothing() -> None:
    assert taught(measured(30_000), measured(35_300, after_rest=True)).healthy == ()
    over = taught(measured(36_500), measured(36_500, after_rest=True), verdict=ScreeningVerdict.OVER)
    assert over.healthy == ()


def test_what_comes_and_goes_at_the_gate_is_expected_of_the_rested_as_well() -> None:
    gate = Gate()
    for _ in range(25):
        gate.passes(37.4)
    (here,) = gate.state.healthy
    sun = passing(here.healthy, here.healthy.at_us or 0)
    assert sun > 10
    evidence = (
        Evidence(at(gate.now), "t", replace(measured(36_000), expected=None)),
        Evidence(at(gate.now), "t", replace(measured(35_500, after_rest=True), expected=None)),
    )
    item = expecting(gate.spec, gate.state, evidence)[-1].item
    assert isinstance(item, Measurement)
    assert item.expected is not None
    assert item.expected.level_mdegc == pytest.approx(
        expected(start(rested(FOREHEAD)), 22_000, 0).level_mdegc + sun, abs=3
    )


def test_of_a_rested_person_the_air_they_came_from_counts_and_not_that_of_the_room() -> None:
    evidence = (
        Evidence(at(1), "t", replace(measured(33_000), ambient_mdegc=2_000, expected=None)),
        Evidence(at(400), "t", replace(measured(35_000, after_rest=True), expected=None)),
    )
    item = expecting(spec(), LaneState(), evidence)[-1].item
    assert isinstance(item, Measurement)
    assert item.expected == expected(start(rested(FOREHEAD)), 2_000, 0)


def test_a_rested_person_is_judged_by_the_level_of_the_rested() -> None:
    gate = Gate()
    gate.stand(39.0)
    gate.park()
    gate.wait(61)
    gate.resume(1)
    gate.stand(36.9)
    assert gate.state.active is not None
    first, second = (piece.item for piece in gate.state.active.evidence)
    assert isinstance(first, Measurement)
    assert isinstance(second, Measurement)
    assert (first.after_rest, second.after_rest) == (False, True)
    assert first.expected == expected(start(FOREHEAD), 22_000, at(11).at_us)
    assert second.expected == expected(start(rested(FOREHEAD)), 22_000, at(11).at_us)


def test_after_a_week_off_what_comes_and_goes_is_forgotten_and_the_level_is_not() -> None:
    gate = Gate()
    for _ in range(30):
        gate.passes(37.3)
    before = known(gate.state)
    gate.now += WEEK_US / SECOND
    about = gate.passes().expected
    assert about is not None
    assert about.people == 30
    assert about.doubt_mdegc > before.doubt_mdegc
    assert FOREHEAD.level + 195 < about.level_mdegc < before.level_mdegc


def jumped(gate: Gate, days: float, clock: ClockQuality) -> Expected:
    """Return what is expected of a person a minute later, when the wall clock says something else."""
    gate.now += 60
    for number in range(16):
        gate.now += 0.1
        moment = at(gate.now, clock)
        moment = replace(moment, at_us=moment.at_us + int(days * 86_400 * SECOND))
        frame = reading(36.9) if number < 10 else reading(None, surface_c=22.0)
        gate.event(ReadingArrived("in", "t", frame, moment))
    assert gate.state.active is not None
    item = gate.state.active.evidence[0].item
    assert isinstance(item, Measurement)
    assert item.expected is not None
    return item.expected


@pytest.mark.parametrize("days", [-18_000, -0.5, 0.5, 400, 30_000])
@pytest.mark.parametrize("clock", list(ClockQuality))
def test_a_clock_that_jumps_while_the_gate_runs_changes_nothing_that_is_expected(
    days: float, clock: ClockQuality
) -> None:
    still, gate = Gate(), Gate()
    for _ in range(3):
        still.passes(37.2)
        gate.passes(37.2)
    assert jumped(gate, days, clock) == jumped(still, 0, ClockQuality.SYNCED)


def test_between_two_runs_only_clocks_that_are_believed_let_time_pass() -> None:
    gate = Gate()
    for _ in range(20):
        gate.passes(37.3)
    before = gate.state

    def after(hours: float, clock: ClockQuality) -> Expected:
        gate.state, gate.spec = before, replace(gate.spec, boot=2)
        moment = at(gate.now + hours * 3600, clock)
        moment = replace(moment, mono_us=5 * SECOND)  # another boot of the machine counts from nought
        item = replace(measured(), expected=None)
        evidence = (Evidence(moment, "t", item),)
        found = expecting(gate.spec, before, evidence)[0].item
        assert isinstance(found, Measurement)
        assert found.expected is not None
        return found.expected

    assert after(24, ClockQuality.UNSET) == after(0, ClockQuality.SYNCED)
    assert after(-100_000, ClockQuality.SYNCED) == after(0, ClockQuality.SYNCED)
    assert after(24, ClockQuality.SYNCED).doubt_mdegc > after(0, ClockQuality.SYNCED).doubt_mdegc


def test_a_reading_of_a_device_that_stands_there_no_more_teaches_nothing() -> None:
    gate = Gate()
    gate.stand(36.9)
    gate.spec = replace(gate.spec, drivers=(("t", "another"),))
    gate.wait(200)
    assert gate.records[-1].kind == "passage.decided"
    assert gate.state.healthy == ()


def shift(gate: Gate) -> None:
    for _ in range(SHIFT_PEOPLE + 5):
        gate.passes(36.9)
    assert gate.notes == []
    for _ in range(2 * SHIFT_PEOPLE):
        gate.passes(38.9)


def confirm(gate: Gate, **changes: object) -> None:
    values: dict[str, object] = {"device": "t", "reason": "lens cleaned"} | changes
    gate.event(ConfirmLevel(*gate.head(), **values))  # type: ignore[arg-type]


def test_a_level_that_shifts_is_said_once_and_a_person_confirms_it() -> None:
    gate = Gate()
    shift(gate)
    (note,) = gate.notes
    assert note.kind == "screening.shifted"
    assert (note.body["device"], note.body["place"], note.body["rested"]) == ("t", "forehead", False)
    assert note.body["off_mdegc"] > 400
    assert lane_view(gate.spec, gate.state, at(gate.now))["levels"][0]["shifted"]
    confirm(gate)
    settled = gate.notes[-1]
    assert (settled.kind, settled.body["by"], settled.body["reason"]) == (
        "screening.settled",
        "boss",
        "lens cleaned",
    )
    about = gate.passes(38.9).expected
    assert about is not None
    assert abs(about.level_mdegc - settled.body["level_mdegc"]) < 30
    assert settled.body["level_mdegc"] > settled.body["was_mdegc"] + 400
    assert not lane_view(gate.spec, gate.state, at(gate.now))["levels"][0]["shifted"]


def test_the_attendant_is_told_of_a_shift_and_not_of_it_any_more_once_it_is_confirmed() -> None:
    gate = Gate()
    for _ in range(SHIFT_PEOPLE + 5):
        gate.passes(36.9)
    while not gate.notes:
        gate.passes(38.9)
    assert lane_view(gate.spec, gate.state, at(gate.now))["notices"] == ["screening_shifted"]
    confirm(gate)
    assert lane_view(gate.spec, gate.state, at(gate.now))["notices"] == []


def test_a_confirmation_that_is_taken_back_was_never_made() -> None:
    gate = Gate()
    shift(gate)
    before = gate.state.healthy[0].healthy
    confirm(gate)
    gate.passes(38.9)
    gate.event(WithdrawLevel(*gate.head(), "t", "it was the sun"))
    assert gate.notes[-1].kind == "screening.withdrawn"
    assert gate.state.healthy[0].healthy == before
    with pytest.raises(FormError, match="confirmed"):
        gate.event(WithdrawLevel(*gate.head(), "t", "again"))


@pytest.mark.parametrize(
    ("changes", "code"),
    [({}, "not_shifted"), ({"device": "other"}, "not_shifted"), ({"reason": ""}, "reason_needed")],
)
def test_a_level_is_confirmed_only_where_it_has_shifted_and_with_a_reason(
    changes: dict[str, object], code: str
) -> None:
    gate = Gate()
    gate.passes()
    with pytest.raises(FormError) as told:
        confirm(gate, **changes)
    assert told.value.code == code


def test_what_an_array_or_a_contact_thermometer_says_has_nothing_expected_beside_it() -> None:
    walk = Walk()
    walk.stand(39.0)
    walk.give(temperature_contact="36.8")
    assert walk.state.active is not None
    items = [piece.item for piece in walk.state.active.evidence]
    assert [isinstance(item, Measurement) and item.expected is not None for item in items] == [True, False]


def test_a_place_of_the_configuration_is_measured_against_its_own_level() -> None:
    walk = Walk()
    walk.spec = replace(spec(), places=(("t", "wrist"),))
    walk.stand(36.9)
    assert walk.state.active is not None
    item = walk.state.active.evidence[0].item
    assert isinstance(item, Measurement)
    assert item.site == "wrist"
    assert item.expected == expected(start(PLACES["wrist"]), 22_000, at(11).at_us)
