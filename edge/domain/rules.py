"""Who may pass: from a procedure, a policy and evidence to a decision, and nothing else.

Rules read only what is handed to them, so deciding stored evidence again gives the stored decision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from edge.domain import vehicle_rules
from edge.domain.access import Override, Ruling
from edge.domain.circumstances import ANY, Circumstances
from edge.domain.errors import FormError
from edge.domain.identity import RESOLVED, of_two_people
from edge.domain.judging import hardest, judge
from edge.domain.model import (
    Carrier,
    Code,
    CodeVerdict,
    Decision,
    Evidence,
    Measurement,
    Outcome,
    Reason,
    ScreeningVerdict,
)
from edge.domain.policy import Policy
from edge.domain.procedure import Procedure, StepState, StepStatus, statuses
from edge.domain.screening import find
from edge.domain.statements import EDITION, HEALTH

IDENTITIES = frozenset(Carrier) - {
    Carrier.UNKNOWN,
    Carrier.GATEPOST_VENUE,
    Carrier.UK_VENUE,
    Carrier.CWA_VENUE,
    Carrier.NZ_VENUE,
    Carrier.CHINA_VENUE,
}


def decide(
    procedure: Procedure, policy: Policy, evidence: Sequence[Evidence], around: Circumstances = ANY
) -> Decision:
    """Return what the evidence amounts to: refer before turn back before hold before admit.

    Admit needs every step done; there is no other way to it.
    """
    steps = statuses(procedure, evidence, find(evidence, policy).verdict, around)
    return _ruled(procedure, evidence, steps, around)


def _ruled(
    procedure: Procedure, evidence: Sequence[Evidence], steps: Sequence[StepStatus], around: Circumstances
) -> Decision:
    if around.vehicle:
        return vehicle_rules.ruled(steps, evidence, around, judge(around.access, evidence, around))
    reasons = [reason for status in steps if status.state is StepState.FAILED for reason in status.reasons]
    missing = tuple(status.step.id for status in steps if status.keeps_out)
    if not any(status.step.required for status in steps):  # nothing was asked: that is no "all is done"
        reasons.append(Reason.NO_STEP)
    if has_second_identity(evidence, procedure.acceptance.edition):
        reasons.append(Reason.SECOND_IDENTITY)
    meant = {status.step.failed for status in steps if _is_hopeless(status)}
    findings = judge(around.access, evidence, around, complete=not missing)
    ruling = hardest(findings)
    reasons += [finding.reason for finding in findings if finding.ruling is not Ruling.REMIND]
    for outcome, starts, ruled in (
        (Outcome.REFER, (Reason.TEMPERATURE_OVER_THRESHOLD, "answer_refer"), Ruling.REFER),
        (Outcome.TURN_BACK, ("answer_turn_back",), Ruling.TURN_BACK),
    ):
        told = any(reason.startswith(starts) for reason in reasons)
        if outcome.value in meant or ruling is ruled or told:
            return Decision(outcome, reasons=tuple(reasons), missing=missing)
    if reasons:
        return Decision(None, hold=True, reasons=tuple(reasons), missing=missing)
    if missing:
        hints = tuple(reason for status in steps for reason in status.reasons)
        return Decision(None, reasons=hints, missing=missing)
    reminders = (finding.reason for finding in findings)
    return Decision(Outcome.ADMIT, reasons=(Reason.COMPLETE, *reminders))


def _is_hopeless(status: StepStatus) -> bool:
    """Say whether a step failed and nothing that could still be shown or answered makes it good: nobody is
    turned back by rule while a lawful way is open to them."""
    return status.state is StepState.FAILED and not status.wants


def attend(
    procedure: Procedure,
    policy: Policy,
    evidence: Sequence[Evidence],
    outcome: Outcome,
    *,
    by: str,
    chosen: str,
    command_id: str = "",
    around: Circumstances = ANY,
    manager: bool = False,
) -> Decision:
    """Return an attendant's decision, or a manager's, with what the rules said kept beside it.

    Raises FormError `second_measurement_required` where somebody would be admitted on a first value
    over the threshold, `reason_needed` without a reason, `outcome_not_offered` for one the procedure does
    not end in, `manager_needed` where the site leaves it to a manager, and `code_needed` where it lets nobody
    pass without a code by a word alone (R16).
    """
    if not chosen.strip():
        raise FormError("reason_needed", "a decision by hand needs a reason")
    if outcome is not Outcome.ABANDONED and outcome not in procedure.outcomes:
        raise FormError("outcome_not_offered", "this procedure does not end so", 409)
    verdict = find(evidence, policy).verdict
    steps = statuses(procedure, evidence, verdict, around)
    ruled = _ruled(procedure, evidence, steps, around)
    if outcome is Outcome.ADMIT and procedure.no_code_no_passage and any(map(_lacks_code, steps)):
        raise FormError("code_needed", "a code, or the way without a telephone", 409)
    if outcome is Outcome.ADMIT and verdict in (ScreeningVerdict.AGAIN, ScreeningVerdict.OVER):
        raise FormError("second_measurement_required", "measure again by another method or after a rest", 409)
    if outcome is Outcome.ADMIT and not manager and needs_manager(evidence, around):
        raise FormError("manager_needed", "only a manager may admit this person", 403)
    reasons = (*ruled.reasons, *((Reason.MUST_MISSING,) if ruled.missing else ()), Reason.ATTENDANT)
    override = outcome is Outcome.ADMIT and ruled.outcome is not Outcome.ADMIT
    if around.vehicle and vehicle_rules.is_asked(ruled):
        override = False
    return Decision(
        outcome,
        reasons=reasons,
        missing=ruled.missing,
        by=by,
        override=override,
        chosen=chosen.strip(),
        command_id=command_id,
        manager=manager,
    )


def needs_manager(evidence: Sequence[Evidence], around: Circumstances = ANY) -> bool:
    """Say whether something stands against a person that an attendant alone may not set aside."""
    findings = judge(around.access, evidence, around, complete=True)
    return any(
        finding.override is Override.MANAGER and finding.ruling is not Ruling.REMIND for finding in findings
    )


def nobody(ruled: Decision) -> Decision:
    """Return the decision of a passage nobody finished; `ruled` is what the rules say of it."""
    return Decision(
        Outcome.ABANDONED, reasons=(*ruled.reasons, Reason.NOBODY_FINISHED), missing=ruled.missing
    )


def left(
    procedure: Procedure, policy: Policy, evidence: Sequence[Evidence], around: Circumstances = ANY
) -> Decision:
    """Return the decision of a passage nobody finished: abandoned, or what the procedure says it means to go
    away without a step."""
    steps = statuses(procedure, evidence, find(evidence, policy).verdict, around)
    ruled = nobody(_ruled(procedure, evidence, steps, around))
    for outcome in (Outcome.REFER, Outcome.TURN_BACK):
        without = [status.step.id for status in _undone(steps) if status.step.unfinished == outcome.value]
        if without:
            said = (f"{Reason.UNFINISHED}:{step}" for step in without)
            *before, last = ruled.reasons
            return replace(ruled, outcome=outcome, reasons=(*before, *said, last))
    return ruled


def stays(
    procedure: Procedure, policy: Policy, evidence: Sequence[Evidence], around: Circumstances = ANY
) -> bool:
    """Say whether somebody who does not go on is kept for the attendant: a step is open whose file says
    `unfinished = "hold"`, and none that says more."""
    steps = _undone(statuses(procedure, evidence, find(evidence, policy).verdict, around))
    meant = {status.step.unfinished for status in steps}
    return Outcome.REFER.value not in meant and Outcome.TURN_BACK.value not in meant and "hold" in meant


def _undone(steps: Sequence[StepStatus]) -> list[StepStatus]:
    return [status for status in steps if status.state is StepState.MISSING]


def _lacks_code(status: StepStatus) -> bool:
    return status.state is not StepState.DONE and not HEALTH.isdisjoint(status.step.carriers)


def has_second_identity(evidence: Sequence[Evidence], edition: int = EDITION) -> bool:
    """Say whether the passage's codes belong to more than one person.

    Codes of one format are compared by their holders: a pass and a certificate name the same person
    differently. What a platform resolves changes its payload by the minute, so there the fields count.
    """
    if of_two_people(evidence, edition):
        return True
    seen: dict[Carrier, str] = {}
    for piece in evidence:
        item = piece.item
        if not isinstance(item, Code) or item.holder is None or item.carrier not in IDENTITIES - RESOLVED:
            continue
        if item.verdict in (CodeVerdict.INVALID, CodeVerdict.UNSUPPORTED):
            continue
        if seen.setdefault(item.carrier, item.holder) != item.holder:
            return True
    return False


def holders(evidence: Sequence[Evidence]) -> frozenset[str]:
    """Return the identities a passage's codes name."""
    return frozenset(
        piece.item.holder
        for piece in evidence
        if isinstance(piece.item, Code) and piece.item.holder and piece.item.carrier in IDENTITIES
    )


