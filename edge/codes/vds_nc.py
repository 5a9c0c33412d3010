"""ICAO Visible Digital Seal for non-constrained environments (VDS-NC): a JSON text that is signed.

`data` (header and message) is signed as canonical JSON (RFC 8785) with ES256, ES384 or ES512 by the
certificate in `sig.cer`, which has to come from a CSCA of the country that the header names. Layout:
ICAO's technical report of that name, as australian-passport-office/vds-nc-reader-library-ios reads it.

A VDS-NC has no end of its own; it counts while its certificates do (`edge.codes.vds_nc_chain`).
Certificates that were withdrawn stand on the trust list as `certificate:<country>:<serial>`.
"""

import re
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm

from edge.codes import base64_text
from edge.codes.canonical_json import canonical
from edge.codes.countries import two_letters
from edge.codes.jws import read_json
from edge.codes.outcome import Claims, Refusal
from edge.codes.reasons import CodeReason
from edge.codes.signer_certificate import Certificate, public_key, read_certificate
from edge.codes.trust import TrustKey, TrustStore
from edge.codes.vds_nc_chain import vouching
from edge.codes.vds_nc_facts import TYPES, facts_of, person_of
from edge.domain.facts import Fact
from edge.domain.model import Carrier, CodeVerdict

_START = re.compile(rb"\s{0,16}\{")
_MARKS = (b'"data"', b'"hdr"', b'"sig"')
_COUNTRY = re.compile(r"[A-Z]{1,3}", re.ASCII)
_TYPE = re.compile(r"[a-z0-9._-]{1,40}", re.ASCII)


class _Curve(NamedTuple):
    curve: type[ec.EllipticCurve]
    digest: HashAlgorithm
    size: int


_ALGORITHMS = {
    "ES256": _Curve(ec.SECP256R1, SHA256(), 32),
    "ES384": _Curve(ec.SECP384R1, SHA384(), 48),
    "ES512": _Curve(ec.SECP521R1, SHA512(), 66),
}


class _Seal(NamedTuple):
    """A code that was opened, and nothing of it proven."""

    type: str
    country: str
    message: dict[str, object]
    signed: bytes
    algorithm: _Curve
    signature: bytes
    certificate: bytes


def recognises(payload: bytes) -> bool:
    """Say whether a payload is built as a VDS-NC is."""
    return _START.match(payload) is not None and all(mark in payload for mark in _MARKS)


def claims(payload: bytes, trust: TrustStore) -> Claims:
    """Return what a recognised payload claims, after every check but that of the times; Refusal where
    one fails."""
    seal = _open(payload)
    try:
        signer = read_certificate(seal.certificate)
    except ValueError:
        raise Refusal(CodeVerdict.INVALID, CodeReason.STRUCTURE, seal.country) from None
    _check_signature(seal, signer)
    key, revoked = _vouched(seal, signer, trust)
    if seal.type not in TYPES:
        raise Refusal(CodeVerdict.UNSUPPORTED, CodeReason.PASS_TYPE, key.issuer, key.key_id)
    try:
        personal, holder = person_of(seal.type, seal.message)
        subject = facts_of(seal.type, seal.message)
    except ValueError:
        raise Refusal(CodeVerdict.INVALID, CodeReason.CLAIMS, key.issuer, key.key_id) from None
    country = two_letters(seal.country) or seal.country
    return Claims(
        issuer=key.issuer,
        key_id=key.key_id,
        from_us=None,
        until_us=None,
        subject=subject | {str(Fact.COUNTRY): country},
        personal=personal,
        holder=f"vds_nc:{holder}",
        revoked=revoked,
        key=key,
    )


def _open(payload: bytes) -> _Seal:
    try:
        found = read_json(payload)
    except ValueError:
        raise _invalid(CodeReason.ENCODING) from None
    match found:
        case {"data": {"hdr": dict(header), "msg": dict(message), **other} as data, "sig": dict(sig), **more}:
            if other or more:
                raise _invalid(CodeReason.STRUCTURE)
        case _:
            raise _invalid(CodeReason.STRUCTURE)
    kind, country = _header(header)
    try:
        signed = canonical(data)
    except ValueError:
        raise _invalid(CodeReason.STRUCTURE) from None
    name = sig.get("alg")
    algorithm = _ALGORITHMS.get(name) if isinstance(name, str) else None
    if algorithm is None:
        raise Refusal(CodeVerdict.INVALID, CodeReason.ALGORITHM, country)
    signature, certificate = _bytes_of(sig.get("sigvl")), _bytes_of(sig.get("cer"))
    return _Seal(kind, country, message, signed, algorithm, signature, certificate)


def _header(header: dict[str, object]) -> tuple[str, str]:
    kind, version, country = (header.get(name) for name in ("t", "v", "is"))
    if not isinstance(kind, str) or not _TYPE.fullmatch(kind):
        raise _invalid(CodeReason.STRUCTURE)
    if not isinstance(country, str) or not _COUNTRY.fullmatch(country):
        raise _invalid(CodeReason.STRUCTURE)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise _invalid(CodeReason.STRUCTURE)
    if version != 1:
        raise Refusal(CodeVerdict.UNSUPPORTED, CodeReason.VERSION, country)
    return kind, country


def _bytes_of(value: object) -> bytes:
    if not isinstance(value, str):
        raise _invalid(CodeReason.STRUCTURE)
    try:
        return base64_text.decode(value.encode(), url=True)
    except ValueError:
        raise _invalid(CodeReason.ENCODING) from None


def _check_signature(seal: _Seal, signer: Certificate) -> None:
    def refuse(reason: CodeReason) -> Refusal:
        return Refusal(CodeVerdict.INVALID, reason, seal.country, signer.serial)

    key, named = public_key(signer), seal.algorithm
    # The algorithm is the certificate's: a code that names another does not get to choose.
    if key is None or not isinstance(key.curve, named.curve):
        raise refuse(CodeReason.ALGORITHM)
    signature, size = seal.signature, named.size
    if len(signature) != 2 * size:
        raise refuse(CodeReason.SIGNATURE)
    r, s = (int.from_bytes(half, "big") for half in (signature[:size], signature[size:]))
    try:
        key.verify(encode_dss_signature(r, s), seal.signed, ec.ECDSA(named.digest))
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        raise refuse(CodeReason.SIGNATURE) from None


def _vouched(seal: _Seal, signer: Certificate, trust: TrustStore) -> tuple[TrustKey, bool]:
    def refuse(verdict: CodeVerdict, reason: CodeReason) -> Refusal:
        return Refusal(verdict, reason, seal.country, signer.serial)

    trusted = trust.of(Carrier.VDS_NC)
    if trusted is None:
        raise refuse(CodeVerdict.UNKNOWN_ISSUER, CodeReason.NO_TRUST_LIST)
    country = two_letters(seal.country)
    key = vouching(signer, country, trusted) if country else None
    if key is None:
        raise refuse(CodeVerdict.UNKNOWN_ISSUER, CodeReason.CERTIFICATE_CHAIN)
    if key.test and not trust.test_issuers:
        raise refuse(CodeVerdict.UNKNOWN_ISSUER, CodeReason.TEST_ISSUER)
    if signer.for_else or not signer.may_sign:
        raise refuse(CodeVerdict.INVALID, CodeReason.KEY_PURPOSE)
    return key, f"certificate:{country}:{signer.serial}" in trusted.revoked


def _invalid(reason: CodeReason) -> Refusal:
    return Refusal(CodeVerdict.INVALID, reason)
