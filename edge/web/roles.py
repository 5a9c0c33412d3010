"""Who may see which view. Every view says so itself; one that does not stops the start.

This module decides; it renders nothing and knows no route.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, current_app, g, request, session
from flask_wtf.csrf import CSRFProtect

from edge.domain.errors import FormError
from edge.web.logins import Logins
from edge.web.users import Users

PUBLIC = "public"
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever is asking: an account in one role, by cookie (`session` set) or by token."""

    account: str
    role: str
    session: str | None = None

    @property
    def sees_personal(self) -> bool:
        """An observer never sees who somebody is."""
        return self.role != "observer"


def allow(*roles: str, program: bool = False) -> Callable[[View], View]:
    """Declare who may call a view. `program`: its refusals are JSON, never a log-in page."""

    def mark(view: View) -> View:
        view.__dict__["allowed"] = frozenset(roles)
        view.__dict__["program"] = program
        return view

    return mark


def check_views(app: Flask) -> None:
    """Raise RuntimeError naming every view that declares no role."""
    silent = [name for name, view in app.view_functions.items() if not getattr(view, "allowed", None)]
    if silent:
        raise RuntimeError(f"views without a role: {', '.join(sorted(silent))}")


def for_program() -> bool:
    """Return whether the request in hand wants JSON rather than a page."""
    view = request.endpoint and _view(request.endpoint)
    meant = bool(view and getattr(view, "program", False))
    return meant or request.path.startswith("/api/") or request.path.endswith((".png", ".jpg"))


def principal() -> Principal | None:
    """Return who is asking, looked up once per request."""
    if "principal" not in g:
        g.principal = _identify(g.logins)
    found: Principal | None = g.principal
    return found


def still_allowed(who: Principal, users: Users, logins: Logins) -> bool:
    """Return whether somebody let in earlier would be let in now (streams live for minutes)."""
    if who.session is not None:
        return logins.user_of(who.session) is not None
    user = users.get(who.account)
    return user is not None and logins.is_open(user)


def guard(app: Flask, users: Users, logins: Logins, csrf: CSRFProtect) -> None:
    """Refuse, before any view runs, whoever its declaration does not name."""

    @app.before_request
    def refuse() -> None:
        g.users, g.logins = users, logins
        if request.endpoint is None:
            return
        allowed = _view(request.endpoint).__dict__["allowed"]
        who = principal()
        if PUBLIC not in allowed:
            if who is None:
                raise FormError("unauthorized", status=401)
            if who.role not in allowed:
                raise FormError("forbidden", status=403)
        # A token cannot be sent by a foreign page on somebody's behalf, a cookie can.
        if who is None or who.session is not None:
            csrf.protect()


def _view(endpoint: str) -> Any:
    return current_app.view_functions[endpoint]


def _identify(logins: Logins) -> Principal | None:
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        user = logins.by_token(token.strip()) if scheme.lower() == "bearer" else None
        return None if user is None else Principal(user.name, user.role)
    session_id = session.get("sid")
    if not isinstance(session_id, str):
        return None
    user = logins.user_of(session_id)
    return None if user is None else Principal(user.name, user.role, session_id)
