"""What an attendant asks of a lane about a vehicle: begin, answer, next, everybody, aside, back, decide.

Pure. What follows for the vehicle from each of them, `edge.domain.vehicle_group` says afterwards.
"""

from collections.abc import Iterable
from dataclasses import replace

from edge.domain.errors import FormError
from edge.domain.events import (
    AllAboard,
    BeginVehicle,
    Command,
    Decide,
    Give,
    NextOccupant,
    Park,
    Resume,
)
from edge.domain.given import checked
from edge.domain.lane_state import MAX_EVIDENCE, Group, LaneSpec, LaneState, Result
from edge.domain.model import Answer, Evidence, Instant, Outcome, Passage
from edge.domain.passing import ASIDE, attended, opened, parked, with_known
from edge.domain.plan import Procedure
from edge.domain.vehicle import ABOARD, FULL_SEATS, IN_LANE, MAX_ABOARD, PLATE, SHEET, counted, plate_of, said
from edge.domain.vehicle_group import closed, put_aside, taken_back
from edge.domain.vehicle_seats import all_vehicles, has_seat, is_here, open_of, with_vehicle

AboutVehicle = BeginVehicle | NextOccupant | AllAboard | Give | Decide | Park | Resume


def concerns(state: LaneState, event: Command) -> bool:
    """Say whether a command that people have as well is about a vehicle."""
    return _meant(state, event) is not None


def carry_out(spec: LaneSpec, state: LaneState, event: AboutVehicle) -> Result:
    """Carry a command about a vehicle out. Raises FormError."""
    if isinstance(event, BeginVehicle):
        return _begin(spec, state, event)
    vehicle = _meant(state, event)
    if vehicle is None:
        raise FormError("passage_not_open", "that vehicle is no longer here", 409)
    if isinstance(event, NextOccupant | Park) and not is_here(state, vehicle):
        raise FormError("vehicle_parked", "take the vehicle back first", 409)
    match event:
        case Resume():
            result = _resume(spec, state, vehicle, event)
        case Decide():
            result = _decide(spec, state, vehicle, event)
        case Give():
            result = _give(spec, state, vehicle, event, event.answers)
        case AllAboard():
            result = _everybody(spec, state, vehicle, event)
        case NextOccupant():
            result = _next(state, vehicle, event.at)
        case Park():
            result = _park(spec, state, vehicle, event)
    return result


def _begin(spec: LaneSpec, state: LaneState, event: BeginVehicle) -> Result:
    plate = plate_of(event.plate)
    if state.group is not None:
        raise FormError(IN_LANE, "finish or put aside the vehicle that stands here first", 409)
    back = next((p for p in state.parked if p.vehicle and said(p.evidence, PLATE) == plate), None)
    if back is not None:
        return _resume(spec, state, back, event)
    first = state.active
    if first is not None and event.passage != first.id:
        raise FormError("lane_busy", "finish or park the open passage first", 409)
    if first is None and event.passage is not None:
        raise FormError("passage_not_open", "that passage is no longer open", 409)
    fresh = opened(spec, replace(state, active=None), event.at)
    assert fresh.active is not None
    direction = event.direction or spec.direction
    vehicle = replace(fresh.active, vehicle=True, direction=direction, recorded=True)
    if first is not None:
        first = replace(first, group=vehicle.id, direction=direction)
    state = replace(fresh, active=first, group=Group(vehicle))
    told = ((ABOARD, str(event.occupants)),) if event.occupants is not None else ()
    return _give(spec, state, vehicle, event, ((PLATE, plate), *told, *event.answers))


def _give(
    spec: LaneSpec, state: LaneState, vehicle: Passage, event: Command, answers: Iterable[tuple[str, str]]
) -> Result:
    answers = tuple(answers)
    if not answers:
        raise FormError("bad_value", "no answer was given")
    if len(vehicle.evidence) + len(answers) > MAX_EVIDENCE:
        raise FormError("too_much", "this passage holds no more answers; decide it", 409)
    pieces = tuple(_piece(spec.of(vehicle), event, name, value) for name, value in answers)
    evidence = (*vehicle.evidence, *pieces)
    if isinstance(event, BeginVehicle | Give):
        evidence = with_known(evidence, event.known, event.at, f"attendant:{event.by}")
    vehicle = replace(vehicle, evidence=evidence, touched=event.at)
    seats, there = said(pieces, ABOARD), counted(vehicle.occupants) + len(open_of(state, vehicle.id))
    if seats is not None and int(seats) < there:
        raise FormError("bad_occupants", f"{there} of this vehicle are recorded already")
    return Result(with_vehicle(state, vehicle), passage=vehicle.id)


