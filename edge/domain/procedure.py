"""A local procedure as data, and which of its steps are open, given the evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from edge.domain.model import Answer, Carrier, Code, CodeVerdict, Evidence, Outcome, Reason, ScreeningVerdict

CONTACT = "temperature_contact"
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
    """One thing an attendant asks and records; without choices it is a text or a number."""

    id: str
    title: Text
    kind: str = "choice"
    choices: tuple[Choice, ...] = ()
    personal: bool = False
    required: bool = True

    def choice(self, value: str) -> Choice | None:
        """Return the choice with this value."""
        return next((choice for choice in self.choices if choice.value == value), None)


@dataclass(frozen=True, slots=True)
class Step:
    """One named step (身份、测温、扫码 …).

    `must` names which of the four musts it fulfils. `carriers` are the code formats that complete a
    code step, `instead` the questions that complete it without a code (R76). `unless` lists
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
    """The steps people must complete, in order or in any, and the one-tap reasons for attendants."""

    name: str
    title: Text
    version: str
    steps: tuple[Step, ...]
    ordered: bool = True
    reasons: tuple[Grounds, ...] = ()
    number: str = ""
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
    answers = latest_answers(evidence)
    codes = [piece.item for piece in evidence if isinstance(piece.item, Code)]
    return tuple(_status(step, answers, codes, temperature) for step in procedure.steps)


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
    """Return the category of people the passage belongs to, from its valid codes."""
    for piece in evidence:
        item = piece.item
        if isinstance(item, Code) and item.verdict is CodeVerdict.VALID and item.subject.get("category"):
            return item.subject["category"]
    return "visitor"


def _status(
    step: Step, answers: Mapping[str, str], codes: Sequence[Code], temperature: ScreeningVerdict
) -> StepStatus:
    if step.kind is StepKind.TEMPERATURE:
        return _temperature_status(step, temperature)
    if any(code.carrier in step.unless and code.verdict is CodeVerdict.VALID for code in codes):
        return StepStatus(step, StepState.DONE)
    if step.kind is StepKind.CODE:
        return _code_status(step, answers, codes)
    return _asked_status(step, step.questions, answers)


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


def _code_status(step: Step, answers: Mapping[str, str], codes: Sequence[Code]) -> StepStatus:
    fitting = [code for code in codes if code.carrier in step.carriers]
    if any(code.verdict is CodeVerdict.VALID for code in fitting):
        return StepStatus(step, StepState.DONE)
    if step.instead:
        instead = _asked_status(step, step.instead, answers)
        if instead.state is not StepState.MISSING:
            return instead
    wants = tuple(question for question in step.instead if question.id not in answers)
    if fitting:
        return StepStatus(step, StepState.FAILED, (f"code_{fitting[-1].verdict}",), wants)
    if codes:
        return StepStatus(step, StepState.FAILED, (Reason.CODE_NOT_ACCEPTED,), wants)
    return StepStatus(step, StepState.MISSING, (), wants)


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
