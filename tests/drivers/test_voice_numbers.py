"""Numbers in words, read back by a reader of its own that has nothing in common with the writer."""

import re
import shutil
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.voice._numbers import in_words, is_number, spelled
from drivers.voice._prompts import sentence
from drivers.voice._render import phonemes

UNITS = {"十": 10, "百": 100, "千": 1000}
SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
ENGLISH = {word: value for value, word in enumerate(SMALL)}
ENGLISH |= {word: 10 * value for value, word in enumerate(TENS, 2)}


def read_chinese(words: str) -> Decimal:
    """Return the number that Chinese words say, in either script."""
    words = words.replace("點", "点").replace("負", "负")
    sign = -1 if words.startswith("负") else 1
    whole, _, decimals = words.removeprefix("负").partition("点")
    total, digit, told = 0, 0, False
    for character in whole:
        if character in UNITS:
            total += (digit if told else 1) * UNITS[character]
            digit, told = 0, False
        else:
            digit, told = "零一二三四五六七八九".index(character), True
    fraction = "".join(str("零一二三四五六七八九".index(c)) for c in decimals)
    return sign * Decimal(f"{total + digit}.{fraction or 0}")


def read_english(words: str) -> Decimal:
    """Return the number that English words say."""
    sign = -1 if words.startswith("minus ") else 1
    whole, _, decimals = words.removeprefix("minus ").partition(" point ")
    total, part = 0, 0
    for word in re.split(r"[ -]", whole):
        if word == "hundred":
            part *= 100
        elif word == "thousand":
            total, part = total + part * 1000, 0
        elif word != "and":
            part += ENGLISH[word]
    fraction = "".join(str(ENGLISH[word]) for word in decimals.split())
    return sign * Decimal(f"{total + part}.{fraction or 0}")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("37.5", "三十七点五"),
        ("37.0", "三十七点零"),
        ("36", "三十六"),
        ("0", "零"),
        ("0.05", "零点零五"),
        ("10", "十"),
        ("12", "十二"),
        ("20", "二十"),
        ("102", "一百零二"),
        ("110", "一百一十"),
        ("1001", "一千零一"),
        ("1010", "一千零一十"),
        ("1100", "一千一百"),
        ("9999", "九千九百九十九"),
        ("-3.2", "负三点二"),
        ("10.0", "十点零"),
        ("-5", "负五"),
        ("38.05", "三十八点零五"),
        ("100", "一百"),
    ],
)
def test_numbers_are_said_in_mandarin(number: str, words: str) -> None:
    assert in_words(number, "zh_Hans") == words
    assert in_words(number, "yue") == words.replace("点", "點").replace("负", "負")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("37.5", "thirty-seven point five"),
        ("37.0", "thirty-seven point zero"),
        ("102", "one hundred and two"),
        ("1234", "one thousand two hundred and thirty-four"),
        ("1007", "one thousand and seven"),
        ("-40", "minus forty"),
        ("0.05", "zero point zero five"),
        ("10.0", "ten point zero"),
        ("-5", "minus five"),
        ("38.05", "thirty-eight point zero five"),
        ("100", "one hundred"),
    ],
)
def test_numbers_are_said_in_english(number: str, words: str) -> None:
    assert in_words(number, "en") == words


@given(st.booleans(), st.integers(0, 9999), st.none() | st.text("0123456789", min_size=1, max_size=9))
def test_whatever_number_is_said_is_heard_as_that_number(
    minus: bool, whole: int, decimals: str | None
) -> None:
    number = ("-" if minus else "") + str(whole) + (f".{decimals}" if decimals is not None else "")
    for language, read in (("zh_Hans", read_chinese), ("yue", read_chinese), ("en", read_english)):
        words = in_words(number, language)
        assert read(words) == Decimal(number), words
        after = re.split("[点點]| point ", words)[1:]
        said = 0 if not after else len(after[0].split()) if language == "en" else len(after[0])
        assert said == len(decimals or ""), "a decimal was left out or made up"


@pytest.mark.parametrize("tenths", range(300, 440))
def test_every_temperature_is_heard_rightly(tenths: int) -> None:
    number = f"{tenths // 10}.{tenths % 10}"
    assert read_chinese(in_words(number, "zh_Hans")) == Decimal(number)
    assert read_english(in_words(number, "en")) == Decimal(number)


