"""A case: what follows when a person is handed over for a check (移交), until somebody closes it. Pure.

Steps four to six of 一查二测三登记四对接五跟踪六管控: hand-over to a unit, follow-up, control measure.
A case keeps what made it and who it is about; everything after its opening is a command of a person.
"""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from itertools import combinations
from typing import Any

from edge.domain.errors import FormError
from edge.domain.identity import differ, of_another
from edge.domain.known import Kin, Standing
from edge.domain.model import (
    Answer,
    Code,
    CodeVerdict,
    Evidence,
    Measurement,
    Outcome,
    Passage,
    Reason,
    ScreeningVerdict,
)
from edge.domain.policy import Policy
from edge.domain.registered import newest
from edge.domain.rules import IDENTITIES, has_second_identity
from edge.domain.screening import find, seen

# What a code says besides who somebody is: of no use to a clinic.
_NOT_NEEDED = frozenset({"code_digest", "photo", "pass_id"})
# What a watch list says that nobody at the gate settles by letting somebody pass, whoever of a household it
# is; and what it says of whoever is on it themselves.
_LISTED = ("watch_refer", Reason.WATCH_ALARM)
_STOPPED = ("watch_hold", "watch_turn_back")


class CaseStage(StrEnum):
    """Where a case is on its way."""

    OPENED = "opened"
    HANDED_OVER = "handed_over"  # 对接
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class CaseStep(StrEnum):
    """What can happen to a case after it was opened; `case.` and this is the kind of the row."""

    HANDED_OVER = "handed_over"
    ACKNOWLEDGED = "acknowledged"
    FOLLOWED_UP = "followed_up"
    CLOSED = "closed"
    REOPENED = "reopened"


