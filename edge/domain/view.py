"""What a page may know of a lane now: a snapshot, no fact; made only from a state that is on disk.

Names and rooms in it are for the attendant's eyes while the person stands there; they live in
memory only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from edge.domain import rules
from edge.domain.access_view import card, closure
from edge.domain.bench import rest_left_us
from edge.domain.calibration import days_left, standing
from edge.domain.circumstances import circumstances
from edge.domain.doubting import doubts
from edge.domain.known import Known
from edge.domain.lane_state import LaneSpec, LaneState
from edge.domain.learning import figures, is_away
from edge.domain.mask import seen_by_model
from edge.domain.model import (
    Answer,
    Code,
    Evidence,
    Instant,
    Looked,
    Measurement,
    Outcome,
    Passage,
    Reading,
    ScreeningVerdict,
    Stage,
)
from edge.domain.passing import is_hushed
from edge.domain.procedure import Grounds, Question, StepState, StepStatus, category, statuses
from edge.domain.screening import find
from edge.domain.telling import following
from edge.domain.vehicle_view import outline, vehicle_view
from edge.domain.walk_view import advice, measurements, twice

Json = dict[str, Any]


def lane_view(spec: LaneSpec, state: LaneState, now: Instant) -> Json:
    """Return the lane as a JSON-ready object."""
    shown, procedure = state.active or (state.last if state.group is None else None), spec.of(state.active)
    view: Json = {
        "lane": spec.name,
        "direction": spec.direction,
        "procedure": {
            "name": procedure.name,
            "number": procedure.number,
            "version": procedure.version,
            "title": dict(procedure.title),
            "vehicles": any(step.when.vehicle for step in procedure.steps),
        },
        "stage": _stage(state),
        "passage": state.active.id if state.active else None,
        "chosen": [_grounds(reason) for reason in procedure.reasons],
        "parked": [_parked(spec, passage, now) for passage in state.parked],
        "vehicle": vehicle_view(spec, state),
        "last": _last(state.last),
        "temperature": {
            "verdict": ScreeningVerdict.MISSING.value,
            "live_mdegc": state.live_mdegc,
            "rest_s": spec.policy.rest_us // 1_000_000,
        },
        "picture": _picture(state.picture),
        "notices": [state.notice[0]] if state.notice else [],
        "calibrations": calibrations(state, now),
        "levels": levels(spec, state, now),
        "doubts": doubts(spec, state),
        "pieces": 0,
        "measured": [],
        "steps": [],
        "ask": [],
        "say": None,
        "actions": [],
        "reasons": [],
        "person": {},
        "closure": closure(spec.access),
        "card": None,
    }
    if shown is not None:
        view |= _passage(spec, shown, view["temperature"], state, now)
    return view


def calibrations(state: LaneState, now: Instant) -> list[Json]:
    """Return the newest calibration of each thermometer and how it stands now, JSON-ready."""
    views = [
        asdict(found) | {"standing": standing(found, now).value, "days_left": days_left(found, now)}
        for found in state.calibrations
    ]
    for view in views:
        del view["here"]  # its standing says so
    return views


def levels(spec: LaneSpec, state: LaneState, now: Instant) -> list[Json]:
    """Return what was learned of healthy people, by thermometer and of the rested apart, JSON-ready: what is
    expected in the air of the last person, and by how much people of late are off it. A shift is only said of
    the place a thermometer is meant for: nobody can confirm one of a wrist that is held before it."""
    return [
        figures(spec, known, now)
        | {
            "elsewhere": is_away(spec, known),
            "shifted": known.told and not is_away(spec, known),
            "confirmed": known.before is not None and not is_away(spec, known),
            "taught_us": None if known.last is None else known.last.at_us,
        }
        for known in state.healthy
    ]


def _picture(reading: Reading | None) -> Json | None:
    """The newest frame of an array while somebody stands before it."""
    if reading is None or reading.grid is None:
        return None
    return {"raw": reading.raw.hex(), "grid": asdict(reading.grid), "hottest_mdegc": reading.surface_mdegc}


def _grounds(reason: Grounds) -> Json:
    outcomes = [outcome.value for outcome in reason.outcomes]
    return {"value": reason.value, "title": dict(reason.title), "outcomes": outcomes}


def _stage(state: LaneState) -> str:
    if state.active is not None:
        return state.active.stage.value
    if state.group is not None:
        return "aboard"
    return "ended" if state.last is not None else "idle"


def _passage(spec: LaneSpec, passage: Passage, temperature: Json, state: LaneState, now: Instant) -> Json:
    finding, procedure = find(passage.evidence, spec.policy), spec.of(passage)
    steps = statuses(procedure, passage.evidence, finding.verdict, circumstances(passage))
    item = passage.evidence[finding.deciding].item if finding.deciding is not None else None
    measured = item if isinstance(item, Measurement) else None
    ended = passage.stage is Stage.ENDED
    return {
        "opened_us": passage.opened.at_us,
        "category": category(passage.evidence),
        "temperature": temperature
        | {
            "verdict": finding.verdict.value,
            "body_mdegc": measured.body_mdegc if measured else None,
            "surface_mdegc": measured.surface_mdegc if measured else None,
            "ambient_mdegc": measured.ambient_mdegc if measured else None,
            "conversion": measured.conversion if measured else None,
            "decides": spec.policy.decides,
            "legal": finding.legal.value,
            "level": finding.level.value,
            "ppm": finding.ppm,
            "out_milli": finding.out_milli,
            "advice": None if ended else advice(spec, state, passage, now),
            "twice": twice(passage, finding),
        },
        "steps": [_step(status) for status in steps],
        "ask": [] if ended else _ask(steps, seen_by_model(passage), ordered=procedure.ordered),
        "say": None if ended else _sentence(steps),
        "actions": [] if ended else _actions(finding.verdict, procedure.outcomes),
        "reasons": [str(reason) for reason in passage.decision.reasons] if passage.decision else [],
        "person": {} if ended else _person(passage.evidence),
        "card": card(passage),
        "pieces": len(passage.evidence),
        "measured": measurements(passage),
    }


def _step(status: StepStatus) -> Json:
    return {
        "id": status.step.id,
        "kind": status.step.kind.value,
        "must": status.step.must,
        "state": status.state.value,
        "title": dict(status.step.title),
        "reasons": [str(reason) for reason in status.reasons],
        "required": status.step.required,
    }


def _sentence(steps: Sequence[StepStatus]) -> Mapping[str, str] | None:
    """What the visitor is told to do next, where the procedure has a sentence for it."""
    step = following(steps)
    return dict(step.say) if step is not None and step.say else None


def _ask(steps: Sequence[StepStatus], looked: Mapping[str, Looked], *, ordered: bool) -> list[Json]:
    """What can be answered now. In an ordered procedure instruments run ahead by themselves, but
    the attendant is asked one step at a time. What a model answered stands there last, to be corrected."""
    asked: list[Json] = []
    for status in steps:
        if status.state is StepState.DONE:
            continue
        instead = {question.id for question in status.step.instead}
        asked.extend(_question(status, question, instead=question.id in instead) for question in status.wants)
        if ordered and any(not entry["instead"] and entry["needed"] for entry in asked):
            break
    there = {entry["id"] for entry in asked}
    asked.extend(
        _question(status, question, instead=False)
        for status in steps
        for question in status.step.questions
        if question.id in looked and question.id not in there
    )
    for entry in asked:
        if entry["id"] in looked:
            entry["looked"] = asdict(looked[entry["id"]])
    return asked


def _question(status: StepStatus, question: Question, *, instead: bool) -> Json:
    return {
        "id": question.id,
        "step": status.step.id,
        "kind": question.kind,
        "title": dict(question.title),
        "personal": question.personal,
        "required": question.required,
        "needed": status.step.required,
        "instead": instead,
        "rung": question.rung,
        "days": question.days,
        "choices": [{"value": choice.value, "title": dict(choice.title)} for choice in question.choices],
    }


def _actions(verdict: ScreeningVerdict, outcomes: Sequence[Outcome]) -> list[str]:
    ends = [outcome.value for outcome in (Outcome.TURN_BACK, Outcome.REFER) if outcome in outcomes]
    actions = [*ends, "rest", "park", "abandon"]
    if verdict is not ScreeningVerdict.NORMAL:
        actions.insert(0, "contact")
    if verdict is not ScreeningVerdict.AGAIN:
        actions.insert(0, "admit")
    return actions


def _person(evidence: Sequence[Evidence]) -> Mapping[str, str]:
    person: dict[str, str] = {}
    for piece in evidence:
        item = piece.item
        if isinstance(item, Code):
            person |= {key: item.personal[key] for key in ("name", "room") if item.personal.get(key)}
            person |= {key: item.subject[key] for key in ("category", "building") if item.subject.get(key)}
        elif isinstance(item, Known) and item.found and item.register == "people":
            person |= {key: item.personal[key] for key in ("name", "room") if item.personal.get(key)}
            person |= {"category": item.category} if item.category else {}
        elif isinstance(item, Answer) and item.question in ("name", "room"):
            person[item.question] = item.value
    return person


def _parked(spec: LaneSpec, passage: Passage, now: Instant) -> Json:
    rest = passage.rests[-1] if passage.rests else None
    return {
        "passage": passage.id,
        "ticket": passage.ticket,
        "why": str(rest.why) if rest else "other",
        "since_us": rest.since.at_us if rest else passage.touched.at_us,
        "rest_left_s": -(-rest_left_us(spec, passage, now) // 1_000_000),
        "reasons": [str(reason) for reason in passage.decision.reasons] if passage.decision else [],
        "second": rules.has_second_measurement(passage.evidence),
        "name": _person(passage.evidence).get("name"),
        **({"vehicle": True, **_aside(passage)} if passage.vehicle else {}),
        "group": passage.group,
    }


def _aside(vehicle: Passage) -> Json:
    return {name: value for name, value in outline(vehicle).items() if name != "passage"}


def _last(passage: Passage | None) -> Json | None:
    if passage is None or passage.decision is None or passage.decision.outcome is None:
        return None
    return {
        "passage": passage.id,
        "outcome": passage.decision.outcome.value,
        "reasons": [str(reason) for reason in passage.decision.reasons],
        "at_us": passage.touched.at_us,
        "by": passage.decision.by,
        "hushed": is_hushed(passage.decision),
    }
