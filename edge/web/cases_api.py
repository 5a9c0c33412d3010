"""The programs' door to the cases, as JSON under `/api/v1/cases`. The kiosk uses it too."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from edge.domain.cases import CaseResult, CaseStage, FollowUp, Reopening
from edge.journal import StoredRow
from edge.registers.case_views import Listed, Told
from edge.registers.cases import Done, Order
from edge.web import forms
from edge.web.gate import Gate
from edge.web.orders import asker
from edge.web.roles import allow

# Who opened the personal fields, and rows of this register: bodies name nobody.
_HEAD = frozenset({"case", "passage", "command_id"})


def blueprint(gate: Gate) -> Blueprint:
    """Return the `/api/v1/cases` routes."""
    routes = Blueprint("cases_api", __name__)
    _reads(routes, gate)
    _commands(routes, gate)
    return routes


def _reads(routes: Blueprint, gate: Gate) -> None:
    @routes.get("/api/v1/cases")
    @allow("attendant", "manager", "observer", program=True)
    def cases() -> Response:
        query = forms.cases_query(request.args, gate.lanes)
        page = gate.cases.page(
            open_=query.open, lane=query.lane, before=query.before, after=query.after, limit=query.limit
        )
        more = page[-1].file.number if len(page) == query.limit else None
        return jsonify({"cases": [listed_json(one) for one in page], "next": more})

    @routes.get("/api/v1/cases/<int:case>")
    @allow("attendant", "manager", "observer", program=True)
    def case(case: int) -> Response:
        return jsonify(told_json(gate.cases.one(known(case))))


def _commands(routes: Blueprint, gate: Gate) -> None:
    @routes.post("/api/v1/cases/<int:case>/hand-over")
    @allow("attendant", "manager", program=True)
    def hand_over(case: int) -> Response:
        body = forms.body_as(forms.HandOverBody)
        return _done(gate.cases.hand_over(order(case, body.command_id), body.unit, body.note))

    @routes.post("/api/v1/cases/<int:case>/acknowledge")
    @allow("manager", program=True)
    def acknowledge(case: int) -> Response:
        body = forms.body_as(forms.AcknowledgeBody)
        return _done(gate.cases.acknowledge(order(case, body.command_id), body.who))

    @routes.post("/api/v1/cases/<int:case>/follow-up")
    @allow("manager", program=True)
    def follow_up(case: int) -> Response:
        body = forms.body_as(forms.FollowUpBody)
        return _done(gate.cases.follow_up(order(case, body.command_id), FollowUp(body.what), body.note))

    @routes.post("/api/v1/cases/<int:case>/close")
    @allow("manager", program=True)
    def close(case: int) -> Response:
        body = forms.body_as(forms.CloseBody)
        return _done(gate.cases.close(order(case, body.command_id), CaseResult(body.result), body.note))

    @routes.post("/api/v1/cases/<int:case>/reopen")
    @allow("manager", program=True)
    def reopen(case: int) -> Response:
        body = forms.body_as(forms.ReopenBody)
        return _done(gate.cases.reopen(order(case, body.command_id), Reopening(body.why)))


def order(case: int, command_id: str) -> Order:
    """Return the head of a command of whoever is asking."""
    return Order(known(case), command_id, asker().account)


def known(case: int) -> int:
    """Return a number that the journal can look for: no case has a greater one."""
    return min(case, forms.MAX_ID)


def listed_json(one: Listed) -> dict[str, Any]:
    """Return one line of the list as programs get it; it names nobody."""
    file = one.file
    return {
        "case": file.number,
        "passage": file.passage,
        "lane": file.lane,
        "why": list(file.why),
        "stage": file.stage,
        "unit": file.unit,
        "result": file.result,
        "opened_us": file.opened_us,
        "due_us": file.due_us,
        "overdue": one.overdue,
        "first": one.opened.get("first"),
        "second": one.opened.get("second"),
    }


def told_json(told: Told) -> dict[str, Any]:
    """Return one case as programs get it: its line, and what was done, without personal fields."""
    body = told.rows[0].body if told.rows else {}
    head = listed_json(Listed(told.file, told.now_us, told.left_us, body))
    return head | {"entries": [_entry(row) for row in told.rows[1:] if row.kind.startswith("case.")]}


def _entry(row: StoredRow) -> dict[str, Any]:
    body = {name: value for name, value in row.body.items() if name not in _HEAD}
    return {"sequence": row.seq, "at_us": row.at_us, "step": row.kind.removeprefix("case."), **body}


def _done(done: Done) -> Response:
    return jsonify({"sequence": done.sequence, "case": done.case, "stage": CaseStage(done.stage).value})