class FollowUp(StrEnum):
    """What a follow-up entry (跟踪) says; control measures (管控) are among them."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"
    AT_CLINIC = "at_clinic"
    TESTED = "tested"
    CONTROLLED = "controlled"
    RELEASED = "released"


class CaseResult(StrEnum):
    """How a case ends."""

    CONFIRMED = "confirmed"
    NOT_FEVER = "not_fever"
    UNREACHABLE = "unreachable"
    OTHER = "other"


class Reopening(StrEnum):
    """Why a closed case is opened again."""

    NEWS = "news"
    MISTAKE = "mistake"


def next_stage(
    stage: CaseStage, step: CaseStep, *, unit: str | None, result: CaseResult | None = None
) -> CaseStage:
    """Return the stage after a step. Raises FormError `case_stage` (409) for one that does not fit: only
    what was handed over is acknowledged, or confirmed by the unit that has it."""
    closed = stage is CaseStage.CLOSED
    fits = {
        CaseStep.HANDED_OVER: not closed,
        CaseStep.ACKNOWLEDGED: stage is CaseStage.HANDED_OVER,
        CaseStep.FOLLOWED_UP: not closed,
        CaseStep.CLOSED: not closed and (result is not CaseResult.CONFIRMED or unit is not None),
        CaseStep.REOPENED: closed,
    }
    if not fits[step]:
        raise FormError("case_stage", f"a case that is {stage} cannot be {step}", 409)
    return stage_after(stage, step, unit=unit)


def stage_after(stage: CaseStage, step: CaseStep, *, unit: str | None) -> CaseStage:
    """Return the stage after a step that was taken."""
    if step is CaseStep.FOLLOWED_UP:
        return stage
    if step is CaseStep.REOPENED:
        return CaseStage.OPENED if unit is None else CaseStage.HANDED_OVER
    return CaseStage(step.value)


def opening(policy: Policy, passage: Passage) -> tuple[dict[str, Any], dict[str, str]] | None:
    """Return the body and the personal fields of the case that a passage ends in; None where it ends in
    none. One is due for everybody who is referred, and for everybody whose temperature was over the
    threshold at the second measurement, on a list that refers or alarms, or on any other list that stops
    them, whatever the attendant decided. Who only belongs to such a household, or visits it, has none by
    that."""
    decision = passage.decision
    if decision is None or decision.outcome is None:
        return None
    finding = find(passage.evidence, policy)
    over = finding.verdict is ScreeningVerdict.OVER
    listed = any(reason.startswith(_LISTED) for reason in decision.reasons)
    if decision.outcome is not Outcome.REFER and not over and not listed and not _is_stopped(passage):
        return None
    first, second = measured_twice(passage.evidence, policy)
    reasons = list(decision.reasons)
    if over and Reason.TEMPERATURE_OVER_THRESHOLD not in reasons:
        reasons.insert(0, Reason.TEMPERATURE_OVER_THRESHOLD)
    body: dict[str, Any] = {
        "passage": passage.id,
        "direction": passage.direction,
        "passage_us": passage.opened.at_us,
        "outcome": decision.outcome.value,
        "why": [str(reason) for reason in reasons],
        "verdict": finding.verdict.value,
    }
    if decision.by is not None:
        body["by"] = decision.by
    for name, piece in (("first", first), ("second", second)):
        if piece is not None:
            body[name] = _measured(piece)
    personal = _person(passage.evidence)
    if decision.by is not None and decision.chosen:
        personal["chosen"] = decision.chosen  # sealed: it may be the attendant's own words
    return body, personal


def _is_stopped(passage: Passage) -> bool:
    """Say whether a list stopped this very person, or this very plate. Of several who might be meant nobody
    is called."""
    known = newest(passage.evidence)
    own = {
        hit.watch
        for one in known
        if one.standing is not Standing.SEVERAL
        for hit in one.hits
        if hit.kin is Kin.SELF
    }
    reasons = passage.decision.reasons if passage.decision is not None else ()
    return any(f"{said}:{watch}" in reasons for said in _STOPPED for watch in own)


def measured_twice(evidence: Sequence[Evidence], policy: Policy) -> tuple[Evidence | None, Evidence | None]:
    """Return the first measurement and the one that was taken to confirm it (复测), as the paper form asks
    for them: the first over the threshold and the one that decided, else the first and the last."""
    found = seen(evidence, policy)
    if not found:
        return None, None
    deciding = find(evidence, policy).deciding
    overs = [one.index for one in found if one.counts is ScreeningVerdict.OVER and one.index != deciding]
    first = overs[0] if overs else found[0].index
    second = found[-1].index if deciding is None or deciding <= first else deciding
    return evidence[first], evidence[second] if second > first else None


def _measured(piece: Evidence) -> dict[str, Any]:
    item = piece.item
    assert isinstance(item, Measurement)
    value: dict[str, Any] = {
        "at_us": piece.at.at_us,
        "clock": piece.at.clock.value,
        "body_mdegc": item.body_mdegc,
        "surface_mdegc": item.surface_mdegc,
        "ambient_mdegc": item.ambient_mdegc,
        "method": item.method.value,
        "site": item.site,
        "device": item.device,
        "conversion": item.conversion,
        "after_rest": item.after_rest,
        "by": item.by,
    }
    return {key: inner for key, inner in value.items() if inner is not None}


def _person(evidence: Sequence[Evidence]) -> dict[str, str]:
    """Everything the passage knows of who this is; an answer of today goes before what a code says. Codes
    that are not of one person, or not of the one who answered, are no fields of anybody: they stand beside
    the answers as one text (`claims`), code by code, for a person to sort out."""
    answers = [p for p in evidence if isinstance(p.item, Answer) and p.item.personal and p.item.value]
    codes = [p for p in evidence if isinstance(p.item, Code) and _names_somebody(p.item)]
    person: dict[str, str] = {}
    owns: list[dict[str, str]] = []
    for piece in codes:
        assert isinstance(piece.item, Code)
        own = {name: value for name, value in piece.item.personal.items() if value}
        own = {name: value for name, value in own.items() if name not in _NOT_NEEDED}
        if own and piece.item.subject.get("building"):
            own["building"] = piece.item.subject["building"]
        if own and own not in owns:
            owns.append(own)
        person |= own
    said = {p.item.question: p.item.value for p in answers if isinstance(p.item, Answer)}
    if _of_different_people(answers, codes):
        return said | {"claims": " / ".join(", ".join(own.values()) for own in owns)}
    return person | said


def _names_somebody(code: Code) -> bool:
    """Say whether a code is somebody's: a poster has an address, and it is the venue's."""
    unread = (CodeVerdict.INVALID, CodeVerdict.UNSUPPORTED)
    return code.carrier in IDENTITIES and code.verdict not in unread


def _of_different_people(answers: Sequence[Evidence], codes: Sequence[Evidence]) -> bool:
    """Say so more easily than the rules do, which hold somebody for it: here two kinds of codes count as
    well, and what nobody vouches for."""
    named = [(piece, piece.item) for piece in codes if isinstance(piece.item, Code)]
    believed = [replace(piece, item=replace(code, verdict=CodeVerdict.VALID)) for piece, code in named]
    return (
        has_second_identity(codes)
        or of_another([*answers, *believed])
        or any(differ(one.personal, other.personal) for (_, one), (_, other) in combinations(named, 2))
    )
