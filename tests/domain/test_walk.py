"""The way through "not measured" and the second measurement: what is advised, what is open, what counts."""

import json
from dataclasses import replace
from typing import Any

import pytest

from edge.domain import lane
from edge.domain.by_level import ELSEWHERE
from edge.domain.errors import FormError
from edge.domain.events import CardRead, CodeRead, ReadingArrived, Tick
from edge.domain.healthy import expected, start
from edge.domain.lane_state import Taught
from edge.domain.learning import known_of, learned
from edge.domain.measuring import AIMED_US, AWAY_US
from edge.domain.model import (
    Evidence,
    Measurement,
    Method,
    Outcome,
    Passage,
    Quality,
    ScreeningVerdict,
    Stage,
)
from edge.domain.policy import Policy
from edge.domain.record import recorded, restored
from edge.domain.screening import find
from edge.domain.skin import PLACES
from edge.domain.view import lane_view
from edge.domain.walk import HINTS, Advice, Cause, Open, Way, advise
from edge.web.walking import WHYS
from tests.domain.people import POLICY, SECOND, Walk, at, reading, resident

AGAIN, REST, CONTACT = Open(Way.AGAIN), Open(Way.REST), Open(Way.CONTACT)
WRIST, NECK = Open(Way.PLACE, "wrist"), Open(Way.PLACE, "neck")
COLD: dict[str, float] = {"surface_c": 29.0, "ambient_c": 2.0}


class Door(Walk):
    """A lane whose thermometer can be held before a wrist and a neck as well; nobody has calibrated it."""

    def __init__(self, policy: Policy = POLICY, also: tuple[str, ...] = ("wrist", "neck")) -> None:
        super().__init__("compound", policy=policy)
        self.spec = replace(self.spec, also=(("t", also),))

    @property
    def active(self) -> Passage:
        assert self.state.active is not None
        return self.state.active

    @property
    def advice(self) -> Advice:
        found = advise(self.spec, self.active)
        assert found is not None
        assert found.next in found.open
        assert found.why in WHYS
        return found

    @property
    def said(self) -> tuple[Cause, Open, str]:
        return self.advice.cause, self.advice.next, self.advice.why

    @property
    def verdict(self) -> ScreeningVerdict:
        return find(self.active.evidence, self.spec.policy).verdict

    def is_normal(self) -> bool:
        return self.verdict is ScreeningVerdict.NORMAL

    @property
    def newest(self) -> Measurement:
        item = self.active.evidence[-1].item
        assert isinstance(item, Measurement)
        return item

    def cold(self, times: int = 1) -> None:
        for _ in range(times):
            self.stand(None, **COLD)

    def warm(self, surface_c: float = 34.7, ambient_c: float = 2.0) -> None:
        self.stand(None, surface_c=surface_c, ambient_c=ambient_c)

    def rests(self, seconds: float = 61) -> None:
        self.park()
        self.wait(seconds)
        self.resume(1)

    def knows_wrists(self) -> None:
        """Some whose foreheads were too cold were measured at the wrist before, and a contact thermometer
        cleared them."""
        for surface in (34_900, 35_050, 34_800):
            known = known_of(self.state, "t", "wrist", is_resting=False)
            about = expected(known.healthy, 22_000, 0)
            item = Measurement(
                "t", Method.INFRARED, "wrist", surface, 22_000, conversion=ELSEWHERE, expected=about
            )
            self.state = learned(
                self.state,
                (Evidence(at(1), "t", item),),
                ScreeningVerdict.NORMAL,
                at(1),
                policy=POLICY,
                boot=1,
                whose=lambda it: it.device,
            )


def hold(
    door: Door, surface_c: float = 34.6, *, device: str = "t", frames: int = 15, jitter: float = 0.0
) -> None:
    """Something is held before a thermometer, steady or not, and taken away."""
    for number in range(frames):
        door.now += 0.1
        frame = reading(None, surface_c + jitter * (number % 2), 10.0)
        door.event(ReadingArrived("in", device, frame, at(door.now)))
    door.air()


def measured(door: Door) -> list[Measurement]:
    return [piece.item for piece in door.active.evidence if isinstance(piece.item, Measurement)]


def view(door: Door) -> Any:
    return lane_view(door.spec, door.state, at(door.now))["temperature"]


def test_whoever_needs_nothing_more_gets_no_advice() -> None:
    door = Door()
    assert view(door).get("advice") is None
    door.stand(36.6)
    assert advise(door.spec, door.active) is None
    assert view(door)["advice"] is None


