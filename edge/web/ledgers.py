"""Ledgers to look at, print and save, and the trace of who was near somebody.

Personal columns are opened only by a manager with a reason, and that is written down before anything is
shown. A trace is an entry of the register `traces`: who asked, on what authority, for what, what was found.
"""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import date, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, make_response, render_template, request

from edge.domain.errors import FormError
from edge.journal import Reader, Row, StoredRow
from edge.registers.book import Draft, Order
from edge.reports import ledgers
from edge.reports.day import PAPER, Days
from edge.reports.facts import named
from edge.reports.trace import MOST_MINUTES, Trace, trace
from edge.reports.trace import named as key_of
from edge.web import forms, ledger_cells, show
from edge.web.code_words import CodeWords
from edge.web.gate import Gate
from edge.web.languages import language_of
from edge.web.orders import asker, form_order
from edge.web.roles import allow
from edge.web.twice_daily import FILES
from edge.web.words import WORDS

MOST_DAYS, MOST_SHOWN, MOST_SAVED = 366, 500, 100_000
TRACES = "traces"


def blueprint(gate: Gate) -> Blueprint:
    """Return the `/review/ledgers` and `/review/trace` routes."""
    routes = Blueprint("ledgers", __name__)
    _tables(routes, gate)
    _traces(routes, gate)
    return routes


def _tables(routes: Blueprint, gate: Gate) -> None:
    @routes.get("/review/ledgers")
    @allow("manager", "observer")
    def index() -> Response:
        with closing(gate.reader()) as reader:
            counts = {name: reader.entry_count(name) for name in reader.register_names()}
        words = CodeWords(gate, language_of(gate))
        kept = [(name, words.register(name), count) for name, count in counts.items()]
        return make_response(
            render_template("reports/ledgers.html", names=ledgers.NAMES, kept=kept, **_range(gate))
        )

    @routes.get("/review/ledgers/<name>")
    @allow("manager", "observer")
    def ledger(name: str) -> Response:
        return _ledger_page(gate, name, opened=False)

    @routes.post("/review/ledgers/<name>")
    @allow("manager")
    def open_names(name: str) -> Response:
        _write_down(gate, name)
        return _ledger_page(gate, name, opened=True)

    @routes.post("/review/ledgers/<name>/file")
    @allow("manager", "observer")
    def file(name: str) -> Response:
        form = request.form.get("format") or "csv"
        if form not in FILES:
            raise FormError("bad_query")
        who, opened = asker(), bool(request.form.get("why"))
        if opened:
            if not who.sees_personal or who.role != "manager":
                raise FormError("forbidden", status=403)
            _write_down(gate, name)
        mimetype, write = FILES[form]
        with closing(gate.reader()) as reader:
            table = _table(gate, reader, name, opened=opened)
            answer = Response(write(_texts(gate, table, language_of(gate))), mimetype=mimetype)
        span = _range(gate)
        title = f"{name}-{span['first'].isoformat()}-{span['last'].isoformat()}.{form}"
        answer.headers["Content-Disposition"] = f'attachment; filename="{title}"'
        return answer


def _traces(routes: Blueprint, gate: Gate) -> None:
    @routes.get("/review/trace")
    @allow("manager")
    def trace_form() -> Response:
        return _trace_page(gate, _range(gate))

    @routes.post("/review/trace")
    @allow("manager")
    def find() -> Response:
        order = form_order()
        try:
            return _traced(gate, order)
        except FormError as error:
            return _trace_page(gate, None, refused=error)


def _traced(gate: Gate, order: Order) -> Response:
    """Look for who was near the person that is asked for, and return the answer. Raises FormError."""
    given = {name: request.form.get(name, "").strip() for name in ("who", "requester", "authority")}
    minutes = forms.whole(request.form.get("minutes", "30"), 4)
    if not 2 <= len(given["who"]) <= 100 or minutes is None or minutes > MOST_MINUTES:
        raise FormError("bad_value")
    if not given["requester"] or not given["authority"]:
        raise FormError("reason_needed")
    span = _range(gate)
    with closing(gate.reader()) as reader:
        days = Days(reader, gate.reports.terms.zone)
        found = trace(reader, days, [given["who"]], span["first"], span["last"], minutes=minutes)
        _keep(gate, order, given, found, minutes=minutes, span=span)
        told = dict(zip((row.seq for row in found.rows()), reader.opened(found.rows()), strict=True))
    people = {row.seq: _shown(row, told[row.seq]) for row in found.rows()}
    return _trace_page(gate, span, found=found, people=people, key_of=key_of)


