"""Who counts as one person of a day."""

from typing import Any

import pytest

from edge.reports.facts import Fact, fact, identity, named
from edge.reports.figures import count

FOUND = {"t": "known", "by": "pass_id", "register": "people", "standing": "found", "entry": 12}


def passed(*known: dict[str, Any], outcome: str = "admit", **personal: str) -> Fact:
    """A person who showed something, and what the register of people said of it."""
    body = {"passage": 1, "outcome": outcome, "direction": "in", "evidence": [{"t": "code"}, *known]}
    told = {"evidence": {"0": {"personal": personal}}} if personal else {}
    made = fact(body, told, lane="in", seq=1, at_us=0, has_seal=bool(personal))
    assert made is not None
    return made


def distinct(*facts: Fact) -> tuple[int, int]:
    found = count(facts)
    return found["distinct.persons"], found["unnamed.persons"]


def test_one_person_by_pass_and_by_telephone_is_one_by_the_register() -> None:
    by_pass, by_phone = passed(FOUND, pass_id="p1"), passed(FOUND, phone="13800001234")
    assert distinct(by_pass, by_phone) == (1, 0)
    assert distinct(passed(pass_id="p1"), passed(phone="13800001234")) == (2, 0), "nobody looked them up"
    unread = {**FOUND, "standing": "unread"}
    assert distinct(by_pass, by_phone, passed(unread, phone="13800001234")) == (1, 0), "the same telephone"
    assert distinct(by_pass, passed(FOUND)) == (1, 0), "known by the entry alone"
    assert distinct(by_pass, passed()) == (2, 1)


def test_two_of_a_register_are_two_also_with_one_telephone() -> None:
    phone = "13800001234"
    first, second = passed(FOUND, phone=phone), passed({**FOUND, "entry": 13}, phone=phone)
    assert distinct(first, second) == (2, 0)
    assert distinct(first, second, passed(phone=phone)) == (2, 0)


@pytest.mark.parametrize(
    "known",
    [
        [{**FOUND, "differs": ["name"]}],
        [FOUND, {**FOUND, "entry": 13}],
        [{**FOUND, "standing": "several", "entry": None}],
        [{**FOUND, "register": "vehicles"}],
    ],
)
def test_a_look_up_that_does_not_say_who_it_is_joins_nobody(known: list[dict[str, Any]]) -> None:
    assert distinct(passed(FOUND, pass_id="p1"), passed(*known, phone="13800001234")) == (2, 0)


def test_whoever_was_turned_back_twice_is_one_also_where_only_an_admission_says_so() -> None:
    one = passed(FOUND, pass_id="p1", outcome="turn_back")
    other = passed(phone="13800001234", outcome="turn_back")
    found = count([one, other, passed(FOUND, phone="13800001234")])
    assert (found["distinct_turned_back.persons"], found["distinct.persons"]) == (1, 1)


def test_a_masked_number_of_a_code_takes_the_place_of_no_number() -> None:
    body = {"evidence": [{"t": "answer", "question": "phone"}, {"t": "code"}]}
    masked = {"personal": {"phone": "138****1234"}}
    told = named(body, {"evidence": {"0": {"value": "13800001234"}, "1": masked}})
    assert identity(told, vehicle=False) == "phone 13800001234"
    assert identity(named(body, {"evidence": {"1": masked}}), vehicle=False) is None, "it is anybody's"
