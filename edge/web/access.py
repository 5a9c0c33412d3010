"""The page of who may pass: the closure level, the rules in force, releases from isolation, household slips.

Renders views; its commands go through `edge.registers.access_rules`.
"""

import secrets
from collections.abc import Callable
from typing import Annotated, Any, Literal

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from pydantic import Field
from werkzeug.wrappers import Response as BaseResponse

from edge.domain.errors import ConfigError
from edge.journal import Entry
from edge.registers.book import Order
from edge.web import forms
from edge.web.access_words import CORRECTIONS, WHYS
from edge.web.gate import Gate
from edge.web.orders import order_of
from edge.web.roles import allow

_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
_Version = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
_Number = Annotated[str, Field(pattern=r"^[0-9]{1,9}$")]
MOST = 50


class ChangeBody(forms.Body):
    """A change of the rules, by name: which version it was made from, and why."""

    command_id: forms.CommandId
    made_from: _Version
    name: _Name
    why: Literal["order", "case_nearby", "over", "trial", "mistake"]


class TextBody(forms.Body):
    """A text of one's own, checked or put in force."""

    command_id: forms.CommandId
    made_from: _Version
    text: Annotated[str, Field(min_length=1, max_length=60_000)]
    why: Literal["order", "case_nearby", "over", "trial", "mistake"]


class ReleaseBody(forms.Body):
    """A release from isolation, confirmed by a unit."""

    command_id: forms.CommandId
    entry: _Number
    unit: forms.Title
    signed: forms.Title


class CorrectBody(forms.Body):
    """So many more of a household went one way than was recorded, or fewer."""

    command_id: forms.CommandId
    household: _Number
    direction: Literal["in", "out"]
    count: Annotated[str, Field(pattern=r"^-?[0-9]{1,2}$")]
    why: Literal["other_gate", "not_passed", "miscounted"]


def blueprint(gate: Gate) -> Blueprint:
    """Return the `/access` routes."""
    routes = Blueprint("access", __name__)

    @routes.get("/access")
    @allow("manager", "observer")
    def page() -> Response:
        return _page(gate)

    @routes.get("/access/notice")
    @allow("attendant", "manager", "observer")
    def notice() -> Response:
        return make_response(render_template("access/notice.html", rules=gate.access.rules))

    _rules(routes, gate)
    _people(routes, gate)
    return routes


def _rules(routes: Blueprint, gate: Gate) -> None:
    @routes.post("/access/closure")
    @allow("manager")
    def closure() -> BaseResponse:
        return _changed(gate.access.switch)

    @routes.post("/access/preset")
    @allow("manager")
    def preset() -> BaseResponse:
        return _changed(gate.access.choose)

    @routes.post("/access/text")
    @allow("manager")
    def text() -> BaseResponse:
        body = forms.form_as(TextBody)
        try:
            gate.access.write(order_of(body.command_id), body.text, body.made_from, body.why)
        except ConfigError as error:
            shown = _page(gate, text=body.text, faults=error.faults)
            shown.status_code = 400
            return shown
        return _back()


def _changed(change: Callable[[Order, str, str, str], object]) -> BaseResponse:
    body = forms.form_as(ChangeBody)
    change(order_of(body.command_id), body.name, body.made_from, body.why)
    return _back()


def _people(routes: Blueprint, gate: Gate) -> None:
    @routes.post("/access/release")
    @allow("manager")
    def release() -> BaseResponse:
        body = forms.form_as(ReleaseBody)
        units = gate.cases.rules.units
        gate.access.release(order_of(body.command_id), int(body.entry), body.unit, body.signed, units)
        return _back()

    @routes.post("/access/correct")
    @allow("manager")
    def correct() -> BaseResponse:
        body = forms.form_as(CorrectBody)
        line = (body.direction, int(body.count), body.why)
        gate.access.correct(order_of(body.command_id), "households", int(body.household), line)
        return redirect(url_for("access.page", household=body.household) + "#slip", 303)


def _page(gate: Gate, text: str | None = None, faults: Any = ()) -> Response:
    rules = gate.access.rules
    household = request.args.get("household", "")
    return make_response(
        render_template(
            "access/page.html",
            rules=rules,
            presets=gate.access.presets(),
            history=gate.access.history()[:20],
            text=rules.text if text is None else text,
            faults=faults,
            why=WHYS,
            corrections=CORRECTIONS,
            isolated=_isolated(gate),
            titles=rules.titles,
            household=household,
            slip=_slip(gate, household),
            command_id=secrets.token_hex(8),
        )
    )


def _isolated(gate: Gate) -> list[Entry]:
    """Return the entries of watch lists that a unit releases: whose time is over first."""
    over = gate.book.over("watch", MOST)
    known = {entry.number for entry in over}
    more = gate.book.page("watch", open_=True, limit=MOST)
    return [*over, *(entry for entry in more if entry.number not in known)][:MOST]


def _slip(gate: Gate, household: str) -> tuple[int, int] | None:
    if not household.isdecimal() or len(household) > 9:
        return None
    reader = gate.reader()
    try:
        return reader.access_slip(int(household))
    finally:
        reader.close()


def _back() -> BaseResponse:
    return redirect(url_for("access.page"), 303)
