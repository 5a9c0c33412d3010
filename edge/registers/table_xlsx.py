"""Reads the first visible sheet of an xlsx file, as ECMA-376 part 1 (SpreadsheetML) describes it, a row at a
time.

Cells merged downwards have their value in each row. Numbers stand as they are while a spreadsheet holds them
exactly, otherwise as `1.23E+17`. Limits guard against archives that unpack to more than a gate has.
"""

import io
import posixpath
import re
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Iterator
from itertools import chain
from typing import IO
from xml.parsers.expat import ExpatError

from edge.registers.sheet_xml import SharedTexts, SheetRows, column_of
from edge.registers.unreadable import MAX_LINES, Unreadable

MAX_UNPACKED = 160 * 1024 * 1024
# What people typed never packs so well; up to so much unpacked nothing is asked.
MAX_RATIO, ANY_RATIO = 100, 8 * 1024 * 1024
MAX_SHARED = 64 * 1024 * 1024
_MERGED = re.compile(rb'mergeCell\s[^>]*?ref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"')
_PIECE = 1 << 16


def rows_of_xlsx(content: bytes) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield number and cells of each row that has any. Raises Unreadable."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
            if unpacked > MAX_UNPACKED or unpacked > max(ANY_RATIO, MAX_RATIO * len(content)):
                raise Unreadable("too_large")
            yield from _rows(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, KeyError, NotImplementedError) as error:
        raise Unreadable("broken_xlsx") from error
    except (
        ET.ParseError,
        ExpatError,
        LookupError,
        RuntimeError,
        UnicodeError,
        ValueError,
        OverflowError,
    ) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("broken_xlsx") from error


def _rows(archive: zipfile.ZipFile) -> Iterator[tuple[int, tuple[str, ...]]]:
    sheet = _first_sheet(archive)
    shared = _shared(archive)
    merged = _merged(archive, sheet)
    down: dict[int, tuple[int, str]] = {}  # column: last row it is merged to, and the value
    for number, cells in chain.from_iterable(SheetRows(shared).read(archive, sheet)):
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
    found: list[str] = []
    if "xl/sharedStrings.xml" in archive.namelist():
        for texts in SharedTexts(MAX_SHARED).read(archive, "xl/sharedStrings.xml"):
            found += texts
    return found


def _merged(archive: zipfile.ZipFile, sheet: str) -> dict[int, list[tuple[int, int]]]:
    """Return, by the row they begin in, which columns are merged downwards and to which row."""
    found: dict[int, list[tuple[int, int]]] = {}
    count = 0
    with archive.open(sheet) as file:
        rest = b""
        while piece := file.read(_PIECE):
            rest += piece
            end = 0
            for match in _MERGED.finditer(rest):
                end = match.end()
                first, last = int(match[2]), int(match[4])
                if last > first and count < MAX_LINES:
                    count += 1
                    found.setdefault(first, []).append((column_of(match[1].decode()), last))
            rest = rest[max(end, len(rest) - 200) :]
    return found


def _parsed(file: IO[bytes]) -> ET.Element:
    text = file.read(1024 * 1024)
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise Unreadable("broken_xlsx")
    return ET.fromstring(text)  # noqa: S314 - without entities there is nothing to expand


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
