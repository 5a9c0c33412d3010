"""What the gate can say: sentences in both languages, numbers in words, and a tone for each prompt.

Text only. Sentences say what to do and never why: others stand by. Write numbers out for Mandarin;
the synthesiser drops the point of "37.5".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

LANGUAGES = ("zh_Hans", "en")
"""The languages there are sentences in."""

PROMPTS = ("admit", "turn_back", "refer", "wait", "again", "rest", "next")
"""The stable names of what can be said."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One prompt in both languages. `needs` names the values it speaks; the first sentence of a
    prompt whose values were all given is spoken, the last one needs none."""

    zh_Hans: str
    en: str
    needs: tuple[str, ...] = ()


SENTENCES: Mapping[str, tuple[Sentence, ...]] = {
    "admit": (
        Sentence(
            "体温{temperature}度，请通行。", "{temperature} degrees. Please go ahead.", ("temperature",)
        ),
        Sentence("请通行。", "Please go ahead."),
    ),
    "turn_back": (Sentence("请止步，请退回。", "Please stop and turn back."),),
    "refer": (
        Sentence("请止步，工作人员会来引导您。", "Please stop here. Somebody will come and guide you."),
    ),
    "wait": (Sentence("请稍候。", "Please wait a moment."),),
    "again": (Sentence("请再测一次体温。", "Please measure once more."),),
    "rest": (
        Sentence(
            "请休息{minutes}分钟，您的号码是{ticket}号。",
            "Please rest for {minutes} minutes. Your number is {ticket}.",
            ("minutes", "ticket"),
        ),
        Sentence(
            "请到旁边休息，您的号码是{ticket}号。",
            "Please rest over there. Your number is {ticket}.",
            ("ticket",),
        ),
        Sentence("请到旁边休息，再来测温。", "Please rest over there, then measure again."),
    ),
    "next": (Sentence("下一位，请上前。", "Next, please."),),
}

TONES: Mapping[str, tuple[tuple[int, int], ...]] = {
    "admit": ((1320, 120), (0, 80), (1320, 120)),
    "turn_back": ((280, 900),),
    "refer": ((330, 350), (0, 120), (330, 350)),
    "wait": ((660, 180),),
    "again": ((660, 110), (0, 60), (880, 110), (0, 60), (660, 110)),
    "rest": ((880, 180), (660, 180), (440, 180)),
    "next": ((660, 120), (1320, 120)),
}
"""(hertz, milliseconds) in order, 0 Hz is silence. Two short high ones let pass, one long low one
stops; no two are alike, so that who cannot follow the words still knows."""

_DIGITS = "零一二三四五六七八九"
_NUMBER = re.compile(r"(-?)([0-9]{1,4})(?:\.([0-9]{1,3}))?")


def sentence(prompt: str, language: str, values: Mapping[str, str]) -> str:
    """Return what is said for a prompt in `zh_Hans` or `en`; values that are no numbers are not
    spoken. Raises KeyError for a prompt that does not exist."""
    numbers = {name: value for name, value in values.items() if _NUMBER.fullmatch(value)}
    for candidate in SENTENCES[prompt]:
        if all(name in numbers for name in candidate.needs):
            if language == "en":
                return candidate.en.format(**numbers)
            return candidate.zh_Hans.format(**{n: chinese_number(v) for n, v in numbers.items()})
    raise AssertionError("the last sentence of a prompt needs no values")


def chinese_number(number: str) -> str:
    """Return a decimal number below 10,000 in words: 37.5 is 三十七点五. ValueError for others."""
    match = _NUMBER.fullmatch(number)
    if match is None:
        raise ValueError(f"cannot say {number!r}")
    minus, whole, fraction = match.groups()
    words = ("负" if minus else "") + _whole(int(whole))
    if fraction:
        words += "点" + "".join(_DIGITS[int(digit)] for digit in fraction)
    return words


def _whole(number: int) -> str:
    """Return 0..9999 in words; a run of zeros inside is said once, 10..19 without the leading one."""
    if number == 0:
        return _DIGITS[0]
    words, gap = "", False
    for place, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // place % 10
        if digit == 0:
            gap = bool(words)
            continue
        words += (_DIGITS[0] if gap else "") + _DIGITS[digit] + unit
        gap = False
    return words.removeprefix("一") if 10 <= number < 20 else words
