"""The programs' door to the registers of people and things and to imports, under `/api/v1/rosters`.

The import page uses it too. Names stay masked: what an entry says of somebody is opened on its page only.
"""

import base64
import binascii
from collections.abc import Callable
from typing import Annotated, Any, Literal

from flask import Blueprint, Response, jsonify, request
from pydantic import Field

from edge.domain.errors import FormError
from edge.journal import Entry, Row
from edge.registers.all_kinds import KINDS
from edge.registers.book import Entered
from edge.registers.import_jobs import Job, job_json
from edge.registers.kinds import Faulty
from edge.registers.rosters import ENDS, FOUND_BY, Rosters, ends_of
from edge.web import forms, show
from edge.web.errors import error_body
from edge.web.gate import Gate
from edge.web.import_told import faults_text
from edge.web.orders import asker, order_of
from edge.web.roles import allow
from edge.web.words import LANGUAGES

PARTED_BY = {"watch": "list", "vehicles": "kind", "households": "grid", "regions": "level"}
ALL = ("attendant", "manager", "observer")
Text = Annotated[str, Field(max_length=200)]
FieldName = Annotated[str, Field(max_length=40)]


class EntryBody(forms.Body):
    """Enter or amend: the values by field, as somebody writes them."""

    command_id: forms.CommandId
    values: Annotated[dict[FieldName, Text], Field(min_length=1, max_length=64)]


class FindBody(forms.Body):
    """Look somebody up by one of their personal fields."""

    by: Literal[
        "name", "phone", "phone_tail", "id_number", "id_number_tail", "plate", "pass_id", "home", "room"
    ]
    value: Annotated[str, Field(min_length=1, max_length=120, pattern=r"\S")]


class EndBody(forms.Body):
    """End an entry: it no longer counts."""

    command_id: forms.CommandId
    why: Literal["moved", "over", "released", "mistake", "other"]


class ImportBody(forms.Body):
    """Begin to bring a file."""

    file: Annotated[str, Field(min_length=1, max_length=200)]
    round: Annotated[int, Field(ge=1, le=10_000)] | None = None


class PieceBody(forms.Body):
    """A piece of the file, which begins at `place`; at most 36,000 bytes, as base64."""

    place: Annotated[int, Field(ge=0, le=forms.MAX_ID)]
    content: Annotated[str, Field(min_length=1, max_length=48_000)]


class ColumnsBody(forms.Body):
    """Which column is which field, by its number from 0; none: by the heads."""

    columns: dict[Annotated[str, Field(pattern="^[0-9]{1,3}$")], FieldName] | None = None


class UndoBody(forms.Body):
    """Take the import of this number back."""

    number: Annotated[int, Field(ge=1, le=forms.MAX_ID)]


def blueprint(gate: Gate, rosters: Rosters) -> Blueprint:
    """Return the `/api/v1/rosters` routes."""
    routes = Blueprint("rosters_api", __name__)
    _reads(routes, gate)
    _commands(routes, gate, rosters)
    _imports(routes, gate)
    return routes


def _reads(routes: Blueprint, gate: Gate) -> None:
    @routes.get("/api/v1/rosters/<register>")
    @allow(*ALL, program=True)
    def entries(register: str) -> Response:
        query = forms.entries_query(request.args, PARTED_BY.get(known(register), "category"))
        page = gate.book.page(register, **query)
        more = page[-1].number if len(page) == query["limit"] else None
        return jsonify({"entries": [entry_json(one) for one in page], "next": more})

    @routes.get("/api/v1/rosters/<register>/<int:number>")
    @allow(*ALL, program=True)
    def entry(register: str, number: int) -> Response:
        told = gate.book.one(known(register), min(number, forms.MAX_ID))
        rows = [
            {"sequence": row.seq, "at_us": row.at_us, "kind": row.kind, "by": row.body.get("by", "")}
            for row in told.rows
        ]
        return jsonify(entry_json(told.entry) | {"rows": rows})


