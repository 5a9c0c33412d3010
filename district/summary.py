"""The page for the daily meeting (每日工作例会): one day of the gates of one property or of all, each by
itself and added up.

The two series of the bulletin are never added up; a figure that not every post tells is marked so.
"""

import csv
import io
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from district import reports
from district.reports import Report
from edge.wire import bulletin as form
from edge.wire import summary as page

Cell = str | int
# A gate belongs to the property that its newest report of so many days names.
_KNOWN_DAYS = 31


@dataclass(frozen=True, slots=True)
class Series:
    """The posts of one series. `added` is, of each figure, its sum over them and how many of them tell it."""

    name: str
    posts: tuple[Report, ...]
    added: Mapping[str, tuple[int, int]]

    def share(self, part: str, whole: str) -> str:
        """Return one summed figure of another in per cent with one decimal, rounded down; "" of nothing."""
        a, b = self.added[part][0], self.added[whole][0]
        return f"{a * 1000 // b // 10}.{a * 1000 // b % 10} %" if b else ""


@dataclass(frozen=True, slots=True)
class Summary:
    """A day. `missing` are the gates and posts of the property that have reported nothing for it."""

    day: date
    site: str | None
    series: tuple[Series, ...]
    missing: tuple[str, ...]


def summary(connection: sqlite3.Connection, day: date, site: str | None = None) -> Summary:
    """Return the day of the gates of one property, None: of all; as corrected."""
    today = [one for one in reports.of_day(connection, day) if site is None or one.site == site]
    series = tuple(
        Series(name, posts, page.added(one.corrected for one in posts))
        for name in form.SERIES
        if (posts := tuple(one for one in today if one.series == name))
    )
    missing = reports.missing(connection, day)
    if site is not None:
        whose = _whose(connection, day)
        missing = [name for name in missing if whose.get(name) == site]
    return Summary(day, site, series, tuple(missing))


def sites(connection: sqlite3.Connection, day: date) -> list[str]:
    """Return every property that gates and posts name, as of a day."""
    return sorted({site for site in _whose(connection, day).values() if site})


def table(found: Summary, *, chinese: bool) -> list[list[Cell]]:
    """Return a summary as lines of cells, with the heads of its columns."""
    lines: list[list[Cell]] = [[found.day.isoformat(), found.site or "", "、".join(found.missing)]]
    for one in found.series:
        title = form.TITLES[one.name][0 if chinese else 1]
        lines.append([title, "合计" if chinese else "Sum", *(post.post for post in one.posts)])
        for name in page.FIGURES:
            total, told = one.added[name]
            posts: list[Cell] = [post.corrected.get(name, "") for post in one.posts]
            lines.append([page.TITLES[name][0 if chinese else 1], total if told else "", *posts])
    return lines


def as_csv(lines: Sequence[Sequence[Cell]]) -> bytes:
    """Return csv for office programs; what they would run as a formula is text."""
    out = io.StringIO()
    out.write("\ufeff")
    csv.writer(out).writerows([_harmless(cell) for cell in line] for line in lines)
    return out.getvalue().encode()


def as_xlsx(lines: Sequence[Sequence[Cell]]) -> bytes:
    """Return a workbook: figures as numbers, everything else as text."""
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, line in enumerate(lines):
            for column, cell in enumerate(line):
                if isinstance(cell, int):
                    sheet.write_number(number, column, cell)
                else:
                    sheet.write_string(number, column, cell)
    return out.getvalue()


def _whose(connection: sqlite3.Connection, day: date) -> dict[str, str | None]:
    """Return the property of each post without a machine, and of each gate as it newest said."""
    found: dict[str, str | None] = dict(connection.execute("SELECT name, site FROM post").fetchall())
    newest: dict[str, str] = {}
    for one in reports.between(connection, day - timedelta(days=_KNOWN_DAYS), day):
        if one.day >= newest.get(one.post, ""):
            newest[one.post], found[one.post] = one.day, one.site
    return found


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
