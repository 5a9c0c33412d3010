"""Ant Group's block chain gateway (AntChain, product antim): health, itinerary and more by a scanned code.

Protocol: POST to /gateway.do, method antchain.antim.healthinfo.get 1.0: serial_no, corp_name, qr_code and
health_types as a form, the SDK's own parameters in the query, `sign` over all of them. The answer stands
below `response`, result_code OK. All codes are text: health_code 1 green, 2 yellow, 3 red, 4 grey;
travel_code 1 green, 2 red, 3 yellow, 0 incomplete, -1 failed; vaccination_code 0 failed, 1 none, 2 one dose,
3 complete; scene_code and scene_name name a venue; times are milliseconds.
Source: the published Go SDK of the product, TeaSDK-2.0, sdk_version 1.0.10 (fields, values, parameters).
Inferred: the signature (HMAC-SHA1 over the sorted, percent-encoded parameters, base64), of which the SDK only
names the function; the words of a test's result, of which it gives no list (阴性, 阳性 count, others do not).
Limits: how many doses a complete course has is not said, so `3` states nothing a rule can count. When the
code was made is not said: `fresh_s` cannot be used with it. The gateway's own signature under its answer
is not checked: TLS says who answers.
Tried against the real platform: no; on our own server that checks the signature as described.
"""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode

from drivers.options import option
from drivers.verifier._address import checked, path_of, secret
from drivers.verifier._line import HttpVerifier, Line, Question, text_of
from drivers.verifier._reading import (
    Meaning,
    Said,
    china_day,
    composed,
    meant,
    moment_us,
    personal,
    utc_text,
    whole,
)
from edge.domain.facts import Colour, Fact, Result, TestKind
from edge.domain.ports import Inquiry, PlatformAnswer, PlatformState

HEALTH: Mapping[str, Meaning] = MappingProxyType(
    {"1": Colour.GREEN, "2": Colour.YELLOW, "3": Colour.RED, "4": Colour.GREY},
)
TRAVEL: Mapping[str, Meaning] = MappingProxyType(
    {
        "1": Colour.GREEN,
        "2": Colour.RED,
        "3": Colour.YELLOW,
        "0": PlatformState.FAILED,
        "-1": PlatformState.FAILED,
    }
)
DOSES: Mapping[str, str] = MappingProxyType({"1": "0", "2": "1"})
RESULTS: Mapping[str, Result] = MappingProxyType({"阴性": Result.NEGATIVE, "阳性": Result.POSITIVE})
TYPES = "health|vaccination|nucleicAcid|travel|antigen|scene"
_METHOD = "antchain.antim.healthinfo.get"
_PERSONAL = {"name": "name", "id_number": "cert_no"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Where to ask and as whom."""

    url: str = option("https://openapi.antchain.antgroup.com/gateway.do", "address of the gateway")
    access_key: str = option(doc="access key id")
    secret_file: str = option(doc="file with the access key's secret alone")
    serial_no: str = option(doc="serial number the device is registered under")
    corp_name: str = option(doc="vendor the device is registered under")
    ca_file: str = option("", "certificates to trust instead of the system's; empty: none")
    plain: bool = option(False, "allow http beyond this machine")

    def __post_init__(self) -> None:
        checked(self.url, plain=self.plain)


def sign(parameters: Mapping[str, str], held: str) -> str:
    """Return the signature over all parameters, of the query and of the form."""
    joined = "&".join(
        f"{quote(key, safe='-_.~')}={quote(parameters[key], safe='-_.~')}" for key in sorted(parameters)
    )
    # The gateway's own choice: it takes HmacSHA1 and nothing else.
    return base64.b64encode(hmac.new(held.encode(), joined.encode(), hashlib.sha1).digest()).decode("ascii")


def question(options: Options, inquiry: Inquiry, held: str, *, now: datetime, nonce: str) -> Question:
    """Return the signed request."""
    query = {
        "method": _METHOD,
        "version": "1.0",
        "sign_type": "HmacSHA1",
        "req_time": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "req_msg_id": nonce,
        "access_key": options.access_key,
        "base_sdk_version": "TeaSDK-2.0",
        "sdk_version": "1.0.10",
    }
    form = {
        "serial_no": options.serial_no,
        "corp_name": options.corp_name,
        "qr_code": text_of(inquiry.payload),
        "health_types": TYPES,
    }
    query["sign"] = sign({**query, **form}, held)
    path = f"{path_of(options.url)}?{urlencode(query)}"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return Question("POST", path, urlencode(form).encode("ascii"), headers)


def reduced(inquiry: Inquiry, document: Any) -> PlatformAnswer:
    """Return what the answer amounts to."""
    answer = whole(whole(document).get("response"), "response")
    if answer.get("result_code") != "OK":
        failed = PlatformState.FAILED
        return composed(inquiry.kind, Said(health=failed, itinerary=failed))
    health, travel = answer.get("health_info"), answer.get("travel_info")
    facts = _test(answer, "nucleic_acid_info", "report", TestKind.NAAT) or _test(
        answer, "antigen_info", "antigen", TestKind.ANTIGEN
    )
    said = Said(
        health=meant(HEALTH, health.get("health_code")) if isinstance(health, Mapping) else None,
        itinerary=meant(TRAVEL, travel.get("travel_code")) if isinstance(travel, Mapping) else None,
        facts={**facts, **_vaccination(answer), **_scene(answer)},
        personal=personal(answer, _PERSONAL),
    )
    return composed(inquiry.kind, said)


def connect(options: Options) -> HttpVerifier:
    """Return the port; nothing is asked yet. Raises DeviceUnavailable."""
    held = secret(options.secret_file)
    return HttpVerifier(
        Line(options.url, options.ca_file),
        lambda inquiry: question(options, inquiry, held, now=datetime.now(UTC), nonce=uuid.uuid4().hex),
        reduced,
    )


def _test(answer: Mapping[str, Any], part: str, stem: str, kind: TestKind) -> dict[str, str]:
    stated = answer.get(part)
    if not isinstance(stated, Mapping):
        return {}
    word, taken = stated.get(f"{stem}_result"), moment_us(stated.get(f"{stem}_timestamp"))
    result = RESULTS.get(word) if isinstance(word, str) else None
    if result is None:
        return {}
    when = {str(Fact.TEST_TAKEN): utc_text(taken)} if taken is not None else {}
    return {str(Fact.TEST_RESULT): str(result), str(Fact.TEST_KIND): str(kind), **when}


def _vaccination(answer: Mapping[str, Any]) -> dict[str, str]:
    stated = answer.get("vaccination_info")
    code = stated.get("vaccination_code") if isinstance(stated, Mapping) else None
    doses = DOSES.get(code) if isinstance(code, str) else None
    if doses is None or not isinstance(stated, Mapping):
        return {}
    last = moment_us(stated.get("vaccination_timestamp"))
    dated = {str(Fact.VACCINATION_DATE): china_day(last)} if last is not None and doses != "0" else {}
    return {str(Fact.VACCINATION_DOSES): doses, **dated}


def _scene(answer: Mapping[str, Any]) -> dict[str, str]:
    scene = answer.get("scene_info")
    if not isinstance(scene, Mapping):
        return {}
    return personal(scene, {Fact.PLACE: "scene_name", Fact.VENUE_ID: "scene_code"})
