"""Photographs of people: a manager takes them in on the entry's page, the attendant compares at the lane.

At a lane one is given out only while the passage that named the person is under way, to whoever works there;
on the entry's page only where the personal fields were opened with a reason.
"""

import base64
import threading
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from edge.domain.errors import FormError
from edge.registers.book import Order, Told
from edge.registers.photographs import REGISTERS, Darkroom, refused
from edge.web import forms
from edge.web.gate import Gate
from edge.web.roles import allow, principal


def blueprint(gate: Gate) -> Blueprint:
    """Return the routes of photographs."""
    routes = Blueprint("photographs", __name__)
    one_at_a_time = threading.Lock()  # a large picture takes more memory than a page

    @routes.post("/registers/people/<int:number>/photograph")
    @allow("manager")
    def keep(number: int) -> BaseResponse:
        file = request.files.get("file")
        content = b"" if file is None else file.read()
        if not content:
            raise refused("not_a_picture")
        with one_at_a_time, Darkroom() as darkroom:
            jpeg = darkroom.small(content)
        gate.photographs.keep(_order(), "people", min(number, forms.MAX_ID), jpeg)
        return redirect(url_for("rosters.people_card", number=number), 303)

    @routes.post("/registers/people/<int:number>/photograph/remove")
    @allow("manager")
    def remove(number: int) -> BaseResponse:
        gate.photographs.remove(_order(), "people", min(number, forms.MAX_ID))
        return redirect(url_for("rosters.people_card", number=number), 303)

    @routes.get("/kiosk/<lane>/photograph/<int:passage>/<int:entry>.jpg")
    @allow("attendant", "manager", program=True)
    def photograph(lane: str, passage: int, entry: int) -> Response:
        if lane not in gate.lanes:
            raise FormError("unknown_lane", status=404)
        view = gate.view(lane)
        known = view.get("passage") == passage and entry in _standing_there(view)
        jpeg = gate.photographs.of("people", entry) if known else None
        # By the time it is asked for the person may have gone.
        return Response(status=204) if jpeg is None else Response(jpeg, mimetype="image/jpeg")

    return routes


def at_lane(gate: Gate, view: Mapping[str, Any]) -> dict[int, int]:
    """Return which of the people who stand in the lane have a photograph: by number, the row it is in."""
    found = {entry: gate.photographs.row_of("people", entry) for entry in _standing_there(view)}
    return {entry: seq for entry, seq in found.items() if seq is not None}


def on_page(gate: Gate, told: Told) -> dict[str, Any] | None:
    """Return when and by whom the photograph of an entry was taken in, and itself where the entry is opened;
    None where it has none."""
    entry = told.entry
    row = gate.photographs.row(entry.register, entry.number) if entry.register in REGISTERS else None
    if row is None:
        return None
    jpeg = gate.photographs.of(entry.register, entry.number) if told.personal else None
    picture = "" if jpeg is None else f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
    return {"at_us": row.at_us, "by": row.body.get("by", ""), "picture": picture}


def _standing_there(view: Mapping[str, Any]) -> list[int]:
    """Return the numbers of the people of the register whom the passage under way has named."""
    if view.get("passage") is None or view.get("stage") == "ended":
        return []
    known = (view.get("card") or {}).get("known", ())
    return [one["entry"] for one in known if (one["register"], one["standing"]) == ("people", "found")]


def _order() -> Order:
    command_id, who = request.form.get("command_id", "")[:64], principal()
    if not command_id or who is None:
        raise FormError("bad_value")
    return Order(command_id, who.account)
