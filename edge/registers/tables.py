"""Reads the tables that offices hand over: csv in their encodings, and xlsx. Bytes in, lines of text out.

Any bytes give lines or `Unreadable`; nothing else is raised. What a spreadsheet did to a number stays visible
(`1.38E+10`), so that it can be refused. Lines are kept packed: a hundred thousand of them fit beside a gate.
"""

import csv
import io
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from edge.registers.kinds import Kind
from edge.registers.table_xlsx import rows_of_xlsx
from edge.registers.unreadable import MAX_COLUMNS, MAX_LINES, Unreadable
from edge.registers.values import folded

MAX_BYTES = 32 * 1024 * 1024
_SEPARATORS = (",", "\t", ";", "，", "|")
_LOOKED_AT = 30
_TOGETHER = 500
_CELL = 1000
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number in the file, counted from 1, and its cells."""

    number: int
    cells: tuple[str, ...]


class Table:
    """The lines of a file. `form` is csv or xlsx, `encoding` and `separator` what a csv was found to have,
    `size` how many lines there are."""

    def __init__(self, rows: Iterable[Line], form: str, encoding: str = "", separator: str = "") -> None:
        self.form, self.encoding, self.separator = form, encoding, separator
        self._packed: list[bytes] = []
        self.size = 0
        together: list[tuple[int, tuple[str, ...]]] = []
        for line in rows:
            self.size += 1
            if self.size > MAX_LINES:
                raise Unreadable("too_many_lines")
            together.append((line.number, line.cells))
            if len(together) == _TOGETHER:
                self._pack(together)
                together = []
        self._pack(together)

    def lines(self, after: int = 0) -> Iterator[Line]:
        """Yield the lines behind the one of this number, in their order."""
        for packed in self._packed:
            for number, cells in json.loads(zlib.decompress(packed)):
                if number > after:
                    yield Line(number, tuple(cells))

    def _pack(self, lines: Sequence[tuple[int, tuple[str, ...]]]) -> None:
        if lines:
            self._packed.append(zlib.compress(json.dumps(lines).encode(), 1))


def read_table(content: bytes, kind: Kind) -> Table:
    """Return the lines of a file. Raises Unreadable."""
    if not content.strip():
        raise Unreadable("empty")
    if len(content) > MAX_BYTES:
        raise Unreadable("too_large")
    if content.startswith(b"PK"):
        return Table((Line(*row) for row in rows_of_xlsx(content)), "xlsx")
    if content.startswith(_OLD_EXCEL):
        raise Unreadable("old_excel")
    encoding, text = _decoded(content)
    if not text.strip():  # a byte order mark alone
        raise Unreadable("empty")
    if text.lstrip()[:15].lower().startswith(("<html", "<!doctype html", "<table", "<?xml")):
        raise Unreadable("web_page")
    separator = _separator(text, kind)
    return Table(_csv_lines(text, separator), "csv", encoding, separator)


def head_of(table: Table, kind: Kind) -> tuple[int, dict[int, str], tuple[str, ...]]:
    """Return the number of the line with the heads, which column is which field by them, and the heads as
    they are written; 0 and nothing where no line says what its columns are."""
    best: tuple[int, dict[int, str], tuple[str, ...]] = (0, {}, ())
    for place, line in enumerate(table.lines()):
        if place >= _LOOKED_AT:
            break
        columns = columns_of(line.cells, kind)
        if len(columns) > len(best[1]):
            best = line.number, columns, line.cells
    return best


def columns_of(cells: Sequence[str], kind: Kind) -> dict[int, str]:
    """Return which column is which field by the words above them; the first of two alike."""
    words = _words(kind)
    found: dict[int, str] = {}
    for place, cell in enumerate(cells):
        name = words.get(_head_word(cell))
        if name is not None and name not in found.values():
            found[place] = name
    return found


_known: dict[str, dict[str, str]] = {}


def _words(kind: Kind) -> dict[str, str]:
    """Return the field that each word above a column means; where two fields share one, the first."""
    if kind.register not in _known:
        _known[kind.register] = {
            folded(head): one.name for one in reversed(kind.fields) for head in reversed(one.heads)
        }
    return _known[kind.register]


def _head_word(cell: str) -> str:
    word = folded(cell).strip("*:：")
    for mark in "(（[【":
        word = word.partition(mark)[0] or word
    return word.strip("*:：")


def _decoded(content: bytes) -> tuple[str, str]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        tries: tuple[str, ...] = ("utf-16",)
    else:
        tries = ("utf-8-sig", "gb18030")
    for encoding in tries:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            raise Unreadable("not_text")
        return encoding.removesuffix("-sig"), text
    raise Unreadable("encoding")


def _separator(text: str, kind: Kind) -> str:
    start = "".join(line for line, _ in zip(io.StringIO(text), range(_LOOKED_AT), strict=False))

    def worth(separator: str) -> tuple[int, int]:
        try:
            rows = [line.cells for line in _csv_lines(start, separator)]
        except Unreadable as error:
            # Of this separator there are too many: that is what is wrong, not that another gives one column.
            return (0, MAX_COLUMNS if error.code == "too_many_columns" else 0)
        return max((len(columns_of(row, kind)) for row in rows), default=0), max(map(len, rows), default=0)

    return max(_SEPARATORS, key=worth)


def _csv_lines(text: str, separator: str) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    before = 0
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Unreadable("not_a_table") from error
        if len(row) > MAX_COLUMNS:
            raise Unreadable("too_many_columns")
        yield Line(before + 1, tuple(cell.strip()[:_CELL] for cell in row))
        before = reader.line_num
