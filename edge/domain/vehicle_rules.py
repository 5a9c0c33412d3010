"""What is to become of a vehicle: from its own record and how its occupants fared to a decision.

Admit needs the plate, the number told, every one of them recorded (不漏一车、不漏一人), every step that the
procedure asks of vehicles, and no occupant who may not go on. Whatever stands against it holds it for the
attendant, who alone turns a vehicle back. Pure.
"""

from collections.abc import Sequence

from edge.domain.access import Ruling
from edge.domain.circumstances import Circumstances
from edge.domain.judging import Finding
from edge.domain.model import Decision, Evidence, Outcome, Reason
from edge.domain.step_status import StepState, StepStatus
from edge.domain.vehicle import ABOARD, PLATE, counted, said, seats_told

# The built-in steps of every vehicle.
PLATE_STEP, TOLD_STEP, ABOARD_STEP = PLATE, ABOARD, "aboard"
_CHOICES = ("occupant_refer", "occupant_turn_back")
_AGAINST = "occupant_against"


def ruled(
    steps: Sequence[StepStatus],
    evidence: Sequence[Evidence],
    around: Circumstances,
    findings: Sequence[Finding] = (),
) -> Decision:
    """Return what a vehicle's record amounts to: hold before admit, and nothing while something lacks.
    `findings` are what follows from what the registers say of its plate: whatever stops it holds it."""
    reasons = [reason for status in steps if status.state is StepState.FAILED for reason in status.reasons]
    for one in around.occupants:
        if one.outcome in (Outcome.REFER, Outcome.TURN_BACK):
            reasons.append(f"occupant_{one.outcome}")
        elif one.against:
            reasons.append(_AGAINST)
    reasons += [finding.reason for finding in findings if finding.ruling is not Ruling.REMIND]
    missing = (*_lacking(evidence, around), *(status.step.id for status in steps if status.keeps_out))
    if reasons:
        return Decision(None, hold=True, reasons=tuple(dict.fromkeys(reasons)), missing=missing)
    if missing:
        return Decision(None, missing=missing)
    return Decision(Outcome.ADMIT, reasons=(Reason.COMPLETE, *(finding.reason for finding in findings)))


def is_asked(decision: Decision) -> bool:
    """Say whether the rules leave it to the attendant to let a vehicle go on: all is recorded, and only some
    of those who came in it may not. Going on without them departs from no rule."""
    if decision.missing or not decision.reasons:
        return False
    return all(reason in _CHOICES for reason in decision.reasons)


def _lacking(evidence: Sequence[Evidence], around: Circumstances) -> tuple[str, ...]:
    seats, done = seats_told(evidence), counted(around.occupants)
    lacks = (
        (PLATE_STEP, not said(evidence, PLATE)),
        (TOLD_STEP, seats is None),
        (ABOARD_STEP, done == 0 or done != (done if seats is None else seats)),
    )
    return tuple(name for name, is_lacking in lacks if is_lacking)
