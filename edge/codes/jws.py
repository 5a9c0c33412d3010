"""Opens a compact JWS (RFC 7515) as health cards and venue codes carry it, and reads JSON strictly.

Python's own readers are kinder than a gate may be: base64 passes over junk, JSON over a byte order
mark and double keys. Here each is refused, and the work is bounded before anything is parsed. Nothing
is verified here; the signature is for `edge.codes.signature`. ES256 is the only algorithm taken.
"""

import json
import re
from typing import NamedTuple

from edge.codes.reasons import CodeReason
from edge.codes.trust import base64url, from_base64url

MAX_JWS_BYTES = 8192  # more than any QR code holds
# The largest public card has 12 levels and 1,707 values.
MAX_JSON_DEPTH = 32
MAX_JSON_ITEMS = 4096
SIGNATURE_BYTES = 64

# Also one that never ends: looked for again from each of its quotes, it would cost the square.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_MAX_DIGITS = 20


class JwsError(ValueError):
    """Bytes that are no JWS the gate takes; `reason` says what is wrong with them."""

    def __init__(self, reason: CodeReason, says: str) -> None:
        super().__init__(says)
        self.reason = reason


class JsonTooLarge(ValueError):
    """A JSON text with more levels or values than any code has."""


class Jws(NamedTuple):
    """A JWS that was opened, and nothing of it proven. `signature` is over `signing_input`."""

    header: dict[str, object]
    payload: bytes
    signing_input: bytes
    signature: bytes


def open_jws(text: bytes) -> Jws:
    """Return the parts of a compact JWS signed ES256; JwsError (a ValueError) for anything else."""
    if len(text) > MAX_JWS_BYTES:
        raise JwsError(CodeReason.TOO_LONG, "longer than any code")
    parts = text.split(b".", 3)
    if len(parts) != 3:
        raise JwsError(CodeReason.STRUCTURE, "a compact JWS has three parts")
    head, payload, signature = (_decoded(part) for part in parts)
    header = _header(head)
    if len(signature) != SIGNATURE_BYTES:
        raise JwsError(CodeReason.SIGNATURE, "a signature that is none of ES256")
    return Jws(header, payload, b".".join(parts[:2]), signature)


def read_json(data: bytes) -> object:
    """Return the value of a JSON text in UTF-8; ValueError for anything else, double keys, a byte
    order mark, a number out of reach and half a character, JsonTooLarge before too much is parsed."""
    text = data.decode()
    if text.startswith("\ufeff"):
        raise ValueError("a byte order mark")
    _check_shape(text)
    value: object = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant, parse_int=_whole)
    if _SURROGATE.search(text):  # half a character cannot be stored or shown
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _decoded(part: bytes) -> bytes:
    try:
        text = part.decode("ascii")
        data = from_base64url(text)
    except ValueError:
        raise JwsError(CodeReason.ENCODING, "not base64url without padding") from None
    # The last letter may have bits to spare; set, they would be a second writing of the same bytes.
    if base64url(data) != text:
        raise JwsError(CodeReason.ENCODING, "not the one base64url text of these bytes")
    return data


def _header(head: bytes) -> dict[str, object]:
    try:
        header = read_json(head)
    except ValueError:
        raise JwsError(CodeReason.HEADER, "a header that is no JSON") from None
    # RFC 7515, 4.1.11: whoever names critical members wants them understood, and none are.
    if not isinstance(header, dict) or "alg" not in header or "crit" in header:
        raise JwsError(CodeReason.HEADER, "a header without alg, or with crit")
    if header["alg"] != "ES256":
        raise JwsError(CodeReason.ALGORITHM, "signed by another method")
    return header


def _check_shape(text: str) -> None:
    """Count levels and values without parsing, so that parsing itself is bounded."""
    depth = items = 0
    for mark in _STRING.sub("", text):
        if mark in "[{":
            depth += 1
            items += 1
        elif mark in "]}":
            depth -= 1
        elif mark == ",":
            items += 1
        if depth > MAX_JSON_DEPTH or items > MAX_JSON_ITEMS:
            raise JsonTooLarge("nested too deep or too many values")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("the same key twice")
    return found


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def _whole(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise ValueError("a number out of reach")
    return int(digits)