def test_too_cold_is_tried_again_with_what_to_put_right_and_then_rests() -> None:
    door = Door()
    door.cold()
    assert door.verdict is ScreeningVerdict.TOO_LOW
    assert door.said == (Cause.TOO_COLD, AGAIN, "again")
    assert door.advice.hints == HINTS[Cause.TOO_COLD]
    assert door.advice.open == (AGAIN, REST, WRIST, NECK, CONTACT)
    door.cold()
    assert door.said == (Cause.TOO_COLD, REST, "rest")
    assert door.advice.hints == ()


def test_a_cold_person_rests_while_others_pass_and_is_admitted_on_the_value_after_it() -> None:
    door = Door()
    door.show(resident("钱多多"))
    door.give(mask="on")
    door.cold(2)
    door.park()
    assert door.state.active is None  # the lane is free at once
    for name in ("王小明", "李晓"):
        door.stand(36.6)
        door.show(resident(name))
        door.give(mask="on")
        assert door.outcome is Outcome.ADMIT
    door.wait(61)
    door.show(resident("钱多多"))
    assert door.said == (Cause.TOO_COLD, AGAIN, "again_rested")
    door.warm(34.7, 22.0)
    assert door.outcome is Outcome.ADMIT
    item = door.last.evidence[-1].item
    assert isinstance(item, Measurement)
    assert item.after_rest


def test_a_rest_cut_short_sends_back_to_it_and_what_is_measured_after_it_is_no_second() -> None:
    door = Door()
    door.cold(2)
    door.rests(20)
    assert door.said == (Cause.TOO_COLD, REST, "rest_short")


def test_still_cold_after_the_rest_another_place_is_advised_and_then_the_contact_thermometer() -> None:
    door = Door()
    door.cold(2)
    door.rests()
    door.cold()
    assert door.said == (Cause.TOO_COLD, AGAIN, "again")
    door.cold()
    assert door.said == (Cause.TOO_COLD, WRIST, "place")
    for place in ("wrist", "wrist"):
        door.measure(place)
        door.stand(None, surface_c=28.6, ambient_c=2.0)
        assert door.newest.site == place
    assert door.advice.next == NECK
    for _ in range(2):
        door.measure("neck")
        door.stand(None, surface_c=28.6, ambient_c=2.0)
    assert door.said == (Cause.TOO_COLD, CONTACT, "contact_last")
    assert door.advice.open == (AGAIN, REST, CONTACT)
    door.give(temperature_contact="36.5")
    assert door.verdict is ScreeningVerdict.NORMAL


def test_a_gate_that_allows_no_other_place_offers_none() -> None:
    door = Door(also=())
    door.cold(2)
    assert door.advice.open == (AGAIN, REST, CONTACT)
    with pytest.raises(FormError) as refused:
        door.measure("wrist")
    assert refused.value.code == "place_unknown"


def test_where_the_legal_line_alone_decides_another_place_says_nothing_and_is_not_offered() -> None:
    door = Door(replace(POLICY, decides="legal"))
    door.stand(33.8)
    assert door.said == (Cause.TOO_COLD, AGAIN, "again")
    assert door.advice.open == (AGAIN, REST, CONTACT)


def test_another_place_is_recorded_under_its_name_with_its_own_level_and_no_conversion() -> None:
    door = Door()
    door.cold()
    door.measure("wrist")
    assert view(door)["advice"]["aimed"] == "wrist"
    door.stand(36.0, surface_c=34.0)
    item = door.newest
    assert (item.site, item.body_mdegc, item.conversion) == ("wrist", None, ELSEWHERE)
    assert (item.surface_mdegc, item.vendor_body_mdegc) == (34_000, 36_000)
    assert item.expected is not None
    assert item.expected.place == "wrist"
    assert (view(door)["advice"]["aimed"], view(door)["advice"]["back"]) == ("wrist", "forehead")
    door.measure()
    assert (view(door)["advice"]["aimed"], view(door)["advice"]["back"]) == (None, None)
    door.stand(36.6)
    assert door.newest.site == "forehead"


def test_a_place_that_hardly_anybody_was_measured_at_clears_nobody() -> None:
    door = Door()
    door.cold()
    door.measure("wrist")
    door.warm(34.9, 22.0)
    assert door.verdict is ScreeningVerdict.AGAIN
    assert door.said == (Cause.UNKNOWN_PLACE, CONTACT, "contact_unknown_place")
    with pytest.raises(FormError):
        door.decide(Outcome.ADMIT)


