"""Which steps of a procedure are open, given the evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from edge.domain import registered, statements
from edge.domain.acceptance import Acceptance, Judged, judge
from edge.domain.circumstances import ANY, Circumstances
from edge.domain.ladder import Failure, Lack, lack
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

ASKING = statements.ASKING
# Codes that are not done yet, rather than doubtful.
_PENDING = {
    ASKING: Reason.CODE_ASKING,
    "chunks_missing": Reason.CODE_CHUNKS,
    "chunks_mixed": Reason.CODE_CHUNKS,
}

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


class StepState(StrEnum):
    """How far a step is."""

    MISSING = "missing"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StepStatus:
    """One step with its state; `reasons` say why it is not done; `wants` is what is still to be
    answered for it."""

    step: Step
    state: StepState
    reasons: tuple[str, ...] = ()
    wants: tuple[Question, ...] = ()


def statuses(
    procedure: Procedure,
    evidence: Sequence[Evidence],
    temperature: ScreeningVerdict,
    around: Circumstances = ANY,
) -> tuple[StepStatus, ...]:
    """Return every step with its state, in the procedure's order."""
    places = {p.item.question: i for i, p in enumerate(evidence) if isinstance(p.item, Answer)}
    given = _Given(evidence, latest_answers(evidence), places, temperature, procedure.acceptance)
    return tuple(_status(step, given) for step in procedure.steps)


def latest_answers(evidence: Sequence[Evidence]) -> dict[str, str]:
    """Return the newest answer to each question: a later tap corrects an earlier one."""
    return {piece.item.question: piece.item.value for piece in evidence if isinstance(piece.item, Answer)}


def effect_of(question: Question, value: str) -> Effect:
    """Return what an answer leads to; a value that is no choice of the question holds."""
    if question.kind != "choice":
        return Effect.OK
    choice = question.choice(value)
    return choice.effect if choice else Effect.HOLD


def category(evidence: Sequence[Evidence]) -> str:
    """Return the category of people the passage belongs to, from the register or else a valid pass of ours:
    what other issuers call people is no word of this site's rules."""
    known = registered.person(evidence)
    if known is not None and known.category:
        return known.category
    for piece in evidence:
        item = piece.item
        if (
            isinstance(item, Code)
            and item.verdict is CodeVerdict.VALID
            and item.carrier is Carrier.GATEPOST_PASS
        ):
            return item.subject.get("category", "visitor")
    return "visitor"


@dataclass(frozen=True, slots=True)
class _Given:
    """What steps are judged by. `places` says where in the evidence each answer stands."""

    evidence: Sequence[Evidence]
    answers: Mapping[str, str]
    places: Mapping[str, int]
    temperature: ScreeningVerdict
    acceptance: Acceptance

    @property
    def codes(self) -> list[Code]:
        return [piece.item for piece in self.evidence if isinstance(piece.item, Code)]


def _status(step: Step, given: _Given) -> StepStatus:
    if step.known and step.kind is not StepKind.TEMPERATURE and registered.is_known(given.evidence):
        return StepStatus(step, StepState.DONE)
    if step.kind is StepKind.TEMPERATURE:
        return _temperature_status(step, given.temperature)
    if step.kind is StepKind.CODE:
        return _code_status(step, given)
    if any(code.carrier in step.unless and code.verdict is CodeVerdict.VALID for code in given.codes):
        return StepStatus(step, StepState.DONE)
    return _asked_status(step, step.questions, given.answers)


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


def _code_status(step: Step, given: _Given) -> StepStatus:
    edition = given.acceptance.edition
    judged = judge(given.acceptance, given.evidence, step.carriers, category(given.evidence))
    last = statements.last_words(given.evidence, (*step.carriers, *step.unless))
    fitting = [code for _first, _piece, code in last]
    if edition == 1:
        fitting = [code for code in given.codes if code.carrier in (*step.carriers, *step.unless)]
    lacking = lack(given.evidence, last, judged, edition)
    instead = _instead(step, given, lacking)
    proven = any(
        code.verdict is CodeVerdict.VALID
        and (code.carrier not in statements.health_of(edition) or code.carrier in step.unless)
        for code in fitting
    )
    # What speaks against a person is for the attendant to decide by name: no other code and no answer
    # makes up for it, and while a platform is asked it may come yet.
    if not judged.against and not judged.asks:
        if instead is not None and instead.state is StepState.FAILED:
            return replace(instead, wants=_corrigible(step, given))
        if proven or judged.way is not None:
            return StepStatus(step, StepState.DONE)
        if instead is not None:
            return instead
    wants = () if judged.against else _rungs_left(step, given, lacking)
    state, reasons = _why_not(fitting, judged, edition, any_read=bool(given.codes))
    return StepStatus(step, state, reasons, wants)


