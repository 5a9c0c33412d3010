"""What becomes of a vehicle while its occupants pass one after another: looked at after every step.

An admitted occupant opens no barrier: it opens once, for the vehicle, when that is admitted. Every change
of a vehicle is a row in the transaction of what changed it, so that a start finds the group as it was. Pure.
"""

from collections.abc import Sequence
from dataclasses import replace

from edge.domain import rules
from edge.domain.bench import elapsed, ended, free_ticket
from edge.domain.circumstances import OPEN_THEN, circumstances
from edge.domain.lane_state import Do, Group, LaneSpec, LaneState, Note, Record, Result
from edge.domain.measuring import all_over
from edge.domain.model import Decision, Instant, Occupant, Outcome, Passage, Rest, Stage
from edge.domain.vehicle import NOBODY_AWAITED
from edge.domain.vehicle_seats import all_vehicles, is_awaited, is_here, open_of, with_vehicle

_DECIDED = "passage.decided"


def followed(spec: LaneSpec, before: LaneState, result: Result, at: Instant) -> Result:
    """Return a step's result with what it means for the vehicles of the lane."""
    state = result.state
    if not all_vehicles(before) and not all_vehicles(state):
        return result
    for record in result.records:
        if record.kind == _DECIDED and record.passage.group is not None and not record.passage.corrects:
            state = _seen_to(state, record.passage)
    state = _moved_on(spec, before, _told_late(state, result.notes), at)
    rows: tuple[Record, ...] = ()
    final = Result(state)
    for vehicle in all_vehicles(state):
        ruled = _ruled(spec, vehicle)
        if ruled.outcome is Outcome.ADMIT and is_here(state, vehicle) and not open_of(state, vehicle.id):
            final = closed(spec, state, vehicle, ruled, at)
            state = final.state
            continue
        now = _undecided(state, vehicle, ruled)
        known = next((one for one in all_vehicles(before) if one.id == vehicle.id), None)
        if known is None or _told_of(known) != _told_of(now):
            now = replace(now, recorded=True)
            kind = "passage.held" if is_here(state, vehicle) else "passage.parked"
            rows = (*rows, Record(kind, now))
        if now != vehicle:
            state = with_vehicle(state, now)
    return replace(
        result,
        state=state,
        # The row of what ended comes last: its number is what a command and the effects are told.
        records=(*rows, *result.records, *final.records),
        dos=(*_of_occupants(state, result, over=bool(final.records)), *final.dos),
    )


def closed(spec: LaneSpec, state: LaneState, vehicle: Passage, decision: Decision, at: Instant) -> Result:
    """End a vehicle's passage, with those of everybody in it that are open: they go where it goes. Of a
    vehicle that is not admitted nobody has passed, whatever their own passage had ended in; a newer row
    says so for each of them."""
    outcome = decision.outcome
    assert outcome is not None
    with_it = [ended(p, _as(spec, p, decision), at) for p in open_of(state, vehicle.id)]
    more = tuple(Occupant(p.id, outcome, before=OPEN_THEN) for p in with_it)
    if outcome is not Outcome.ADMIT:
        with_it += [
            replace(ended(p, _as(spec, p, decision), at), corrects=True)
            for p in state.crews
            if p.group == vehicle.id and p.decision is not None and p.decision.outcome is Outcome.ADMIT
        ]
    gone = {vehicle.id, *(p.id for p in with_it)}
    known = tuple(
        replace(o, outcome=outcome, before=o.outcome.value) if o.passage in gone else o
        for o in vehicle.occupants
    )
    done = ended(replace(vehicle, occupants=(*known, *more)), decision, at)
    stood_here = is_here(state, vehicle)
    if state.active is not None and state.active.id in gone:
        state = replace(all_over(state), active=None, notice=None, aimed=None)
    state = replace(
        state,
        parked=tuple(p for p in state.parked if p.id not in gone),
        group=None if stood_here else state.group,
        crews=tuple(p for p in state.crews if p.group != vehicle.id),
        last=done,
    )
    dos = (Do("barrier", "pulse", vehicle.id),) if outcome is Outcome.ADMIT else ()
    if outcome is not Outcome.ABANDONED:
        dos = (*dos, Do("voice", outcome.value, vehicle.id))
    return Result(state, tuple(Record(_DECIDED, p) for p in (*with_it, done)), dos, vehicle.id)


def put_aside(spec: LaneSpec, state: LaneState, at: Instant, *, why: str, by: str | None = None) -> LaneState:
    """Move the vehicle of the lane aside, under a ticket: the lane is free for others."""
    if state.group is None:
        return state
    vehicle = state.group.vehicle
    waiting = replace(
        vehicle,
        stage=Stage.PARKED,
        ticket=free_ticket(state.parked),
        rests=(*vehicle.rests, Rest(at, spec.boot, why, by, pieces=len(vehicle.evidence))),
        touched=at,
    )
    return replace(state, group=None, parked=(*state.parked, waiting))


def taken_back(spec: LaneSpec, state: LaneState, vehicle: Passage, at: Instant) -> LaneState:
    """Let a vehicle that was put aside stand in the lane again. Its next occupant is awaited once somebody
    says so: whoever steps up first may be on foot."""
    last = vehicle.rests[-1]
    rests = (*vehicle.rests[:-1], replace(last, lasted_us=elapsed(spec, last, at)))
    # Its number may be given to one of its occupants meanwhile.
    vehicle = replace(vehicle, stage=Stage.OPEN, ticket=None, rests=rests, touched=at)
    parked = tuple(p for p in state.parked if p.id != vehicle.id)
    return replace(state, parked=parked, group=Group(vehicle, awaited=False))


