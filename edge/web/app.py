"""Puts the pages together: cookies, languages, headers, roles, blueprints. Knows no device."""

from importlib import metadata
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, request
from flask.sessions import SecureCookieSessionInterface
from flask_babel import Babel, get_locale
from flask_bootstrap import Bootstrap5
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response

from edge.registers.rosters import Rosters
from edge.web import (
    access,
    accounts,
    afterwards,
    api,
    auth,
    cases,
    cases_api,
    duty,
    duty_api,
    duty_contacts,
    duty_plan,
    events,
    incidents,
    kiosk,
    ledgers,
    photographs,
    probes,
    procedures,
    procedures_api,
    register_definitions,
    register_files,
    registers,
    registers_api,
    report_files,
    reports,
    reports_api,
    review,
    rosters_api,
    rosters_more,
    rosters_pages,
    setup,
    show,
    tasks,
    temperature,
    told,
    twice_daily,
    vehicles_api,
    venue,
)
from edge.web.errors import register_errors
from edge.web.gate import Gate
from edge.web.languages import language_of
from edge.web.logins import Logins
from edge.web.roles import PUBLIC, allow, check_views, guard, principal
from edge.web.roster_words import WORDED
from edge.web.server import MAX_BODY
from edge.web.streams import Streams
from edge.web.titles import titles_at
from edge.web.users import Users
from edge.web.words import WORDS, say, source

TRANSLATIONS = Path(__file__).with_name("translations")

# No inline script or style, nothing from another host; Bootstrap draws its marks as data: images.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def create_app(gate: Gate) -> Flask:
    """Return the application of one gate. Raises RuntimeError when a view declares no role.

    `app.extensions["gatepost"].end()` ends its open streams.
    """
    app = Flask("edge.web")
    app.config.update(_settings(gate))
    app.session_interface = _Sessions()
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # of the provider in use
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    users = Users(gate.state)
    logins = Logins(gate.state, users, gate.now, gate.append)

    def ring() -> None:
        gate.view_changed.ring()
        gate.bell.ring()

    streams = Streams(ring)
    app.extensions["gatepost"] = streams
    Bootstrap5(app)
    Babel(app, locale_selector=lambda: language_of(gate))
    guard(app, users, logins, CSRFProtect(app))
    register_errors(app)
    for routes in _blueprints(gate, users, logins, streams):
        app.register_blueprint(routes)
    _open_static(app)
    _words(app, gate)
    app.after_request(_headers)
    check_views(app)
    return app


def _blueprints(gate: Gate, users: Users, logins: Logins, streams: Streams) -> tuple[Blueprint, ...]:
    rosters = Rosters(gate.book, gate, show.zone_of(gate.timezone))
    return (
        auth.blueprint(logins, users),
        kiosk.blueprint(gate),
        review.blueprint(gate),
        temperature.blueprint(gate),
        twice_daily.blueprint(gate),
        told.blueprint(gate),
        setup.blueprint(gate),
        procedures.blueprint(gate),
        venue.blueprint(gate),
        procedures_api.blueprint(gate),
        api.blueprint(gate),
        cases.blueprint(gate),
        access.blueprint(gate),
        cases_api.blueprint(gate),
        rosters_pages.blueprint(gate, rosters),
        rosters_more.blueprint(gate, rosters),
        photographs.blueprint(gate),
        rosters_api.blueprint(gate, rosters),
        registers.blueprint(gate),
        registers_api.blueprint(gate),
        register_files.blueprint(gate),
        register_files.passed_blueprint(gate),
        register_definitions.blueprint(gate),
        tasks.blueprint(gate),
        vehicles_api.blueprint(gate),
        reports.blueprint(gate),
        report_files.blueprint(gate),
        reports_api.blueprint(gate),
        ledgers.blueprint(gate),
        afterwards.blueprint(gate),
        duty.blueprint(gate),
        duty_plan.blueprint(gate),
        duty_contacts.blueprint(gate, rosters),
        duty_api.blueprint(gate),
        incidents.blueprint(gate),
        accounts.blueprint(gate, users),
        events.blueprint(gate, users, logins, streams),
        probes.blueprint(gate),
    )


def _settings(gate: Gate) -> dict[str, Any]:
    return {
        "SECRET_KEY": gate.secret,
        "SESSION_COOKIE_NAME": "gatepost",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Strict",
        "MAX_CONTENT_LENGTH": MAX_BODY - 1,
        "MAX_FORM_PARTS": 64,
        "PROVIDE_AUTOMATIC_OPTIONS": False,
        "SEND_FILE_MAX_AGE_DEFAULT": 86_400,
        "BOOTSTRAP_SERVE_LOCAL": True,
        "WTF_CSRF_CHECK_DEFAULT": False,  # roles.guard checks it, after it knows who asks and how
        "WTF_CSRF_TIME_LIMIT": None,  # a kiosk page stays open for weeks; the token ends with the session
        "BABEL_DEFAULT_LOCALE": gate.language,
        "BABEL_TRANSLATION_DIRECTORIES": str(TRANSLATIONS),
    }


class _Sessions(SecureCookieSessionInterface):
    def get_cookie_secure(self, app: Flask) -> bool:
        # On the gate's own screen the page comes without TLS, from outside through the proxy with it.
        return request.is_secure


def _open_static(app: Flask) -> None:
    for endpoint in ("static", "bootstrap.static"):
        send = app.view_functions[endpoint]
        app.view_functions[endpoint] = allow(PUBLIC)(lambda send=send, **path: send(**path))

    @app.get("/favicon.ico")
    @allow(PUBLIC)
    def favicon() -> Response:
        return app.send_static_file("favicon.svg")


def _words(app: Flask, gate: Gate) -> None:
    zone = show.zone_of(gate.timezone)

    def language() -> str:
        return "zh_Hans" if str(get_locale()).startswith("zh") else "en"

    def word(group: str, code: str | None, titles: Any = None) -> str:
        details = {name: text.get(language(), name) for name, text in (titles or {}).items()}
        return "" if code is None else say(group, code, language(), details)

    def title(text: Any) -> str:
        return str(text.get(language()) or text.get("en") or "")

    app.jinja_env.globals.update(
        gate=gate,
        language=language,
        word=word,
        worded=WORDED,
        words_of=lambda group: list(WORDS[group]),
        title=title,
        who=principal,
        version=metadata.version("gatepost"),
        degrees=show.degrees,
        hundredths=show.hundredths,
        minutes=show.minutes,
        number=show.number,
        source=lambda text: source(text, language()),
        titles_at=lambda lane: titles_at(gate, lane),
        visible=show.visible,
        payload_text=show.payload_text,
        moment=lambda at_us: show.moment(at_us, zone),
        clock_time=lambda at_us: show.clock_time(at_us, zone),
    )


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint not in ("static", "bootstrap.static", "favicon"):
        # Everything else may name a person, and kiosks are shared machines.
        response.headers["Cache-Control"] = "no-store"
    return response
