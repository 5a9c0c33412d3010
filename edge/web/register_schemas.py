"""What programs send to registers, and what `/openapi.json` says of it."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from edge.registers.due import State
from edge.web import forms
from edge.web.forms import MAX_ID, Body, CommandId

Json = dict[str, Any]
Text = Annotated[str, Field(max_length=200)]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Fields = Annotated[
    dict[Id, Text | Annotated[int, Field(ge=0, le=MAX_ID)] | bool | list[Text]], Field(max_length=64)
]


class EntryBody(Body):
    """What an entry says: texts, numbers, days (`2020-02-14`), moments (RFC 3339, or microseconds UTC), yes
    or no, lists of ticks, by the fields of the register's definition."""

    command_id: CommandId
    fields: Fields


class AmendBody(Body):
    """What an entry says from now on; sealed fields that are not given stay. `seen` is the newest row the
    change was made from."""

    command_id: CommandId
    fields: Fields
    seen: Annotated[int, Field(ge=1, le=MAX_ID)] | None = None


class EndBody(Body):
    """End an entry, for one of the definition's reasons."""

    command_id: CommandId
    why: Id


class TickBody(Body):
    """Tick off one task of the day for an entry."""

    command_id: CommandId
    task: Id


REGISTER_BODIES: tuple[type[BaseModel], ...] = (EntryBody, AmendBody, EndBody, TickBody)
REGISTER_COMMANDS = (
    ("amend", "Say an entry anew (who may write in the register).", "AmendBody"),
    ("end", "End an entry (who may end it).", "EndBody"),
    ("strike", "It was a mistake: let it count for nothing (who may write).", "BeginBody"),
    ("tick", "Record that a task of the day was done for the entry (attendant, manager).", "TickBody"),
)

_TEXT: Json = {"type": "string"}
_COUNT: Json = {"type": "integer"}
_MAYBE: Json = {"type": ["integer", "null"]}
_FLAG: Json = {"type": "boolean"}


def register_schemas() -> Json:
    """Return the schemas of what is answered, by name."""
    entry = _object(
        {
            **{"entry": _COUNT, "open": _FLAG, "struck": _FLAG, "overdue": _FLAG, "due_us": _MAYBE},
            **{"entered_us": _COUNT, "sequence": _COUNT, "fields": {"type": "object"}},
        }
    )
    titles = {"type": "object", "additionalProperties": _TEXT}
    register = _object(
        {"name": _TEXT, "title": titles, "number": _TEXT, "own": _FLAG, "from_passages": _FLAG}
    )
    task = _object(
        {
            **{"register": _TEXT, "task": _TEXT, "entry": _MAYBE, "nth": _COUNT, "count": _COUNT},
            **{"due_us": _COUNT, "done_us": _MAYBE, "state": {"enum": list(State)}},
        }
    )
    due = _object({"register": _TEXT, "entry": _COUNT, "due_us": _MAYBE, "overdue": _FLAG})
    short = _object({"register": _TEXT, "item": _TEXT, "left": _COUNT, "low": _MAYBE})
    return {
        "Entered": _object({"sequence": _COUNT, "entry": _COUNT}),
        "Registers": _object({"registers": _list(register)}),
        "Entries": _object({"entries": _list(entry), "next": _MAYBE}),
        "Entry": entry,
        "Tasks": _object({"day": _TEXT, "tasks": _list(task), "entries": _list(due), "short": _list(short)}),
    }


def register_paths(ok: Any, errors: Any, get: Any, query: Any) -> Json:
    """Return the addresses; the functions are those of `openapi.py`."""
    named = {"name": "name", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    number = {"name": "number", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
    anyid = {"type": "integer", "minimum": 0, "maximum": forms.MAX_ID}
    page = [
        query("before", anyid, "Only entries with a smaller number."),
        query("limit", {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}, "At most so many."),
    ]
    every = "attendant, manager, observer"

    def command(what: str, summary: str, body: str, parameters: list[Json]) -> Json:
        sent = {"application/json": {"schema": {"$ref": f"#/components/schemas/{body}"}}}
        return {
            "summary": summary,
            "operationId": f"register_{what}",
            "parameters": parameters,
            "requestBody": {"required": True, "content": sent},
            "responses": ok({"$ref": "#/components/schemas/Entered"})
            | errors(400, 401, 403, 404, 409, 413, 415, 503),
        }

    def shape(name: str) -> Json:
        return {"$ref": f"#/components/schemas/{name}"}

    commands = {
        f"/api/v1/registers/{{name}}/{{number}}/{what}": {
            "post": command(what, summary, body, [named, number])
        }
        for what, summary, body in REGISTER_COMMANDS
    }
    enter = command("enter", "Enter a line (who may write in the register).", "EntryBody", [named])
    return {
        "/api/v1/registers": get(
            f"The registers that definitions describe ({every}).",
            ok(shape("Registers")) | errors(401, 403, 503),
            {},
        ),
        "/api/v1/registers/{name}": get(
            f"Entries, the newest first, without personal fields ({every}).",
            ok(shape("Entries")) | errors(400, 401, 403, 404, 503),
            {"parameters": [named, *page]},
        )
        | {"post": enter},
        "/api/v1/registers/{name}/{number}": get(
            f"One entry without personal fields ({every}).",
            ok(shape("Entry")) | errors(401, 403, 404, 503),
            {"parameters": [named, number]},
        ),
        **commands,
        "/api/v1/tasks": get(
            f"What is due today of all registers ({every}).",
            ok(shape("Tasks")) | errors(401, 403, 503),
            {},
        ),
    }


def _list(of: Json) -> Json:
    return {"type": "array", "items": of}


def _object(properties: Json) -> Json:
    return {"type": "object", "required": list(properties), "properties": properties}
