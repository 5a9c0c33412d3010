"""The attendant's page: one lane, one big state, what is missing, and what can be tapped now.

Renders snapshots. Its commands go to `/api/v1`, its live updates come from `/events`.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from edge.domain.errors import FormError
from edge.domain.learning import SHIFTED
from edge.web import photographs, thermal
from edge.web.events import stamp_of
from edge.web.gate import Gate
from edge.web.lines import line_of
from edge.web.roles import allow, principal
from edge.web.titles import titles_at
from edge.web.users import ATTENDANT, OBSERVER

# In the order of the Tab key; the letter is the key that presses the button.
ACTIONS = (
    ("admit", "A"),
    ("contact", "C"),
    ("rest", "R"),
    ("turn_back", "T"),
    ("refer", "F"),
    ("park", "P"),
    ("abandon", "X"),
)

# The big word, or the name beside the reasons, says these.
SAID_ALREADY = ("complete", "attendant")

# How long a verdict stays. A green word that outlives its person would wave the next one through;
# who is told to go or to step aside needs longer to read it.
FADES_US = {"admit": 20_000_000, "abandoned": 20_000_000, "turn_back": 60_000_000, "refer": 60_000_000}

# What visitors do by themselves comes before what the attendant asks them.
_OWN, _ASKED = ("temperature", "code", "venue"), ("question", "form", "tick")
# What one tap answers.
_TAPPED = ("choice", "tick")


def blueprint(gate: Gate) -> Blueprint:
    """Return `/`, `/kiosk/<lane>`, its fragment and the picture of its array."""
    routes = Blueprint("kiosk", __name__)

    @routes.get("/")
    @allow("attendant", "manager", "observer")
    def lanes() -> BaseResponse:
        who = principal()
        if who is not None and who.role == OBSERVER:
            return redirect(url_for("review.today"))
        if who is not None and who.role == ATTENDANT and len(gate.lanes) == 1:
            return redirect(url_for("kiosk.kiosk", lane=gate.lanes[0]))
        return make_response(render_template("lanes.html", views=[gate.view(name) for name in gate.lanes]))

    @routes.get("/kiosk/<lane>")
    @allow("attendant", "manager")
    def kiosk(lane: str) -> BaseResponse:
        if not gate.duty.duty.may_open(_known(gate, lane)):
            return redirect(url_for("duty.sign_in", lane=lane))  # 无防护不上岗
        return make_response(render_template("kiosk.html", **_shown(gate, lane)))

    @routes.get("/kiosk/<lane>/state")
    @allow("attendant", "manager", program=True)
    def state(lane: str) -> Response:
        return make_response(render_template("_state.html", **_shown(gate, lane)))

    @routes.get("/kiosk/<lane>/thermal.png")
    @allow("attendant", "manager", program=True)
    def picture(lane: str) -> Response:
        drawn = thermal.of_view(gate.view(_known(gate, lane)))
        # Nobody there is no fault: by the time it is asked for the person may have gone.
        return Response(status=204) if drawn is None else Response(drawn, mimetype="image/png")

    return routes


def _known(gate: Gate, lane: str) -> str:
    if lane not in gate.lanes:
        raise FormError("unknown_lane", status=404)
    return lane


def _shown(gate: Gate, lane: str) -> dict[str, Any]:
    view = gate.view(_known(gate, lane))
    fades_ms = _fades_ms(view, gate.now().at_us)
    if fades_ms == 0:
        view = _nobody(view)
    last = view.get("last") or {}
    stage = view["stage"]
    ended = stage == "ended"
    reasons = [
        reason
        for reason in (last.get("reasons") if ended else view.get("reasons")) or ()
        if reason not in SAID_ALREADY
    ]
    vehicle = view.get("vehicle") or {}
    of_vehicle = vehicle.get("reasons") or ()
    by = last.get("by") if ended else None
    key = last.get("outcome", "idle") if ended else stage
    if ended and last.get("hushed"):
        key = "hold"  # a watch list is nobody else's business: whoever stands there reads "please wait"
    return {
        "lane": lane,
        "view": view,
        "key": key,
        "fades_ms": fades_ms or "",
        "small": f"{key}_by_hand" if by and key == "admit" else key,
        "todo": _todo(view["steps"]) if stage == "open" else [],
        "reasons": [reason for reason in reasons if not _is_private(reason)],
        "private": [reason for reason in (*reasons, *of_vehicle) if _is_private(reason)],
        "vehicle_reasons": [reason for reason in of_vehicle if not _is_private(reason)],
        "cards": [one for one in (view.get("card"), vehicle.get("card")) if one],
        "card": view.get("card"),
        "photographs": photographs.at_lane(gate, view),
        "by": by,
        "layout": "work"
        if not ended and stage != "idle"
        else "told"
        if reasons or by or view["temperature"].get("twice")
        else "free",
        "notices": _notices(view),
        "line": line_of(view["temperature"], view["temperature"].get("decides")),
        "troubles": [device for device in view.get("devices", ()) if device["state"] == "down"],
        "has_voice": any(d["kind"] == "voice" and d["driver"] != "none" for d in view.get("devices", ())),
        "banners": dict.fromkeys((*(("simulated",) if view.get("simulated") else ()), *gate.banners)),
        "groups": _groups(view.get("ask", ())),
        "titles": titles_at(gate, lane).asked,
        "actions": [pair for pair in ACTIONS if pair[0] in view.get("actions", ())],
        "stamp": stamp_of(view),
        "picture": thermal.stamp(view),
        "trust": gate.trust(),
        "units": gate.cases.rules.units,
        "nonce": secrets.token_hex(8),
    }


def _is_private(reason: str) -> bool:
    """Say whether a reason is for the attendant's card alone: the visitor sees this screen too."""
    return reason.startswith(("watch_", "exit_watched"))


