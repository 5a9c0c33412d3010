"""Whose codes these are, where platforms say who."""

import hashlib
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.identity import FIELDS, differ, of_another, of_two_people
from edge.domain.model import Answer, Carrier, Code, CodeVerdict, Evidence, Instant


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
        ("id_number", "4401XXXXXXXXXX001X", "44010019900101001X", False),
        ("id_number", "4401xxxxxxxxxx0010", "44010019900101001X", True),
        ("id_number", "4401XXXXXXXXXX001X", "440100199001010010", True),
        ("id_number", "440100XXXXXXXXXXXX", "440100199001010012", False),
        ("id_number", "440100XXXXXXXXXXXX", "440101199001010012", True),
        ("id_number", "４４０１００１９９００１０１００１Ｘ", "44010019900101001X", False),
        ("id_number", "440100 19900101 001X", "44010019900101001X", False),
        ("id_number", "L01X00T47", "44010019900101001X", False),
        ("id_number", "L01****47", "44010019900101001X", False),
        ("id_number", "L01****47", "L01X00T48", True),
        ("name", "XU X*", "LI M*", True),
        ("name", "XU XIAOMING", "LI XIAOMING", True),
        ("name", "Xu Xiaoming", "XIAOMING XU", False),
        ("name", "XU X*", "XU XIAOMING", False),
        ("name", "Xu Xiaoming", "徐晓明", False),
        ("name", "王X明", "王小明", False),
        ("name", "王XX", "李小明", True),
        ("name", "张××", "张三", False),
        ("name", "张？", "张三", False),
        ("name", "阿卜杜·热合曼", "阿卜杜热合曼", False),
        ("name", "José García", "JOSE GARCIA", False),
        ("name", "***", "王小明", False),
        ("phone", "+86 138-0000-1234", "13800001234", False),
        ("phone", "0086 13800001234", "13800001234", False),
        ("phone", "8613800001234", "138****1234", False),
        ("phone", "86 138 **** 1234", "13800001234", False),
        ("phone", "86138*1234", "13800001234", False),
        ("phone", "138xxxx1234", "13800001234", False),
        ("phone", "138xxxx1234", "13800001235", True),
        ("phone", "１３８００００１２３４", "13800001234", False),
        ("phone", "+86 138-0000-1234", "13800001235", True),
        ("phone", "+86 138****1234", "139****1234", True),
        ("phone", "67890000", "13800001234", False),
        ("phone", "无", "13800001234", False),
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


DIGITS = st.text(string.digits, min_size=1, max_size=18)
MOBILE = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
RESIDENT = st.from_regex(r"[1-9][0-9]{16}[0-9X]", fullmatch=True)
CHINESE = st.text("王李张小明丽欧阳", min_size=2, max_size=5)
TOLD = st.one_of(
    st.tuples(st.just("phone"), MOBILE | DIGITS),
    st.tuples(st.just("id_number"), RESIDENT | DIGITS),
    st.tuples(st.just("name"), CHINESE | st.sampled_from(["XU XIAOMING", "Erika Mustermann"])),
)
WRITTEN = ("{}", "+86 {}", "86{}", "0086 {}", "86-{}")
ANY = st.text(max_size=24) | st.text("0123456789X*+86 -王小明XUx＊", max_size=24)


@st.composite
def masked(draw: st.DrawFn, text: str) -> str:
    """The text with some places hidden, or with a stretch of it behind fewer marks."""
    mark = draw(st.sampled_from("*＊×●"))
    if draw(st.booleans()):
        hidden = draw(st.sets(st.integers(0, len(text) - 1)))
        return "".join(
            mark if place in hidden and not sign.isspace() else sign for place, sign in enumerate(text)
        )
    first = draw(st.integers(0, len(text) - 1))
    last = draw(st.integers(first, len(text)))
    return text[:first] + mark * draw(st.integers(1, max(1, last - first))) * (last > first) + text[last:]


@given(ANY, ANY, st.sampled_from(FIELDS))
def test_which_of_the_two_comes_first_changes_nothing(one: str, other: str, name: str) -> None:
    assert differ({name: one}, {name: other}) is differ({name: other}, {name: one})
    assert not differ({name: one}, {name: one})


@given(TOLD, st.data())
def test_no_two_maskings_of_one_text_ever_differ(told: tuple[str, str], data: st.DataObject) -> None:
    name, text = told
    one, other = data.draw(masked(text)), data.draw(masked(text))
    if name == "name" and " " in text:
        one = text  # how many words there are behind a mark nobody knows
    assert not differ({name: one}, {name: other})
    assert not differ({name: text}, {name: other})


@given(MOBILE, st.sampled_from(WRITTEN), st.sampled_from(WRITTEN), st.data())
def test_a_telephone_number_is_the_same_however_it_is_written(
    number: str, one: str, other: str, data: st.DataObject
) -> None:
    hidden = data.draw(st.sets(st.integers(0, 10)))
    shown = "".join("*" if place in hidden else digit for place, digit in enumerate(number))
    assert not differ({"phone": one.format(number)}, {"phone": other.format(shown)})


