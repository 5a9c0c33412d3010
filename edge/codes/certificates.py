"""Turns the certificates of document signers (X.509, PEM or DER) into the trust keys of `hc1`.

A key's id is what codes name it by: the first 8 bytes of the SHA-256 of its certificate's DER, as
base64 with padding, the way published lists print it. Read with asn1crypto, because `cryptography`
refuses extensions that real signers carry (an explicitly written default, an empty list of uses).
Nothing is checked against a root here: whoever puts a certificate on the list vouches for it.
Source: hcert_spec.md of ehn-dcc-development/eu-dcc-hcert-spec; the uses a signer is limited to as the
EU's own verifier applications read them.
"""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from asn1crypto import pem, x509  # type: ignore[import-untyped]
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from edge.codes.hc1 import key_id_text
from edge.codes.hc1_facts import Kind
from edge.codes.outcome import SECOND_US
from edge.codes.trust import TrustKey, es256_key, ps256_key
from edge.codes.trust_import import Imported
from edge.domain.errors import ConfigError

KEY_ID_BYTES = 8

# The second arc, with a 0 too many, stands in most certificates of 2021.
_USES = {
    f"1.3.6.1.4.1.{arc}.2021.1.{last}": kind.purpose
    for arc in ("1847", "0.1847")
    for last, kind in ((1, Kind.TEST), (2, Kind.VACCINATION), (3, Kind.RECOVERY))
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_ISSUER = 100
# What asn1crypto lets escape for bytes that are no certificate.
_NOT_READABLE = (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError)


def from_certificates(data: bytes, source: str, issuer: str | None = None) -> Imported:
    """Return the keys of every certificate in a PEM or DER file.

    `issuer` names them where the certificate's own country shall not. ConfigError where none of
    them can be used.
    """
    keys, left_out = [], []
    for number, der in enumerate(_ders(data, source), 1):
        try:
            keys.append(hc1_key(der, issuer))
        except ValueError as error:
            left_out.append(f"{source}: certificate {number}: {error}")
    if not keys:
        raise ConfigError(left_out or [f"{source}: no certificate in it"])
    return Imported(tuple(keys), tuple(left_out))


def hc1_key(der: bytes, issuer: str | None = None) -> TrustKey:
    """Return the trust key of one certificate; ValueError if no code could be checked with it.

    The issuer is the country of the signer, else of the authority above it, else the signer's name.
    """
    try:
        certificate = x509.Certificate.load(der, strict=True)
        body = certificate["tbs_certificate"]
        named = issuer or _issuer(body)
        purposes = _purposes(certificate)
        from_us, until_us = _bounds(body["validity"])
        public = body["subject_public_key_info"].dump()
    except _NOT_READABLE as error:
        raise ValueError(f"no certificate that can be read: {error}") from error
    if not 0 < len(named) <= _MAX_ISSUER:
        raise ValueError("its issuer has no name, or a longer one than any list takes")
    key = _public_key(public, named, key_id_text(hashlib.sha256(der).digest()[:KEY_ID_BYTES]))
    return replace(key, purposes=purposes, from_us=from_us, until_us=until_us)


def _ders(data: bytes, source: str) -> list[bytes]:
    if not pem.detect(data):
        return [data]
    try:
        return [der for name, _, der in pem.unarmor(data, multiple=True) if name == "CERTIFICATE"]
    except _NOT_READABLE as error:
        raise ConfigError(f"{source}: damaged PEM: {error}") from error


def _issuer(body: x509.TbsCertificate) -> str:
    for name, kind in (("subject", "country_name"), ("issuer", "country_name"), ("subject", "common_name")):
        for names in body[name].chosen:
            for part in names:
                if part["type"].native == kind:
                    return str(part["value"].native).strip()
    return ""


def _purposes(certificate: x509.Certificate) -> frozenset[str]:
    uses = certificate.extended_key_usage_value
    named = [] if uses is None else [use.dotted for use in uses]
    # Uses that have nothing to do with health limit nothing, and neither does an empty list.
    return frozenset(_USES[use] for use in named if use in _USES)


def _bounds(validity: x509.Validity) -> tuple[int, int | None]:
    begins, ends = validity["not_before"].native, validity["not_after"].native
    # RFC 5280, 4.1.2.5: the last second counts, and the end of the year 9999 means no end.
    until_us = None if ends.year >= 9999 else _micros(ends) + SECOND_US
    return _micros(begins), until_us


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _public_key(der: bytes, issuer: str, key_id: str) -> TrustKey:
    try:
        key = load_der_public_key(der)
    except UnsupportedAlgorithm as error:
        raise ValueError(f"its key is of a kind no code is signed with: {error}") from error
    if isinstance(key, rsa.RSAPublicKey):
        return ps256_key(der, issuer, key_id)
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ValueError("its key is neither RSA nor of an elliptic curve")
    if not isinstance(key.curve, ec.SECP256R1):
        raise ValueError(f"its key is of the curve {key.curve.name}; codes are signed on P-256")
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return es256_key(point, issuer, key_id)
