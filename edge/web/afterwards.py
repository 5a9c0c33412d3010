"""What people add afterwards: corrections of passages, lines of paper pages, the page of the evening.

Views turn forms into commands of the reports; they write nothing themselves.
"""

import io
import secrets
from collections.abc import Mapping
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from edge.domain.errors import FormError
from edge.journal import Reader
from edge.registers.definition import Definition
from edge.registers.of_passages import passed
from edge.reports import template
from edge.reports.day import starts_us
from edge.reports.taking import WHY, Correction, Line
from edge.web import forms, show, twice_daily
from edge.web.gate import Gate
from edge.web.orders import form_order
from edge.web.reports import asked_day, indicators
from edge.web.roles import allow

LINES = 6
EVENING_TEXTS = ("situation", "done", "needs", "tomorrow")
EVENING_NUMBERS = ("visits", "leaflets_more")
EVENING = (*EVENING_TEXTS, *EVENING_NUMBERS)
_PERSONAL = ("name", "room", "phone", "id_number", "plate")
_LONGEST = 500


def blueprint(gate: Gate) -> Blueprint:
    """Return the `/review/paper`, `/review/evening` and correction routes."""
    routes = Blueprint("afterwards", __name__)
    _corrections(routes, gate)
    _papers(routes, gate)
    _evenings(routes, gate)
    return routes


def _corrections(routes: Blueprint, gate: Gate) -> None:
    @routes.get("/review/passage/<int:passage>/correct")
    @allow("manager")
    def correct(passage: int) -> Response:
        return make_response(
            render_template("reports/correct.html", passage=passage, why=WHY, command_id=secrets.token_hex(8))
        )

    @routes.post("/review/passage/<int:passage>/correct")
    @allow("manager")
    def do_correct(passage: int) -> BaseResponse:
        if passage > forms.MAX_ID:
            raise FormError("unknown_passage", status=404)
        given = request.form
        said = Correction(
            why=given.get("why", ""),
            void=given.get("void") == "yes",
            outcome=given.get("outcome") or None,
            direction=given.get("direction") or None,
            suspected={"yes": True, "no": False}.get(given.get("suspected", "")),
        )
        gate.reports.taking.correct(form_order(), passage, said)
        return redirect(url_for("review.passage", passage=passage), 303)


def _papers(routes: Blueprint, gate: Gate) -> None:
    @routes.get("/review/paper")
    @allow("manager", "attendant")
    def paper() -> Response:
        return _paper_page(gate, None)

    @routes.post("/review/paper")
    @allow("manager", "attendant")
    def take() -> Response:
        order = form_order()
        try:
            lines = [line for number in range(LINES) if (line := _line(gate, number)) is not None]
            return _paper_page(gate, len(gate.reports.taking.take(order, lines)))
        except FormError as error:  # six lines are not typed twice
            return _paper_page(gate, None, error)


def _evenings(routes: Blueprint, gate: Gate) -> None:
    @routes.get("/review/evening")
    @allow("manager")
    def evening() -> Response:
        today = forms.day_within(show.day_of(gate.now().at_us, _zone(gate)))
        return _evening_page(gate, asked_day(gate, request.args.get("day") or today.isoformat()))

    @routes.post("/review/evening")
    @allow("manager")
    def keep() -> BaseResponse:
        day = asked_day(gate, request.form.get("day", ""))
        order = form_order()
        try:
            gate.reports.taking.note(order, day, _evening_fields())
        except FormError as error:
            return _evening_page(gate, day, error)
        return redirect(url_for("afterwards.evening", day=day.isoformat()), 303)

    @routes.get("/review/evening/table")
    @allow("manager")
    def table() -> Response:
        day, path = asked_day(gate), gate.reports.terms.template
        if path is None:
            raise FormError("not_found", status=404)
        with closing(gate.reader()) as reader:
            figures = gate.reports.known(reader, day).now.figures
            values = template.values(gate.name, day, figures, gate.reports.taking.noted(reader, day))
        answer = Response(_filled(path, values), mimetype=template.MIMETYPE)
        answer.headers["Content-Disposition"] = f'attachment; filename="daily-{day.isoformat()}.xlsx"'
        return answer


