"""The CSV file of `gatepost screening replay`: every fault of it at once, each with its line."""

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass

from edge.codes import times
from edge.domain.skin import PLACES, place_of
from edge.domain.visits import Taken

_PACKED = {
    b"\x1f\x8b": "packed with gzip, unpack it first 是 gzip 压缩文件，请先解压",
    b"PK\x03\x04": "a workbook or ZIP file, save it as CSV 是电子表格或 ZIP 文件，请另存为 CSV",
    b"\xd0\xcf\x11\xe0": "a workbook, save it as CSV 是电子表格，请另存为 CSV",
}
NEEDED = ("at", "person", "site", "surface_c", "ambient_c")
# What infrared modules can say at all, and what air can be: anything else is a slip of the pen.
SURFACE_C = (-70.0, 380.0)
AMBIENT_C = (-60.0, 80.0)
# Skin in degrees Fahrenheit: 32 to 42.5 degrees.
FAHRENHEIT = (89.6, 108.5)
# How spreadsheets write that there was no reading.
_NO_VALUE = ("", "nan", "na", "n/a", "null")


@dataclass(frozen=True, slots=True)
class Found:
    """What a file holds: its readings, what there is to say of it, and whether it can be judged."""

    readings: tuple[Taken, ...]
    notes: tuple[str, ...]
    faulty: bool


class _Fault(ValueError):
    """Says in both languages what is wrong."""


def read(content: bytes) -> Found:
    """Read a file's bytes: UTF-8 with or without a mark, UTF-16 with one, else GB 18030; commas,
    semicolons or tabs, and a decimal comma where a cell has one."""
    for start, what in _PACKED.items():
        if content.startswith(start):
            return _wrong(what)
    text = _text(content)
    if text is None or "\0" in text:
        return _wrong("neither UTF-8 nor GB 18030 text 既不是 UTF-8 也不是 GB 18030 文本")
    first = text.partition("\n")[0]
    lines = _lines(text, delimiter=max(",;\t", key=first.count))
    try:
        _, head = next(lines, (0, []))
        names = [name.strip().lower() for name in head]
        if not names:
            return _wrong("the file is empty 文件是空的")
        if fault := _head_fault(names):
            return _wrong(f"line 1 第 1 行: {fault}")
        return _found(lines, names)
    except _Fault as fault:
        return _wrong(str(fault))


def _found(lines: Iterator[tuple[int, list[str]]], names: list[str]) -> Found:
    readings: list[Taken] = []
    notes: list[str] = []
    faulty = False
    for line, cells in lines:
        where = f"line {line} 第 {line} 行"
        while len(cells) > len(names) and not cells[-1].strip():
            cells.pop()
        if len(cells) != len(names):
            faulty = True
            here, due = len(cells), len(names)
            notes.append(f"{where}: {here} cells, not {due} 有 {here} 列，应为 {due} 列")
            continue
        row = dict(zip(names, (cell.strip() for cell in cells), strict=True))
        faults, taken = _taken(row)
        faulty |= bool(faults)
        notes += [f"{where}: {fault}" for fault in faults]
        if taken is None:
            if not faults:
                notes.append(f"{where}: surface_c: no reading, left out 没有读数，已略过")
            continue
        if readings and taken.at_us < readings[-1].at_us:
            notes.append(
                f"{where}: before the row above it; judged in the file's order "
                f"时间早于上一行；仍按文件顺序判断 ({row['at']})"
            )
        readings.append(taken)
    if not readings and not faulty:
        return _wrong("there are no readings 没有任何读数")
    low, high = FAHRENHEIT
    if not faulty and 2 * sum(low <= taken.surface_mdegc / 1000 <= high for taken in readings) > len(
        readings
    ):
        return _wrong("surface_c: degrees Fahrenheit, not Celsius 像是华氏度，应为摄氏度")
    return Found(tuple(readings), tuple(notes), faulty)


def _lines(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that is not empty, with the number of its first line."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in rows:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = rows.line_num + 1
    except csv.Error as error:
        raise _Fault(f"line {line} 第 {line} 行: not CSV 不是有效的 CSV ({error})") from error


def _taken(row: dict[str, str]) -> tuple[list[str], Taken | None]:
    """Return what is wrong with a row, and its reading where it has one."""
    faults: list[str] = []
    at_us = surface = ambient = None
    try:
        at_us = times.parse(row["at"])
    except ValueError:
        faults.append(f"at: not a time like 2020-02-08T08:00:00+08:00 不是这样的时间 ({row['at'][:40]!r})")
    try:
        surface = _mdegc("surface_c", row["surface_c"], SURFACE_C)
        # Many a module does not say how warm the air is.
        ambient = _mdegc("ambient_c", row["ambient_c"], AMBIENT_C)
    except _Fault as fault:
        faults.append(str(fault))
    place = place_of(row["site"])
    if place is None:
        known = ", ".join(PLACES)
        faults.append(f"site: unknown, there are {known} 未知部位，可用的有 {known} ({row['site'][:40]!r})")
    if not row["person"]:
        faults.append("person: empty 为空")
    if faults or at_us is None or surface is None or place is None:
        return faults, None
    return [], Taken(at_us, row["person"], place.name, surface, ambient, row.get("device", ""))


def _mdegc(name: str, text: str, between: tuple[float, float]) -> int | None:
    """Return thousandths of a degree; None where the cell says that there is no value."""
    low, high = between
    if text.lower() in _NO_VALUE:
        return None
    try:
        value = float(text.replace(",", ".", 1))
    except ValueError:
        value = math.nan
    if "_" in text or not math.isfinite(value):
        raise _Fault(f"{name}: not a number 不是数字 ({text[:40]!r})")
    if not low <= value <= high:
        span = f"{low:g}..{high:g} °C"
        raise _Fault(f"{name}: not within {span} 超出 {span} 的范围 ({text[:40]})")
    return round(1000 * value)


def _head_fault(names: list[str]) -> str | None:
    missing = [name for name in NEEDED if name not in names]
    if missing:
        return f"columns missing 缺少列: {', '.join(missing)}"
    twice = sorted({name for name in names if name and names.count(name) > 1})
    return f"columns given twice 列名重复: {', '.join(twice)}" if twice else None


def _text(content: bytes) -> str | None:
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _wrong(why: str) -> Found:
    return Found((), (why,), faulty=True)
