"""The rules of who may pass while the gate runs: what is in force, what would be wrong with others, and the
commands that change them.

Files seed them; what a page chose is a row with its whole text and goes before the file. A text with any
fault is refused with all of them, and the old one stays in force.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from edge import access, site_files
from edge.domain.access import AccessRules
from edge.domain.errors import ConfigError, FormError
from edge.domain.model import Instant
from edge.journal import Reader, Row, StoredRow
from edge.journal.access_file import CORRECTED
from edge.registers.book import Book, Order
from edge.registers.opened import Journal as Readable

PUBLISHED = "access.published"
PAGE, FILE, START = "page", "file", "start"
MOST_TEXT = 60_000
# Reasons stand in the open: one tap each, and nobody's own words.
WHY = ("order", "case_nearby", "over", "trial", "mistake")
CORRECTIONS = ("other_gate", "not_passed", "miscounted")
_AT_ONCE = 500


class Journal(Readable, Protocol):
    """The part of the journal that this needs."""

    def append(self, *rows: Row) -> tuple[int, ...]:
        """Write rows in one transaction; raises JournalError."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What pages settled: the rules and when, by whom; None where the file holds."""

    rules: AccessRules | None = None
    row: StoredRow | None = None


def chosen(reader: Reader) -> Choice:
    """Return what pages settled last."""
    newest = Choice()
    for row in _rows(reader):
        if row.body.get("source") == PAGE:
            try:
                newest = Choice(access.published(row.body), row)
            except ConfigError:
                continue  # of a program that knew other keys; what held before it still holds
        elif row.body.get("source") == FILE:
            newest = Choice(None, row)
    return newest


def known(reader: Reader, version: str) -> AccessRules | None:
    """Return the rules of one version that the journal holds and that can still be read."""
    for row in _rows(reader):
        if row.body["version"] == version:
            try:
                return access.published(row.body)
            except ConfigError:
                return None
    return None


def of_file(name: str, config_folder: Path) -> AccessRules:
    """Return the rules of a file as it is now. Raises ConfigError."""
    path = access.find(name, config_folder)
    if path is None:
        there = ", ".join(access.names(config_folder))
        raise ConfigError(
            f"[access] rules: there are no rules {name!r}, but {there} / 没有这个规则文件，现有：{there}"
        )
    return access.parse(name, site_files.read(path), str(path))


def body_of(rules: AccessRules, source: str) -> dict[str, Any]:
    """Return the body of a row that publishes rules."""
    return {
        "name": rules.name,
        "version": rules.version,
        "closure": rules.closure,
        "text": rules.text,
        "source": source,
    }


