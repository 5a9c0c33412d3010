"""Pages of duty (值班值守): who is on now, signing in and out, the readiness of a post at opening.

Commands go through the registers; nothing is decided here. What is for the attendant can be worked in gloves.
"""

import secrets
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from edge.domain.errors import FormError
from edge.journal import Entry
from edge.registers.duty_lines import DutyLines
from edge.registers.duty_rules import OVERRIDES, READINESS, SIGN_INS, Open, SignIn
from edge.web import duty_forms, forms, show
from edge.web.gate import Gate
from edge.web.orders import asker, form_order
from edge.web.roles import allow, principal
from edge.web.told import mdegc
from edge.web.users import MANAGER, Users

_MEASURED = ("normal", "again", "over")
_LATELY = 20


def blueprint(gate: Gate) -> Blueprint:
    """Return the `/duty` routes of everybody on duty."""
    routes = Blueprint("duty", __name__)
    _pages(routes, gate)
    _commands(routes, gate)
    return routes


def _pages(routes: Blueprint, gate: Gate) -> None:
    @routes.get("/duty")
    @allow("attendant", "manager", "observer")
    def page() -> Response:
        duty = gate.duty.duty
        return make_response(
            render_template(
                "duty/now.html",
                on_duty=duty.on_duty(),
                missing=gate.duty.watch.missing,
                notes=[(entry, _note(gate, entry)) for entry in _all_notes(gate)],
                lately=gate.book.page(SIGN_INS, limit=_LATELY),
                readiness=gate.book.page(READINESS, limit=5),
                rules=gate.duty.rules,
                today=_figures(gate),
            )
        )

    @routes.get("/duty/sign-in")
    @allow("attendant", "manager")
    def sign_in() -> Response:
        return _sign_in_page(gate)

    @routes.get("/duty/sign-out/<int:number>")
    @allow("attendant", "manager")
    def sign_out(number: int) -> Response:
        entry = gate.book.one(SIGN_INS, min(number, forms.MAX_ID)).entry
        return make_response(
            render_template(
                "duty/sign_out.html",
                entry=entry,
                left=left_open(gate, entry.fields["post"]),
                nonce=secrets.token_hex(8),
            )
        )

    @routes.get("/duty/readiness")
    @allow("attendant", "manager")
    def readiness() -> Response:
        return make_response(
            render_template(
                "duty/readiness.html",
                rules=gate.duty.rules,
                seen=seen_of(gate),
                lane=_lane(gate),
                nonce=secrets.token_hex(8),
            )
        )


def _commands(routes: Blueprint, gate: Gate) -> None:
    @routes.post("/duty/sign-in")
    @allow("attendant", "manager")
    def sign_in_now() -> BaseResponse:
        try:
            gate.duty.duty.sign_in(form_order(), _given(gate))
        except FormError as error:
            # What was ticked stays: nobody has to take the gloves off twice.
            return _sign_in_page(gate, error)
        lane = _lane(gate)
        return redirect(url_for("kiosk.kiosk", lane=lane) if lane else url_for("duty.page"), 303)

    @routes.post("/duty/sign-out/<int:number>")
    @allow("attendant", "manager")
    def sign_out_now(number: int) -> BaseResponse:
        number = min(number, forms.MAX_ID)
        note = forms.checked_as(duty_forms.NoteBody, {"note": request.form.get("note", "").strip()})
        left = left_open(gate, gate.book.one(SIGN_INS, number).entry.fields["post"])
        gate.duty.duty.sign_out(form_order(), number, note.note, left)
        return redirect(url_for("duty.page"), 303)

    @routes.post("/duty/readiness")
    @allow("attendant", "manager")
    def ready() -> BaseResponse:
        post = request.form.get("post", "")
        gate.duty.duty.ready(form_order(), post, request.form.getlist("item"), seen_of(gate))
        return redirect(url_for("duty.page"), 303)


def left_open(gate: Gate, post: str) -> Open:
    """Return what is open at a post now, for the hand-over note (R100): who is on the bench, which cases wait
    to be handed over, incidents that are not over, devices that are down."""
    rules = gate.duty.rules
    lanes = [lane for lane in gate.lanes if rules.post_of(lane) == post] or list(gate.lanes)
    bench, devices = [], []
    for lane in lanes:
        view = gate.view(lane)
        bench += [f"{lane} {parked['ticket']}" for parked in view["parked"]]
        devices += [
            f"{lane} {found['kind']}" for found in view.get("devices", ()) if found["state"] == "down"
        ]
    with closing(gate.reader()) as reader:
        cases = tuple(file.number for file in reader.cases(open_=True, after=0, limit=200))
    incidents = tuple(one.entry.number for one in gate.duty.incidents.page(open_=True))
    return Open(tuple(bench), cases, incidents, tuple(dict.fromkeys(devices)))


