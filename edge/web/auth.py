"""Logging in and out, and the choice of language. Renders forms; logins.py decides."""

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from edge.domain.errors import FormError
from edge.web.logins import Logins, TooMany, is_loopback
from edge.web.roles import PUBLIC, allow, principal
from edge.web.users import ATTENDANT, Users
from edge.web.words import LANGUAGES


def blueprint(logins: Logins, users: Users) -> Blueprint:
    """Return `/login`, `/logout` and `/language/<code>`."""
    routes = Blueprint("auth", __name__)

    @routes.get("/login")
    @allow(PUBLIC)
    def sign_in() -> Response:
        return _form(users, None, 200)

    @routes.post("/login")
    @allow(PUBLIC)
    def sign_in_now() -> BaseResponse:
        name = request.form.get("account", "").strip().lower()
        secret = request.form.get("secret", "")
        try:
            user, opened = logins.sign_in(name, secret, request.remote_addr or "?")
        except TooMany as error:
            response = _form(users, error, error.status)
            response.headers["Retry-After"] = str(error.retry_after_s)
            return response
        except FormError as error:
            return _form(users, error, error.status)
        session.clear()  # a new identity gets a new token against forged requests as well
        session["sid"] = opened
        home = url_for("kiosk.lanes") if user.role == ATTENDANT else url_for("review.today")
        return redirect(_inside(request.form.get("next")) or home)

    @routes.post("/logout")
    @allow(PUBLIC)
    def sign_out() -> BaseResponse:
        who = principal()
        if who is not None and who.session is not None:
            logins.sign_out(who.session)
        session.clear()
        g.principal = None
        return redirect(url_for("auth.sign_in"))

    @routes.get("/language/<code>")
    @allow(PUBLIC)
    def language(code: str) -> BaseResponse:
        if code not in LANGUAGES:
            raise FormError("not_found", status=404)
        response = redirect(_inside(request.args.get("next")) or url_for("kiosk.lanes"))
        response.set_cookie("language", code, max_age=400 * 86_400, httponly=True, samesite="Strict")
        return response

    return routes


def _form(users: Users, error: FormError | None, status: int) -> Response:
    # The gate's own screen may have no keyboard: it gets the attendants' names and a keypad.
    here = is_loopback(request.remote_addr)
    names = [user.name for user in users.all() if user.enabled and user.role == ATTENDANT] if here else []
    goes_on = _inside(request.values.get("next")) or ""
    wait_s = error.retry_after_s if isinstance(error, TooMany) else None
    given = request.form.get("account", "")[:64]
    page = render_template(
        "login.html", error=error, wait_s=wait_s, goes_on=goes_on, names=names, account=given
    )
    return make_response(page, status)


def _inside(target: str | None) -> str | None:
    # Only paths of ours: "//host" and "/\host" are other hosts to a browser.
    if target and target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable():
        return target
    return None
