"""Code steps and health codes: what is shown against a person is not made up for by anything else."""

import pytest

from edge import acceptance, procedures
from edge.domain.facts import Fact
from edge.domain.model import Answer, Carrier, CodeVerdict, Evidence, Instant, ScreeningVerdict
from edge.domain.procedure import StepState, StepStatus, category, statuses
from tests.domain.test_acceptance import NOW, health, itinerary, micros, shown, swab, unanswered

TITLE = '{ zh_Hans = "扫码", en = "Code" }'
PROCEDURE = procedures.accepting(
    procedures.parse(
        "health",
        f"""
title = {TITLE}
[[step]]
id = "code"
kind = "code"
title = {TITLE}
carriers = ["gatepost_pass", "hc1", "china_health", "china_itinerary"]
[[step.instead]]
id = "id_number"
kind = "text"
personal = true
title = {TITLE}
[[reason]]
value = "known"
title = {TITLE}
""",
    ),
    acceptance.parse("usual", (acceptance.SHIPPED / "usual.toml").read_text("utf-8"), utc_offset_s=28_800),
)
PASS = shown(Carrier.GATEPOST_PASS, {Fact.CATEGORY: "resident"})
TYPED = Evidence(
    Instant(0, micros(NOW)), "page", Answer("id_number", "11010519491231002X", "door1", personal=True)
)


def step(*evidence: Evidence) -> StepStatus:
    (status,) = statuses(PROCEDURE, evidence, ScreeningVerdict.NORMAL)
    return status


@pytest.mark.parametrize("other", [(), (PASS,), (TYPED,), (PASS, TYPED), (unanswered("x", "ask_platform"),)])
@pytest.mark.parametrize(
    ("bad", "word"), [(health("red"), "health_red"), (swab(result="positive"), "test_positive")]
)
def test_what_speaks_against_a_person_fails_the_step_whatever_else_is_shown_or_typed(
    bad: Evidence, word: str, other: tuple[Evidence, ...]
) -> None:
    for evidence in ((bad, *other), (*other, bad)):
        assert step(*evidence).state is StepState.FAILED
        assert step(*evidence).reasons == (f"code_not_accepted:{word}",)


def test_a_pass_or_a_number_does_where_nothing_speaks_against() -> None:
    assert step(PASS).state is StepState.DONE
    assert step(TYPED).state is StepState.DONE
    assert step(health("green"), itinerary("green")).state is StepState.DONE


def test_a_code_still_missing_leaves_the_step_open_and_says_which() -> None:
    assert step(health("green")).state is StepState.MISSING
    assert step(health("green")).reasons == ("code_not_accepted:needs_itinerary",)
    assert step(unanswered("x", "ask_platform")).reasons == ("code_asking",)
    assert step().state is StepState.MISSING


def test_the_category_is_said_by_valid_passes_of_ours_alone() -> None:
    other = shown(Carrier.CHINA_HEALTH, {Fact.COLOUR: "green", Fact.CATEGORY: "resident"})
    lapsed = shown(Carrier.GATEPOST_PASS, {Fact.CATEGORY: "resident"}, verdict=CodeVerdict.EXPIRED)
    assert category([other, lapsed]) == "visitor"
    assert category([other, lapsed, PASS]) == "resident"