def _everybody(spec: LaneSpec, state: LaneState, vehicle: Passage, event: AllAboard) -> Result:
    there = counted(vehicle.occupants) + len(open_of(state, vehicle.id))
    if there == 0:
        raise FormError("bad_occupants", "nobody of this vehicle is recorded yet")
    return _give(spec, state, vehicle, event, ((ABOARD, str(there)),))


def _next(state: LaneState, vehicle: Passage, at: Instant) -> Result:
    if state.active is not None:
        raise FormError("lane_busy", "finish or park the open passage first", 409)
    if not has_seat(state, vehicle):
        raise FormError(FULL_SEATS, "everybody told of is recorded; correct the number first", 409)
    group = Group(replace(vehicle, touched=at))
    return Result(replace(state, group=group, notice=None), passage=vehicle.id)


def _park(spec: LaneSpec, state: LaneState, vehicle: Passage, event: Park) -> Result:
    if event.why not in ASIDE:
        raise FormError("bad_value", "a vehicle is put aside for rest, platform, handed or other")
    result = Result(state)
    if state.active is not None:
        result = parked(spec, state, state.active, event.at, why="other", by=event.by)
    aside = put_aside(spec, result.state, event.at, why=event.why, by=event.by)
    return replace(result, state=aside, passage=vehicle.id)


def _resume(spec: LaneSpec, state: LaneState, vehicle: Passage, event: BeginVehicle | Resume) -> Result:
    if is_here(state, vehicle):
        return Result(state, passage=vehicle.id)
    if state.group is not None:
        raise FormError(IN_LANE, "finish or put aside the vehicle that stands here first", 409)
    if state.active is not None:
        raise FormError("lane_busy", "finish or park the open passage first", 409)
    evidence = with_known(vehicle.evidence, event.known, event.at, f"attendant:{event.by}")
    back = taken_back(spec, state, replace(vehicle, evidence=evidence), event.at)
    return Result(back, passage=vehicle.id)


def _decide(spec: LaneSpec, state: LaneState, vehicle: Passage, event: Decide) -> Result:
    if event.outcome is Outcome.ADMIT:
        if not is_here(state, vehicle):
            raise FormError("vehicle_parked", "take the vehicle back first", 409)
        if left := len(open_of(state, vehicle.id)):
            raise FormError("occupants_open", f"{left} of this vehicle have not been decided yet", 409)
    return closed(spec, state, vehicle, attended(spec, vehicle, event), event.at)


def _meant(state: LaneState, event: Command) -> Passage | None:
    ticket = event.ticket if isinstance(event, Resume) else None
    return next(
        (
            vehicle
            for vehicle in all_vehicles(state)
            if vehicle.id == event.passage or (ticket is not None and vehicle.ticket == ticket)
        ),
        None,
    )


def _piece(procedure: Procedure, event: Command, name: str, value: str) -> Evidence:
    built_in = next((one for one in SHEET if one.id == name), None)
    question = built_in if name in (PLATE, ABOARD) else procedure.question(name) or built_in
    if question is None:
        raise FormError("unknown_question", f"this procedure does not ask {name}")
    value = plate_of(value) if name == PLATE else checked(question, value)
    if name == ABOARD:
        value = _seats(value)
    answer = Answer(name, value, event.by, question.personal, event.command_id)
    return Evidence(event.at, f"attendant:{event.by}", answer)


def _seats(text: str) -> str:
    if len(text) > len(str(MAX_ABOARD)) or not 1 <= int(text) <= MAX_ABOARD:
        raise FormError("bad_occupants", f"a vehicle carries 1 to {MAX_ABOARD} people, the driver included")
    return str(int(text))
