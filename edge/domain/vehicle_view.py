"""What a page may know of the vehicle that stands in a lane. A snapshot, no fact."""

from collections.abc import Mapping
from typing import Any

from edge.domain.access_view import card
from edge.domain.circumstances import circumstances
from edge.domain.lane_state import LaneSpec, LaneState
from edge.domain.model import Answer, Passage, ScreeningVerdict
from edge.domain.plan import Grounds, Question
from edge.domain.procedure import statuses
from edge.domain.vehicle import ABOARD, GROUNDS, PLATE, SHEET, counted, said, told
from edge.domain.vehicle_seats import is_awaited, open_of

Json = dict[str, Any]


def vehicle_view(spec: LaneSpec, state: LaneState) -> Json | None:
    """Return the vehicle in the lane, JSON-ready; None where none stands there."""
    if state.group is None:
        return None
    vehicle = state.group.vehicle
    decision = vehicle.decision
    waiting = open_of(state, vehicle.id)
    return {
        **outline(vehicle),
        "direction": vehicle.direction,
        "seat": counted(vehicle.occupants) + len(waiting),
        "waiting": len(waiting) - (state.active is not None),
        "occupants": [
            {"passage": one.passage, "outcome": one.outcome.value, "against": one.against}
            for one in vehicle.occupants
        ],
        "awaited": state.active is None and is_awaited(state),
        "hold": decision is not None and decision.hold,
        "reasons": list(decision.reasons) if decision is not None else [],
        "missing": list(decision.missing) if decision is not None else [],
        "card": card(vehicle),
        "answers": _answers(vehicle),
        "ask": _ask(spec, vehicle),
        "chosen": [_grounds(one) for one in (*GROUNDS, *spec.of(vehicle).reasons)],
    }


def outline(vehicle: Passage) -> Json:
    """Return what a vehicle is shown by in a list."""
    return {
        "passage": vehicle.id,
        "plate": said(vehicle.evidence, PLATE),
        "kind": said(vehicle.evidence, "vehicle_kind"),
        "told": told(vehicle),
        "done": counted(vehicle.occupants),
    }


def _answers(vehicle: Passage) -> Mapping[str, str]:
    return {
        piece.item.question: piece.item.value
        for piece in vehicle.evidence
        if isinstance(piece.item, Answer) and not piece.item.personal and piece.item.question != ABOARD
    }


def _ask(spec: LaneSpec, vehicle: Passage) -> list[Json]:
    """Return what can be recorded of a vehicle, what its procedure asks for first."""
    around = circumstances(vehicle)
    steps = statuses(spec.of(vehicle), vehicle.evidence, ScreeningVerdict.MISSING, around)
    wanted = {question.id for status in steps for question in status.wants}
    own = {question.id: question for status in steps for question in status.step.questions}
    more = {question.id: question for question in SHEET if question.id not in own}
    asked = [one for one in (own | more).values() if one.id not in (PLATE, ABOARD)]
    return [_question(one, required=one.id in wanted) for one in asked]


def _question(question: Question, *, required: bool) -> Json:
    return {
        "id": question.id,
        "kind": question.kind,
        "title": dict(question.title),
        "required": required,
        "choices": [{"value": choice.value, "title": dict(choice.title)} for choice in question.choices],
    }


def _grounds(reason: Grounds) -> Json:
    outcomes = [outcome.value for outcome in reason.outcomes]
    return {"value": reason.value, "title": dict(reason.title), "outcomes": outcomes}