def test_a_wrist_whose_level_is_known_is_a_measurement_where_the_forehead_was_none() -> None:
    door = Door()
    door.knows_wrists()
    door.cold()
    door.measure("wrist")
    door.warm(34.9, 22.0)
    assert door.verdict is ScreeningVerdict.NORMAL


def test_a_wrist_that_stands_out_needs_a_second_measurement_as_well() -> None:
    door = Door()
    door.knows_wrists()
    door.cold()
    door.measure("wrist")
    door.warm(37.0, 22.0)
    assert door.said[:2] == (Cause.FIRST_OVER, REST)


def test_another_place_neither_clears_nor_confirms_a_forehead_over_the_threshold_even_after_a_rest() -> None:
    door = Door()
    door.knows_wrists()
    door.stand(38.4)
    assert door.advice.open == (REST, CONTACT)
    for surface in (34.9, 38.0):
        door.measure("wrist")
        door.warm(surface, 22.0)
        assert door.verdict is ScreeningVerdict.AGAIN
    door.rests()
    assert WRIST not in door.advice.open
    for surface in (34.9, 38.0):
        door.measure("wrist")
        door.warm(surface, 22.0)
        assert door.newest.after_rest
        assert door.verdict is ScreeningVerdict.AGAIN
    door.give(temperature_contact="36.5")
    assert door.verdict is ScreeningVerdict.NORMAL


def test_the_forehead_that_is_still_there_is_not_measured_as_the_wrist() -> None:
    door = Door()
    door.knows_wrists()
    door.stand(None, surface_c=29.0)
    for _ in range(8):
        door.now += 0.1
        door.event(ReadingArrived("in", "t", reading(None, 34.4), at(door.now)))
    door.measure("wrist")
    before = len(door.active.evidence)
    for _ in range(20):
        door.now += 0.1
        door.event(ReadingArrived("in", "t", reading(None, 34.4), at(door.now)))
    assert len(door.active.evidence) == before
    door.air()
    door.warm(34.9, 22.0)
    assert door.newest.site == "wrist"


def test_measuring_again_here_needs_no_step_back() -> None:
    door = Door()
    for _ in range(15):
        door.now += 0.1
        door.event(ReadingArrived("in", "t", reading(None, **COLD), at(door.now)))
    assert door.verdict is ScreeningVerdict.TOO_LOW
    door.measure()
    for _ in range(15):
        door.now += 0.1
        door.event(ReadingArrived("in", "t", reading(None, 34.8, 22.0), at(door.now)))
    assert door.is_normal()


def test_what_was_said_of_the_next_reading_holds_no_longer_after_a_minute_and_with_the_person() -> None:
    door = Door()
    door.cold()
    door.measure("wrist")
    door.now += AIMED_US / SECOND + 1
    door.event(Tick("in", at(door.now)))
    assert view(door)["advice"]["aimed"] is None
    door.measure("wrist")
    door.decide(Outcome.TURN_BACK)
    door.stand(36.6)
    assert door.newest.site == "forehead"


def test_measuring_is_asked_of_the_passage_that_is_open() -> None:
    door = Door()
    with pytest.raises(FormError) as refused:
        door.measure()
    assert refused.value.code == "passage_not_open"


def test_a_code_shown_while_the_wrist_is_on_its_way_still_belongs_to_the_same_person() -> None:
    door = Door()
    door.cold()
    passage = door.active.id
    door.measure("wrist")
    for _ in range(3):  # the sleeve is before the sensor, and not measured yet
        door.now += 0.1
        door.event(ReadingArrived("in", "t", reading(None, 34.4), at(door.now)))
    door.event(CodeRead("in", "camera", resident(), at(door.now)))
    assert door.active.id == passage


def test_a_first_value_over_the_threshold_is_not_measured_again_here_but_rests_or_takes_the_contact() -> None:
    door = Door()
    door.stand(38.4)
    assert door.said == (Cause.FIRST_OVER, REST, "rest")
    assert AGAIN not in door.advice.open
    door.rests()
    assert door.said == (Cause.FIRST_OVER, AGAIN, "again_rested")
    assert door.advice.open == (AGAIN, REST, CONTACT)


