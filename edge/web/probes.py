"""What machines ask the gate: is it alive, is it ready, what does it count."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from edge.domain.errors import FormError
from edge.web.gate import Gate
from edge.web.logins import is_loopback
from edge.web.roles import PUBLIC, allow


def blueprint(gate: Gate) -> Blueprint:
    """Return `/healthz`, `/readyz` and `/metrics`."""
    routes = Blueprint("probes", __name__)

    @routes.get("/healthz")
    @allow(PUBLIC, program=True)
    def healthz() -> Response:
        alive = bool(gate.status()["alive"])
        return _answer({"alive": alive}, well=alive)

    @routes.get("/readyz")
    @allow(PUBLIC, program=True)
    def readyz() -> Response:
        status = gate.status()
        ready = bool(status["ready"])
        # Codes and times only: anybody may ask, so nothing a device or a file said is repeated here.
        problems = [
            {key: p.get(key) for key in ("code", "since_us", "title", "remedy")} for p in status["problems"]
        ]
        return _answer({"ready": ready, "problems": problems}, well=ready)

    @routes.get("/metrics")
    @allow(PUBLIC, program=True)
    def metrics() -> Response:
        if not is_loopback(request.remote_addr):
            raise FormError("forbidden", status=403)
        return Response(gate.metrics(), content_type="text/plain; version=0.0.4; charset=utf-8")

    return routes


def _answer(body: dict[str, Any], *, well: bool) -> Response:
    response = jsonify(body)
    response.status_code = 200 if well else 503
    if not well:
        response.headers["Retry-After"] = "5"
    return response
