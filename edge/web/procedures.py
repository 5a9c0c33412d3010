"""The pages of the procedures: what each lane follows, adjusting and rehearsing another, and the history.

For managers. A draft lives in the page that is open, whole in every request, until it is published: a gate
that restarts meanwhile loses nothing of it, and nothing of it is in force before.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from edge.domain.errors import FormError, JournalError
from edge.registers.checked_text import Fault, FaultyText
from edge.registers.procedure_text import tables_of, text_of
from edge.registers.publishing import Draft
from edge.registers.rehearsal import MOST_MOVES, Move
from edge.web import procedures_form, procedures_shown
from edge.web.gate import Gate
from edge.web.orders import form_order
from edge.web.roles import allow
from edge.web.show import micros, zone_of
from edge.web.titles import titles_of
from edge.web.words import WORDS

_MADE_FROM = "made_from."


@dataclass(frozen=True, slots=True)
class Typed:
    """What a page's form holds: a draft, by lane which version it was made from, and its rehearsal."""

    name: str
    text: str
    made_from: Mapping[str, str]
    moves: tuple[Move, ...] = ()
    faults: tuple[Fault, ...] = ()
    error: str | None = None
    chosen: Mapping[str, str] = field(default_factory=dict)
    last: int = procedures_shown.LAST[0]


def blueprint(gate: Gate) -> Blueprint:
    """Return the `/setup/procedures` routes."""
    routes = Blueprint("procedures", __name__)
    _reads(routes, gate)
    _drafts(routes, gate)
    return routes


def _reads(routes: Blueprint, gate: Gate) -> None:
    @routes.get("/setup/procedures")
    @allow("manager")
    def page() -> Response:
        presets = procedures_shown.presets(gate.publishing)
        lanes = gate.publishing.in_force()
        return make_response(
            render_template(
                "procedures/list.html",
                lanes=lanes,
                titles={one.lane: one.procedure.title for one in lanes},
                first=[one for one in presets if one.first],
                more=[one for one in presets if not one.first],
                done=request.args.get("done"),
                command_id=secrets.token_hex(8),
            )
        )

    @routes.get("/setup/procedures/<lane>")
    @allow("manager")
    def edit(lane: str) -> Response:
        publishing, present = gate.publishing, gate.publishing.of(lane)
        name, text = present.procedure.name, present.text
        if preset := request.args.get("preset"):
            name, text = preset, publishing.preset(preset)
        elif version := request.args.get("version"):
            earlier = publishing.version(_sequence(version))
            name, text = earlier.name, earlier.text
        newest = {one.lane: one.newest for one in publishing.in_force()}
        return _edit_page(gate, lane, Typed(name, text, newest))

    @routes.get("/setup/procedures/<lane>/history")
    @allow("manager")
    def history(lane: str) -> Response:
        present = gate.publishing.of(lane)
        versions = gate.publishing.history(lane)
        return make_response(
            render_template("procedures/history.html", lane=lane, present=present, versions=versions)
        )

    @routes.get("/setup/procedures/<lane>/versions/<int:seq>")
    @allow("manager")
    def version(lane: str, seq: int) -> Response:
        gate.publishing.of(lane)
        found = gate.publishing.version(seq)
        others = [one for one in gate.publishing.history(lane) if one.seq != seq]
        against = request.args.get("against")
        before = next((one for one in others if one.seq < seq), None)
        other = before if against is None else gate.publishing.version(_sequence(against))
        lines = procedures_shown.difference(other.text if other else "", found.text)
        return make_response(
            render_template(
                "procedures/version.html",
                lane=lane,
                found=found,
                other=other,
                others=others,
                lines_found=lines,
            )
        )


def _drafts(routes: Blueprint, gate: Gate) -> None:
    @routes.post("/setup/procedures/<lane>")
    @allow("manager")
    def adjust(lane: str) -> Response:
        gate.publishing.of(lane)
        typed, do = _typed(), request.form.get("do", "keep")
        if do == "expert":
            return _text_page(gate, lane, typed)
        try:
            tables = tables_of(typed.text)
        except ValueError:
            return _text_page(gate, lane, typed)
        if do not in ("keep", "rehearse"):
            tables = procedures_form.acted(tables, do, procedures_shown.steps(gate.publishing, tables))
            typed = replace(typed, text=text_of(tables))
        if do == "rehearse":
            return _rehearse_page(gate, lane, typed)
        return _edit_page(gate, lane, typed)

    @routes.post("/setup/procedures/<lane>/rehearsal")
    @allow("manager")
    def rehearsal(lane: str) -> Response:
        gate.publishing.of(lane)
        return _rehearse_page(gate, lane, _typed())

    @routes.post("/setup/procedures/<lane>/publish")
    @allow("manager")
    def publish(lane: str) -> BaseResponse:
        gate.publishing.of(lane)
        typed = _typed()
        if "rebase" in request.form:
            newest = {one.lane: one.newest for one in gate.publishing.in_force()}
            return _rehearse_page(gate, lane, replace(typed, made_from=newest))
        lanes = [name for name in request.form.getlist("lane") if name in typed.made_from]
        made_from = {name: typed.made_from[name] for name in lanes}
        try:
            draft = Draft(typed.name, typed.text, made_from, _why(), _note(), _from_us(gate))
            gate.publishing.publish(form_order(), draft)
        except FaultyText as error:
            return _edit_page(gate, lane, replace(typed, faults=error.found))
        except (FormError, JournalError) as error:
            code, status = _refused(error)
            return _rehearse_page(gate, lane, replace(typed, error=code, chosen=request.form), status)
        return redirect(url_for("procedures.page", done=lane), 303)

    @routes.post("/setup/procedures/<lane>/file")
    @allow("manager")
    def as_in_file(lane: str) -> BaseResponse:
        gate.publishing.of(lane)
        made_from = {lane: request.form.get(f"{_MADE_FROM}{lane}", "")}
        gate.publishing.as_in_file(form_order(), made_from, _why(), _note())
        return redirect(url_for("procedures.page", done=lane), 303)


