"""The pages of the registers of people, vehicles, households and the watch list: lists, cards, forms.

Names stay masked until a manager opens one entry, which is a row. What is looked for never stands in an
address.
"""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from edge.domain.errors import FormError
from edge.journal import Entry, Row
from edge.registers.all_kinds import KINDS
from edge.registers.book import Told
from edge.registers.contacts import CONTACT, role_of
from edge.registers.kinds import Faulty, Kind
from edge.registers.rosters import ENDS, FOUND_BY, Rosters, ends_of
from edge.registers.visits import Link, open_links
from edge.web import forms, photographs, show
from edge.web.gate import Gate
from edge.web.orders import asker, form_order
from edge.web.registers import language
from edge.web.roles import allow
from edge.web.roster_words import CHOICES
from edge.web.rosters_api import ALL, PARTED_BY
from edge.web.words import WORDS, say

PAGE = 50
_FOR_RELEASE = "watch"
_PART_WORDS = {
    "people": "category",
    "watch": "watch_list",
    "vehicles": "vehicle_kind",
    "regions": "risk_level",
}


def blueprint(gate: Gate, rosters: Rosters) -> Blueprint:
    """Return the `/registers/…` routes of these registers."""
    routes = Blueprint("rosters", __name__)
    for register, kind in KINDS.items():
        _lists(routes, gate, rosters, register, kind)
        _cards(routes, gate, rosters, register, kind)
    return routes


def _lists(routes: Blueprint, gate: Gate, rosters: Rosters, register: str, kind: Kind) -> None:
    def listed() -> Response:
        query = forms.entries_query(request.args, PARTED_BY.get(register, "category"))
        page = gate.book.page(register, **(query | {"limit": PAGE + 1}))
        older = page[PAGE - 1].number if len(page) > PAGE else None
        over = gate.book.over(register) if register == _FOR_RELEASE else []
        return _list_page(gate, kind, page[:PAGE], older=older, query=query, over=over)

    def found() -> Response:
        by, value = request.form.get("by", ""), request.form.get("value", "")
        entries = rosters.find(register, by, value)
        gate.append(Row("personal.opened", gate.now(), {"by": asker().account, "what": f"find:{register}"}))
        return _list_page(gate, kind, entries, found=True)

    def blank() -> Response:
        return _form_page(gate, kind, dict(request.args.items()) if register == "watch" else {})

    def enter() -> BaseResponse:
        given = _given(kind)
        try:
            done = rosters.enter(form_order(), register, given)
        except Faulty as error:
            return _form_page(gate, kind, given, faults=error.faults)
        return redirect(url_for(f"rosters.{register}_card", number=done.number), 303)

    _add(routes, f"/registers/{register}", f"{register}_list", allow(*ALL)(listed))
    _add(routes, f"/registers/{register}/find", f"{register}_find", allow("manager")(found), "POST")
    _add(routes, f"/registers/{register}/new", f"{register}_new", allow("manager")(blank))
    _add(routes, f"/registers/{register}/new", f"{register}_enter", allow("manager")(enter), "POST")


def _cards(routes: Blueprint, gate: Gate, rosters: Rosters, register: str, kind: Kind) -> None:
    def card(number: int) -> Response:
        return _card_page(gate, kind, gate.book.one(register, _known(number)))

    def opened(number: int) -> Response:
        why = request.form.get("why", "")
        if why not in WORDS["opening"]:
            raise FormError("reason_needed")
        masked = gate.book.one(register, _known(number))
        # Written down first: a gate that cannot record who looked shows nothing.
        body = {"by": asker().account, "why": why, "what": f"{register}:{masked.entry.number}"}
        gate.append(Row("personal.opened", gate.now(), body))
        return _card_page(gate, kind, gate.book.one(register, masked.entry.number, opened=True))

    def amend(number: int) -> BaseResponse:
        given = _given(kind)
        seen = request.form.get("seen", "")
        at = forms.whole(seen, 15)
        try:
            rosters.amend(form_order(), register, _known(number), given, at)
        except Faulty as error:
            return _form_page(gate, kind, given, faults=error.faults, number=number, seen=seen)
        return redirect(url_for(f"rosters.{register}_card", number=number), 303)

    def end(number: int) -> BaseResponse:
        why = request.form.get("why", "")
        if why not in ends_of(register):
            raise FormError("reason_needed" if why not in ENDS else "unit_needed")
        gate.book.end(form_order(), register, _known(number), why)
        return redirect(url_for(f"rosters.{register}_card", number=number), 303)

    def forget(number: int) -> BaseResponse:
        told = gate.book.one(register, _known(number))
        if request.form.get("sure") != "yes":  # asked a second time: nothing brings it back
            return make_response(
                render_template(
                    "rosters/forget.html", kind=kind, entry=told.entry, command_id=secrets.token_hex(8)
                )
            )
        gate.book.forget(register, told.entry.number, by=asker().account)
        return redirect(url_for(f"rosters.{register}_card", number=number), 303)

    at = f"/registers/{register}/<int:number>"
    _add(routes, at, f"{register}_card", allow(*ALL)(card))
    for name, view in (("open", opened), ("amend", amend), ("end", end), ("forget", forget)):
        _add(routes, f"{at}/{name}", f"{register}_{name}", allow("manager")(view), "POST")


