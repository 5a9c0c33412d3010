"""Yunma (云码枪) scan gun interface: code or ID number to a province's or company's server.

Protocol: POST of JSON {"cardNoType": 1 ID number | 2 code, "idCardNo": number or code text, "temperature":
text ("0" where none was measured), "deviceIndexCode": serial number}.
Source: the maker's document at showdoc.com.cn/ZkcCat1/10889516927093721 (request: names, types, meaning).
Inferred: nothing of the answer. Its fields could not be seen, so where the verdict stands and what its values
are called has to be configured (`health_at` and `health`, as for the driver `http`).
Limits: as the server behind it; answers up to 64 KB; no redirects. No temperature is sent ("0"): the gate
asks when the code is shown, before it has measured.
Tried against the real platform: no; on our own server.
"""

import json
from dataclasses import dataclass

from drivers.options import option
from drivers.verifier._address import checked, path_of, secret
from drivers.verifier._line import HttpVerifier, Line, Question, text_of
from drivers.verifier._stated import Answer, check, reduced
from edge.domain.ports import Inquiry


@dataclass(frozen=True, kw_only=True, slots=True)
class Options(Answer):
    """Where to ask; how to read the answer stands in `Answer`."""

    url: str = option(doc="address of the interface, ending in /healthCard/get/qrcode")
    device: str = option(doc="deviceIndexCode, the serial number the device is registered under")
    secret_file: str = option("", "file with a bearer token alone; empty: none is sent")
    id_numbers: bool = option(False, "ask by ID number as well, where somebody has no code")
    ca_file: str = option("", "certificates to trust instead of the system's; empty: none")
    plain: bool = option(False, "allow http beyond this machine")

    def __post_init__(self) -> None:
        checked(self.url, plain=self.plain)
        check(self)


def question(options: Options, inquiry: Inquiry, held: str = "") -> Question:
    """Return the request."""
    by_card = inquiry.id_number is not None
    body = {
        "cardNoType": 1 if by_card else 2,
        "idCardNo": inquiry.id_number if by_card else text_of(inquiry.payload),
        "temperature": "0",
        "deviceIndexCode": options.device,
    }
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {held}"} if held else {})
    return Question("POST", path_of(options.url), json.dumps(body).encode(), headers)


def connect(options: Options) -> HttpVerifier:
    """Return the port; nothing is asked yet. Raises DeviceUnavailable."""
    held = secret(options.secret_file, header=True)
    return HttpVerifier(
        Line(options.url, options.ca_file),
        lambda inquiry: question(options, inquiry, held),
        lambda inquiry, document: reduced(options, inquiry, document),
    )
