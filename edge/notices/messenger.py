"""One recipient's thread: collects what there is to tell, sends it together, tries again until it is taken.

What a recipient has been told of is remembered by the sequence of the row, after it was taken and not before:
a message may come twice, none is lost. Group robots take about twenty messages a minute, so what comes close
together goes as one.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Protocol

from edge.config.words import Text
from edge.domain.errors import DeviceUnavailable, JournalError
from edge.domain.model import Instant
from edge.domain.ports import Message, NotifierPort
from edge.journal import Reader
from edge.notices.lines import KINDS, Line, line_of

log = logging.getLogger(__name__)

HOLD_US = 60_000_000
"""A problem that is over within a minute is nobody's to run for."""
TIMEOUT_S = 10.0
LINES = 20
_ROWS = 200
_LONGEST_S = 300.0
_FIRST_S = 5.0


class Memory(Protocol):
    """Where the cursor lives across restarts."""

    def get(self, name: str) -> dict[str, Any] | None:
        """Return a value."""

    def put(self, name: str, value: dict[str, Any]) -> None:
        """Keep a value."""


class Status(Protocol):
    """The recipient's line among the devices."""

    def up(self) -> None:
        """It works."""

    def down(self, code: str, message: str) -> None:
        """It does not."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told of what, in which language (`zh_Hans` or `en`); `every_s`: at most one message in so many
    seconds."""

    name: str
    what: frozenset[str]
    language: str = "zh_Hans"
    every_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Sources:
    """Where messages come from. `problems` gives (code, what, severity, title) of what is wrong now."""

    gate: str
    reader: Callable[[], Reader]
    problems: Callable[[], Sequence[tuple[str, str, str, Text]]]
    lanes: Mapping[str, str]
    zone: tzinfo = UTC


class Messenger:
    """Tells one recipient; `run` is its thread."""

    def __init__(
        self,
        recipient: Recipient,
        connect: Callable[[], NotifierPort],
        sources: Sources,
        *,
        memory: Memory,
        status: Status,
        now: Callable[[], Instant],
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._recipient, self._connect, self._sources = recipient, connect, sources
        self._memory, self._status, self._now, self._beat = memory, status, now, beat
        self._name = f"notices/{recipient.name}"
        self._port: NotifierPort | None = None
        kept = memory.get(self._name) or {}
        self._cursor: int | None = kept.get("seq")
        self._told: dict[str, list[str]] = dict(kept.get("told", {}))  # problems: kind, English, Chinese
        self._since: dict[str, int] = {}
        self._failures = 0
        self._due_us = 0

    def run(self, stop: threading.Event) -> None:
        """Look about twice a second until `stop` is set."""
        try:
            while not stop.wait(0.5):
                self._beat()
                self.look()
        finally:
            if self._port is not None:
                self._port.close()

    def look(self) -> bool:
        """Send what there is to tell, if it is time; say whether something was sent."""
        now = self._now()
        if now.mono_us < self._due_us:
            return False
        try:
            lines, reached = self._rows()
        except JournalError:
            return False  # the pages say so
        wrong, told = self._problems(now)
        lines += wrong
        if lines and not self._send(lines):
            self._failures += 1
            self._due_us = now.mono_us + int(1e6 * min(_LONGEST_S, _FIRST_S * 2.0 ** (self._failures - 1)))
            return False
        self._failures = 0
        if lines:
            self._due_us = now.mono_us + int(1e6 * self._recipient.every_s)
        if reached != self._cursor or told != self._told:
            self._cursor, self._told = reached, told
            self._memory.put(self._name, {"seq": reached, "told": told})
        return bool(lines)

    def _rows(self) -> tuple[list[Line], int]:
        reader = self._sources.reader()
        try:
            head = reader.head()
            if self._cursor is None or self._cursor > head:  # told of nothing that was before it came
                return [], head
            rows = reader.rows_after(self._cursor, _ROWS, KINDS)
        finally:
            reader.close()
        found = [line_of(row, self._sources.lanes) for row in rows]
        lines = [line for line in found if line is not None and line.kind in self._recipient.what]
        return lines, rows[-1].seq if len(rows) == _ROWS else head

    def _problems(self, now: Instant) -> tuple[list[Line], dict[str, list[str]]]:
        """Return what has been wrong for a while and was not told, and what is over that was."""
        wanted: dict[str, tuple[str, Text]] = {}
        for code, what, severity, title in self._sources.problems():
            kind = "alarm" if severity == "fault" else "overdue"
            if kind in self._recipient.what:
                key, text = _worded(code, what, title)
                wanted[key] = (kind, text)
        self._since = {key: self._since.get(key, now.mono_us) for key in wanted}
        lines, told = [], dict(self._told)
        for key, (kind, text) in wanted.items():
            if key not in told and now.mono_us - self._since[key] >= HOLD_US:
                lines.append(Line(kind, text, now.at_us if now.clock.trusted else 0))
                told[key] = [kind, text.en, text.zh]
        for key in [key for key in told if key not in wanted]:
            kind, en, zh = told.pop(key)
            lines.append(Line(kind, Text(f"over: {en}", f"已恢复：{zh}")))
        return lines, told

    def _send(self, lines: Sequence[Line]) -> bool:
        try:
            if self._port is None:
                self._port = self._connect()
            self._port.send(self._message(lines), TIMEOUT_S)
        except DeviceUnavailable as error:
            if self._failures == 0:
                log.warning("%s cannot be told: %s", self._recipient.name, error)
            self._status.down(error.code, str(error))
            if self._port is not None:
                self._port.close()
                self._port = None
            return False
        self._status.up()
        return True

    def _message(self, lines: Sequence[Line]) -> Message:
        zh = self._recipient.language == "zh_Hans"
        texts = [self._dated(line, zh=zh) for line in lines[-LINES:]]
        if more := len(lines) - len(texts):
            texts.insert(
                0, f"（另有 {more} 条较早的，请看页面）" if zh else f"({more} earlier ones: see the pages)"
            )
        kinds = {line.kind for line in lines}
        kind = next(kind for kind in ("alarm", "overdue", "daily") if kind in kinds)
        title = {"alarm": "警报", "overdue": "待办超时", "daily": "日报"} if zh else {}
        return Message(
            gate=self._sources.gate,
            kind=kind,
            title=f"{self._sources.gate} · {title.get(kind, kind)}",
            text="\n".join(texts),
            urgent=kind == "alarm",
        )

    def _dated(self, line: Line, *, zh: bool) -> str:
        text = line.text.zh if zh else line.text.en
        if not line.at_us:
            return text
        at = datetime.fromtimestamp(line.at_us / 1e6, self._sources.zone)
        return f"{at:%m-%d %H:%M} {text}"


def _worded(code: str, what: str, title: Text) -> tuple[str, Text]:
    """Return by what a problem is known again, and how it is told: where it is, of a device; what the detail
    says beyond that changes by the minute."""
    if not code.startswith(("device_", "platform_")):
        return code, title
    where = what.split(":", maxsplit=1)[0]
    return f"{code} {where}", Text(f"{title.en}: {where}", f"{title.zh}：{where}")
