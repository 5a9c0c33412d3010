"""How far a step of a passage is, and how one stands that consists of questions. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from edge.domain.acceptance import Acceptance
from edge.domain.model import Answer, Code, Evidence, ScreeningVerdict
from edge.domain.plan import Effect, Question, Step


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

    @property
    def keeps_out(self) -> bool:
        """Say whether nobody is admitted while it stands so: one that is not required can still fail."""
        done = self.state is StepState.DONE
        return not done and (self.step.required or self.state is StepState.FAILED)


def latest_answers(evidence: Sequence[Evidence]) -> dict[str, str]:
    """Return the newest answer to each question: a later tap corrects an earlier one."""
    return {piece.item.question: piece.item.value for piece in evidence if isinstance(piece.item, Answer)}


def effect_of(question: Question, value: str) -> Effect:
    """Return what an answer leads to; a value that is no choice of the question holds."""
    if question.kind != "choice":
        return Effect.OK
    choice = question.choice(value)
    return choice.effect if choice else Effect.HOLD


@dataclass(frozen=True, slots=True)
class Given:
    """What steps are judged by. `places` says where in the evidence each answer stands."""

    evidence: Sequence[Evidence]
    answers: Mapping[str, str]
    places: Mapping[str, int]
    temperature: ScreeningVerdict
    acceptance: Acceptance
    category: str

    @property
    def codes(self) -> list[Code]:
        return [piece.item for piece in self.evidence if isinstance(piece.item, Code)]


def asked_status(step: Step, questions: Sequence[Question], answers: Mapping[str, str]) -> StepStatus:
    """Return how a step stands by the answers to these questions of it."""
    wants: list[Question] = []
    reasons: list[str] = []
    for question in questions:
        value = answers.get(question.id)
        effect = Effect.REPEAT if value is None else effect_of(question, value)
        if effect is Effect.REPEAT:
            wants.append(question)
        elif effect is not Effect.OK:
            reasons.append(f"answer_{effect}:{question.id}")
    # What may be left out is asked beside what may not, and never for its own sake.
    if not any(question.required for question in wants):
        wants = []
    if reasons:
        return StepStatus(step, StepState.FAILED, tuple(reasons), tuple(wants))
    return StepStatus(step, StepState.MISSING if wants else StepState.DONE, (), tuple(wants))
