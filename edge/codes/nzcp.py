"""NZ COVID Pass (My Vaccine Pass), technical specification v1: minhealthnz/nzcovidpass-spec.

`NZCP:/1/` and the base32 of a tagged COSE_Sign1 holding a CBOR web token, signed ES256. The pass
says that a person is eligible until a date; it says nothing of doses. There is no revocation.
"""

import re
import unicodedata
from datetime import date
from typing import NamedTuple

from edge.codes import base32
from edge.codes.cose import ALG, ES256, KID, SIGN1, Header, Sign1, open_sign1, read_cbor
from edge.codes.outcome import SECOND_US, Claims, Refusal
from edge.codes.reasons import CodeReason
from edge.codes.signature import verify_any
from edge.codes.trust import NZCP_TEST_ISSUER, TrustKey, TrustStore
from edge.domain.model import Carrier, CodeVerdict

PREFIX = b"NZCP:/"
DID_WEB = re.compile(r"did:web:[A-Za-z0-9.%:_-]{1,200}", re.ASCII)
KEY_NAME = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)

_VERSION_1 = b"1/"
_ISS, _EXP, _NBF, _CTI = 1, 4, 5, 7  # CWT claims, RFC 8392 section 4
_LAST_SECOND = 253_402_300_799  # the end of the year 9999
_W3C_CONTEXT = "https://www.w3.org/2018/credentials/v1"
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class _Envelope(NamedTuple):
    key_id: str
    claims: Header
    signed: Sign1


def claims(payload: bytes, trust: TrustStore) -> Claims:
    """Return what a payload beginning with PREFIX claims, after every check of the specification
    but that of the time; Refusal where one fails."""
    envelope = _open(payload)
    issuer = _issuer(envelope)
    return _claims(envelope, _signer(envelope, issuer, trust))


def _open(payload: bytes) -> _Envelope:
    rest = payload.removeprefix(PREFIX)
    if not rest.startswith(_VERSION_1):
        known = re.match(rb"\d{1,9}/", rest)
        if known:
            raise Refusal(CodeVerdict.UNSUPPORTED, CodeReason.VERSION)
        raise _invalid(CodeReason.STRUCTURE)
    try:
        data = base32.decode(rest.removeprefix(_VERSION_1))
    except ValueError:
        raise _invalid(CodeReason.ENCODING) from None
    signed = open_sign1(data, ((SIGN1,),))
    key_id = _key_id(signed)
    claims = read_cbor(signed.body)
    if not isinstance(claims, dict):
        raise _invalid(CodeReason.STRUCTURE)
    return _Envelope(key_id, claims, signed)


def _key_id(signed: Sign1) -> str:
    header = signed.protected
    # A label may stand in one of the two only, and what stands unprotected proves nothing.
    if signed.unprotected.keys() & {ALG, KID}:
        raise _invalid(CodeReason.HEADER)
    if header.get(ALG) != ES256 or isinstance(header[ALG], float):
        raise _invalid(CodeReason.ALGORITHM if ALG in header else CodeReason.HEADER)
    kid = header.get(KID)
    # The specification says text; the published examples, and every real pass, carry bytes.
    text = kid.decode("latin-1") if isinstance(kid, bytes) else kid
    if not isinstance(text, str) or not KEY_NAME.fullmatch(text):
        raise _invalid(CodeReason.HEADER)
    return text


def _issuer(envelope: _Envelope) -> str:
    issuer = envelope.claims.get(_ISS)
    if not isinstance(issuer, str) or not DID_WEB.fullmatch(issuer):
        raise Refusal(CodeVerdict.INVALID, CodeReason.STRUCTURE, key_id=envelope.key_id)
    return issuer


