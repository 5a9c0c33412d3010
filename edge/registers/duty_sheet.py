"""Filling the shift sheet by the week: copying the last one, and taking in a list from an office.

A list is text with one line each: day, from, until, post, role, name, phone, account, unit, in Chinese or
English headings, separated by commas or tabs. It is looked at before anything is written, and can be undone.
"""

import csv
import io
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from edge.domain.duty import wall_us
from edge.domain.errors import FormError
from edge.journal import Entry
from edge.registers.book import MOST_AT_ONCE, Draft, Order
from edge.registers.duty import Duty
from edge.registers.duty_rules import DAY_US, SHEET, Line

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "day": ("日期", "date", "day"),
    "from": ("开始", "上班", "start", "from"),
    "until": ("结束", "下班", "end", "until"),
    "post": ("岗位", "地点", "post", "place"),
    "role": ("角色", "职责", "岗位类别", "role"),
    "name": ("姓名", "name"),
    "phone": ("电话", "手机", "phone"),
    "account": ("账号", "account"),
    "unit": ("单位", "unit"),
}
_NEEDED = ("day", "from", "until", "role", "name")
MOST_LINES = 500
_FIRST_DAY, _LAST_DAY = date(1970, 1, 3), date(9999, 12, 1)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that is not taken, by its number in the text, and why (a code of the refusals)."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a list comes to: lines with their numbers in the text, and those that are not taken."""

    lines: tuple[tuple[int, Line], ...] = ()
    rejected: tuple[Rejected, ...] = ()


