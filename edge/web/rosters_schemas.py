"""What `/openapi.json` says of the registers of people and things and of imports."""

from typing import Any

from pydantic import BaseModel

from edge.registers.all_kinds import KINDS
from edge.web import forms
from edge.web import rosters_api as api
from edge.web.roster_words import STATES

Json = dict[str, Any]
ROSTER_BODIES: tuple[type[BaseModel], ...] = (
    api.EntryBody,
    api.FindBody,
    api.EndBody,
    api.ImportBody,
    api.PieceBody,
    api.ColumnsBody,
    api.UndoBody,
)
_TEXT: Json = {"type": "string"}
_COUNT: Json = {"type": "integer"}
_MAYBE: Json = {"type": ["integer", "null"]}
_FLAG: Json = {"type": "boolean"}
_AT = "/api/v1/rosters/{register}"
# path, operation, summary, body, answer
_COMMANDS = (
    ("", "roster_enter", "Enter somebody or something (manager).", "EntryBody", "RosterDone"),
    ("/find", "roster_find", "Look up by a personal field (manager).", "FindBody", "RosterEntries"),
    ("/undo", "roster_undo", "Take a whole import back (manager).", "UndoBody", "ImportJob"),
    ("/imports", "import_start", "Begin to bring a file (manager).", "ImportBody", "ImportJob"),
    ("/{number}/amend", "roster_amend", "Say an entry anew (manager).", "EntryBody", "RosterDone"),
    ("/{number}/end", "roster_end", "End an entry (manager).", "EndBody", "RosterDone"),
    ("/imports/{job}/pieces", "import_piece", "Bring a piece of the file.", "PieceBody", "ImportJob"),
    ("/imports/{job}/preview", "import_preview", "Preview; changes nothing.", "ColumnsBody", "ImportJob"),
    ("/imports/{job}/apply", "import_apply", "Apply what was previewed.", None, "ImportJob"),
    ("/imports/{job}/cancel", "import_cancel", "Stop where it is.", None, "ImportJob"),
)
_REFUSALS = (400, 401, 403, 404, 409, 413, 415, 503)


def roster_paths() -> Json:
    """Return the addresses."""
    register = {"name": "register", "in": "path", "required": True, "schema": {"enum": sorted(KINDS)}}
    number = {"name": "number", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
    job = {
        "name": "job",
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
    }
    anyid = {"type": "integer", "minimum": 0, "maximum": forms.MAX_ID}
    query = [
        _query("open", {"enum": ["true", "false", "all", ""]}, "Open ones (default), ended ones, or all."),
        _query("before", anyid, "Only entries with a smaller number, newest first."),
        _query("after", anyid, "Only entries with a greater number, oldest first; not with `before`."),
        _query("limit", {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}, "At most so many."),
        _query("of", _TEXT, "Only those of this category, class, kind or grid."),
    ]
    paths: Json = {}
    for end, operation, summary, body, answer in _COMMANDS:
        within = [register, *([number] if "{number}" in end else []), *([job] if "{job}" in end else [])]
        post = {
            "summary": summary,
            "operationId": operation,
            "parameters": within,
            "responses": _answers(answer, *_REFUSALS),
        }
        if body is not None:
            content = {"application/json": {"schema": _ref(body)}}
            post["requestBody"] = {"required": True, "content": content}
        paths[_AT + end] = {"post": post}
    paths[_AT] |= _get("Entries, names masked.", "RosterEntries", [register, *query], 400)
    paths[_AT + "/{number}"] = _get("One entry, names masked.", "RosterEntry", [register, number])
    paths[_AT + "/imports/{job}"] = _get("How far an import is (manager).", "ImportJob", [register, job])
    return paths


def roster_schemas() -> Json:
    """Return the schemas of what is answered, by name."""
    entry = {
        **dict.fromkeys(("register",), _TEXT),
        **dict.fromkeys(("number", "entered_us", "changed_us"), _COUNT),
        **dict.fromkeys(("from_us", "until_us", "import"), _MAYBE),
        **dict.fromkeys(("open", "forgotten"), _FLAG),
        "fields": {"type": "object"},
    }
    rows = {
        "type": "array",
        "items": _object({"sequence": _COUNT, "at_us": _COUNT, "kind": _TEXT, "by": _TEXT}),
    }
    one = _object(entry)
    return {
        "RosterDone": _object({"sequence": _COUNT, "number": _COUNT}),
        "RosterEntries": _object({"entries": {"type": "array", "items": one}, "next": _MAYBE}),
        "RosterEntry": one | {"properties": one["properties"] | {"rows": rows}},
        "ImportJob": _object(
            {
                "job": _TEXT,
                "register": _TEXT,
                "state": {"enum": sorted({*STATES} - {"begun"})},
                "why": {"type": ["string", "null"]},
                "import": _MAYBE,
                **dict.fromkeys(("line", "lines", "entered", "amended"), _COUNT),
                "counts": {"type": "object"},
                "columns": {"type": "object"},
                "heads": {"type": "array", "items": _TEXT},
                **{name: {"type": "array"} for name in ("rejected", "doubled", "changed")},
            }
        ),
    }


def _answers(answer: str, *refusals: int) -> Json:
    said = {"200": {"description": "Well.", "content": {"application/json": {"schema": _ref(answer)}}}}
    return said | {
        str(status): {
            "description": "Refused; the code and the sentence say why.",
            "content": {"application/json": {"schema": _ref("Error")}},
        }
        for status in refusals
    }


def _get(summary: str, answer: str, parameters: list[Json], *refusals: int) -> Json:
    answers = _answers(answer, *refusals, 401, 403, 404, 503)
    return {"get": {"summary": summary, "parameters": parameters, "responses": answers}}


def _object(properties: Json) -> Json:
    return {"type": "object", "required": list(properties), "properties": properties}


def _query(name: str, schema: Json, description: str) -> Json:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}
