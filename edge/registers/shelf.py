"""Where the definitions of registers lie: a site's own folder before those that ship, and before both what a
manager wrote on a page, which stands in the journal.

The journal also holds the text of every definition that an entry was made under, so that old entries can be
read for as long as they are there.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from edge import site_files
from edge.domain.errors import ConfigError, FormError
from edge.domain.model import Instant
from edge.journal import Look, Reader, Row, StoredRow
from edge.registers.book import Order
from edge.registers.definition import Definition, parse

KIND = "registers"
SHIPPED = site_files.SHIPPED / KIND
DEFINED = "register.defined"
PAGE, FILE = "page", "file"
_MOST = 1_000
_END = 1 << 62


class Journal(Protocol):
    """The part of the journal that definitions need."""

    def compose(self, make: Callable[[Look], Sequence[Row]]) -> tuple[int, ...]:
        """Write the rows that `make` returns, in one transaction with what it looked at."""

    def reader(self) -> Reader:
        """Open a read-only view."""


@dataclass(frozen=True, slots=True)
class Held:
    """A definition in force, its text, and where that is from: `page`, or a file. `refused` are the faults
    of a text written on a page that this program cannot read any more: the file holds then."""

    definition: Definition
    text: str
    origin: str
    path: Path | None = None
    refused: tuple[str, ...] = ()


def folders(config_folder: Path) -> list[Path]:
    """Return where definitions are looked for, the site's own before those that ship."""
    return site_files.folders(KIND, config_folder)


class Shelf:
    """All definitions of a gate. Thread-safe: files are read once, the journal each time."""

    def __init__(
        self,
        journal: Journal,
        now: Callable[[], Instant],
        where: Iterable[Path] = (SHIPPED,),
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """Raises ConfigError with every fault of every file."""
        self._journal, self._now, self._changed = journal, now, changed
        self._files = read(list(where))

    def all(self) -> dict[str, Held]:
        """Return every register by name."""
        newest = self._newest()
        return {name: self._held(name, newest.get(name)) for name in sorted({*self._files, *newest})}

    def held(self, name: str) -> Held:
        """Return one register. Raises FormError `unknown_register`."""
        row = next((row for row in self._rows() if row.body["register"] == name), None)
        if name not in self._files and row is None:
            raise FormError("unknown_register", "there is no such register", 404)
        return self._held(name, row)

    def under(self, name: str, version: str) -> Definition | None:
        """Return the definition that had this version, as far as it can be read."""
        held = self._files.get(name)
        if held is not None and held.definition.version == version:
            return held.definition
        found = (row for row in self._rows() if row.body["register"] == name)
        text = next((row.body["text"] for row in found if row.body["version"] == version), None)
        try:
            return None if text is None else parsed(name, text)
        except ConfigError:
            return None

    def define(self, order: Order, name: str, text: str) -> Definition:
        """Let a text that somebody wrote on a page be in force from now on. Raises ConfigError naming every
        fault; what was in force stays so then. FormError `unknown_register`, `command_reused`."""
        self.held(name)
        definition = parse(name, text)
        self._write(order, name, text, definition.version, PAGE)
        return definition

    def follow_file(self, order: Order, name: str) -> Definition:
        """Let the file be in force again. Raises FormError `unknown_register` where there is none."""
        held = self._files.get(name)
        if held is None:
            raise FormError("unknown_register", "there is no file of this register", 404)
        self._write(order, name, held.text, held.definition.version, FILE)
        return held.definition

    def keep(self, name: str, by: str) -> Definition:
        """Return the definition in force, after making sure that the journal holds its text."""
        held = self.held(name)
        version = held.definition.version
        rows = [row for row in self._rows() if row.body["register"] == name]
        if not any(row.body["version"] == version for row in rows):
            self._write(Order("", by), name, held.text, version, held.origin)
        return held.definition

    def faults(self) -> list[str]:
        """Return what is wrong with texts that pages wrote, one line each."""
        return [line for held in self.all().values() for line in held.refused]

    def _write(self, order: Order, name: str, text: str, version: str, origin: str) -> None:
        def make(look: Look) -> Sequence[Row]:
            known = look.command(order.command_id) if order.command_id else None
            if known is not None:
                if (known.kind, known.body.get("register"), known.body.get("text")) != (DEFINED, name, text):
                    raise FormError("command_reused", "another command had this id", 409)
                return ()
            body = {"register": name, "text": text, "version": version, "origin": origin, "by": order.by}
            if order.command_id:
                body["command_id"] = order.command_id
            return (Row(DEFINED, self._now(), body),)

        self._journal.compose(make)
        self._changed()

    def _newest(self) -> dict[str, StoredRow]:
        return {row.body["register"]: row for row in reversed(self._rows())}

    def _rows(self) -> list[StoredRow]:
        """Newest first."""
        with closing(self._journal.reader()) as reader:
            return reader.before(_END, DEFINED, _MOST)

    def _held(self, name: str, row: StoredRow | None) -> Held:
        file = self._files.get(name)
        if row is None or (row.body["origin"] == FILE and file is not None):
            assert file is not None
            return file
        text = row.body["text"]
        try:
            return Held(parsed(name, text), text, PAGE, file.path if file else None)
        except ConfigError as error:
            if file is None:
                empty = Definition.model_validate({"title": {"zh_Hans": name, "en": name}, "name": name})
                return Held(empty, text, PAGE, None, error.faults)
            return Held(file.definition, file.text, FILE, file.path, error.faults)


@lru_cache(maxsize=256)
def parsed(name: str, text: str) -> Definition:
    """Return the definition of a text, known from before where it was read before."""
    return parse(name, text)


def read(where: Sequence[Path]) -> dict[str, Held]:
    """Return the definitions of files by name, of the first folder that has one. Raises ConfigError with
    every fault of every file."""
    found: dict[str, Held] = {}
    faults: list[str] = []
    for name, path in site_files.paths(where).items():
        try:
            text = site_files.read(path)
            found[name] = Held(parse(name, text, str(path)), text, FILE, path)
        except ConfigError as error:
            faults += error.faults
    if faults:
        raise ConfigError(faults)
    return found
