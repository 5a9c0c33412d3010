"""Pages of incidents (应急处突): a call for help in one tap, whom to call, who came, how quickly."""

import secrets

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from edge.registers.duty_rules import RESULTS, TEAM
from edge.web import forms
from edge.web.gate import Gate
from edge.web.orders import form_order
from edge.web.roles import allow, principal
from edge.web.users import MANAGER

PAGE = 50


def blueprint(gate: Gate) -> Blueprint:
    """Return the `/incidents` routes."""
    routes = Blueprint("incidents", __name__)
    incidents = gate.duty.incidents

    @routes.get("/incidents")
    @allow("attendant", "manager", "observer")
    def page() -> Response:
        text = request.args.get("before", "")
        before = int(text) if text.isdecimal() and len(text) < 16 else None
        found = incidents.page(before=before, limit=PAGE + 1)
        older = found[PAGE - 1].entry.number if len(found) > PAGE else None
        return make_response(render_template("incidents/list.html", incidents=found[:PAGE], older=older))

    @routes.get("/incidents/<int:number>")
    @allow("attendant", "manager", "observer")
    def one(number: int) -> Response:
        return _page(gate, min(number, forms.MAX_ID))

    @routes.post("/incidents")
    @allow("attendant", "manager")
    def call() -> BaseResponse:
        lane = request.form.get("lane", "")
        lane_ = lane if lane in gate.lanes else None
        done = incidents.call(form_order(), request.form.get("kind", ""), lane_)
        return redirect(url_for("incidents.one", number=done.number), 303)

    @routes.post("/incidents/<int:number>/step")
    @allow("attendant", "manager")
    def step(number: int) -> BaseResponse:
        number = min(number, forms.MAX_ID)
        incidents.step(form_order(), number, request.form.get("step", ""), request.form.get("role", ""))
        return redirect(url_for("incidents.one", number=number), 303)

    @routes.post("/incidents/<int:number>/end")
    @allow("attendant", "manager")
    def end(number: int) -> BaseResponse:
        number = min(number, forms.MAX_ID)
        incidents.end(form_order(), number, request.form.get("result", ""))
        return redirect(url_for("incidents.one", number=number), 303)

    return routes


def sees_card(gate: Gate) -> bool:
    """Say whether whoever asks may see names and telephones of the team: a manager, and who is signed in for
    duty; nobody else."""
    who = principal()
    if who is None:
        return False
    signed_in = {one.account for one in gate.duty.duty.on_duty()}
    return who.role == MANAGER or (who.sees_personal and who.account in signed_in)


def _page(gate: Gate, number: int) -> Response:
    found, rules = gate.duty.incidents.one(number), gate.duty.rules
    shown = sees_card(gate)
    return make_response(
        render_template(
            "incidents/one.html",
            found=found,
            cards=gate.duty.incidents.card(found.entry.fields["post"]) if shown else [],
            shown=shown,
            team=rules.sets[TEAM].roles if TEAM in rules.sets else (),
            rules=rules,
            results=RESULTS,
            nonce=secrets.token_hex(8),
        )
    )
