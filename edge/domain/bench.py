"""The bench: who waits beside a lane, for how long already, and under which ticket.

Rests are counted on the monotonic clock within one run and on the wall clock across runs, there only
where both readings of it are believed: a clock that jumped must not turn a minute into a rest.
"""

from collections.abc import Sequence
from dataclasses import replace

from edge.domain.lane_state import LaneSpec, LaneState
from edge.domain.model import PASSAGES_PER_BOOT, Instant, Passage, Reason, Rest, Stage


def restore(waiting: Sequence[Passage]) -> LaneState:
    """Return the state after a start: whoever was held or parked stands in the parked list."""
    parked: list[Passage] = []
    for passage in waiting:
        ticket = passage.ticket or free_ticket([*waiting, *parked])
        rests = passage.rests
        if passage.stage is Stage.HOLD:
            rests = (*rests, Rest(passage.touched, passage.id // PASSAGES_PER_BOOT, Reason.RESTARTED))
        parked.append(replace(passage, stage=Stage.PARKED, ticket=ticket, rests=rests))
    return LaneState(parked=tuple(parked))


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


def rested_by(spec: LaneSpec, parked: Passage, at: Instant) -> bool:
    """Say whether a parked person had rested long enough at this moment."""
    last = parked.rests[-1]
    if last.why == "rest" and elapsed(spec, last, at) >= spec.policy.rest_us:
        return True
    return any(was_rest(spec, rest) for rest in parked.rests[:-1])


def was_rest(spec: LaneSpec, rest: Rest) -> bool:
    """Say whether an ended stay on the bench was a full rest."""
    return rest.why == "rest" and (rest.lasted_us or 0) >= spec.policy.rest_us


def free_ticket(parked: Sequence[Passage]) -> int:
    """Return the smallest ticket number nobody holds."""
    taken_numbers = {passage.ticket for passage in parked}
    return next(number for number in range(1, len(taken_numbers) + 2) if number not in taken_numbers)
