"""Every refusal in one shape: JSON with a stable code for programs, a page in words for people."""

import logging

from flask import Flask, Response, jsonify, make_response, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from edge.domain.errors import FormError, JournalError
from edge.web.logins import TooMany
from edge.web.roles import for_program
from edge.web.words import both

log = logging.getLogger(__name__)

_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "not_json",
}


def error_body(code: str) -> dict[str, object]:
    """Return the body of a refusal: the stable code and its sentence in both languages."""
    return {"error": code, "message": both("error", code)}


def register_errors(app: Flask) -> None:
    """Answer every error of ours and of Flask in this shape."""
    app.register_error_handler(FormError, _form)
    app.register_error_handler(JournalError, _journal)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)


def _form(error: FormError) -> BaseResponse:
    if error.status == 401 and not for_program():
        return redirect(url_for("auth.sign_in", next=request.full_path.rstrip("?")))
    response = _refusal(error.code, error.status)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after_s)
    elif error.status == 503:
        response.headers["Retry-After"] = "5"
    return response


def _journal(error: JournalError) -> BaseResponse:
    log.warning("refused a request: the journal cannot be used (%s)", type(error).__name__)
    response = _refusal("journal", 503)
    response.headers["Retry-After"] = "5"
    return response


def _csrf(_: CSRFError) -> BaseResponse:
    return _refusal("csrf", 400)


def _http(error: HTTPException) -> BaseResponse:
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response())
    response = _refusal(_CODES.get(status, "internal" if status >= 500 else "bad_request"), status)
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            response.headers[name] = value
    return response


def _refusal(code: str, status: int) -> Response:
    if for_program():
        response = jsonify(error_body(code))
    else:
        response = make_response(render_template("error.html", code=code, status=status))
    response.status_code = status
    return response
