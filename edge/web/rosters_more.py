"""What is done with the registers: imports, who of a list is known here, coverage of a census, visitors.

The visitor's form is for anybody who has a link: it tells nothing of the household and takes little.
"""

import secrets
import threading
import time
from collections import OrderedDict
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from edge.domain.errors import FormError
from edge.journal import Row
from edge.registers.all_kinds import KINDS
from edge.registers.import_jobs import job_json
from edge.registers.kinds import Faulty
from edge.registers.rejects import rejects_csv
from edge.registers.rosters import Rosters, parsed_list
from edge.registers.visits import ASKED, Visits
from edge.web import forms
from edge.web.gate import Gate
from edge.web.import_told import faults_both
from edge.web.orders import asker, form_order
from edge.web.roles import PUBLIC, allow
from edge.web.rosters_api import known

_OF = {"grid": ("households", "grid"), "employer": ("people", "employer"), "people": ("people", "category")}
_A_WHILE_S, _MOST_TRIES, _MOST_ADDRESSES = 600.0, 30, 512


def blueprint(gate: Gate, rosters: Rosters) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("rosters_more", __name__)
    _imports(routes, gate)
    _match(routes, gate, rosters)
    _coverage(routes, gate, rosters)
    _visits(routes, gate, Visits(gate.book, rosters, gate.secret))
    return routes


def _imports(routes: Blueprint, gate: Gate) -> None:
    for register, kind in KINDS.items():

        def page(kind: Any = kind) -> Response:
            reader = gate.reader()
            try:
                earlier = reader.imports(kind.register, 20)
            finally:
                reader.close()
            job = gate.imports.newest(kind.register)
            return make_response(
                render_template(
                    "rosters/import.html",
                    kind=kind,
                    earlier=earlier,
                    job=None if job is None else job_json(job),
                    rounds=gate.book.page("census", limit=20),
                )
            )

        routes.add_url_rule(f"/registers/{register}/import", f"{register}_import", allow("manager")(page))

    @routes.get("/registers/rejects/<register>/<job>.csv")
    @allow("manager")
    def rejects(register: str, job: str) -> Response:
        found = gate.imports.job(known(register), job)
        if found.table is None or found.layout is None:
            raise FormError("import_not_ready", status=409)
        # It holds the lines as they were: who took it away is written down.
        gate.append(
            Row("personal.opened", gate.now(), {"by": asker().account, "what": f"rejects:{register}"})
        )
        response = make_response(rejects_csv(found.table, found.layout, found.preview.rejected, faults_both))
        response.headers["Content-Type"] = "text/csv; charset=utf-8"
        response.headers["Content-Disposition"] = f'attachment; filename="rejects-{register}.csv"'
        return response


def _match(routes: Blueprint, gate: Gate, rosters: Rosters) -> None:
    @routes.get("/registers/match")
    @allow("manager")
    def match() -> Response:
        return make_response(render_template("rosters/match.html", found=None, asked=0))

    @routes.post("/registers/match")
    @allow("manager")
    def match_now() -> Response:
        lines = parsed_list(request.form.get("lines", ""))
        if not lines:
            raise FormError("bad_value")
        body = {"by": asker().account, "why": "tracing", "what": "match"}
        gate.append(Row("personal.opened", gate.now(), body))
        found = rosters.who(lines)
        return make_response(render_template("rosters/match.html", found=found, asked=len(lines)))