def test_after_a_rest_up_to_three_readings_count_together_and_then_it_is_decided() -> None:
    door = Door(replace(POLICY, decides="level"))
    for surface in (34.6, 35.2, 34.9, 35.0, 34.8, 35.3) * 4:
        door.warm(surface, 22.0)
        door.wait(100)
        # Some of them were warm by nature, and rested.
        if surface > 35.1:
            door.warm(35.7, 22.0)
            door.rests()
            door.warm(35.4, 22.0)
            door.wait(100)
    for third, verdict in ((34.9, ScreeningVerdict.NORMAL), (35.9, ScreeningVerdict.OVER)):
        door.now += 300
        door.warm(36.4, 22.0)
        assert door.said == (Cause.FIRST_OVER, REST, "rest")
        door.rests()
        values = (35.6, 35.5, third) if verdict is ScreeningVerdict.NORMAL else (35.9, 35.0, third)
        whys = ("again_rested", "again_second", "again_third")
        for surface, why in zip(values, whys, strict=True):
            assert door.said == (Cause.FIRST_OVER, AGAIN, why)
            door.warm(surface, 22.0)
        assert door.verdict is verdict if door.state.active else door.outcome is Outcome.REFER
        if door.state.active:
            door.decide(Outcome.TURN_BACK)


def test_a_value_over_by_the_contact_thermometer_rests_before_it_is_taken_again() -> None:
    door = Door()
    door.begin()
    door.give(temperature_contact="38.2")
    assert door.said == (Cause.FIRST_OVER, REST, "rest_contact")
    assert CONTACT not in door.advice.open
    door.rests()
    assert CONTACT in door.advice.open


@pytest.mark.parametrize(
    ("quality", "cause"),
    [(Quality.UNSTEADY, Cause.UNSTEADY), (Quality.TOO_HIGH, Cause.TOO_HOT)],
)
def test_what_rest_does_not_help_goes_to_the_contact_thermometer(quality: Quality, cause: Cause) -> None:
    door = Door()
    for _ in range(2):
        for number in range(40 if quality is Quality.UNSTEADY else 15):
            door.now += 0.1
            frame = reading(None, 33.0 + 2.5 * (number % 2) if quality is Quality.UNSTEADY else 42.8)
            door.event(ReadingArrived("in", "t", frame, at(door.now)))
        door.air()
    assert door.advice.cause is cause
    assert door.advice.next == (CONTACT if cause is Cause.UNSTEADY else REST)


def test_where_no_conversion_holds_and_the_legal_line_decides_measuring_again_is_no_use() -> None:
    for ambient, offset, cause in ((-5.0, 2_500, Cause.AMBIENT), (22.0, None, Cause.UNCALIBRATED)):
        door = Door(replace(POLICY, decides="legal", surface_offset_mdegc=offset))
        door.warm(33.5, ambient)
        assert door.said == (cause, CONTACT, f"contact_{cause}")
        assert door.advice.open == (CONTACT,)


def test_first_and_second_value_are_recorded_and_shown_with_their_times_and_the_rest() -> None:
    door = Door()
    door.show(resident())
    door.give(mask="on")
    door.stand(38.4)
    shown = view(door)["twice"]
    assert (shown["first"]["body_mdegc"], shown["second"]) == (38_400, None)
    door.rests(125)
    door.stand(36.6)
    assert door.outcome is Outcome.ADMIT
    shown = view(door)["twice"]
    second = shown["second"]
    assert (second["body_mdegc"], second["method"], second["after_rest"]) == (36_600, "infrared", True)
    assert second["rested_s"] == 125
    assert second["at_us"] > shown["first"]["at_us"] + 125 * SECOND
    body, sealed = recorded(door.spec.procedure, door.spec.policy, door.last)
    first, second = (body["evidence"][body["temperature"][part]] for part in ("first", "second"))
    assert (first["body_mdegc"], second["body_mdegc"]) == (38_400, 36_600)
    assert restored(json.loads(json.dumps(body)), sealed, lane="in", clock="synced") == door.last


def test_without_a_value_over_the_threshold_no_row_speaks_of_a_second() -> None:
    door = Door()
    door.cold()
    door.give(temperature_contact="36.5")
    body, _ = recorded(door.spec.procedure, door.spec.policy, door.active)
    assert not {"first", "second"} & set(body["temperature"])
    assert view(door)["twice"] is None


def test_a_passage_that_ended_is_advised_nothing() -> None:
    door = Door()
    door.cold()
    door.decide(Outcome.TURN_BACK)
    assert door.last.stage is Stage.ENDED
    assert view(door)["advice"] is None


