"""Which rows of the journal somebody is told of, and in which words. Pure: open bodies only, so nothing
personal can get in; free text of a body is left out as well: somebody may have written a name into it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from edge.config.words import Text
from edge.journal import StoredRow

Said = tuple[str, Text]
_INCIDENTS = {
    "quarrel": Text("a quarrel", "有人争吵"),
    "forced_entry": Text("somebody forces their way", "有人闯卡"),
    "crowd": Text("a crowd", "人群聚集"),
}
_FIGURES = (
    ("passes.persons", "person passes", "通行 {} 人次"),
    ("passes.vehicles", "vehicle passes", "{} 辆次"),
    ("turn_back.persons", "persons turned back", "劝返 {} 人次"),
    ("turn_back.vehicles", "vehicles turned back", "劝返 {} 辆次"),
)
_OVER = frozenset({"over", "again"})
_MINUTE_US = 60_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to tell. `kind` is `alarm`, `overdue` or `daily`; `at_us` when it happened, 0 where nobody
    can say."""

    kind: str
    text: Text
    at_us: int = 0


def _case(body: Mapping[str, Any], lane: str) -> Said:
    number = body["case"]
    return "alarm", Text(
        f"{lane}: somebody is handed over for a check (case {number})",
        f"{lane}：有人需移交复查（个案 {number}）",
    )


def _alarmed(body: Mapping[str, Any], lane: str) -> Said:
    """Somebody to be watched for tries to pass: told at once, and not why, for a message may lie open."""
    way = Text("out", "出门") if body.get("direction") == "out" else Text("in", "进门")
    number = body["passage"]
    return "alarm", Text(
        f"{lane}: somebody who is watched for wants to go {way.en} (passage {number}): see the gate's page",
        f"{lane}：名单报警，须留意的人员要{way.zh}（通行 {number}），请看门岗页面",
    )


def _entered(body: Mapping[str, Any], lane: str) -> Said | None:
    if body.get("register") != "incidents":
        return None
    what = _INCIDENTS.get(body.get("fields", {}).get("kind"), Text("help is needed", "需要支援"))
    number = body["entry"]
    return "alarm", Text(f"{lane}: {what.en} (incident {number})", f"{lane}：{what.zh}（事件 {number}）")


def _destroyed(body: Mapping[str, Any], _lane: str) -> Said | None:
    lost = body.get("unacknowledged", 0)
    if not lost:
        return None
    return "alarm", Text(
        f"{lost} rows were destroyed by age before the district had them",
        f"{lost} 行记录到期销毁时区里还没有收到",
    )


def _aside(_body: Mapping[str, Any], _lane: str) -> Said:
    return "alarm", Text("the journal was damaged and goes on in a new file", "账本损坏，已换新文件继续")


def _conflict(_body: Mapping[str, Any], _lane: str) -> Said:
    return "alarm", Text(
        "the district holds something else under the same number", "区里同一编号下的内容与本机不一致"
    )


def _daily(body: Mapping[str, Any], _lane: str) -> Said:
    figures = body["figures"]
    en, zh = [], []
    for name, english, chinese in _FIGURES:
        # A report of an earlier program may lack a figure: what was not counted is not told as zero.
        number = figures.get(name, "?")
        en.append(f"{english} {number}")
        zh.append(chinese.format(number))
    over = sum(figures[name] for name in _OVER) if figures.keys() >= _OVER else "?"
    en.append(f"over the threshold {over}")
    zh.append(f"体温达到阈值 {over} 人次")
    day = body["day"]
    corrected, late = body.get("corrects") is not None, body.get("late_us", 0) // _MINUTE_US
    head = (
        (f"{day}, corrected report: ", f"{day} 日报（更正）：")
        if corrected
        else (f"{day}: ", f"{day} 日报：")
    )
    tail = (f"; {late} min late", f"；迟报 {late} 分钟") if body.get("late") else ("", "")
    return "daily", Text(head[0] + ", ".join(en) + tail[0], head[1] + "，".join(zh) + tail[1])


_SAID: Mapping[str, Callable[[Mapping[str, Any], str], Said | None]] = {
    "access.alarmed": _alarmed,
    "case.opened": _case,
    "register.entered": _entered,
    "retention.destroyed": _destroyed,
    "journal.set_aside": _aside,
    "uplink.conflict": _conflict,
    "report.daily": _daily,
}
KINDS = frozenset(_SAID)


def line_of(row: StoredRow, lanes: Mapping[str, str]) -> Line | None:
    """Return what to tell of a row, None where there is nothing; `lanes` are what lanes are called."""
    said = _SAID[row.kind](row.body, lanes.get(row.lane or "", row.lane or "")) if row.kind in _SAID else None
    return None if said is None else Line(said[0], said[1], row.at_us)