@given(MOBILE, st.sampled_from(WRITTEN), st.sampled_from(WRITTEN), st.data())
def test_one_digit_that_both_show_tells_two_telephones_apart(
    number: str, one: str, other: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(2, 10))
    changed = data.draw(st.sampled_from(string.digits).filter(lambda digit: digit != number[place]))
    hidden = data.draw(st.sets(st.integers(0, 10).filter(lambda at: at != place)))
    second = number[:place] + changed + number[place + 1 :]
    shown = "".join("*" if at in hidden else digit for at, digit in enumerate(second))
    assert differ({"phone": one.format(number)}, {"phone": other.format(shown)})


@given(RESIDENT, st.data())
def test_one_digit_that_both_show_tells_two_id_numbers_apart(number: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, 16))
    changed = data.draw(st.sampled_from(string.digits).filter(lambda digit: digit != number[place]))
    second = number[:place] + changed + number[place + 1 :]
    marks = data.draw(st.sampled_from("*xX＊"))
    hidden = [data.draw(st.sets(st.integers(0, 16).filter(lambda at: at != place))) for _ in range(2)]
    one, other = (
        "".join(marks if at in gone else sign for at, sign in enumerate(text))
        for text, gone in zip((number, second), hidden, strict=True)
    )
    assert differ({"id_number": one}, {"id_number": other})


@given(st.text(string.digits, min_size=2, max_size=18), st.data())
def test_a_changed_place_that_both_show_never_fits(number: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(number) - 1))
    other = data.draw(st.sampled_from(string.digits).filter(lambda mark: mark != number[place]))
    for name in ("phone", "id_number"):
        assert differ({name: number}, {name: number[:place] + other + number[place + 1 :]})


def _piece(carrier: Carrier, name: str, verdict: CodeVerdict = CodeVerdict.VALID) -> Evidence:
    return Evidence(Instant(0, 0), "scanner", Code(carrier, verdict, personal={"name": name}))


def test_health_and_itinerary_code_of_one_passage_must_name_the_same_person() -> None:
    health, itinerary = _piece(Carrier.CHINA_HEALTH, "王*明"), _piece(Carrier.CHINA_ITINERARY, "王小明")
    assert not of_two_people([health, itinerary])
    assert of_two_people([health, _piece(Carrier.CHINA_ITINERARY, "李小明")])


def test_a_code_its_platform_did_not_vouch_for_names_nobody() -> None:
    stray = _piece(Carrier.CHINA_ITINERARY, "李小明", CodeVerdict.UNVERIFIED)
    assert not of_two_people([_piece(Carrier.CHINA_HEALTH, "王小明"), stray])


def _said(**answers: str) -> list[Evidence]:
    return [
        Evidence(Instant(0, 0), "attendant:door1", Answer(name, value, "door1", personal=True))
        for name, value in answers.items()
    ]


def _told(**personal: str) -> Evidence:
    return Evidence(
        Instant(0, 0), "scanner", Code(Carrier.CHINA_HEALTH, CodeVerdict.VALID, personal=personal)
    )


@pytest.mark.parametrize("number", ["11010519491231002X", "110105194912310027", "L01X00T47"])
def test_a_whole_number_that_fits_decides_and_a_misheard_name_does_not(number: str) -> None:
    said = _said(id_number=number, name="汪小明", phone="13800001234")
    assert not of_another([*said, _told(id_number=number, name="王*明")])
    assert of_another([*said, _told(id_number=number[:-1] + "9", name="汪*明")])


def test_a_number_that_is_hidden_in_part_does_not_speak_for_another_name() -> None:
    number = "11010519491231002X"
    hidden = "1101**********002X"
    assert of_another([*_said(id_number=number, name="汪小明"), _told(id_number=hidden, name="王*明")])
    assert of_another([*_said(id_number=hidden, name="汪小明"), _told(id_number=number, name="王*明")])
    assert of_another([*_said(id_number=hidden, name="汪小明"), _told(id_number=hidden, name="王*明")])


@pytest.mark.parametrize(
    ("name", "one", "other", "before"),
    [
        ("name", "LI MING", "李明", True),
        ("name", "XI", "LI", False),
        ("name", "阿卜杜·热合曼", "阿卜杜热合曼", True),
        ("name", "王小明", "王*明", False),
        ("phone", "+8613812341234", "138****1234", True),
        ("phone", "+8613812341234", "13812341234", True),
        ("id_number", "L01X00T47", "110101199003070011", True),
        ("id_number", "4401XXXXXXXXXX001X", "44010019900101001X", True),
        ("id_number", "4401**********001X", "44010019900101001X", False),
    ],
)
def test_codes_judged_in_the_first_edition_are_compared_as_they_were_then(
    name: str, one: str, other: str, *, before: bool
) -> None:
    def telling(carrier: Carrier, text: str) -> Evidence:
        return Evidence(Instant(0, 0), "scanner", Code(carrier, CodeVerdict.VALID, personal={name: text}))

    pair = [telling(Carrier.CHINA_HEALTH, one), telling(Carrier.CHINA_ITINERARY, other)]
    assert of_two_people(pair, 1) is of_two_people(pair[::-1], 1) is before
    assert of_two_people(pair) is differ({name: one}, {name: other})


def test_a_number_that_the_platform_was_asked_by_fits_itself_and_proves_nothing() -> None:
    number = "440100199001010012"
    asked = {"id_number": number, "code_digest": hashlib.sha256(number.encode()).hexdigest(), "name": "王*明"}
    assert of_another([*_said(id_number=number, name="汪小明"), _told(**asked)])
    assert not of_another([*_said(id_number=number, name="王小明"), _told(**asked)])