def _kept(gate: Gate, reader: Reader, day: date, figures: Mapping[str, int]) -> list[tuple[Definition, int]]:
    """Return the ledgers on outsiders (R65, R66), each with how many lines the day added."""
    bounds = starts_us(day, _zone(gate)), starts_us(day + timedelta(days=1), _zone(gate))
    return [
        (
            one,
            len(passed(reader, one, *bounds))
            if one.passages
            else figures.get(f"register.{one.name}.entered", 0),
        )
        for one in gate.ledgers.all()
        if {"R65", "R66"} & set(one.number.split())
    ]


def _filled(path: Path, values: dict[str, int | str]) -> bytes:
    try:
        return template.fill(io.BytesIO(path.read_bytes()), values)
    except (OSError, ValueError) as error:
        raise FormError("bad_template", "the street's table cannot be read or filled", 409) from error


def _evening_page(gate: Gate, day: date, refused: FormError | None = None) -> Response:
    with closing(gate.reader()) as reader:
        known = gate.reports.known(reader, day)
        noted = gate.reports.taking.noted(reader, day)
        kept = _kept(gate, reader, day, known.now.figures)
    page = render_template(
        "reports/evening.html",
        kept=kept,
        measured=twice_daily.counted(day),
        day=day,
        known=known,
        shown=indicators(gate, known),
        noted=noted if refused is None else request.form,
        texts=EVENING_TEXTS,
        numbers=EVENING_NUMBERS,
        has_template=gate.reports.terms.template is not None,
        refused=refused,
        command_id=secrets.token_hex(8) if refused is None else request.form["command_id"],
    )
    return make_response(page, 200 if refused is None else refused.status)


def _evening_fields() -> dict[str, int | str]:
    fields: dict[str, int | str] = {}
    for name in EVENING_TEXTS:
        if text := request.form.get(name, "").strip():
            fields[name] = _checked(text)
    for name in EVENING_NUMBERS:
        if text := request.form.get(name, "").strip():
            if not text.isdecimal() or len(text) > 7:
                raise FormError("bad_value")
            fields[name] = int(text)
    return fields


def _paper_page(gate: Gate, taken: int | None, refused: FormError | None = None) -> Response:
    now = show.local_text(gate.now().at_us, _zone(gate)).replace(" ", "T")
    page = render_template(
        "reports/paper.html",
        numbers=range(LINES),
        personal=_PERSONAL,
        taken=taken,
        latest=now,
        refused=refused,
        typed={} if refused is None else request.form,
        command_id=secrets.token_hex(8) if refused is None else request.form["command_id"],
    )
    return make_response(page, 200 if refused is None else refused.status)


def _line(gate: Gate, number: int) -> Line | None:
    """Return a line of the form; None where it is empty."""
    given = {name: request.form.get(f"{name}-{number}", "").strip() for name in (*_PERSONAL, "time", "c")}
    if not any(given.values()):
        return None
    for text in given.values():
        _checked(text)
    try:
        written = datetime.fromisoformat(given["time"]).replace(tzinfo=_zone(gate))
        body_mdegc = (
            round(float(given["c"].replace("，", ".").replace(",", ".")) * 1000) if given["c"] else None
        )
    except (ValueError, OverflowError) as error:
        raise FormError("bad_value") from error
    if body_mdegc is not None and not 30_000 <= body_mdegc <= 45_000:
        raise FormError("bad_value")
    return Line(
        written_us=show.micros(written),
        direction=request.form.get(f"direction-{number}", ""),
        outcome=request.form.get(f"outcome-{number}", ""),
        personal={name: given[name] for name in _PERSONAL} | {"writer": request.form.get("writer", "")[:90]},
        vehicle=request.form.get(f"what-{number}") == "vehicle",
        body_mdegc=body_mdegc,
        page=_checked(request.form.get("page", "").strip())[:40] or None,
        lane=request.form.get("lane") if request.form.get("lane") in gate.lanes else None,
    )


def _checked(text: str) -> str:
    if len(text) > _LONGEST or any(ord(sign) < 32 and sign not in "\r\n" for sign in text):
        raise FormError("bad_value")
    return " ".join(text.split())


def _zone(gate: Gate) -> Any:
    return gate.reports.terms.zone
