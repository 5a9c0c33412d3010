"""What a camera's model says of a mask, as an answer to the procedure's own question. Pure.

A model never ends a passage by itself: what it sees is answered only where that asks again or holds, and an
attendant's tap goes before it for the rest of the passage.
"""

from dataclasses import dataclass

from edge.domain.circumstances import circumstances
from edge.domain.events import MaskSeen
from edge.domain.lane_state import LaneSpec, LaneState
from edge.domain.model import Answer, Evidence, Looked, Passage, ScreeningVerdict
from edge.domain.procedure import Effect, Question, effect_of, statuses

MUST = "mask"
MASKED, BARE = "masked", "bare"
UNSURE = "mask_unsure"
_TAPPED = ("choice", "tick")
_YES = "yes"
_NO = (Effect.REPEAT, Effect.HOLD)  # reminded before held; never sent away by a picture


@dataclass(frozen=True, slots=True)
class Said:
    """What comes of it: an answer, or a word for the attendant, or nothing at all."""

    piece: Evidence | None = None
    notice: str = ""


NOTHING = Said()


def wanted(spec: LaneSpec, state: LaneState) -> int | None:
    """Return the number of the passage whose mask a camera is to look for, None where nobody asks."""
    passage = state.active
    question = None if passage is None else _open(spec, passage)
    return None if passage is None or question is None else passage.id


def said(spec: LaneSpec, state: LaneState, event: MaskSeen) -> Said:
    """Return what a model's word comes to. One about somebody who is gone comes to nothing."""
    passage = state.active
    if passage is None or passage.id != event.passage:
        return NOTHING
    question = _open(spec, passage)
    if question is None:
        return NOTHING
    value = _value(question, event.seen)
    if value is None:
        return Said(notice=UNSURE)
    last = _last(passage, question)
    if last is not None and last.value == value:
        return NOTHING
    looked = Looked(event.model, event.score, event.pictures)
    answer = Answer(question.id, value, f"model:{event.model}", question.personal, looked=looked)
    return Said(Evidence(event.at, event.device, answer))


def seen_by_model(passage: Passage) -> dict[str, Looked]:
    """Return the questions that a model answered last, and how sure it was."""
    last = {piece.item.question: piece.item for piece in passage.evidence if isinstance(piece.item, Answer)}
    return {name: answer.looked for name, answer in last.items() if answer.looked is not None}


def _open(spec: LaneSpec, passage: Passage) -> Question | None:
    """Return the question of the mask while a model may still answer it."""
    # Which steps are somebody's does not depend on the temperature.
    steps = statuses(spec.of(passage), passage.evidence, ScreeningVerdict.MISSING, circumstances(passage))
    asked = (question for status in steps if status.step.must == MUST for question in status.step.questions)
    question = next((question for question in asked if question.kind in _TAPPED), None)
    if question is None:
        return None
    given = [
        p.item for p in passage.evidence if isinstance(p.item, Answer) and p.item.question == question.id
    ]
    if any(answer.looked is None for answer in given):
        return None
    done = bool(given) and effect_of(question, given[-1].value) is Effect.OK
    return None if done else question


def _last(passage: Passage, question: Question) -> Answer | None:
    answers = (piece.item for piece in reversed(passage.evidence) if isinstance(piece.item, Answer))
    return next((answer for answer in answers if answer.question == question.id), None)


def _value(question: Question, seen: str) -> str | None:
    """Return the answer that says so, None where there is none that a model may give."""
    if seen == MASKED and question.kind == "tick":
        return _YES
    effects = (Effect.OK,) if seen == MASKED else _NO if seen == BARE else ()
    for effect in effects:
        for choice in question.choices:
            if choice.effect is effect:
                return choice.value
    return None