def _notices(view: Mapping[str, Any]) -> list[str]:
    """Return what the attendant is told; a level that has shifted stays told until a manager has seen to it,
    in few words once its own notice is over."""
    told = list(view.get("notices", ()))
    if SHIFTED not in told and any(level["shifted"] for level in view.get("levels", ())):
        told.append("level_shifted")
    return told


def _fades_ms(view: Mapping[str, Any], now_us: int) -> int | None:
    """Return how long the last verdict is still shown, 0 when it is over; None while there is none."""
    last = view.get("last")
    if view["stage"] != "ended" or last is None:
        return None
    stays_us = FADES_US.get(last["outcome"], FADES_US["admit"])
    gone_us = now_us - int(last["at_us"])
    return -(-max(0, stays_us - gone_us) // 1000)


def _nobody(view: Mapping[str, Any]) -> dict[str, Any]:
    """Return a view in which the last person is no longer to be seen."""
    temperature = {"verdict": "missing", "live_mdegc": view["temperature"].get("live_mdegc")}
    return {**view, "stage": "idle", "steps": [], "reasons": [], "temperature": temperature}


def _todo(steps: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the kinds of steps a visitor can do something about now."""
    missing = {step["kind"] for step in steps if step["state"] == "missing" and step.get("required", True)}
    own = [kind for kind in _OWN if kind in missing]
    return own or [kind for kind in _ASKED if kind in missing]


def _groups(ask: Any) -> list[dict[str, Any]]:
    """Return what is asked: one-tap questions first, one each; then one form per step, and per rung of what
    may stand in place of a code. Only the first of the rungs lies open: a screen that shows every way without
    a telephone to everybody hides what is asked of most."""
    taps = [{"kind": q["kind"], "question": q} for q in ask if q["kind"] in _TAPPED]
    forms: dict[tuple[str, bool, str], list[Mapping[str, Any]]] = {}
    for question in ask:
        if question["kind"] not in _TAPPED:
            instead = bool(question.get("instead"))
            place = (question.get("step", ""), instead, question.get("rung", "") if instead else "")
            forms.setdefault(place, []).append(question)
    written: list[dict[str, Any]] = []
    for (step, instead, rung), questions in forms.items():
        beside = any(form["instead"] and form["step"] == step for form in written)
        written.append(
            {"kind": "form", "step": step, "instead": instead, "questions": questions, "rung": rung}
            | {"folded": instead and beside}
        )
    return taps + written
