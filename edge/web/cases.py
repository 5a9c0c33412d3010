"""The pages of the cases: the list, one case, and the form to print.

Commands go through the register; the only row written here says that somebody opened personal fields.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from edge.domain.cases import CaseResult, CaseStage, FollowUp, Reopening
from edge.domain.errors import FormError
from edge.journal import Row, StoredRow
from edge.registers.case_views import Listed, Told
from edge.registers.cases import Done
from edge.web import forms
from edge.web.cases_api import known, order
from edge.web.gate import Gate
from edge.web.orders import asker
from edge.web.roles import allow
from edge.web.titles import titles_at
from edge.web.words import WORDS

PAGE = 50
# In the order of the paper form; what else the passage knew comes after.
_PERSON = ("building", "room", "name", "phone", "id_number", "address")


def blueprint(gate: Gate) -> Blueprint:
    """Return the `/cases` routes."""
    routes = Blueprint("cases", __name__)
    _pages(routes, gate)
    _commands(routes, gate)
    return routes


def _pages(routes: Blueprint, gate: Gate) -> None:
    @routes.get("/cases")
    @allow("attendant", "manager", "observer")
    def cases() -> Response:
        query = forms.cases_query(request.args, gate.lanes)
        # Each table goes on by itself: a further page of one is a page without the other.
        open_ = _page(gate, query, open_=True) if query.before is None else []
        closed = _page(gate, query, open_=False) if query.after is None else []
        return make_response(
            render_template(
                "cases/list.html",
                open=open_[:PAGE],
                closed=closed[:PAGE],
                later=open_[PAGE - 1].file.number if len(open_) > PAGE else None,
                older=closed[PAGE - 1].file.number if len(closed) > PAGE else None,
                query=query,
                late=gate.cases.late(),
            )
        )

    @routes.get("/cases/<int:case>")
    @allow("attendant", "manager", "observer")
    def case(case: int) -> Response:
        return _case_page(gate, gate.cases.one(known(case)))

    @routes.get("/cases/<int:case>/form")
    @allow("attendant", "manager", "observer")
    def form(case: int) -> Response:
        return _form_page(gate, gate.cases.one(known(case)))

    @routes.post("/cases/<int:case>/open")
    @allow("manager")
    def open_personal(case: int) -> Response:
        why = request.form.get("why", "")
        if why not in WORDS["opening"]:
            raise FormError("reason_needed")
        masked = gate.cases.one(known(case))
        # Written down first: a gate that cannot record who looked shows nothing.
        body: dict[str, Any] = {"case": masked.file.number, "by": asker().account, "why": why}
        if masked.file.passage is not None:
            body["passage"] = masked.file.passage
        gate.append(Row(kind="personal.opened", at=gate.now(), body=body, lane=masked.file.lane))
        told = gate.cases.one(masked.file.number, opened=True)
        return _form_page(gate, told) if "form" in request.form else _case_page(gate, told)


def _page(gate: Gate, query: forms.CasesQuery, *, open_: bool) -> list[Listed]:
    """Return a page and one more, to know whether there is another: the open ones oldest first, for they are
    next, the closed ones newest first."""
    place = {"after": query.after or 0} if open_ else {"before": query.before}
    return gate.cases.page(open_=open_, lane=query.lane, limit=PAGE + 1, **place)


def _commands(routes: Blueprint, gate: Gate) -> None:
    @routes.post("/cases/<int:case>/hand-over")
    @allow("attendant", "manager")
    def hand_over(case: int) -> BaseResponse:
        body = forms.form_as(forms.HandOverBody)
        return _back(gate.cases.hand_over(order(case, body.command_id), body.unit, body.note))

    @routes.post("/cases/<int:case>/acknowledge")
    @allow("manager")
    def acknowledge(case: int) -> BaseResponse:
        body = forms.form_as(forms.AcknowledgeBody)
        return _back(gate.cases.acknowledge(order(case, body.command_id), body.who))

    @routes.post("/cases/<int:case>/follow-up")
    @allow("manager")
    def follow_up(case: int) -> BaseResponse:
        body = forms.form_as(forms.FollowUpBody)
        return _back(gate.cases.follow_up(order(case, body.command_id), FollowUp(body.what), body.note))

    @routes.post("/cases/<int:case>/close")
    @allow("manager")
    def close(case: int) -> BaseResponse:
        body = forms.form_as(forms.CloseBody)
        return _back(gate.cases.close(order(case, body.command_id), CaseResult(body.result), body.note))

    @routes.post("/cases/<int:case>/reopen")
    @allow("manager")
    def reopen(case: int) -> BaseResponse:
        body = forms.form_as(forms.ReopenBody)
        return _back(gate.cases.reopen(order(case, body.command_id), Reopening(body.why)))


def _case_page(gate: Gate, told: Told) -> Response:
    return make_response(
        render_template(
            "cases/case.html",
            **_shown(gate, told),
            units=gate.cases.rules.units,
            why=WORDS["opening"],
            command_id=secrets.token_hex(8),
        )
    )


def _form_page(gate: Gate, told: Told) -> Response:
    steps = {
        str(name): [row for row in told.rows if row.kind == f"case.{name}"] for name in WORDS["case_step"]
    }
    return make_response(
        render_template(
            "cases/form.html", **_shown(gate, told), steps=steps, paper=_PERSON[:5], stages=CaseStage
        )
    )


def _shown(gate: Gate, told: Told) -> dict[str, Any]:
    opened = told.rows[0]
    person = dict(told.personal.get(opened.seq, {}))
    chosen = person.pop("chosen", None)
    return {
        "told": told,
        "file": told.file,
        "body": opened.body,
        "entries": [row for row in told.rows if row.kind.startswith("case.")],
        "clock": gate.duty.incidents.of_case(told.file),
        "openings": [row for row in told.rows if row.kind == "personal.opened"],
        "person": _ordered(person),
        "chosen": chosen,
        "titles": titles_at(gate, told.file.lane).reasons,
        "sealed": any(_has_sealed(row) for row in told.rows),
    }


def _has_sealed(row: StoredRow) -> bool:
    return row.sealed is not None and row.kind.startswith("case.")


def _ordered(person: Mapping[str, Any]) -> dict[str, str]:
    names = [*(name for name in _PERSON if name in person), *(name for name in person if name not in _PERSON)]
    return {name: str(person[name]) for name in names}


def _back(done: Done) -> BaseResponse:
    return redirect(url_for("cases.case", case=done.case), 303)
