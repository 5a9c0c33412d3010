"""The programs' door to duty and incidents, as JSON under `/api/v1`. It names accounts and roles only."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from edge.domain.errors import FormError
from edge.domain.response import Answered
from edge.registers.duty_rules import SignIn
from edge.registers.incidents import Incident
from edge.web import duty_forms, forms
from edge.web.duty import left_open
from edge.web.gate import Gate
from edge.web.orders import order_of
from edge.web.roles import allow

_ALL = ("attendant", "manager", "observer")


def blueprint(gate: Gate) -> Blueprint:
    """Return the `/api/v1/duty` and `/api/v1/incidents` routes."""
    routes = Blueprint("duty_api", __name__)
    _duty(routes, gate)
    _incidents(routes, gate)
    return routes


def _duty(routes: Blueprint, gate: Gate) -> None:
    duty = gate.duty.duty

    @routes.get("/api/v1/duty")
    @allow(*_ALL, program=True)
    def now() -> Response:
        on_duty = [
            {"signin": one.number, "account": one.account, "post": one.post, "roles": list(one.roles)}
            | {"since_us": None if one.span is None else one.span[0]}
            for one in duty.on_duty()
        ]
        missing = [
            {"post": one.post, "role": one.role, "from_us": one.from_us, "planned": one.planned}
            for one in gate.duty.watch.missing
        ]
        notes = [entry.number for post in gate.duty.rules.post_names() for entry in duty.notes(post)]
        return jsonify({"on_duty": on_duty, "uncovered": missing, "notes": notes})

    @routes.post("/api/v1/duty/sign-in")
    @allow("attendant", "manager", program=True)
    def sign_in() -> Response:
        body = forms.body_as(duty_forms.SignInBody)
        order = order_of(body.command_id)
        given = body.model_dump(exclude={"command_id"})
        done = duty.sign_in(order, SignIn(account=order.by, how="told", **given))
        return jsonify({"sequence": done.sequence, "signin": done.number})

    @routes.post("/api/v1/duty/sign-out")
    @allow("attendant", "manager", program=True)
    def sign_out() -> Response:
        body = forms.body_as(duty_forms.SignOutBody)
        post = gate.book.one("signin", body.signin).entry.fields["post"]
        order = order_of(body.command_id)
        done = duty.sign_out(order, body.signin, body.note, left_open(gate, post))
        return jsonify({"sequence": done.sequence, "signin": done.number})


def _incidents(routes: Blueprint, gate: Gate) -> None:
    incidents = gate.duty.incidents

    @routes.get("/api/v1/incidents")
    @allow(*_ALL, program=True)
    def page() -> Response:
        if request.args:
            raise FormError("bad_query")
        return jsonify({"incidents": [incident_json(one) for one in incidents.page(limit=200)]})

    @routes.post("/api/v1/incidents")
    @allow("attendant", "manager", program=True)
    def call() -> Response:
        body = forms.body_as(duty_forms.CallBody)
        if body.lane is not None and body.lane not in gate.lanes:
            raise FormError("unknown_lane", status=404)
        done = incidents.call(order_of(body.command_id), body.kind, body.lane)
        return jsonify({"sequence": done.sequence, "incident": done.number})

    @routes.post("/api/v1/incidents/<int:incident>/step")
    @allow("attendant", "manager", program=True)
    def step(incident: int) -> Response:
        body = forms.body_as(duty_forms.IncidentStepBody)
        number = min(incident, forms.MAX_ID)
        done = incidents.step(order_of(body.command_id), number, body.step, body.role)
        return jsonify({"sequence": done.sequence, "incident": done.number})

    @routes.post("/api/v1/incidents/<int:incident>/end")
    @allow("attendant", "manager", program=True)
    def end(incident: int) -> Response:
        body = forms.body_as(duty_forms.IncidentEndBody)
        done = incidents.end(order_of(body.command_id), min(incident, forms.MAX_ID), body.result)
        return jsonify({"sequence": done.sequence, "incident": done.number})


def incident_json(one: Incident) -> dict[str, Any]:
    """Return an incident as programs get it; it names nobody."""
    return {
        "incident": one.entry.number,
        "kind": one.kind,
        "lane": one.entry.lane,
        "opened_us": one.entry.entered_us,
        "open": one.entry.open,
        "called": list(one.called),
        "came": list(one.came),
        "result": one.result or None,
        "clock": [_answered(answer) for answer in one.clock],
    }


def _answered(answer: Answered) -> dict[str, Any]:
    return {
        "step": answer.step,
        "limit_us": answer.limit_us,
        "reached": answer.reached,
        "took_us": answer.took_us,
        "in_time": answer.in_time,
    }
