"""The programs' door: lanes, commands, passages, as JSON under `/api/v1`. The kiosk uses it too.

Views turn a request into one typed command and submit it; they never write and hold no state.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request
from pydantic import TypeAdapter

from edge.domain.calibration import Pair
from edge.domain.errors import FormError
from edge.domain.events import (
    Begin,
    Calibrate,
    Command,
    ConfirmLevel,
    Decide,
    Give,
    Measure,
    Park,
    Resume,
    Uncalibrate,
    WithdrawLevel,
)
from edge.domain.model import Outcome
from edge.journal import PassageRow
from edge.web import forms, thermal
from edge.web.gate import Gate
from edge.web.openapi import document
from edge.web.orders import asker
from edge.web.roles import PUBLIC, allow, principal
from edge.web.show import zone_of

_ANSWERS: TypeAdapter[forms.AnswerBody | forms.AnswersBody] = TypeAdapter(
    forms.AnswerBody | forms.AnswersBody
)
_MAY_CALIBRATE = ("manager",)
_MUSTS = {"identity": 1, "information": 2, "temperature": 4, "mask": 8}


def blueprint(gate: Gate) -> Blueprint:
    """Return the `/api/v1` routes and `/openapi.json`."""
    routes = Blueprint("api", __name__)
    _reads(routes, gate)
    _commands(routes, gate)
    _calibrations(routes, gate)
    _levels(routes, gate)
    return routes


def _reads(routes: Blueprint, gate: Gate) -> None:
    @routes.get("/api/v1/lanes/<lane>")
    @allow("attendant", "manager", "observer", program=True)
    def lane(lane: str) -> Response:
        who = principal()
        view = thermal.slim(gate.view(known(gate, lane)))
        return jsonify(view if who and who.sees_personal else masked(view))

    @routes.get("/api/v1/passages")
    @allow("manager", "observer", program=True)
    def passages() -> Response:
        query = forms.passages_query(request.args, gate.lanes, zone_of(gate.timezone))
        after = query.after if query.before is not None or query.after is not None else 0
        reader = gate.reader()
        try:
            rows = reader.passages(
                before=query.before,
                after=after,
                limit=query.limit,
                outcome=query.outcome,
                lane=query.lane,
                from_us=query.from_us,
                to_us=query.until_us,
            )
        finally:
            reader.close()
        more = rows[-1].id if len(rows) == query.limit else None
        return jsonify({"passages": [passage_json(row) for row in rows], "next": more})

    @routes.get("/openapi.json")
    @allow(PUBLIC, program=True)
    def openapi() -> Response:
        return jsonify(document())


def _commands(routes: Blueprint, gate: Gate) -> None:
    @routes.post("/api/v1/lanes/<lane>/begin")
    @allow("attendant", "manager", program=True)
    def begin(lane: str) -> Response:
        body = forms.body_as(forms.BeginBody)
        return submit(gate, Begin(known(gate, lane), None, body.command_id, by(), gate.now()))

    @routes.post("/api/v1/lanes/<lane>/answers")
    @allow("attendant", "manager", program=True)
    def answers(lane: str) -> Response:
        body = forms.body_as(_ANSWERS)
        given = (body,) if isinstance(body, forms.AnswerBody) else body.answers
        pairs = tuple((item.question, item.value) for item in given)
        return submit(gate, Give(known(gate, lane), body.passage, body.command_id, by(), gate.now(), pairs))

    @routes.post("/api/v1/lanes/<lane>/decision")
    @allow("attendant", "manager", program=True)
    def decision(lane: str) -> Response:
        body = forms.body_as(forms.DecisionBody)
        head = (known(gate, lane), body.passage, body.command_id, by(), gate.now())
        return submit(gate, Decide(*head, Outcome(body.outcome), body.reason, _is_manager()))

    @routes.post("/api/v1/lanes/<lane>/park")
    @allow("attendant", "manager", program=True)
    def park(lane: str) -> Response:
        body = forms.body_as(forms.ParkBody)
        head = (known(gate, lane), body.passage, body.command_id, by(), gate.now())
        return submit(gate, Park(*head, body.why))

    @routes.post("/api/v1/lanes/<lane>/measure")
    @allow("attendant", "manager", program=True)
    def measure(lane: str) -> Response:
        body = forms.body_as(forms.MeasureBody)
        head = (known(gate, lane), body.passage, body.command_id, by(), gate.now())
        return submit(gate, Measure(*head, body.place))

    @routes.post("/api/v1/lanes/<lane>/resume")
    @allow("attendant", "manager", program=True)
    def resume(lane: str) -> Response:
        body = forms.body_as(forms.ResumeBody)
        head = (known(gate, lane), body.passage, body.command_id, by(), gate.now())
        return submit(gate, Resume(*head, body.ticket))


def _calibrations(routes: Blueprint, gate: Gate) -> None:
    @routes.get("/api/v1/lanes/<lane>/calibrations")
    @allow("attendant", "manager", "observer", program=True)
    def calibrations(lane: str) -> Response:
        view, who = gate.view(known(gate, lane)), principal()
        return jsonify(
            {
                "lane": lane,
                "may_record": who is not None and who.role in _MAY_CALIBRATE,
                "clock_trusted": gate.now().clock.trusted,
                "thermometers": [device["name"] for device in thermometers(view)],
                "calibrations": view["calibrations"],
            }
        )

    @routes.post("/api/v1/lanes/<lane>/calibration")
    @allow(*_MAY_CALIBRATE, program=True)
    def calibration(lane: str) -> Response:
        body = forms.body_as(forms.CalibrationBody)
        driver = _driver(gate, known(gate, lane), body.device)
        pairs = tuple(Pair(pair.surface_mdegc, pair.reference_mdegc) for pair in body.pairs)
        texts = (body.method, body.reference, body.site)
        head = (lane, None, body.command_id, by(), gate.now())
        return submit(gate, Calibrate(*head, body.device, driver, pairs, *texts, body.days))

    @routes.post("/api/v1/lanes/<lane>/calibration/withdraw")
    @allow(*_MAY_CALIBRATE, program=True)
    def withdraw(lane: str) -> Response:
        body = forms.body_as(forms.WithdrawBody)
        head = (known(gate, lane), None, body.command_id, by(), gate.now())
        return submit(gate, Uncalibrate(*head, body.device, body.reason))


def _levels(routes: Blueprint, gate: Gate) -> None:
    @routes.post("/api/v1/lanes/<lane>/level")
    @allow(*_MAY_CALIBRATE, program=True)
    def level(lane: str) -> Response:
        body = forms.body_as(forms.LevelBody)
        head = (known(gate, lane), None, body.command_id, by(), gate.now())
        return submit(gate, ConfirmLevel(*head, body.device, body.reason, body.rested))

    @routes.post("/api/v1/lanes/<lane>/level/withdraw")
    @allow(*_MAY_CALIBRATE, program=True)
    def level_withdraw(lane: str) -> Response:
        body = forms.body_as(forms.LevelBody)
        head = (known(gate, lane), None, body.command_id, by(), gate.now())
        return submit(gate, WithdrawLevel(*head, body.device, body.reason, body.rested))


def thermometers(view: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the thermometers among the devices of a lane's snapshot."""
    return [device for device in view["devices"] if device["kind"] == "thermometer"]


