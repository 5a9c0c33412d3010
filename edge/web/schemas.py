"""The schemas of `/openapi.json`: what is sent, what is answered.

Request bodies come from the models in `forms.py`, so that there is one schema for both.
"""

from typing import Any, get_args

from pydantic import BaseModel

from edge.domain.calibration import Standing
from edge.domain.instrument_signs import Sign
from edge.domain.model import ScreeningVerdict
from edge.domain.policy import Decides
from edge.domain.walk import Cause, Way
from edge.web import forms
from edge.web.aiming import ADVICE
from edge.web.cases_schemas import CASE_BODIES, case_schemas
from edge.web.duty_schemas import DUTY_BODIES, duty_schemas
from edge.web.procedures_schemas import PROCEDURE_BODIES, procedure_schemas
from edge.web.register_schemas import REGISTER_BODIES, register_schemas
from edge.web.rosters_schemas import ROSTER_BODIES, roster_schemas
from edge.web.vehicle_schemas import VEHICLE_BODIES, vehicle_schema
from edge.web.walking import HINTS, WHYS
from edge.web.words import WORDS

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_COUNT: Json = {"type": "integer"}
_FLAG: Json = {"type": "boolean"}
_MAYBE: Json = {"type": ["integer", "null"]}
_LISTS = (
    *("steps", "ask", "actions", "reasons", "parked", "measured"),
    *("calibrations", "levels", "doubts", "notices", "cases"),
)

_BODIES: tuple[type[BaseModel], ...] = (
    forms.BeginBody,
    forms.AnswerBody,
    forms.AnswersBody,
    forms.DecisionBody,
    forms.ParkBody,
    forms.MeasureBody,
    forms.ResumeBody,
    forms.CalibrationBody,
    forms.WithdrawBody,
    forms.LevelBody,
    *CASE_BODIES,
    *PROCEDURE_BODIES,
    *REGISTER_BODIES,
    forms.TemperatureBody,
    *ROSTER_BODIES,
    *VEHICLE_BODIES,
    *DUTY_BODIES,
)


def schemas() -> Json:
    """Return every schema by its name."""
    return {
        **{body.__name__: _plain(body) for body in _BODIES},
        "Done": object_of({"sequence": _MAYBE, "passage": _MAYBE}),
        "Error": object_of(
            {
                "error": {"enum": sorted(WORDS["error"])},
                "message": object_of({"zh_Hans": _TEXT, "en": _TEXT}),
            }
        ),
        "LaneView": _lane_view(),
        **case_schemas(),
        **roster_schemas(),
        **duty_schemas(),
        **procedure_schemas(),
        **register_schemas(),
        "CameraFigures": _camera_figures(),
        "Calibrations": object_of(
            {
                "lane": _TEXT,
                "may_record": _FLAG,
                "clock_trusted": _FLAG,
                "thermometers": {"type": "array", "items": _TEXT},
                "calibrations": {"type": "array", "items": _calibration()},
            }
        ),
        "Passages": object_of({"passages": {"type": "array", "items": _passage()}, "next": _MAYBE}),
    }


def object_of(properties: Json) -> Json:
    """Return the schema of an object that has all of these."""
    return {"type": "object", "required": list(properties), "properties": properties}


def _passage() -> Json:
    return object_of(
        {
            "passage": _COUNT,
            "sequence": _COUNT,
            "lane": _TEXT,
            "direction": _TEXT,
            "stage": _TEXT,
            "outcome": {"type": ["string", "null"]},
            "reasons": {"type": "array", "items": _TEXT},
            "opened_us": _COUNT,
            "ended_us": _MAYBE,
            "category": {"type": ["string", "null"]},
            "by": {"type": ["string", "null"]},
            "override": _FLAG,
            "second": _FLAG,
            "ticket": _MAYBE,
            "temperature": object_of({"verdict": _TEXT, "surface_mdegc": _MAYBE, "body_mdegc": _MAYBE}),
            "musts": {"type": "object", "additionalProperties": _FLAG},
        }
    )


def _calibration() -> Json:
    return object_of(
        {
            **dict.fromkeys(("device", "driver", "method", "reference", "site", "by"), _TEXT),
            **dict.fromkeys(("offset_mdegc", "spread_mdegc", "count", "at_us", "until_us"), _COUNT),
            "port": {"type": ["string", "null"]},
            "standing": {"enum": list(Standing)},
            "days_left": _MAYBE,
        }
    )


def _level() -> Json:
    return object_of(
        {
            **dict.fromkeys(("device", "driver", "place"), _TEXT),
            "port": {"type": ["string", "null"]},
            **dict.fromkeys(("rested", "elsewhere", "shifted", "confirmed"), _FLAG),
            **dict.fromkeys(("ambient_mdegc", "taught_us"), _MAYBE),
            **dict.fromkeys(("people", "expected_mdegc", "found_mdegc", "off_mdegc", "spread_mdegc"), _COUNT),
        }
    )


