"""The state machine of one lane: step(spec, state, event) -> result.

A lane has one active passage and any number parked. Evidence binds to the active one; a decision
ends it. Nothing here writes or shows: the result lists the records that must be on disk before the
new state may be seen, and what to do (barrier, voice) once they are. A step whose records cannot be
written is thrown away whole, so that the next event meets the old state.
"""

from dataclasses import replace

from edge.domain import rules
from edge.domain.answering import asked_of, remembered, too_late
from edge.domain.bench import added, elapsed, ended, free_ticket, taken_back, unfinished
from edge.domain.cards import NOTICE_US, laid
from edge.domain.errors import FormError
from edge.domain.events import (
    Begin,
    Calibrate,
    CardRead,
    CodeAnswered,
    CodeRead,
    Command,
    Decide,
    Give,
    LaneEvent,
    Park,
    ReadingArrived,
    Resume,
    Tick,
    Uncalibrate,
)
from edge.domain.given import taken
from edge.domain.lane_state import Do, LaneSpec, LaneState, Record, Result
from edge.domain.measuring import all_over, calibrate, seen, uncalibrate, walked_off
from edge.domain.model import (
    PASSAGES_PER_BOOT,
    Answer,
    Code,
    Decision,
    Evidence,
    Instant,
    Measurement,
    Outcome,
    Passage,
    Reason,
    Rest,
    Stage,
)

HELD_UP_US = 3_000_000
ECHO_US = 10_000_000
MAX_EVIDENCE = 64
MAX_SEEN = 16


def step(spec: LaneSpec, state: LaneState, event: LaneEvent) -> Result:
    """Apply one event. Raises FormError for a command that cannot be carried out."""
    match event:
        case ReadingArrived():
            result = _reading(spec, state, event)
        case CodeRead():
            result = _code(spec, state, event)
        case CodeAnswered():
            result = _answered(spec, state, event)
        case CardRead():
            result = _card(spec, state, event)
        case Tick():
            result = _tick(spec, state, event.at)
        case Begin():
            result = _begin(spec, state, event)
        case Give():
            result = _give(spec, state, event)
        case Decide():
            result = _decide(spec, state, event)
        case Park():
            result = _park(spec, state, event)
        case Resume():
            result = _resume_command(spec, state, event)
        case Calibrate():
            result = calibrate(spec, state, event)
        case Uncalibrate():
            result = uncalibrate(state, event)
    return result


def leave(spec: LaneSpec, state: LaneState, at: Instant) -> Result:
    """Close the lane for a restart: the active passage is parked, so that nobody is forgotten."""
    if state.active is None:
        return Result(state)
    return _parked(spec, state, state.active, at, why=Reason.RESTARTED)


def _reading(spec: LaneSpec, state: LaneState, event: ReadingArrived) -> Result:
    state, measured = seen(spec, state, event)
    return Result(state) if measured is None else _bind(spec, state, measured)


def _code(spec: LaneSpec, state: LaneState, event: CodeRead) -> Result:
    code, now = event.code, event.at.mono_us
    key = _key(code)
    fresh = tuple((k, t) for k, t in state.seen if now - t < HELD_UP_US and k != key)[-MAX_SEEN:]
    held_up = any(k == key and now - t < HELD_UP_US for k, t in state.seen)
    state = replace(state, seen=(*fresh, (key, now)))
    piece = Evidence(event.at, event.device, code)
    if held_up:
        return Result(state)
    if state.active is not None and rules.holders(state.active.evidence):
        return _bind(spec, state, piece)
    # From here on the code would say who stands here.
    if _is_echo(state, key, now):
        return Result(state)
    returning = next(
        (p for p in state.parked if code.holder and code.holder in rules.holders(p.evidence)), None
    )
    if returning is None:
        state, records = _left_behind(spec, state, event.at)
        result = _bind(spec, state, piece)
        return replace(result, records=(*records, *result.records))
    return _returned(spec, state, returning, piece)


def _returned(spec: LaneSpec, state: LaneState, returning: Passage, piece: Evidence) -> Result:
    """Take somebody back from the bench whose code was shown."""
    if elapsed(spec, returning.rests[-1], piece.at) < ECHO_US:
        return Result(state)  # sent to rest just now, and still holding it up
    opened = state.active.evidence if state.active is not None else ()
    if any(isinstance(given.item, Answer) and given.item.personal for given in opened):
        # Somebody else is being registered: what they said must not become this person's.
        return Result(replace(state, notice=("code_parked", piece.at.mono_us)))
    state, records = taken_back(spec, state, returning, piece.at)
    result = _bind(spec, state, piece)
    return replace(result, records=(*records, *result.records))