def _signer(envelope: _Envelope, issuer: str, trust: TrustStore) -> TrustKey:
    def refuse(verdict: CodeVerdict, reason: CodeReason) -> Refusal:
        return Refusal(verdict, reason, issuer, envelope.key_id)

    trusted = trust.of(Carrier.NZCP)
    if trusted is None:
        raise refuse(CodeVerdict.UNKNOWN_ISSUER, CodeReason.NO_TRUST_LIST)
    keys = tuple(key for key in trusted.named(envelope.key_id) if key.issuer == issuer)
    if not keys:
        if issuer == NZCP_TEST_ISSUER and not trust.test_issuers:
            raise refuse(CodeVerdict.UNKNOWN_ISSUER, CodeReason.TEST_ISSUER)
        listed = issuer in trusted.issuers
        why = CodeReason.UNKNOWN_KEY if listed else CodeReason.ISSUER_NOT_TRUSTED
        raise refuse(CodeVerdict.UNKNOWN_ISSUER, why)
    key = verify_any(keys, envelope.signed.signature, envelope.signed.message)
    if key is None:
        raise refuse(CodeVerdict.INVALID, CodeReason.SIGNATURE)
    if key.test and not trust.test_issuers:
        raise refuse(CodeVerdict.UNKNOWN_ISSUER, CodeReason.TEST_ISSUER)
    return key


def _claims(envelope: _Envelope, key: TrustKey) -> Claims:
    bad = Refusal(CodeVerdict.INVALID, CodeReason.CLAIMS, key.issuer, envelope.key_id)
    found = envelope.claims
    token_id = found.get(_CTI)
    if not isinstance(token_id, bytes) or len(token_id) != 16:
        raise bad
    from_us, until_us = _moment_us(found.get(_NBF), bad), _moment_us(found.get(_EXP), bad)
    given, family, born = _subject(found.get("vc"), bad)
    return Claims(
        issuer=key.issuer,
        key_id=envelope.key_id,
        from_us=from_us,
        until_us=until_us,
        subject={"type": "PublicCovidPass"},
        personal={
            "name": f"{given} {family}".strip(),
            "birth_date": born,
            "pass_id": token_id.hex(),
        },
        holder=f"nzcp:{born}|{_folded(family)}|{_folded(given)}",
        key=key,
    )


def _subject(credential: object, bad: Refusal) -> tuple[str, str, str]:
    if not isinstance(credential, dict):
        raise bad
    match credential.get("@context"):
        case [first, *others] if first == _W3C_CONTEXT and all(isinstance(o, str) for o in others):
            pass
        case _:
            raise bad
    match credential.get("type"):
        case ["VerifiableCredential", "PublicCovidPass"]:
            pass
        case ["VerifiableCredential", str()]:
            raise Refusal(CodeVerdict.UNSUPPORTED, CodeReason.PASS_TYPE, bad.issuer, bad.key_id)
        case _:
            raise bad
    version = credential.get("version")
    if version != "1.0.0":
        if isinstance(version, str) and re.fullmatch(r"\d+\.\d+\.\d+", version, re.ASCII):
            raise Refusal(CodeVerdict.UNSUPPORTED, CodeReason.VERSION, bad.issuer, bad.key_id)
        raise bad
    return _person(credential.get("credentialSubject"), bad)


def _person(subject: object, bad: Refusal) -> tuple[str, str, str]:
    if not isinstance(subject, dict):
        raise bad
    given, family, born = subject.get("givenName"), subject.get("familyName", ""), subject.get("dob")
    if not isinstance(given, str) or not 0 < len(given) <= 100:
        raise bad
    if not isinstance(family, str) or len(family) > 100:
        raise bad
    if not isinstance(born, str) or not _DATE.fullmatch(born):
        raise bad
    try:
        date.fromisoformat(born)
    except ValueError:
        raise bad from None
    return given, family, born


def _folded(name: str) -> str:
    """Two issues of one person's pass may differ in case, spaces and how accents are composed."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().replace("|", " ").split())


def _moment_us(second: object, bad: Refusal) -> int:
    if not isinstance(second, int) or isinstance(second, bool) or not 0 <= second <= _LAST_SECOND:
        raise bad
    return second * SECOND_US


def _invalid(reason: CodeReason) -> Refusal:
    return Refusal(CodeVerdict.INVALID, reason)
