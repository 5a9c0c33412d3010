"""A vehicle and whoever sits in it: one group, and nobody is let through for another."""

import pytest

from edge.domain import rules
from edge.domain.circumstances import circumstances
from edge.domain.errors import FormError
from edge.domain.model import Code, Outcome, Passage
from edge.domain.record import recorded, restored
from edge.domain.vehicle import FULL_SEATS, IN_LANE, NOBODY_AWAITED, RECORDED, plate_of, told
from tests.domain.cars import Road
from tests.domain.people import resident


def refused(code: str, call: object, *args: object, **kwargs: object) -> None:
    with pytest.raises(FormError) as error:
        call(*args, **kwargs)  # type: ignore[operator]
    assert error.value.code == code


def names(passage: Passage) -> list[str]:
    codes = [piece.item for piece in passage.evidence if isinstance(piece.item, Code)]
    return [code.personal["name"] for code in codes]


def test_the_barrier_opens_once_for_the_vehicle_when_everybody_is_done() -> None:
    road = Road("r4")
    car = road.arrives(seats=2)
    road.passes("王小明")
    assert road.opened_for() == []
    assert ("voice", "next") in {(do.device, do.what) for do in road.dos}
    road.passes("李晓")
    assert road.opened_for() == [car]
    assert road.state.group is None
    assert set(road.outcomes().values()) == {Outcome.ADMIT}
    assert [one.outcome for one in road.last.occupants] == [Outcome.ADMIT] * 2
    assert {r.passage.group for r in road.records if not r.passage.vehicle} == {car}


def test_a_number_not_told_waits_for_that_is_everybody() -> None:
    road = Road("r4")
    car = road.arrives(seats=None)
    road.passes("王小明")
    assert road.opened_for() == []
    road.everybody()
    assert road.opened_for() == [car]
    assert told(road.last) == 1


def test_nobody_is_recorded_so_the_vehicle_is_admitted_by_name_and_reason_only() -> None:
    road = Road("r4")
    road.arrives(seats=3)
    refused("bad_occupants", road.everybody)
    refused("reason_needed", road.settle, Outcome.ADMIT, " ")
    road.settle(Outcome.ADMIT, "resident_confirmed")
    decision = road.last.decision
    assert decision is not None
    assert (decision.override, decision.by is not None) == (True, True)
    assert decision.missing == ("aboard",)


def test_one_referred_holds_the_vehicle_until_the_attendant_says_who_goes_on() -> None:
    road = Road("r4")
    car = road.arrives(seats=2)
    road.stand(38.6)
    road.show(resident("李晓"))
    road.give(mask="on", temperature_contact="38.4")
    assert road.state.group is not None
    assert road.vehicle.decision is not None
    assert road.vehicle.decision.reasons == ("occupant_refer",)
    road.passes("王小明")
    assert road.opened_for() == []
    assert road.vehicle.decision.hold
    road.settle(Outcome.ADMIT, "without_them")
    assert road.opened_for() == [car]
    assert road.last.decision is not None
    assert not road.last.decision.override


def test_a_vehicle_turned_back_takes_everybody_with_it() -> None:
    road = Road("r4")
    car = road.arrives(seats=3)
    road.passes("王小明")
    road.passes("李晓", mask="refused")
    road.stand(36.5)
    road.settle(Outcome.TURN_BACK, "origin")
    assert road.opened_for() == []
    assert road.state.group is None
    assert road.state.active is None
    assert list(road.outcomes().values()) == [Outcome.TURN_BACK] * 4
    corrected = [r.passage for r in road.records if r.passage.corrects]
    assert [names(p) for p in corrected] == [["王小明"]]
    assert {one.outcome for one in road.last.occupants} == {Outcome.TURN_BACK}
    assert road.last.id == car


def test_a_reading_while_nobody_is_awaited_is_nobodys() -> None:
    road = Road("r4")
    road.arrives(seats=1)
    road.passes("王小明", mask="refused")
    road.stand(36.6)
    assert road.state.active is None
    assert road.state.notice is not None
    assert road.state.notice[0] == NOBODY_AWAITED
    refused(FULL_SEATS, road.next)
    refused(FULL_SEATS, road.begin)
    road.note(occupants="2")
    road.stand(36.6)
    assert road.state.active is not None


def test_after_a_pause_nobody_is_awaited_until_the_attendant_says_next() -> None:
    road = Road("r4")
    car = road.arrives(seats=2)
    road.wait(200)
    road.stand(36.6)
    assert road.state.active is None
    road.next()
    road.passes("王小明")
    road.passes("李晓")
    assert road.opened_for() == [car]


def test_the_same_phone_again_is_not_the_next_persons() -> None:
    road = Road("r4")
    road.arrives(seats=2)
    road.passes("王小明")
    road.wait(15)
    road.stand(36.7)
    road.show(resident("王小明"))
    assert road.state.active is not None
    assert len(road.state.active.evidence) == 1
    assert road.state.notice is not None
    assert road.state.notice[0] == RECORDED