def _edit_page(gate: Gate, lane: str, typed: Typed) -> Response:
    """Show a draft as fields, with every fault of it at its place."""
    try:
        tables = tables_of(typed.text)
    except ValueError:
        return _text_page(gate, lane, typed)
    faults = typed.faults or _faults(gate, typed)
    return make_response(
        render_template(
            "procedures/edit.html",
            lane=lane,
            typed=typed,
            tables=tables,
            faults=faults,
            at=lambda place: [one for one in faults if _is_at(one.place, place)],
            elsewhere=[one for one in faults if not one.place.startswith(("step.", "reason."))],
            library=procedures_shown.steps(gate.publishing, tables),
        ),
        400 if typed.faults else 200,
    )


def _text_page(gate: Gate, lane: str, typed: Typed) -> Response:
    faults = _faults(gate, typed)
    return make_response(render_template("procedures/text.html", lane=lane, typed=typed, faults_found=faults))


def _rehearse_page(gate: Gate, lane: str, typed: Typed, status: int = 200) -> Response:
    """Show what the draft would do; one with faults goes back to the fields."""
    try:
        procedure = gate.publishing.check(typed.name, typed.text)
    except FaultyText as error:
        return _edit_page(gate, lane, replace(typed, faults=error.found))
    present = gate.publishing.of(lane)
    return make_response(
        render_template(
            "procedures/rehearsal.html",
            lane=lane,
            typed=typed,
            procedure=procedure,
            rehearsed=procedures_shown.rehearsed(gate, lane, procedure, typed.moves),
            retold=procedures_shown.retold(gate, lane, procedure, typed.last),
            lasts=procedures_shown.LAST,
            lines_found=procedures_shown.difference(present.text, typed.text),
            present=present,
            titles=titles_of(procedure).asked,
            lanes=gate.publishing.in_force(),
            command_id=secrets.token_hex(8),
        ),
        status,
    )


def _typed() -> Typed:
    """Return what the form holds: the draft with its fields, or the text box, and one move more."""
    form = request.form
    text = form.get("text", form.get("draft", "")).replace("\r\n", "\n")
    if "text" not in form:
        try:
            before = tables_of(text)
            after = procedures_form.typed(before, form)
        except ValueError:
            pass  # the text page says so
        else:
            text = text if after == before else text_of(after)
    made_from = {
        name.removeprefix(_MADE_FROM): value for name, value in form.items() if name.startswith(_MADE_FROM)
    }
    moves = tuple(_move(text) for text in form.getlist("move"))
    if "back" in form:
        moves = moves[:-1]
    elif "again" in form:
        moves = ()
    last = procedures_shown.most_of(form.get("last"))
    return Typed(form.get("name", ""), text, made_from, moves[:MOST_MOVES], last=last)


def _move(text: str) -> Move:
    do, _, rest = text.partition("|")
    value, _, about = rest.partition("|")
    if do == "shown":  # chosen in two lists: the button carries neither
        return Move("code", request.form.get("code_value", ""), request.form.get("carrier", ""))
    return Move(do, value, about)


def _faults(gate: Gate, typed: Typed) -> tuple[Fault, ...]:
    try:
        gate.publishing.check(typed.name, typed.text)
    except FaultyText as error:
        return error.found
    return ()


def _is_at(place: str, block: str) -> bool:
    return place == block or place.startswith(f"{block}.")


def _refused(error: FormError | JournalError) -> tuple[str, int]:
    return (error.code, error.status) if isinstance(error, FormError) else ("journal", 503)


def _why() -> str:
    why = request.form.get("why", "")
    if why not in WORDS["procedure_why"]:
        raise FormError("reason_needed")
    return why


def _note() -> str:
    note = request.form.get("note", "").strip()
    if len(note) > 200 or not note.isprintable():
        raise FormError("bad_value")
    return note


def _from_us(gate: Gate) -> int | None:
    """Return the moment that was typed in the gate's own time; None: at once."""
    text = request.form.get("from", "").strip()
    if not text or request.form.get("start") != "later":
        return None
    zone: ZoneInfo = zone_of(gate.timezone)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise FormError("bad_from") from None
    return micros(moment.replace(tzinfo=zone) if moment.tzinfo is None else moment)


def _sequence(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise FormError("unknown_procedure", status=404)
    return int(text)
