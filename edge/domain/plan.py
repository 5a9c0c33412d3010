"""A local procedure as data: its steps, its questions, and the rungs that may stand for a code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from edge.domain.acceptance import NOTHING, Acceptance
from edge.domain.ladder import Failure
from edge.domain.model import Carrier, Outcome
from edge.domain.whom import ALWAYS, When

CONTACT = "temperature_contact"
TICKED = "yes"  # the only answer to a tick
# How anybody can end whom the procedure does not keep from it; a passage may be abandoned in any.
ENDS = (Outcome.ADMIT, Outcome.TURN_BACK, Outcome.REFER)
Text = Mapping[str, str]


class StepKind(StrEnum):
    """What completes a step."""

    TEMPERATURE = "temperature"
    CODE = "code"
    QUESTION = "question"
    FORM = "form"
    TICK = "tick"  # done with one tap and counted: leaflet handed out, disinfected, mask seen
    VENUE = "venue"  # the attendant has seen what the visitor's phone shows of the posted venue code (R15)


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
    """One thing an attendant asks and records; without choices it is a text, a number, the number of an
    identity document, one tick, a date, a time of the day, or an itinerary: the places somebody was in
    during the last `days`. Questions that stand instead of a code belong to a `rung` of the ladder: what the
    phone shows, the document, the paper; the questions of one rung are enough."""

    id: str
    title: Text
    kind: str = "choice"
    choices: tuple[Choice, ...] = ()
    personal: bool = False
    required: bool = True
    rung: str = ""
    days: int = 0

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
    the step is complete as well once the registers know who this is (预先造册). `every`
    lists carriers of which each has to be shown by the same person (R5, R14); a rung that `covers` names
    stands for its carriers alone and not for the whole step.

    `when` says for whom the step is. One that is not `required` keeps nobody from passing. `unfinished` is
    what it means that somebody went away without the step, `failed` that nothing can complete it any more:
    `hold`, `turn_back`, `refer`, or "" for what holds of every procedure. `say` is shown and spoken while
    the step is next.
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
    every: tuple[Carrier, ...] = ()
    covers: Mapping[str, tuple[Carrier, ...]] = field(default_factory=dict)
    when: When = ALWAYS
    required: bool = True
    unfinished: str = ""
    failed: str = ""
    say: Text = field(default_factory=dict)
    known: bool = False


@dataclass(frozen=True, slots=True)
class Procedure:
    """The steps people must complete, in order or in any, and the one-tap reasons for attendants.
    `acceptance` says which health codes are enough; it is a file of its own with a version of its own.
    `outcomes` are those it can end in. `no_code_no_passage`: whoever shows no good code passes only by the
    lawful way beside it (R16, R76), never by an attendant's word alone. `offered` says where pages offer it
    (`first`, `more`, "" nowhere), `site` that it is for a kind of place and not a rule by its number."""

    name: str
    title: Text
    version: str
    steps: tuple[Step, ...]
    ordered: bool = True
    reasons: tuple[Grounds, ...] = ()
    number: str = ""
    acceptance: Acceptance = NOTHING
    outcomes: tuple[Outcome, ...] = ENDS
    no_code_no_passage: bool = False
    offered: str = ""
    site: bool = False
    _questions: dict[str, Question] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for step in self.steps:
            for question in (*step.questions, *step.instead):
                self._questions[question.id] = question

    @property
    def itineraries(self) -> tuple[str, ...]:
        """Return the questions that ask for the places of the last days."""
        return tuple(one.id for one in self._questions.values() if one.kind == "itinerary")

    def question(self, name: str) -> Question | None:
        """Return the question with this id, wherever in the procedure it stands."""
        return self._questions.get(name)