def _commands(routes: Blueprint, gate: Gate, rosters: Rosters) -> None:
    @routes.post("/api/v1/rosters/<register>")
    @allow("manager", program=True)
    def enter(register: str) -> Response:
        name, body = known(register), forms.body_as(EntryBody)
        return _entered(lambda: rosters.enter(order_of(body.command_id), name, _values(name, body)))

    @routes.post("/api/v1/rosters/<register>/<int:number>/amend")
    @allow("manager", program=True)
    def amend(register: str, number: int) -> Response:
        name, body, at = known(register), forms.body_as(EntryBody), min(number, forms.MAX_ID)
        return _entered(lambda: rosters.amend(order_of(body.command_id), name, at, _values(name, body)))

    @routes.post("/api/v1/rosters/<register>/<int:number>/end")
    @allow("manager", program=True)
    def end(register: str, number: int) -> Response:
        name, body = known(register), forms.body_as(EndBody)
        at = min(number, forms.MAX_ID)
        if body.why in ENDS and body.why not in ends_of(name):
            raise FormError("unit_needed")
        return _entered(lambda: gate.book.end(order_of(body.command_id), name, at, body.why))

    @routes.post("/api/v1/rosters/<register>/find")
    @allow("manager", program=True)
    def find(register: str) -> Response:
        name, body = known(register), forms.body_as(FindBody)
        assert body.by in FOUND_BY
        found = rosters.find(name, body.by, body.value)
        gate.append(Row("personal.opened", gate.now(), {"by": asker().account, "what": f"find:{name}"}))
        return jsonify({"entries": [entry_json(one) for one in found], "next": None})


def _imports(routes: Blueprint, gate: Gate) -> None:
    zone = show.zone_of(gate.timezone)

    @routes.post("/api/v1/rosters/<register>/imports")
    @allow("manager", program=True)
    def start(register: str) -> Response:
        name, body = known(register), forms.body_as(ImportBody)
        return _job(gate.imports.start(name, asker().account, body.file, body.round or 0))

    @routes.get("/api/v1/rosters/<register>/imports/<job>")
    @allow("manager", program=True)
    def state(register: str, job: str) -> Response:
        return _job(gate.imports.job(known(register), job))

    @routes.post("/api/v1/rosters/<register>/imports/<job>/pieces")
    @allow("manager", program=True)
    def piece(register: str, job: str) -> Response:
        found, body = gate.imports.job(known(register), job), forms.body_as(PieceBody)
        try:
            content = base64.b64decode(body.content, validate=True)
        except (binascii.Error, ValueError) as error:
            raise FormError("bad_value") from error
        gate.imports.piece(found, content, body.place)
        return _job(found)

    @routes.post("/api/v1/rosters/<register>/imports/<job>/preview")
    @allow("manager", program=True)
    def look(register: str, job: str) -> Response:
        found, body = gate.imports.job(known(register), job), forms.body_as(ColumnsBody)
        chosen = body.columns
        if chosen is not None and not set(chosen.values()) <= set(KINDS[register].names):
            raise FormError("bad_value")
        columns = None if chosen is None else {int(place): name for place, name in chosen.items()}
        gate.imports.look(found, zone, columns)
        return _job(found)

    @routes.post("/api/v1/rosters/<register>/imports/<job>/apply")
    @allow("manager", program=True)
    def apply(register: str, job: str) -> Response:
        found = gate.imports.job(known(register), job)
        gate.imports.apply(found, asker().account, zone)
        return _job(found)

    @routes.post("/api/v1/rosters/<register>/imports/<job>/cancel")
    @allow("manager", program=True)
    def cancel(register: str, job: str) -> Response:
        found = gate.imports.job(known(register), job)
        gate.imports.cancel(found)
        return _job(found)

    @routes.post("/api/v1/rosters/<register>/undo")
    @allow("manager", program=True)
    def undo(register: str) -> Response:
        name, body = known(register), forms.body_as(UndoBody)
        return _job(gate.imports.undo(name, body.number, asker().account, zone))


def known(register: str) -> str:
    """Return the name of a register of these. Raises FormError `not_found`."""
    if register not in KINDS:
        raise FormError("not_found", status=404)
    return register


def entry_json(entry: Entry) -> dict[str, Any]:
    """Return one entry as programs get it; it names nobody."""
    return {
        "register": entry.register,
        "number": entry.number,
        "open": entry.open,
        "fields": entry.fields,
        "from_us": entry.from_us,
        "until_us": entry.until_us,
        "entered_us": entry.entered_us,
        "changed_us": entry.at_us,
        "import": entry.imported or None,
        "forgotten": entry.forgotten,
    }


def _values(register: str, body: EntryBody) -> dict[str, str]:
    if not set(body.values) <= set(KINDS[register].names):
        raise FormError("bad_value")
    return body.values


def _entered(command: Callable[[], Entered]) -> Response:
    try:
        done = command()
    except Faulty as error:
        faults = [
            {"field": name, "code": code} | {it: faults_text([(name, code)], it) for it in LANGUAGES}
            for name, code in error.faults
        ]
        response = jsonify(error_body("faulty_entry") | {"faults": faults})
        response.status_code = 400
        return response
    return jsonify({"sequence": done.sequence, "number": done.number})


def _job(job: Job) -> Response:
    told = job_json(job)
    for line in told["rejected"]:
        line |= {it: faults_text(line["faults"], it) for it in LANGUAGES}
    return jsonify(told)
