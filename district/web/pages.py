"""The page people look at, its log-in, and the same as JSON."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
)
from flask import url_for as _url_for

from district import alarms, registry, texts, views
from district.committer import Committer
from district.config import Settings
from district.ledger import OUTCOMES
from district.sightings import TRUSTED
from district.store import Store
from district.web.access import COOKIE, OPEN, PERSON, READER, Doorman, access
from edge import wire

_LANGUAGE = "gatepost_language"
_MICROSECONDS = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Around:
    """What the views need: the store, its writer, the settings and the clock."""

    store: Store
    committer: Committer
    settings: Settings
    now_us: Callable[[], int]
    timezone: tzinfo

    def shown(self) -> dict[str, Any]:
        """Return what the overview shows now."""
        with self.store.read() as connection:
            gates = views.gates(connection, self.now_us(), self.timezone, self.settings.web.silent_s)
            return {
                "gates": gates,
                "alarms": alarms.unseen(connection),
                "waiting": sum(gate["alarms"] for gate in gates),
                "blind": [gate["gate"] for gate in gates if gate["compares_codes"] is False],
                "time": wire.rfc3339(self.now_us()),
            }

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """Render a page in the reader's language."""
        language = chosen_language(self.settings.district.language)
        login = g.get("login")
        values |= {
            "district": self.settings.district.name,
            "language": language,
            "languages": texts.LANGUAGES,
            "outcomes": OUTCOMES,
            "form_token": login.form_token if login is not None else "",
            "t": lambda key: texts.text(language, key),
            "device": lambda kind: texts.device(language, kind),
            "known": lambda group, word: texts.known(language, group, word),
            "trusted": TRUSTED,
            "codes_on": self.settings.codes.elsewhere_min > 0,
            "moment": lambda at_us: moment(at_us, self.timezone),
        }
        return make_response(render_template(template, **values), status)


def blueprint(around: Around) -> Blueprint:
    """Return the pages and /api/v1."""
    routes = Blueprint("pages", __name__)
    _overview(routes, around)
    _session(routes, around)
    _api(routes, around)
    return routes


def chosen_language(default: str) -> str:
    """Return the language somebody chose, or the browser's, or the configured one."""
    chosen = request.cookies.get(_LANGUAGE, "")
    if chosen in texts.LANGUAGES:
        return chosen
    best = request.accept_languages.best_match(["zh-CN", "zh-Hans", "zh", "en"])
    if best is None:
        return default
    return "en" if best == "en" else "zh_Hans"


def moment(at_us: int | None, timezone: tzinfo) -> str:
    """Return an instant as a person reads it in the district's time, empty for None."""
    if at_us is None:
        return ""
    try:
        local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)).astimezone(timezone)
    except OverflowError:
        return "?"
    return f"{local:%Y-%m-%d %H:%M:%S}"


def _to(endpoint: str) -> Response:
    answer = make_response(redirect(_url_for(endpoint), 303))
    assert isinstance(answer, current_app.response_class)
    return answer


def _overview(routes: Blueprint, around: Around) -> None:
    @routes.get("/")
    @access(PERSON)
    def overview() -> Response:
        return around.page("overview.html", **around.shown())

    @routes.get("/live")
    @access(PERSON)
    def live() -> Response:
        return around.page("live.html", **around.shown())

    @routes.post("/alarms/<int:alarm_id>/seen")
    @access(PERSON)
    def seen(alarm_id: int) -> Response:
        by, now_us = g.login.account, around.now_us()
        shown = request.form.get("last_us", "")
        shown_us = int(shown) if _MICROSECONDS.fullmatch(shown) else None
        around.committer.commit(
            lambda connection: alarms.mark_seen(connection, alarm_id, by, now_us, shown_us)
        )
        return _to("pages.overview")

    @routes.post("/language")
    @access(OPEN)
    def language() -> Response:
        answer = _to("pages.overview")
        wanted = request.form.get("language", "")
        if wanted in texts.LANGUAGES:
            answer.set_cookie(_LANGUAGE, wanted, samesite="Strict", httponly=True, max_age=365 * 86400)
        return answer


def _session(routes: Blueprint, around: Around) -> None:
    doorman = Doorman()

    @routes.get("/login")
    @access(OPEN)
    def login() -> Response:
        return around.page("login.html", fault=None)

    @routes.post("/login")
    @access(OPEN)
    def log_in() -> Response:
        if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            return around.page("login.html", 400, fault="wrong")
        if doorman.wait_s():
            return around.page("login.html", 429, fault="slow_down")
        account, password = request.form.get("account", ""), request.form.get("password", "")
        with around.store.read() as connection:
            kept = registry.password_of(connection, account)
        if not registry.fits(kept, password):
            doorman.note_wrong()
            return around.page("login.html", 403, fault="wrong")
        now_us = around.now_us()
        token = around.committer.commit(lambda connection: registry.log_in(connection, account, now_us))
        answer = _to("pages.overview")
        secure = around.settings.web.secure_cookie
        answer.set_cookie(COOKIE, token, httponly=True, samesite="Strict", secure=secure)
        return answer

    @routes.post("/logout")
    @access(PERSON)
    def log_out() -> Response:
        token = request.cookies[COOKIE]
        around.committer.commit(lambda connection: registry.log_out(connection, token))
        answer = _to("pages.login")
        answer.delete_cookie(COOKIE)
        return answer


def _api(routes: Blueprint, around: Around) -> None:
    @routes.get("/api/v1/gates")
    @access(READER)
    def api_gates() -> Response:
        found = around.shown()
        return jsonify({"gates": found["gates"], "time": found["time"]})

    @routes.get("/api/v1/alarms")
    @access(READER)
    def api_alarms() -> Response:
        with around.store.read() as connection:
            return jsonify({"alarms": alarms.unseen(connection), "refused": views.refused(connection)})
