"""What can be an ID number, a phone, a plate, a date; and what somebody's line says."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.registers import values
from edge.registers.all_kinds import KINDS
from edge.registers.kinds import Faulty, Kind, draft_of
from edge.registers.people import PEOPLE
from tests.registers.made_up import id_number, phone

ZONE = ZoneInfo("Asia/Shanghai")


@given(n=st.integers(0, 400_000), at=st.integers(0, 16), other=st.integers(1, 9))
def test_one_wrong_figure_of_an_id_number_is_always_noticed(n: int, at: int, other: int) -> None:
    right = id_number(n)
    assert values.id_number_fault(right) is None
    wrong = right[:at] + str((int(right[at]) + other) % 10) + right[at + 1 :]
    assert values.id_number_fault(wrong) in ("id_checksum", "id_birth")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("１９９ ００００ ０００１", None),
        ("+86 199-0000-0001", None),
        ("023-66660000", None),
        ("1.99E+10", "excel_number"),
        ("19900000001/19900000002", "phone_two"),
        ("2366660000", "lost_zero"),
        ("129", None),
        ("12", "phone_form"),
    ],
)
def test_a_phone_is_a_mobile_a_landline_or_an_offices(text: str, fault: str | None) -> None:
    assert values.phone_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("渝A·12345", None),
        ("渝ad12345", None),
        ("渝A12345D", None),
        ("川A1234学", None),
        ("渝AO2345", "plate_letter"),
        ("A12345", "plate_form"),
    ],
)
def test_a_plate_has_five_signs_or_six_with_new_energy(text: str, fault: str | None) -> None:
    assert values.plate_fault(text) == fault


@pytest.mark.parametrize(
    "text", ["2020-02-14", "2020/2/14", "2020.2.14", "2020年2月14日", "20200214", "43875", "43875.0"]
)
def test_a_date_is_read_as_offices_write_it(text: str) -> None:
    assert values.day_of(text) == date(2020, 2, 14)


@pytest.mark.parametrize(
    ("text", "code"), [("2月14日", "date_no_year"), ("2020-02-30", "date_form"), ("x", "date_form")]
)
def test_a_date_without_a_year_is_not_guessed(text: str, code: str) -> None:
    with pytest.raises(ValueError, match=code):
        values.day_of(text)


def test_what_was_written_is_kept_and_every_fault_is_named_at_once() -> None:
    draft = draft_of(
        PEOPLE, {"name": "甲一", "phone": "１９９ ００００ ０００１", "until": "2020-02-14"}, ZONE
    )
    assert draft.personal["phone"] == "１９９ ００００ ０００１"
    assert draft.until_us == values.day_starts_us(date(2020, 2, 15), ZONE)
    with pytest.raises(Faulty) as caught:
        draft_of(
            PEOPLE, {"phone": "12", "category": "火星人", "from": "2020-03-01", "until": "2020-02-01"}, ZONE
        )
    assert set(caught.value.faults) == {
        ("phone", "phone_form"),
        ("category", "unknown_choice"),
        ("name", "missing"),
        ("until", "until_before_from"),
    }


@given(
    kind=st.sampled_from(list(KINDS)),
    texts=st.lists(st.text(max_size=30), min_size=30, max_size=30),
)
def test_whatever_stands_in_a_line_it_is_a_draft_or_has_faults(kind: str, texts: list[str]) -> None:
    given_ = dict(zip(KINDS[kind].names, texts, strict=False))
    try:
        draft = draft_of(KINDS[kind], given_, ZONE)
    except Faulty:
        return
    open_ = {one.name for one in KINDS[kind].fields if not one.personal}
    assert {name.removesuffix("_us") for name in draft.fields} <= open_, "nothing personal stands open"


def test_nobody_of_the_tests_has_a_real_number() -> None:
    assert id_number(0).startswith("999999")
    assert values.phone_fault(phone(1)) is None


@pytest.mark.parametrize("kind", KINDS.values(), ids=str)
def test_no_two_fields_of_a_register_have_one_name(kind: Kind) -> None:
    """The unit of a home and the unit that gives an order are not one field."""
    assert len(set(kind.names)) == len(kind.names)
