"""What `/openapi.json` says of vehicles: the bodies, the commands, the vehicle of a lane."""

from typing import Any

from pydantic import BaseModel

from edge.web import vehicle_forms

Json = dict[str, Any]

VEHICLE_BODIES: tuple[type[BaseModel], ...] = (vehicle_forms.VehicleBody, vehicle_forms.AboardBody)
VEHICLE_COMMANDS = (
    (
        "vehicle",
        "A vehicle came; its occupants follow one after another. Answers, decision, park and resume take its "
        "passage as they take a person's (attendant, manager).",
        "VehicleBody",
    ),
    ("vehicle/next", "The next occupant is awaited now (attendant, manager).", "AboardBody"),
    ("vehicle/everybody", "All who are in it were recorded (attendant, manager).", "AboardBody"),
)

_TEXT: Json = {"type": "string"}
_COUNT: Json = {"type": "integer"}
_MAYBE: Json = {"type": ["integer", "null"]}
_WORD: Json = {"type": ["string", "null"]}
_FLAG: Json = {"type": "boolean"}
_LIST: Json = {"type": "array"}
_WORDS: Json = {"type": "array", "items": _TEXT}


def vehicle_schema() -> Json:
    """Return the schema of the vehicle in a lane's snapshot, null where none stands there."""
    occupant = {"passage": _COUNT, "outcome": _TEXT, "against": {"type": "boolean"}}
    properties: Json = {
        "passage": _COUNT,
        **dict.fromkeys(("plate", "kind"), _WORD),
        "told": _MAYBE,
        **dict.fromkeys(("done", "seat", "waiting"), _COUNT),
        "direction": {"enum": ["in", "out"]},
        "occupants": {
            "type": "array",
            "items": {"type": "object", "required": list(occupant), "properties": occupant},
        },
        **dict.fromkeys(("awaited", "hold"), _FLAG),
        **dict.fromkeys(("reasons", "missing"), _WORDS),
        "card": {"type": ["object", "null"]},
        "answers": {"type": "object", "additionalProperties": _TEXT},
        **dict.fromkeys(("ask", "chosen"), _LIST),
    }
    return {
        "anyOf": [
            {"type": "object", "required": list(properties), "properties": properties},
            {"type": "null"},
        ]
    }
