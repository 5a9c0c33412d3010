"""What a platform's answer does to a lane: it joins every passage that showed its code and still waits for
a word about it, wherever that passage is by now; one that has ended gets a row beside it.

Evidence stays in the order in which it came. Which of two codes is the newer one, whenever they were
answered, `edge.domain.statements` says.
"""

from dataclasses import replace

from edge.domain.acceptance import HEALTH, judge
from edge.domain.events import CodeAnswered
from edge.domain.facts import Fact
from edge.domain.lane_state import MAX_EVIDENCE, Do, LaneSpec, LaneState, Note, Owed
from edge.domain.model import PASSAGES_PER_BOOT, Code, CodeVerdict, Evidence, Instant, Outcome, Passage
from edge.domain.procedure import ASKING, Procedure

MAX_ASKED = 1024
# The ten minutes for which a platform is asked again, and one for an answer on its way. The same code
# shown on another day is another question.
ASKED_MAX_US = 660_000_000
# Answers find room where nothing else does any more: they are about codes that are there already.
MAX_ANSWERED = MAX_EVIDENCE + 32
# How long whoever is at the gate is told that somebody inside has a code that rules them out.
WARNING_US = 300_000_000
RED_LATE = "code_red_late"

# Reasons that say nothing of the code: nobody has answered.
_NOTHING_NEW = frozenset({"platform_silent", "platform_down", "platform_garbled"})
# Nobody has answered yet, or not this lane.
_OPEN = _NOTHING_NEW | {ASKING, "seen_elsewhere"}
# The clocks of a machine keep their distance while it runs and nobody sets them.
_APART_US = 2_000_000


def takes(passage: Passage, event: CodeAnswered) -> bool:
    """Say whether an answer tells this passage something: it showed the code, and does not know it yet.
    That nobody has answered is news only while the platform is still being asked."""
    known: Code | None = None
    for piece in passage.evidence:
        if isinstance(piece.item, Code) and _digest(piece.item) == event.key:
            known = piece.item
    if known is None:
        return False
    if _says_nothing(event.code):
        return known.verdict is CodeVerdict.UNVERIFIED and known.reason == ASKING
    return _said(known) != _said(event.code)


def has_room(passage: Passage) -> bool:
    """Say whether an answer still fits into a passage."""
    return len(passage.evidence) < MAX_ANSWERED


def remembered(
    state: LaneState, ended: Passage, now: Instant | None = None, *, boot: int | None = None
) -> LaneState:
    """Return the state that still knows whom a late answer is about. `boot` is this run's; a passage of
    another one is dated from `now` back, and let go where nobody can say how long ago it was: an answer of
    today must not be taken for one about a passage of days before."""
    now = now or ended.touched
    here = ended.id // PASSAGES_PER_BOOT == boot
    ended_us = _here_us(ended.touched, now, here=here)
    outcome = ended.decision.outcome if ended.decision else None
    dated = [(key, _here_us(shown, now, here=here)) for key, shown in _unanswered(ended)]
    owed = tuple(
        Owed(key, ended.id, shown_us, ended_us, outcome, ended.procedure_version)
        for key, shown_us in dated
        if shown_us is not None and ended_us is not None
    )
    return replace(state, asked=(*_still_owed(state, now), *owed)[-MAX_ASKED:]) if owed else state


