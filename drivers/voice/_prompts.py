"""What the gate can say: sentences in every language, and a tone for each prompt.

Text only. Sentences say what to do and never why: others stand by. Cantonese is written as it is spoken.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from drivers.voice._numbers import counted, in_words, is_number
from edge.domain.ports import ALARMS

Language = Literal["zh_Hans", "yue", "en"]

LANGUAGES: tuple[Language, ...] = ("zh_Hans", "yue", "en")
"""The languages there are sentences in: Mandarin, Cantonese, English."""

PROMPTS = ("admit", "turn_back", "refer", "wait", "again", "rest", "next", *sorted(ALARMS))
"""The stable names of what can be said."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One prompt in all languages. `needs` names the values it speaks; the first sentence of a
    prompt whose values were all given is spoken, the last one needs none."""

    zh_Hans: str
    yue: str
    en: str
    needs: tuple[str, ...] = ()


SENTENCES: Mapping[str, tuple[Sentence, ...]] = {
    "admit": (
        Sentence(
            "体温{temperature}度，请通行。",
            "體溫{temperature}度，請通過。",
            "{temperature} degrees. Please go ahead.",
            ("temperature",),
        ),
        Sentence("请通行。", "請通過。", "Please go ahead."),
    ),
    "turn_back": (Sentence("请止步，请退回。", "請止步，請返轉頭。", "Please stop and turn back."),),
    "refer": (
        Sentence(
            "请止步，工作人员会来引导您。",
            "請止步，職員會嚟帶你。",
            "Please stop here. Somebody will come and guide you.",
        ),
    ),
    "wait": (Sentence("请稍候。", "請等一等。", "Please wait a moment."),),
    "again": (Sentence("请再测一次体温。", "請再量一次體溫。", "Please measure once more."),),
    "rest": (
        Sentence(
            "请休息{minutes}，您的号码是{ticket}号。",
            "請休息{minutes}，你嘅號碼係{ticket}號。",
            "Please rest for {minutes}. Your number is {ticket}.",
            ("minutes", "ticket"),
        ),
        Sentence(
            "请到旁边休息，您的号码是{ticket}号。",
            "請到旁邊休息，你嘅號碼係{ticket}號。",
            "Please rest over there. Your number is {ticket}.",
            ("ticket",),
        ),
        Sentence(
            "请到旁边休息，再来测温。",
            "請到旁邊休息，再返嚟量體溫。",
            "Please rest over there, then measure again.",
        ),
    ),
    "next": (Sentence("下一位，请上前。", "下一位，請上前。", "Next, please."),),
    "alarm": (
        Sentence(
            "请注意，请工作人员到门口。",
            "請注意，請職員到閘口。",
            "Attention please. Staff to the gate.",
        ),
    ),
    "fault": (
        Sentence(
            "设备故障，请等待工作人员。",
            "閘機故障，請等職員嚟。",
            "This gate is out of order. Please wait for somebody.",
        ),
    ),
}

_UNITS = {
    ("minutes", "zh_Hans"): ("分钟", "分钟"),
    ("minutes", "yue"): ("分鐘", "分鐘"),
    ("minutes", "en"): ("minute", "minutes"),
}

TONES: Mapping[str, tuple[tuple[int, int], ...]] = {
    "admit": ((1320, 120), (0, 80), (1320, 120)),
    "turn_back": ((280, 900),),
    "refer": ((330, 350), (0, 120), (330, 350)),
    "wait": ((660, 180),),
    "again": ((660, 110), (0, 60), (880, 110), (0, 60), (660, 110)),
    "rest": ((880, 180), (660, 180), (440, 180)),
    "next": ((660, 120), (1320, 120)),
    "alarm": ((1760, 160), (1175, 160)) * 4,
    "fault": ((440, 250), (0, 100), (220, 500)),
}
"""(hertz, milliseconds) in order, 0 Hz is silence. Two short high ones let pass, one long low one
stops; no two are alike, so that who cannot follow the words still knows."""


def chosen(prompt: str, values: Mapping[str, str]) -> Sentence:
    """Return which sentence of a prompt is said with these values. KeyError for no such prompt."""
    for candidate in SENTENCES[prompt]:
        if all(is_number(values.get(name, "")) for name in candidate.needs):
            return candidate
    raise AssertionError("the last sentence of a prompt needs no values")


def sentence(prompt: str, language: str, values: Mapping[str, str]) -> str:
    """Return what is said for a prompt; values that are no numbers are not spoken. Raises KeyError
    for a prompt that does not exist."""
    found = chosen(prompt, values)
    words = {
        name: counted(values[name], _UNITS[name, language], language)
        if (name, language) in _UNITS
        else in_words(values[name], language)
        for name in found.needs
    }
    text: str = getattr(found, language)
    return text.format(**words)