def _keep(
    gate: Gate,
    order: Order,
    given: Mapping[str, str],
    found: Trace,
    *,
    minutes: int,
    span: Mapping[str, date],
) -> None:
    """Write the request down with its answer, and that names were opened, before anything is shown."""
    scope = f"{span['first'].isoformat()} {span['last'].isoformat()} ±{minutes} min"
    fields: dict[str, str | int | bool | list[str] | list[int]] = {
        **{"authority": given["requester"], "document": given["authority"], "scope": scope},
        **{"passages": len(found.hits), "others": found.others},
    }
    draft = Draft(fields, {"person": given["who"]}, reckoned=("passages", "others"))
    entered = gate.book.enter(order, TRACES, draft)
    body = {"what": "trace", "trace": entered.number, "by": order.by, "why": "trace"}
    gate.append(Row(kind="personal.opened", at=gate.now(), body=body))


def _trace_page(
    gate: Gate,
    span: Mapping[str, date] | None,
    *,
    refused: FormError | None = None,
    found: Trace | None = None,
    **more: Any,
) -> Response:
    """Return the form as it was typed, with what was found, or why it was refused and then without `span`."""
    with closing(gate.reader()) as reader:
        earlier = reader.entries(TRACES, limit=20)
    days = dict.fromkeys(("from", "to"), "")
    if span is not None:
        days = {"from": span["first"].isoformat(), "to": span["last"].isoformat()}
    page = render_template(
        "reports/trace.html",
        asked=days | request.form.to_dict(),
        earlier=earlier,
        found=found,
        refused=refused,
        command_id=secrets.token_hex(8),
        **more,
    )
    return make_response(page, 200 if refused is None else refused.status)


def _shown(row: StoredRow, personal: Mapping[str, Any] | None) -> str:
    if personal is None:
        return ""
    fields = personal if row.kind == PAPER else named(row.body, personal)
    return " ".join(fields[name] for name in ledgers.PERSONAL if fields.get(name))


def _ledger_page(gate: Gate, name: str, *, opened: bool) -> Response:
    with closing(gate.reader()) as reader:
        table = _table(gate, reader, name, opened=opened, most=MOST_SHOWN + 1)
        lines = list(islice(ledger_cells.lines(gate, table, language_of(gate)), MOST_SHOWN + 1))
    return make_response(
        render_template(
            "reports/ledger.html",
            table=table,
            heading=ledger_cells.heading(gate, name, language_of(gate)),
            heads=ledger_cells.heads(gate, table, language_of(gate)),
            lines=lines[:MOST_SHOWN],
            more=len(lines) > MOST_SHOWN,
            name=name,
            opened=opened,
            why=WORDS["opening"],
            **_range(gate),
        )
    )


def _table(gate: Gate, reader: Reader, name: str, *, opened: bool, most: int = MOST_SAVED) -> ledgers.Table:
    span = _range(gate)
    zone: ZoneInfo = gate.reports.terms.zone
    if name.startswith("register:"):
        opener = gate.unseal if opened else None
        return ledgers.register(reader, name.removeprefix("register:"), opener, zone, most)
    if name not in ledgers.NAMES:
        raise FormError("not_found", status=404)
    wish = ledgers.Wish(span["first"], span["last"], zone, gate.twice_daily.categories)
    return ledgers.ledger(reader, name, wish, opened)


def _write_down(gate: Gate, name: str) -> None:
    """Write down who looks at which ledger of which days, and why. Raises FormError."""
    why = request.form.get("why", "")
    if why not in WORDS["opening"]:
        raise FormError("reason_needed")
    span = _range(gate)
    body = {"what": f"ledger {name}", "day": span["first"].isoformat(), "until": span["last"].isoformat()}
    gate.append(Row(kind="personal.opened", at=gate.now(), body={**body, "by": asker().account, "why": why}))


def _range(gate: Gate) -> dict[str, date]:
    """Return the days that are asked for; today alone. Raises FormError `bad_query`."""
    today = forms.day_within(show.day_of(gate.now().at_us, gate.reports.terms.zone))
    given = request.values
    try:
        last = date.fromisoformat(given["to"]) if given.get("to") else today
        first = date.fromisoformat(given["from"]) if given.get("from") else last
    except ValueError as error:
        raise FormError("bad_query") from error
    if not forms.FIRST_DAY <= first <= last <= forms.LAST_DAY or last - first > timedelta(days=MOST_DAYS):
        raise FormError("bad_query")
    return {"first": first, "last": last}


def _texts(gate: Gate, table: ledgers.Table, language: str) -> Iterator[list[str]]:
    """Yield the heads of the columns, then each line, as texts."""
    yield ledger_cells.heads(gate, table, language)
    yield from ledger_cells.lines(gate, table, language)