def _coverage(routes: Blueprint, gate: Gate, rosters: Rosters) -> None:
    @routes.get("/registers/coverage")
    @allow("manager", "observer")
    def coverage() -> Response:
        rounds = rosters.rounds()
        number = _number("round", rounds[0].number if rounds else 0)
        of = request.args.get("of", "grid")
        if of not in _OF:
            raise FormError("bad_query")
        register, by = _OF[of]
        value = request.args.get("value")
        missing = None
        if value is not None:
            number_of = forms.whole(value, 15) if by == "employer" else None
            at: str | int | None = (value or None) if number_of is None else number_of
            missing = rosters.missing(register, by, at, number)
        names = rosters.employers() if by == "employer" else {}
        return make_response(
            render_template(
                "rosters/coverage.html",
                rounds=rounds,
                round=number,
                of=of,
                ways=list(_OF),
                register=register,
                covered=rosters.coverage(register, by, number),
                names=names,
                value=value,
                missing=missing,
                command_id=secrets.token_hex(8),
            )
        )

    @routes.post("/registers/coverage/rounds")
    @allow("manager")
    def begin_round() -> BaseResponse:
        title = request.form.get("title", "").strip()
        if not 0 < len(title) <= 80:
            raise FormError("bad_value")
        done = rosters.begin_round(form_order(), title)
        return redirect(url_for("rosters_more.coverage", round=done.number), 303)

    @routes.post("/registers/<register>/<int:number>/covered")
    @allow("attendant", "manager")
    def covered(register: str, number: int) -> BaseResponse:
        round_ = forms.whole(request.form.get("round", ""), 6)
        if register not in ("people", "households") or round_ is None:
            raise FormError("bad_value")
        rosters.mark(form_order(), register, min(number, forms.MAX_ID), round_)
        return redirect(url_for(f"rosters.{register}_card", number=number), 303)


def _visits(routes: Blueprint, gate: Gate, visits: Visits) -> None:
    limit = _Limit()

    @routes.post("/registers/households/<int:number>/visit-link")
    @allow("manager")
    def make(number: int) -> Response:
        hours, most = (forms.whole(request.form.get(name, ""), 4) for name in ("hours", "most"))
        if hours is None or most is None:
            raise FormError("bad_value")
        now_us = gate.now().at_us
        token = visits.make(form_order(), min(number, forms.MAX_ID), hours, most, now_us)
        link = url_for("rosters_more.visit", token=token, _external=True)
        return make_response(render_template("rosters/link.html", link=link, number=number))

    @routes.post("/registers/households/<int:number>/visit-link/<int:link>/close")
    @allow("manager")
    def close(number: int, link: int) -> BaseResponse:
        visits.close(form_order(), min(number, forms.MAX_ID), min(link, forms.MAX_ID))
        return redirect(url_for("rosters.households_card", number=number), 303)

    @routes.get("/visit/<token>")
    @allow(PUBLIC)
    def visit(token: str) -> Response:
        limit.take(request.remote_addr or "")
        visits.link(token, gate.now().at_us)
        return _visit_page(token)

    @routes.post("/visit/<token>")
    @allow(PUBLIC)
    def announce(token: str) -> Response:
        limit.take(request.remote_addr or "")
        given = {name: request.form.get(name, "")[:120] for name in ASKED}
        command_id = request.form.get("command_id", "")
        if not command_id.isalnum() or len(command_id) > 32:
            raise FormError("bad_value")
        try:
            visits.announce(token, command_id, given, gate.now().at_us)
        except Faulty as error:
            return _visit_page(token, given, error.faults)
        return make_response(render_template("rosters/visit.html", done=True, token=token))


def _visit_page(token: str, values: Any = None, faults: Any = ()) -> Response:
    response = make_response(
        render_template(
            "rosters/visit.html",
            done=False,
            token=token,
            values=values or {},
            faults=faults,
            asked=[(name, KINDS["people"].field(name)) for name in ASKED],
            command_id=secrets.token_hex(8),
        )
    )
    response.status_code = 400 if faults else 200
    return response


class _Limit:
    """So many requests from one address in a while; what is older is forgotten."""

    def __init__(self) -> None:
        self._tries: OrderedDict[str, list[float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, address: str) -> None:
        """Count one. Raises FormError `visit_busy`."""
        now = time.monotonic()
        with self._lock:
            tries = [at for at in self._tries.pop(address, []) if now - at < _A_WHILE_S]
            busy = len(tries) >= _MOST_TRIES
            self._tries[address] = tries if busy else [*tries, now]
            while len(self._tries) > _MOST_ADDRESSES:
                self._tries.popitem(last=False)
        if busy:
            raise FormError("visit_busy", status=429)


def _number(name: str, otherwise: int) -> int:
    text = request.args.get(name, "")
    if not text:
        return otherwise
    found = forms.whole(text, 6)
    if found is None:
        raise FormError("bad_query")
    return found
