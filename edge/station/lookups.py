"""Which look-ups in the registers an event of a lane asks for, made before the lane is stepped.

The station's thread alone uses it. What is held up is read several times a second and looked up once.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from edge.domain.answering import takes
from edge.domain.asking import Ask, asks_again, asks_of_answers, asks_of_code, told
from edge.domain.errors import GatepostError
from edge.domain.events import BeginVehicle, CardRead, CodeAnswered, CodeRead, Give, LaneEvent, Resume
from edge.domain.known import Known, Standing
from edge.domain.lane_state import LaneSpec, LaneState, Result
from edge.domain.model import Code, Evidence, Instant, Outcome, Passage
from edge.domain.passing import with_known
from edge.domain.registered import newest
from edge.domain.vehicle_seats import all_vehicles
from edge.domain.whose import returns
from edge.station.surroundings import Surroundings

AGAIN_US = 2_000_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Last:
    code: Code
    passage: int | None
    at_us: int
    known: tuple[Known, ...]


class LookUps:
    """Asks the registers on behalf of the lanes."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._last: dict[str, _Last] = {}

    def informed(self, spec: LaneSpec, state: LaneState, event: LaneEvent) -> LaneEvent:
        """Return the event with what the registers say of whoever it names."""
        active = state.active
        evidence: Sequence[Evidence] = active.evidence if active is not None else ()
        match event:
            case CodeRead():
                return replace(event, known=self._of_code(spec, state, event))
            case CodeAnswered():
                return replace(event, known=self._of_answer(spec, state, event))
            case CardRead():
                asks = asks_of_answers(event.fields, evidence)
            case BeginVehicle():
                way = event.direction or spec.direction
                return replace(
                    event, known=self._ask(spec, None, (Ask("plate", event.plate),), event.at, way)
                )
            case Give():
                # What is told of a vehicle that stands in the lane is not of whoever sits in it.
                if event.passage is not None and (vehicle := _vehicle(state, event.passage)) is not None:
                    active, evidence = vehicle, vehicle.evidence
                asks = asks_of_answers(event.answers, evidence, spec.of(active).itineraries)
            case Resume():
                return replace(event, known=self._of_return(spec, state, event))
            case _:
                return event
        return replace(event, known=self._ask(spec, active, asks, event.at, _way(spec, state)))

    def once_more(
        self, spec: LaneSpec, state: LaneState, event: LaneEvent, result: Result
    ) -> tuple[LaneState, LaneEvent] | None:
        """Return the state and the event to step with anew where somebody would be admitted by the rules on a
        quota that another lane has used since they were looked up; None where the result stands."""
        active = state.active
        done = next((r.passage for r in result.records if active and r.passage.id == active.id), None)
        decision = done.decision if done is not None else None
        if active is None or done is None or decision is None:
            return None
        counted = [one for one in newest(done.evidence) if one.found and one.used]
        if decision.outcome is not Outcome.ADMIT or decision.by is not None or not counted:
            return None
        asks = [Ask("entry", str(one.entry), told(done.evidence)) for one in counted]
        fresh = self._ask(spec, active, asks, event.at, active.direction)
        if [one.used for one in fresh] == [one.used for one in counted]:
            return None
        evidence = with_known(active.evidence, fresh, event.at, active.evidence[-1].source)
        if isinstance(event, CodeRead):
            event = replace(event, known=(*event.known, *fresh))
        return replace(state, active=replace(active, evidence=evidence)), event

    def _of_return(self, spec: LaneSpec, state: LaneState, event: Resume) -> tuple[Known, ...]:
        back = _parked(state, event)
        if back is None:
            return ()
        # By the rules of now, which are theirs from here on.
        return self._ask(spec, None, asks_again(back.evidence), event.at, back.direction)

    def _of_answer(
        self, spec: LaneSpec, state: LaneState, event: CodeAnswered
    ) -> tuple[tuple[int, tuple[Known, ...]], ...]:
        """Ask for each passage that waits for the answer, by what it was told itself: what somebody else says
        in the lane meanwhile is nobody's of the bench."""
        waiting = (one for one in (state.active, *state.parked) if one is not None and takes(one, event))
        return tuple(
            (one.id, self._ask(spec, one, asks_of_code(event.code, one.evidence), event.at, one.direction))
            for one in waiting
        )

    def _of_code(self, spec: LaneSpec, state: LaneState, event: CodeRead) -> tuple[Known, ...]:
        back = returns(state, event.code)
        meant = back if back is not None else state.active
        passage, last = meant.id if meant is not None else None, self._last.get(spec.name)
        now_us = event.at.mono_us
        same = last is not None and (last.code, last.passage) == (event.code, passage)
        if last is not None and same and now_us - last.at_us < AGAIN_US:
            return last.known
        evidence = meant.evidence if meant is not None else ()
        asks = asks_of_code(event.code, evidence)
        if back is not None:  # by the rules of now, as whoever is called from the list
            asks = (*asks, *(ask for ask in asks_again(evidence) if ask not in asks))
        way = _way(spec, state) if back is None else back.direction
        known = self._ask(spec, None if back is not None else meant, asks, event.at, way)
        self._last[spec.name] = _Last(event.code, passage, now_us, known)
        return known

    def _ask(
        self, spec: LaneSpec, active: Passage | None, asks: Sequence[Ask], at: Instant, way: str
    ) -> tuple[Known, ...]:
        rules = active.access if active is not None else spec.access
        if not asks or not rules.version:
            return ()
        # The station's thread is everybody's: whatever a look-up meets, only this one fails.
        try:
            return self._around.look_up(asks, rules, way, at)
        except (GatepostError, ValueError, ArithmeticError, LookupError, TypeError) as error:
            log.error("the registers could not be asked: %s", type(error).__name__)
            self._around.count("registers_unread")
            return (Known(asks[0].by, Standing.UNREAD, rules=rules.version),)


def _vehicle(state: LaneState, passage: int) -> Passage | None:
    return next((one for one in all_vehicles(state) if one.id == passage), None)


def _way(spec: LaneSpec, state: LaneState) -> str:
    """Return which way whoever stands in the lane goes: that of the vehicle they came in, where they did."""
    if state.active is not None:
        return state.active.direction
    return state.group.vehicle.direction if state.group is not None else spec.direction


def _parked(state: LaneState, event: Resume) -> Passage | None:
    for passage in state.parked:
        if passage.id == event.passage or (event.ticket is not None and passage.ticket == event.ticket):
            return passage
    return None