@given(st.integers(0, 9999), st.integers(0, 9999))
def test_no_two_numbers_are_said_alike_and_none_says_a_zero_twice_in_a_row(one: int, other: int) -> None:
    for language in ("zh_Hans", "yue", "en"):
        assert (in_words(str(one), language) == in_words(str(other), language)) is (one == other)
    words = in_words(str(one), "zh_Hans")
    assert "零零" not in words
    assert not words.endswith("零") or one == 0


@pytest.mark.parametrize("text", ["", "x", "37,5", "1e3", "12345", "٣", "--1", "1.", "nan", "３７"])
def test_what_is_no_number_is_refused(text: str) -> None:
    assert not is_number(text)
    with pytest.raises(ValueError, match="cannot say"):
        in_words(text, "zh_Hans")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("体温37.5度", "体温三十七点五度"),
        ("体温３７．５度", "体温三十七点五度"),
        ("气温-5度", "气温负五度"),
        ("08:00开门", "八点开门"),
        ("7:05到18:30", "七点零五分到十八点三十分"),
        ("2020年2月8日", "二零二零年二月八日"),
        ("2020-02-08起", "二零二零年二月八日起"),
        ("每户10-15斤", "每户十到十五斤"),
        ("请拨12345", "请拨一二三四五"),
        ("电话023-67891234", "电话零二三六七八九一二三四"),
        ("编号007", "编号零零七"),
        ("消毒率99.5%", "消毒率百分之九十九点五"),
        ("3号门102户", "三号门一百零二户"),
        ("没有数字。", "没有数字。"),
        ("超过37.3℃请留步", "超过三十七点三度请留步"),
        ("37.3°C以上，-5℃以下", "三十七点三度以上，负五度以下"),
        ("请拨打120或119报警", "请拨打一二零或一百一十九报警"),
        ("报警打119，热线：12320，电话 110", "报警打一一九，热线:一二三二零，电话 一一零"),
        ("2:00关门，下午2点半开门，02:30休息", "两点关门，下午两点半开门，两点三十分休息"),
        ("每次2人，保持2米，休息2分钟，2小时后", "每次两人，保持两米，休息两分钟，两小时后"),
        ("第2次，2号楼2单元，12个，2.2米", "第二次，二号楼二单元，十二个，二点二米"),
    ],
)
def test_numbers_in_a_notice_are_said_as_they_are_meant(text: str, words: str) -> None:
    assert spelled(text, "zh_Hans") == words


@pytest.mark.parametrize("number", ["37.5", "10.0", "-5", "38.05", "100"])
def test_a_notice_says_a_number_as_a_prompt_does(number: str) -> None:
    for language in ("zh_Hans", "yue"):
        assert spelled(f"体温{number}℃", language) == f"体温{in_words(number, language)}度"


def test_two_of_something_has_a_word_of_its_own_in_cantonese_as_well() -> None:
    assert spelled("每次2人，2:05开门", "yue") == "每次兩人，兩點零五分开门"


@pytest.mark.parametrize(
    ("number", "chinese", "cantonese", "english"),
    [
        ("1", "一分钟", "一分鐘", "one minute"),
        ("2", "两分钟", "兩分鐘", "two minutes"),
        ("12", "十二分钟", "十二分鐘", "twelve minutes"),
        ("102", "一百零二分钟", "一百零二分鐘", "one hundred and two minutes"),
    ],
)
def test_minutes_are_counted_as_people_count_them(
    number: str, chinese: str, cantonese: str, english: str
) -> None:
    values = {"minutes": number, "ticket": "2"}
    assert f"休息{chinese}，您的号码是二号" in sentence("rest", "zh_Hans", values)
    assert f"休息{cantonese}，你嘅號碼係二號" in sentence("rest", "yue", values)
    assert f"rest for {english}. Your number is two." in sentence("rest", "en", values)


def test_a_notice_in_english_is_left_to_its_voice() -> None:
    assert spelled("Open from 8:00, 2 persons at a time.", "en") == "Open from 8:00, 2 persons at a time."


@given(st.text(st.sampled_from("0123456789.:-/%年号 ０５A请"), max_size=30))
def test_no_digit_of_a_notice_is_left_to_the_synthesiser(text: str) -> None:
    for language in ("zh_Hans", "yue"):
        assert not re.search("[0-9０-９]", spelled(text, language))


@pytest.mark.system
@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_all_the_words_of_numbers_are_known_to_the_chinese_voices() -> None:
    for language in ("zh_Hans", "yue"):
        for number in ("37.5", "-1234.567890"):
            said = phonemes(in_words(number, language), language)
            assert "(en)" not in said
            assert len(re.findall(r"[1-6]+" if language == "yue" else r"[0-9]+", said)) >= 4
