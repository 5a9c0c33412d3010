"""One line of `gatepost doctor`, and what must never stand in one.

The output is pasted into messages to strangers: no tokens, no passwords in addresses, no names of
people, and nothing a device or a journal said about a person.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from edge.config import Text
from edge.config.text import HIDDEN

Run = Callable[[Sequence[str]], str | None]
"""Runs a program and returns what it printed; None where it is not there or failed."""

_CHECKS = {
    "machine": "本机",
    "rights": "权限",
    "config": "配置",
    "power": "供电",
    "store": "存储",
    "key": "密钥",
    "card": "存储卡",
    "space": "空间",
    "clock": "时钟",
    "clock source": "校时",
    "timezone": "时区",
    "player": "播放器",
    "chromium": "浏览器",
    "font": "字体",
    "rivals": "抢占程序",
    "token": "令牌",
    "uplink": "上报",
    "trust": "信任名单",
    "gate": "门岗程序",
}
_KINDS = {
    "thermometer": "测温仪",
    "scanner": "扫码器",
    "barrier": "道闸",
    "voice": "语音",
    "lights": "信号灯",
    "calibration": "校准",
}
_LEVELS = {"ok": "正常", "warn": "注意", "fault": "故障"}
_OF_LANE = re.compile(r"(\w+)(?: (\d+))? of (.+)")
_USER_INFO = re.compile(r"(?<=//)[^/@\s]+(?=@)")
_HOME = re.compile(r"/home/[^/\s:]+")


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found and, unless all is well, what to do about it."""

    level: Level
    check: str
    what: Text
    do: Text | None = None

    def line(self, language: str | None) -> str:
        """Return it as one line to read."""
        remedy = f" -> {self.do.say(language)}" if self.do else ""
        level = _LEVELS[self.level] if language == "zh_Hans" else f"{self.level.value:<5}"
        return f"{level} {named(self.check, language)}: {self.what.say(language)}{remedy}"

    def as_dict(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        do = self.do.as_dict() if self.do else None
        return {"level": self.level.value, "check": self.check, "what": self.what.as_dict(), "do": do}


def named(check: str, language: str | None) -> str:
    """Return the name of a check in words; programs and both languages together keep the English one."""
    if language != "zh_Hans":
        return check
    if found := _OF_LANE.fullmatch(check):
        kind, number, lane = found.groups()
        return f"通道 {lane} 的{_KINDS.get(kind, kind)}{f' {number}' if number else ''}"
    return _CHECKS.get(check, check)


def ok(check: str, en: str, zh: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(Level.OK, check, Text(en, zh))


def warn(check: str, what: tuple[str, str], do: tuple[str, str]) -> Finding:
    """Return a finding that will trouble somebody later; texts as (English, Chinese)."""
    return Finding(Level.WARN, check, Text(*what), Text(*do))


def fault(check: str, what: tuple[str, str], do: tuple[str, str]) -> Finding:
    """Return a finding that keeps the gate from working; texts as (English, Chinese)."""
    return Finding(Level.FAULT, check, Text(*what), Text(*do))


def redacted(finding: Finding, secrets: Iterable[str] = ()) -> Finding:
    """Return the finding fit to paste: without secrets, passwords in addresses and home folders."""
    known = sorted((secret for secret in secrets if len(secret) >= 4), key=len, reverse=True)

    def clean(text: Text) -> Text:
        return Text(_clean(text.en, known), _clean(text.zh, known))

    return Finding(
        finding.level, finding.check, clean(finding.what), clean(finding.do) if finding.do else None
    )


def read(path: Path) -> str | None:
    """Return a small file of the system as text without the end of line, None where it cannot be."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip("\0\n ")
    except OSError:
        return None


def below(root: Path, path: str | Path) -> Path:
    """Return an absolute path as it lies below another root."""
    return root / str(path).lstrip("/")


def _clean(text: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return _HOME.sub(f"/home/{HIDDEN}", _USER_INFO.sub(HIDDEN, text))
