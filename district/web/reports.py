"""The bulletin: which post has reported, the sums of each series, a form for posts without a machine."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, g, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from district import reports, summary
from district.errors import Refused
from district.web.access import PERSON, READER, access
from district.web.pages import Around
from edge.wire import bulletin as form


def blueprint(around: Around) -> Blueprint:
    """Return `/bulletin`, its form and its JSON."""
    routes = Blueprint("reports", __name__)

    @routes.get("/bulletin")
    @access(PERSON)
    def bulletin() -> Response:
        day = asked_day(around, request.args.get("day"))
        return around.page("bulletin.html", fault=None, **_shown(around, day))

    @routes.get("/api/v1/bulletin")
    @access(READER)
    def api() -> Response:
        found = _shown(around, asked_day(around, request.args.get("day")))
        found["reports"] = [one.post for one in found["reports"]]
        return jsonify({name: found[name] for name in ("bulletin", "reports", "missing")})

    @routes.post("/bulletin")
    @access(PERSON)
    def enter() -> BaseResponse:
        day = asked_day(around, request.form.get("day"))
        name, by, now_us = request.form.get("post", "").strip(), g.login.account, around.now_us()
        try:
            figures = {
                figure: int(text)
                for figure in reports.FIGURES
                if (text := request.form.get(figure, "").strip())
            }
            how, is_new = request.form.get("how", ""), bool(request.form.get("new"))
            series, site = request.form.get("series", "district"), request.form.get("site") or None

            def work(connection: Any) -> None:
                if is_new:
                    reports.add_post(connection, name, now_us, series, site)
                reports.enter(connection, name, day, how=how, figures=figures, by=by, now_us=now_us)

            around.committer.commit(work)
        except (Refused, ValueError) as error:
            return around.page("bulletin.html", 400, fault=str(error), **_shown(around, day))
        return redirect(url_for("reports.bulletin", day=day.isoformat()), 303)

    return routes


def asked_day(around: Around, text: str | None) -> date:
    """Return the day that is asked for; the one that ended last for what is none."""
    now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=around.now_us())
    yesterday = reports.yesterday(now.astimezone(around.timezone).date())
    try:
        found = date.fromisoformat(text) if text else yesterday
    except ValueError:
        return yesterday
    return found if date(1970, 1, 3) <= found <= date(9999, 12, 1) else yesterday


def _shown(around: Around, day: date) -> dict[str, Any]:
    site = request.args.get("site") or None
    with around.store.read() as connection:
        posts = [dict(row) for row in connection.execute("SELECT name, series, site FROM post ORDER BY name")]
        found = summary.summary(connection, day, site)
        return {
            "day": day,
            "site": site,
            "sites": summary.sites(connection, day),
            "bulletin": reports.bulletin(connection, day, site=site),
            "reports": [post for one in found.series for post in one.posts],
            "missing": found.missing,
            "posts": posts,
            "figures": reports.FIGURES,
            "series": form.TITLES,
            "note": form.NOTE,
        }
