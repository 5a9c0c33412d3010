"""What a code states is said in words of both languages, and what nobody knows here as it is."""

import re
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import eu_rules, read
from edge.codes.countries import two_letters
from edge.codes.eu_rules import EuResult
from edge.domain.facts import Colour, Fact, Result, TestKind
from edge.web.stated import VALUES, stated
from edge.web.words import LANGUAGES, WORDS
from tests.codes.every_carrier import DIVOC, EVERY_STORE, SAMPLES
from tests.codes.samples import NOW_US

SHANGHAI = ZoneInfo("Asia/Shanghai")
KNOWN: Mapping[Fact, Sequence[str]] = {
    Fact.COLOUR: list(Colour),
    Fact.ITINERARY: list(Colour),
    Fact.TEST_RESULT: list(Result),
    Fact.TEST_KIND: list(TestKind),
    Fact.EU_RULES: list(EuResult),
}


def said(name: str, value: object, language: str = "zh_Hans") -> str:
    return stated(name, value, language, SHANGHAI)


def test_every_fact_has_a_name_in_words() -> None:
    rest = {eu_rules.RULE, eu_rules.RULE_ZH, eu_rules.RULE_EN}
    assert {str(fact) for fact in Fact} | rest <= WORDS["field"].keys()


@pytest.mark.parametrize("name", SAMPLES)
def test_every_field_of_every_kind_of_code_has_a_name_in_words(name: str) -> None:
    codes = [read(SAMPLES[name].payload, EVERY_STORE, NOW_US)]
    if DIVOC is not None:
        codes.append(read(DIVOC.payload, EVERY_STORE, NOW_US))
    for code in codes:
        assert (code.subject.keys() | code.personal.keys()) <= WORDS["field"].keys()


@pytest.mark.parametrize("fact", KNOWN)
def test_every_value_of_a_closed_set_is_said_in_both_languages(fact: Fact) -> None:
    assert VALUES[fact].keys() == {str(value) for value in KNOWN[fact]}
    for value in KNOWN[fact]:
        chinese, english = (said(fact, value, language) for language in LANGUAGES)
        assert re.fullmatch(r"[\u4e00-\u9fff，]+", chinese), value
        assert english.isascii(), value
    assert len({said(fact, value) for value in KNOWN[fact]}) == len(KNOWN[fact])


def test_a_country_is_named_beside_its_code_and_a_made_up_one_is_its_code() -> None:
    assert said("country", "DE") == "德国（DE）"
    assert said("country", "DE", "en") == "Germany (DE)"
    for code in ("XA", "UT", "ZZ", "de", "DEU", "150", ""):
        assert said("country", code) == said("country", code, "en") == code


def test_when_a_sample_was_taken_is_said_by_the_gates_own_clock() -> None:
    assert said("test_taken", "2021-12-31T20:15:00Z") == "2022-01-01 04:15:00"
    assert said("test_taken", "2021-12-31T20:15:00.250000Z") == "2022-01-01 04:15:00"
    for text in ("2021-12-31", "2021-12-31T", "T", "9999-12-31T23:59:59-99:99"):
        assert said("test_taken", text) == text


def test_a_category_is_said_as_everywhere() -> None:
    assert said("category", "resident") == "居民"
    assert said("category", "night_shift") == "night_shift"


@given(st.sampled_from([*Fact, "type", "elsewhere"]), st.text(max_size=20))
def test_any_other_value_is_shown_as_it_is_and_harmless(name: str, value: str) -> None:
    known = {*VALUES.get(name, ()), *WORDS["category"]}
    if value in known or (name == Fact.COUNTRY and two_letters(value)) or name == Fact.TEST_TAKEN:
        return
    for language in LANGUAGES:
        found = said(name, value, language)
        assert len(found) == len(value)
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]", found)


def test_no_detail_behind_a_colon_hides_behind_a_known_value() -> None:
    assert said("colour", "green:red") == "green:red"
    assert said("category", "resident:x") == "resident:x"
