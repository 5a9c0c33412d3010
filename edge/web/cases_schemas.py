"""What `/openapi.json` says of the cases: the bodies, the answers, the commands."""

from typing import Any

from pydantic import BaseModel

from edge.domain.cases import CaseResult, CaseStage, CaseStep
from edge.web import forms

Json = dict[str, Any]

CASE_BODIES: tuple[type[BaseModel], ...] = (
    forms.HandOverBody,
    forms.AcknowledgeBody,
    forms.FollowUpBody,
    forms.CloseBody,
    forms.ReopenBody,
)
CASE_COMMANDS = (
    ("hand-over", "Hand the person over to a unit of the settings (attendant, manager).", "HandOverBody"),
    ("acknowledge", "Record that the unit has the person (manager).", "AcknowledgeBody"),
    ("follow-up", "Add an entry: what is known now (manager).", "FollowUpBody"),
    ("close", "Close the case with what came of it (manager).", "CloseBody"),
    ("reopen", "Open a closed case again (manager).", "ReopenBody"),
)

_TEXT: Json = {"type": "string"}
_COUNT: Json = {"type": "integer"}
_MAYBE: Json = {"type": ["integer", "null"]}
_WORD: Json = {"type": ["string", "null"]}


def case_schemas() -> Json:
    """Return the schemas of what is answered, by name."""
    return {
        "CaseDone": _object({"sequence": _COUNT, "case": _COUNT, "stage": {"enum": list(CaseStage)}}),
        "Cases": _object({"cases": {"type": "array", "items": _object(_line())}, "next": _MAYBE}),
        "Case": _object(_line() | {"entries": {"type": "array", "items": _entry()}}),
    }


def _line() -> Json:
    measured = {"anyOf": [_measured(), {"type": "null"}]}
    return {
        "case": _COUNT,
        "passage": _MAYBE,
        "lane": _TEXT,
        "why": {"type": "array", "items": _TEXT},
        "stage": {"enum": list(CaseStage)},
        "unit": _WORD,
        "result": {"enum": [*CaseResult, None]},
        "opened_us": _COUNT,
        "due_us": _MAYBE,
        "overdue": {"type": "boolean"},
        "first": measured,
        "second": measured,
    }


def _measured() -> Json:
    needed = _object({"at_us": _COUNT, "method": _TEXT, "site": _TEXT, "after_rest": {"type": "boolean"}})
    more = dict.fromkeys(("body_mdegc", "surface_mdegc", "ambient_mdegc"), _COUNT)
    return needed | {"properties": needed["properties"] | more}


def _entry() -> Json:
    return _object(
        {
            **dict.fromkeys(("sequence", "at_us"), _COUNT),
            "step": {"enum": list(CaseStep)},
            "stage": {"enum": list(CaseStage)},
            "by": _TEXT,
        }
    )


def _object(properties: Json) -> Json:
    return {"type": "object", "required": list(properties), "properties": properties}
