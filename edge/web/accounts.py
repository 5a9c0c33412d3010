"""The manager's page of the accounts: who leaves when, and who takes over (下沉干部撤离、由社区人员接替).

Accounts are made at the machine (`gatepost user add`); here they get an end. Every change is a row.
"""

import secrets
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from edge.domain.duty import wall_us
from edge.domain.errors import FormError
from edge.journal import Row
from edge.registers.duty_sheet import day_of
from edge.web import show
from edge.web.gate import Gate
from edge.web.orders import form_order
from edge.web.roles import allow
from edge.web.users import Users


def blueprint(gate: Gate, users: Users) -> Blueprint:
    """Return the `/accounts` routes."""
    routes = Blueprint("accounts", __name__)

    @routes.get("/accounts")
    @allow("manager")
    def page() -> Response:
        return _page(gate, users)

    @routes.post("/accounts/<name>/until")
    @allow("manager")
    def until(name: str) -> BaseResponse:
        day, heir = request.form.get("day", ""), request.form.get("heir", "") or None
        try:
            until_us = _end_of(gate, day) if day else None
            now = gate.now()
            if until_us is not None and now.clock.trusted and until_us <= now.at_us:
                raise FormError("day_over")
            if heir is not None and until_us is None:
                until_us = gate.now().at_us  # handed over now: leaves now
            given = form_order()
            changed = users.set_until(name, until_us, heir)
        except FormError as error:
            return _page(gate, users, error)
        body: dict[str, Any] = {"account": name, "role": changed.role, "by": given.by}
        body |= {"until_us": until_us} if until_us is not None else {}
        body |= {"heir": heir} if heir is not None else {}
        gate.append(Row("user.changed", gate.now(), body))
        if heir is not None:
            gate.duty.duty.change_account(given, name, heir)
        return redirect(url_for("accounts.page"), 303)

    return routes


def _end_of(gate: Gate, text: str) -> int:
    """The day itself still counts."""
    return wall_us(day_of(text) + timedelta(days=1), 0, show.zone_of(gate.timezone))


def _page(gate: Gate, users: Users, refused: FormError | None = None) -> Response:
    page = render_template(
        "duty/accounts.html", users=users.all(), refused=refused, nonce=secrets.token_hex(8)
    )
    return make_response(page, 200 if refused is None else refused.status)
