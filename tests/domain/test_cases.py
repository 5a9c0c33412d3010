"""When a case is due, and what the form is told of the two measurements."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain import rules
from edge.domain.cases import CaseResult, CaseStage, CaseStep, measured_twice, next_stage, opening
from edge.domain.errors import FormError
from edge.domain.known import Hit, Kin, Known, Standing
from edge.domain.model import (
    Answer,
    ClockQuality,
    Decision,
    Evidence,
    Instant,
    Measurement,
    Method,
    Outcome,
    Passage,
    Quality,
    Stage,
)
from tests.domain.people import POLICY, resident


def at(second: int) -> Instant:
    return Instant(second * 1_000_000, 1_790_000_000_000_000 + second * 1_000_000, ClockQuality.SYNCED)


def measured(second: int, body_c: float, *, contact: bool = False, rested: bool = False) -> Evidence:
    body = round(body_c * 1000)
    item = Measurement(
        device="thermometer",
        method=Method.CONTACT if contact else Method.INFRARED,
        surface_mdegc=None if contact else body - 2000,
        ambient_mdegc=21_000,
        vendor_body_mdegc=None,
        body_mdegc=body,
        conversion="contact/1" if contact else "offset/1:+2000",
        quality=Quality.OK,
        frames=1,
        rejected=0,
        raws=(),
        after_rest=rested,
    )
    return Evidence(at(second), "thermometer", item)


def ended(outcome: Outcome | None, *evidence: Evidence, by: str | None = None) -> Passage:
    decision = Decision(outcome, reasons=("attendant",) if by else (), by=by)
    return Passage(
        1, "in", "in", "compound", "v", "p", at(0), at(9), evidence, Stage.ENDED, decision=decision
    )


TWICE = (measured(1, 38.4), measured(9, 38.1, contact=True))


@pytest.mark.parametrize("outcome", list(Outcome))
def test_over_at_the_second_measurement_has_a_case_whatever_the_outcome(outcome: Outcome) -> None:
    found = opening(POLICY, ended(outcome, *TWICE, by="door"))
    assert found is not None
    body, _ = found
    assert body["why"][0] == "temperature_over_threshold"
    assert body["outcome"] == outcome
    assert (body["first"]["body_mdegc"], body["second"]["body_mdegc"]) == (38_400, 38_100)


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.REFER])
@pytest.mark.parametrize(
    "evidence",
    [(), (measured(1, 36.5),), (measured(1, 38.4),), (measured(1, 38.4), measured(9, 36.6, rested=True))],
)
def test_nobody_else_has_one_who_was_not_referred(outcome: Outcome, evidence: tuple[Evidence, ...]) -> None:
    assert opening(POLICY, ended(outcome, *evidence)) is None


def test_whoever_is_referred_has_one_without_any_measurement() -> None:
    body, personal = opening(POLICY, ended(Outcome.REFER)) or ({}, {})
    assert body["verdict"] == "missing"
    assert "first" not in body
    assert personal == {}


def test_a_passage_that_goes_on_has_none() -> None:
    assert opening(POLICY, ended(None, *TWICE)) is None


def test_the_first_is_the_one_over_the_threshold_and_the_second_the_one_that_decided() -> None:
    evidence = (measured(1, 34.0), measured(2, 38.4), measured(3, 38.5), measured(9, 38.0, rested=True))
    first, second = measured_twice(evidence, POLICY)
    assert first is evidence[1]
    assert second is evidence[3]


def test_somebody_cleared_after_a_rest_and_referred_for_an_answer_shows_both() -> None:
    evidence = (measured(1, 38.4), measured(9, 36.6, rested=True))
    assert measured_twice(evidence, POLICY) == evidence
    assert measured_twice(evidence[:1], POLICY) == (evidence[0], None)


def test_what_the_passage_knows_of_the_person_is_kept_and_today_goes_first() -> None:
    code = resident("王小明")
    phone = Answer("phone", "13900005678", "door", personal=True)
    open_answer = Answer("symptoms", "cough", "door", personal=False)
    pieces = [Evidence(at(1), "scanner", code)]
    pieces += [Evidence(at(2), "attendant:door", item) for item in (phone, open_answer)]
    body, personal = opening(POLICY, ended(Outcome.REFER, *pieces)) or ({}, {})
    assert personal["name"] == "王小明"
    assert personal["phone"] == "13900005678"
    assert "cough" not in personal.values()
    assert "王小明" not in str(body)


def test_a_decision_of_the_rules_that_refers_has_one() -> None:
    from tests.domain.people import procedure

    decision = rules.decide(procedure(), POLICY, TWICE)
    assert decision.outcome is Outcome.REFER
    body, _ = opening(POLICY, replace(ended(None, *TWICE), decision=decision)) or ({}, {})
    assert body["why"].count("temperature_over_threshold") == 1
    assert "by" not in body


@given(st.sampled_from(CaseStage), st.sampled_from(CaseStep), st.sampled_from([None, "clinic"]))
def test_a_closed_case_only_opens_again_and_an_open_one_never_does(
    stage: CaseStage, step: CaseStep, unit: str | None
) -> None:
    closed = stage is CaseStage.CLOSED
    fits = closed == (step is CaseStep.REOPENED)
    if step is CaseStep.ACKNOWLEDGED:
        fits = stage is CaseStage.HANDED_OVER
    if not fits:
        with pytest.raises(FormError) as told:
            next_stage(stage, step, unit=unit, result=CaseResult.OTHER)
        assert told.value.status == 409
        return
    after = next_stage(stage, step, unit=unit, result=CaseResult.OTHER)
    assert (after is CaseStage.CLOSED) == (step is CaseStep.CLOSED)


@pytest.mark.parametrize(
    ("standing", "kin", "said", "due"),
    [
        (Standing.FOUND, Kin.SELF, "watch_hold:observed", True),
        (Standing.NONE, Kin.SELF, "watch_turn_back:observed", True),
        (Standing.FOUND, Kin.SELF, "watch_remind:observed", False),
        (Standing.FOUND, Kin.HOUSEHOLD, "watch_hold:observed", False),
        (Standing.SEVERAL, Kin.SELF, "watch_hold:observed", False),
    ],
)
@pytest.mark.parametrize("outcome", [Outcome.ADMIT, Outcome.TURN_BACK, Outcome.ABANDONED])
def test_whom_a_list_stops_has_a_case_whatever_the_attendant_decides(
    standing: Standing, kin: Kin, said: str, due: bool, outcome: Outcome
) -> None:
    entry = 1 if standing is Standing.FOUND else None
    known = Known("phone", standing, entry=entry, hits=(Hit("watch", 7, "observed", kin),))
    passage = ended(outcome, Evidence(at(1), "attendant", known))
    assert passage.decision is not None
    decided = replace(passage, decision=replace(passage.decision, reasons=(said, "attendant")))
    assert (opening(POLICY, decided) is not None) is due
