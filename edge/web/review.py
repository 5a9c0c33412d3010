"""The reviewer's pages: today, the list, one passage with all its evidence, devices.

Reads rows; the only thing it writes is that somebody opened personal fields, before they are shown.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from flask import Blueprint, Response, make_response, render_template, request, url_for

from edge.domain.errors import FormError
from edge.journal import PassageRow, Reader, Row
from edge.reports.day import Days
from edge.reports.trace import papers_of
from edge.web import chart, forms, show, thermal
from edge.web.api import thermometers
from edge.web.gate import Gate
from edge.web.lines import judgement, line_of
from edge.web.orders import asker
from edge.web.passage_view import Seen, seen
from edge.web.roles import allow
from edge.web.screenings import policies
from edge.web.stated import stated
from edge.web.titles import titles_then
from edge.web.words import WORDS

PAGE = 50
MOST_FOUND = 200
T = TypeVar("T")


def blueprint(gate: Gate) -> Blueprint:
    """Return the `/review` routes."""
    routes = Blueprint("review", __name__)
    _overviews(routes, gate)
    _lists(routes, gate)
    _passages(routes, gate)
    return routes


def _overviews(routes: Blueprint, gate: Gate) -> None:
    @routes.get("/review")
    @allow("manager", "observer")
    def today() -> Response:
        return make_response(render_template("review/today.html", **_today(gate)))

    @routes.get("/review/figures")
    @allow("manager", "observer", program=True)
    def figures() -> Response:
        return make_response(render_template("review/_figures.html", **_today(gate)))

    @routes.get("/review/devices")
    @allow("manager", "observer")
    def devices() -> Response:
        calibrations = [line for name in gate.lanes for line in _calibrations(gate.view(name))]
        doubts = [(name, found) for name in gate.lanes for found in gate.view(name)["doubts"]]
        shifts = [
            (name, level) for name in gate.lanes for level in gate.view(name)["levels"] if level["shifted"]
        ]
        return make_response(
            render_template(
                "review/devices.html",
                status=gate.status(),
                calibrations=calibrations,
                doubts=doubts,
                shifts=shifts,
                trust=gate.trust(),
            )
        )


def _lists(routes: Blueprint, gate: Gate) -> None:
    @routes.get("/review/passages")
    @allow("manager", "observer")
    def passages() -> Response:
        query = forms.passages_query(request.args, gate.lanes, show.zone_of(gate.timezone))
        rows = _read(
            gate,
            lambda reader: reader.passages(
                before=query.before,
                after=query.after,
                limit=PAGE + 1,
                outcome=query.outcome,
                lane=query.lane,
                from_us=query.from_us,
                to_us=query.until_us,
            ),
        )
        more, rows = len(rows) > PAGE, rows[:PAGE]
        if query.after is not None:  # a page back comes oldest first
            rows = rows[::-1]
        older = rows[-1].id if rows and (more or query.after is not None) else None
        newer = (
            rows[0].id if rows and (query.before is not None or (query.after is not None and more)) else None
        )
        filters = {
            key: request.args[key] for key in ("outcome", "lane", "from", "to") if request.args.get(key)
        }
        return make_response(
            render_template(
                "review/passages.html",
                rows=rows,
                lines=_read(gate, lambda reader: _lines(reader, rows)),
                older=older,
                newer=newer,
                filters=filters,
                page=PAGE,
            )
        )

    @routes.post("/review/find")
    @allow("manager", "observer")
    def find() -> Response:
        # The value travels in the body: addresses end up in histories and logs.
        value = request.form.get("value", "").strip()
        if not 2 <= len(value) <= 100:
            raise FormError("bad_value")
        who = asker()
        if not who.sees_personal:
            # 登记信息察看: who reviews may ask for somebody they name, is shown no name, and leaves a trace.
            body = {"what": "find", "by": who.account, "why": "inspection"}
            gate.append(Row(kind="personal.opened", at=gate.now(), body=body))

        def look(reader: Reader) -> list[Any]:
            ids = reader.find(value)[:MOST_FOUND]
            return [row for id_ in ids for row in reader.passages(before=id_ + 1, limit=1)]

        rows = _read(gate, look)
        lines = _read(gate, lambda reader: _lines(reader, rows))
        papers = _read(
            gate, lambda reader: papers_of(reader, Days(reader, show.zone_of(gate.timezone)), value)
        )
        return make_response(
            render_template("review/found.html", rows=rows, lines=lines, papers=papers, most=MOST_FOUND)
        )


def _passages(routes: Blueprint, gate: Gate) -> None:
    @routes.get("/review/passage/<int:passage>")
    @allow("manager", "observer")
    def passage(passage: int) -> Response:
        return _passage_page(gate, _seen(gate, passage))

    @routes.get("/review/passage/<int:passage>/thermal/<int:index>.png")
    @allow("manager", "observer", program=True)
    def picture(passage: int, index: int) -> Response:
        pieces = _seen(gate, passage).pieces
        drawn = thermal.of_evidence(pieces[index].fact) if index < len(pieces) else None
        if drawn is None:
            raise FormError("not_found", status=404)
        return Response(drawn, mimetype="image/png")

    @routes.post("/review/passage/<int:passage>/open")
    @allow("manager")
    def open_personal(passage: int) -> Response:
        why = request.form.get("why", "")
        if why not in WORDS["opening"]:
            raise FormError("reason_needed")
        masked = _seen(gate, passage)
        who = asker()
        # Written down first: a gate that cannot record who looked shows nothing.
        body = {"passage": masked.id, "by": who.account, "why": why}
        gate.append(Row(kind="personal.opened", at=gate.now(), body=body, lane=masked.newest.lane))
        return _passage_page(gate, _seen(gate, passage, gate.unseal))


def _passage_page(gate: Gate, found: Seen) -> Response:
    back = url_for("review.passages", before=min(found.id + 1, forms.MAX_ID))
    procedure = found.body["procedure"]
    titles = _read(gate, lambda reader: titles_then(gate, reader, procedure["name"], procedure["version"]))
    judged = _read(gate, lambda reader: judgement(found.newest, policies(reader)))
    return make_response(
        render_template(
            "review/passage.html",
            seen=found,
            back=back,
            case=gate.cases.of_passage(found.id),
            why=WORDS["opening"],
            titles=titles,
            judged=judged,
            stated=partial(stated, zone=show.zone_of(gate.timezone)),
        )
    )


def _lines(reader: Reader, rows: Sequence[PassageRow]) -> dict[int, str | None]:
    """Return which line each of those who were over was over; a line of the list does not say."""
    asked = [row for row in rows if row.temperature in ("over", "again")]
    if not asked:
        return {}
    known, found = policies(reader), dict[int, str | None]()
    for row in asked:
        stored = reader.row(row.seq)
        if stored is not None and (policy := known.get(stored.body["policy"])) is not None:
            found[row.id] = line_of(stored.body["temperature"], policy.decides)
    return found


def _calibrations(view: Mapping[str, Any]) -> list[tuple[str, str, Mapping[str, Any] | None]]:
    """Return (lane, thermometer, its calibration or None): those that are there, then any other that has
    a calibration."""
    found = {calibration["device"]: calibration for calibration in view["calibrations"]}
    names = [device["name"] for device in thermometers(view)]
    return [(view["lane"], name, found.get(name)) for name in dict.fromkeys([*names, *found])]


def _seen(gate: Gate, passage: int, unseal: Callable[..., Any] | None = None) -> Seen:
    rows = _read(gate, lambda reader: reader.passage(passage)) if passage <= forms.MAX_ID else []
    found = seen(passage, rows, unseal)
    if found is None:
        raise FormError("unknown_passage", status=404)
    return found


def _today(gate: Gate) -> dict[str, Any]:
    zone = show.zone_of(gate.timezone)
    day = show.day_of(gate.now().at_us, zone)
    starts, ends = show.day_starts_us(day, zone), show.day_starts_us(day + timedelta(days=1), zone)

    def look(reader: Reader) -> tuple[list[Any], list[Any]]:
        return reader.hours(starts, ends), reader.waiting()

    hours, waiting = _read(gate, look)
    return {
        "day": day,
        "totals": chart.totals(hours),
        "chart": chart.by_hour(hours, zone),
        "lanes": [
            (gate.view(name), chart.totals(count for count in hours if count.lane == name))
            for name in gate.lanes
        ],
        "waiting": waiting,
        "late": gate.cases.late(),
        "releases": _releases(gate),
        "status": gate.status(),
    }


def _releases(gate: Gate) -> int:
    """Return how many on watch lists wait for the unit that confirms their release: their time is over, and
    it does not end them by itself (R26)."""
    by_date = {watch.id for watch in gate.access.rules.watches if not watch.until_released}
    return sum(entry.fields.get("list") not in by_date for entry in gate.book.over("watch"))


def _read(gate: Gate, look: Callable[[Reader], T]) -> T:
    with closing(gate.reader()) as reader:
        return look(reader)
