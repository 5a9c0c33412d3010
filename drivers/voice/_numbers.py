"""Numbers in words, for synthesisers that read digits wrongly: the Mandarin voice drops the point of
"37.5" and takes a year for a quantity. Text only.
"""

import re

_CHINESE = "零一二三四五六七八九"
_TO_CANTONESE = str.maketrans("点负两", "點負兩")
_WIDE = str.maketrans("０１２３４５６７８９：％．－", "0123456789:%.-")
_DEGREES = re.compile("℃|°[Cc]|°")  # both voices pass over them
_COUNTED = "个個位名次天周週米人件辆輛份把张張只隻点點半"
_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_NUMBER = re.compile(r"(-?)([0-9]{1,4})(?:\.([0-9]{1,9}))?")

_IN_TEXT = re.compile(
    r"(?P<called>(?:(?<=[拨撥打话話线線])|(?<=[拨撥打话話线線][: ]))[0-9]{3,}(?:-[0-9]+)*)"
    r"|(?P<date>(?<![0-9])[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}(?![0-9]))"
    r"|(?P<clock>(?<![0-9:])(?:[01]?[0-9]|2[0-4]):[0-5][0-9](?![0-9:]))"
    r"|(?P<year>(?<![0-9.])[0-9]{4}(?=年))"
    r"|(?P<phone>(?<![0-9])0[0-9]{2,3}-[0-9]{7,8}(?![0-9]))"
    r"|(?P<percent>[0-9]+(?:\.[0-9]+)?)%"
    r"|(?P<range>(?<=[0-9])\s*[-~～—]\s*(?=[0-9]))"
    rf"|(?P<two>(?<![第0-9.:/-])2(?=[{_COUNTED}]|[小分][时時钟鐘]))"
    r"|(?P<number>(?:(?<![0-9A-Za-z])-)?[0-9]+(?:\.[0-9]+)?)"
)


def is_number(value: str) -> bool:
    """Return whether a value is one that can be said: a decimal number below 10,000."""
    return _NUMBER.fullmatch(value) is not None


def in_words(number: str, language: str) -> str:
    """Return a decimal number below 10,000 in words of `zh_Hans`, `yue` or `en`: 37.5 is 三十七点五.
    Every decimal given is said. ValueError for others."""
    match = _NUMBER.fullmatch(number)
    if match is None:
        raise ValueError(f"cannot say {number!r}")
    minus, whole, fraction = match.groups()
    if language == "en":
        decimals = " point " + " ".join(_SMALL[int(digit)] for digit in fraction) if fraction else ""
        return ("minus " if minus else "") + _english(int(whole)) + decimals
    words = ("负" if minus else "") + _chinese(int(whole)) + ("点" + _digits(fraction) if fraction else "")
    return words.translate(_TO_CANTONESE) if language == "yue" else words


def counted(number: str, units: tuple[str, str], language: str) -> str:
    """Return how many of something: 两分钟, 兩分鐘, "one minute". `units` are the words for one and for
    more; Chinese has a "two" of its own before them. ValueError as `in_words`."""
    words = in_words(number, language)
    if language == "en":
        return f"{words} {units[words != 'one']}"
    two = {"zh_Hans": "两", "yue": "兩"}[language]
    return (two if words == "二" else words) + units[words != "一"]


def spelled(text: str, language: str) -> str:
    """Return a notice with its numbers in words: times, dates, percentages, telephone numbers (digit by
    digit) and quantities. English is left as it is: its voice reads digits rightly."""
    if language == "en":
        return text
    words = _IN_TEXT.sub(_spell, _DEGREES.sub("度", text.translate(_WIDE)))
    return words.translate(_TO_CANTONESE) if language == "yue" else words


def _spell(match: re.Match[str]) -> str:
    found, kind = match[0], match.lastgroup
    if kind == "date":
        year, month, day = re.split("[-/]", found)
        return f"{_digits(year)}年{_quantity(month)}月{_quantity(day)}日"
    if kind == "clock":
        hour, minute = found.split(":")
        rest = "" if minute == "00" else ("零" if minute[0] == "0" else "") + _quantity(minute) + "分"
        return f"{'两' if int(hour) == 2 else _quantity(hour)}点{rest}"
    if kind == "two":
        return "两"
    if kind in ("year", "phone", "called"):
        return _digits(found.replace("-", ""))
    if kind == "percent":
        return "百分之" + _amount(match["percent"])
    return "到" if kind == "range" else _amount(found)


def _amount(found: str) -> str:
    """Return a number in words; digit by digit what is too long, or begins with a zero as codes do."""
    whole, point, fraction = found.removeprefix("-").partition(".")
    minus = "负" if found.startswith("-") else ""
    is_code = len(whole) > 4 or (len(whole) > 1 and whole.startswith("0"))
    return (
        minus
        + (_digits(whole) if is_code else _quantity(whole))
        + ("点" + _digits(fraction) if point else "")
    )


def _quantity(digits: str) -> str:
    return _chinese(int(digits))


def _digits(digits: str) -> str:
    return "".join(_CHINESE[int(digit)] for digit in digits)


def _chinese(number: int) -> str:
    """Return 0..9999 in words; a run of zeros inside is said once, 10..19 without the leading one."""
    if number == 0:
        return _CHINESE[0]
    words, gap = "", False
    for place, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // place % 10
        if digit == 0:
            gap = bool(words)
            continue
        words += (_CHINESE[0] if gap else "") + _CHINESE[digit] + unit
        gap = False
    return words.removeprefix("一") if 10 <= number < 20 else words


def _english(number: int) -> str:
    """Return 0..9999 in words."""
    for size, name in ((1000, "thousand"), (100, "hundred")):
        if number >= size:
            rest = number % size
            tail = (" and " if rest < 100 else " ") + _english(rest) if rest else ""
            return f"{_english(number // size)} {name}{tail}"
    if number < 20:
        return _SMALL[number]
    return _TENS[number // 10 - 2] + (f"-{_SMALL[number % 10]}" if number % 10 else "")
