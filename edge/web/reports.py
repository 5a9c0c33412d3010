"""The reports: a day's figures as sent and as they stand, the bulletin, the page for the daily meeting.

Reads rows; the only thing it writes is a corrected report, through the reports.
"""

import secrets
from contextlib import closing
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from edge.domain.errors import FormError
from edge.journal import Reader
from edge.reports.figures import ALWAYS, per_mille
from edge.reports.sending import Cumulative, Known
from edge.web import report_words, show
from edge.web.code_words import CodeWords
from edge.web.gate import Gate
from edge.web.languages import language_of
from edge.web.orders import form_order
from edge.web.roles import allow
from edge.wire import bulletin as form
from edge.wire import summary as summary_form

LISTED_DAYS = 14
OF_LANES = ("in.persons", "out.persons", "in.vehicles", "out.vehicles", "over", "turn_back.persons")
# Of what is no passage, what keeps a day from being one of which there is nothing to report; what stands on
# the shelf or was done at the gate itself does not.
_HAPPENED = ("cases.", "temperatures.", "register.incidents.")


def blueprint(gate: Gate) -> Blueprint:
    """Return the `/review/reports` routes."""
    routes = Blueprint("reports", __name__)

    @routes.get("/review/reports")
    @allow("manager", "observer")
    def day() -> Response:
        wanted = asked_day(gate)
        with closing(gate.reader()) as reader:
            known = gate.reports.known(reader, wanted)
            listed, noted = _listed(gate, reader, wanted), gate.reports.taking.noted(reader, wanted)
        return _page(
            "reports/day.html", gate, known, listed=listed, noted=noted, command_id=secrets.token_hex(8)
        )

    @routes.post("/review/reports/correct")
    @allow("manager")
    def correct() -> BaseResponse:
        wanted, order = asked_day(gate, request.form.get("day")), form_order()
        gate.reports.correct(wanted, by=order.by, command_id=order.command_id)
        return redirect(url_for("reports.day", day=wanted.isoformat()), 303)

    @routes.get("/review/reports/bulletin")
    @allow("manager", "observer")
    def bulletin() -> Response:
        wanted = asked_day(gate)
        with closing(gate.reader()) as reader:
            told = gate.reports.cumulative(reader, wanted)
        return make_response(
            render_template("reports/bulletin.html", **bulletin_of(gate, told), day=wanted, **_days(wanted))
        )

    @routes.get("/review/reports/summary")
    @allow("manager", "observer")
    def summary() -> Response:
        wanted = asked_day(gate)
        with closing(gate.reader()) as reader:
            known = gate.reports.known(reader, wanted)
            noted = gate.reports.taking.noted(reader, wanted)
        return _page(
            "reports/summary.html", gate, known, noted=noted, pairs=summary_form.PAIRS, of_lanes=OF_LANES
        )

    return routes


def asked_day(gate: Gate, text: str | None = None) -> date:
    """Return the day that is asked for; yesterday, which ended last. Raises FormError `bad_query`."""
    text = request.args.get("day") if text is None else text
    if not text:
        return show.day_of(gate.now().at_us, gate.reports.terms.zone) - timedelta(days=1)
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise FormError("bad_query") from error
    # `fromisoformat` takes 20200208 and 2020-W06-6 as well.
    if found.isoformat() != text or not date(1970, 1, 3) <= found <= date(9999, 12, 1):
        raise FormError("bad_query")
    return found


def bulletin_of(gate: Gate, told: Cumulative) -> dict[str, Any]:
    """Return what the bulletin says: as sent, as it stands, in words of R44's form."""
    series = gate.reports.terms.series
    lines = {"as_sent": told.as_sent, "now": told.corrected}
    return {
        "told": told,
        "series": form.TITLES[series],
        "texts": {name: form.text(told.last, [(series, 1, found)]) for name, found in lines.items()},
        "english": {name: form.text_en(told.last, [(series, 1, found)]) for name, found in lines.items()},
        "names": form.FIGURES,
        "note": form.NOTE,
    }


def indicators(gate: Gate, known: Known) -> dict[str, Any]:
    """Return what a report works out of its figures: shares in per cent with one decimal, warnings. A day
    that has no report and is not today is no zero report: nobody knows that nothing happened."""
    figures = known.now.figures
    is_told = bool(known.sent) or known.day == show.day_of(gate.now().at_us, gate.reports.terms.zone)
    into, out = figures.get("in.persons", 0), figures.get("out.persons", 0)
    cars_in, cars_out = figures.get("in.vehicles", 0), figures.get("out.vehicles", 0)
    least = gate.reports.terms.least_out_percent
    return {
        "out_in": _percent(out, into),
        "out_in_vehicles": _percent(cars_out, cars_in),
        "no_exits": _few(into, out, least) or _few(cars_in, cars_out, least),
        "musts": _percent(figures.get("musts.complete", 0), figures.get("musts.asked", 0)),
        "venue": _percent(figures.get("venue.confirmed", 0), figures.get("passes.persons", 0)),
        "venue_missing": figures.get("passes.persons", 0) - figures.get("venue.confirmed", 0),
        "zero": is_told
        and not any(value for name, value in figures.items() if name in ALWAYS or name.startswith(_HAPPENED)),
    }


def _few(into: int, out: int, least: int) -> bool:
    return into > 0 and out * 100 < into * max(least, 1)


def _percent(part: int, whole: int) -> str | None:
    share = per_mille(part, whole)
    return None if share is None else f"{share // 10}.{share % 10} %"


def _page(template: str, gate: Gate, known: Known, **more: Any) -> Response:
    sent = known.sent[-1] if known.sent else None
    names = dict(known.now.figures) | (sent.figures if sent is not None else {})
    return make_response(
        render_template(
            template,
            known=known,
            sent=sent,
            first=known.sent[0] if known.sent else None,
            day=known.day,
            due_us=gate.reports.due_us(known.day),
            sections=report_words.sections(names),
            figure_name=CodeWords(gate, language_of(gate)).figure,
            shown=indicators(gate, known),
            **_days(known.day),
            **more,
        )
    )


def _days(day: date) -> dict[str, date]:
    return {"before": day - timedelta(days=1), "after": day + timedelta(days=1)}


def _listed(gate: Gate, reader: Reader, last: date) -> list[tuple[date, list[Any]]]:
    """Return the newest days with their reports; those that are missing are empty."""
    last = max(last, show.day_of(gate.now().at_us, gate.reports.terms.zone) - timedelta(days=1))
    sent = gate.reports.sent_between(reader, last - timedelta(days=LISTED_DAYS - 1), last)
    days = [last - timedelta(days=number) for number in range(LISTED_DAYS)]
    begins = min(sent, default=last)
    return [(day, sent.get(day, [])) for day in days if day >= begins]
