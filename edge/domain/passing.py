"""How a passage begins, goes on and ends: what every event of a lane comes down to.

Pure. Which passage an event is about, `edge.domain.lane` has found out by then.
"""

from collections.abc import Sequence
from dataclasses import replace

from edge.domain import rules, walk
from edge.domain.answering import remembered
from edge.domain.bench import added, ended, free_ticket
from edge.domain.circumstances import circumstances
from edge.domain.events import Decide
from edge.domain.known import Known
from edge.domain.lane_state import MAX_EVIDENCE, Do, LaneSpec, LaneState, Note, Record, Result
from edge.domain.learning import expecting
from edge.domain.measuring import all_over
from edge.domain.model import (
    PASSAGES_PER_BOOT,
    Decision,
    Evidence,
    Instant,
    Outcome,
    Passage,
    Reason,
    Rest,
    Stage,
)
from edge.domain.registered import newest
from edge.domain.telling import sentence
from edge.domain.vehicle_group import unawaited
from edge.domain.vehicle_seats import is_awaited

FULL = "passage_full"
ASIDE = ("rest", "platform", "handed", "other")
"""Why somebody who attends puts people or a vehicle aside."""


def opened(spec: LaneSpec, state: LaneState, at: Instant) -> LaneState:
    """Open a passage. Its number is this run's, so that nothing has to be written for it."""
    vehicle = state.group.vehicle if state.group is not None else None
    procedure = spec.of(vehicle)  # of one vehicle nobody is asked by other rules than the others
    passage = Passage(
        id=spec.boot * PASSAGES_PER_BOOT + state.opened * spec.lanes + spec.number,
        lane=spec.name,
        direction=spec.direction if vehicle is None else vehicle.direction,
        procedure=procedure.name,
        procedure_version=procedure.version,
        policy_version=spec.policy.version,
        access=spec.access,
        opened=at,
        touched=at,
        group=None if vehicle is None else vehicle.id,
        minute=spec.calendar.minute(at.at_us) if spec.calendar and at.clock.trusted else None,
    )
    return replace(state, active=passage, opened=state.opened + 1)


def bound(
    spec: LaneSpec,
    state: LaneState,
    piece: Evidence,
    *,
    limit: int = MAX_EVIDENCE,
    known: Sequence[Known] = (),
) -> Result:
    """Put a piece of evidence into the lane's passage, opening one where there is none, and what is `known`
    of whoever it names. A passage that holds `limit` pieces takes no more, and the attendant is told."""
    if state.active is None:
        if not is_awaited(state):
            return unawaited(state, piece.at)
        state = opened(spec, state, piece.at)
    passage = state.active
    assert passage is not None
    if len(passage.evidence) >= limit:  # a scanner gone mad cannot grow a passage without bound
        told = state.notice is not None and state.notice[0] == FULL
        return Result(state if told else replace(state, notice=(FULL, piece.at.mono_us)))
    evidence = expecting(spec, state, added(spec, passage.rests, passage.evidence, piece))
    evidence = with_known(evidence, known, piece.at, piece.source)
    passage = replace(passage, evidence=evidence, touched=piece.at)
    return settled(spec, replace(state, active=passage), passage, piece.at)


def with_known(
    evidence: tuple[Evidence, ...], known: Sequence[Known], at: Instant, source: str
) -> tuple[Evidence, ...]:
    """Return evidence with what the registers said, where that is news: a code held up is read many times.
    Another minute is news, for there are rules that look at the hour."""
    for one in known:
        last = next((item for item in newest(evidence) if _about(item) == _about(one)), None)
        if last is None or replace(last, lists=one.lists) != one:
            evidence = (*evidence, Evidence(at, source, one))
    return evidence


def _about(known: Known) -> tuple[str, str, int | None]:
    return known.register, known.by if known.entry is None else "", known.entry


def settled(spec: LaneSpec, state: LaneState, passage: Passage, at: Instant) -> Result:
    """Decide the lane's passage where its evidence is enough, hold it where somebody has to look."""
    decision = rules.decide(spec.of(passage), spec.policy, passage.evidence, circumstances(passage))
    if decision.outcome is not None:
        return closed(spec, state, passage, decision, at)
    known = passage.decision is not None and passage.decision.reasons == decision.reasons
    stage = Stage.HOLD if decision.hold else Stage.OPEN
    news = decision.hold and not known
    alarmed = _alarms(decision) and not (passage.decision and _alarms(passage.decision))
    passage = replace(passage, decision=decision, stage=stage, recorded=passage.recorded or news)
    passage = walk.offered(spec, state, passage, at)
    state = replace(state, active=passage)
    if not news:
        state, said = sentence(spec, state, passage)
        return Result(state, dos=said, passage=passage.id)
    prompt = "again" if Reason.TEMPERATURE_AGAIN in decision.reasons else "wait"
    notes = _alarm(passage) if alarmed else ()
    return Result(
        state, (Record("passage.held", passage),), (Do("voice", prompt, passage.id),), passage.id, notes
    )