@dataclass
class AccessBook:
    """The commands and views of the rules in force. Thread-safe. `control` hands new rules to the lanes once
    they are on disk; `changed` is called after each commit."""

    journal: Journal
    book: Book
    config_folder: Path
    file: str
    rules: AccessRules
    now: Callable[[], Instant]
    control: Callable[[AccessRules], None] = lambda _rules: None
    changed: Callable[[], None] = lambda: None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def history(self) -> list[StoredRow]:
        """Return every publication, newest first."""
        with closing(self.journal.reader()) as reader:
            return list(_rows(reader))[::-1]

    def presets(self) -> list[AccessRules]:
        """Return the rules of every file that can be read."""
        found = []
        for name in access.names(self.config_folder):
            try:
                found.append(of_file(name, self.config_folder))
            except ConfigError:
                continue
        return found

    def switch(self, order: Order, closure: str, made_from: str, why: str) -> int:
        """Put another closure level in force at every lane. Raises FormError `unknown_level`,
        `other_version` (409), JournalError."""
        with self._lock:
            if closure not in {level.id for level in self.rules.levels}:
                raise FormError("unknown_level", "there is no such closure level", 404)
            return self._put(order, self.rules.name, self.rules.text, closure, (made_from, why))

    def choose(self, order: Order, name: str, made_from: str, why: str) -> int:
        """Put the rules of a file in force. Raises FormError `unknown_rules`, `other_version`, JournalError;
        ConfigError with every fault."""
        with self._lock:
            if name not in access.names(self.config_folder):
                raise FormError("unknown_rules", "there are no such rules", 404)
            rules = of_file(name, self.config_folder)
            return self._put(order, name, rules.text, rules.closure, (made_from, why))

    def write(self, order: Order, text: str, made_from: str, why: str) -> int:
        """Put a text in force. Raises ConfigError with every fault, FormError `other_version`,
        JournalError."""
        with self._lock:
            if len(text.encode()) > MOST_TEXT:
                raise ConfigError(f"file: longer than {MOST_TEXT} bytes / 超过 {MOST_TEXT} 字节")
            text = text.replace("\r\n", "\n")
            closure = access.parse(self.rules.name, text).closure
            return self._put(order, self.rules.name, text, closure, (made_from, why))

    def correct(self, order: Order, register: str, entry: int, line: tuple[str, int, str]) -> int:
        """Correct how many of a person or household went one way: `line` is direction, how many more (or
        fewer, below nought), and why. Raises FormError `unknown_entry`, `bad_value`."""
        direction, count, why = line
        if (
            register not in ("people", "households")
            or direction not in ("in", "out")
            or not 0 < abs(count) < 100
        ):
            raise FormError("bad_value", "name a household or person, a direction and a number")
        if why not in CORRECTIONS:
            raise FormError("reason_needed", "say why, by one of the reasons")
        self.book.one(register, entry)
        if (earlier := self._earlier(order, CORRECTED)) is not None:
            return earlier.seq
        at = self.now()
        body = {
            "register": register,
            "entry": entry,
            "direction": direction,
            "count": count,
            "why": why,
            "by": order.by,
            "command_id": order.command_id,
        }
        sequence = self.journal.append(Row(CORRECTED, at, body))[0]
        self.changed()
        return sequence

    def release(self, order: Order, entry: int, unit: str, signed: str, units: Sequence[str] = ()) -> int:
        """End an entry of a watch list because a named unit confirmed the release (解除), which somebody of
        it signed: it holds at every lane from the next look-up on. Who signed for which unit is sealed with
        the entry; a unit of the site's list, `units`, stands in the open as well. Raises FormError
        `unit_needed`, `unknown_entry`, `entry_ended`, `entry_forgotten`."""
        unit, signed = unit.strip(), signed.strip()
        if not unit or not signed:
            raise FormError("unit_needed", "name the unit that confirms the release, and who signs")
        listed = unit if unit in units else ""
        told = {"released_by": unit, "signed": signed}
        return self.book.end(order, "watch", entry, "released", listed, **told).sequence

    def _put(self, order: Order, name: str, text: str, closure: str, told: tuple[str, str]) -> int:
        made_from, why = told
        if (earlier := self._earlier(order, PUBLISHED)) is not None:
            return earlier.seq
        if made_from != self.rules.version:
            raise FormError("other_version", "the rules changed meanwhile: look again", 409)
        if why not in WHY:
            raise FormError("reason_needed", "say why, by one of the reasons")
        rules = access.parse(name, text, closure=closure)
        body = body_of(rules, PAGE) | {"by": order.by, "why": why, "command_id": order.command_id}
        body["made_from"] = made_from
        sequence = self.journal.append(Row(PUBLISHED, self.now(), body))[0]
        self.rules = rules
        self.control(rules)
        self.changed()
        return sequence

    def _earlier(self, order: Order, kind: str) -> StoredRow | None:
        with closing(self.journal.reader()) as reader:
            return next(
                (r for r in _rows(reader, kind) if r.body.get("command_id") == order.command_id), None
            )


def _rows(reader: Reader, *kinds: str) -> Iterator[StoredRow]:
    after = 0
    wanted: Sequence[str] = kinds or (PUBLISHED,)
    while rows := reader.rows_after(after, _AT_ONCE, set(wanted)):
        after = rows[-1].seq
        yield from rows
