"""The bench: who waits beside a lane, for how long already, under which ticket, and how they come
back or are given up.

Rests are counted on the monotonic clock within one run and on the wall clock across runs, there only
where both readings of it are believed: a clock that jumped must not turn a minute into a rest.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from edge.domain import rules
from edge.domain.circumstances import circumstances
from edge.domain.lane_state import LaneSpec, LaneState, Record
from edge.domain.learning import expecting
from edge.domain.model import (
    PASSAGES_PER_BOOT,
    Decision,
    Evidence,
    Instant,
    Measurement,
    Passage,
    Reason,
    Rest,
    ScreeningVerdict,
    Stage,
)
from edge.domain.screening import Seen, seen


def restore(waiting: Sequence[Passage], crews: Sequence[Passage] = ()) -> LaneState:
    """Return the state after a start: whoever was held or parked stands in the parked list, a vehicle that
    stood in the lane as well. `crews` as `crews_of` finds them."""
    parked: list[Passage] = []
    for passage in waiting:
        ticket, rests = passage.ticket, passage.rests
        # Whoever waited at a lane that is gone may bring a number somebody has here already.
        if ticket is None or any(ticket == other.ticket for other in parked):
            ticket = free_ticket([*waiting, *parked])
        if passage.stage is not Stage.PARKED:
            boot = passage.id // PASSAGES_PER_BOOT
            rest = Rest(passage.touched, boot, Reason.RESTARTED, pieces=len(passage.evidence))
            rests = (*rests, rest)
        parked.append(replace(passage, stage=Stage.PARKED, ticket=ticket, rests=rests))
    return LaneState(parked=tuple(parked), crews=tuple(crews))


def crews_of(waiting: Sequence[Passage], ended_as: Callable[[int], Passage | None]) -> tuple[Passage, ...]:
    """Return the ended passages of whoever came in one of the vehicles that wait. `ended_as` finds a passage
    by its number, None where it cannot be read."""
    found = (ended_as(one.passage) for vehicle in waiting for one in vehicle.occupants)
    return tuple(passage for passage in found if passage is not None)


def rest_left_us(spec: LaneSpec, passage: Passage, now: Instant) -> int:
    """Return how long a parked person still has to rest before a measurement counts as a second."""
    if not passage.rests or passage.rests[-1].why != "rest":
        return 0
    return max(0, spec.policy.rest_us - elapsed(spec, passage.rests[-1], now))


def elapsed(spec: LaneSpec, rest: Rest, now: Instant) -> int:
    """Return how long a rest has lasted by now, in microseconds."""
    if rest.boot == spec.boot:
        return now.mono_us - rest.since.mono_us
    # Begun in an earlier run: at least as long as this run; longer only where both wall clocks are
    # believed.
    here = now.mono_us - spec.started_us
    if rest.since.clock.trusted and now.clock.trusted:
        return max(here, now.at_us - rest.since.at_us)
    return here


def added(
    spec: LaneSpec, rests: Sequence[Rest], evidence: tuple[Evidence, ...], piece: Evidence
) -> tuple[Evidence, ...]:
    """Return the evidence with one piece more; a measurement says whether it was taken after a rest."""
    if isinstance(piece.item, Measurement):
        after = has_rested(spec, rests, seen(evidence, spec.policy), piece.at)
        piece = replace(piece, item=replace(piece.item, after_rest=after))
    return (*evidence, piece)


def taken_back(
    spec: LaneSpec, state: LaneState, parked: Passage, at: Instant
) -> tuple[LaneState, tuple[Record, ...]]:
    """Make a parked passage the lane's own again. What the lane held was opened by stepping up and
    belongs to the person who came back, who goes by the rules of access of now; where a row tells of it
    already, one more says that it ended."""
    last, opened = parked.rests[-1], state.active
    evidence = parked.evidence
    for piece in opened.evidence if opened is not None else ():
        evidence = expecting(spec, state, added(spec, parked.rests, evidence, piece))
    rests = (*parked.rests[:-1], replace(last, lasted_us=elapsed(spec, last, at)))
    # What is asked about them anew is asked, and judged, by the rules of now.
    access = spec.access if spec.access.version else parked.access
    active = replace(parked, stage=Stage.OPEN, rests=rests, evidence=evidence, touched=at, access=access)
    aimed = state.aimed
    if aimed is not None and opened is not None and aimed.passage == opened.id:
        aimed = replace(aimed, passage=parked.id, over=True)  # said of whoever that was
    waiting = tuple(p for p in state.parked if p.id != parked.id)
    state = replace(state, active=active, parked=waiting, aimed=aimed)
    if opened is None or not opened.recorded:
        return state, ()
    return state, (Record("passage.decided", ended(opened, unfinished(spec, opened), at)),)


def has_rested(spec: LaneSpec, rests: Sequence[Rest], found: Sequence[Seen], at: Instant) -> bool:
    """Say whether what is measured now is measured after a rest: a full one that began after the last value
    over the threshold. One before it says nothing about that value."""
    over = max((one.index for one in found if one.counts is ScreeningVerdict.OVER), default=-1)
    return any(rest.pieces > over and _is_full(spec, rest, at) for rest in rests)


def ended(passage: Passage, decision: Decision, at: Instant) -> Passage:
    """Return the passage with its decision, for the record."""
    return replace(passage, stage=Stage.ENDED, decision=decision, touched=at, recorded=True)


def unfinished(spec: LaneSpec, passage: Passage) -> Decision:
    """Return the decision of a passage nobody finished, by the procedure it began with."""
    return rules.left(spec.of(passage), spec.policy, passage.evidence, circumstances(passage))


def free_ticket(parked: Sequence[Passage]) -> int:
    """Return the smallest ticket number nobody holds."""
    taken_numbers = {passage.ticket for passage in parked}
    return next(number for number in range(1, len(taken_numbers) + 2) if number not in taken_numbers)


def _is_full(spec: LaneSpec, rest: Rest, at: Instant) -> bool:
    lasted = elapsed(spec, rest, at) if rest.lasted_us is None else rest.lasted_us
    return rest.why == "rest" and lasted >= spec.policy.rest_us
