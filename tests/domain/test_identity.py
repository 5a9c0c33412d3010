"""Whose codes these are, where platforms say who."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.identity import differ, of_two_people
from edge.domain.model import Carrier, Code, CodeVerdict, Evidence, Instant


@pytest.mark.parametrize(
    ("name", "one", "other", "contradict"),
    [
        ("name", "王小明", "王*明", False),
        ("name", "王小明", "李*明", True),
        ("name", "王*", "王小明", False),
        ("name", "**明", "王小丽", True),
        ("phone", "13800001234", "138****1234", False),
        ("phone", "13800001234", "138****1235", True),
        ("phone", "138*1234", "13800001234", False),
        ("phone", "139*1234", "13800001234", True),
        ("id_number", "44010019900101001X", "4401**********001X", False),
        ("id_number", "440100199001010012", "4401**********001X", True),
        ("id_number", "44010019900101001x", "44010019900101001X", False),
    ],
)
def test_masked_fields_fit_unless_a_shown_place_differs(
    name: str, one: str, other: str, *, contradict: bool
) -> None:
    assert differ({name: one}, {name: other}) is contradict
    assert differ({name: other}, {name: one}) is contradict


def test_fields_only_one_of_them_has_say_nothing() -> None:
    assert not differ({"name": "王小明"}, {"phone": "13800001234"})
    assert not differ({}, {"name": "王小明"})


@given(st.text(string.digits, min_size=1, max_size=18), st.data())
def test_any_mask_of_a_number_fits_the_number(number: str, data: st.DataObject) -> None:
    hidden = data.draw(st.sets(st.integers(0, len(number) - 1)))
    masked = "".join("*" if place in hidden else mark for place, mark in enumerate(number))
    assert not differ({"phone": number}, {"phone": masked})


@given(st.text(string.digits, min_size=2, max_size=18), st.data())
def test_a_changed_place_that_both_show_never_fits(number: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(number) - 1))
    other = data.draw(st.sampled_from(string.digits).filter(lambda mark: mark != number[place]))
    assert differ({"phone": number}, {"phone": number[:place] + other + number[place + 1 :]})


def _piece(carrier: Carrier, name: str, verdict: CodeVerdict = CodeVerdict.VALID) -> Evidence:
    return Evidence(Instant(0, 0), "scanner", Code(carrier, verdict, personal={"name": name}))


def test_health_and_itinerary_code_of_one_passage_must_name_the_same_person() -> None:
    health, itinerary = _piece(Carrier.CHINA_HEALTH, "王*明"), _piece(Carrier.CHINA_ITINERARY, "王小明")
    assert not of_two_people([health, itinerary])
    assert of_two_people([health, _piece(Carrier.CHINA_ITINERARY, "李小明")])


def test_a_code_its_platform_did_not_vouch_for_names_nobody() -> None:
    stray = _piece(Carrier.CHINA_ITINERARY, "李小明", CodeVerdict.UNVERIFIED)
    assert not of_two_people([_piece(Carrier.CHINA_HEALTH, "王小明"), stray])
