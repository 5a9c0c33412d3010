"""SMART Health Cards, spec.smarthealth.cards: smart-on-fhir/health-cards, docs/index.md.

`shc:/` and pairs of digits, each 45 below its character, of a compact JWS signed ES256 over the raw
deflate of a JSON object with a FHIR bundle. The JWS alone is taken as well; a piece of a card that was
split (`shc:/1/3/`) waits for the others in `edge.codes.chunks`. A card states what was done to a
person and mostly has no end: how long a dose or a test counts is for rules.

An issuer is compared letter by letter, https only and without a slash at the end, and each of its
keys is known by its own thumbprint (RFC 7638). Certificates of keys are looked at when they are
imported, not here. Extra directories of an issuer (`canonical_iss`) are issuers of their own.
"""

import hashlib
import math
import re
import zlib
from typing import NamedTuple

from edge.codes.fhir import facts_of, folded, person_of
from edge.codes.jws import JsonTooLarge, Jws, JwsError, open_jws, read_json
from edge.codes.outcome import SECOND_US, Claims, Refusal
from edge.codes.reasons import CodeReason
from edge.codes.signature import verify_any
from edge.codes.trust import TrustKey, TrustList, TrustStore, base64url, from_base64url
from edge.domain.model import Carrier, CodeVerdict

# The largest public card inflates to 30 KB; what fits one QR code could inflate to 2.5 MB.
MAX_INFLATED = 65_536
MAX_CHUNKS = 32
MAX_CHUNK_DIGITS = 2 * 1191  # of the specification: what a version 22 picture holds
HEALTH_CARD = "https://smarthealth.cards#health-card"

ISSUER = re.compile(
    r"https://(?=.{1,300}\Z)[A-Za-z0-9.-]+(?::\d{1,5})?(?:/[A-Za-z0-9._~%!$&'()*+,;=:@-]+)*", re.ASCII
)
KEY_ID = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
RID = re.compile(r"[A-Za-z0-9_-]{1,24}", re.ASCII)
# Their private keys are published, so that anybody can make such cards.
TEST_ISSUER = re.compile(
    r"https://(?:(?:spec\.)?smarthealth\.cards/examples"
    r"|raw\.githubusercontent\.com/(?:smart-on-fhir/health-cards-dev-tools|microsoft/health-cards-[^/]+)"
    r")(?:/.*)?",
    re.ASCII,
)

_NUMERIC = re.compile(rb"shc:/(?:(\d{1,4})/(\d{1,4})/)?(.*)", re.DOTALL)
_BARE = re.compile(rb"(eyJ[A-Za-z0-9_-]{8,1000})\.")
_FILE = re.compile(rb'\s{0,16}\{\s{0,16}"verifiableCredential"')
_SAID_ISSUER = re.compile(r"[A-Za-z0-9.:/_~%-]{1,300}", re.ASCII)
_SAID_KEY = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)  # whatever it says, only a thumbprint is found
_FHIR_R4 = re.compile(r"4\.\d{1,3}\.\d{1,3}", re.ASCII)
_LAST_SECOND = 253_402_300_799  # the end of the year 9999


class Piece(NamedTuple):
    """A part of a card that was split: the digits of part `number` of `total`."""

    number: int
    total: int
    digits: bytes


class _Card(NamedTuple):
    """A card that was opened, and nothing of it proven."""

    key_id: str
    issuer: str
    claims: dict[str, object]
    signed: Jws


class _Credential(NamedTuple):
    rid: str | None
    bundle: object


def recognises(payload: bytes) -> bool:
    """Say whether a payload is such a card, a piece of one, its JWS, or a file that holds some."""
    head = payload.lstrip(b" \t\r\n")
    return head.startswith(b"shc:") or _is_card_jws(head) or _FILE.match(payload) is not None


