"""The manager's pages of duty: the sheet of a week, lists taken in, training."""

import secrets
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from edge.domain.duty import wall_us
from edge.domain.errors import FormError
from edge.registers.duty_rules import SHEET, TRAINING, UNTRAINED, Line
from edge.registers.duty_sheet import as_line, day_of, decoded, last_week, read_sheet, take_in, times
from edge.web import forms, show
from edge.web.gate import Gate
from edge.web.orders import form_order
from edge.web.roles import allow, principal

COURSES = ("岗前培训 before the first shift", "防护 protection", "操作 working the gate")


def blueprint(gate: Gate) -> Blueprint:
    """Return the manager's `/duty` routes."""
    routes = Blueprint("duty_plan", __name__)
    _sheet(routes, gate)
    _import(routes, gate)
    _people(routes, gate)
    return routes


def _sheet(routes: Blueprint, gate: Gate) -> None:
    duty = gate.duty.duty

    @routes.get("/duty/plan")
    @allow("manager", "observer")
    def page() -> Response:
        return plan_page(gate)

    @routes.post("/duty/plan")
    @allow("manager")
    def add() -> BaseResponse:
        try:
            duty.plan(form_order(), _line(gate))
        except FormError as error:
            return plan_page(gate, error)
        return _back()

    @routes.post("/duty/plan/copy")
    @allow("manager")
    def copy() -> BaseResponse:
        monday = _monday(gate)
        take_in(duty, form_order(), last_week(duty, monday))
        return _back()

    @routes.post("/duty/plan/<int:number>/remove")
    @allow("manager")
    def remove(number: int) -> BaseResponse:
        gate.book.end(form_order(), SHEET, min(number, forms.MAX_ID), "removed")
        return _back()

    def _back() -> BaseResponse:
        return redirect(url_for("duty_plan.page", week=_monday(gate).isoformat()), 303)


def _import(routes: Blueprint, gate: Gate) -> None:
    duty = gate.duty.duty

    @routes.post("/duty/plan/look")
    @allow("manager")
    def look() -> Response:
        uploaded = request.files.get("file")
        content = b"" if uploaded is None else uploaded.read()
        text = decoded(content) if content else request.form.get("text", "")
        untrained = request.form.get("untrained", "")
        return _looked(text, untrained)

    @routes.post("/duty/plan/import")
    @allow("manager")
    def import_() -> BaseResponse:
        text, untrained = request.form.get("text", ""), request.form.get("untrained", "")
        found = read_sheet(duty, text, untrained)
        taken = take_in(duty, form_order(), [line for _, line in found.lines])
        return redirect(url_for("duty_plan.page", week=_monday(gate).isoformat(), taken=taken), 303)

    @routes.post("/duty/plan/undo")
    @allow("manager")
    def undo() -> BaseResponse:
        number = request.form.get("import", "")
        gate.book.undo(form_order(), SHEET, forms.whole(number, 15) or 0)
        return redirect(url_for("duty_plan.page", week=_monday(gate).isoformat()), 303)

    def _looked(text: str, untrained: str) -> Response:
        page = render_template(
            "duty/import.html",
            found=read_sheet(duty, text, untrained),
            text=text,
            untrained=untrained,
            reasons=UNTRAINED,
            rules=gate.duty.rules,
            week=_monday(gate).isoformat(),
            nonce=secrets.token_hex(8),
        )
        return make_response(page)


def _people(routes: Blueprint, gate: Gate) -> None:
    @routes.get("/duty/training")
    @allow("manager")
    def training() -> Response:
        return _training_page(gate)

    @routes.post("/duty/training")
    @allow("manager")
    def train() -> BaseResponse:
        until = request.form.get("until", "")
        zone = show.zone_of(gate.timezone)
        until_us = wall_us(day_of(until) + timedelta(days=1), 0, zone) if until else None
        name, course = text_of("name"), text_of("course")
        day = day_of(request.form.get("day", "")).isoformat()
        gate.duty.duty.train(form_order(), name, course, day, until_us)
        return redirect(url_for("duty_plan.training"), 303)


def plan_page(gate: Gate, refused: FormError | None = None) -> Response:
    """Return the sheet of the week that is asked for, with what nobody fills in it."""
    monday, zone, rules = _monday(gate), show.zone_of(gate.timezone), gate.duty.rules
    from_us, until_us = wall_us(monday, 0, zone), wall_us(monday + timedelta(days=7), 0, zone)
    who = principal()
    opened = who is not None and who.sees_personal
    lines = gate.duty.duty.lines(from_us, until_us)
    now_us = gate.now().at_us
    past = gate.duty.duty.uncovered(from_us, min(until_us, now_us)) if from_us < now_us else []
    page = render_template(
        "duty/plan.html",
        monday=monday,
        before=monday - timedelta(days=7),
        after=monday + timedelta(days=7),
        days=[monday + timedelta(days=number) for number in range(7)],
        lines=[(entry, as_line(gate.duty.duty, entry) if opened else None) for entry in lines],
        holes=_unplanned(gate, from_us, until_us),
        past=past,
        imports=sorted({entry.imported for entry in lines if entry.imported}),
        rules=rules,
        reasons=UNTRAINED,
        typed=request.form if refused is not None else {},
        refused=refused,
        taken=request.args.get("taken", ""),
        nonce=secrets.token_hex(8),
    )
    return make_response(page, 200 if refused is None else refused.status)


def _unplanned(gate: Gate, from_us: int, until_us: int) -> list[Any]:
    """What the sheet itself leaves open: everybody on it is taken to come."""
    from edge.domain.duty import uncovered

    planned, rules = gate.duty.duty.planned(from_us, until_us), gate.duty.rules
    return uncovered(rules.posts, (), planned, (from_us, until_us), rules.zone)


def _training_page(gate: Gate) -> Response:
    entries = gate.book.page(TRAINING, open_=True, limit=200)
    named = [(entry, (gate.book.personal(entry) or {}).get("name", "")) for entry in entries]
    today = show.local_text(gate.now().at_us, show.zone_of(gate.timezone))[:10]
    page = render_template(
        "duty/training.html", entries=named, courses=COURSES, today=today, nonce=secrets.token_hex(8)
    )
    return make_response(page)


def _line(gate: Gate) -> Line:
    day = day_of(request.form.get("day", ""))
    from_us, until_us = times(
        gate.duty.duty, day, request.form.get("from", ""), request.form.get("until", "")
    )
    post, role = request.form.get("post", ""), request.form.get("role", "")
    name, phone, account, unit = (text_of(field) for field in ("name", "phone", "account", "unit"))
    untrained = request.form.get("untrained", "")
    return Line(post, role, from_us, until_us, name, phone, account, unit, untrained)


def text_of(name: str) -> str:
    """Return one line of a form. Raises FormError `bad_value`."""
    text = request.form.get(name, "").strip()
    if len(text) > 90 or not (text.isprintable() or not text):
        raise FormError("bad_value")
    return text


def _monday(gate: Gate) -> date:
    text = request.values.get("week", "")
    try:
        day = date.fromisoformat(text)
        if forms.day_within(day) != day:
            raise ValueError(text)
    except ValueError:
        today = show.local_text(gate.now().at_us, show.zone_of(gate.timezone))[:10]
        day = datetime.fromisoformat(today).date()
    return day - timedelta(days=day.weekday())