def _answered(spec: LaneSpec, state: LaneState, event: CodeAnswered) -> Result:
    """Join an answer to the passage that showed the code: the open one, a parked one, or beside one that
    has ended."""
    piece = Evidence(event.at, event.device, event.code)
    if state.active is not None and asked_of(state.active, event.key):
        return _bind(spec, state, piece)
    waiting = next((p for p in state.parked if asked_of(p, event.key)), None)
    if waiting is None:
        state, notes = too_late(state, event)
        return Result(state, notes=notes)
    evidence = added(spec, waiting.rests, waiting.evidence, piece)[:MAX_EVIDENCE]
    decision = rules.decide(spec.procedure, spec.policy, evidence)
    # Nobody is decided behind their back: whoever waits is looked at again when called.
    held = replace(decision, outcome=None, hold=decision.hold or decision.outcome is not None)
    told = replace(waiting, evidence=evidence, decision=held)
    state = replace(state, parked=tuple(told if p.id == told.id else p for p in state.parked))
    return Result(state, (Record("passage.parked", told),), passage=told.id)


def _left_behind(spec: LaneSpec, state: LaneState, at: Instant) -> tuple[LaneState, tuple[Record, ...]]:
    """End a passage that holds nothing but the temperature of somebody who walked off: nobody may pass on
    another's. The thermometers go on with whoever is there."""
    opened = state.active
    if opened is None or not _is_fresh(opened) or opened.decision is None or opened.decision.hold:
        return state, ()
    if not walked_off(state, opened, at):
        return state, ()
    done = ended(opened, unfinished(spec, opened), at)
    return replace(state, active=None, last=done), (Record("passage.decided", done),)


def _card(spec: LaneSpec, state: LaneState, event: CardRead) -> Result:
    state, left = _left_behind(spec, state, event.at)
    result = _laid(spec, state, event)
    return replace(result, records=(*left, *result.records))


def _laid(spec: LaneSpec, state: LaneState, event: CardRead) -> Result:
    given = state.active.evidence if state.active is not None else ()
    gone = _just_ended(state, event.at.mono_us)
    pieces, notice = laid(spec.procedure, given, gone.evidence if gone else (), event)
    state = replace(state, notice=(notice, event.at.mono_us) if notice else None)
    if not pieces or len(given) + len(pieces) > MAX_EVIDENCE:
        return Result(state)
    if state.active is None:
        state = _opened(spec, state, event.at)
    assert state.active is not None
    passage = replace(state.active, evidence=(*given, *pieces), touched=event.at)
    return _settle(spec, replace(state, active=passage), passage, event.at)


def _tick(spec: LaneSpec, state: LaneState, at: Instant) -> Result:
    active = state.active
    if state.notice is not None and at.mono_us - state.notice[1] > NOTICE_US:
        state = replace(state, notice=None)
    if active is not None and at.mono_us - active.touched.mono_us > spec.abandon_us:
        return _end(spec, state, active, unfinished(spec, active), at)
    for passage in state.parked:
        if passage.rests and elapsed(spec, passage.rests[-1], at) > spec.park_max_us:
            return _end(spec, state, passage, unfinished(spec, passage), at)
    return Result(state)


def _begin(spec: LaneSpec, state: LaneState, event: Begin) -> Result:
    if state.active is not None:
        raise FormError("lane_busy", "finish or park the open passage first", 409)
    state = _opened(spec, state, event.at)
    return Result(state, passage=state.active.id if state.active else None)


def _give(spec: LaneSpec, state: LaneState, event: Give) -> Result:
    passage = _named(state, event)
    if len(passage.evidence) + len(event.answers) > MAX_EVIDENCE:
        raise FormError("too_much", "this passage holds no more answers; decide it", 409)
    evidence = passage.evidence
    for piece in taken(spec.procedure, event):
        evidence = added(spec, passage.rests, evidence, piece)
    passage = replace(passage, evidence=evidence, touched=event.at)
    return _settle(spec, replace(state, active=passage), passage, event.at)


def _decide(spec: LaneSpec, state: LaneState, event: Decide) -> Result:
    passage = _named(state, event, also_parked=True)
    decision = rules.attend(
        spec.procedure,
        spec.policy,
        passage.evidence,
        event.outcome,
        by=event.by,
        chosen=event.reason,
        command_id=event.command_id,
    )
    return _end(spec, state, passage, decision, event.at)


def _park(spec: LaneSpec, state: LaneState, event: Park) -> Result:
    if event.why not in ("rest", "platform", "handed", "other"):
        raise FormError("bad_value", "a person is parked for rest, platform, handed or other")
    return _parked(spec, state, _named(state, event), event.at, why=event.why, by=event.by)


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
    if not _is_fresh(state.active):
        raise FormError("lane_busy", "finish or park the open passage first", 409)
    state, records = taken_back(spec, state, wanted, event.at)
    assert state.active is not None
    result = _settle(spec, state, state.active, event.at)
    return replace(result, records=(*records, *result.records))


def _bind(spec: LaneSpec, state: LaneState, piece: Evidence) -> Result:
    if state.active is None:
        state = _opened(spec, state, piece.at)
    passage = state.active
    assert passage is not None
    if len(passage.evidence) >= MAX_EVIDENCE:
        return Result(state)  # a scanner gone mad cannot grow a passage without bound
    evidence = added(spec, passage.rests, passage.evidence, piece)
    passage = replace(passage, evidence=evidence, touched=piece.at)
    return _settle(spec, replace(state, active=passage), passage, piece.at)


