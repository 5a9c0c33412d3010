"""The manager's page of temperature screening: one local day against what healthy people show, what was
learned, how it moved, and the buttons for a level that has shifted.

Reads open bodies of rows and snapshots; its buttons submit the commands that programs submit as well.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from edge.domain.confirming import MAX_TEXT
from edge.domain.errors import FormError
from edge.domain.events import ConfirmLevel, WithdrawLevel
from edge.domain.learning import DEFAULT_PLACE
from edge.domain.level_days import Known, Moved, moved
from edge.domain.policy import Policy
from edge.domain.screened import Day, Screened, counted
from edge.domain.skin import PLACES
from edge.journal import Reader, StoredRow
from edge.web import show
from edge.web.api import thermometers
from edge.web.gate import Gate
from edge.web.histogram import Histogram, histogram
from edge.web.orders import asker
from edge.web.roles import allow
from edge.web.screenings import Screenings, confirmations, policies

DAYS = 14
SHOWN = 10
FIRST_DAY = date(1971, 1, 1)
_COMMAND = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_COMMANDS: Mapping[str, type[ConfirmLevel] | type[WithdrawLevel]] = {
    "confirm": ConfirmLevel,
    "withdraw": WithdrawLevel,
}
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Section:
    """One thermometer of one lane (`device` None: those who passed without one), as the template shows it."""

    lane: str
    device: str | None
    day: Day
    picture: Histogram
    levels: Sequence[Json]
    doubts: Sequence[Json]
    calibration: Json | None
    moved: Moved | None


def blueprint(gate: Gate) -> Blueprint:
    """Return `/review/temperature` and what its buttons send."""
    routes, screenings = Blueprint("temperature", __name__), Screenings(gate)

    @routes.get("/review/temperature")
    @allow("manager", "observer")
    def page() -> Response:
        return _page(gate, screenings)

    @routes.post("/review/temperature")
    @allow("manager")
    def command() -> Response:
        kind = _COMMANDS.get(request.form.get("what", ""))
        if kind is None:
            raise FormError("bad_request")
        return _commanded(gate, screenings, kind)

    return routes


def _commanded(
    gate: Gate, screenings: Screenings, kind: type[ConfirmLevel] | type[WithdrawLevel]
) -> Response:
    """Submit a form's command; back to the page with the row it became, or the page with why not."""
    form = request.form
    lane, command = form.get("lane", ""), form.get("command_id", "")
    if lane not in gate.lanes:
        raise FormError("unknown_lane", status=404)
    if not _COMMAND.fullmatch(command):
        raise FormError("bad_request")
    head = (lane, None, command, asker().account, gate.now())
    reason, rested = form.get("reason", "").strip(), form.get("rested") == "yes"
    try:
        reply = gate.submit(kind(*head, form.get("device", ""), reason, rested))
    except FormError as error:
        return _page(gate, screenings, refused=error)
    back = url_for("temperature.page", day=form.get("day") or None, row=reply.sequence)
    return redirect(f"{back}#confirmations", 303)


def _page(gate: Gate, screenings: Screenings, refused: FormError | None = None) -> Response:
    zone, today = show.zone_of(gate.timezone), show.day_of(gate.now().at_us, show.zone_of(gate.timezone))
    day = _day(request.values.get("day"), today)
    with closing(gate.reader()) as reader:
        known = list(policies(reader).values())
        sections = [
            section
            for lane in gate.lanes
            for section in _sections(screenings, reader, gate.view(lane), day, zone)
        ]
        told = confirmations(reader, SHOWN)
    page = render_template(
        "review/temperature.html",
        day=day,
        today=today,
        before=day - timedelta(days=1) if day > FIRST_DAY else None,
        after=day + timedelta(days=1),
        sections=sections,
        policy=known[-1] if known else Policy(),
        confirmations=told,
        done=_done(told),
        refused=refused,
        reason_length=MAX_TEXT,
        command=secrets.token_hex(12),
    )
    return make_response(page, refused.status if refused else 200)


def _sections(screenings: Screenings, reader: Reader, view: Json, day: date, zone: ZoneInfo) -> list[Section]:
    """Return what there is to say of each thermometer of a lane, and of those who passed without any."""
    lane = view["lane"]
    passages = screenings.day(reader, lane, *_bounds(day, zone))
    first = day - timedelta(days=DAYS - 1)
    sampled = screenings.sample(reader, lane, _bounds(first, zone)[0], _bounds(day, zone)[1])
    names = [device["name"] for device in thermometers(view)]
    names += [level["device"] for level in view["levels"]]
    seen = [one.device for one in passages if one.device is not None]
    found = [
        _section(view, device, passages, _moved(sampled, device, view, first, zone))
        for device in dict.fromkeys([*names, *seen])
    ]
    without = [one for one in passages if one.device is None]
    if without:
        found.append(_section(view, None, without, None))
    return found


def _section(view: Json, device: str | None, passages: Sequence[Screened], way: Moved | None) -> Section:
    mine = counted(one for one in passages if one.device == device)
    return Section(
        lane=view["lane"],
        device=device,
        day=mine,
        picture=histogram(mine.offs, mine.refers, mine.line),
        levels=_own_levels(view, device),
        doubts=[doubt for doubt in view["doubts"] if doubt["device"] == device],
        calibration=next((one for one in view["calibrations"] if one["device"] == device), None),
        moved=way,
    )


def _moved(sampled: Sequence[Screened], device: str, view: Json, first: date, zone: ZoneInfo) -> Moved | None:
    place = next((level["place"] for level in _own_levels(view, device)), DEFAULT_PLACE)
    known = [
        Known(show.day_of(one.at_us, zone), one.ambient_mdegc, one.level_mdegc)
        for one in sampled
        if (one.device, one.place) == (device, place)
        and one.sure
        and one.ambient_mdegc is not None
        and one.level_mdegc is not None
    ]
    return moved(known, PLACES[place], [first + timedelta(days=n) for n in range(DAYS)])


def _own_levels(view: Json, device: str | None) -> list[Json]:
    """Return what was learned of the place on the body that a thermometer is meant for."""
    return [level for level in view["levels"] if level["device"] == device and not level["elsewhere"]]


def _bounds(day: date, zone: ZoneInfo) -> tuple[int, int]:
    return show.day_starts_us(day, zone), show.day_starts_us(day + timedelta(days=1), zone)


def _day(text: str | None, today: date) -> date:
    if not text:
        return today
    try:
        found = date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
        # The days before and after it have to be days as well; a clock that was never set says 1970.
        if found is None or not min(FIRST_DAY, today - timedelta(days=1)) <= found <= date(9000, 1, 1):
            raise FormError("bad_query", "day")
    except ValueError as error:
        raise FormError("bad_query", "day") from error
    return found


def _done(told: Sequence[StoredRow]) -> StoredRow | None:
    """Return the row that the form has just become: what it did is read, not supposed."""
    text = request.args.get("row", "")
    return next((row for row in told if str(row.seq) == text), None)
