"""Walks through the parts of an xlsx file and keeps nothing but the cells of the row it is in: a file of some
kilobytes may hold a row of millions of cells, or a cell of any size.
"""

import math
import re
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar
from xml.parsers import expat

from edge.registers.unreadable import MAX_COLUMNS, Unreadable

MAX_CELLS, MAX_ROWS = 1 << 14, 1 << 20
"""So many cells a row and rows a sheet may have in a spreadsheet, empty ones with them."""
MAX_TEXT, MAX_INSIDE, MAX_DEPTH = 1 << 16, 1 << 13, 32
"""Signs of one cell, elements within it, and how deep they may lie."""
_CELL = 1000
_PIECE = 1 << 16
_MAX_TAG = 1 << 20
_EXACT_DIGITS = 15  # what a double holds of any whole number
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
Cells = dict[int, str]
T = TypeVar("T")


class _Walk(ABC, Generic[T]):
    """Goes through one part. `ready` is what was found since it was last taken; `within` are the names of the
    elements from the cell or text that is kept down to where it is, None outside of one."""

    def __init__(self) -> None:
        self.ready: list[T] = []
        self.within: list[str] | None = None
        self.text: list[str] = []
        self.value: list[str] = []
        self._depth = self._size = self._inside = 0

    def read(self, archive: zipfile.ZipFile, name: str) -> Iterator[list[T]]:
        """Yield what each piece of a part holds. Raises Unreadable, ExpatError."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._said
        parser.StartDoctypeDeclHandler = _refuse
        given = 0
        with archive.open(name) as file:
            while piece := file.read(_PIECE):
                parser.Parse(piece, False)
                given += len(piece)
                if given - parser.CurrentByteIndex > _MAX_TAG:
                    raise Unreadable("too_large")
                yield self._taken()
        parser.Parse(b"", True)
        yield self._taken()

    @abstractmethod
    def begins(self, tag: str, given: Mapping[str, str]) -> bool:
        """Say whether an element is one whose texts are kept."""

    @abstractmethod
    def ended(self, tag: str) -> None:
        """Take the end of an element whose texts were kept, or that lies outside of one."""

    def _taken(self) -> list[T]:
        ready, self.ready = self.ready, []
        return ready

    def _start(self, name: str, given: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Unreadable("broken_xlsx")
        if self.within is not None:
            self._inside += 1
            if self._inside > MAX_INSIDE:
                raise Unreadable("too_large")
            self.within.append(tag)
        elif self.begins(tag, given):
            self.within = []
            self.text, self.value = [], []
            self._size = self._inside = 0

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self.within:
            self.within.pop()
            return
        self.ended(name.rpartition(":")[2])
        self.within = None

    def _said(self, text: str) -> None:
        if not self.within:
            return
        *above, tag = self.within
        if tag == "v" and not above:
            kept = self.value
        elif tag == "t" and all(one in ("r", "is") for one in above):
            # Not the phonetic guides (rPh) that stand beside Chinese and Japanese text.
            kept = self.text
        else:
            return
        self._size += len(text)
        if self._size > MAX_TEXT:
            raise Unreadable("too_large")
        kept.append(text)


class SharedTexts(_Walk[str]):
    """The texts that cells name by their number."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._left = most

    def begins(self, tag: str, given: Mapping[str, str]) -> bool:
        """Keep each text."""
        return tag == "si"

    def ended(self, tag: str) -> None:
        """Take a text. Raises Unreadable."""
        if tag != "si":
            return
        text = "".join(self.text)
        self._left -= len(text) + 8
        if self._left < 0:
            raise Unreadable("too_large")
        self.ready.append(text)


class SheetRows(_Walk[tuple[int, Cells]]):
    """The rows of a sheet, by number, with the texts of their cells by column."""

    def __init__(self, shared: list[str]) -> None:
        super().__init__()
        self._shared = shared
        self._number = self._rows = self._count = 0
        self._cells: Cells | None = None
        self._place, self._kind = -1, "n"

    def begins(self, tag: str, given: Mapping[str, str]) -> bool:
        """Keep each cell of a row. Raises Unreadable."""
        if tag == "row" and self._cells is None:
            self._number = int(given.get("r") or self._number + 1)
            self._rows += 1
            if self._rows > MAX_ROWS:
                raise Unreadable("too_large")
            self._cells, self._place, self._count = {}, -1, 0
        if tag != "c" or self._cells is None:
            return False
        self._count += 1
        if self._count > MAX_CELLS:
            raise Unreadable("too_many_columns")
        found = _PLACE.fullmatch(given.get("r") or "")
        self._place = column_of(found[1]) if found else self._place + 1
        self._kind = given.get("t", "n")
        return True

    def ended(self, tag: str) -> None:
        """Take a cell or a row. Raises Unreadable."""
        if self._cells is None:
            return
        if tag == "row":
            self.ready.append((self._number, self._cells))
            self._cells = None
        elif tag == "c" and (text := self._said_by().strip()[:_CELL]):
            if self._place >= MAX_COLUMNS:
                raise Unreadable("too_many_columns")
            self._cells[self._place] = text

    def _said_by(self) -> str:
        if self._kind == "inlineStr":
            return "".join(self.text)
        text = "".join(self.value)
        if self._kind == "s":
            place = int(text or -1)
            return self._shared[place] if 0 <= place < len(self._shared) else ""
        return _number(text) if self._kind == "n" and text else text


def _number(text: str) -> str:
    if text.isdigit() and len(text) <= _EXACT_DIGITS:
        return text
    value = float(text)
    if not math.isfinite(value):
        return text
    if abs(value) >= 10.0**_EXACT_DIGITS:
        return f"{value:.5E}"
    return str(int(value)) if value == int(value) else repr(value)


def column_of(letters: str) -> int:
    """Return the place of a column, from 0, by its letters."""
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1


def _refuse(*_: Any) -> None:
    raise Unreadable("broken_xlsx")
