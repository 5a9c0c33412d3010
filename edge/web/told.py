"""Entering a temperature that somebody told of: a form for attendants and managers, an address for programs.

Writes one row, or refuses with a word; the same `command_id` gives the same row. Names travel in bodies only.
"""

import secrets
import threading
import unicodedata
from collections import OrderedDict
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from itertools import chain, count
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request, url_for

from edge.domain.errors import FormError
from edge.domain.model import Method
from edge.domain.told import REPORTED, TOLD_BY, Told, body_of, check, personal_of, same_person
from edge.journal import Row, StoredRow
from edge.web import forms, show
from edge.web.gate import Gate
from edge.web.orders import asker
from edge.web.roles import allow

REMEMBERED = 4_096


class Teller:
    """Writes such rows, one after another. `record` may be called from any thread."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._lock = threading.RLock()
        self._known: OrderedDict[str, int] | None = None

    def record(self, told: Told) -> int:
        """Append the row and return its sequence. Raises FormError (see `edge.domain.told.check`, and
        `unknown_report`, `already_corrected`), JournalError."""
        with self._lock:
            known = self._known = self._earlier() if self._known is None else self._known
            if told.command_id in known:
                return known[told.command_id]
            old = None if told.replaces is None else self.replaced(told.replaces)
            if old is not None:
                told = replace(told, **self._whose(told, old))  # type: ignore[arg-type]  # texts only
            corrected_us = None if old is None else old.body["taken_us"]
            check(told, self._gate.twice_daily, self._gate.now(), corrected_us)
            body, personal = body_of(told, self._gate.twice_daily), personal_of(told)
            sequence = self._gate.append(Row(REPORTED, self._gate.now(), body, personal=personal))
            known[told.command_id] = sequence
            while len(known) > REMEMBERED:
                known.popitem(last=False)
            return sequence

    def record_next(self, told: Told) -> int:
        """Like `record`, for a page that can be sent again with something else in it: what another entry has
        under the same command is written under one of its own. Raises as `record`."""
        with self._lock:
            known = self._known = self._earlier() if self._known is None else self._known
            ids = (f"{told.command_id[:50]}-{number}" for number in count(2))
            for command_id in chain((told.command_id,), ids):
                named = replace(told, command_id=command_id)
                if command_id not in known or self._is_said(known[command_id], named):
                    break
            return self.record(named)

    def reported(self, sequence: int) -> int:
        """Return the sequence of such a row. Raises FormError `unknown_report` where there is none."""
        with closing(self._gate.reader()) as reader:
            row = reader.row(sequence)
        if row is None or row.kind != REPORTED:
            raise FormError("unknown_report", status=404)
        return sequence

    def replaced(self, sequence: int) -> StoredRow:
        """Return the row that a correction names. Raises FormError."""
        with closing(self._gate.reader()) as reader:
            row = reader.row(sequence)
            if row is None or row.kind != REPORTED:
                raise FormError("unknown_report", status=404)
            newer = reader.rows_after(sequence, REMEMBERED, {REPORTED})
        if any(later.body.get("replaces") == sequence for later in newer):
            raise FormError("already_corrected", status=409)
        return row

    def _whose(self, told: Told, old: StoredRow) -> dict[str, str]:
        return same_person(told, self._gate.unseal(old) or {})

    def _is_said(self, sequence: int, told: Told) -> bool:
        """Say whether a row holds what is told, of whom it is told."""
        with closing(self._gate.reader()) as reader:
            row = reader.row(sequence)
        if row is None or row.body != body_of(told, self._gate.twice_daily):
            return False
        whose = personal_of(told)
        # A correction may leave the person out: then it is of whom the row says.
        return (told.replaces is not None and not whose) or whose == self._gate.unseal(row)

    def _earlier(self) -> OrderedDict[str, int]:
        """The newest commands of earlier runs: a request repeated after a restart stays harmless."""
        with closing(self._gate.reader()) as reader:
            rows = reader.before(1 << 62, REPORTED, REMEMBERED)
        return OrderedDict((row.body["command_id"], row.seq) for row in reversed(rows))


def blueprint(gate: Gate) -> Blueprint:
    """Return `/temperatures` and its address for programs."""
    routes = Blueprint("told", __name__)
    teller, zone = Teller(gate), show.zone_of(gate.timezone)

    @routes.get("/temperatures")
    @allow("attendant", "manager")
    def form() -> Response:
        done = _sequence(request.args.get("done", ""))
        if done is not None:
            return _page(gate, teller, zone, done=teller.reported(done))
        return _page(gate, teller, zone, replaces=_sequence(request.args.get("replaces", "")))

    @routes.post("/temperatures")
    @allow("attendant", "manager")
    def enter() -> Response:
        replaces = _sequence(request.form.get("replaces", ""))
        try:
            sequence = teller.record_next(_from_form(zone))
        except FormError as error:
            # What was typed stays: nobody has to be asked a second time on the telephone.
            return _page(gate, teller, zone, replaces=replaces, refused=error)
        # Whoever goes back or reloads sends nothing again.
        return make_response(redirect(url_for("told.form", done=sequence), 303))

    @routes.post("/api/v1/temperatures")
    @allow("attendant", "manager", program=True)
    def report() -> Response:
        body = forms.body_as(forms.TemperatureBody)
        given = body.model_dump(exclude={"how"})
        return jsonify(
            {
                "sequence": teller.record(Told(**given, how=Method(body.how), by=asker().account)),
                "passage": None,
            }
        )

    return routes


def _page(
    gate: Gate,
    teller: Teller,
    zone: ZoneInfo,
    *,
    replaces: int | None = None,
    refused: FormError | None = None,
    done: int | None = None,
) -> Response:
    old = teller.replaced(replaces) if replaces is not None and done is None else None
    typed = request.form if refused is not None else {}
    taken = show.local_text(old.body["taken_us"] if old else gate.now().at_us, zone)
    page = render_template(
        "temperatures.html",
        old=old,
        typed=typed,
        refused=refused,
        done=done,
        day=typed.get("day") or taken[:10],
        time=typed.get("time") or (taken[11:16] if old else ""),
        told_by=TOLD_BY,
        terms=gate.twice_daily,
        nonce=typed.get("command_id") or secrets.token_hex(16),
        clock_trusted=gate.now().clock.trusted,
    )
    return make_response(page, refused.status if refused is not None else 200)


def _from_form(zone: ZoneInfo) -> Told:
    given = {name: request.form.get(name, "").strip() for name in ("name", "room", "pass_id", "command_id")}
    body = {
        **given,
        "value_mdegc": mdegc(request.form.get("value", "")),
        "taken_us": _taken_us(request.form.get("day", ""), request.form.get("time", ""), zone),
        "how": request.form.get("how", ""),
        "told_by": request.form.get("told_by", ""),
        "replaces": _sequence(request.form.get("replaces", "")),
    }
    model = forms.checked_as(forms.TemperatureBody, body)
    return Told(**model.model_dump(exclude={"how"}), how=Method(model.how), by=asker().account)


def mdegc(text: str) -> int:
    """Return degrees as somebody typed them in thousandths. Raises FormError `temperature_implausible`."""
    # As Chinese keyboards write it: ３６．５, 36，5 and 36。5.
    text = unicodedata.normalize("NFKC", text).strip().replace(",", ".").replace("。", ".")
    whole, _, rest = text.partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) == 2 and len(rest) <= 2):
        raise FormError("temperature_implausible")
    if rest and not (rest.isascii() and rest.isdigit()):
        raise FormError("temperature_implausible")
    return int(whole) * 1000 + int(rest.ljust(3, "0"))


def _taken_us(day: str, time: str, zone: ZoneInfo) -> int:
    try:
        moment = datetime.strptime(f"{day} {time[:5]}", "%Y-%m-%d %H:%M").replace(tzinfo=zone)
        return max(0, show.micros(moment))
    except (ValueError, OverflowError) as error:
        raise FormError("bad_moment") from error


def _sequence(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise FormError("unknown_report", status=404)
    return int(text)
