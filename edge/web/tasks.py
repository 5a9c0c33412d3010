"""今日待办: everything the registers ask for today on one page, overdue first; ticked off with one tap.

A temperature of a household is written as any temperature that was told, of the room the entry names.
"""

import secrets

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from edge.domain.errors import FormError
from edge.domain.model import Method
from edge.domain.told import Told
from edge.registers.board import Today
from edge.registers.due import State, Task
from edge.web import forms
from edge.web.gate import Gate
from edge.web.orders import asker, form_order
from edge.web.registers import known, may
from edge.web.roles import allow
from edge.web.told import Teller, mdegc


def blueprint(gate: Gate) -> Blueprint:
    """Return `/tasks` and its commands."""
    routes = Blueprint("tasks", __name__)
    teller = Teller(gate)

    @routes.get("/tasks")
    @allow("attendant", "manager", "observer")
    def page() -> Response:
        today = gate.board.today()
        return make_response(
            render_template(
                "registers/today.html",
                today=today,
                state=State,
                definitions={one.name: one for one in gate.ledgers.all()},
                command_id=secrets.token_hex(8),
            )
        )

    @routes.get("/api/v1/tasks")
    @allow("attendant", "manager", "observer", program=True)
    def tasks() -> Response:
        return jsonify(today_json(gate.board.today()))

    @routes.post("/registers/<name>/<int:number>/tick")
    @allow("attendant", "manager")
    def tick(name: str, number: int) -> BaseResponse:
        known(gate, name)
        ordered = form_order()
        gate.ledgers.tick(ordered, name, min(number, forms.MAX_ID), request.form.get("task", ""), {})
        return _back(name, number)

    @routes.post("/registers/<name>/<int:number>/measured")
    @allow("attendant", "manager")
    def measured(name: str, number: int) -> BaseResponse:
        definition = known(gate, name)
        if definition.one("room") is None:
            raise FormError("unknown_task", status=404)
        told = gate.ledgers.one(name, min(number, forms.MAX_ID), opened=True).told
        may(("attendant", "manager"))
        who = asker()
        ordered = form_order()
        # It is of the household's room and goes nowhere but into the row, sealed as any other.
        teller.record(
            Told(
                value_mdegc=mdegc(request.form.get("value", "")),
                taken_us=gate.now().at_us,
                how=Method.CONTACT,
                told_by="self",
                by=who.account,
                command_id=ordered.command_id,
                name=told.personal.get("name", "") or told.personal.get("room", ""),
                room=told.personal.get("room", ""),
            )
        )
        return _back(name, number)

    return routes


def today_json(today: Today) -> dict[str, object]:
    """Return a day's tasks as programs get them; they name nobody."""
    return {
        "day": today.day.isoformat(),
        "tasks": [_task(today, task) for state in State for task in today.of(state)],
        "entries": [
            {
                "register": definition.name,
                "entry": line.entry.number,
                "due_us": line.due_us,
                "overdue": line.overdue,
            }
            for definition, line in today.lines
        ],
        "short": [
            {"register": definition.name, "item": held.item, "left": held.left, "low": held.low}
            for definition, held in today.short
        ],
    }


def _task(today: Today, task: Task) -> dict[str, object]:
    return {
        "register": task.register,
        "task": task.rule.id,
        "entry": task.entry,
        "nth": task.nth,
        "count": task.count,
        "due_us": task.due_us,
        "done_us": task.done_us,
        "state": today.state(task).value,
    }


def _back(name: str, number: int) -> BaseResponse:
    if request.form.get("from") == "tasks":
        return redirect(url_for("tasks.page"), 303)
    return redirect(url_for("registers.one", name=name, number=number), 303)