def joined(spec: LaneSpec, state: LaneState, wanted: Passage, at: Instant) -> LaneState | None:
    """Return the state in which somebody from the bench may come back: with the vehicle they came in, where
    they did. None while another vehicle stands in the lane, or somebody else's evidence is open there."""
    here = state.group.vehicle.id if state.group is not None else None
    if here != wanted.group and (here is not None or state.active is not None):
        return None
    if wanted.group is None:
        return state
    if here is not None:
        # What was measured along a car is of whoever sits there, and never of one who comes back.
        return None if state.active is not None and state.active.evidence else state
    vehicle = next((p for p in state.parked if p.id == wanted.group), None)
    return state if vehicle is None else taken_back(spec, state, vehicle, at)


def idle(spec: LaneSpec, state: LaneState, at: Instant) -> Result | None:
    """Return what follows from nobody doing anything about the vehicles of a lane; None where nothing does.
    First nobody is awaited any more: what is measured then is of whoever comes by."""
    for vehicle in all_vehicles(state):
        idle_us = at.mono_us - vehicle.touched.mono_us
        if not is_here(state, vehicle):
            idle_us = elapsed(spec, vehicle.rests[-1], at)
        if idle_us > spec.park_max_us and not open_of(state, vehicle.id):
            left = rules.left(spec.of(vehicle), spec.policy, vehicle.evidence, circumstances(vehicle))
            return closed(spec, state, vehicle, left, at)
    group = state.group
    if group is None or state.active is not None or not group.awaited:
        return None
    if at.mono_us - group.vehicle.touched.mono_us <= spec.abandon_us:
        return None
    return Result(replace(state, group=replace(group, awaited=False)))


def unawaited(state: LaneState, at: Instant) -> Result:
    """Return what comes of evidence while nobody is awaited: it is nobody's, and the attendant is told."""
    known = state.notice is not None and state.notice[0] == NOBODY_AWAITED
    return Result(state if known else replace(state, notice=(NOBODY_AWAITED, at.mono_us)))


def _ruled(spec: LaneSpec, vehicle: Passage) -> Decision:
    return rules.decide(spec.of(vehicle), spec.policy, vehicle.evidence, circumstances(vehicle))


def _as(spec: LaneSpec, passage: Passage, decision: Decision) -> Decision:
    """Return the decision of somebody who goes where their vehicle goes."""
    around = circumstances(passage)
    if decision.by is None or decision.outcome is None:
        return rules.left(spec.of(passage), spec.policy, passage.evidence, around)
    return rules.attend(
        spec.of(passage),
        spec.policy,
        passage.evidence,
        decision.outcome,
        by=decision.by,
        chosen=decision.chosen or "",
        command_id=decision.command_id,
        around=around,
        manager=decision.manager,
    )


def _undecided(state: LaneState, vehicle: Passage, ruled: Decision) -> Passage:
    """Return a vehicle that goes on being looked at."""
    stage = vehicle.stage
    if is_here(state, vehicle):
        stage = Stage.HOLD if ruled.hold else Stage.OPEN
    return replace(vehicle, stage=stage, decision=replace(ruled, outcome=None))


def _told_of(vehicle: Passage) -> tuple[object, ...]:
    """Return what a vehicle's row has to tell anew when it changes."""
    return (vehicle.evidence, vehicle.occupants, vehicle.decision, vehicle.stage, vehicle.rests)


def _of_occupants(state: LaneState, result: Result, *, over: bool) -> tuple[Do, ...]:
    """Return what is to be done but for what only a vehicle's own end does: an admitted occupant is no
    reason to open, and the next one is called."""
    group = state.group.vehicle.id if state.group is not None else None
    aboard = {
        record.passage.id for record in result.records if record.kind == _DECIDED and record.passage.group
    }
    dos: list[Do] = []
    for do in result.dos:
        if do.passage not in aboard or (do.device, do.what) not in (("barrier", "pulse"), ("voice", "admit")):
            dos.append(do)
        elif do.device == "voice" and not over:
            calls = group is not None and is_awaited(state) and state.active is None
            dos.append(replace(do, what="next" if calls else "wait"))
    return tuple(dos)


def _seen_to(state: LaneState, passage: Passage) -> LaneState:
    vehicle = next((one for one in all_vehicles(state) if one.id == passage.group), None)
    if vehicle is None or passage.decision is None or passage.decision.outcome is None:
        return state
    one = Occupant(passage.id, passage.decision.outcome)
    state = with_vehicle(state, replace(vehicle, occupants=(*vehicle.occupants, one)))
    return replace(state, crews=(*state.crews, passage))


def _told_late(state: LaneState, notes: Sequence[Note]) -> LaneState:
    """Take in that a platform spoke against somebody whose vehicle has not gone yet."""
    against = {n.body["passage"] for n in notes if n.kind == "code.answered" and n.body["against"]}
    for vehicle in all_vehicles(state) if against else ():
        known = tuple(replace(o, against=o.against or o.passage in against) for o in vehicle.occupants)
        if known != vehicle.occupants:
            state = with_vehicle(state, replace(vehicle, occupants=known))
    return state


def _moved_on(spec: LaneSpec, before: LaneState, state: LaneState, at: Instant) -> LaneState:
    """Take in that something was done about the vehicle that stands there, and await its next occupant after
    the one before."""
    group = state.group
    if group is None or before.group is None or group.vehicle.id != before.group.vehicle.id:
        return state
    if state.active is before.active:
        return state
    awaited = group.awaited
    if before.active is not None and state.active is None:
        awaited = not spec.seats_by_tap
    return replace(state, group=replace(group, vehicle=replace(group.vehicle, touched=at), awaited=awaited))
