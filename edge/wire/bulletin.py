"""The bulletin (通报) in the form of 8 February 2020, shared by the gate and the district. Pure words.

Two series, provincial entrances and district posts, which are never added up: whoever passes both is counted
in both. Passes (辆次、人次) stand apart from vehicles and persons (辆、名); the latter are counted once for
each day and post, and said to be so.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

SERIES = ("provincial", "district")
TITLES = {
    "provincial": ("省际入口", "provincial entrances"),
    "district": ("区县属地", "posts of the district"),
}
# What the bulletin says of each series, in its order: name of the figure, words before and after it.
_FORM = (
    ("passes.vehicles", "检查车辆", "辆次"),
    ("passes.persons", "检测人员", "人次"),
    ("distinct_turned_back.vehicles", "劝返车辆", "辆"),
    ("distinct_turned_back.persons", "劝返人员", "名"),
    ("suspected", "发现疑似人员", "名"),
)
_ENGLISH = {
    "passes.vehicles": "vehicle passes checked",
    "passes.persons": "person passes measured",
    "distinct_turned_back.vehicles": "vehicles turned back",
    "distinct_turned_back.persons": "persons turned back",
    "suspected": "suspected persons",
}
FIGURES = tuple(name for name, _, _ in _FORM)
NOTE = (
    "辆次、人次按通行次数合计，同一车辆、人员经过几个卡口、几次就计几次；劝返的辆、名按每个卡口每日去重后累计。",
    "Passes are added up: who passes eight posts is eight passes. Vehicles and persons turned back are "
    "counted once for each post and day.",
)


def cut_off(last: date) -> str:
    """Return the cut-off of figures that include a day: 00:00 of the next, in Chinese."""
    after = last + timedelta(days=1)
    return f"截至{after.month}月{after.day}日0时"


def sentence(series: str, posts: int, figures: Mapping[str, int]) -> str:
    """Return what the bulletin says of one series, in Chinese; of a figure that is not known, that."""
    parts = [
        f"{before}{figures[name]}{after}" if name in figures else f"{before}（缺）"
        for name, before, after in _FORM
    ]
    return f"{TITLES[series][0]}（{posts}处卡口）累计{'、'.join(parts)}"


def text(last: date, told: Iterable[tuple[str, int, Mapping[str, int]]]) -> str:
    """Return the bulletin of (series, posts, figures) in Chinese, each series a sentence of its own."""
    return f"{cut_off(last)}，" + "；".join(sentence(*one) for one in told) + "。"


def text_en(last: date, told: Iterable[tuple[str, int, Mapping[str, int]]]) -> str:
    """Return the same in English."""
    sentences = []
    for series, posts, figures in told:
        parts = (f"{figures.get(name, 'not known')} {_ENGLISH[name]}" for name in FIGURES)
        sentences.append(f"{TITLES[series][1]} ({posts}): {', '.join(parts)}")
    return f"Until 00:00 of {(last + timedelta(days=1)).isoformat()}: {'; '.join(sentences)}."
