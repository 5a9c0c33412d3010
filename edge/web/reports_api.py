"""The programs' door to the reports, as JSON under `/api/v1/reports`: figures only, nobody's name."""

from contextlib import closing
from datetime import date
from typing import Any

from flask import Blueprint, Response, jsonify, request

from edge.domain.errors import FormError
from edge.reports.sending import Sent
from edge.web.gate import Gate
from edge.web.reports import asked_day
from edge.web.roles import allow
from edge.wire import bulletin as form


def blueprint(gate: Gate) -> Blueprint:
    """Return the `/api/v1/reports` routes."""
    routes = Blueprint("reports_api", __name__)

    @routes.get("/api/v1/reports/daily")
    @allow("manager", "observer", program=True)
    def daily() -> Response:
        day = _asked(gate)
        with closing(gate.reader()) as reader:
            known = gate.reports.known(reader, day)
        return jsonify(
            {
                "day": day.isoformat(),
                "figures": known.now.figures,
                "lanes": known.now.lanes,
                "changed": known.changed,
                "sent": [_sent(one) for one in known.sent],
            }
        )

    @routes.get("/api/v1/reports/bulletin")
    @allow("manager", "observer", program=True)
    def bulletin() -> Response:
        day = _asked(gate)
        with closing(gate.reader()) as reader:
            told = gate.reports.cumulative(reader, day)
        series = gate.reports.terms.series
        return jsonify(
            {
                "series": series,
                "first": told.first.isoformat(),
                "last": told.last.isoformat(),
                "as_sent": told.as_sent,
                "corrected": told.corrected,
                "text": form.text(told.last, [(series, 1, told.as_sent)]),
                "text_corrected": form.text(told.last, [(series, 1, told.corrected)]),
                "unsent": [day.isoformat() for day in told.unsent],
            }
        )

    return routes


def _asked(gate: Gate) -> date:
    """Return the day that is asked for. Raises FormError `bad_query`, also for a query that asks for more."""
    if not request.args.keys() <= {"day"} or len(request.args.getlist("day")) > 1:
        raise FormError("bad_query")
    return asked_day(gate)


def _sent(one: Sent) -> dict[str, Any]:
    found = {"sequence": one.seq, "at_us": one.at_us, "late": one.late, "corrects": one.corrects}
    return {**found, "figures": one.figures}


def documented() -> dict[str, dict[str, Any]]:
    """Return, for each address, what it answers and its schema."""
    numbers = {"type": "object", "additionalProperties": {"type": "integer"}}
    text, yes_no = {"type": "string"}, {"type": "boolean"}
    sent = {"type": "array", "items": {"type": "object", "additionalProperties": True}}
    lanes = {"type": "object", "additionalProperties": numbers}
    daily = {"day": text, "figures": numbers, "lanes": lanes, "changed": yes_no, "sent": sent}
    days = {"type": "array", "items": text}
    bulletin = {"series": text, "first": text, "last": text, "as_sent": numbers, "corrected": numbers}
    bulletin |= {"text": text, "text_corrected": text, "unsent": days}
    return {
        "daily": {
            "summary": "A day's figures as they stand and as they were sent (manager, observer).",
            "schema": {"type": "object", "properties": daily, "required": list(daily)},
        },
        "bulletin": {
            "summary": "The bulletin of this gate, cumulative until 00:00 after a day (manager, observer).",
            "schema": {"type": "object", "properties": bulletin, "required": list(bulletin)},
        },
    }
