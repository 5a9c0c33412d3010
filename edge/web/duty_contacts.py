"""Whom to call for a household: looked up in its entry by its home, for a reason that is a row."""

import secrets

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from edge.domain.errors import FormError
from edge.registers.contacts import Contacts, HouseholdContacts
from edge.registers.households import CONTACT_ROLES, REGISTER
from edge.registers.rosters import Rosters
from edge.web.duty_plan import text_of
from edge.web.gate import Gate
from edge.web.orders import form_order
from edge.web.registers import write_down
from edge.web.roles import allow
from edge.web.words import WORDS

_USUAL = "two_plus_five"


def blueprint(gate: Gate, rosters: Rosters) -> Blueprint:
    """Return the `/duty/contacts` routes."""
    routes = Blueprint("duty_contacts", __name__)
    contacts = HouseholdContacts(gate.book, rosters)

    @routes.get("/duty/contacts")
    @allow("attendant", "manager")
    def page() -> Response:
        return _page(gate)

    @routes.post("/duty/contacts/find")
    @allow("attendant", "manager")
    def find() -> Response:
        home = text_of("room")
        if not home:
            raise FormError("bad_value", "a room is needed")
        # Written down first: a gate that cannot record who looked shows nothing.
        write_down(gate, f"find:{REGISTER}")
        return _page(gate, contacts.of(home), asked=True)

    @routes.post("/duty/contacts")
    @allow("manager")
    def put() -> BaseResponse:
        home, role = text_of("room"), request.form.get("role", "")
        if role not in gate.duty.rules.roles and role not in CONTACT_ROLES:
            raise FormError("duty_unknown_role")
        if not home:
            raise FormError("bad_value", "a room is needed")
        line = " ".join(filter(None, (text_of("name"), text_of("phone"))))
        contacts.put(form_order(), home, role, line)
        return redirect(url_for("duty_contacts.page"), 303)

    return routes


def _page(gate: Gate, found: list[Contacts] | None = None, *, asked: bool = False) -> Response:
    rules = gate.duty.rules
    sets = sorted(rules.sets.items(), key=lambda pair: pair[0] != _USUAL)
    grouped = {role for _, one in sets for role in one.roles}
    page = render_template(
        "duty/contacts.html",
        found=found or [],
        asked=asked,
        why=WORDS["opening"],
        rules=rules,
        sets=[one for _, one in sets],
        rest=[role for role in (*rules.roles, "buyer") if role not in grouped],
        nonce=secrets.token_hex(8),
    )
    return make_response(page)