def test_the_lane_goes_on_after_a_restart_with_the_offer_that_was_made() -> None:
    door = Door()
    door.cold(2)
    assert door.active.offered == "rest"
    door.park()
    (parked,) = door.state.parked
    body, sealed = recorded(door.spec.procedure, door.spec.policy, parked)
    assert body["offered"] == "rest"
    assert restored(json.loads(json.dumps(body)), sealed, lane="in", clock="synced") == parked
    assert lane.leave(door.spec, door.state, at(door.now)).state == door.state


def test_wrists_that_all_stand_out_are_no_shift_that_nobody_could_confirm() -> None:
    door = Door()
    for surface in (34.8, *([37.5] * 20)):
        door.cold()
        door.measure("wrist")
        door.warm(surface, 22.0)
        door.decide(Outcome.TURN_BACK)
    (wrist,) = [one for one in door.state.healthy if one.healthy.place.name == "wrist"]
    assert wrist.told
    assert door.state.warning is None


@pytest.mark.parametrize("surface_c", [34.9, 37.5])
def test_what_is_found_over_after_a_rest_is_sent_to_another_rest_and_not_measured_for_ever(
    surface_c: float,
) -> None:
    door = Door()
    door.cold(2)
    door.rests()
    if surface_c > 36:
        for _ in range(3):  # as many readings after a rest as it takes are one measurement
            door.warm(surface_c, 22.0)
    else:
        door.give(temperature_contact="38.4")
    assert door.said[:2] == (Cause.FIRST_OVER, REST)
    assert AGAIN not in door.advice.open
    door.rests()
    assert door.said == (Cause.FIRST_OVER, AGAIN, "again_rested")
    door.give(temperature_contact="36.5")
    assert door.verdict is ScreeningVerdict.NORMAL


@pytest.mark.parametrize("surface_c", [34.9, 38.0])
def test_what_the_contact_thermometer_found_nothing_settles_before_a_rest(surface_c: float) -> None:
    door = Door()
    door.show(resident("钱多多"))
    door.give(mask="on")
    door.cold(2)
    door.give(temperature_contact="38.4")
    door.warm(surface_c, 22.0)
    assert door.verdict is ScreeningVerdict.AGAIN
    assert door.said == (Cause.FIRST_OVER, REST, "rest_contact")
    door.rests()
    for _ in range(3):  # as many readings after a rest as it takes are one measurement
        if door.outcome is None:
            door.warm(surface_c, 22.0)
    assert door.outcome is (Outcome.ADMIT if surface_c < 36 else Outcome.REFER)


def test_before_that_was_a_rule_a_forehead_settled_what_the_contact_thermometer_found() -> None:
    door = Door(replace(POLICY, contact_rests=False))
    door.begin()
    door.give(temperature_contact="38.4")
    door.warm(34.9, 22.0)
    assert door.verdict is ScreeningVerdict.NORMAL


def test_a_wrist_held_up_again_is_a_wrist_whatever_the_first_was_worth() -> None:
    for jitter in (0.0, 1.2):
        door = Door()
        door.show(resident())
        door.give(mask="on")
        door.cold()
        door.measure("wrist")
        hold(door, frames=40 if jitter else 15, jitter=jitter)
        hold(door)
        assert [piece.site for piece in measured(door)] == ["forehead", "wrist", "wrist"]
        assert door.verdict is ScreeningVerdict.AGAIN


def test_every_reading_of_the_wrist_lets_what_was_said_hold_on() -> None:
    door = Door()
    door.cold()
    door.measure("wrist")
    for _ in range(3):
        door.wait(50)
        hold(door)
    assert [piece.site for piece in measured(door)] == ["forehead", "wrist", "wrist", "wrist"]


@pytest.mark.parametrize("ticks", [True, False])
def test_a_wrist_after_a_minute_is_not_taken_until_somebody_says_what_it_is(ticks: bool) -> None:
    door = Door()
    door.show(resident())
    door.give(mask="on")
    door.cold()
    door.measure("wrist")
    if ticks:
        door.wait(61)
        assert view(door)["advice"]["back"] == "forehead"
        assert door.state.notice is not None
        assert door.state.notice[0] == "aim_over"
    else:
        door.now += 61
    hold(door)
    assert [piece.site for piece in measured(door)] == ["forehead"]
    assert door.state.notice is not None
    assert door.state.notice[0] == "aim_over"
    door.wait(80)  # somebody stood there meanwhile
    hold(door)
    assert [piece.site for piece in measured(door)] == ["forehead"]
    door.measure("wrist")
    assert lane_view(door.spec, door.state, at(door.now))["notices"] == []
    hold(door)
    assert [piece.site for piece in measured(door)] == ["forehead", "wrist"]