def attended(spec: LaneSpec, passage: Passage, event: Decide) -> Decision:
    """Return what somebody decides of a passage, with what the rules said beside it. Raises FormError."""
    return rules.attend(
        spec.of(passage),
        spec.policy,
        passage.evidence,
        event.outcome,
        by=event.by,
        chosen=event.reason,
        command_id=event.command_id,
        around=circumstances(passage),
        manager=event.manager,
    )


def is_hushed(decision: Decision) -> bool:
    """Say whether whoever stands there is told no more than to wait: a watch list is nobody else's business,
    and how the rest is done is for people to say. Admitted is admitted."""
    return decision.outcome is not Outcome.ADMIT and any(
        reason.startswith(("watch_", Reason.EXIT_WATCHED)) for reason in decision.reasons
    )


def _alarms(decision: Decision) -> bool:
    return any(reason.startswith((Reason.WATCH_ALARM, Reason.EXIT_WATCHED)) for reason in decision.reasons)


def _alarm(passage: Passage) -> tuple[Note, ...]:
    """The row of an attempt that raises an alarm, for whoever is not at the gate: it names nobody."""
    hits = {hit.entry: hit for one in newest(passage.evidence) for hit in one.hits}
    body = {
        "passage": passage.id,
        "direction": passage.direction,
        "why": [str(reason) for reason in passage.decision.reasons] if passage.decision else [],
        "hits": [{"list": hit.list, "entry": hit.entry, "watch": hit.watch} for hit in hits.values()],
    }
    return (Note("access.alarmed", body),)


def closed(spec: LaneSpec, state: LaneState, passage: Passage, decision: Decision, at: Instant) -> Result:
    """End a passage of the lane, active or parked."""
    done = ended(passage, decision, at)
    was_active = state.active is not None and state.active.id == passage.id
    state = replace(
        state,
        active=None if was_active else state.active,
        parked=tuple(p for p in state.parked if p.id != passage.id),
        last=done,
    )
    state = remembered(state, done, boot=spec.boot)
    if was_active:
        state = replace(all_over(state), notice=None, aimed=None)
    dos: list[Do] = []
    hushed = is_hushed(decision)
    if decision.outcome is Outcome.ADMIT:
        dos.append(Do("barrier", "pulse", passage.id))
    if decision.outcome is Outcome.REFER and Reason.TEMPERATURE_OVER_THRESHOLD in decision.reasons:
        dos.append(Do("voice", "alarm", passage.id))  # goes before whatever is being announced
    if decision.outcome is not Outcome.ABANDONED and decision.outcome is not None:
        dos.append(Do("voice", "wait" if hushed else decision.outcome.value, passage.id))
    told = passage.decision is not None and _alarms(passage.decision)
    notes = _alarm(done) if _alarms(decision) and not told else ()
    return Result(state, (Record("passage.decided", done),), tuple(dos), passage.id, notes)


def parked(
    spec: LaneSpec, state: LaneState, passage: Passage, at: Instant, *, why: str, by: str | None = None
) -> Result:
    """Move the lane's passage aside, under a ticket."""
    waiting = replace(
        passage,
        stage=Stage.PARKED,
        ticket=passage.ticket or free_ticket(state.parked),
        rests=(*passage.rests, Rest(at, spec.boot, why, by, pieces=len(passage.evidence))),
        touched=at,
        recorded=True,
    )
    state = replace(all_over(state), active=None, parked=(*state.parked, waiting), notice=None, aimed=None)
    return Result(state, (Record("passage.parked", waiting),), _rest_prompt(spec, waiting, why), passage.id)


def _rest_prompt(spec: LaneSpec, waiting: Passage, why: str) -> tuple[Do, ...]:
    if why != "rest":
        return ()
    minutes = spec.policy.rest_us // 60_000_000
    values = (("ticket", str(waiting.ticket)), *((("minutes", str(minutes)),) if minutes else ()))
    return (Do("voice", "rest", waiting.id, values),)
