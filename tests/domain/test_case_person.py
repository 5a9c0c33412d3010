"""Whose fields a case holds: one person's, or those of several, each beside the other."""

from dataclasses import replace

import pytest

from edge.domain.cases import opening
from edge.domain.model import Answer, Carrier, Code, CodeVerdict, Evidence, Outcome
from tests.domain.people import POLICY, resident
from tests.domain.test_cases import at, ended

ZHANG = replace(
    resident("张三"),
    subject={"category": "resident", "building": "3"},
    personal={"name": "张三", "room": "3-2-501", "phone": "13800000001", "pass_id": "7"},
)
LI = resident("李四")
POSTER = Code(
    Carrier.NZ_VENUE,
    CodeVerdict.UNVERIFIED,
    personal={"place": "Cafe", "address": "12 Queen St", "venue_id": "9429"},
)
HEALTH = Code(
    Carrier.CHINA_HEALTH, CodeVerdict.VALID, personal={"name": "张*", "id_number": "5100**********123X"}
)


def person(*items: Code | Answer, by: str | None = None) -> dict[str, str]:
    evidence = [Evidence(at(n), "scanner", item) for n, item in enumerate(items)]
    found = opening(POLICY, ended(Outcome.REFER, *evidence, by=by))
    assert found is not None
    return found[1]


def said(question: str, value: str) -> Answer:
    return Answer(question, value, "door", personal=True)


def test_one_persons_codes_and_answers_are_put_together() -> None:
    assert person(ZHANG, HEALTH, said("name", "张三")) == {
        "name": "张三",
        "room": "3-2-501",
        "phone": "13800000001",
        "building": "3",
        "id_number": "5100**********123X",
    }


@pytest.mark.parametrize(
    "other",
    [
        LI,
        replace(LI, carrier=Carrier.CHINA_ITINERARY),
        replace(LI, carrier=Carrier.DIVOC, verdict=CodeVerdict.UNVERIFIED),
    ],
    ids=["the same kind", "resolved by a platform", "another kind that nobody vouches for"],
)
def test_codes_of_two_people_are_fields_of_neither(other: Code) -> None:
    found = person(ZHANG, other, said("phone", "13900000002"))
    assert found == {"phone": "13900000002", "claims": "张三, 3-2-501, 13800000001, 3 / 李四, 3-502"}
    assert person(other, ZHANG)["claims"] == "李四, 3-502 / 张三, 3-2-501, 13800000001, 3"


@pytest.mark.parametrize("verdict", [CodeVerdict.VALID, CodeVerdict.EXPIRED, CodeVerdict.UNVERIFIED])
def test_a_typed_name_takes_over_nothing_of_somebody_elses_code(verdict: CodeVerdict) -> None:
    found = person(replace(HEALTH, verdict=verdict), said("name", "王五"))
    assert found == {"name": "王五", "claims": "张*, 5100**********123X"}


def test_a_poster_is_nobody() -> None:
    assert person(POSTER) == {}
    assert "address" not in person(ZHANG, POSTER)


@pytest.mark.parametrize("verdict", [CodeVerdict.INVALID, CodeVerdict.UNSUPPORTED])
def test_what_a_forged_code_says_is_nobodys(verdict: CodeVerdict) -> None:
    assert person(replace(LI, verdict=verdict)) == {}
    assert person(ZHANG, replace(LI, verdict=verdict)) == person(ZHANG)


def test_the_attendants_reason_is_kept_under_the_seal_and_the_rules_have_none() -> None:
    evidence = ended(Outcome.REFER, by="door")
    assert evidence.decision is not None
    chosen = replace(evidence, decision=replace(evidence.decision, chosen="脸色不好，自称乏力"))
    body, personal = opening(POLICY, chosen) or ({}, {})
    assert personal == {"chosen": "脸色不好，自称乏力"}
    assert "乏力" not in str(body)
    assert person() == {}