def _doubt() -> Json:
    sign = {
        "sign": {"enum": list(Sign)},
        "since_us": _COUNT,
        "people": _COUNT,
        "figures": {"type": "object", "additionalProperties": _COUNT},
        "told": object_of({"zh_Hans": _TEXT, "en": _TEXT}),
    }
    port: Json = {"port": {"type": ["string", "null"]}}
    sister = object_of({**dict.fromkeys(("lane", "device", "driver"), _TEXT), **port})
    doubt = object_of(
        {
            **dict.fromkeys(("device", "driver", "place"), _TEXT),
            **port,
            "people": _COUNT,
            "signs": {"type": "array", "items": object_of(sign)},
        }
    )
    doubt["properties"]["sister"] = sister  # only where two are compared
    return doubt


def _temperature() -> Json:
    verdict = {"enum": list(ScreeningVerdict)}
    return {
        "type": "object",
        "required": ["verdict", "live_mdegc", "rest_s"],
        "properties": {
            **dict.fromkeys(("verdict", "legal", "level"), verdict),
            "decides": {"enum": list(get_args(Decides))},
            "conversion": {"type": ["string", "null"]},
            "rest_s": _COUNT,
            **dict.fromkeys(("live_mdegc", "body_mdegc", "surface_mdegc", "ambient_mdegc"), _MAYBE),
            **dict.fromkeys(("ppm", "out_milli"), _MAYBE),
            "advice": {"anyOf": [_advice(), {"type": "null"}]},
            "twice": {"anyOf": [_twice(), {"type": "null"}]},
        },
    }


def _advice() -> Json:
    """What to do next about somebody who was not measured, or has to be measured again."""
    way = object_of({"way": {"enum": list(Way)}, "place": _TEXT})
    return object_of(
        {
            "cause": {"enum": list(Cause)},
            "next": way,
            "why": {"enum": sorted(WHYS)},
            "open": {"type": "array", "items": way},
            "hints": {"type": "array", "items": {"enum": sorted(HINTS)}},
            "aimed": {"type": ["string", "null"]},
            "back": {"type": ["string", "null"]},
            "minutes": _COUNT,
            "rushed": _FLAG,
        }
    )


def _twice() -> Json:
    """The first value over the threshold, and the second measurement while there is one."""
    return object_of({"first": _measured(), "second": {"anyOf": [_measured(), {"type": "null"}]}})


def _measured() -> Json:
    return {
        "type": "object",
        "required": ["method", "site", "at_us", "rested_s", "after_rest"],
        "properties": {
            **dict.fromkeys(("device", "method", "site", "conversion", "quality"), _TEXT),
            **dict.fromkeys(("surface_mdegc", "ambient_mdegc", "body_mdegc"), _MAYBE),
            **dict.fromkeys(("rested_s", "at_us"), _COUNT),
            "after_rest": _FLAG,
            "expected": {"type": ["object", "null"]},
        },
    }


def _camera_figures() -> Json:
    words = object_of({"zh_Hans": _TEXT, "en": _TEXT})
    figure = {"type": "integer", "minimum": 0}
    maybe_number = {"type": ["number", "null"]}
    return object_of(
        {
            **dict.fromkeys(("width", "height", "focus", "brightness", "clipped"), figure),
            "advice": {"enum": sorted(ADVICE)},
            "advice_text": words,
            "module_pixels": maybe_number,
            "decoder": {"type": ["string", "null"]},
            "decoder_text": {"anyOf": [words, {"type": "null"}]},
            "read_ago_s": maybe_number,
        }
    )


def _lane_view() -> Json:
    return {
        "type": "object",
        "required": ["lane", "direction", "procedure", "stage", "temperature", "steps", "ask", "parked"],
        "properties": {
            "lane": _TEXT,
            "direction": {"enum": ["in", "out"]},
            "stage": {"enum": ["idle", "open", "hold", "aboard", "ended"]},
            "vehicle": vehicle_schema(),
            "passage": _MAYBE,
            "pieces": _COUNT,
            "picture": _FLAG,
            "hottest_mdegc": _MAYBE,
            **{name: {"type": "object"} for name in ("procedure", "person")},
            "temperature": _temperature(),
            **{name: {"type": "array"} for name in _LISTS},
            "levels": {"type": "array", "items": _level()},
            "doubts": {"type": "array", "items": _doubt()},
        },
    }


def _plain(body: type[BaseModel]) -> Json:
    # pydantic puts nested models under $defs with its own path; bodies here nest one level at most.
    schema = body.model_json_schema(ref_template="#/components/schemas/{model}")
    nested: Json = schema.pop("$defs", {})
    for part in schema["properties"].values():
        if "$ref" in part.get("items", ()):
            part["items"] = nested[part["items"]["$ref"].rpartition("/")[2]]
    if body is forms.ResumeBody:
        schema["oneOf"] = [
            {
                "required": ["passage"],
                "properties": {"passage": {"type": "integer"}, "ticket": {"type": "null"}},
            },
            {
                "required": ["ticket"],
                "properties": {"ticket": {"type": "integer"}, "passage": {"type": "null"}},
            },
        ]
    return schema
