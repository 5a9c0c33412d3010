"""The state machine of one lane: step(spec, state, event) -> result.

A lane has one active passage and any number parked. Evidence binds to the active one; a decision
ends it. Nothing here writes or shows: the result lists the records that must be on disk before the
new state may be seen, and what to do (barrier, voice) once they are. A step whose records cannot be
written is thrown away whole, so that the next event meets the old state.
"""

from dataclasses import replace

from edge.domain import mask, rules, vehicle_steps
from edge.domain.answering import (
    MAX_ANSWERED,
    WARNING_US,
    has_room,
    takes,
    too_late,
    without_room,
)
from edge.domain.bench import added, elapsed, taken_back, unfinished
from edge.domain.cards import NOTICE_US, laid
from edge.domain.circumstances import circumstances
from edge.domain.confirming import confirm, withdraw
from edge.domain.doubting import doubted
from edge.domain.errors import FormError
from edge.domain.events import (
    AllAboard,
    Begin,
    BeginVehicle,
    Calibrate,
    CardRead,
    CodeAnswered,
    CodeRead,
    Command,
    ConfirmLevel,
    Decide,
    Give,
    LaneEvent,
    MaskSeen,
    Measure,
    NextOccupant,
    Park,
    ReadingArrived,
    Resume,
    Tick,
    Uncalibrate,
    WithdrawLevel,
)
from edge.domain.given import taken
from edge.domain.lane_state import ECHO_US, MAX_EVIDENCE, LaneSpec, LaneState, Record, Result
from edge.domain.learning import taught
from edge.domain.measuring import (
    AIM_OVER,
    aim_left,
    calibrate,
    measure,
    seen,
    uncalibrate,
    unsaid,
)
from edge.domain.model import Answer, Evidence, Instant, Passage, Reason
from edge.domain.passing import ASIDE, FULL, attended, bound, closed, opened, parked, settled, with_known
from edge.domain.queueing import counted
from edge.domain.statements import given_up
from edge.domain.telling import sentence
from edge.domain.vehicle import FULL_SEATS, IN_LANE
from edge.domain.vehicle_group import followed, idle, joined, put_aside, unawaited
from edge.domain.vehicle_seats import has_seat, is_awaited
from edge.domain.walk import advise
from edge.domain.whose import is_fresh, just_ended, left_behind, shown

__all__ = ["ECHO_US", "MAX_EVIDENCE", "leave", "step"]


def step(spec: LaneSpec, state: LaneState, event: LaneEvent) -> Result:
    """Apply one event. Raises FormError for a command that cannot be carried out."""
    match event:
        case ReadingArrived():
            result = _reading(spec, state, event)
        case CodeRead():
            result = shown(spec, state, event)
        case CodeAnswered():
            result = _answered(spec, state, event)
        case CardRead():
            result = _card(spec, state, event)
        case MaskSeen():
            result = _mask(spec, state, event)
        case Tick():
            result = _tick(spec, state, event.at)
        case BeginVehicle() | NextOccupant() | AllAboard():
            result = vehicle_steps.carry_out(spec, state, event)
        case Begin() | Give() | Decide() | Park() | Resume() | Measure():
            result = _commanded(spec, state, event)
        case _:
            result = _kept(spec, state, event)
    result = followed(spec, state, result, event.at)
    return doubted(spec, taught(spec, counted(spec, state, result)))


def _commanded(
    spec: LaneSpec, state: LaneState, event: Begin | Give | Decide | Park | Resume | Measure
) -> Result:
    match event:
        case Begin():
            result = _begin(spec, state, event)
        case Measure():
            result = measure(spec, state, event, _named(state, event))
        case _ if vehicle_steps.concerns(state, event):
            result = vehicle_steps.carry_out(spec, state, event)
        case Give():
            result = _give(spec, state, event)
        case Decide():
            result = _decide(spec, state, event)
        case Park():
            result = _park(spec, state, event)
        case Resume():
            result = _resume_command(spec, state, event)
    return result


def leave(spec: LaneSpec, state: LaneState, at: Instant) -> Result:
    """Close the lane for a restart: the active passage and the vehicle that stands there are parked, so that
    nobody is forgotten."""
    result = Result(state)
    if state.active is not None:
        result = parked(spec, state, state.active, at, why=Reason.RESTARTED)
    result = replace(result, state=put_aside(spec, result.state, at, why=Reason.RESTARTED))
    return followed(spec, state, result, at)