def _instead(step: Step, given: _Given, lacking: Lack) -> StepStatus | None:
    """Return how far the ladder got that stands beside a code; None while no rung is complete. What was
    seen on one rung (a phone that is not green) is not made good by another."""
    done: StepStatus | None = None
    for rung in dict.fromkeys(question.rung for question in step.instead):
        questions = [question for question in step.instead if question.rung == rung]
        status = _asked_status(step, questions, given.answers)
        if status.state is StepState.FAILED:
            return status
        required = [question for question in questions if question.required]
        stands = _may_stand(step, rung, lacking) and all(
            _is_fresh(step, question, given, lacking) for question in required
        )
        if status.state is StepState.DONE and (stands or _stood(step, required, given, lacking)):
            done = done or status
    return done


def _stood(step: Step, questions: Sequence[Question], given: _Given, lacking: Lack) -> bool:
    """Say whether a rung was answered while its code had no answer: the good one that came late is no
    reason to ask for more than then."""
    return all(
        Failure.UNANSWERED in step.ladder.get(question.rung, ())
        and lacking.first < given.places.get(question.id, -1) < lacking.until
        for question in questions
    )


def _corrigible(step: Step, given: _Given) -> tuple[Question, ...]:
    """Return the questions whose answer stands against the step: a wrong tap can be corrected."""
    said = given.answers
    return tuple(
        question
        for question in step.instead
        if question.id in said and effect_of(question, said[question.id]) not in (Effect.OK, Effect.REPEAT)
    )


def _rungs_left(step: Step, given: _Given, lacking: Lack) -> tuple[Question, ...]:
    """Return what is still to be answered on the rungs that may stand for the codes now."""
    return tuple(
        question
        for question in step.instead
        if _may_stand(step, question.rung, lacking)
        and (
            not _is_fresh(step, question, given, lacking)
            or effect_of(question, given.answers[question.id]) is Effect.REPEAT
        )
    )


def _may_stand(step: Step, rung: str, lacking: Lack) -> bool:
    return rung not in step.ladder or lacking.failure in step.ladder[rung]


def _is_fresh(step: Step, question: Question, given: _Given, lacking: Lack) -> bool:
    """Say whether a question is answered for the code that failed: a phone that was looked at before it
    showed this code says nothing of it. A rung that needs no code is about the person."""
    failures = step.ladder.get(question.rung, (Failure.NOTHING,))
    first = -1 if Failure.NOTHING in failures else lacking.first
    return given.places.get(question.id, -1) > first


def _why_not(
    fitting: Sequence[Code], judged: Judged, edition: int, *, any_read: bool
) -> tuple[StepState, tuple[str, ...]]:
    """Return how a code step stands that no code completes; `any_read`: some code was."""
    newest = fitting[-1] if fitting else None
    unverified = newest is not None and newest.verdict is CodeVerdict.UNVERIFIED
    pending = _PENDING.get(newest.reason or "") if newest is not None and unverified else None
    if pending is not None and not judged.against:
        return StepState.MISSING, (pending,)
    if judged.shortfalls:
        words = tuple(f"{Reason.CODE_NOT_ACCEPTED}:{word}" for word in judged.shortfalls)
        return (StepState.MISSING if judged.waits else StepState.FAILED), words
    if judged.asks and edition > 1:  # nobody is held for one code while the word about another is due
        return StepState.MISSING, (Reason.CODE_ASKING,)
    if newest is not None:
        return StepState.FAILED, (f"code_{newest.verdict}",)
    if any_read:
        return StepState.FAILED, (Reason.CODE_NOT_ACCEPTED,)
    return StepState.MISSING, ()


def _asked_status(step: Step, questions: Sequence[Question], answers: Mapping[str, str]) -> StepStatus:
    wants: list[Question] = []
    reasons: list[str] = []
    for question in questions:
        value = answers.get(question.id)
        effect = Effect.REPEAT if value is None else effect_of(question, value)
        if effect is Effect.REPEAT:
            if question.required:
                wants.append(question)
        elif effect is not Effect.OK:
            reasons.append(f"answer_{effect}:{question.id}")
    if reasons:
        return StepStatus(step, StepState.FAILED, tuple(reasons), tuple(wants))
    return StepStatus(step, StepState.MISSING if wants else StepState.DONE, (), tuple(wants))
