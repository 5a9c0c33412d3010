"""Reads the certificates behind a VDS-NC, a signer's or a CSCA's: what each says of itself, nothing proven.

Read twice: by asn1crypto, which tells serial numbers and uses without warnings, and by `cryptography`,
which checks who signed. What either refuses is refused, trailing bytes among it (Japanese signers).
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeVar

from asn1crypto import x509 as asn1  # type: ignore[import-untyped]
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec

from edge.codes.countries import two_letters

MAX_CERTIFICATE = 4096  # bytes; the samples' have 356

# RFC 5280, 4.1.2.2. It stands open in the record of codes that nobody vouches for.
_MAX_SERIAL_BITS = 160
# Master lists, deviation lists (Doc 9303-12), and everything the internet uses certificates for.
_OTHER_USES = ("2.23.136.1.1.3", "2.23.136.1.1.8")
_OTHER_ARC = "1.3.6.1.5.5.7.3."
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND_US = 1_000_000
# What the two readers let escape for bytes that are no certificate.
NOT_READABLE = (
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
    times in microseconds UTC, `until_us` exclusive. `own_key` and `issuers_key` are the identifiers of
    its own key and of the key it is signed with, None where it does not say."""

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
    own_key: bytes | None
    issuers_key: bytes | None


Key = TypeVar("Key")
Authorities = dict[bytes, tuple[tuple[Key, Certificate], ...]]


def read_certificate(der: bytes) -> Certificate:
    """Return what a certificate (DER) says of itself; ValueError if it cannot be read."""
    if len(der) > MAX_CERTIFICATE:
        raise ValueError("a certificate longer than any signer's")
    try:
        parsed = asn1.Certificate.load(der, strict=True)
        body = parsed["tbs_certificate"]
        serial = int(body["serial_number"].native)
        if not 0 < serial < 1 << _MAX_SERIAL_BITS:
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
            own_key=parsed.key_identifier,
            issuers_key=parsed.authority_key_identifier,
        )
    except NOT_READABLE as error:
        raise ValueError(f"no certificate that can be read: {error}") from error


def authorities_by_name(keys: Iterable[tuple[Key, bytes]]) -> Authorities[Key]:
    """Return those of some keys whose certificate (DER) is an authority's, each with it, by its subject.
    One that cannot be read vouches for nobody and is left out."""
    found: dict[bytes, list[tuple[Key, Certificate]]] = defaultdict(list)
    for key, der in keys:
        try:
            certificate = read_certificate(der)
        except ValueError:
            continue
        if certificate.authority:
            found[certificate.subject].append((key, certificate))
    return {name: tuple(entries) for name, entries in found.items()}


def public_key(certificate: Certificate) -> ec.EllipticCurvePublicKey | None:
    """Return a signer's key, None where it is not of an elliptic curve."""
    key = certificate.loaded.public_key()
    return key if isinstance(key, ec.EllipticCurvePublicKey) else None


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
    until_us = None if ends.year >= 9999 else _micros(ends) + _SECOND_US
    return _micros(begins), until_us


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
