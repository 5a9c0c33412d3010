"""Which vehicle stands in a lane, which seats are done, and whether its next occupant is awaited. Pure."""

from dataclasses import replace

from edge.domain.lane_state import LaneState
from edge.domain.model import Passage
from edge.domain.vehicle import MAX_ABOARD, counted, told


def open_of(state: LaneState, vehicle: int) -> tuple[Passage, ...]:
    """Return the passages of a vehicle's occupants that have not ended."""
    here = (state.active,) if state.active is not None else ()
    return tuple(passage for passage in (*here, *state.parked) if passage.group == vehicle)


def has_seat(state: LaneState, vehicle: Passage) -> bool:
    """Say whether one more occupant may be opened."""
    taken = counted(vehicle.occupants) + len(open_of(state, vehicle.id))
    seats = told(vehicle)
    return taken < (MAX_ABOARD if seats is None else seats)


def is_awaited(state: LaneState) -> bool:
    """Say whether what an instrument says may open a passage: no vehicle stands there, or its next occupant
    is awaited."""
    group = state.group
    return group is None or (group.awaited and has_seat(state, group.vehicle))


def all_vehicles(state: LaneState) -> tuple[Passage, ...]:
    """Return the vehicles of a lane that have not ended, the one that stands there first."""
    here = (state.group.vehicle,) if state.group is not None else ()
    return (*here, *(passage for passage in state.parked if passage.vehicle))


def with_vehicle(state: LaneState, vehicle: Passage) -> LaneState:
    """Return the state with a newer passage of a vehicle it holds."""
    if state.group is not None and state.group.vehicle.id == vehicle.id:
        return replace(state, group=replace(state.group, vehicle=vehicle))
    return replace(state, parked=tuple(vehicle if p.id == vehicle.id else p for p in state.parked))


def is_here(state: LaneState, vehicle: Passage) -> bool:
    """Say whether a vehicle stands in the lane, and not aside."""
    return state.group is not None and state.group.vehicle.id == vehicle.id
