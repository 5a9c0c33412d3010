"""The programs' door to vehicles, as JSON under `/api/v1/lanes/<lane>/vehicle`. The kiosk uses it too.

What is recorded of a vehicle, and its end, go through the doors that people's passages have, with the
vehicle's own passage.
"""

from flask import Blueprint, Response

from edge.domain.events import AllAboard, BeginVehicle, NextOccupant
from edge.web import forms, vehicle_forms
from edge.web.api import by, known, submit
from edge.web.gate import Gate
from edge.web.roles import allow


def blueprint(gate: Gate) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("vehicles_api", __name__)

    @routes.post("/api/v1/lanes/<lane>/vehicle")
    @allow("attendant", "manager", program=True)
    def vehicle(lane: str) -> Response:
        body = forms.body_as(vehicle_forms.VehicleBody)
        head = (known(gate, lane), body.passage, body.command_id, by(), gate.now())
        answers = tuple((item.question, item.value) for item in body.answers)
        return submit(gate, BeginVehicle(*head, body.plate, body.occupants, answers, body.direction or ""))

    @routes.post("/api/v1/lanes/<lane>/vehicle/next")
    @allow("attendant", "manager", program=True)
    def following(lane: str) -> Response:
        body = forms.body_as(vehicle_forms.AboardBody)
        return submit(gate, NextOccupant(known(gate, lane), body.passage, body.command_id, by(), gate.now()))

    @routes.post("/api/v1/lanes/<lane>/vehicle/everybody")
    @allow("attendant", "manager", program=True)
    def everybody(lane: str) -> Response:
        body = forms.body_as(vehicle_forms.AboardBody)
        return submit(gate, AllAboard(known(gate, lane), body.passage, body.command_id, by(), gate.now()))

    return routes