def claims(payload: bytes, trust: TrustStore) -> Claims:
    """Return what a recognised payload claims, after every check but that of the time; Refusal where
    one fails."""
    card = _open(_jws_text(payload))
    key, trusted = _signer(card, trust)
    bad = Refusal(CodeVerdict.INVALID, CodeReason.CLAIMS, card.issuer, card.key_id)
    credential = _credential(card, bad)
    try:
        from_us = _moment_us(card.claims.get("nbf"))
        until_us = _moment_us(card.claims["exp"]) if "exp" in card.claims else None
        if until_us is not None and until_us <= from_us:
            raise ValueError("over before it begins")
        person = person_of(credential.bundle)
        subject = facts_of(credential.bundle)
    except ValueError:
        raise bad from None
    personal = {"name": person.name, "birth_date": person.birth_date, "certificate_id": credential.rid or ""}
    # A name alone is too little to call two people one: without a date of birth each card is its own.
    known_by = person.birth_date or f"{card.key_id}.{_digest(card.signed.payload)}"
    return Claims(
        issuer=card.issuer,
        key_id=card.key_id,
        from_us=from_us,
        until_us=until_us,
        subject=subject,
        personal={name: value for name, value in personal.items() if value},
        holder=f"shc:{known_by}|{folded(person.family)}|{folded(person.given)}",
        revoked=is_revoked(card.key_id, credential.rid, from_us, trusted),
        key=key,
    )


def piece_of(payload: bytes) -> Piece | None:
    """Return the part of a split card a payload is, None where it is none or is not well formed."""
    found = _NUMERIC.fullmatch(payload)
    if found is None or found[1] is None or not _are_pairs(found[3]):
        return None
    number, total = int(found[1]), int(found[2])
    if len(found[3]) > MAX_CHUNK_DIGITS:
        return None
    return Piece(number, total, found[3]) if 1 <= number <= total <= MAX_CHUNKS and total > 1 else None


def thumbprint(point: bytes) -> str:
    """Return the RFC 7638 thumbprint of a P-256 key given as its uncompressed point."""
    members = f'{{"crv":"P-256","kty":"EC","x":"{base64url(point[1:33])}","y":"{base64url(point[33:])}"}}'
    return base64url(hashlib.sha256(members.encode()).digest())


def is_revoked(key_id: str, rid: str | None, from_us: int, trusted: TrustList) -> bool:
    """Say whether a card of this key, with this id, made at `from_us`, was withdrawn: by an entry
    `<key id> <rid>`, or by one with a later second behind it."""
    if rid is None:
        return False
    entry = f"{key_id} {rid}"
    return entry in trusted.revoked or from_us < trusted.revoked_before_s(entry) * SECOND_US


def _is_card_jws(text: bytes) -> bool:
    """Say whether a compact JWS is a card's: any other site's token looks alike from outside."""
    found = _BARE.match(text)
    if found is None:
        return False
    try:
        header = read_json(from_base64url(found[1].decode()))
    except ValueError:
        return False
    if not isinstance(header, dict):
        return False
    kid = header.get("kid")
    named = isinstance(kid, str) and KEY_ID.fullmatch(kid) is not None
    return header.get("zip") == "DEF" or (header.get("alg") == "ES256" and named)


def _jws_text(payload: bytes) -> bytes:
    if payload.lstrip(b" \t\r\n").startswith(b"eyJ"):
        return payload
    if _FILE.match(payload):  # a file for import, which may hold several people's cards
        raise Refusal(CodeVerdict.UNSUPPORTED, CodeReason.STRUCTURE)
    found = _NUMERIC.fullmatch(payload)
    if found is None:
        known = payload.lstrip(b" \t\r\n").startswith(b"shc:/")
        raise _invalid(CodeReason.ENCODING if known else CodeReason.STRUCTURE)
    if not _are_pairs(found[3]):
        raise _invalid(CodeReason.ENCODING)
    if found[1] is not None and (int(found[1]), int(found[2])) != (1, 1):
        if piece_of(payload) is None:
            raise _invalid(CodeReason.STRUCTURE)
        raise Refusal(CodeVerdict.UNVERIFIED, CodeReason.CHUNKS_MISSING)
    digits = found[3]
    return bytes(int(digits[at : at + 2]) + 45 for at in range(0, len(digits), 2))


def _are_pairs(digits: bytes) -> bool:
    """Say whether digits are pairs from 00 to 77: `-` to `z`."""
    return re.fullmatch(rb"(?:[0-6]\d|7[0-7])+", digits) is not None


