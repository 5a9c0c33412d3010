"""Angaoke (安高科) health code service, interface /health/decode: what a code's text decodes to.

Protocol: POST of a form with appId, secretKey, timestamp (milliseconds), code_content and sign; sign is the
upper-case SHA-256 of the parameters as key=value, sorted by key, joined by &, the secretKey among them. The
answer is {"errcode": 0, "errmsg": "SUCCESS", "data": {...}}; `risk_assessment_grade` is text: "00" green,
"01" yellow, "10" red. `qrcode_expired` true: the code has run out; `report_expired` true: the declaration
behind it has; `report_date` empty: nothing was ever declared; `report_valid_date` says until when it counts.
Name, phone and document number come masked.
Source: the service's interface document as published at punkmonday.github.io/2021/09/agk-health (method,
fields, dictionary, signature in Java).
Inferred: that the form is url-encoded (the Java example's default); that an errcode other than 0 means the
check failed; that times are Beijing time; that a grade without `report_expired` is no whole answer.
Limits: health codes only. The protocol sends its secret with every question: use https. It does not say when
a code was made, so `fresh_s` cannot be used with it.
Tried against the real platform: no; on our own server that checks the signature as documented.
"""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from drivers.options import option
from drivers.verifier._address import checked, path_of, secret
from drivers.verifier._line import HttpVerifier, Line, Question, text_of
from drivers.verifier._reading import Meaning, Said, composed, meant, personal, stamped, whole
from edge.domain.facts import Colour
from edge.domain.ports import Inquiry, PlatformAnswer, PlatformState

GRADES: Mapping[str, Meaning] = MappingProxyType(
    {"00": Colour.GREEN, "01": Colour.YELLOW, "10": Colour.RED},
)
_PERSONAL = {"name": "name", "id_number": "certificate_id", "phone": "phone"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Where to ask and as whom."""

    url: str = option(doc="address of the interface, ending in /health/decode")
    app_id: str = option(doc="appId, as the operator gave it")
    secret_file: str = option(doc="file with the secretKey alone")
    ca_file: str = option("", "certificates to trust instead of the system's; empty: none")
    plain: bool = option(False, "allow http beyond this machine")

    def __post_init__(self) -> None:
        checked(self.url, plain=self.plain)


def sign(parameters: Mapping[str, str]) -> str:
    """Return the signature of a request's parameters."""
    joined = "&".join(f"{key}={parameters[key]}" for key in sorted(parameters))
    return hashlib.sha256(joined.encode()).hexdigest().upper()


def question(
    options: Options, inquiry: Inquiry, held: str, now_s: Callable[[], float] = time.time
) -> Question:
    """Return the signed request."""
    form = {
        "appId": options.app_id,
        "secretKey": held,
        "timestamp": str(round(now_s() * 1000)),
        "code_content": text_of(inquiry.payload),
    }
    body = urlencode({**form, "sign": sign(form)}).encode("ascii")
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return Question("POST", path_of(options.url), body, headers)


def reduced(inquiry: Inquiry, document: Any) -> PlatformAnswer:
    """Return what the answer amounts to."""
    answer = whole(document)
    errcode = answer.get("errcode")
    if type(errcode) is not int:
        return composed(inquiry.kind, Said(health=PlatformState.NO_MEANING))
    if errcode != 0:
        return composed(inquiry.kind, Said(health=PlatformState.FAILED))
    data = whole(answer.get("data"), "data")
    until_us, odd = stamped(data.get("report_valid_date"))
    said = Said(
        health=_health(data),
        personal=personal(data, _PERSONAL),
        until_us=until_us,
        odd=odd,
        # A grade beside "expired" still says what it says.
        besides=meant(GRADES, data.get("risk_assessment_grade")),
    )
    return composed(inquiry.kind, said)


def connect(options: Options) -> HttpVerifier:
    """Return the port; nothing is asked yet. Raises DeviceUnavailable."""
    held = secret(options.secret_file)
    return HttpVerifier(
        Line(options.url, options.ca_file), lambda inquiry: question(options, inquiry, held), reduced
    )


def _health(data: Mapping[str, Any]) -> Meaning:
    run_out, lapsed = data.get("qrcode_expired", False), data.get("report_expired")
    if run_out is True or lapsed is True:
        return PlatformState.EXPIRED
    if data.get("report_date") == "":
        return PlatformState.NOT_FOUND
    if run_out is not False or lapsed is not False:
        return PlatformState.NO_MEANING
    return meant(GRADES, data.get("risk_assessment_grade"))
