"""Alibaba Cloud IoT: what its health code check says, as its model HealthCodeVerifyRecord 1.0 has it.

Protocol: `certType` QR_CODE or ID_CARD, `certValue`, `iotId` (the asking device); the record's
`healthStatus` is an integer: 1 green, 2 yellow, 3 red, 4 expired, 5 absent, 6 check failed, 7 check timed
out. `name`, `idCardNo`, `phoneNo` come masked; `healthStatusUpdateTime` is when the state was last renewed.
Source: Alibaba Cloud IoT documentation, model HealthCodeVerifyRecord (names, types and all seven values).
Inferred: the transport. The model is documented as a record that is pushed; that the business side's own
service takes the three request fields as JSON by POST and answers with the record (below `record_at`) is our
reading. Dates: milliseconds or text, the type says only Date.
Limits: health codes only, no itinerary, no tests; one colour, no reason for it.
Tried against the real platform: no; on our own server that speaks as documented.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from drivers.options import option
from drivers.verifier._address import checked, header_name, path_of, secret
from drivers.verifier._line import HttpVerifier, Line, Question, text_of
from drivers.verifier._pointer import at, pointer
from drivers.verifier._reading import Meaning, Said, composed, meant, personal, stamped, whole
from edge.domain.facts import Colour
from edge.domain.ports import Inquiry, PlatformAnswer, PlatformState

HEALTH: Mapping[int, Meaning] = MappingProxyType(
    {
        1: Colour.GREEN,
        2: Colour.YELLOW,
        3: Colour.RED,
        4: PlatformState.EXPIRED,
        5: PlatformState.NOT_FOUND,
        6: PlatformState.FAILED,
        7: PlatformState.FAILED,
    }
)
_PERSONAL = {"name": "name", "id_number": "idCardNo", "phone": "phoneNo"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Where to ask and as whom."""

    url: str = option(doc="address of the business side's service")
    iot_id: str = option(doc="iotId of the device that asks, as the console shows it")
    record_at: str = option("", "JSON pointer to the record in the answer; empty: the answer is the record")
    header: str = option(
        "authorization", "name of the header that carries the secret, as `Bearer` where it is authorization"
    )
    secret_file: str = option("", "file with the secret alone; empty: no such header")
    id_numbers: bool = option(False, "ask by ID number as well, where somebody has no code")
    ca_file: str = option("", "certificates to trust instead of the system's; empty: none")
    plain: bool = option(False, "allow http beyond this machine")

    def __post_init__(self) -> None:
        checked(self.url, plain=self.plain)
        pointer("record_at", self.record_at)
        header_name("header", self.header)


def question(options: Options, inquiry: Inquiry, held: str = "") -> Question:
    """Return the request."""
    by_card = inquiry.id_number is not None
    body = {
        "certType": "ID_CARD" if by_card else "QR_CODE",
        "certValue": inquiry.id_number if by_card else text_of(inquiry.payload),
        "iotId": options.iot_id,
    }
    headers = {"content-type": "application/json"}
    if held:
        headers[options.header] = f"Bearer {held}" if options.header.lower() == "authorization" else held
    return Question("POST", path_of(options.url), json.dumps(body).encode(), headers)


def reduced(options: Options, inquiry: Inquiry, document: Any) -> PlatformAnswer:
    """Return what the answer amounts to."""
    record = whole(at(document, options.record_at), "record")
    renewed_us, odd = stamped(record.get("healthStatusUpdateTime"))
    said = Said(
        health=meant(HEALTH, record.get("healthStatus")),
        personal=personal(record, _PERSONAL),
        issued_us=renewed_us,
        odd=odd,
    )
    return composed(inquiry.kind, said)


def connect(options: Options) -> HttpVerifier:
    """Return the port; nothing is asked yet. Raises DeviceUnavailable."""
    held = secret(options.secret_file, header=True)
    return HttpVerifier(
        Line(options.url, options.ca_file),
        lambda inquiry: question(options, inquiry, held),
        lambda inquiry, document: reduced(options, inquiry, document),
    )
