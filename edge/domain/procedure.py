"""Which steps of a procedure are open, given the evidence."""

from collections.abc import Sequence

from edge.domain import statements
from edge.domain.circumstances import ANY, Circumstances
from edge.domain.code_step import code_status
from edge.domain.model import Answer, Carrier, Code, CodeVerdict, Evidence, Reason, ScreeningVerdict
from edge.domain.plan import (
    CONTACT,
    Choice,
    Effect,
    Grounds,
    Procedure,
    Question,
    Step,
    StepKind,
    Text,
)
from edge.domain.step_status import (
    Given,
    StepState,
    StepStatus,
    asked_status,
    effect_of,
    latest_answers,
)

ASKING = statements.ASKING

__all__ = [
    "ASKING",
    "CONTACT",
    "Choice",
    "Effect",
    "Grounds",
    "Procedure",
    "Question",
    "Step",
    "StepKind",
    "StepState",
    "StepStatus",
    "Text",
    "category",
    "effect_of",
    "latest_answers",
    "statuses",
]


def statuses(
    procedure: Procedure,
    evidence: Sequence[Evidence],
    temperature: ScreeningVerdict,
    around: Circumstances = ANY,
) -> tuple[StepStatus, ...]:
    """Return every step that is for this passage with its state, in the procedure's order."""
    places = {p.item.question: i for i, p in enumerate(evidence) if isinstance(p.item, Answer)}
    answers, who = latest_answers(evidence), category(evidence)
    given = Given(evidence, answers, places, temperature, procedure.acceptance, who)
    mine = (step for step in procedure.steps if step.when.holds(who, around, answers))
    if around.vehicle:  # what is not said of vehicles is asked of people
        mine = (step for step in mine if step.when.vehicle)
    return tuple(_status(step, given) for step in mine)


def category(evidence: Sequence[Evidence]) -> str:
    """Return the category of people the passage belongs to, from a valid pass of ours:
    what other issuers call people is no word of this site's rules."""
    for piece in evidence:
        item = piece.item
        if (
            isinstance(item, Code)
            and item.verdict is CodeVerdict.VALID
            and item.carrier is Carrier.GATEPOST_PASS
        ):
            return item.subject.get("category", "visitor")
    return "visitor"


def _status(step: Step, given: Given) -> StepStatus:
    if step.kind is StepKind.TEMPERATURE:
        return _temperature_status(step, given.temperature)
    if step.kind is StepKind.CODE:
        return code_status(step, given)
    if any(code.carrier in step.unless and code.verdict is CodeVerdict.VALID for code in given.codes):
        return StepStatus(step, StepState.DONE)
    return asked_status(step, step.questions, given.answers)


def _temperature_status(step: Step, verdict: ScreeningVerdict) -> StepStatus:
    match verdict:
        case ScreeningVerdict.NORMAL:
            return StepStatus(step, StepState.DONE)
        case ScreeningVerdict.OVER:
            return StepStatus(step, StepState.FAILED, (Reason.TEMPERATURE_OVER_THRESHOLD,))
        case ScreeningVerdict.AGAIN:
            return StepStatus(step, StepState.FAILED, (Reason.TEMPERATURE_AGAIN,))
        case ScreeningVerdict.TOO_LOW:
            return StepStatus(step, StepState.MISSING, (Reason.TEMPERATURE_TOO_LOW,))
        case ScreeningVerdict.UNRELIABLE:
            return StepStatus(step, StepState.MISSING, (Reason.TEMPERATURE_UNRELIABLE,))
        case _:
            return StepStatus(step, StepState.MISSING)