def test_somebody_rests_and_the_others_go_on_without_losing_the_vehicle() -> None:
    road = Road("r4")
    car = road.arrives(seats=2)
    road.stand(37.9)
    road.show(resident("李晓"))
    road.give(mask="on")
    road.park("rest")
    road.passes("王小明")
    assert road.opened_for() == []
    refused("occupants_open", road.settle, Outcome.ADMIT, "known")
    road.wait(61)
    road.resume(1)
    assert road.state.active is not None
    assert road.state.active.group == car
    road.stand(36.8)
    assert road.opened_for() == [car]


def test_walkers_pass_while_the_vehicle_is_aside_and_it_comes_back_by_its_plate() -> None:
    road = Road("r4")
    car = road.arrives("京A·12345", seats=2)
    road.passes("王小明")
    road.aside()
    road.passes("赵一")
    assert road.opened_for() == [road.last.id]
    assert road.last.group is None
    assert road.arrives("京a12345") == car
    road.next()
    road.passes("李晓")
    assert road.opened_for()[1:] == [car]


def test_a_vehicle_that_is_back_gives_its_number_to_somebody_in_it() -> None:
    road = Road("r4")
    car = road.arrives(seats=2)
    road.aside()
    road.back(car)
    road.next()
    road.stand(37.9)
    road.show(resident("李晓"))
    road.park("rest")
    road.resume(1)
    assert road.state.active is not None
    assert road.state.active.group == car


def test_whoever_waits_on_foot_is_not_called_past_a_vehicle() -> None:
    road = Road("r4")
    road.stand(36.6)
    road.show(resident("赵一"))
    road.park("other")
    road.arrives()
    refused(IN_LANE, road.resume, 1)
    road.wait(15)
    road.show(resident("赵一"))
    assert road.state.active is None
    refused(IN_LANE, road.arrives, "京B99999")


def test_whoever_is_in_the_lane_already_may_sit_in_the_vehicle() -> None:
    road = Road("r4")
    road.stand(36.6)
    assert road.state.active is not None
    refused("lane_busy", road.arrives)
    car = road.arrives(seats=1, passage=road.state.active.id, direction="out")
    road.show(resident("李晓"))
    road.give(mask="on")
    assert road.opened_for() == [car]
    assert {r.passage.direction for r in road.records} == {"out"}


@pytest.mark.parametrize("killed", [False, True])
def test_a_start_finds_the_vehicle_and_everybody_who_was_seen_to(killed: bool) -> None:
    road = Road("r4")
    car = road.arrives(seats=3)
    road.note(disinfected="yes")
    road.passes("王小明")
    road.stand(36.7)
    road.show(resident("李晓"))
    road.give(mask="reminded")
    before = road.vehicle
    road.restart(killed=killed)
    assert road.state.group is None
    (again,) = [p for p in road.state.parked if p.vehicle]
    assert (again.id, again.evidence, again.occupants) == (car, before.evidence, before.occupants)
    assert [names(p) for p in road.state.crews] == [["王小明"]]
    road.back(car)
    road.settle(Outcome.TURN_BACK, "whole_vehicle")
    assert set(road.outcomes().values()) == {Outcome.TURN_BACK}


def test_a_vehicle_nobody_sees_to_ends_with_everybody_in_it() -> None:
    road = Road("r4")
    road.arrives(seats=2)
    road.passes("王小明")
    road.wait(13 * 3600)
    assert road.state.group is None
    assert set(road.outcomes().values()) == {Outcome.ABANDONED}
    assert road.opened_for() == []


@pytest.mark.parametrize(("seats", "code"), [(0, "bad_occupants"), (61, "bad_occupants")])
def test_numbers_no_vehicle_carries_are_refused(seats: int, code: str) -> None:
    refused(code, Road("r4").arrives, seats=seats)


def test_a_bus_of_sixty_passes() -> None:
    road = Road("r4")
    car = road.arrives(seats=60)
    for number in range(60):
        road.wait(11)
        road.passes(f"乘客{number}")
    assert road.opened_for() == [car]
    assert len(road.last.occupants) == 60


def test_plates_are_written_one_way() -> None:
    assert plate_of(" 京a·１23－45 ") == "京A12345"
    for text in ("", "A", "京A12345678901", "A!23"):
        refused("bad_plate", plate_of, text)


def test_a_vehicle_turned_back_with_somebody_admitted_is_decided_again_as_it_was() -> None:
    road = Road("r4")
    road.arrives(seats=2)
    road.passes("王小明")
    road.settle(Outcome.TURN_BACK, "not_allowed")
    done = road.last
    stored = done.decision
    assert done.vehicle
    assert stored is not None
    body, _sealed = recorded(road.spec.of(done), road.spec.policy, done)
    assert {one["outcome"] for one in body["occupants"]} == {"turn_back"}
    back = restored(body, _sealed, lane=done.lane, clock="synced")
    again = rules.attend(
        road.spec.of(back),
        road.spec.policy,
        back.evidence,
        Outcome.TURN_BACK,
        by=stored.by or "",
        chosen=stored.chosen or "",
        around=circumstances(back),
    )
    assert (again.reasons, again.missing) == (stored.reasons, stored.missing)