def _open(text: bytes) -> _Card:
    try:
        signed = open_jws(text)
    except JwsError as error:
        raise _invalid(error.reason) from None
    kid = signed.header.get("kid")
    if signed.header.get("zip") != "DEF" or not isinstance(kid, str) or not _SAID_KEY.fullmatch(kid):
        raise _invalid(CodeReason.HEADER)
    found = _payload(signed.payload, kid)
    issuer = found.get("iss")
    if not isinstance(issuer, str):
        raise _invalid(CodeReason.STRUCTURE, kid)
    if not ISSUER.fullmatch(issuer):
        said = issuer if _SAID_ISSUER.fullmatch(issuer) else None
        raise Refusal(CodeVerdict.UNKNOWN_ISSUER, CodeReason.ISSUER_NOT_TRUSTED, said, kid)
    return _Card(kid, issuer, found, signed)


def _payload(deflated: bytes, kid: str) -> dict[str, object]:
    reader = zlib.decompressobj(wbits=-15)
    try:
        inflated = reader.decompress(deflated, MAX_INFLATED + 1)
    except zlib.error:
        raise _invalid(CodeReason.ENCODING, kid) from None
    if len(inflated) > MAX_INFLATED:
        raise _invalid(CodeReason.TOO_LARGE, kid)
    if not reader.eof or reader.unused_data:
        raise _invalid(CodeReason.ENCODING, kid)
    try:
        found = read_json(inflated)
    except JsonTooLarge:
        raise _invalid(CodeReason.TOO_LARGE, kid) from None
    except ValueError:
        raise _invalid(CodeReason.STRUCTURE, kid) from None
    if not isinstance(found, dict):
        raise _invalid(CodeReason.STRUCTURE, kid)
    return found


def _signer(card: _Card, trust: TrustStore) -> tuple[TrustKey, TrustList]:
    def unknown(reason: CodeReason) -> Refusal:
        return Refusal(CodeVerdict.UNKNOWN_ISSUER, reason, card.issuer, card.key_id)

    trusted = trust.of(Carrier.SHC)
    if trusted is None:
        raise unknown(CodeReason.NO_TRUST_LIST)
    # Several hospitals of one supplier share keys: a key counts for the issuers it is listed under.
    keys = tuple(key for key in trusted.named(card.key_id) if key.issuer == card.issuer)
    keys = tuple(key for key in keys if thumbprint(key.public) == card.key_id)
    # Its private keys are published: a card of one proves nothing, whoever listed it as a live issuer's.
    is_sample = TEST_ISSUER.fullmatch(card.issuer) is not None and not trust.test_issuers
    if not keys:
        if is_sample:
            raise unknown(CodeReason.TEST_ISSUER)
        known = card.issuer in trusted.issuers
        raise unknown(CodeReason.UNKNOWN_KEY if known else CodeReason.ISSUER_NOT_TRUSTED)
    key = verify_any(keys, card.signed.signature, card.signed.signing_input)
    if key is None:
        raise Refusal(CodeVerdict.INVALID, CodeReason.SIGNATURE, card.issuer, card.key_id)
    if is_sample or (key.test and not trust.test_issuers):
        raise unknown(CodeReason.TEST_ISSUER)
    return key, trusted


def _credential(card: _Card, bad: Refusal) -> _Credential:
    credential = card.claims.get("vc")
    if not isinstance(credential, dict):
        raise bad
    types = credential.get("type")
    if not isinstance(types, list) or not all(isinstance(name, str) for name in types):
        raise bad
    if HEALTH_CARD not in types:
        raise Refusal(CodeVerdict.UNSUPPORTED, CodeReason.PASS_TYPE, card.issuer, card.key_id)
    rid = credential.get("rid")
    if rid is not None and not (isinstance(rid, str) and RID.fullmatch(rid)):
        raise bad
    subject = credential.get("credentialSubject")
    version = subject.get("fhirVersion") if isinstance(subject, dict) else None
    if not isinstance(subject, dict) or not isinstance(version, str):
        raise bad
    if not _FHIR_R4.fullmatch(version):
        raise Refusal(CodeVerdict.UNSUPPORTED, CodeReason.VERSION, card.issuer, card.key_id)
    return _Credential(rid, subject.get("fhirBundle"))


def _moment_us(second: object) -> int:
    # Seconds, with a fraction in the examples; milliseconds lie outside of the calendar.
    if not isinstance(second, int | float) or isinstance(second, bool) or not math.isfinite(second):
        raise ValueError("no time")
    if not 0 <= second <= _LAST_SECOND:
        raise ValueError("a time outside of the calendar")
    return round(second * SECOND_US)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def _invalid(reason: CodeReason, key_id: str | None = None) -> Refusal:
    return Refusal(CodeVerdict.INVALID, reason, key_id=key_id)
