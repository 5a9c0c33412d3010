"""A local procedure as data: its steps, its questions, and the rungs that may stand for a code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from edge.domain.acceptance import NOTHING, Acceptance
from edge.domain.ladder import Failure
from edge.domain.model import Carrier, Outcome

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
    code step, `instead` the questions that complete it without a code (R76), rung by rung; `ladder` says
    for which failures of the codes a rung may stand, one it does not name for each of them. `unless` lists
    formats whose valid code completes the step by itself (a resident's pass holds the register). `known`:
    the step is complete as well once the registers know who this is (预先造册).
    """

    id: str
    kind: StepKind
    title: Text
    must: str | None = None
    carriers: tuple[Carrier, ...] = ()
    questions: tuple[Question, ...] = ()
    instead: tuple[Question, ...] = ()
    unless: tuple[Carrier, ...] = ()
    ladder: Mapping[str, tuple[Failure, ...]] = field(default_factory=dict)
    known: bool = False


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