def _reading(spec: LaneSpec, state: LaneState, event: ReadingArrived) -> Result:
    state, measured = seen(spec, state, event)
    return Result(state) if measured is None else bound(spec, state, measured)


def _answered(spec: LaneSpec, state: LaneState, event: CodeAnswered) -> Result:
    """Join an answer to every passage that showed the code and waits for it: the open one, those who are
    parked, and beside those that have ended."""
    state, notes, dos = too_late(spec, state, event)
    piece = Evidence(event.at, event.device, event.code)
    records, known = list[Record](), dict(event.known)
    for waiting in state.parked:
        if not takes(waiting, event):
            continue
        if not has_room(waiting):
            notes = (*notes, without_room(spec, waiting, event))
            continue
        evidence = added(spec, waiting.rests, waiting.evidence, piece)
        evidence = with_known(evidence, known.get(waiting.id, ()), event.at, event.device)
        decision = rules.decide(spec.of(waiting), spec.policy, evidence, circumstances(waiting))
        # Nobody is decided behind their back: whoever waits is looked at again when called.
        held = replace(decision, outcome=None, hold=decision.hold or decision.outcome is not None)
        told = replace(waiting, evidence=evidence, decision=held)
        state = replace(state, parked=tuple(told if p.id == told.id else p for p in state.parked))
        records.append(Record("passage.parked", told))
    result = Result(state)
    if state.active is not None and takes(state.active, event):
        if not has_room(state.active):
            notes = (*notes, without_room(spec, state.active, event))
        result = bound(spec, state, piece, limit=MAX_ANSWERED, known=known.get(state.active.id, ()))
    return replace(
        result, records=(*records, *result.records), dos=(*dos, *result.dos), notes=(*notes, *result.notes)
    )


def _card(spec: LaneSpec, state: LaneState, event: CardRead) -> Result:
    state, left = left_behind(spec, state, event.at)
    result = _laid(spec, state, event)
    return replace(result, records=(*left, *result.records))


def _laid(spec: LaneSpec, state: LaneState, event: CardRead) -> Result:
    given = state.active.evidence if state.active is not None else ()
    gone = just_ended(state, event.at.mono_us)
    pieces, notice = laid(spec.of(state.active), given, gone.evidence if gone else (), event)
    if pieces and len(given) + len(pieces) > MAX_EVIDENCE:
        pieces, notice = (), FULL
    state = replace(state, notice=(notice, event.at.mono_us) if notice else None)
    if not pieces:
        return Result(state)
    if not any(isinstance(piece.item, Answer) and piece.item.personal for piece in given):
        state = unsaid(state, event.at)
    if state.active is None:
        if not is_awaited(state):
            return unawaited(state, event.at)
        state = opened(spec, state, event.at)
    assert state.active is not None
    # A number answers what the platform has not said of it yet, so its code goes first.
    numbered = any(isinstance(piece.item, Answer) and piece.item.question == "id_number" for piece in pieces)
    found = tuple(Evidence(event.at, event.device, code) for code in event.found) if numbered else ()
    evidence = with_known((*given, *found, *pieces), event.known, event.at, event.device)
    passage = replace(state.active, evidence=evidence, touched=event.at)
    return settled(spec, replace(state, active=passage), passage, event.at)


def _mask(spec: LaneSpec, state: LaneState, event: MaskSeen) -> Result:
    told = mask.said(spec, state, event)
    if told.piece is not None:
        return bound(spec, state, told.piece)
    return Result(replace(state, notice=(told.notice, event.at.mono_us)) if told.notice else state)


def _tick(spec: LaneSpec, state: LaneState, at: Instant) -> Result:
    active = state.active
    state = _noticed(spec, state, at)
    if active is not None and at.mono_us - active.touched.mono_us > spec.abandon_us:
        if rules.stays(spec.of(active), spec.policy, active.evidence, circumstances(active)):
            return parked(spec, state, active, at, why=Reason.UNFINISHED)
        return closed(spec, state, active, unfinished(spec, active), at)
    for passage in state.parked:
        if not passage.vehicle and passage.rests and elapsed(spec, passage.rests[-1], at) > spec.park_max_us:
            return closed(spec, state, passage, unfinished(spec, passage), at)
    if (done := idle(spec, state, at)) is not None:
        return done
    return Result(state) if active is None else _lost(spec, state, active, at)


def _lost(spec: LaneSpec, state: LaneState, active: Passage, at: Instant) -> Result:
    lost = given_up(active.evidence, at)[: max(0, MAX_ANSWERED - len(active.evidence))]
    if not lost:
        return Result(state)
    # Nobody did anything, so `touched` stays: it is no reason to wait longer for somebody who left.
    passage = replace(active, evidence=(*active.evidence, *lost))
    return settled(spec, replace(state, active=passage), passage, at)


