"""The district's HTTP: `create_app` puts ingest, pages and health together; nothing is global."""

import logging
import time
from collections.abc import Callable
from zoneinfo import ZoneInfo

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from district.committer import Committer
from district.config import Settings
from district.errors import Refused, StoreError
from district.sightings import Watch
from district.store import Store
from district.web import ingest, pages, reports, summary
from district.web.access import OPEN, access, install

log = logging.getLogger(__name__)

_ENOUGH_BYTES = 256 * 1024 * 1024

_CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def create_app(
    store: Store,
    committer: Committer,
    settings: Settings,
    now_us: Callable[[], int] = lambda: time.time_ns() // 1000,
) -> Flask:
    """Return the WSGI application. The committer must have been started. Raises StoreError."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = ingest.LONGEST_BODY
    timezone = ZoneInfo(settings.district.timezone)
    watch = Watch(
        secret=store.secret(),
        within_us=settings.codes.elsewhere_min * 60_000_000,
        keep_us=settings.codes.keep_days * 86_400_000_000,
    )
    app.register_blueprint(ingest.blueprint(store, committer, now_us, timezone, watch))
    around = pages.Around(store, committer, settings, now_us, timezone)
    app.register_blueprint(pages.blueprint(around))
    app.register_blueprint(reports.blueprint(around))
    app.register_blueprint(summary.blueprint(around))
    _health(app, store, committer)
    _faults(app)
    install(app, store, now_us)

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = _CSP
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response

    return app


def _health(app: Flask, store: Store, committer: Committer) -> None:
    @app.get("/healthz")
    @access(OPEN)
    def healthz() -> tuple[Response, int]:
        return jsonify({"alive": committer.alive}), 200 if committer.alive else 503

    @app.get("/readyz")
    @access(OPEN)
    def readyz() -> tuple[Response, int]:
        problems = []
        if not committer.alive:
            problems.append("nothing writes")
        elif committer.fault is not None:
            problems.append("the store cannot be written")
        try:
            with store.read() as connection:
                connection.execute("SELECT 1 FROM gate LIMIT 1").fetchone()
        except StoreError:
            problems.append("the store cannot be read")
        if store.free_bytes() < _ENOUGH_BYTES:
            problems.append("the space is nearly used up")
        return jsonify({"ready": not problems, "problems": problems}), 503 if problems else 200


def _faults(app: Flask) -> None:
    @app.errorhandler(Refused)
    def refused(error: Refused) -> tuple[Response, int]:
        response = jsonify({"error": error.code, "message": str(error)})
        if error.status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        return response, error.status

    @app.errorhandler(StoreError)
    def unavailable(error: StoreError) -> tuple[Response, int]:
        log.error("%s", error)
        response = jsonify({"error": "store", "message": "the district cannot write just now"})
        response.headers["Retry-After"] = "5"
        return response, 503

    @app.errorhandler(HTTPException)
    def other(error: HTTPException) -> tuple[Response, int]:
        code = error.code or 500
        return jsonify({"error": error.name.lower().replace(" ", "_"), "message": error.description}), code
