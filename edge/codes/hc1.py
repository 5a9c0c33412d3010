"""EU Digital COVID Certificate, and what many other countries issued alike: `HC1:`.

Base45 of zlib of a COSE_Sign1 of a CBOR web token, signed ES256 or PS256. Sources: hcert_spec.md of
ehn-dcc-development/eu-dcc-hcert-spec, its schema repository eu-dcc-schema up to 1.3.3, the public
test list of eu-digital-green-certificates/dgc-testdata.

Three times are kept apart: what the token says of itself (`exp`, `iat`), when the signer's
certificate holds (both judged by `edge.codes.outcome`), and how long a dose, test or recovery
counts, which is for rules and not judged here. A valid one may well state a positive test.
"""

import hashlib
import math
import re
import zlib
from base64 import b64encode
from collections.abc import Mapping
from typing import NamedTuple

from edge.codes import base45
from edge.codes.cose import ALG, CWT, ES256, KID, PS256, SIGN1, Header, Sign1, open_sign1, read_cbor
from edge.codes.countries import two_letters
from edge.codes.hc1_facts import Kind, facts_of, kind_of, person_of, plain
from edge.codes.outcome import SECOND_US, Claims, Refusal
from edge.codes.reasons import CodeReason
from edge.codes.signature import verify_any
from edge.codes.trust import Algorithm, TrustKey, TrustList, TrustStore
from edge.domain.facts import Fact
from edge.domain.model import Carrier, CodeVerdict

PREFIX = b"HC1:"
# The largest public vector inflates to 870 bytes; what fits one QR code could inflate to 2.9 MB.
MAX_INFLATED = 65_536

_CHECK_SUM = 4  # bytes of zlib's, behind the packed data
_PREFIXES = re.compile(rb"HC[1-9]:")  # a later, incompatible version counts the digit up
_ALGORITHMS = {ES256: Algorithm.ES256, PS256: Algorithm.PS256}
_MAX_KID = 32  # a whole SHA-256; real ones have 8 bytes
_TAGS = ((), (SIGN1,), (CWT, SIGN1))
_ISS, _EXP, _NBF, _IAT, _HCERT = 1, 4, 5, 6, -260  # CWT claims, RFC 8392 section 4
_EU_V1 = 1
_LAST_SECOND = 253_402_300_799  # the end of the year 9999
_COUNTRY = re.compile(r"[A-Z]{2,3}", re.ASCII)
_REVOKED_BYTES = range(16, 33)  # of a SHA-256; the EU gateway hands out the first 16


class _Token(NamedTuple):
    """An envelope that was opened, and nothing of it proven."""

    key_id: str
    algorithm: Algorithm
    claims: Header
    signed: Sign1
    issuer: str | None


def recognises(payload: bytes) -> bool:
    """Say whether a payload is one of these certificates, of this version or of a later one."""
    return _PREFIXES.match(payload) is not None


def claims(payload: bytes, trust: TrustStore) -> Claims:
    """Return what a recognised payload claims, after every check but that of the times; Refusal
    where one fails."""
    return hcert(payload, trust)[1]


