"""`/openapi.json`: OpenAPI 3.1, written by hand, every answer included; schemathesis holds it true.

What bodies and answers look like is in `schemas.py`.
"""

import re
from functools import cache
from importlib import metadata

from edge.web import forms
from edge.web.cases_schemas import CASE_COMMANDS
from edge.web.duty_schemas import DUTY_COMMANDS
from edge.web.procedures_schemas import procedure_paths
from edge.web.register_schemas import register_paths
from edge.web.reports_api import documented
from edge.web.rosters_schemas import roster_paths
from edge.web.schemas import Json, object_of, schemas
from edge.web.vehicle_schemas import VEHICLE_COMMANDS

_COMMON = {
    400: "The request is not as documented, or the value cannot be used.",
    401: "No log-in, or a token nobody has.",
    403: "The role may not do this.",
    404: "There is no such lane, passage, ticket or case.",
    409: "The passage is no longer open, the lane is busy, a step has to come first, or a case is past it.",
    413: "The body is larger than the gate reads.",
    415: "The body is not application/json.",
    503: "The gate cannot commit, or is too busy; nothing was done.",
}
_COMMAND_ANSWERS = (400, 401, 403, 404, 409, 413, 415, 503)
_ALL = "attendant, manager, observer"


@cache
def document() -> Json:
    """Return the whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Gatepost",
            "version": metadata.version("gatepost"),
            "description": "One gate: its lanes, the commands of attendants, the passages.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": {
            **(_probes() | _reads() | _pictures() | _commands() | _cases() | _temperatures() | _duty()),
            **_reports(),
            **roster_paths(),
            **procedure_paths(_get, _ok, _errors, _ref),
            **register_paths(_ok, _errors, _get, _query),
        },
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "From `gatepost user token`."}
            },
            "schemas": schemas(),
        },
    }


def _probes() -> Json:
    public: Json = {"security": []}
    problem = {
        "type": "object",
        "required": ["code"],
        "properties": {
            "code": {"type": "string"},
            "since_us": {"type": ["integer", "null"]},
            "title": {"type": ["object", "null"]},
            "remedy": {"type": ["object", "null"]},
        },
    }
    alive = object_of({"alive": {"type": "boolean"}})
    ready = object_of({"ready": {"type": "boolean"}, "problems": {"type": "array", "items": problem}})
    text = {"text/plain": {"schema": {"type": "string"}}}
    return {
        "/healthz": _get("Is the process alive?", _ok(alive) | {"503": _json("Not alive.", alive)}, public),
        "/readyz": _get(
            "Can the gate do its work?",
            _ok(ready) | {"503": _json("Not ready, with reasons.", ready)},
            public,
        ),
        "/metrics": _get(
            "Prometheus metrics, for this machine only.",
            {"200": {"description": "Metrics.", "content": text}} | _errors(403),
            public,
        ),
        "/openapi.json": _get("This document.", _ok({"type": "object"}), public),
    }


def _reads() -> Json:
    stream = {"text/event-stream": {"schema": {"type": "string"}}}
    live = "`row` has `id: <incarnation>:<sequence>`; others: lane, live, beat, hello, reset, evicted."
    return {
        "/events": _get(
            f"Live updates ({_ALL}; with `lane` not for observers). {live}",
            {"200": {"description": "A stream.", "content": stream}} | _errors(401, 403, 404, 503),
            {
                "parameters": [
                    _query("lane", {"type": "string"}, "The kiosk's lane; without it every row."),
                    {"name": "Last-Event-ID", "in": "header", "schema": {"type": "string"}},
                ]
            },
        ),
        "/api/v1/lanes/{lane}": _get(
            f"The open passage, what it still needs, who is parked ({_ALL}; observers see no names).",
            _ok(_ref("LaneView")) | _errors(401, 403, 404),
            {"parameters": [_lane()]},
        ),
        "/api/v1/lanes/{lane}/calibrations": _get(
            f"What each thermometer of the lane was found to be off by, and until when ({_ALL}).",
            _ok(_ref("Calibrations")) | _errors(401, 403, 404),
            {"parameters": [_lane()]},
        ),
        "/api/v1/passages": _get(
            "Passages by keyset, names masked (manager, observer): oldest first after `after` (default "
            "0), or newest first before `before`.",
            _ok(_ref("Passages")) | _errors(400, 401, 403, 503),
            {"parameters": _passages_query()},
        ),
    }


def _pictures() -> Json:
    drawn = {"200": {"description": "A picture.", "content": {"image/png": {"schema": {"type": "string"}}}}}
    nobody = {"204": {"description": "Nobody stands before an array."}}
    jpeg = {"200": {"description": "A picture.", "content": {"image/jpeg": {"schema": {"type": "string"}}}}}
    gone = {"204": {"description": "That person does not stand there, or has no photograph."}}
    number = {"name": "passage", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}}
    return {
        "/kiosk/{lane}/thermal.png": _get(
            "What the lane's array sees now, good for finding a face only (attendant, manager).",
            drawn | nobody | _errors(401, 403, 404),
            {"parameters": [_lane()]},
        ),
        "/kiosk/{lane}/photograph/{passage}/{entry}.jpg": _get(
            "The photograph of somebody whom the passage under way has named, to be compared with the face"
            " (attendant, manager).",
            jpeg | gone | _errors(401, 403, 404, 503),
            {"parameters": [_lane(), number, number | {"name": "entry"}]},
        ),
        **_aiming(),
        "/review/passage/{passage}/thermal/{index}.png": _get(
            "What the array saw, of one piece of evidence, counted from 0 (manager, observer).",
            drawn | _errors(401, 403, 404, 503),
            {"parameters": [number, number | {"name": "index"}]},
        ),
    }


def _aiming() -> Json:
    jpeg = {"200": {"description": "A picture.", "content": {"image/jpeg": {"schema": {"type": "string"}}}}}
    none = {"204": {"description": "The camera has no picture now."}}
    device = {"name": "device", "in": "path", "required": True, "schema": {"type": "string"}}
    named = {"parameters": [_lane(), device]}
    return {
        "/setup/{lane}/{device}.jpg": _get(
            "What a camera sees now, for aiming it; never stored (manager).",
            jpeg | none | _errors(401, 403, 404),
            named,
        ),
        "/setup/{lane}/{device}/figures": _get(
            "Focus, light, and the size of the code read last; not what it says (manager).",
            _ok(_ref("CameraFigures")) | none | _errors(401, 403, 404),
            named,
        ),
    }


def _commands() -> Json:
    return {
        f"/api/v1/lanes/{{lane}}/{name}": {
            "post": {
                "summary": summary,
                "operationId": name.replace("/", "_"),
                "parameters": [_lane()],
                "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
                "responses": _ok(_ref("Done")) | _errors(*_COMMAND_ANSWERS),
            }
        }
        for name, summary, schema in (
            ("begin", "Open a passage by hand (attendant, manager).", _ref("BeginBody")),
            (
                "answers",
                "Record answers; `temperature_contact` takes a contact thermometer's degrees.",
                {"anyOf": [_ref("AnswerBody"), _ref("AnswersBody")]},
            ),
            ("decision", "End the passage; answered after the commit.", _ref("DecisionBody")),
            ("park", "Send the person to rest or aside.", _ref("ParkBody")),
            (
                "measure",
                "Measure once more; with `place`, the next reading is of that place on the body.",
                _ref("MeasureBody"),
            ),
            ("resume", "Take a parked passage back.", _ref("ResumeBody")),
            *((name, summary, _ref(body)) for name, summary, body in VEHICLE_COMMANDS),
            (
                "calibration",
                "Record what a thermometer is off by, from ten or more pairs of readings, in thousandths "
                "of a degree (manager). The offset is the middle difference.",
                _ref("CalibrationBody"),
            ),
            (
                "calibration/withdraw",
                "Take the newest calibration of a thermometer back (manager).",
                _ref("WithdrawBody"),
            ),
            (
                "level",
                "Confirm that a level that has shifted is what healthy people show (manager).",
                _ref("LevelBody"),
            ),
            (
                "level/withdraw",
                "Take the newest such confirmation back (manager).",
                _ref("LevelBody"),
            ),
        )
    }


def _cases() -> Json:
    number = {"name": "case", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
    yes_no = {"enum": ["true", "false", ""]}
    anyid = {"type": "integer", "minimum": 0, "maximum": forms.MAX_ID}
    query = [
        _query("open", yes_no, "Only those that are open, or only those that are closed."),
        _query("lane", {"type": "string"}, "A lane of this gate."),
        _query("before", anyid, "Only cases with a smaller number."),
        _query("after", anyid, "Only cases with a greater number, the oldest first; not with `before`."),
        _query("limit", {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}, "At most so many."),
    ]
    commands = {
        f"/api/v1/cases/{{case}}/{name}": {
            "post": {
                "summary": summary,
                "operationId": f"case_{name.replace('-', '_')}",
                "parameters": [number],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": _ref(body)}},
                },
                "responses": _ok(_ref("CaseDone")) | _errors(*_COMMAND_ANSWERS),
            }
        }
        for name, summary, body in CASE_COMMANDS
    }
    return {
        "/api/v1/cases": _get(
            f"Who was handed over for a check, newest first, names masked ({_ALL}).",
            _ok(_ref("Cases")) | _errors(400, 401, 403, 503),
            {"parameters": query},
        ),
        "/api/v1/cases/{case}": _get(
            f"One case with every entry, names masked ({_ALL}).",
            _ok(_ref("Case")) | _errors(401, 403, 404, 503),
            {"parameters": [number]},
        ),
        **commands,
    }


def _temperatures() -> Json:
    return {
        "/api/v1/temperatures": {
            "post": {
                "summary": "Record a temperature that somebody told of, taken elsewhere; it can serve as one "
                "of the day's two (attendant, manager).",
                "operationId": "temperatures",
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": _ref("TemperatureBody")}},
                },
                "responses": _ok(_ref("Done")) | _errors(*_COMMAND_ANSWERS),
            }
        }
    }


def _duty() -> Json:
    number = {"name": "incident", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
    reads = {
        "/api/v1/duty": _get(
            f"Who is on duty, which positions nobody fills, which hand-over notes nobody has read ({_ALL}).",
            _ok(_ref("Duty")) | _errors(401, 403, 503),
            {},
        ),
        "/api/v1/incidents": _get(
            f"The newest incidents with how quickly each was answered ({_ALL}).",
            _ok(_ref("Incidents")) | _errors(400, 401, 403, 503),
            {},
        ),
    }
    for name, summary, body, answer in DUTY_COMMANDS:
        command = {
            "summary": summary,
            "operationId": re.sub(r"[^a-z]+", "_", name),
            "requestBody": {"required": True, "content": {"application/json": {"schema": _ref(body)}}},
            "responses": _ok(_ref(answer)) | _errors(*_COMMAND_ANSWERS),
        }
        more = {"parameters": [number]} if "{" in name else {}
        reads.setdefault(f"/api/v1/{name}", {})["post"] = command | more
    return reads


def _reports() -> Json:
    day = {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "maxLength": 0}]}
    query = {"parameters": [_query("day", day, "A local day; the one that ended last where it is empty.")]}
    return {
        f"/api/v1/reports/{name}": _get(
            found["summary"], _ok(found["schema"]) | _errors(400, 401, 403, 503), query
        )
        for name, found in documented().items()
    }


def _passages_query() -> list[Json]:
    moment = (
        "A day (in the gate's timezone, both ends included) or an RFC 3339 moment with its offset "
        "(`to` excluded); empty: no bound."
    )
    anyid = {"type": "integer", "minimum": 0, "maximum": forms.MAX_ID}
    day = {
        "anyOf": [
            {"type": "string", "format": "date"},
            {"type": "string", "format": "date-time"},
            {"type": "string", "maxLength": 0},  # forms send empty filters; they count as absent
        ]
    }
    return [
        _query("after", anyid, "Only passages with a greater number, oldest first."),
        _query("before", anyid, "Only passages with a smaller number, newest first; not with `after`."),
        _query("limit", {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}, "At most so many."),
        _query("outcome", {"enum": ["admit", "turn_back", "refer", "abandoned", ""]}, "How it ended."),
        _query("lane", {"type": "string"}, "A lane of this gate."),
        _query("from", day, moment),
        _query("to", day, moment),
    ]


def _get(summary: str, responses: Json, more: Json) -> Json:
    return {"get": {"summary": summary, "responses": responses, **more}}


def _ok(schema: Json) -> Json:
    return {"200": _json("Well.", schema)}


def _errors(*statuses: int) -> Json:
    return {str(status): _json(_COMMON[status], _ref("Error")) for status in statuses}


def _json(description: str, schema: Json) -> Json:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _lane() -> Json:
    return {"name": "lane", "in": "path", "required": True, "schema": {"type": "string"}}


def _query(name: str, schema: Json, description: str) -> Json:
    return {"name": name, "in": "query", "schema": schema, "description": description}
