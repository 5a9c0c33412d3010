"""Venue code of the NHS COVID-19 app (England and Wales): `UKC19TRACING:<version>:` and a JWS.

Signed ES256 with the key that `kid` names; a good signature of any other trusted key is not enough.
Source: QrCodeParserTest.kt of nihp-public/covid-19-app-android-ag-public. Claims: `id` (8 letters and
digits), `opn` (name of the place) and, where written, `vt` (kind of venue), `pc` (postcode), `adr`.
It says which place this is; it has no end. The service signed whatever name and address a host typed
in, his own among them: those are sealed, and only the number that it gave the place stands open.
"""

import re

from edge.codes.jws import Jws, JwsError, open_jws, read_json
from edge.codes.outcome import Claims, Refusal
from edge.codes.reasons import CodeReason
from edge.codes.signature import verify_any
from edge.codes.trust import TrustKey, TrustStore
from edge.domain.facts import Fact
from edge.domain.model import Carrier, CodeVerdict

PREFIX = b"UKC19TRACING:"
MAX_TEXT = 300  # characters of each claim

_VERSIONS = (b"1", b"2")
_PAYLOAD = re.compile(rb"([1-9]\d{0,8}):([^:]*)")
_KEY_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9]{8}", re.ASCII)


def claims(payload: bytes, trust: TrustStore) -> Claims:
    """Return what a payload beginning with PREFIX claims; Refusal where it proves nothing."""
    found = _PAYLOAD.fullmatch(payload.removeprefix(PREFIX))
    if found is None:
        raise _invalid(CodeReason.STRUCTURE)
    if found[1] not in _VERSIONS:
        raise Refusal(CodeVerdict.UNSUPPORTED, CodeReason.VERSION)
    try:
        opened = open_jws(found[2])
    except JwsError as error:
        raise _invalid(error.reason) from None
    kid = opened.header.get("kid")
    if not isinstance(kid, str) or not _KEY_NAME.fullmatch(kid):
        raise _invalid(CodeReason.HEADER)
    key = _signer(opened, kid, trust)
    bad = Refusal(CodeVerdict.INVALID, CodeReason.CLAIMS, key.issuer, kid)
    number, personal = _place(opened.payload, bad)
    return Claims(
        issuer=key.issuer,
        key_id=kid,
        from_us=None,
        until_us=None,
        subject={str(Fact.VENUE_ID): number},
        personal=personal,
        holder=None,
        key=key,
    )


def _signer(opened: Jws, kid: str, trust: TrustStore) -> TrustKey:
    def refuse(verdict: CodeVerdict, reason: CodeReason) -> Refusal:
        return Refusal(verdict, reason, key_id=kid)

    trusted = trust.of(Carrier.UK_VENUE)
    if trusted is None:
        raise refuse(CodeVerdict.UNKNOWN_ISSUER, CodeReason.NO_TRUST_LIST)
    keys = trusted.named(kid)
    if not keys:
        raise refuse(CodeVerdict.UNKNOWN_ISSUER, CodeReason.UNKNOWN_KEY)
    key = verify_any(keys, opened.signature, opened.signing_input)
    if key is None:
        raise refuse(CodeVerdict.INVALID, CodeReason.SIGNATURE)
    if key.test and not trust.test_issuers:
        raise refuse(CodeVerdict.UNKNOWN_ISSUER, CodeReason.TEST_ISSUER)
    return key


def _place(payload: bytes, bad: Refusal) -> tuple[str, dict[str, str]]:
    """Return the number of a place, and what its host wrote."""
    try:
        found = read_json(payload)
    except ValueError:
        raise bad from None
    if not isinstance(found, dict):
        raise bad
    texts = {name: found.get(name) or "" for name in ("id", "opn", "vt", "pc", "adr")}
    if not all(isinstance(value, str) and len(value) <= MAX_TEXT for value in texts.values()):
        raise bad
    if not _ID.fullmatch(texts["id"]) or not texts["opn"].strip():
        raise bad
    address = [" ".join(texts[name].split()) for name in ("adr", "pc")]
    written = {
        Fact.PLACE: " ".join(texts["opn"].split()),
        Fact.ADDRESS: ", ".join(part for part in address if part),
    }
    return texts["id"], {str(name): value for name, value in written.items() if value}


def _invalid(reason: CodeReason) -> Refusal:
    return Refusal(CodeVerdict.INVALID, reason)
