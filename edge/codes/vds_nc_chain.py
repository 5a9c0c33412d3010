"""The certificates behind a VDS-NC: the signer's, which the code brings along, and its country's CSCA.

A signer's certificate proves nothing by itself: whoever forges a code puts his own in. It counts when
a CSCA (Country Signing Certificate Authority, ICAO Doc 9303-12) on the trust list issued it, directly,
and its subject names the CSCA's country. Both have to be in date when the code is read (RFC 5280's
rule; a VDS-NC does not say when it was made). Whom ICAO's signer lists exclude by purpose is excluded
here: an authority, and a signer whose extended uses are all for something else. A signer without such
uses passes: the published samples have none.

Read twice: by asn1crypto, which tells serial numbers and uses without warnings, and by `cryptography`,
which checks who signed. What either refuses is refused, trailing bytes among it (Japanese signers).
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from asn1crypto import x509 as asn1  # type: ignore[import-untyped]
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec

from edge.codes.countries import two_letters
from edge.codes.outcome import SECOND_US
from edge.codes.signature import MAX_KEYS_TRIED
from edge.codes.trust import TrustKey, TrustList, x509_key

MAX_CERTIFICATE = 4096  # bytes; the samples' have 356

# Master lists, deviation lists (Doc 9303-12), and everything the internet uses certificates for.
_OTHER_USES = ("2.23.136.1.1.3", "2.23.136.1.1.8")
_OTHER_ARC = "1.3.6.1.5.5.7.3."
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What the two readers let escape for bytes that are no certificate.
_NOT_READABLE = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    RecursionError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


class Certificate(NamedTuple):
    """A certificate that could be read, and nothing of it proven. Names as DER, country in two letters;
    times in microseconds UTC, `until_us` exclusive."""

    der: bytes
    loaded: x509.Certificate
    subject: bytes
    issuer: bytes
    serial: str
    country: str | None
    authority: bool
    may_sign: bool
    for_else: bool
    from_us: int
    until_us: int | None


def read_certificate(der: bytes) -> Certificate:
    """Return what a certificate (DER) says of itself; ValueError if it cannot be read."""
    if len(der) > MAX_CERTIFICATE:
        raise ValueError("a certificate longer than any signer's")
    try:
        parsed = asn1.Certificate.load(der, strict=True)
        body = parsed["tbs_certificate"]
        serial = int(body["serial_number"].native)
        if serial <= 0:
            raise ValueError("a serial number that is none")
        limits, uses = parsed.basic_constraints_value, parsed.extended_key_usage_value
        key_usage = parsed.key_usage_value
        names = [] if uses is None else [str(use.dotted) for use in uses]
        from_us, until_us = _bounds(body["validity"])
        loaded = x509.load_der_x509_certificate(der)
        loaded.public_key()
        # Bits to spare behind the signature would be a second writing of the same certificate.
        if not der.endswith(b"\x00" + loaded.signature):
            raise ValueError("a signature that is not whole bytes")
        return Certificate(
            der=der,
            loaded=loaded,
            subject=body["subject"].dump(),
            issuer=body["issuer"].dump(),
            serial=f"{serial:x}",
            country=_country(body["subject"]),
            authority=limits is not None and bool(limits["ca"].native),
            may_sign=key_usage is None or "digital_signature" in key_usage.native,
            for_else=bool(names) and all(n in _OTHER_USES or n.startswith(_OTHER_ARC) for n in names),
            from_us=from_us,
            until_us=until_us,
        )
    except _NOT_READABLE as error:
        raise ValueError(f"no certificate that can be read: {error}") from error


def csca_key(der: bytes, issuer: str | None = None) -> TrustKey:
    """Return the trust key of a CSCA certificate; ValueError if it is none.

    `issuer` names its country (two letters or three) where the certificate's own shall not. The key's
    id is the serial number.
    """
    certificate = read_certificate(der)
    named = issuer or certificate.country
    if named is None or two_letters(named) is None:
        raise ValueError("it names no country; give one")
    if not certificate.authority:
        raise ValueError("not the certificate of an authority: it may not issue others")
    key = x509_key(der, named, certificate.serial)
    return replace(key, from_us=certificate.from_us, until_us=certificate.until_us)


def public_key(certificate: Certificate) -> ec.EllipticCurvePublicKey | None:
    """Return a signer's key, None where it is not of an elliptic curve."""
    key = certificate.loaded.public_key()
    return key if isinstance(key, ec.EllipticCurvePublicKey) else None


def vouching(signer: Certificate, country: str, trusted: TrustList) -> TrustKey | None:
    """Return the signer as a key of the CSCA that issued it, in date while both are; None if no CSCA
    of this country (two letters) did. At most MAX_KEYS_TRIED are tried."""
    if signer.country != country or signer.authority:
        return None
    candidates = []
    for key in trusted.keys:
        if two_letters(key.issuer) not in (country, None):
            continue
        authority = _authority(key, signer)
        if authority is not None and authority.country == country:
            candidates.append((key, authority))
    for key, authority in candidates[:MAX_KEYS_TRIED]:
        if _issued(signer, authority):
            begins = [at for at in (signer.from_us, authority.from_us, key.from_us) if at is not None]
            ends = [at for at in (signer.until_us, authority.until_us, key.until_us) if at is not None]
            vouched = TrustKey(key.issuer, signer.serial, key.algorithm, signer.der, test=key.test)
            return replace(vouched, from_us=max(begins), until_us=min(ends, default=None))
    return None


def _authority(key: TrustKey, signer: Certificate) -> Certificate | None:
    try:
        authority = read_certificate(key.public)
    except ValueError:
        return None
    return authority if authority.subject == signer.issuer and authority.authority else None


def _issued(signer: Certificate, authority: Certificate) -> bool:
    try:
        signer.loaded.verify_directly_issued_by(authority.loaded)
    except (InvalidSignature, *_NOT_READABLE):
        return False
    return True


def _country(name: asn1.Name) -> str | None:
    found = {
        str(part["value"].native).strip()
        for parts in name.chosen
        for part in parts
        if part["type"].native == "country_name"
    }
    return two_letters(found.pop()) if len(found) == 1 else None


def _bounds(validity: asn1.Validity) -> tuple[int, int | None]:
    begins, ends = validity["not_before"].native, validity["not_after"].native
    # RFC 5280, 4.1.2.5: the last second counts, and the end of the year 9999 means no end.
    until_us = None if ends.year >= 9999 else _micros(ends) + SECOND_US
    return _micros(begins), until_us


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
