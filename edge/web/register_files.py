"""A register as a list to print and as a file for office programs: of entries, or of passages by the day.

Names come with a reason only, which is written down first.
"""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request

from edge.domain.errors import FormError
from edge.registers.definition import Definition
from edge.registers.of_passages import passed
from edge.web import register_tables as tables
from edge.web import show
from edge.web.gate import Gate
from edge.web.registers import READERS, known, language, write_down
from edge.web.roles import allow, principal
from edge.web.titles import titles_then
from edge.web.words import WORDS, say

MOST = 5_000
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILES = {"csv": ("text/csv", tables.as_csv), "xlsx": (_XLSX, tables.as_xlsx)}


def blueprint(gate: Gate) -> Blueprint:
    """Return the routes of paper and files."""
    routes = Blueprint("register_files", __name__)

    @routes.get("/registers/<name>/paper")
    @allow(*READERS)
    def paper(name: str) -> Response:
        return _paper(gate, known(gate, name), opened=False)

    @routes.post("/registers/<name>/paper")
    @allow("manager")
    def opened_paper(name: str) -> Response:
        definition = known(gate, name)
        write_down(gate, f"register:{name}", **_day_row(gate, definition))
        return _paper(gate, definition, opened=True)

    @routes.post("/registers/<name>/file")
    @allow("manager", "observer")
    def file(name: str) -> Response:
        definition = known(gate, name)
        form = request.form.get("format") or "csv"
        if form not in FILES:
            raise FormError("bad_query")
        opened = bool(request.form.get("why"))
        if opened:
            _managers_only()
            write_down(gate, f"register:{name}", **_day_row(gate, definition))
        mimetype, write = FILES[form]
        heads, lines = _table(gate, definition, opened=opened, whole=True)
        answer = Response(write([[title for _, title in heads], *lines]), mimetype=mimetype)
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
        return answer

    return routes


def passed_blueprint(gate: Gate) -> Blueprint:
    """Return the routes of registers whose lines are passages."""
    routes = Blueprint("passed", __name__)

    @routes.get("/registers/<name>/passages")
    @allow(*READERS)
    def listed(name: str) -> Response:
        definition = known(gate, name)
        if definition.passages is None:
            raise FormError("not_found", status=404)
        first, last = days_asked(gate)
        heads, lines = _table(gate, definition, opened=False, whole=False)
        return make_response(
            render_template(
                "registers/passages.html",
                definition=definition,
                heads=heads,
                lines=lines,
                first=first,
                last=last,
                why=WORDS["opening"],
            )
        )

    return routes


def days_asked(gate: Gate) -> tuple[date, date]:
    """Return the first and the last local day asked for, today where none is. Raises FormError."""
    today = show.day_of(gate.now().at_us, show.zone_of(gate.timezone))
    try:
        first = date.fromisoformat(request.values.get("from") or today.isoformat())
        last = date.fromisoformat(request.values.get("to") or first.isoformat())
    except ValueError as error:
        raise FormError("bad_query") from error
    if not date(1970, 1, 3) <= first <= last <= date(9999, 12, 1) or last - first > timedelta(days=366):
        raise FormError("bad_query")
    return first, last


def passage_lines(gate: Gate, definition: Definition, *, opened: bool) -> list[tables.Cells]:
    """Return the passages of the days asked for as lines of the table."""
    zone = show.zone_of(gate.timezone)
    first, last = days_asked(gate)
    begin, end = show.day_starts_us(first, zone), show.day_starts_us(last + timedelta(days=1), zone)
    with gate.reader() as reader:
        lines = passed(reader, definition, begin, end, opened=opened)
        versions = {(line.procedure, line.version) for line in lines}
        answers: dict[tuple[str, str], Any] = {}
        for name, version in sorted(versions):
            answers |= titles_then(gate, reader, name, version).answers
    return tables.passage_cells(definition, lines, answers, zone=zone, language=language())


def _table(
    gate: Gate, definition: Definition, *, opened: bool, whole: bool
) -> tuple[list[tuple[str, str]], list[tuple[str, ...]]]:
    said = language()
    if definition.passages is not None:
        heads = tables.heads(definition, said)
        return heads, [line.cells for line in passage_lines(gate, definition, opened=opened)]
    heads = tables.heads(definition, said, whole=whole)
    lines = gate.ledgers.lines(definition.name, limit=MOST)
    personal = {line.entry.number: gate.book.personal(line.entry) or {} for line in lines} if opened else None
    cells = tables.entry_cells(
        definition, lines, personal, zone=show.zone_of(gate.timezone), language=said, whole=whole
    )
    extra = [("number", "entered", "state"), ("no", "at", "state")]
    more = [(name, say("register_column", word, said)) for name, word in zip(*extra, strict=True)]
    zone = show.zone_of(gate.timezone)
    rows = [
        (
            str(row.number),
            show.local_text(line.entry.entered_us, zone),
            *row.cells,
            tables.state_text(definition, line, said),
        )
        for row, line in zip(cells, lines, strict=True)
    ]
    return [*more[:2], *heads, more[2]], rows


def _paper(gate: Gate, definition: Definition, *, opened: bool) -> Response:
    heads, lines = _table(gate, definition, opened=opened, whole=False)
    first, last = days_asked(gate)
    return make_response(
        render_template(
            "registers/paper.html",
            definition=definition,
            heads=heads,
            lines=lines,
            opened=opened,
            first=first,
            last=last,
            now_us=gate.now().at_us,
        )
    )


def _day_row(gate: Gate, definition: Definition) -> dict[str, str]:
    return {"day": days_asked(gate)[0].isoformat()} if definition.passages is not None else {}


def _managers_only() -> None:
    who = principal()
    if who is None or who.role != "manager":
        raise FormError("forbidden", status=403)
