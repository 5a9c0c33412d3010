"""双测温、两报告: who has which of a day's two measurements, who is missing, who is to be reported.

Observers see how many; a manager sees lines, and names only after giving a reason, which is written down
first. To be printed, or saved as xlsx or csv.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, make_response, render_template, request
from flask.blueprints import BlueprintSetupState

from edge.domain.errors import FormError
from edge.domain.twice_daily import MINUTES, Day, Half, Taken, Terms, Windows, days, local_day, missing
from edge.journal import Row, harmless
from edge.web import show
from edge.web.gate import Gate
from edge.web.languages import language_of
from edge.web.orders import asker
from edge.web.roles import allow
from edge.web.roll import MOST_REGISTERED, Roll, Rolls, Where
from edge.web.whose import Person
from edge.web.words import WORDS, say

SHOWN = ("all", "missing", "over")
Cells = Sequence[str | int]
WHAT = "twice_daily"


@dataclass(frozen=True, slots=True)
class Line:
    """One person of the table. `late` are the halves that have ended without a measurement."""

    day: Day
    person: Person
    late: tuple[Half, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One day, ready to show. `believed` says whether it is known what day and hour it is now; where it is
    not, nobody is late."""

    day: date
    roll: Roll
    lines: tuple[Line, ...]
    over: tuple[Line, ...]
    ended: tuple[Half, ...]
    believed: bool

    def had(self, half: Half) -> int:
        """Return how many have this half's measurement."""
        return sum(line.day.of(half) is not None for line in self.lines)

    def late(self, half: Half) -> int:
        """Return how many are late for this half."""
        return sum(half in line.late for line in self.lines)

    def where(self, taken: Taken) -> Where:
        """Return where a measurement of this day is from."""
        return self.roll.where[taken.sequence or 0]


def blueprint(gate: Gate) -> Blueprint:
    """Return `/review/twice-daily`, its opening and its file."""
    routes = Blueprint("twice_daily", __name__)
    zone = show.zone_of(gate.timezone)
    rolls = Rolls(gate.reader, gate.book, gate.twice_daily, zone)

    @routes.record_once
    def share(setup: BlueprintSetupState) -> None:
        setup.app.extensions[WHAT] = partial(_sheet, gate, rolls, zone)

    @routes.get("/review/twice-daily")
    @allow("manager", "observer")
    def page() -> Response:
        return _page(gate, _sheet(gate, rolls, zone, request.args.get("day")), _shown(request.args))

    @routes.post("/review/twice-daily")
    @allow("manager")
    def open_names() -> Response:
        sheet = _sheet(gate, rolls, zone, request.form.get("day"))
        _write_down(gate, sheet)
        return _page(gate, sheet, _shown(request.form), opened=True)

    @routes.post("/review/twice-daily/file")
    @allow("manager")
    def file() -> Response:
        form = request.form.get("format") or "csv"
        if form not in FILES:
            raise FormError("bad_query")
        mimetype, write = FILES[form]
        sheet = _sheet(gate, rolls, zone, request.form.get("day"))
        _write_down(gate, sheet)
        table = _table(sheet, _chosen(sheet, _shown(request.form)), zone, language_of(gate))
        answer = Response(write(table), mimetype=mimetype)
        name = f"twice-daily-{sheet.day.isoformat()}.{form}"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    return routes


def counted(day: date) -> dict[str, int] | None:
    """Return how many are expected on a day, were measured in each half and are to be reported; None while
    too many ask for it at once."""
    try:
        sheet: Sheet = current_app.extensions[WHAT](day.isoformat())
    except FormError:
        return None
    halves = {str(half): sheet.had(half) for half in Half}
    return {"expected": len(sheet.lines), **halves, "over": len(sheet.over)}


def sheet_of(roll: Roll, terms: Terms, day: date, zone: ZoneInfo, now_us: int | None) -> Sheet:
    """Return a day's sheet; `now_us` None where the clock is not believed."""
    table = days(roll.people, roll.taken, day, terms.windows, lambda at_us: _offset(at_us, zone))
    minute = _minute(day, zone, now_us)
    late = missing(table, terms.windows, minute)
    lines = tuple(
        Line(row, roll.people[row.person], tuple(half for half in row.missing if half in late))
        for row in table
    )
    lines = tuple(sorted(lines, key=_order))
    over = tuple(line for line in lines if line.day.over)
    return Sheet(day, roll, lines, over, tuple(late), now_us is not None)


def _sheet(gate: Gate, rolls: Rolls, zone: ZoneInfo, wanted: str | None) -> Sheet:
    now = gate.now()
    today = show.day_of(now.at_us, zone)
    try:
        day = date.fromisoformat(wanted) if wanted else today
        if not date(1970, 1, 3) <= day <= date(9999, 12, 1):
            raise FormError("bad_query")
    except ValueError as error:
        raise FormError("bad_query") from error
    return sheet_of(rolls.of(day), gate.twice_daily, day, zone, now.at_us if now.clock.trusted else None)


