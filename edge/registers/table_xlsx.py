"""Reads the first visible sheet of an xlsx file, as ECMA-376 part 1 (SpreadsheetML) describes it, a row at a
time.

Cells merged downwards have their value in each row. Numbers stand as they are while a spreadsheet holds them
exactly, otherwise as `1.23E+17`. Limits guard against archives that unpack to more than a gate has.
"""

import io
import math
import posixpath
import re
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from edge.registers.unreadable import MAX_COLUMNS, MAX_LINES, Unreadable

MAX_UNPACKED = 400 * 1024 * 1024
MAX_SHARED = 64 * 1024 * 1024
_EXACT_DIGITS = 15  # what a double holds of any whole number
_MERGED = re.compile(rb'mergeCell\s[^>]*?ref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"')
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_PIECE = 1 << 16
_CELL = 1000


def rows_of_xlsx(content: bytes) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield number and cells of each row that has any. Raises Unreadable."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED:
                raise Unreadable("too_large")
            yield from _rows(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, KeyError, NotImplementedError) as error:
        raise Unreadable("broken_xlsx") from error
    except (ET.ParseError, RuntimeError, UnicodeError, ValueError, OverflowError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("broken_xlsx") from error


def _rows(archive: zipfile.ZipFile) -> Iterator[tuple[int, tuple[str, ...]]]:
    sheet = _first_sheet(archive)
    shared = _shared(archive)
    merged = _merged(archive, sheet)
    down: dict[int, tuple[int, str]] = {}  # column: last row it is merged to, and the value
    for number, cells in _sheet_rows(archive, sheet, shared):
        for column in [column for column, (last, _) in down.items() if last < number]:
            del down[column]
        for column, (_, value) in down.items():
            if not cells.get(column):
                cells[column] = value
        for column, last in merged.get(number, ()):
            if cells.get(column):
                down[column] = last, cells[column]
        if cells:
            width = max(cells) + 1
            yield number, tuple(cells.get(place, "") for place in range(width))


def _first_sheet(archive: zipfile.ZipFile) -> str:
    with archive.open("xl/workbook.xml") as file:
        book = _parsed(file)
    sheets = [one for one in book.iter() if _tag(one) == "sheet" and one.get("state") in (None, "visible")]
    if not sheets:
        raise Unreadable("no_sheet")
    wanted = next((value for name, value in sheets[0].attrib.items() if name.endswith("}id")), None)
    with archive.open("xl/_rels/workbook.xml.rels") as file:
        for one in _parsed(file):
            if one.get("Id") == wanted:
                target = one.get("Target", "")
                return target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
    raise Unreadable("no_sheet")


def _shared(archive: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    found: list[str] = []
    size = 0
    with archive.open("xl/sharedStrings.xml") as file:
        for element in _elements(file, "si"):
            text = _text(element)
            size += len(text)
            if size > MAX_SHARED:
                raise Unreadable("too_large")
            found.append(text)
    return found


def _merged(archive: zipfile.ZipFile, sheet: str) -> dict[int, list[tuple[int, int]]]:
    """Return, by the row they begin in, which columns are merged downwards and to which row."""
    found: dict[int, list[tuple[int, int]]] = {}
    with archive.open(sheet) as file:
        rest = b""
        while piece := file.read(_PIECE):
            rest += piece
            end = 0
            for match in _MERGED.finditer(rest):
                end = match.end()
                first, last = int(match[2]), int(match[4])
                if last > first and len(found) <= MAX_LINES:
                    found.setdefault(first, []).append((_column(match[1].decode()), last))
            rest = rest[max(end, len(rest) - 200) :]
    return found


def _sheet_rows(
    archive: zipfile.ZipFile, sheet: str, shared: list[str]
) -> Iterator[tuple[int, dict[int, str]]]:
    number = 0
    with archive.open(sheet) as file:
        for row in _elements(file, "row"):
            number = int(row.get("r") or number + 1)
            cells: dict[int, str] = {}
            place = -1
            for cell in row:
                if _tag(cell) != "c":
                    continue
                found = _PLACE.fullmatch(cell.get("r") or "")
                place = _column(found[1]) if found else place + 1
                if place >= MAX_COLUMNS:
                    break
                if text := _value(cell, shared).strip()[:_CELL]:
                    cells[place] = text
            yield number, cells


def _value(cell: ET.Element, shared: list[str]) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _text(cell)
    text = next((one.text or "" for one in cell if _tag(one) == "v"), "")
    if kind == "s":
        place = int(text or -1)
        return shared[place] if 0 <= place < len(shared) else ""
    return _number(text) if kind == "n" and text else text


def _number(text: str) -> str:
    if text.isdigit() and len(text) <= _EXACT_DIGITS:
        return text
    value = float(text)
    if not math.isfinite(value):
        return text
    if abs(value) >= 10.0**_EXACT_DIGITS:
        return f"{value:.5E}"
    return str(int(value)) if value == int(value) else repr(value)


def _column(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1


def _elements(file: IO[bytes], tag: str) -> Iterator[ET.Element]:
    """Yield each element of this name, and forget it afterwards."""
    path: list[ET.Element] = []
    for event, element in ET.iterparse(file, ("start", "end")):  # noqa: S314 - expat itself limits what entities may grow to
        if event == "start":
            path.append(element)
            continue
        path.pop()
        if _tag(element) == tag:
            yield element
            if path:
                path[-1].clear()


def _parsed(file: IO[bytes]) -> ET.Element:
    text = file.read(4 * 1024 * 1024)
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise Unreadable("broken_xlsx")
    return ET.fromstring(text)  # noqa: S314 - without entities there is nothing to expand


def _text(element: ET.Element) -> str:
    # Not the phonetic guides (rPh) that stand beside Chinese and Japanese text.
    parts = []
    for one in element:
        if _tag(one) == "t":
            parts.append(one.text or "")
        elif _tag(one) in ("r", "is"):
            parts.append(_text(one))
    return "".join(parts)


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
