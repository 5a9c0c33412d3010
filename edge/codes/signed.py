"""The envelope that resident passes and venue codes of ours share; docs/wire/gatepost-codes.md.

    text      = prefix, then base32 of body and signature
    body      = key id (8) | id (8) | valid from (4) | valid until (4) | fields
    field     = tag (1) | length (1) | value; tags rise, each at most once
    signature = Ed25519 (64) over the format's domain text and the body

Times are seconds since 1970 UTC, big endian, the second `valid until` no longer included. Base32
and not base45: it has no space and no percent sign, which scanners trim and phones rewrite, for 7 %
more picture.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edge.codes import base32
from edge.codes.outcome import Refusal
from edge.codes.reasons import CodeReason
from edge.codes.signature import verify_any
from edge.codes.trust import TrustKey, TrustList, TrustStore, key_id_of
from edge.domain.model import Carrier, CodeVerdict

NO_END_S = 0xFFFF_FFFF
HEAD_BYTES = 24
SIGNATURE_BYTES = 64
# Tags from here on may be passed over by a reader that does not know them.
OPTIONAL_TAGS = 128

_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Format:
    """What tells one of our formats from the other; `last_tag` is the last field tag it defines."""

    carrier: Carrier
    prefix: bytes
    domain: bytes
    last_tag: int


@dataclass(frozen=True, slots=True)
class Body:
    """The signed part, before its fields are given a meaning. `id` has 8 bytes, times are seconds."""

    id: bytes
    from_s: int
    until_s: int
    fields: Mapping[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Opened:
    """A body whose signature is good, and who signed it."""

    body: Body
    key: TrustKey
    revoked: bool

    @property
    def issuer(self) -> str:
        return self.key.issuer

    @property
    def key_id(self) -> str:
        return self.key.key_id


def sign(kind: Format, key: Ed25519PrivateKey, body: Body) -> bytes:
    """Return the payload of a code; ValueError for a body that no reader would take."""
    _check_head(body)
    packed = bytearray(key_id_of(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)))
    packed += body.id + body.from_s.to_bytes(4, "big") + body.until_s.to_bytes(4, "big")
    for tag, value in sorted(body.fields.items()):
        if not 1 <= tag <= 255 or len(value) > 255:
            raise ValueError(f"field {tag} is too long or has no such tag")
        packed += bytes([tag, len(value)]) + value
    return kind.prefix + base32.encode(bytes(packed) + key.sign(kind.domain + packed))


def open_signed(kind: Format, payload: bytes, trust: TrustStore) -> Opened:
    """Return the opened body of a payload that begins with the format's prefix; Refusal otherwise.

    Nothing behind the key id is looked at before the signature is found good.
    """
    try:
        data = base32.decode(payload.removeprefix(kind.prefix))
    except ValueError:
        raise Refusal(CodeVerdict.INVALID, CodeReason.ENCODING) from None
    if len(data) < HEAD_BYTES + SIGNATURE_BYTES:
        raise Refusal(CodeVerdict.INVALID, CodeReason.STRUCTURE)
    key_id = data[:8].hex()
    packed, signature = data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:]
    trusted, keys = _trusted_keys(kind, key_id, trust)
    key = verify_any(keys, signature, kind.domain + packed)
    if key is None:
        raise Refusal(CodeVerdict.INVALID, CodeReason.SIGNATURE, key_id=key_id)
    if key.test and not trust.test_issuers:
        raise Refusal(CodeVerdict.UNKNOWN_ISSUER, CodeReason.TEST_ISSUER, key_id=key_id)
    try:
        body = _unpack(packed)
    except ValueError:
        raise Refusal(CodeVerdict.INVALID, CodeReason.CLAIMS, key.issuer, key_id) from None
    if any(kind.last_tag < tag < OPTIONAL_TAGS for tag in body.fields):
        raise Refusal(CodeVerdict.UNSUPPORTED, CodeReason.VERSION, key.issuer, key_id)
    return Opened(body, key, body.id.hex() in trusted.revoked)


def text_value(text: str, limit: int) -> bytes:
    """Return the bytes of a text field, in Unicode's composed form (NFC); ValueError where it is
    empty, has more than `limit` bytes, begins or ends with a space, or holds characters that
    control a display instead of showing on it."""
    text = unicodedata.normalize("NFC", text)
    data = text.encode()  # a lone surrogate raises UnicodeEncodeError, a ValueError
    if not 0 < len(data) <= limit:
        raise ValueError(f"a text must have 1 to {limit} bytes, this one has {len(data)}")
    if text != text.strip() or any(_controls_display(letter) for letter in text):
        raise ValueError("a text may neither begin or end with a space nor hold control characters")
    return data


def text_of(data: bytes, limit: int) -> str:
    """Return the text of a field; ValueError for bytes that `text_value` would not have written."""
    text = data.decode()
    if text_value(text, limit) != data:
        raise ValueError("the text is not in Unicode's composed form")
    return text


def _trusted_keys(kind: Format, key_id: str, trust: TrustStore) -> tuple[TrustList, tuple[TrustKey, ...]]:
    def unknown(reason: CodeReason) -> Refusal:
        return Refusal(CodeVerdict.UNKNOWN_ISSUER, reason, key_id=key_id)

    trusted = trust.of(kind.carrier)
    if trusted is None:
        raise unknown(CodeReason.NO_TRUST_LIST)
    keys = trusted.named(key_id)
    if not keys:
        raise unknown(CodeReason.UNKNOWN_KEY)
    return trusted, keys


def _controls_display(letter: str) -> bool:
    return letter in _BIDI or unicodedata.category(letter) in ("Cc", "Zl", "Zp")


def _unpack(packed: bytes) -> Body:
    fields: dict[int, bytes] = {}
    at, last = HEAD_BYTES, 0
    while at < len(packed):
        if at + 2 > len(packed):
            raise ValueError("a field is cut off")
        tag, length = packed[at], packed[at + 1]
        value = packed[at + 2 : at + 2 + length]
        if tag <= last or len(value) != length:
            raise ValueError("fields are out of order or cut off")
        fields[tag] = value
        at, last = at + 2 + length, tag
    body = Body(
        packed[8:16], int.from_bytes(packed[16:20], "big"), int.from_bytes(packed[20:24], "big"), fields
    )
    _check_head(body)
    return body


def _check_head(body: Body) -> None:
    if len(body.id) != 8:
        raise ValueError("an id has 8 bytes")
    if not 0 <= body.from_s < body.until_s <= NO_END_S:
        raise ValueError("valid_until must be later than valid_from, and both before the year 2106")
