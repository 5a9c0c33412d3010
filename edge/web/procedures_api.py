"""The programs' door to the procedures, as JSON under `/api/v1/procedures`."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from edge.domain.errors import FormError
from edge.registers.checked_text import FaultyText
from edge.registers.published import Version
from edge.registers.publishing import Done, Draft, Present
from edge.registers.rehearsal import Move
from edge.web import forms, procedures_shown
from edge.web.errors import error_body
from edge.web.gate import Gate
from edge.web.orders import order_of
from edge.web.procedures_schemas import AsInFileBody, DraftBody, PublishBody, RehearseBody
from edge.web.roles import allow


def blueprint(gate: Gate) -> Blueprint:
    """Return the `/api/v1/procedures` routes."""
    routes = Blueprint("procedures_api", __name__)
    _reads(routes, gate)
    _commands(routes, gate)
    _drafts(routes, gate)
    return routes


def _reads(routes: Blueprint, gate: Gate) -> None:
    @routes.get("/api/v1/procedures")
    @allow("manager", "observer", program=True)
    def procedures() -> Response:
        texts = dict(gate.publishing.presets())
        presets = [
            {
                "name": one.name,
                "title": dict(one.title),
                "number": one.number,
                "first": one.first,
                "text": texts[one.name],
            }
            for one in procedures_shown.presets(gate.publishing)
            if one.name in texts
        ]
        return jsonify({"lanes": [_lane(one) for one in gate.publishing.in_force()], "presets": presets})

    @routes.get("/api/v1/procedures/versions")
    @allow("manager", "observer", program=True)
    def versions() -> Response:
        # A misspelt filter must not pass for an answer without it.
        if set(request.args) - {"lane"} or len(request.args.getlist("lane")) > 1:
            raise FormError("bad_query")
        lane = request.args.get("lane") or None
        if lane is not None:
            gate.publishing.of(lane)
        return jsonify({"versions": [_version(one) for one in gate.publishing.history(lane)]})

    @routes.get("/api/v1/procedures/versions/<int:sequence>")
    @allow("manager", "observer", program=True)
    def version(sequence: int) -> Response:
        found = gate.publishing.version(min(sequence, forms.MAX_ID))
        return jsonify(_version(found) | {"text": found.text})


def _commands(routes: Blueprint, gate: Gate) -> None:
    @routes.post("/api/v1/procedures")
    @allow("manager", program=True)
    def publish() -> Response | tuple[Response, int]:
        body = forms.body_as(PublishBody)
        draft = Draft(body.name, body.text, body.made_from, body.why, body.note, body.from_us)
        try:
            return _done(gate.publishing.publish(order_of(body.command_id), draft))
        except FaultyText as error:
            return _faulty(error)

    @routes.post("/api/v1/procedures/file")
    @allow("manager", program=True)
    def as_in_file() -> Response | tuple[Response, int]:
        body = forms.body_as(AsInFileBody)
        order = order_of(body.command_id)
        try:
            return _done(gate.publishing.as_in_file(order, body.made_from, body.why, body.note))
        except FaultyText as error:
            return _faulty(error)


def _drafts(routes: Blueprint, gate: Gate) -> None:
    @routes.post("/api/v1/procedures/check")
    @allow("manager", program=True)
    def check() -> Response:
        body = forms.body_as(DraftBody)
        try:
            found = gate.publishing.check(body.name, body.text)
        except FaultyText as error:
            return jsonify({"version": None, "faults": _faults(error)})
        return jsonify({"version": found.version, "faults": []})

    @routes.post("/api/v1/procedures/rehearse")
    @allow("manager", program=True)
    def rehearse() -> Response | tuple[Response, int]:
        body = forms.body_as(RehearseBody)
        gate.publishing.of(body.lane)
        try:
            procedure = gate.publishing.check(body.name, body.text)
        except FaultyText as error:
            return _faulty(error)
        moves = [Move(move.do, move.value, move.about) for move in body.moves]
        step = procedures_shown.rehearsed(gate, body.lane, procedure, moves)
        view, last = step.told.view, procedures_shown.retold(gate, body.lane, procedure, body.last)
        return jsonify(
            {
                "stage": view["stage"],
                "outcome": step.outcome,
                "reasons": view["reasons"],
                "steps": view["steps"],
                "ask": view["ask"],
                "effects": [f"{device} {what}" for device, what in step.told.dos],
                "refused": [code for _move, code in step.told.refused],
                "last": {
                    "looked": last.looked,
                    "again": last.again,
                    "same": last.same,
                    "changes": [
                        dict(zip(("was", "now", "reasons", "count", "passages"), change, strict=True))
                        for change in last.changes
                    ],
                },
            }
        )


def _lane(one: Present) -> dict[str, Any]:
    plan = one.planned
    return {
        "lane": one.lane,
        "file": one.file,
        "name": one.procedure.name,
        "title": dict(one.procedure.title),
        "version": one.procedure.version,
        "made_from": one.newest,
        "source": one.source,
        "since_us": one.since_us,
        "text": one.text,
        "planned": None
        if plan is None
        else {
            "sequence": plan.seq,
            "name": plan.name,
            "version": plan.version,
            "from_us": plan.from_us,
            "by": plan.by,
        },
        "refused": list(one.refused),
    }


def _version(one: Version) -> dict[str, Any]:
    return {
        "sequence": one.seq,
        "at_us": one.at_us,
        "name": one.name,
        "version": one.version,
        "lanes": list(one.lanes),
        "source": one.source,
        "by": one.by,
        "why": one.why,
        "note": one.note,
        "from_us": one.from_us,
    }


def _done(done: Done) -> Response:
    return jsonify({"sequence": done.sequence, "version": done.version, "lanes": list(done.lanes)})


def _faulty(error: FaultyText) -> tuple[Response, int]:
    return jsonify(error_body("faulty_procedure") | {"faults": _faults(error)}), 400


def _faults(error: FaultyText) -> list[dict[str, str]]:
    return [{"place": fault.place, "en": fault.en, "zh": fault.zh} for fault in error.found]
