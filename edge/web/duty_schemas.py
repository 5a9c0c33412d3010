"""What `/openapi.json` says of duty and incidents: the bodies, the answers, the commands."""

from typing import Any

from pydantic import BaseModel

from edge.domain.response import Reached
from edge.registers.duty_rules import KINDS
from edge.web import duty_forms

Json = dict[str, Any]

DUTY_BODIES: tuple[type[BaseModel], ...] = (
    duty_forms.SignInBody,
    duty_forms.SignOutBody,
    duty_forms.CallBody,
    duty_forms.IncidentStepBody,
    duty_forms.IncidentEndBody,
)
# Address, id, what it does, body, answer.
DUTY_COMMANDS = (
    ("duty/sign-in", "Come on duty (attendant, manager).", "SignInBody", "SignInDone"),
    (
        "duty/sign-out",
        "Go off duty, with a hand-over note (attendant, manager).",
        "SignOutBody",
        "SignInDone",
    ),
    ("incidents", "Call for help (attendant, manager).", "CallBody", "IncidentDone"),
    (
        "incidents/{incident}/step",
        "Record who was called or who came (attendant, manager).",
        "IncidentStepBody",
        "IncidentDone",
    ),
    (
        "incidents/{incident}/end",
        "Record that it is over (attendant, manager).",
        "IncidentEndBody",
        "IncidentDone",
    ),
)
_TEXT: Json = {"type": "string"}
_WORD: Json = {"type": ["string", "null"]}
_COUNT: Json = {"type": "integer"}
_MAYBE: Json = {"type": ["integer", "null"]}
_FLAG: Json = {"type": "boolean"}
_TEXTS: Json = {"type": "array", "items": _TEXT}


def duty_schemas() -> Json:
    """Return the schemas of what is answered, by name."""
    on_duty = {"signin": _COUNT, "account": _TEXT, "post": _TEXT, "roles": _TEXTS, "since_us": _MAYBE}
    missing = {"post": _TEXT, "role": _TEXT, "from_us": _COUNT, "planned": _FLAG}
    return {
        "SignInDone": _object({"sequence": _COUNT, "signin": _COUNT}),
        "IncidentDone": _object({"sequence": _COUNT, "incident": _COUNT}),
        "Duty": _object(
            {
                "on_duty": {"type": "array", "items": _object(on_duty)},
                "uncovered": {"type": "array", "items": _object(missing)},
                "notes": {"type": "array", "items": _COUNT},
            }
        ),
        "Incidents": _object({"incidents": {"type": "array", "items": _incident()}}),
    }


def _incident() -> Json:
    answered = {
        "step": {"enum": list(Reached)},
        "limit_us": _COUNT,
        "reached": _FLAG,
        "took_us": _MAYBE,
        "in_time": {"type": ["boolean", "null"]},
    }
    return _object(
        {
            "incident": _COUNT,
            "kind": {"enum": list(KINDS)},
            "lane": _WORD,
            "opened_us": _COUNT,
            "open": _FLAG,
            "called": _TEXTS,
            "came": _TEXTS,
            "result": _WORD,
            "clock": {"type": "array", "items": _object(answered)},
        }
    )


def _object(properties: Json) -> Json:
    return {"type": "object", "required": list(properties), "properties": properties}