def too_late(
    spec: LaneSpec, state: LaneState, event: CodeAnswered
) -> tuple[LaneState, tuple[Note, ...], tuple[Do, ...]]:
    """Return the state, the rows for the passages that ended before this answer came, and what to do: a
    word against somebody who is inside already is told at once."""
    if _says_nothing(event.code):
        return state, (), ()
    owed = [entry for entry in _still_owed(state, event.at) if entry.key == event.key]
    if not owed:
        return state, (), ()
    against = [_is_against(spec.version(entry.version), event) for entry in owed]
    if Fact.ANSWER_AGE_S not in event.code.subject:  # an old answer, told meanwhile, is not the last word
        state = replace(state, asked=tuple(entry for entry in state.asked if entry.key != event.key))
    notes = tuple(_beside(event, entry, against=one) for entry, one in zip(owed, against, strict=True))
    inside = [e for e, one in zip(owed, against, strict=True) if one and e.outcome is Outcome.ADMIT]
    if inside:
        minutes = max(1, -(-(event.at.mono_us - inside[-1].ended_us) // 60_000_000))
        warning = (f"{RED_LATE}:{minutes}", event.at.mono_us)
        state = replace(state, warning=warning, notice=warning)
    return state, notes, tuple(Do("voice", "alarm", entry.passage) for entry in inside)


def without_room(spec: LaneSpec, passage: Passage, event: CodeAnswered) -> Note:
    """Return the row for an answer that a passage has no room for."""
    owed = Owed(event.key, passage.id, event.asked_us, event.at.mono_us, None)
    return _beside(event, owed, against=_is_against(spec.of(passage), event))


def _beside(event: CodeAnswered, owed: Owed, *, against: bool) -> Note:
    """The row beside a passage. `against` and `admitted` together: somebody is inside whose code rules
    them out."""
    code = event.code
    body = {
        "passage": owed.passage,
        "carrier": code.carrier.value,
        "verdict": code.verdict.value,
        "reason": code.reason,
        "issuer": code.issuer,
        "subject": dict(code.subject),
        "waited_us": event.at.mono_us - owed.shown_us,
        "outcome": owed.outcome.value if owed.outcome is not None else None,
        "admitted": owed.outcome is Outcome.ADMIT,
        "against": against,
    }
    return Note("code.answered", body)


def _unanswered(passage: Passage) -> tuple[tuple[str, Instant], ...]:
    """Digests of codes whose platform has said nothing, in time or at all, and when each was shown last. An
    old answer that stood in for it is not its last word."""
    found: dict[str, tuple[Instant, str | None]] = {}
    for piece in passage.evidence:
        if not isinstance(piece.item, Code) or (key := _digest(piece.item)) is None:
            continue
        says_open = piece.item.verdict is CodeVerdict.UNVERIFIED and piece.item.reason in _OPEN
        if not says_open and Fact.ANSWER_AGE_S not in piece.item.subject:
            found.pop(key, None)
            continue
        before = found.get(key)
        # What follows a question is its end, and not another showing.
        shown = before[0] if before and before[1] == ASKING != piece.item.reason else piece.at
        found[key] = shown, piece.item.reason
    return tuple((key, shown) for key, (shown, _reason) in found.items())


def _still_owed(state: LaneState, now: Instant) -> tuple[Owed, ...]:
    return tuple(entry for entry in state.asked if 0 <= now.mono_us - entry.shown_us <= ASKED_MAX_US)


def _here_us(then: Instant, now: Instant, *, here: bool) -> int | None:
    """Return a moment on the monotonic clock of this run, None where it cannot be said."""
    if here:
        return then.mono_us
    on_wall_us, on_mono_us = now.at_us - then.at_us, now.mono_us - then.mono_us
    if on_mono_us >= 0 and abs(on_wall_us - on_mono_us) <= _APART_US:
        return then.mono_us  # only the gate was started anew, not the machine
    if then.clock.trusted and now.clock.trusted and on_wall_us >= 0:
        return now.mono_us - on_wall_us
    return None


def _is_against(procedure: Procedure, event: CodeAnswered) -> bool:
    """Say whether an answer alone rules a person out, by what a procedure accepts."""
    evidence = (Evidence(event.at, event.device, event.code),)
    return judge(procedure.acceptance, evidence, tuple(HEALTH), "").against


def _says_nothing(code: Code) -> bool:
    return code.verdict is CodeVerdict.UNVERIFIED and code.reason in _NOTHING_NEW


def _said(code: Code) -> tuple[object, ...]:
    """What an answer says, however old it is."""
    subject = {name: value for name, value in code.subject.items() if name != Fact.ANSWER_AGE_S}
    return code.verdict, code.reason, code.holder, subject


def _digest(code: Code) -> str | None:
    return code.personal.get("code_digest") or None
