"""What is wrong with trust lists: the probe, and in words what to do. Must not read a list itself."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from edge.config.words import Text
from edge.health.parts import Problem

Lists = Callable[[], Sequence[Mapping[str, Any]]]

TRUST: Mapping[str, tuple[Text, Text]] = {
    "trust_old": (
        Text("A trust list is too old to count", "信任名单太旧，已不作数"),
        Text(
            "Codes of this kind are unverified until a newer list is there: `gatepost trust import`, or ask "
            "the district to push one.",
            "导入新名单之前，这类码一律按“未核验”处理：gatepost trust import，或请区里下发新名单。",
        ),
    ),
    "trust_ageing": (
        Text("A trust list will soon be too old", "信任名单即将过期"),
        Text(
            "Import a newer one (`gatepost trust import`) or ask the district, before codes stop counting.",
            "请在失效前导入新名单（gatepost trust import）或请区里下发。",
        ),
    ),
    "trust_unreadable": (
        Text("A changed trust list cannot be used", "改动后的信任名单无法使用"),
        Text(
            "The lists read before stay in force until the next start. `gatepost trust show` names the "
            "fault; import the list again.",
            "下次启动前仍用之前的名单。运行 gatepost trust show 查看错误，并重新导入。",
        ),
    ),
    "list_refused": (
        Text("A list of the district is not in force here", "区里下发的名单在本机没有生效"),
        Text(
            "The list before stays in force. Refused: tell the district why; the next version is tried, and "
            "this one after a restart. Not come or not stored: look at the line, the space and the clock; "
            "it is tried again by itself.",
            "继续使用原名单。被拒收的：把原因告诉区里，下一版会自动接收，本版在重启后再试；"
            "没收到或存不下的：检查网络、磁盘空间和时钟，会自动重试。",
        ),
    ),
}


def age(lists: Lists) -> Callable[[], Problem | None]:
    """Return a probe of the lists' age. One too old is a fault: codes of its kind count no more."""

    def look() -> Problem | None:
        found = lists()
        for code, states in (("trust_old", ("old",)), ("trust_ageing", ("ageing",))):
            named = [str(entry["carrier"]) for entry in found if entry["state"] in states]
            if named:
                return Problem(code, ", ".join(named), "fault" if code == "trust_old" else "warning")
        return None

    return look


def files(unreadable: Callable[[], str | None]) -> Callable[[], Problem | None]:
    """Return a probe of the files; `unreadable` says what is wrong with a changed one."""

    def look() -> Problem | None:
        why = unreadable()
        return None if why is None else Problem("trust_unreadable", why, "warning")

    return look


def refused(uplink: Callable[[], Mapping[str, Any]]) -> Callable[[], Problem | None]:
    """Return a probe of the district's lists that were refused."""

    def look() -> Problem | None:
        lines = uplink().get("lists_refused", ())
        return Problem("list_refused", "; ".join(lines), "warning") if lines else None

    return look
