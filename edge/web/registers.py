"""The pages of the registers that definitions describe: the list, one entry, what is added and amended.

Commands go through `Ledgers`; the only row written here says that somebody opened personal fields. What
somebody looks for travels in bodies, never in addresses.
"""

import secrets
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import get_locale
from werkzeug.wrappers import Response as BaseResponse

from edge.domain.errors import FormError
from edge.journal import Row
from edge.registers.definition import Definition
from edge.registers.given import FieldError
from edge.registers.ledgers import Line, Told, ends_of
from edge.web import forms, show
from edge.web import register_tables as tables
from edge.web.gate import Gate
from edge.web.orders import asker, form_order
from edge.web.register_entry import history, openings, shown, typed
from edge.web.roles import allow
from edge.web.words import WORDS

PAGE = 50
READERS = ("attendant", "manager", "observer")
_HEAD = frozenset({"csrf_token", "command_id", "seen"})


def blueprint(gate: Gate) -> Blueprint:
    """Return the `/registers` routes."""
    routes = Blueprint("registers", __name__)
    _lists(routes, gate)
    _entries(routes, gate)
    _commands(routes, gate)
    return routes


def _lists(routes: Blueprint, gate: Gate) -> None:
    @routes.get("/registers")
    @allow(*READERS)
    def index() -> Response:
        return make_response(render_template("registers/index.html", registers=gate.ledgers.all()))

    @routes.get("/registers/<name>")
    @allow(*READERS)
    def listed(name: str) -> BaseResponse:
        definition = known(gate, name)
        if definition.passages is not None:
            return redirect(url_for("passed.listed", name=name))
        return list_page(gate, definition, before=_number(request.args.get("before")))

    @routes.post("/registers/<name>/find")
    @allow("attendant", "manager")
    def find(name: str) -> Response:
        definition = known(gate, name)
        field, value = request.form.get("field", ""), request.form.get("value", "")
        if len(value) > 200:
            raise FormError("bad_value")
        found = gate.ledgers.found(name, field, value)
        # Who is in a list is personal too, found or not.
        body = {"by": asker().account, "what": f"find:{name}"}
        gate.append(Row("personal.opened", gate.now(), body))
        return list_page(gate, definition, found=found)


def _entries(routes: Blueprint, gate: Gate) -> None:
    @routes.get("/registers/<name>/<int:number>")
    @allow(*READERS)
    def one(name: str, number: int) -> Response:
        return _entry_page(gate, _told(gate, name, number))

    @routes.get("/registers/<name>/<int:number>/<any(form, card):paper>")
    @allow(*READERS)
    def paper(name: str, number: int, paper: str) -> Response:
        return _paper_page(gate, _told(gate, name, number), paper)

    @routes.post("/registers/<name>/<int:number>/open")
    @allow("manager")
    def open_personal(name: str, number: int) -> Response:
        told = _told(gate, name, number)
        write_down(gate, f"register:{name}", entry=told.told.entry.number)
        told = _told(gate, name, number, opened=True)
        paper = request.form.get("paper", "")
        return _paper_page(gate, told, paper) if paper in ("form", "card") else _entry_page(gate, told)


def _commands(routes: Blueprint, gate: Gate) -> None:
    @routes.post("/registers/<name>")
    @allow("attendant", "manager")
    def enter(name: str) -> BaseResponse:
        definition = may_write(gate, name)
        try:
            gate.ledgers.enter(form_order(), name, given(definition))
        except FormError as error:
            # What was typed stays.
            return list_page(gate, definition, refused=error)
        return redirect(url_for("registers.listed", name=name), 303)

    @routes.post("/registers/<name>/<int:number>/amend")
    @allow("attendant", "manager")
    def amend(name: str, number: int) -> BaseResponse:
        definition = may_write(gate, name)
        told = _told(gate, name, number)
        seen = _number(request.form.get("seen"))
        try:
            ordered = form_order()
            gate.ledgers.amend(ordered, name, number, given(definition), seen=seen)
        except FormError as error:
            return _entry_page(gate, told, refused=error)
        return redirect(url_for("registers.one", name=name, number=number), 303)

    @routes.post("/registers/<name>/<int:number>/end")
    @allow("attendant", "manager")
    def end(name: str, number: int) -> BaseResponse:
        may(known(gate, name).end)
        ordered = form_order()
        gate.ledgers.end(ordered, name, number, request.form.get("why", ""))
        return redirect(url_for("registers.one", name=name, number=number), 303)

    @routes.post("/registers/<name>/<int:number>/strike")
    @allow("attendant", "manager")
    def strike(name: str, number: int) -> BaseResponse:
        may_write(gate, name)
        gate.ledgers.strike(form_order(), name, number)
        return redirect(url_for("registers.one", name=name, number=number), 303)