def hcert(payload: bytes, trust: TrustStore) -> tuple[dict[str, object], Claims]:
    """Return the proven certificate as the JSON object that rule files speak of (`ver`, `nam`, `dob`
    and `v`, `t` or `r`), texts trimmed, and its claims; Refusal as for `claims`."""
    token = _open(payload)
    trusted = _trusted(token, trust)
    key = _signer(token, trusted)
    if key.test and not trust.test_issuers:
        raise _unknown(token, CodeReason.TEST_ISSUER)
    bad = Refusal(CodeVerdict.INVALID, CodeReason.CLAIMS, key.issuer, token.key_id)
    certificate = _certificate(token.claims, bad)
    try:
        kind, entries = kind_of(certificate)
        # Of what is signed, not of how the code is written: packed again, it is still the same person's.
        alone = hashlib.sha256(token.signed.message).hexdigest()[:32]
        personal, holder = person_of(certificate, entries, alone)
        subject = facts_of(kind, entries)
        from_us, until_us = _times(token.claims)
    except ValueError:
        raise bad from None
    if key.purposes and kind.purpose not in key.purposes:
        raise Refusal(CodeVerdict.INVALID, CodeReason.KEY_PURPOSE, key.issuer, token.key_id)
    country = key.issuer if _COUNTRY.fullmatch(key.issuer) else token.issuer
    country = country and (two_letters(country) or country)
    found = Claims(
        issuer=key.issuer,
        key_id=token.key_id,
        from_us=from_us,
        until_us=until_us,
        subject=subject | ({str(Fact.COUNTRY): country} if country else {}),
        personal=personal,
        holder=f"hc1:{holder}",
        revoked=_revoked(token, kind, trusted.revoked),
        key=key,
        certificate=certificate,
    )
    return certificate, found


def key_id_text(kid: bytes) -> str:
    """Return the text a key id has in trust lists and records: base64 with padding, as issuers print it."""
    return b64encode(kid).decode()


def _open(payload: bytes) -> _Token:
    if not payload.startswith(PREFIX):
        raise Refusal(CodeVerdict.UNSUPPORTED, CodeReason.VERSION)
    try:
        compressed = base45.decode(payload.removeprefix(PREFIX))
        data = _inflated(compressed)
    except (ValueError, zlib.error):
        raise _invalid(CodeReason.ENCODING) from None
    signed = open_sign1(data, _TAGS, lenient=True)
    kid, named = signed.header(KID), signed.header(ALG)
    if not isinstance(kid, bytes) or not 0 < len(kid) <= _MAX_KID or named is None:
        raise _invalid(CodeReason.HEADER)
    algorithm = _ALGORITHMS.get(named) if isinstance(named, int) else None
    if algorithm is None:
        raise Refusal(CodeVerdict.INVALID, CodeReason.ALGORITHM, key_id=key_id_text(kid))
    found = read_cbor(signed.body, lenient=True)
    if not isinstance(found, dict):
        raise Refusal(CodeVerdict.INVALID, CodeReason.STRUCTURE, key_id=key_id_text(kid))
    said = found.get(_ISS)
    # Open in the record before anybody vouched for it: a country and no other text.
    issuer = said if isinstance(said, str) and _COUNTRY.fullmatch(said) else None
    return _Token(key_id_text(kid), algorithm, found, signed, issuer)


def _inflated(data: bytes) -> bytes:
    # zlib itself sees to the header: method 8, any level, no dictionary, and the check sum at the end.
    reader = zlib.decompressobj()
    inflated = reader.decompress(data, MAX_INFLATED + 1)
    if len(inflated) > MAX_INFLATED:
        raise _invalid(CodeReason.TOO_LARGE)
    if not reader.eof or reader.unused_data:
        raise ValueError("cut off, or bytes behind the end")
    if _has_spare_bits(data, inflated):
        raise ValueError("the unused last bits are not zero")
    return inflated


def _has_spare_bits(data: bytes, inflated: bytes) -> bool:
    """Say whether the byte in front of the check sum has bits behind the end of the packed data: nobody
    signs those, so that each would write the same code another way. Its highest bit that is set is one if
    the data comes out the same without it."""
    last = data[-_CHECK_SUM - 1]
    cleared = bytes([last ^ (1 << last.bit_length() - 1)]) if last else b"\0"
    reader = zlib.decompressobj()
    try:
        same = reader.decompress(data[: -_CHECK_SUM - 1] + cleared + data[-_CHECK_SUM:], len(inflated) + 1)
    except zlib.error:
        return False
    return bool(last) and reader.eof and same == inflated


def _trusted(token: _Token, trust: TrustStore) -> TrustList:
    trusted = trust.of(Carrier.HC1)
    if trusted is None:
        raise _unknown(token, CodeReason.NO_TRUST_LIST)
    return trusted


