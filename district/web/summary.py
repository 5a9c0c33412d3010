"""The page for the daily meeting: gates of one property added up, to look at, print and save."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from district import summary as figures
from district.errors import Refused
from district.web.access import PERSON, READER, access
from district.web.pages import Around, chosen_language
from district.web.reports import asked_day
from edge.wire import bulletin as form
from edge.wire import summary as page

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FILES = {"csv": ("text/csv", figures.as_csv), "xlsx": (_XLSX, figures.as_xlsx)}


def blueprint(around: Around) -> Blueprint:
    """Return `/summary`, its files and its JSON."""
    routes = Blueprint("summary", __name__)

    @routes.get("/summary")
    @access(PERSON)
    def shown() -> Response:
        found, sites = _asked(around)
        more: dict[str, Any] = {"summary": found, "sites": sites, "names": page.FIGURES}
        return around.page("summary.html", titles=page.TITLES, series=form.TITLES, note=form.NOTE, **more)

    @routes.get("/summary/file")
    @access(PERSON)
    def file() -> Response:
        written = request.args.get("format", "")
        if written not in _FILES:
            raise Refused(400, "bad_query", "format is csv or xlsx")
        found, _ = _asked(around)
        chinese = chosen_language(around.settings.district.language) == "zh_Hans"
        mimetype, write = _FILES[written]
        answer = Response(write(figures.table(found, chinese=chinese)), mimetype=mimetype)
        name = f"summary-{found.day.isoformat()}.{written}"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    @routes.get("/api/v1/summary")
    @access(READER)
    def api() -> Response:
        found, sites = _asked(around)
        series = {
            one.name: {
                "posts": {post.post: {n: post.corrected.get(n) for n in page.FIGURES} for post in one.posts},
                "sum": {name: total for name, (total, told) in one.added.items() if told},
                "told_by": {name: told for name, (_, told) in one.added.items()},
            }
            for one in found.series
        }
        told: dict[str, Any] = {"day": found.day.isoformat(), "site": found.site, "sites": sites}
        return jsonify(told | {"series": series, "missing": found.missing})

    return routes


def _asked(around: Around) -> tuple[figures.Summary, list[str]]:
    day, site = asked_day(around, request.args.get("day")), request.args.get("site") or None
    with around.store.read() as connection:
        return figures.summary(connection, day, site), figures.sites(connection, day)