def _list_page(gate: Gate, kind: Kind, entries: list[Entry], **more: Any) -> Response:
    shown = {"older": None, "query": {}, "over": [], "found": False} | more
    with_round = max((one.number for one in gate.book.page("census", limit=1)), default=0)
    return make_response(
        render_template(
            "rosters/list.html",
            kind=kind,
            entries=entries,
            count=gate.book.count(kind.register, open_=True),
            by=[name for name in FOUND_BY if _finds(kind, name)],
            round=with_round,
            now_us=gate.now().at_us,
            parts=_parts(gate, kind.register),
            part_words=_PART_WORDS.get(kind.register),
            of=request.args.get("of", ""),
            **shown,
        )
    )


def _parts(gate: Gate, register: str) -> list[tuple[str, int]]:
    """Return how many open entries there are of each category, class, kind or grid."""
    reader = gate.reader()
    try:
        tally = reader.entry_tally(register, PARTED_BY.get(register, "category"))
    finally:
        reader.close()
    return [(str(key), total) for key, total, _ in tally if key is not None][:200]


def _finds(kind: Kind, name: str) -> bool:
    base = name.removesuffix("_tail")
    return (base == "home" and "room" in kind.names) or any(
        one.name == base and one.find for one in kind.fields
    )


def _card_page(gate: Gate, kind: Kind, told: Told) -> Response:
    household = told.entry.fields.get("household")
    number = told.entry.number if kind.register == "households" else household
    members: list[Entry] = []
    if kind.register == "households" or household:
        for register in ("people", "vehicles"):
            members += gate.book.page(register, open_=True, where={"household": number}, limit=PAGE)
    return make_response(
        render_template(
            "rosters/card.html",
            kind=kind,
            told=told,
            entry=told.entry,
            values=_values(gate, kind, told) if told.personal or told.entry.key_id is None else {},
            members=members,
            photograph=photographs.on_page(gate, told),
            beside=_beside(gate, kind, told),
            links=_links(gate, kind, told.entry),
            ends=ends_of(kind.register),
            why=WORDS["opening"],
            choices=CHOICES,
            command_id=secrets.token_hex(8),
        )
    )


def _links(gate: Gate, kind: Kind, entry: Entry) -> list[Link]:
    """Return the links that visitors of a household may still announce themselves by."""
    if kind.register != "households" or not entry.open:
        return []
    return open_links(gate.book, entry.number, gate.now().at_us)


def _beside(gate: Gate, kind: Kind, told: Told) -> dict[str, str]:
    """Return what no form asks for, by what it is called: who signed a release, and whom to call for a
    household in roles of the site's own."""
    signed = {name: told.personal[name] for name in ("released_by", "signed") if name in told.personal}
    lines = {name: text for name, text in told.personal.items() if name.startswith(CONTACT)}
    roles = gate.duty.rules.roles
    return {say("roster_field", name, language()): text for name, text in signed.items()} | {
        roles.get(role_of(name), {}).get(language(), role_of(name)): text
        for name, text in lines.items()
        if name not in kind.names
    }


def _form_page(gate: Gate, kind: Kind, values: Mapping[str, str], **more: Any) -> Response:
    shown = {"faults": (), "number": None, "seen": ""} | more
    response = make_response(
        render_template(
            "rosters/new.html",
            kind=kind,
            values=values,
            choices=CHOICES,
            command_id=secrets.token_hex(8),
            **shown,
        )
    )
    response.status_code = 400 if shown["faults"] else 200
    return response


def _values(gate: Gate, kind: Kind, told: Told) -> dict[str, str]:
    """Return what the form of an entry holds now."""
    zone = show.zone_of(gate.timezone)
    values = dict(told.personal)
    for one in kind.fields:
        value = told.entry.fields.get(one.name if one.kind != "date" else f"{one.name}_us")
        if isinstance(value, bool):
            values[one.name] = "是" if value else "否"
        elif one.kind == "date" and isinstance(value, int):
            values[one.name] = show.day_of(value, zone).isoformat()
        elif value is not None:
            values[one.name] = str(value)
    for name, us in (("from", told.entry.from_us), ("until", told.entry.until_us)):
        if us is not None:
            values[name] = show.day_of(us - (name == "until"), zone).isoformat()
    return values


def _given(kind: Kind) -> dict[str, str]:
    return {
        name: request.form.get(name, "")[:200] for name in kind.names if request.form.get(name, "").strip()
    }


def _add(routes: Blueprint, rule: str, name: str, view: Callable[..., Any], method: str = "GET") -> None:
    routes.add_url_rule(rule, name, view, methods=[method])


def _known(number: int) -> int:
    return min(number, forms.MAX_ID)