def seen_of(gate: Gate) -> dict[str, bool]:
    """Return what the appliance sees of itself: whether the thermometers of all lanes work, the register can
    be written, and a voice speaks."""
    devices = list(gate.status()["devices"])
    problems = {problem["code"] for problem in gate.status()["problems"]}

    def up(kind: str) -> bool:
        found = [one for one in devices if one["kind"] == kind and one["driver"] != "none"]
        return bool(found) and all(one["state"] == "up" for one in found)

    return {
        "thermometer": up("thermometer"),
        "voice": up("voice"),
        "register": "journal_unwritable" not in problems,
    }


def measured_of(gate: Gate, lane: str) -> int | None:
    """Return the body temperature of whoever stands in a lane, in thousandths of a degree."""
    if lane not in gate.lanes:
        return None
    view = gate.view(lane)
    temperature: Mapping[str, Any] = view["temperature"]
    if view["passage"] is None or temperature["verdict"] not in _MEASURED:
        return None
    found = temperature.get("body_mdegc")
    return None if found is None else int(found)


def _sign_in_page(gate: Gate, refused: FormError | None = None) -> Response:
    rules, lane = gate.duty.rules, _lane(gate)
    post = request.form.get("post") or (rules.post_of(lane) if lane else rules.post_names()[0])
    who = asker()
    page = render_template(
        "duty/sign_in.html",
        rules=rules,
        lane=lane,
        post=post,
        positions=_positions(gate, post),
        mine=set(request.form.getlist("role")) or _mine(gate, who.account, post),
        measured=measured_of(gate, lane),
        ticked=request.form.getlist("equipment"),
        notes=[(entry, _note(gate, entry)) for entry in gate.duty.duty.notes(post)],
        bench=[parked for name in gate.lanes for parked in gate.view(name)["parked"]],
        on_duty=gate.duty.duty.on_duty(),
        refused=refused,
        overrides=OVERRIDES,
        nonce=request.form.get("command_id") or secrets.token_hex(8),
    )
    return make_response(page, 200 if refused is None else refused.status)


def _given(gate: Gate) -> SignIn:
    who = asker()
    manager = who.role == MANAGER
    account = request.form.get("account", "").strip() if manager else ""
    # A manager signs somebody in who has an account; nobody else is ever there.
    found = Users(gate.state).get(account or who.account)
    if found is None or not found.enabled:
        raise FormError("unknown_account", status=404)
    value, how = _temperature(gate)
    notes = [int(text) for text in request.form.getlist("read") if text.isdecimal() and len(text) < 16]
    return SignIn(
        account=account or who.account,
        post=request.form.get("post", ""),
        roles=tuple(request.form.getlist("role")),
        temperature_mdegc=value,
        how=how,
        equipment=tuple(request.form.getlist("equipment")),
        read=tuple(notes),
        override=request.form.get("override", ""),
        manager=manager and account not in ("", who.account),
    )


def _temperature(gate: Gate) -> tuple[int | None, str]:
    told = request.form.get("value", "").strip()
    if told:
        return mdegc(told), "told"
    if request.form.get("how") != "lane":
        return None, "told"
    found = measured_of(gate, _lane(gate))
    if found is None:
        raise FormError("duty_no_reading", status=409)
    return found, "lane"


def _positions(gate: Gate, post: str) -> list[str]:
    rules = gate.duty.rules
    asked = [role for one in rules.posts if one.name == post for role in one.positions]
    return asked or ["community_worker", "security", "volunteer"]


def _mine(gate: Gate, account: str, post: str) -> set[str]:
    """The roles an account is on the sheet for now; of nobody on the sheet, all of the post: one person alone
    fills every position that is asked for."""
    now_us = gate.now().at_us
    lines = gate.duty.duty.lines(now_us, now_us + 1)
    found = {entry.fields["role"] for entry in lines if entry.fields.get("account") == account}
    return found or {role for one in gate.duty.rules.posts if one.name == post for role in one.positions}


def _figures(gate: Gate) -> list[DutyLines]:
    """Today's figures and yesterday's; none on a clock nobody believes, or where a day is not known."""
    now = gate.now()
    if not now.clock.trusted:
        return []
    day = show.day_of(now.at_us, show.zone_of(gate.timezone))
    return [gate.duty.lines(day), gate.duty.lines(day - timedelta(days=1))]


def _lane(gate: Gate) -> str:
    found = request.values.get("lane", "")
    return found if found in gate.lanes else ""


def _all_notes(gate: Gate) -> list[Entry]:
    return [entry for post in gate.duty.rules.post_names() for entry in gate.duty.duty.notes(post)]


def _note(gate: Gate, entry: Entry) -> str:
    who = principal()
    if who is None or not who.sees_personal:
        return ""
    return (gate.book.personal(entry) or {}).get("note", "")
