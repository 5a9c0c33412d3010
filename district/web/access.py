"""Who may call what. Every view declares its access; one that forgets ends the start."""

import hmac
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, abort, g, redirect, request, url_for

from district import registry
from district.errors import Refused
from district.store import Store

COOKIE = "gatepost_district"
OPEN, GATE, READER, PERSON = "open", "gate", "reader", "person"
_KINDS = (OPEN, GATE, READER, PERSON)

View = TypeVar("View", bound=Callable[..., Any])


def access(kind: str) -> Callable[[View], View]:
    """Declare who may call a view: anybody, a gate (its token), a reader (a program's token or a
    log-in), a person (a log-in; forms must carry the session's token)."""
    assert kind in _KINDS

    def mark(view: View) -> View:
        view.access = kind  # type: ignore[attr-defined]
        return view

    return mark


def install(app: Flask, store: Store, now_us: Callable[[], int]) -> None:
    """Enforce the declared access on every request of `app`."""
    for endpoint, view in app.view_functions.items():
        if endpoint != "static" and getattr(view, "access", None) not in _KINDS:
            raise AssertionError(f"the view {endpoint} does not declare its access")

    @app.before_request
    def enforce() -> Response | None:
        if request.endpoint is None or request.endpoint == "static":
            return None
        kind = getattr(app.view_functions[request.endpoint], "access", None)
        if kind == GATE:
            _need_gate(store)
        elif kind is not None and kind != OPEN:
            return _need_login(store, now_us(), kind)
        return None


def _need_gate(store: Store) -> None:
    token = _bearer()
    with store.read() as connection:
        g.gate = registry.gate_of(connection, token) if token else None
    if g.gate is None:
        raise Refused(401, "token", "no gate has this token")


def _need_login(store: Store, now_us: int, kind: str) -> Response | None:
    token, cookie = _bearer(), request.cookies.get(COOKIE, "")
    with store.read() as connection:
        if kind == READER and token and registry.is_program(connection, token):
            return None
        g.login = registry.login_of(connection, cookie, now_us) if cookie else None
    if g.login is None:
        if kind == READER:
            raise Refused(401, "token", "log in, or send a program's token")
        return redirect(url_for("pages.login"), 303)  # type: ignore[return-value]
    if request.method == "POST":
        sent = request.form.get("form_token", "")
        if not hmac.compare_digest(sent.encode(), g.login.form_token.encode()):
            abort(400, "form_token")
    return None


def _bearer() -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


class Doorman:
    """Slows guessing: after `most` wrong passwords within `window_s` seconds nobody gets in until
    the oldest of them is that old. Counted for all callers together: behind a proxy all look alike."""

    def __init__(self, most: int = 10, window_s: float = 60.0) -> None:
        self._wrong: deque[float] = deque(maxlen=most)
        self._window_s = window_s
        self._lock = threading.Lock()

    def wait_s(self) -> int:
        """Seconds until the next try is heard, 0 when it may come."""
        with self._lock:
            if len(self._wrong) < (self._wrong.maxlen or 0):
                return 0
            left = self._wrong[0] + self._window_s - time.monotonic()
            return max(0, int(left) + 1) if left > 0 else 0

    def note_wrong(self) -> None:
        """Count a wrong password."""
        with self._lock:
            self._wrong.append(time.monotonic())
