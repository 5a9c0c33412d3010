"""Whose code was shown: of whoever stands there, of somebody from the bench, or still of the last one.

Pure. Nobody may take over what was said or measured of somebody else.
"""

from dataclasses import replace

from edge.domain import rules
from edge.domain.bench import elapsed, ended, taken_back, unfinished
from edge.domain.events import CodeRead
from edge.domain.known import Known
from edge.domain.lane_state import ECHO_US, HELD_UP_US, LaneSpec, LaneState, Record, Result
from edge.domain.measuring import AWAY_US, STEP_BACK, all_over, unsaid, walked_off
from edge.domain.model import Answer, Code, Evidence, Instant, Measurement, Method, Passage
from edge.domain.passing import bound
from edge.domain.vehicle import RECORDED
from edge.domain.vehicle_group import joined

MAX_SEEN = 16


def shown(spec: LaneSpec, state: LaneState, event: CodeRead) -> Result:
    """Take in a code that was read. What is held up goes on being read, and counts once."""
    code, now = event.code, event.at.mono_us
    key = _key(code)
    fresh = tuple((k, t) for k, t in state.seen if now - t < HELD_UP_US and k != key)[-MAX_SEEN:]
    held_up = any(k == key and now - t < HELD_UP_US for k, t in state.seen)
    state = replace(state, seen=(*fresh, (key, now)))
    piece = Evidence(event.at, event.device, code)
    if held_up:
        return Result(state)
    if _is_of_crew(state, key):
        return Result(replace(state, notice=(RECORDED, now)))
    if state.active is not None and rules.holders(state.active.evidence):
        return bound(spec, state, piece, known=event.known)
    # From here on the code would say who stands here.
    if _is_echo(state, key, now):
        return Result(state)
    returning = returns(state, code)
    if returning is None:
        state, records = left_behind(spec, state, event.at)
        if not _is_shown_before(state, key):
            state = unsaid(state, event.at)
        result = bound(spec, state, piece, known=event.known)
        return replace(result, records=(*records, *result.records))
    return _returned(spec, state, returning, piece, event.known)


def returns(state: LaneState, code: Code) -> Passage | None:
    """Return who comes back from the bench by showing a code; None where it is somebody else's, or says more
    of whoever stands there already."""
    if not code.holder or (state.active is not None and rules.holders(state.active.evidence)):
        return None
    return next((p for p in state.parked if code.holder in rules.holders(p.evidence)), None)


def left_behind(spec: LaneSpec, state: LaneState, at: Instant) -> tuple[LaneState, tuple[Record, ...]]:
    """End a passage that holds nothing but the temperature of somebody who walked off: nobody may pass on
    another's. The thermometers go on with whoever is there."""
    opened = state.active
    if opened is None or not is_fresh(opened) or opened.decision is None or opened.decision.hold:
        return state, ()
    aimed = state.aimed if state.aimed is not None and state.aimed.passage == opened.id else None
    taken_us = opened.evidence[-1].at.mono_us if opened.evidence else 0
    if aimed is not None and taken_us < aimed.said_us and at.mono_us - aimed.said_us <= AWAY_US:
        return state, ()  # sent a step back, to hold something else before the sensor
    if not walked_off(state, opened, at):
        return state, ()
    done = ended(opened, unfinished(spec, opened), at)
    if aimed is not None:
        state = replace(all_over(state), aimed=None, notice=(STEP_BACK, at.mono_us))
    return replace(state, active=None, last=done), (Record("passage.decided", done),)


def is_fresh(active: Passage | None) -> bool:
    """Say whether the lane is free, or holds nothing but measurements of somebody who stepped up."""
    return active is None or (
        not active.rests and all(isinstance(p.item, Measurement) for p in active.evidence)
    )


def just_ended(state: LaneState, now: int) -> Passage | None:
    """Return the passage whose person may still be standing there."""
    return state.last if state.last is not None and now - state.last.touched.mono_us < ECHO_US else None


def _returned(
    spec: LaneSpec, state: LaneState, returning: Passage, piece: Evidence, known: tuple[Known, ...]
) -> Result:
    """Take somebody back from the bench whose code was shown."""
    if elapsed(spec, returning.rests[-1], piece.at) < ECHO_US:
        return Result(state)  # sent to rest just now, and still holding it up
    state, left = left_behind(spec, state, piece.at)
    if state.active is not None and _is_anothers(state, state.active, piece.at):
        return Result(replace(state, notice=("code_parked", piece.at.mono_us)))
    ready = joined(spec, state, returning, piece.at)
    if ready is None:
        return Result(replace(state, notice=("code_parked", piece.at.mono_us)), left)
    state, records = taken_back(spec, unsaid(ready, piece.at), returning, piece.at)
    result = bound(spec, state, piece, known=known)
    return replace(result, records=(*left, *records, *result.records))


def _is_anothers(state: LaneState, active: Passage, at: Instant) -> bool:
    """Say whether somebody else is being registered, or was and left over the threshold: what was said or
    measured of them must not become another's. Whoever is called from the list is seen by the attendant."""
    typed = any(
        (isinstance(given.item, Answer) and given.item.personal)
        or (isinstance(given.item, Measurement) and given.item.method is Method.CONTACT)
        for given in active.evidence
    )
    return typed or walked_off(state, active, at)


def _is_echo(state: LaneState, key: str, now: int) -> bool:
    """Say whether a code is still the one of the person whose passage has just ended."""
    last = just_ended(state, now)
    return last is not None and any(
        isinstance(piece.item, Code) and _key(piece.item) == key for piece in last.evidence
    )


def _is_of_crew(state: LaneState, key: str) -> bool:
    """Say whether a code is that of somebody of the vehicle here who is done: phones go from hand to hand."""
    group = state.group.vehicle.id if state.group is not None else None
    return (
        group is not None
        and not _is_shown_before(state, key)
        and any(
            isinstance(piece.item, Code) and _key(piece.item) == key
            for passage in state.crews
            if passage.group == group
            for piece in passage.evidence
        )
    )


def _is_shown_before(state: LaneState, key: str) -> bool:
    given = state.active.evidence if state.active is not None else ()
    return any(isinstance(piece.item, Code) and _key(piece.item) == key for piece in given)


def _key(code: Code) -> str:
    # A code a platform resolves changes its holder with the answer; what is held up stays the same.
    if digest := code.personal.get("code_digest"):
        return f"{code.carrier}:{digest}"
    return f"{code.carrier}:{code.holder or (code.payload or b'').hex()}"
