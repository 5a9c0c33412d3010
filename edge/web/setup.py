"""The set-up page: a live picture of every camera, to aim it, focus it and light it.

For managers only. A picture is fetched from the camera while somebody looks, handed on and forgotten:
nothing here is stored, and no code's content is known here.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, render_template

from edge.domain.errors import FormError
from edge.domain.ports import Preview
from edge.web.gate import Gate
from edge.web.roles import allow
from edge.web.users import MANAGER
from edge.web.words import both


def blueprint(gate: Gate) -> Blueprint:
    """Return `/setup`, and a picture and its figures for each camera."""
    routes = Blueprint("setup", __name__)

    @routes.get("/setup")
    @allow(MANAGER)
    def page() -> Response:
        return make_response(render_template("setup.html", cameras=_cameras(gate)))

    @routes.get("/setup/<lane>/<device>.jpg")
    @allow(MANAGER, program=True)
    def picture(lane: str, device: str) -> Response:
        seen = _seen(gate, lane, device)
        # A camera that is starting or gone is no fault of the question.
        return Response(status=204) if seen is None else Response(seen.jpeg, mimetype="image/jpeg")

    @routes.get("/setup/<lane>/<device>/figures")
    @allow(MANAGER, program=True)
    def figures(lane: str, device: str) -> Response:
        seen = _seen(gate, lane, device)
        return Response(status=204) if seen is None else jsonify(_figures(seen))

    return routes


def _cameras(gate: Gate) -> list[Mapping[str, Any]]:
    return [device for device in gate.status()["devices"] if _is_camera(device)]


def _is_camera(device: Mapping[str, Any]) -> bool:
    return bool(device["kind"] == "scanner" and device["driver"] == "camera")


def _seen(gate: Gate, lane: str, device: str) -> Preview | None:
    names = {(camera.get("lane"), camera["name"]) for camera in _cameras(gate)}
    if (lane, device) not in names:
        raise FormError("not_found", status=404)
    return gate.preview(lane, device)


def _figures(seen: Preview) -> dict[str, object]:
    stage = seen.decoder
    return {
        "width": seen.width,
        "height": seen.height,
        "focus": seen.focus,
        "brightness": seen.brightness,
        "clipped": seen.clipped,
        "advice": seen.advice,
        "advice_text": both("advice", seen.advice),
        "module_pixels": seen.module_pixels,
        "decoder": stage,
        "decoder_text": None if stage is None else both("decoder", stage),
        "read_ago_s": None if seen.read_ago_s is None else round(seen.read_ago_s, 1),
    }
