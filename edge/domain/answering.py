"""What a platform's answer does to a lane: it joins the passage its code was shown in, wherever that
passage is by now; one that has ended gets a row beside it."""

from dataclasses import replace

from edge.domain.events import CodeAnswered
from edge.domain.lane_state import LaneState, Note
from edge.domain.model import Code, CodeVerdict, Passage
from edge.domain.procedure import ASKING

MAX_ASKED = 256

# Reasons that say nothing of the code: nobody has answered.
_NOTHING_NEW = frozenset({"platform_silent", "platform_down", "platform_garbled"})


def asked_of(passage: Passage, key: str) -> bool:
    """Say whether this passage showed the code."""
    return any(
        isinstance(piece.item, Code) and piece.item.personal.get("code_digest") == key
        for piece in passage.evidence
    )


def remembered(state: LaneState, ended: Passage) -> LaneState:
    """Return the state that still knows whom a late answer is about."""
    late = tuple((key, ended.id) for key in _unanswered(ended))
    return replace(state, asked=(*state.asked, *late)[-MAX_ASKED:]) if late else state


def too_late(state: LaneState, event: CodeAnswered) -> tuple[LaneState, tuple[Note, ...]]:
    """Return the state and the rows for an answer whose passages have ended."""
    passages = [passage for key, passage in state.asked if key == event.key]
    if not passages or event.code.reason in _NOTHING_NEW:
        return state, ()
    state = replace(state, asked=tuple(entry for entry in state.asked if entry[0] != event.key))
    notes = tuple(Note("code.answered", _told(event, passage)) for passage in passages)
    return state, notes


def _unanswered(passage: Passage) -> tuple[str, ...]:
    """Digests of codes whose platform has said nothing, in time or at all."""
    found: dict[str, None] = {}
    for piece in passage.evidence:
        item = piece.item
        if isinstance(item, Code) and (key := item.personal.get("code_digest")):
            if item.verdict is CodeVerdict.UNVERIFIED and item.reason in (_NOTHING_NEW | {ASKING}):
                found[key] = None
            else:
                found.pop(key, None)
    return tuple(found)


def _told(event: CodeAnswered, passage: int) -> dict[str, object]:
    code = event.code
    return {
        "passage": passage,
        "carrier": code.carrier.value,
        "verdict": code.verdict.value,
        "reason": code.reason,
        "issuer": code.issuer,
        "subject": dict(code.subject),
        "waited_us": event.at.mono_us - event.asked_us,
    }