def decoded(content: bytes) -> str:
    """Return a list as text, whichever of the usual encodings an office used."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("utf-8", "replace")


def read_sheet(duty: Duty, text: str, untrained: str = "") -> Sheet:
    """Return what a list comes to, without writing. `untrained` is the reason given for all who have no
    training record. Lines that are on the sheet already are rejected (`duty_twice`)."""
    rows = list(csv.reader(io.StringIO(text), delimiter="\t" if "\t" in text.split("\n", 1)[0] else ","))
    if not rows or (columns := _columns(rows[0])) is None:
        return Sheet(rejected=(Rejected(1, "duty_bad_headings"),))
    if len(rows) > MOST_LINES:
        return Sheet(rejected=(Rejected(MOST_LINES, "duty_too_many"),))
    lines: list[tuple[int, Line]] = []
    rejected: list[Rejected] = []
    seen: set[tuple[str, str, int, str]] = set()
    for number, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            continue
        try:
            line = _line(duty, columns, row, untrained)
            duty.draft(line)
            if _key(line) in seen or _is_there(duty, line):
                raise FormError("duty_twice")
        except FormError as error:
            rejected.append(Rejected(number, error.code))
            continue
        seen.add(_key(line))
        lines.append((number, line))
    return Sheet(tuple(lines), tuple(rejected))


def take_in(duty: Duty, order: Order, lines: Sequence[Line]) -> int:
    """Put lines on the sheet, in pieces that make no verdict wait, under one number by which `Book.undo`
    takes them back; return how many they were. Lines that are there already are not written twice, so that
    the same command does nothing twice."""
    fresh = [line for line in lines if not _is_there(duty, line)]
    drafts = [duty.draft(line) for line in fresh]
    number = duty.book.count(SHEET) + 1
    for at in range(0, len(drafts), MOST_AT_ONCE):
        piece: list[Draft] = drafts[at : at + MOST_AT_ONCE]
        duty.book.add(order.by, SHEET, piece, imported=number)
    return len(fresh)


def last_week(duty: Duty, monday: date) -> list[Line]:
    """Return the lines of the week before `monday`, as they would stand in the week that begins then."""
    zone = duty.rules.zone
    start = wall_us(monday - timedelta(days=7), 0, zone)
    lines = []
    for entry in duty.lines(start, wall_us(monday, 0, zone)):
        if entry.from_us is None or entry.from_us < start:
            continue
        line = as_line(duty, entry)
        if line is not None:
            lines.append(
                replace(line, from_us=line.from_us + 7 * DAY_US, until_us=line.until_us + 7 * DAY_US)
            )
    return lines


def as_line(duty: Duty, entry: Entry) -> Line | None:
    """Return a line as it was put on the sheet; None where its name is destroyed."""
    personal = duty.book.personal(entry)
    if not personal or entry.from_us is None or entry.until_us is None:
        return None
    fields = entry.fields
    rest = (fields.get("account", ""), fields.get("unit", ""), fields.get("untrained", ""))
    name, phone = personal["name"], personal.get("phone", "")
    return Line(fields["post"], fields["role"], entry.from_us, entry.until_us, name, phone, *rest)


def clock_minutes(text: str) -> int:
    """Return `08:00`, `8:00` or `24:00` as minutes after midnight. Raises FormError `duty_bad_line`."""
    hours, colon, rest = unicodedata.normalize("NFKC", text).strip().partition(":")
    if not (colon and hours.isdecimal() and len(hours) <= 2 and rest.isdecimal() and len(rest) == 2):
        raise FormError("duty_bad_line")
    found = int(hours) * 60 + int(rest)
    if int(rest) > 59 or found > 1440:
        raise FormError("duty_bad_line")
    return found


def day_of(text: str) -> date:
    """Return `2020-02-12`, `2020/2/12`, `2020.2.12` or `2020年2月12日` as a day. Raises FormError
    `duty_bad_line`, also for one so far away that the days beside it cannot be reckoned with."""
    text = unicodedata.normalize("NFKC", text).strip().rstrip("日")
    for sign in "年月/.":
        text = text.replace(sign, "-")
    try:
        year, month, day = (int(part) for part in text.split("-"))
        found = date(year, month, day)
    except ValueError as error:
        raise FormError("duty_bad_line") from error
    if not _FIRST_DAY <= found <= _LAST_DAY:
        raise FormError("duty_bad_line")
    return found


def times(duty: Duty, day: date, begin: str, end: str) -> tuple[int, int]:
    """Return from when until when a shift is; one that ends before it begins ends on the next day."""
    first, last = clock_minutes(begin), clock_minutes(end)
    zone = duty.rules.zone
    return wall_us(day, first, zone), wall_us(day, last if last > first else last + 1440, zone)


def _columns(headings: Sequence[str]) -> dict[str, int] | None:
    given = [unicodedata.normalize("NFKC", cell).strip().lower() for cell in headings]
    found = {
        name: next(index for index, cell in enumerate(given) if cell in words)
        for name, words in HEADINGS.items()
        if any(cell in words for cell in given)
    }
    return found if all(name in found for name in _NEEDED) else None


def _line(duty: Duty, columns: Mapping[str, int], row: Sequence[str], untrained: str) -> Line:
    cells = {name: row[index].strip() if index < len(row) else "" for name, index in columns.items()}
    cells = {name: unicodedata.normalize("NFKC", text) for name, text in cells.items()}
    from_us, until_us = times(duty, day_of(cells["day"]), cells["from"], cells["until"])
    posts = duty.rules.post_names()
    post = cells.get("post", "") or (posts[0] if len(posts) == 1 else "")
    rest = (cells["name"], cells.get("phone", ""), cells.get("account", ""), cells.get("unit", ""))
    reason = "" if duty.trained(cells["name"]) else untrained
    return Line(post, _role(duty, cells["role"]), from_us, until_us, *rest, reason)


def _role(duty: Duty, text: str) -> str:
    for code, title in duty.rules.roles.items():
        if text == code or text in title.values():
            return code
    raise FormError("duty_unknown_role")


def _key(line: Line) -> tuple[str, str, int, str]:
    return line.post, line.role, line.from_us, line.name


def _is_there(duty: Duty, line: Line) -> bool:
    return any(
        (entry.fields["post"], entry.fields["role"], entry.from_us) == (line.post, line.role, line.from_us)
        for entry in duty.book.find([SHEET], "name", line.name)
    )