def language() -> str:
    """Return the language of whoever is asking."""
    return "zh_Hans" if str(get_locale()).startswith("zh") else "en"


def known(gate: Gate, name: str) -> Definition:
    """Return a register that has a page. Raises FormError `unknown_register`."""
    definition = gate.ledgers.definition(name)
    if definition.hidden:
        raise FormError("unknown_register", status=404)
    return definition


def may(roles: tuple[str, ...]) -> None:
    """Raise FormError `forbidden` where whoever is asking is in none of these roles."""
    if asker().role not in (*roles, "manager"):
        raise FormError("forbidden", status=403)


def may_write(gate: Gate, name: str) -> Definition:
    """Return a register that whoever is asking may write in. Raises FormError."""
    definition = known(gate, name)
    may(definition.write)
    return definition


def given(definition: Definition) -> dict[str, Any]:
    """Return what a page's form says, by field."""
    several = {field.id for field in definition.field if field.kind == "ticks"}
    typed = request.form.to_dict(flat=False)
    return {
        name: values if name in several else values[0] for name, values in typed.items() if name not in _HEAD
    }


def write_down(gate: Gate, what: str, **more: Any) -> None:
    """Write down who looks at what and why, before anything is shown. Raises FormError `reason_needed`."""
    why = request.form.get("why", "")
    if why not in WORDS["opening"]:
        raise FormError("reason_needed")
    body = {"what": what, "by": asker().account, "why": why} | more
    gate.append(Row(kind="personal.opened", at=gate.now(), body=body))


def list_page(
    gate: Gate,
    definition: Definition,
    *,
    before: int | None = None,
    found: list[Line] | None = None,
    refused: FormError | None = None,
) -> Response:
    """Return the list: what is open first, what is overdue before all."""
    name, zone = definition.name, show.zone_of(gate.timezone)
    open_ = gate.ledgers.open_lines(name) if before is None and found is None else []
    page = gate.ledgers.lines(name, before=before, limit=PAGE + 1) if found is None else found
    seen = {line.entry.number for line in open_}
    shown = [line for line in page[:PAGE] if line.entry.number not in seen]
    said = {"zone": zone, "language": language()}
    body = render_template(
        "registers/list.html",
        definition=definition,
        heads=tables.heads(definition, language()),
        open=tables.entry_cells(definition, open_, None, **said),  # type: ignore[arg-type]
        lines=tables.entry_cells(definition, shown, None, **said),  # type: ignore[arg-type]
        state=lambda line: tables.state_text(definition, line, language()),
        older=page[PAGE - 1].entry.number if len(page) > PAGE else None,
        found=found is not None,
        finds=[field for field in definition.field if field.find],
        typed=request.form.to_dict(flat=False) if refused else {},
        refused=refused,
        wrong=refused.field if isinstance(refused, FieldError) else "",
        may_write=asker().role in (*definition.write, "manager"),
        sums=gate.board.sums(definition),
        why=WORDS["opening"],
        command_id=secrets.token_hex(8),
    )
    return make_response(body, refused.status if refused else 200)


def _told(gate: Gate, name: str, number: int, *, opened: bool = False) -> Told:
    known(gate, name)
    return gate.ledgers.one(name, min(number, forms.MAX_ID), opened=opened)


def _entry_page(gate: Gate, told: Told, *, refused: FormError | None = None) -> Response:
    who = asker()
    body = render_template(
        "registers/entry.html",
        **shown(gate, told, language()),
        history=history(told, language()),
        openings=openings(gate, told),
        ends=ends_of(told.definition),
        tasks=gate.board.of_entry(told.definition, told.told.entry.number),
        typed=request.form.to_dict(flat=False) if refused else typed(gate, told),
        refused=refused,
        wrong=refused.field if isinstance(refused, FieldError) else "",
        may_write=who.role in (*told.definition.write, "manager"),
        may_end=who.role in (*told.definition.end, "manager"),
        why=WORDS["opening"],
        command_id=secrets.token_hex(8),
    )
    return make_response(body, refused.status if refused else 200)


def _paper_page(gate: Gate, told: Told, paper: str) -> Response:
    card = told.definition.card
    fields = [told.definition.one(name) for name in card] if paper == "card" and card else None
    shown_ = shown(gate, told, language(), [field for field in fields if field] if fields else None)
    return make_response(
        render_template("registers/form.html", **shown_, history=history(told, language()), paper=paper)
    )


def _number(text: str | None) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise FormError("bad_query")
    return int(text)