def masked(view: dict[str, Any]) -> dict[str, Any]:
    """Return a snapshot without who anybody is."""
    parked = [
        {key: value for key, value in item.items() if key not in ("name", "plate")} for item in view["parked"]
    ]
    vehicle = view.get("vehicle")
    if vehicle is not None:
        vehicle = {**vehicle, "plate": None, "card": None}
    return {**view, "person": {}, "parked": parked, "vehicle": vehicle, "card": None}


def passage_json(row: PassageRow) -> dict[str, Any]:
    """Return one line of the passages list as programs get it; it names nobody."""
    return {
        "passage": row.id,
        "sequence": row.seq,
        "lane": row.lane,
        "direction": row.direction,
        "stage": row.stage,
        "outcome": row.outcome,
        "reasons": list(row.reasons),
        "opened_us": row.opened_us,
        "ended_us": row.ended_us,
        "category": row.category,
        "by": row.by,
        "override": bool(row.override),
        "second": bool(row.second),
        "ticket": row.ticket,
        "temperature": {
            "verdict": row.temperature,
            "surface_mdegc": row.surface_mdegc,
            "body_mdegc": row.body_mdegc,
        },
        "musts": {
            name: bool((row.musts or 0) & bit) for name, bit in _MUSTS.items() if (row.musts_asked or 0) & bit
        },
    }


def submit(gate: Gate, command: Command) -> Response:
    """Carry a command out and return what it came to."""
    reply = gate.submit(command)
    return jsonify({"sequence": reply.sequence, "passage": reply.passage})


def known(gate: Gate, lane: str) -> str:
    """Return a lane of this gate; raises FormError."""
    if lane not in gate.lanes:
        raise FormError("unknown_lane", status=404)
    return lane


def _driver(gate: Gate, lane: str, device: str) -> str:
    """Return the driver of a thermometer as it is configured: nobody has to be asked for it."""
    for found in thermometers(gate.view(lane)):
        if found["name"] == device:
            return str(found["driver"])
    raise FormError("unknown_device", status=404)


def _is_manager() -> bool:
    who = principal()
    return who is not None and who.role == "manager"


def by() -> str:
    """Return whose command it is."""
    return asker().account
