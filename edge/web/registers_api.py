"""The programs' door to the registers, as JSON under `/api/v1/registers`. It names nobody."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from edge.domain.errors import FormError
from edge.registers.book import Entered
from edge.registers.definition import STRUCK
from edge.registers.ledgers import Line
from edge.web import forms
from edge.web.gate import Gate
from edge.web.orders import order_of
from edge.web.register_schemas import AmendBody, EndBody, EntryBody, TickBody
from edge.web.registers import READERS, known, may, may_write
from edge.web.roles import allow

_QUERY = frozenset({"before", "limit"})


def blueprint(gate: Gate) -> Blueprint:
    """Return the `/api/v1/registers` routes."""
    routes = Blueprint("registers_api", __name__)
    _reads(routes, gate)
    _commands(routes, gate)
    return routes


def _reads(routes: Blueprint, gate: Gate) -> None:
    @routes.get("/api/v1/registers")
    @allow(*READERS, program=True)
    def index() -> Response:
        found = [
            {
                "name": one.name,
                "title": one.title.model_dump(),
                "number": one.number,
                "own": one.own,
                "from_passages": one.passages is not None,
            }
            for one in gate.ledgers.all()
        ]
        return jsonify({"registers": found})

    @routes.get("/api/v1/registers/<name>")
    @allow(*READERS, program=True)
    def listed(name: str) -> Response:
        known(gate, name)
        if not _QUERY.issuperset(request.args) or any(len(each) > 1 for _, each in request.args.lists()):
            raise FormError("bad_query")
        before, limit = _number("before", 0, forms.MAX_ID), _number("limit", 1, 500) or 50
        lines = gate.ledgers.lines(name, before=before, limit=limit)
        more = lines[-1].entry.number if len(lines) == limit else None
        return jsonify({"entries": [_entry(line) for line in lines], "next": more})

    @routes.get("/api/v1/registers/<name>/<int:number>")
    @allow(*READERS, program=True)
    def one(name: str, number: int) -> Response:
        known(gate, name)
        return jsonify(_entry(gate.ledgers.one(name, _known(number)).line))


def _commands(routes: Blueprint, gate: Gate) -> None:
    @routes.post("/api/v1/registers/<name>")
    @allow("attendant", "manager", program=True)
    def enter(name: str) -> Response:
        may_write(gate, name)
        body = forms.body_as(EntryBody)
        return _done(gate.ledgers.enter(order_of(body.command_id), name, body.fields))

    @routes.post("/api/v1/registers/<name>/<int:number>/amend")
    @allow("attendant", "manager", program=True)
    def amend(name: str, number: int) -> Response:
        may_write(gate, name)
        body = forms.body_as(AmendBody)
        ordered = order_of(body.command_id)
        return _done(gate.ledgers.amend(ordered, name, _known(number), body.fields, seen=body.seen))

    @routes.post("/api/v1/registers/<name>/<int:number>/end")
    @allow("attendant", "manager", program=True)
    def end(name: str, number: int) -> Response:
        may(known(gate, name).end)
        body = forms.body_as(EndBody)
        return _done(gate.ledgers.end(order_of(body.command_id), name, _known(number), body.why))

    @routes.post("/api/v1/registers/<name>/<int:number>/strike")
    @allow("attendant", "manager", program=True)
    def strike(name: str, number: int) -> Response:
        may_write(gate, name)
        body = forms.body_as(forms.BeginBody)
        return _done(gate.ledgers.strike(order_of(body.command_id), name, _known(number)))

    @routes.post("/api/v1/registers/<name>/<int:number>/tick")
    @allow("attendant", "manager", program=True)
    def tick(name: str, number: int) -> Response:
        known(gate, name)
        body = forms.body_as(TickBody)
        return _done(gate.ledgers.tick(order_of(body.command_id), name, _known(number), body.task, {}))


def _entry(line: Line) -> dict[str, Any]:
    entry = line.entry
    return {
        "entry": entry.number,
        "open": entry.open,
        "struck": line.struck,
        "overdue": line.overdue,
        "due_us": line.due_us,
        "entered_us": entry.entered_us,
        "sequence": entry.seqs[-1],
        "fields": {name: value for name, value in entry.fields.items() if name != STRUCK},
    }


def _done(done: Entered) -> Response:
    return jsonify({"sequence": done.sequence, "entry": done.number})


def _known(number: int) -> int:
    return min(number, forms.MAX_ID)


def _number(key: str, least: int, most: int) -> int | None:
    text = request.args.get(key)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and least <= int(text) <= most):
        raise FormError("bad_query", key)
    return int(text)
