"""Whether the queue at a lane is long, and who of it may be asked to rest then: those who stand out most,
and no more of them than the site set. Pure.

A seat is offered once and holds: whoever was asked to rest is not sent elsewhere because the queue changed.
Of the people of a long queue no more than the share is asked, but for one: the first of them may be the only
one yet.
"""

from dataclasses import replace
from itertools import pairwise
from statistics import median_low

from edge.domain.bench import rest_left_us
from edge.domain.lane_state import Gone, LaneSpec, LaneState, Result
from edge.domain.model import Instant, Outcome, Passage
from edge.domain.posterior import cut
from edge.domain.screening import find

REST, CONTACT = "rest", "contact"
# Over so many people of late the share is kept, and so many are remembered.
PEOPLE = 250
# Enough to say how far the top of today's people stands out; before that the spread of healthy people does.
ENOUGH = 20
GAPS = 8
_PER_1000 = 1_000


def is_long(spec: LaneSpec, state: LaneState, now: Instant) -> bool:
    """Say whether the queue is long: people leave close upon one another, or the bench is full."""
    seats = spec.policy.bench_seats
    resting = sum(rest_left_us(spec, passage, now) > 0 for passage in state.parked)
    if seats and resting >= seats:
        return True
    pace_us = pace(spec, state, now)
    return pace_us is not None and pace_us < spec.policy.queue_us


def pace(spec: LaneSpec, state: LaneState, now: Instant) -> int | None:
    """Return how far apart people leave the lane of late, in microseconds: the middle of the last gaps.
    None where too few have passed in this run, or the last of them long ago."""
    left = [gone.at.mono_us for gone in state.gone if gone.boot == spec.boot][-GAPS - 1 :]
    if len(left) <= GAPS or now.mono_us - left[-1] > GAPS * spec.policy.queue_us:
        return None
    return median_low([later - earlier for earlier, later in pairwise(left)])


def offered(spec: LaneSpec, state: LaneState, passage: Passage, now: Instant) -> Passage:
    """Return a passage whose person has to be measured another way, with how they are asked to go on."""
    if passage.offered:
        return passage
    rushed = is_long(spec, state, now)
    seat = not rushed or may_rest(spec, state, find(passage.evidence, spec.policy).out_milli)
    return replace(passage, offered=REST if seat else CONTACT, rushed=rushed)


def may_rest(spec: LaneSpec, state: LaneState, out_milli: int | None) -> bool:
    """Say whether somebody of a long queue is among the top part, and that part not yet full."""
    share = spec.policy.rest_share_per_1000
    if out_milli is None or not share:
        return False  # nothing is known of how they stand out: the contact thermometer says at once
    known = [gone.out_milli for gone in state.gone if gone.out_milli is not None]
    if len(known) >= ENOUGH:
        further = sum(other >= out_milli for other in known)
        is_top = _PER_1000 * further < share * len(known)
    else:
        is_top = share == _PER_1000 or out_milli >= cut(share)
    rushed = [gone.offered for gone in state.gone if gone.rushed][-PEOPLE:]
    rushed += [passage.offered for passage in state.parked if passage.rushed]
    return is_top and rushed.count(REST) < max(1, share * (len(rushed) + 1) // _PER_1000)


def counted(spec: LaneSpec, before: LaneState, result: Result) -> Result:
    """Return a step's result with the people who passed in it among those of late; `before` is the state
    they passed in."""
    state, records = result.state, []
    for record in result.records:
        passage = record.passage
        if record.kind == "passage.decided":
            if not passage.offered:
                passage = replace(passage, rushed=is_long(spec, before, passage.touched))
            gone = _gone(spec, passage)
            state = state if gone is None else went(state, gone)
            if state.last is record.passage:
                state = replace(state, last=passage)
        records.append(record if passage is record.passage else replace(record, passage=passage))
    return result if state is result.state else replace(result, state=state, records=tuple(records))


def went(state: LaneState, new: Gone) -> LaneState:
    """Return the state after somebody passed: the newest people are remembered, and the newest of those who
    came while the queue was long."""
    gone = (*state.gone, new)
    rushed = [one for one in gone if one.rushed][-PEOPLE:]
    late = {id(one) for one in (*gone[-PEOPLE:], *rushed)}
    return replace(state, gone=tuple(one for one in gone if id(one) in late))


def _gone(spec: LaneSpec, passage: Passage) -> Gone | None:
    """Return who has passed. Whoever walked off is no one of the queue, unless a seat or the contact
    thermometer was offered to them."""
    if passage.vehicle or passage.corrects:
        return None
    walked = passage.decision is None or passage.decision.outcome is Outcome.ABANDONED
    if walked and not passage.offered:
        return None
    out_milli = None if walked else find(passage.evidence, spec.policy).out_milli
    return Gone(passage.touched, spec.boot, out_milli, passage.rushed, passage.offered)