def _settle(spec: LaneSpec, state: LaneState, passage: Passage, at: Instant) -> Result:
    decision = rules.decide(spec.procedure, spec.policy, passage.evidence)
    if decision.outcome is not None:
        return _end(spec, state, passage, decision, at)
    known = passage.decision is not None and passage.decision.reasons == decision.reasons
    stage = Stage.HOLD if decision.hold else Stage.OPEN
    news = decision.hold and not known
    passage = replace(passage, decision=decision, stage=stage, recorded=passage.recorded or news)
    state = replace(state, active=passage)
    if not news:
        return Result(state, passage=passage.id)
    prompt = "again" if Reason.TEMPERATURE_AGAIN in decision.reasons else "wait"
    return Result(state, (Record("passage.held", passage),), (Do("voice", prompt, passage.id),), passage.id)


def _end(spec: LaneSpec, state: LaneState, passage: Passage, decision: Decision, at: Instant) -> Result:
    done = ended(passage, decision, at)
    was_active = state.active is not None and state.active.id == passage.id
    state = replace(
        state,
        active=None if was_active else state.active,
        parked=tuple(p for p in state.parked if p.id != passage.id),
        last=done,
    )
    state = remembered(state, done)
    if was_active:
        state = replace(all_over(state), notice=None)
    dos: list[Do] = []
    if decision.outcome is Outcome.ADMIT:
        dos.append(Do("barrier", "pulse", passage.id))
    if decision.outcome is Outcome.REFER and Reason.TEMPERATURE_OVER_THRESHOLD in decision.reasons:
        dos.append(Do("voice", "alarm", passage.id))  # goes before whatever is being announced
    if decision.outcome is not Outcome.ABANDONED and decision.outcome is not None:
        dos.append(Do("voice", decision.outcome.value, passage.id))
    return Result(state, (Record("passage.decided", done),), tuple(dos), passage.id)


def _parked(
    spec: LaneSpec, state: LaneState, passage: Passage, at: Instant, *, why: str, by: str | None = None
) -> Result:
    waiting = replace(
        passage,
        stage=Stage.PARKED,
        ticket=passage.ticket or free_ticket(state.parked),
        rests=(*passage.rests, Rest(at, spec.boot, why, by, pieces=len(passage.evidence))),
        touched=at,
        recorded=True,
    )
    state = replace(all_over(state), active=None, parked=(*state.parked, waiting), notice=None)
    return Result(state, (Record("passage.parked", waiting),), _rest_prompt(spec, waiting, why), passage.id)


def _opened(spec: LaneSpec, state: LaneState, at: Instant) -> LaneState:
    passage = Passage(
        id=spec.boot * PASSAGES_PER_BOOT + state.opened * spec.lanes + spec.number,
        lane=spec.name,
        direction=spec.direction,
        procedure=spec.procedure.name,
        procedure_version=spec.procedure.version,
        policy_version=spec.policy.version,
        opened=at,
        touched=at,
    )
    return replace(state, active=passage, opened=state.opened + 1)


def _named(state: LaneState, event: Command, *, also_parked: bool = False) -> Passage:
    if state.active is not None and state.active.id == event.passage:
        return state.active
    if also_parked:
        for passage in state.parked:
            if passage.id == event.passage:
                return passage
    raise FormError("passage_not_open", "that passage is no longer open", 409)


def _rest_prompt(spec: LaneSpec, waiting: Passage, why: str) -> tuple[Do, ...]:
    if why != "rest":
        return ()
    minutes = spec.policy.rest_us // 60_000_000
    values = (("ticket", str(waiting.ticket)), *((("minutes", str(minutes)),) if minutes else ()))
    return (Do("voice", "rest", waiting.id, values),)


def _is_fresh(active: Passage | None) -> bool:
    """Say whether the lane is free, or holds nothing but measurements of somebody who stepped up."""
    return active is None or (
        not active.rests and all(isinstance(p.item, Measurement) for p in active.evidence)
    )


def _is_echo(state: LaneState, key: str, now: int) -> bool:
    """Say whether a code is still the one of the person whose passage has just ended."""
    last = _just_ended(state, now)
    return last is not None and any(
        isinstance(piece.item, Code) and _key(piece.item) == key for piece in last.evidence
    )


def _just_ended(state: LaneState, now: int) -> Passage | None:
    return state.last if state.last is not None and now - state.last.touched.mono_us < ECHO_US else None


def _key(code: Code) -> str:
    # A code a platform resolves changes its holder with the answer; what is held up stays the same.
    if digest := code.personal.get("code_digest"):
        return f"{code.carrier}:{digest}"
    return f"{code.carrier}:{code.holder or (code.payload or b'').hex()}"