def test_the_wrist_that_is_still_there_is_not_measured_as_the_forehead() -> None:
    door = Door()
    door.cold()
    door.measure("wrist")
    for said in (False, True):
        for _ in range(15):
            door.now += 0.1
            door.event(ReadingArrived("in", "t", reading(None, 34.6), at(door.now)))
        if not said:
            door.measure()
            assert door.state.notice is not None
            assert door.state.notice[0] == "step_back"
    assert [piece.site for piece in measured(door)] == ["forehead", "wrist"]
    door.air()
    hold(door)
    assert measured(door)[-1].site == "forehead"


def test_who_is_told_to_hold_the_wrist_up_is_not_given_up_as_if_nothing_had_been_said() -> None:
    door = Door()
    door.cold()
    passage = door.active.id
    door.wait(85)
    door.measure("wrist")
    door.wait(6)
    hold(door)
    assert door.active.id == passage
    assert door.newest.site == "wrist"


def test_another_thermometer_of_the_lane_leaves_what_was_said_of_this_one() -> None:
    door = Door()
    door.spec = replace(door.spec, drivers=(("t", "gy614"), ("u", "gy614")))
    door.cold()
    door.measure("wrist")
    hold(door, device="u")
    hold(door)
    assert [(piece.device, piece.site) for piece in measured(door)] == [
        ("t", "forehead"),
        ("u", "forehead"),
        ("t", "wrist"),
    ]


def test_the_wrist_of_whoever_walked_off_is_not_asked_of_the_next_person() -> None:
    door = Door()
    door.knows_wrists()
    door.cold()
    gone = door.active.id
    door.measure("wrist")
    door.wait(AWAY_US / SECOND + 10)
    door.show(resident("李晓"))
    assert door.active.id != gone
    assert door.state.aimed is None
    assert door.state.notice is not None
    assert door.state.notice[0] == "step_back"
    hold(door)
    assert [piece.site for piece in measured(door)] == ["forehead"]


def test_a_code_or_card_that_first_says_who_stands_there_asks_for_the_place_once_more() -> None:
    for card in (False, True):
        door = Door()
        door.knows_wrists()
        door.cold()
        passage = door.active.id
        door.measure("wrist")
        door.now += 5
        if card:
            fields = (("name", "李晓"),)
            door.event(CardRead("in", "reader", fields, at(door.now)))
        else:
            door.show(resident("李晓"))
        assert door.active.id == passage
        assert door.state.notice is not None
        assert door.state.notice[0] == "aim_over"
        hold(door)
        assert [piece.site for piece in measured(door)] == ["forehead"]
        door.measure()
        hold(door)
        assert [piece.site for piece in measured(door)] == ["forehead", "forehead"]


def test_who_comes_back_from_the_bench_is_not_measured_at_the_place_that_was_said_of_another() -> None:
    door = Door()
    door.show(resident("钱多多"))
    door.cold(2)
    door.park()
    door.wait(61)
    door.cold()
    door.measure("wrist")
    door.now += 3
    door.show(resident("钱多多"))
    before = len(measured(door))
    hold(door)
    assert len(measured(door)) == before
    assert door.state.notice is not None
    assert door.state.notice[0] == "aim_over"


def test_what_was_said_of_the_place_ends_with_the_rest() -> None:
    door = Door()
    door.cold()
    door.measure("wrist")
    door.rests()
    hold(door)
    assert door.newest.site == "forehead"


def test_who_measures_again_is_asked_to_keep_others_from_the_sensor() -> None:
    assert all(hints[0] == "alone" for hints in HINTS.values())


def test_a_shift_is_said_of_the_place_a_thermometer_is_meant_for_and_of_no_other() -> None:
    """Nobody could confirm one of the wrists that are held before it."""
    door = Door()
    away, own = (
        Taught("t", False, replace(start(PLACES[place]), recent=2.0), told=True, before=start(PLACES[place]))
        for place in ("wrist", "forehead")
    )
    door.state = replace(door.state, healthy=(away, own))
    told = {level["place"]: level for level in lane_view(door.spec, door.state, at(door.now))["levels"]}
    names = ("elsewhere", "shifted", "confirmed")
    assert [told["wrist"][name] for name in names] == [True, False, False]
    assert [told["forehead"][name] for name in names] == [False, True, True]