def _signer(token: _Token, trusted: TrustList) -> TrustKey:
    named = trusted.named(token.key_id)
    if not named:
        raise _unknown(token, CodeReason.UNKNOWN_KEY)
    # The header may stand outside of what is signed. It does not choose: the key does, and a code
    # that says otherwise is refused.
    keys = tuple(key for key in named if key.algorithm is token.algorithm)
    if not keys:
        raise Refusal(CodeVerdict.INVALID, CodeReason.ALGORITHM, token.issuer, token.key_id)
    key = verify_any(keys, token.signed.signature, token.signed.message)
    if key is None:
        raise Refusal(CodeVerdict.INVALID, CodeReason.SIGNATURE, token.issuer, token.key_id)
    return key


def _certificate(found: Header, bad: Refusal) -> dict[str, object]:
    kinds = found.get(_HCERT)
    if not isinstance(kinds, dict) or not kinds:
        raise bad
    if _EU_V1 not in kinds:  # the WHO's and others' certificates travel in the same envelope
        raise Refusal(CodeVerdict.UNSUPPORTED, CodeReason.PASS_TYPE, bad.issuer, bad.key_id)
    try:
        certificate = plain(kinds[_EU_V1])
    except ValueError:
        raise bad from None
    if not isinstance(certificate, dict):
        raise bad
    version = certificate.get("ver")
    major = re.match(r"(\d{1,9})\.", version, re.ASCII) if isinstance(version, str) else None
    if major is None:
        raise bad
    if int(major[1]) != 1:
        raise Refusal(CodeVerdict.UNSUPPORTED, CodeReason.VERSION, bad.issuer, bad.key_id)
    return certificate


def _times(found: Header) -> tuple[int | None, int]:
    """Return when the token begins and ends. It has to end; where it does not say when it was made,
    no beginning is judged."""
    begins = [_moment_us(found[label]) for label in (_IAT, _NBF) if found.get(label) is not None]
    return max(begins, default=None), _moment_us(found.get(_EXP))


def _moment_us(second: object) -> int:
    # NumericDate: whole or with a fraction; three public vectors use floats.
    if not isinstance(second, int | float) or isinstance(second, bool) or not math.isfinite(second):
        raise ValueError("no time")
    if not 0 <= second <= _LAST_SECOND:
        raise ValueError("a time outside of the calendar")
    return round(second * SECOND_US)


def _revoked(token: _Token, kind: Kind, revoked: frozenset[str]) -> bool:
    if not revoked:
        return False
    signature = token.signed.signature
    # Of r and s only r is hashed: whoever holds a code can turn its s into another that fits as well.
    half = signature[: len(signature) // 2] if token.algorithm is Algorithm.ES256 else signature
    hashed = [("signature", half)]
    for entry in _raw_entries(token.claims, kind):
        uci, country = entry.get("ci"), entry.get("co")
        for text in {uci, uci.strip()} if isinstance(uci, str) else ():
            hashed.append(("uci", _utf8(text)))
            for name in (token.claims.get(_ISS), country):
                if isinstance(name, str):
                    hashed.append(("countrycodeuci", _utf8(name + text)))
    for what, data in hashed:
        digest = hashlib.sha256(data).hexdigest()
        if any(f"{what}:{digest[: 2 * count]}" in revoked for count in _REVOKED_BYTES):
            return True
    return False


def _raw_entries(found: Header, kind: Kind) -> list[Mapping[object, object]]:
    """Return the entries as they were signed: hashes are of texts that nobody trimmed."""
    kinds = found[_HCERT]
    certificate = kinds[_EU_V1] if isinstance(kinds, dict) else None
    entries = certificate.get(kind.value) if isinstance(certificate, dict) else None
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _unknown(token: _Token, reason: CodeReason) -> Refusal:
    return Refusal(CodeVerdict.UNKNOWN_ISSUER, reason, token.issuer, token.key_id)


def _invalid(reason: CodeReason) -> Refusal:
    return Refusal(CodeVerdict.INVALID, reason)
