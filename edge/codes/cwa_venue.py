"""Venue code of the German Corona-Warn-App (event registration), unsigned: a place, and when.

`https://e.coronawarn.app?v=1#` and the base64url of a protobuf message; other apps append the same
text to links of their own, behind `/CWA1/`. Only the app's host and those the gate was given count.
Source: event_registration.md of corona-warn-app/cwa-documentation. Anybody can make one: it is
`unverified`, and the seed and the key inside serve the app's warnings only. What is written on it may
be somebody's name and home (a birthday was an event), and its number is a hash of just that: nothing of
it stands open in the record.
"""

import hashlib
import re
from collections.abc import Collection

from edge.codes import base64_text, protobuf
from edge.codes.outcome import SECOND_US, Claims, Refusal
from edge.codes.protobuf import ProtobufError
from edge.codes.reasons import CodeReason
from edge.domain.facts import Fact
from edge.domain.model import CodeVerdict

HOST = "e.coronawarn.app"
MAX_TEXT = 100  # characters of description and address each
MAX_PAYLOAD = 2048  # bytes; the published one has 193

_OWN = re.compile(rb"https://e\.coronawarn\.app/?\?v=(\d{1,9})#(.*)", re.DOTALL)
# The payload is base64url, in which there is no slash: the last /CWA1/ is the one.
_APPENDED = re.compile(rb"https://([A-Za-z0-9.-]{1,253})(?::\d{1,5})?[/?#](?:.*)/CWA1/([^/]*)", re.DOTALL)
_OWN_START = b"https://e.coronawarn.app"
_ID_PREFIX = b"CWA-GUID"
_VERSION, _LOCATION = 1, 2  # of QRCodePayload
_PLACE_VERSION, _DESCRIPTION, _ADDRESS, _START, _END = 1, 2, 3, 5, 6  # of TraceLocation
_LAST_SECOND = 253_402_300_799  # the end of the year 9999


def recognises(payload: bytes) -> bool:
    """Say whether a payload is such a code, of whatever host."""
    return payload.startswith(_OWN_START) or _APPENDED.fullmatch(payload) is not None


def claims(payload: bytes, hosts: Collection[str] = ()) -> Claims:
    """Return what a recognised payload says, unsigned; Refusal where it says nothing.

    `hosts`: other hosts, in lower case, that may carry a code behind their own links.
    """
    data = _payload(payload, hosts)
    try:
        message = protobuf.read_message(data)
        version = protobuf.number(message, _VERSION)
        location = protobuf.read_message(protobuf.some_bytes(message, _LOCATION))
        place_version = protobuf.number(location, _PLACE_VERSION)
        place, address = (
            " ".join(protobuf.text(location, field).split()) for field in (_DESCRIPTION, _ADDRESS)
        )
        start, end = protobuf.number(location, _START), protobuf.number(location, _END)
    except ProtobufError:
        raise _invalid(CodeReason.STRUCTURE) from None
    if version > 1 or place_version > 1:
        raise Refusal(CodeVerdict.UNSUPPORTED, CodeReason.VERSION)
    if version != 1 or place_version != 1 or not 0 < len(place) <= MAX_TEXT or len(address) > MAX_TEXT:
        raise _invalid(CodeReason.STRUCTURE)
    if max(start, end) > _LAST_SECOND or 0 < end < start:
        raise _invalid(CodeReason.STRUCTURE)
    personal = {
        Fact.PLACE: place,
        Fact.ADDRESS: address,
        Fact.VENUE_ID: hashlib.sha256(_ID_PREFIX + data).hexdigest(),
    }
    return Claims(
        issuer=None,
        key_id=None,
        from_us=start * SECOND_US or None,
        until_us=end * SECOND_US or None,
        subject={},
        personal={str(name): value for name, value in personal.items() if value},
        holder=None,
        signed=False,
    )


def _payload(payload: bytes, hosts: Collection[str]) -> bytes:
    text = _text(payload, hosts)
    try:
        data = base64_text.decode(text, url=True)
    except ValueError:
        raise _invalid(CodeReason.ENCODING) from None
    if len(data) > MAX_PAYLOAD:
        raise _invalid(CodeReason.TOO_LARGE)
    return data


def _text(payload: bytes, hosts: Collection[str]) -> bytes:
    own = _OWN.fullmatch(payload)
    if own:
        if int(own[1]) > 1:
            raise Refusal(CodeVerdict.UNSUPPORTED, CodeReason.VERSION)
        if own[1] != b"1":
            raise _invalid(CodeReason.STRUCTURE)
        return own[2]
    appended = _APPENDED.fullmatch(payload)
    if appended is None:
        raise _invalid(CodeReason.STRUCTURE)
    if appended[1].decode("ascii").lower() not in {HOST, *hosts}:
        raise Refusal(CodeVerdict.UNVERIFIED, CodeReason.NOT_RECOGNISED)
    return appended[2]


def _invalid(reason: CodeReason) -> Refusal:
    return Refusal(CodeVerdict.INVALID, reason)
