"""The attendant's page: one lane, one big state, what is missing, and what can be tapped now.

Renders snapshots. Its commands go to `/api/v1`, its live updates come from `/events`.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from edge.domain.errors import FormError
from edge.web.events import stamp_of
from edge.web.gate import Gate
from edge.web.roles import allow, principal
from edge.web.users import OBSERVER

# Shown from left to right; the letter is the key that presses the button.
ACTIONS = (
    ("admit", "A"),
    ("contact", "C"),
    ("rest", "R"),
    ("turn_back", "T"),
    ("refer", "F"),
    ("park", "P"),
    ("abandon", "X"),
)

# The big word says these itself.
SAID_ALREADY = ("complete", "attendant")


def blueprint(gate: Gate) -> Blueprint:
    """Return `/`, `/kiosk/<lane>` and its fragment."""
    routes = Blueprint("kiosk", __name__)

    @routes.get("/")
    @allow("attendant", "manager", "observer")
    def lanes() -> BaseResponse:
        who = principal()
        if who is not None and who.role == OBSERVER:
            return redirect(url_for("review.today"))
        return make_response(render_template("lanes.html", views=[gate.view(name) for name in gate.lanes]))

    @routes.get("/kiosk/<lane>")
    @allow("attendant", "manager")
    def kiosk(lane: str) -> Response:
        return make_response(render_template("kiosk.html", **_shown(gate, lane)))

    @routes.get("/kiosk/<lane>/state")
    @allow("attendant", "manager", program=True)
    def state(lane: str) -> Response:
        return make_response(render_template("_state.html", **_shown(gate, lane)))

    return routes


def _shown(gate: Gate, lane: str) -> dict[str, Any]:
    if lane not in gate.lanes:
        raise FormError("unknown_lane", status=404)
    view = gate.view(lane)
    last = view.get("last") or {}
    stage = view["stage"]
    reasons = (last.get("reasons") if stage == "ended" else view.get("reasons")) or ()
    return {
        "lane": lane,
        "view": view,
        "key": last.get("outcome", "idle") if stage == "ended" else stage,
        "reasons": [reason for reason in reasons if reason not in SAID_ALREADY],
        "troubles": [device for device in view.get("devices", ()) if device["state"] == "down"],
        "has_voice": any(d["kind"] == "voice" and d["driver"] != "none" for d in view.get("devices", ())),
        "banners": dict.fromkeys((*(("simulated",) if view.get("simulated") else ()), *gate.banners)),
        "groups": _groups(view.get("ask", ())),
        "titles": {step["id"]: step["title"] for step in (*view["steps"], *view.get("ask", ()))},
        "actions": [pair for pair in ACTIONS if pair[0] in view.get("actions", ())],
        "stamp": stamp_of(view),
        "nonce": secrets.token_hex(8),
    }


def _groups(ask: Any) -> list[dict[str, Any]]:
    """Return what is asked: one-tap questions first, one each; then one form per step."""
    taps = [{"kind": "choice", "question": question} for question in ask if question["kind"] == "choice"]
    forms: dict[tuple[str, bool], list[Mapping[str, Any]]] = {}
    for question in ask:
        if question["kind"] != "choice":
            place = (question.get("step", ""), bool(question.get("instead")))
            forms.setdefault(place, []).append(question)
    written = [
        {"kind": "form", "step": step, "instead": instead, "questions": questions}
        for (step, instead), questions in forms.items()
    ]
    return taps + written
