"""What programs send about procedures, and what `/openapi.json` says of it."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.registers.rehearsal import MOST_MOVES
from edge.web.forms import MAX_ID, CommandId, Question, Value

Json = dict[str, Any]

Lane = Annotated[str, Field(min_length=1, max_length=64)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
# Over it the gate reads no body at all.
Text = Annotated[str, Field(max_length=60_000)]
MadeFrom = Annotated[dict[Lane, Hash], Field(min_length=1, max_length=64)]
Why = Literal["order", "site", "season", "mistake", "trial", "back", "other"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class PublishBody(_Body):
    """Put a text in force at the lanes of `made_from`, each with the version that it was made from; at once,
    or from a time on (microseconds UTC). `note` names nobody: it leaves the gate."""

    command_id: CommandId
    name: Name
    text: Text
    made_from: MadeFrom
    why: Why
    note: Value = ""
    from_us: Annotated[int, Field(ge=1, le=MAX_ID)] | None = None


class AsInFileBody(_Body):
    """Let lanes follow the files of the configuration again."""

    command_id: CommandId
    made_from: MadeFrom
    why: Why
    note: Value = ""


class DraftBody(_Body):
    """A text to be checked."""

    name: Name
    text: Text


class MoveItem(_Body):
    """One thing that happens to a made-up person; see docs/procedures.md."""

    do: Literal["temperature", "code", "answer", "rest", "decide", "leave"]
    value: Value = ""
    about: Value = ""


class RehearseBody(DraftBody):
    """A text to be tried on a made-up person, and on the last passages of the lane."""

    lane: Question
    moves: Annotated[tuple[MoveItem, ...], Field(max_length=MOST_MOVES, strict=False)] = ()
    last: Annotated[int, Field(ge=1, le=2000)] = 100


PROCEDURE_BODIES: tuple[type[BaseModel], ...] = (PublishBody, AsInFileBody, DraftBody, RehearseBody)

_TEXT: Json = {"type": "string"}
_COUNT: Json = {"type": "integer"}
_MAYBE: Json = {"type": ["integer", "null"]}
_WORD: Json = {"type": ["string", "null"]}
_TITLE: Json = {"type": "object", "additionalProperties": _TEXT}


def procedure_schemas() -> Json:
    """Return the schemas of what is answered, by name."""
    fault = _object(dict.fromkeys(("place", "en", "zh"), _TEXT))
    faults = {"type": "array", "items": fault}
    change = _object(
        {"was": _TEXT, "now": _TEXT, "reasons": _list(_TEXT), "count": _COUNT, "passages": _list(_COUNT)}
    )
    return {
        "ProcedureDone": _object({"sequence": _COUNT, "version": _TEXT, "lanes": _list(_TEXT)}),
        "ProcedureFaults": _object({"error": _TEXT, "message": _TITLE, "faults": faults}),
        "ProcedureChecked": _object({"version": _WORD, "faults": faults}),
        "Procedures": _object({"lanes": _list(_object(_lane())), "presets": _list(_object(_preset()))}),
        "ProcedureVersions": _object({"versions": _list(_object(_version()))}),
        "ProcedureVersion": _object(_version() | {"text": _TEXT}),
        "Rehearsed": _object(
            {
                "stage": _TEXT,
                "outcome": _WORD,
                "reasons": _list(_TEXT),
                "steps": _list(_object({"id": _TEXT, "state": _TEXT, "title": _TITLE})),
                "ask": _list({"type": "object"}),
                "effects": _list(_TEXT),
                "refused": _list(_TEXT),
                "last": _object(
                    {"looked": _COUNT, "again": _COUNT, "same": _COUNT, "changes": _list(change)}
                ),
            }
        ),
    }


def procedure_paths(
    get: Callable[[str, Json, Json], Json],
    ok: Callable[[Json], Json],
    errors: Callable[..., Json],
    ref: Callable[[str], Json],
) -> Json:
    """Return what each address does, in the shapes of `openapi`."""
    lane = {"name": "lane", "in": "query", "schema": _TEXT, "description": "Only those of a lane."}
    number = {"minimum": 0, "maximum": MAX_ID} | _COUNT
    which = {"name": "sequence", "in": "path", "required": True, "schema": number}
    either = {"anyOf": [ref("ProcedureFaults"), ref("Error")]}
    faulty = {
        "description": "The text has faults, or the request is not as documented.",
        "content": {"application/json": {"schema": either}},
    }

    def post(summary: str, body: str, answer: str, *, refuses: bool) -> Json:
        said: Json = {
            "summary": summary,
            "operationId": body,
            "requestBody": {"required": True, "content": {"application/json": {"schema": ref(body)}}},
            "responses": ok(ref(answer)) | errors(400, 401, 403, 404, 409, 413, 415, 503),
        }
        if refuses:
            said["responses"] |= {"400": faulty}
        return said

    return {
        "/api/v1/procedures": get(
            "What each lane follows, and what can be chosen (manager, observer).",
            ok(ref("Procedures")) | errors(401, 403, 503),
            {},
        )
        | {"post": post("Put a text in force (manager).", "PublishBody", "ProcedureDone", refuses=True)},
        "/api/v1/procedures/file": {
            "post": post(
                "Follow the files of the configuration again (manager).",
                "AsInFileBody",
                "ProcedureDone",
                refuses=True,
            )
        },
        "/api/v1/procedures/check": {
            "post": post(
                "Name every fault of a text (manager).", "DraftBody", "ProcedureChecked", refuses=False
            )
        },
        "/api/v1/procedures/rehearse": {
            "post": post(
                "Try a text on a made-up person and on the last passages; writes nothing (manager).",
                "RehearseBody",
                "Rehearsed",
                refuses=True,
            )
        },
        "/api/v1/procedures/versions": get(
            "Every publication, newest first (manager, observer).",
            ok(ref("ProcedureVersions")) | errors(400, 401, 403, 404, 503),
            {"parameters": [lane]},
        ),
        "/api/v1/procedures/versions/{sequence}": get(
            "One publication with its text (manager, observer).",
            ok(ref("ProcedureVersion")) | errors(401, 403, 404, 503),
            {"parameters": [which]},
        ),
    }


def _lane() -> Json:
    plan = _object({"sequence": _COUNT, "name": _TEXT, "version": _TEXT, "from_us": _COUNT, "by": _WORD})
    return {
        "lane": _TEXT,
        "file": _TEXT,
        "name": _TEXT,
        "title": _TITLE,
        "version": _TEXT,
        "made_from": _TEXT,
        "source": {"enum": ["page", "file", "journal"]},
        "since_us": _MAYBE,
        "text": _TEXT,
        "planned": {"anyOf": [plan, {"type": "null"}]},
        "refused": _list(_TEXT),
    }


def _preset() -> Json:
    return {"name": _TEXT, "title": _TITLE, "number": _TEXT, "first": {"type": "boolean"}, "text": _TEXT}


def _version() -> Json:
    return {
        "sequence": _COUNT,
        "at_us": _COUNT,
        "name": _TEXT,
        "version": _TEXT,
        "lanes": _list(_TEXT),
        "source": {"enum": ["page", "file", "start"]},
        "by": _WORD,
        "why": _WORD,
        "note": _WORD,
        "from_us": _MAYBE,
    }


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


def _object(properties: Json) -> Json:
    return {"type": "object", "required": list(properties), "properties": properties}