def _page(gate: Gate, sheet: Sheet, shown: str, *, opened: bool = False) -> Response:
    who = asker()
    lines = _chosen(sheet, shown) if who.sees_personal else ()
    return make_response(
        render_template(
            "review/twice_daily.html",
            sheet=sheet,
            lines=lines,
            shown=shown,
            all_shown=SHOWN,
            opened=opened,
            halves=tuple(Half),
            windows=_windows(gate.twice_daily.windows),
            terms=gate.twice_daily,
            most=MOST_REGISTERED,
            why=WORDS["opening"],
            before=sheet.day - timedelta(days=1),
            after=sheet.day + timedelta(days=1),
        )
    )


def _write_down(gate: Gate, sheet: Sheet) -> None:
    """Write down who looks, at which day, and why, before anything is shown. Raises FormError."""
    why = request.form.get("why", "")
    if why not in WORDS["opening"]:
        raise FormError("reason_needed")
    body = {"what": WHAT, "day": sheet.day.isoformat(), "by": asker().account, "why": why}
    gate.append(Row(kind="personal.opened", at=gate.now(), body=body))


def _chosen(sheet: Sheet, shown: str) -> Sequence[Line]:
    if shown == "over":
        return sheet.over
    return [line for line in sheet.lines if line.late] if shown == "missing" else sheet.lines


def _shown(given: Any) -> str:
    shown = given.get("show") or "all"
    if shown not in SHOWN:
        raise FormError("bad_query")
    return str(shown)


def _order(line: Line) -> tuple[str, str, str]:
    return line.person.room, line.person.name, line.person.key


def _minute(day: date, zone: ZoneInfo, now_us: int | None) -> int:
    """Return how far into the day it is: all of it once it is over, nothing of one that has not begun."""
    if now_us is None:
        return 0
    today, minute = local_day(now_us, lambda at_us: _offset(at_us, zone))
    return MINUTES if day < today else 0 if day > today else minute


def _offset(at_us: int, zone: ZoneInfo) -> int:
    return show.offset_minutes(at_us, zone)


def _windows(windows: Windows) -> dict[Half, str]:
    pairs = {Half.MORNING: windows.morning, Half.AFTERNOON: windows.afternoon}
    return {half: "–".join(f"{at // 60:02d}:{at % 60:02d}" for at in pair) for half, pair in pairs.items()}


def _table(sheet: Sheet, lines: Sequence[Line], zone: ZoneInfo, language: str) -> Iterator[list[str]]:
    """Yield the heads of the columns, then each line's cells."""
    columns = ["name", "room", "date"]
    for which in (*Half, "beside"):
        columns += [f"{which}_c", f"{which}_time", f"{which}_where"]
    yield [*columns, "missing", "report"]
    for line in lines:
        cells = [line.person.name, line.person.room, sheet.day.isoformat()]
        for taken in (*(line.day.of(half) for half in Half), line.day.beside):
            cells += _cells(sheet, taken, zone, language)
        late = " ".join(say("half", half, language) for half in line.late)
        yield [*cells, late, say("twice_daily", "report", language) if line.day.over else ""]


def _csv(table: Iterable[Cells]) -> bytes:
    out = io.StringIO()
    out.write("\ufeff")  # office programs take the file for UTF-8
    csv.writer(out).writerows([harmless(cell) for cell in cells] for cells in table)
    return out.getvalue().encode()


def _xlsx(table: Iterable[Cells]) -> bytes:
    """Return a workbook in which a text stays one: from csv, office programs make a date of a room such as
    3-1."""
    import xlsxwriter

    out = io.BytesIO()
    # In memory: what is written here names people.
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet, text = book.add_worksheet(), book.add_format({"num_format": "@"})
        sheet.freeze_panes(1, 0)
        for number, cells in enumerate(table):
            for column, cell in enumerate(cells):
                if isinstance(cell, int):
                    sheet.write_number(number, column, cell)
                else:
                    sheet.write_string(number, column, cell, text)
    return out.getvalue()


def _cells(sheet: Sheet, taken: Taken | None, zone: ZoneInfo, language: str) -> list[str]:
    if taken is None:
        return ["", "", ""]
    where = sheet.where(taken)
    if where.told_by is not None:
        place = f"{say('told_by', where.told_by, language)} · {say('method', where.how or '', language)}"
    else:
        place = where.lane or ""
    value = "" if taken.body_mdegc is None else show.degrees(taken.body_mdegc)
    return [value, show.clock_time(taken.at_us, zone)[:5], place]


FILES: Mapping[str, tuple[str, Callable[[Iterable[Cells]], bytes]]] = {
    "csv": ("text/csv", _csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _xlsx),
}