def musts(steps: Sequence[StepStatus]) -> dict[str, bool]:
    """Return which of the musts the procedure asks for, and whether its step is done."""
    asked: dict[str, bool] = {}
    for status in steps:
        if status.step.must:
            done = status.state is StepState.DONE
            asked[status.step.must] = asked.get(status.step.must, True) and done
    return asked


def musts_met(musts: Mapping[str, bool], verdict: ScreeningVerdict) -> dict[str, bool]:
    """Return which of the musts were met (R4): as `musts`, but whoever was measured was measured, also when
    the value is over the threshold and the step is not done by it.

    Reports count so: of the passages that ended in admit, those with every must met are complete, and an
    override with one missing is not; how often each must was met is counted over all that ended but the
    abandoned. It follows from two facts that rows always had (`musts` and `temperature.verdict`), so passages
    of before count by the same rule.
    """
    measured = verdict in (ScreeningVerdict.NORMAL, ScreeningVerdict.AGAIN, ScreeningVerdict.OVER)
    return {name: done or (name == "temperature" and measured) for name, done in musts.items()}


def has_second_measurement(evidence: Sequence[Evidence]) -> bool:
    """Say whether the person was measured more than once, by what can decide."""
    items = [piece.item for piece in evidence]
    return sum(isinstance(item, Measurement) and item.grid is None for item in items) > 1