def _begin(spec: LaneSpec, state: LaneState, event: Begin) -> Result:
    if state.active is not None:
        raise FormError("lane_busy", "finish or park the open passage first", 409)
    if state.group is not None and not has_seat(state, state.group.vehicle):
        raise FormError(FULL_SEATS, "everybody told of is recorded; correct the number first", 409)
    state = opened(spec, state, event.at)
    assert state.active is not None
    state, said = sentence(spec, state, state.active)
    return Result(state, dos=said, passage=state.active.id if state.active else None)


def _give(spec: LaneSpec, state: LaneState, event: Give) -> Result:
    passage = _named(state, event)
    if len(passage.evidence) + len(event.answers) > MAX_EVIDENCE:
        raise FormError("too_much", "this passage holds no more answers; decide it", 409)
    evidence = passage.evidence
    found = (Evidence(event.at, f"attendant:{event.by}", code) for code in event.found)
    # The number answers what the platform has not said of it yet, so its code goes first.
    for piece in (*found, *taken(spec.of(passage), event, passage.access)):
        evidence = added(spec, passage.rests, evidence, piece)
    evidence = with_known(evidence, event.known, event.at, f"attendant:{event.by}")
    passage = replace(passage, evidence=evidence, touched=event.at)
    return settled(spec, replace(state, active=passage), passage, event.at)


def _decide(spec: LaneSpec, state: LaneState, event: Decide) -> Result:
    passage = _named(state, event, also_parked=True)
    return closed(spec, state, passage, attended(spec, passage, event), event.at)


def _park(spec: LaneSpec, state: LaneState, event: Park) -> Result:
    if event.why not in ASIDE:
        raise FormError("bad_value", "a person is parked for rest, platform, handed or other")
    return parked(spec, state, _named(state, event), event.at, why=event.why, by=event.by)


def _resume_command(spec: LaneSpec, state: LaneState, event: Resume) -> Result:
    wanted = next(
        (
            p
            for p in state.parked
            if p.id == event.passage or (event.ticket is not None and p.ticket == event.ticket)
        ),
        None,
    )
    if wanted is None:
        raise FormError("not_parked", "nobody waits under this number", 404)
    if not is_fresh(state.active):
        raise FormError("lane_busy", "finish or park the open passage first", 409)
    state, left = left_behind(spec, state, event.at)
    ready = joined(spec, state, wanted, event.at)
    if ready is None:
        raise FormError(IN_LANE, "finish or put aside the vehicle that stands here first", 409)
    state, records = taken_back(spec, ready, wanted, event.at)
    assert state.active is not None
    evidence = with_known(state.active.evidence, event.known, event.at, f"attendant:{event.by}")
    state = replace(state, active=replace(state.active, evidence=evidence))
    assert state.active is not None
    result = settled(spec, state, state.active, event.at)
    return replace(result, records=(*left, *records, *result.records))


def _named(state: LaneState, event: Command, *, also_parked: bool = False) -> Passage:
    if state.active is not None and state.active.id == event.passage:
        return state.active
    if also_parked:
        for passage in state.parked:
            if passage.id == event.passage:
                return passage
    raise FormError("passage_not_open", "that passage is no longer open", 409)


def _kept(
    spec: LaneSpec, state: LaneState, event: Calibrate | Uncalibrate | ConfirmLevel | WithdrawLevel
) -> Result:
    match event:
        case Calibrate():
            return calibrate(spec, state, event)
        case Uncalibrate():
            return uncalibrate(state, event)
        case ConfirmLevel():
            return confirm(spec, state, event)
        case WithdrawLevel():
            return withdraw(spec, state, event)


def _noticed(spec: LaneSpec, state: LaneState, at: Instant) -> LaneState:
    """Return the state with what the attendant is still to be told: the newest word, then the warning."""
    warning, notice = state.warning, state.notice
    if warning is not None and at.mono_us - warning[1] > WARNING_US:
        warning = None
    if notice is not None and (notice == state.warning or at.mono_us - notice[1] > NOTICE_US):
        notice = None
    aimed, active = aim_left(state, at), state.active
    if notice is None and active and aimed and aimed.over and advise(spec, active) is not None:
        notice = (AIM_OVER, aimed.said_us)  # stands as long as that does
    return replace(state, warning=warning, notice=notice or warning, aimed=aimed)
