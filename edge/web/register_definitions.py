"""What a register holds, as a manager sees and changes it: the text of its definition, where that lies, and
every fault of a text that is not taken. A change is a row of the journal; old entries stay readable.
"""

import secrets

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from edge.domain.errors import ConfigError, FormError
from edge.web.gate import Gate
from edge.web.orders import form_order
from edge.web.registers import known
from edge.web.roles import allow


def blueprint(gate: Gate) -> Blueprint:
    """Return the `/registers/<name>/definition` routes."""
    routes = Blueprint("register_definitions", __name__)

    @routes.get("/registers/<name>/definition")
    @allow("manager")
    def page(name: str) -> Response:
        known(gate, name)
        return _page(gate, name, gate.ledgers.shelf.held(name).text)

    @routes.post("/registers/<name>/definition")
    @allow("manager")
    def define(name: str) -> BaseResponse:
        known(gate, name)
        text = request.form.get("text", "").replace("\r\n", "\n")
        ordered = form_order()
        try:
            if "file" in request.form:
                gate.ledgers.shelf.follow_file(ordered, name)
            else:
                gate.ledgers.shelf.define(ordered, name, text)
        except ConfigError as error:
            return _page(gate, name, text, error.faults)
        except FormError as error:
            return _page(gate, name, text, code=error.code)
        return redirect(url_for("register_definitions.page", name=name), 303)

    return routes


def _page(gate: Gate, name: str, text: str, faults: tuple[str, ...] = (), code: str = "") -> Response:
    held = gate.ledgers.shelf.held(name)
    body = render_template(
        "registers/definition.html",
        held=held,
        definition=held.definition,
        text=text,
        faults=faults,
        code=code,
        command_id=secrets.token_hex(8),
    )
    return make_response(body, 400 if faults or code else 200)
