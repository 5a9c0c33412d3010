"""A local procedure as data, and which of its steps are open, given the evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from edge.domain.acceptance import HEALTH, NOTHING, Acceptance, Judged, judge
from edge.domain.model import Answer, Carrier, Code, CodeVerdict, Evidence, Outcome, Reason, ScreeningVerdict

CONTACT = "temperature_contact"
# The reason of a code while its platform is being asked.
ASKING = "ask_platform"
# Codes that are not done yet, rather than doubtful.
_PENDING = {
    ASKING: Reason.CODE_ASKING,
    "chunks_missing": Reason.CODE_CHUNKS,
    "chunks_mixed": Reason.CODE_CHUNKS,
}
Text = Mapping[str, str]


class StepKind(StrEnum):
    """What completes a step."""

    TEMPERATURE = "temperature"
    CODE = "code"
    QUESTION = "question"
    FORM = "form"


class Effect(StrEnum):
    """What an answer leads to. REPEAT records it and asks again (reminded to put a mask on)."""

    OK = "ok"
    REPEAT = "repeat"
    HOLD = "hold"
    TURN_BACK = "turn_back"
    REFER = "refer"


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that can be tapped, in every language, and what follows from it."""

    value: str
    title: Text
    effect: Effect = Effect.OK


@dataclass(frozen=True, slots=True)
class Grounds:
    """One reason an attendant can give with one tap, and the outcomes it is offered for."""

    value: str
    title: Text
    outcomes: tuple[Outcome, ...] = (Outcome.ADMIT, Outcome.TURN_BACK, Outcome.REFER)


@dataclass(frozen=True, slots=True)
class Question:
    """One thing an attendant asks and records; without choices it is a text, a number, or the number of an
    identity document. Questions that stand instead of a code belong to a `rung` of the ladder: what the
    phone shows, the document, the paper; the questions of one rung are enough."""

    id: str
    title: Text
    kind: str = "choice"
    choices: tuple[Choice, ...] = ()
    personal: bool = False
    required: bool = True
    rung: str = ""

    def choice(self, value: str) -> Choice | None:
        """Return the choice with this value."""
        return next((choice for choice in self.choices if choice.value == value), None)


@dataclass(frozen=True, slots=True)
class Step:
    """One named step (身份、测温、扫码 …).

    `must` names which of the four musts it fulfils. `carriers` are the code formats that complete a
    code step, `instead` the questions that complete it without a code (R76), rung by rung. `unless` lists
    formats whose valid code completes the step by itself (a resident's pass holds the register).
    """

    id: str
    kind: StepKind
    title: Text
    must: str | None = None
    carriers: tuple[Carrier, ...] = ()
    questions: tuple[Question, ...] = ()
    instead: tuple[Question, ...] = ()
    unless: tuple[Carrier, ...] = ()


@dataclass(frozen=True, slots=True)
class Procedure:
    """The steps people must complete, in order or in any, and the one-tap reasons for attendants.
    `acceptance` says which health codes are enough; it is a file of its own with a version of its own."""

    name: str
    title: Text
    version: str
    steps: tuple[Step, ...]
    ordered: bool = True
    reasons: tuple[Grounds, ...] = ()
    number: str = ""
    acceptance: Acceptance = NOTHING
    _questions: dict[str, Question] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for step in self.steps:
            for question in (*step.questions, *step.instead):
                self._questions[question.id] = question

    def question(self, name: str) -> Question | None:
        """Return the question with this id, wherever in the procedure it stands."""
        return self._questions.get(name)


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
    procedure: Procedure, evidence: Sequence[Evidence], temperature: ScreeningVerdict
) -> tuple[StepStatus, ...]:
    """Return every step with its state, in the procedure's order."""
    given = _Given(evidence, latest_answers(evidence), temperature, procedure.acceptance)
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


@dataclass(frozen=True, slots=True)
class _Given:
    """What steps are judged by."""

    evidence: Sequence[Evidence]
    answers: Mapping[str, str]
    temperature: ScreeningVerdict
    acceptance: Acceptance

    @property
    def codes(self) -> list[Code]:
        return [piece.item for piece in self.evidence if isinstance(piece.item, Code)]


def _status(step: Step, given: _Given) -> StepStatus:
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
    fitting = [code for code in given.codes if code.carrier in (*step.carriers, *step.unless)]
    judged = judge(given.acceptance, given.evidence, step.carriers, category(given.evidence))
    instead = _instead(step, given.answers)
    proven = any(
        code.verdict is CodeVerdict.VALID and (code.carrier not in HEALTH or code.carrier in step.unless)
        for code in fitting
    )
    # What speaks against a person is for the attendant to decide by name: no other code and no answer
    # makes up for it, and while a platform is asked it may come yet.
    if not judged.against and not judged.asks:
        if instead is not None and instead.state is StepState.FAILED:
            return instead
        if proven or judged.way is not None:
            return StepStatus(step, StepState.DONE)
        if instead is not None:
            return instead
    wants = tuple(question for question in step.instead if question.id not in given.answers)
    state, reasons = _why_not(fitting, judged, shown=bool(given.codes))
    return StepStatus(step, state, reasons, wants)


def _instead(step: Step, answers: Mapping[str, str]) -> StepStatus | None:
    """Return how far the ladder got that stands beside a code; None while no rung is complete. What was
    seen on one rung (a phone that is not green) is not made good by another."""
    done: StepStatus | None = None
    for rung in dict.fromkeys(question.rung for question in step.instead):
        questions = [question for question in step.instead if question.rung == rung]
        status = _asked_status(step, questions, answers)
        if status.state is StepState.FAILED:
            return status
        if status.state is StepState.DONE:
            done = done or status
    return done


def _why_not(fitting: Sequence[Code], judged: Judged, *, shown: bool) -> tuple[StepState, tuple[str, ...]]:
    """Return how a code step stands that no code completes; `shown`: some code was read at all."""
    newest = fitting[-1] if fitting else None
    unverified = newest is not None and newest.verdict is CodeVerdict.UNVERIFIED
    pending = _PENDING.get(newest.reason or "") if newest is not None and unverified else None
    if pending is not None and not judged.against:
        return StepState.MISSING, (pending,)
    if judged.shortfalls:
        words = tuple(f"{Reason.CODE_NOT_ACCEPTED}:{word}" for word in judged.shortfalls)
        return (StepState.MISSING if judged.waits else StepState.FAILED), words
    if newest is not None:
        return StepState.FAILED, (f"code_{newest.verdict}",)
    if shown:
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
