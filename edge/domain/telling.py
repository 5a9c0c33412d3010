"""What a visitor is told to do next: the sentence of the step that comes next, where its file has one.

Pure. A sentence guides and tells no verdict; it is spoken once while its step is next.
"""

from collections.abc import Sequence
from dataclasses import replace

from edge.domain.circumstances import circumstances
from edge.domain.lane_state import Do, LaneSpec, LaneState
from edge.domain.model import Passage
from edge.domain.plan import Step
from edge.domain.ports import SAY
from edge.domain.procedure import statuses
from edge.domain.screening import find
from edge.domain.step_status import StepState, StepStatus


def following(steps: Sequence[StepStatus]) -> Step | None:
    """Return the step that comes next: the first that is open and keeps somebody from passing."""
    return next((one.step for one in steps if one.state is StepState.MISSING and one.step.required), None)


def sentence(spec: LaneSpec, state: LaneState, passage: Passage) -> tuple[LaneState, tuple[Do, ...]]:
    """Return what is to be said now, and the state that remembers it; nothing where it was said before."""
    procedure = spec.of(passage)
    if not any(step.say for step in procedure.steps):
        return state, ()
    verdict = find(passage.evidence, spec.policy).verdict
    step = following(statuses(procedure, passage.evidence, verdict, circumstances(passage)))
    if step is None or not step.say or state.told == (passage.id, step.id):
        return state, ()
    # Said for no passage: it is no effect of a decision, and no row tells of it.
    said = Do("voice", SAY, 0, tuple(sorted(step.say.items())))
    return replace(state, told=(passage.id, step.id)), (said,)
