"""What a code states, in words: the values of its facts, as their names are in `edge.web.words`.

Values that are not known here, of a newer program or a platform's own, are shown as they are.
"""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from babel import Locale

from edge.codes import times
from edge.codes.countries import two_letters
from edge.domain.facts import Colour, Fact, Result, TestKind
from edge.web import show
from edge.web.troubles import Word
from edge.web.words import WORDS

_COLOURS: Mapping[str, Word] = {
    Colour.GREEN: Word("green", "绿码"),
    Colour.YELLOW: Word("yellow", "黄码"),
    Colour.ORANGE: Word("orange", "橙码"),
    Colour.RED: Word("red", "红码"),
    Colour.GREY: Word("grey", "灰码"),
}
VALUES: Mapping[str, Mapping[str, Word]] = {
    Fact.COLOUR: _COLOURS,
    Fact.ITINERARY: _COLOURS,
    Fact.TEST_RESULT: {
        Result.NEGATIVE: Word("negative", "阴性"),
        Result.POSITIVE: Word("positive", "阳性"),
        Result.INCONCLUSIVE: Word("inconclusive: not negative", "无法判定，不算阴性"),
    },
    Fact.TEST_KIND: {
        TestKind.NAAT: Word("nucleic acid (PCR and alike)", "核酸"),
        TestKind.ANTIGEN: Word("antigen", "抗原"),
        TestKind.OTHER: Word("another kind", "其他方法"),
    },
    Fact.EU_RULES: {
        "passed": Word("passed", "通过"),
        "failed": Word("failed", "不通过"),
        "open": Word("could not be judged", "无法判断"),
    },
    "type": {"PublicCovidPass": Word("vaccine pass", "疫苗通行证")},
}
# Moments a code states in UTC: on a page beside others, they are the hours of the clock on the wall.
_MOMENTS = frozenset({Fact.TEST_TAKEN})


def stated(name: str, value: object, language: str, zone: ZoneInfo) -> str:
    """Return a fact's value in words of `zh_Hans` or `en`, fit to be shown."""
    text = str(value)
    word = (WORDS["category"] if name == Fact.CATEGORY else VALUES.get(name, {})).get(text)
    if word is not None:
        return word.zh if language == "zh_Hans" else word.en
    if name == Fact.COUNTRY:
        return _country(text, language)
    if name in _MOMENTS and "T" in text:
        return _moment(text, zone)
    return show.visible(text)


def _country(code: str, language: str) -> str:
    # The locale data name more than countries: pseudo-locales, say, under the codes of test issuers.
    name = Locale.parse(language).territories.get(code) if two_letters(code) == code else None
    if name is None:
        return show.visible(code)
    return f"{name}（{code}）" if language == "zh_Hans" else f"{name} ({code})"


def _moment(text: str, zone: ZoneInfo) -> str:
    try:
        return show.moment(times.parse(text), zone)
    except ValueError:
        return show.visible(text)
