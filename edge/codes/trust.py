"""Whom the gate believes: one list of keys for each carrier, as values.

No files here (`edge.trust_files` reads and writes them), no text (`edge.codes.trust_text`) and no
network ever: a list says itself from when it is.
"""

import base64
import binascii
import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from edge.codes.eu_rules import EuRules
from edge.codes.signer_certificate import Authorities, Certificate, authorities_by_name
from edge.domain.errors import ConfigError
from edge.domain.model import Carrier

NZCP_LIVE_ISSUER = "did:web:nzcp.identity.health.nz"
NZCP_TEST_ISSUER = "did:web:nzcp.covid19.health.nz"
DAY_US = 86_400_000_000
MIN_RSA_BITS = 2048
MAX_RSA_BITS = 8192  # a verification with a larger one is a way to hold the gate up


class Algorithm(StrEnum):
    """How a key signs; bound to the key, so that no code can choose.

    `X509` is a certificate that vouches for the certificates codes bring along.
    """

    ED25519 = "Ed25519"
    ES256 = "ES256"
    PS256 = "PS256"
    X509 = "X.509"


ALGORITHMS: Mapping[Carrier, frozenset[Algorithm]] = {
    Carrier.HC1: frozenset({Algorithm.ES256, Algorithm.PS256}),
    Carrier.SHC: frozenset({Algorithm.ES256}),
    Carrier.NZCP: frozenset({Algorithm.ES256}),
    Carrier.VDS_NC: frozenset({Algorithm.X509}),
    Carrier.DIVOC: frozenset({Algorithm.PS256, Algorithm.ED25519}),
    Carrier.UK_VENUE: frozenset({Algorithm.ES256}),
    Carrier.GATEPOST_PASS: frozenset({Algorithm.ED25519}),
    Carrier.GATEPOST_VENUE: frozenset({Algorithm.ED25519}),
}

# What an entry of `revoked` looks like: the ids of our own codes; for hc1 a hash of the signature, the
# certificate's id, or country and id, at least its first 16 bytes; for vds_nc the country and number of
# a signer's certificate, as a CRL lists them; for shc `<key id> <rid>`, behind a
# full stop the second before which a card must have been made to be meant.
REVOKED: Mapping[Carrier, re.Pattern[str]] = {
    Carrier.HC1: re.compile(r"(?:signature|uci|countrycodeuci):(?:[0-9a-f]{2}){16,32}", re.ASCII),
    Carrier.SHC: re.compile(r"[A-Za-z0-9_-]{43} [A-Za-z0-9_-]{1,24}(?:\.\d{1,12})?", re.ASCII),
    Carrier.VDS_NC: re.compile(r"certificate:[A-Z]{2}:(?!0)[0-9a-f]{1,40}", re.ASCII),
    Carrier.GATEPOST_PASS: re.compile(r"[0-9a-f]{16}", re.ASCII),
    Carrier.GATEPOST_VENUE: re.compile(r"[0-9a-f]{16}", re.ASCII),
}


@dataclass(frozen=True, slots=True)
class TrustKey:
    """One public key.

    `public`: 32 bytes of Ed25519; the 65 bytes of an uncompressed P-256 point; the DER of an RSA
    SubjectPublicKeyInfo; the DER of a certificate for X509. `purposes`: what it may sign (for hc1
    `vaccination`, `test`, `recovery`), empty for everything. `from_us` and `until_us`: when its
    certificate holds, microseconds UTC, None without such a bound.
    """

    issuer: str
    key_id: str
    algorithm: Algorithm
    public: bytes
    test: bool = False
    purposes: frozenset[str] = frozenset()
    from_us: int | None = None
    until_us: int | None = None


@dataclass(frozen=True, slots=True)
class TrustList:
    """The keys of one carrier, from when the list is, what was withdrawn (see REVOKED), and the
    version the district gave it."""

    carrier: Carrier
    keys: tuple[TrustKey, ...] = ()
    as_of_us: int | None = None
    revoked: frozenset[str] = field(default_factory=frozenset)
    version: int | None = None
    _by_id: dict[str, tuple[TrustKey, ...]] = field(init=False, repr=False, compare=False)
    # Made once, when the list is: the station's thread looks things up and never goes through a list.
    issuers: frozenset[str] = field(init=False, repr=False, compare=False)
    _before_s: dict[str, int] = field(init=False, repr=False, compare=False)
    _authorities: Authorities[TrustKey] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        faults = []
        allowed = ALGORITHMS.get(self.carrier)
        if allowed is None:
            faults.append(f"{self.carrier}: codes of this kind cannot be checked with a trust list")
        elif any(key.algorithm not in allowed for key in self.keys):
            faults.append(f"{self.carrier}: every key must be {' or '.join(sorted(allowed))}")
        if len({key.test for key in self.keys}) > 1:
            faults.append(f"{self.carrier}: test and live issuers must never be trusted together")
        if faults:
            raise ConfigError(faults)
        by_id = defaultdict(list)
        for key in self.keys:
            by_id[key.key_id].append(key)
        object.__setattr__(self, "_by_id", {key_id: tuple(keys) for key_id, keys in by_id.items()})
        object.__setattr__(self, "issuers", frozenset(key.issuer for key in self.keys))
        object.__setattr__(self, "_before_s", _latest_seconds(self.revoked))
        x509_keys = ((key, key.public) for key in self.keys if key.algorithm is Algorithm.X509)
        object.__setattr__(self, "_authorities", authorities_by_name(x509_keys))

    @property
    def test(self) -> bool:
        """Whether the list holds keys of a test issuer (then it holds no others)."""
        return any(key.test for key in self.keys)

    def named(self, key_id: str) -> tuple[TrustKey, ...]:
        """Return every key with this id: ids may collide, and each of them has to be tried."""
        return self._by_id.get(key_id, ())

    def revoked_before_s(self, entry: str) -> int:
        """Return the last second that stands behind this entry in `revoked`, 0 where none does."""
        return self._before_s.get(entry, 0)

    def authorities(self, name: bytes) -> tuple[tuple[TrustKey, Certificate], ...]:
        """Return the X509 keys whose certificate has this subject (DER), each with its certificate."""
        return self._authorities.get(name, ())


@dataclass(frozen=True, slots=True)
class TrustStore:
    """All trust lists of a gate. Keys of test issuers count only where `test_issuers` says so.

    A list older than `max_age_us` proves nothing any more; None: no list is ever too old. `documents`
    are the contexts linked data names by address; `cwa_hosts` other apps' hosts, in lower case, that may
    carry a venue code of the Corona-Warn-App behind their own; `eu_rules` what countries demand of hc1.
    """

    lists: tuple[TrustList, ...] = ()
    test_issuers: bool = False
    max_age_us: int | None = None
    documents: Mapping[str, str] = field(default_factory=dict)
    cwa_hosts: frozenset[str] = frozenset()
    eu_rules: EuRules | None = None

    def of(self, carrier: Carrier) -> TrustList | None:
        """Return the list for this carrier, None where none was imported."""
        return next((entry for entry in self.lists if entry.carrier is carrier), None)

    def too_old(self, carrier: Carrier, at_us: int) -> bool:
        """Say whether this carrier's list is older than it may be; one that does not say from when it
        is counts as older."""
        entry = self.of(carrier)
        if entry is None or self.max_age_us is None:
            return False
        if entry.as_of_us is None:
            return True
        # One dated in the future was made by a clock that was wrong: nobody knows how old it is.
        return not -DAY_US <= at_us - entry.as_of_us <= self.max_age_us


EMPTY = TrustStore()


def key_id_of(public: bytes) -> bytes:
    """Return the id of an Ed25519 key of ours: the first 8 bytes of SHA-256 over its 32 bytes."""
    return hashlib.sha256(public).digest()[:8]


def ed25519_key(public: bytes, issuer: str, key_id: str | None = None) -> TrustKey:
    """Return the trust entry for an Ed25519 key, under our own id where none is given; ValueError if
    the bytes are no such key."""
    ed25519.Ed25519PublicKey.from_public_bytes(public)
    return TrustKey(issuer, key_id or key_id_of(public).hex(), Algorithm.ED25519, public)


def es256_key(public: bytes, issuer: str, key_id: str) -> TrustKey:
    """Return the trust entry for a P-256 point; ValueError if it is not on the curve."""
    if len(public) != 65:
        raise ValueError("a P-256 key is an uncompressed point of 65 bytes")
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    return TrustKey(issuer, key_id, Algorithm.ES256, public, test=issuer == NZCP_TEST_ISSUER)


def ps256_key(public: bytes, issuer: str, key_id: str) -> TrustKey:
    """Return the trust entry for an RSA key (DER SubjectPublicKeyInfo); ValueError if it is none, or
    its length is not one a signer would use."""
    try:
        found = load_der_public_key(public)
    except UnsupportedAlgorithm as error:
        raise ValueError("not an RSA key") from error
    if not isinstance(found, rsa.RSAPublicKey):
        raise ValueError("not an RSA key")
    if not MIN_RSA_BITS <= found.key_size <= MAX_RSA_BITS:
        raise ValueError(f"an RSA key has {MIN_RSA_BITS} to {MAX_RSA_BITS} bits, this has {found.key_size}")
    der = found.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return TrustKey(issuer, key_id, Algorithm.PS256, der)


def x509_key(public: bytes, issuer: str, key_id: str) -> TrustKey:
    """Return the trust entry for a certificate (DER); ValueError if the bytes are none."""
    try:
        x509.load_der_x509_certificate(public)
    except x509.InvalidVersion as error:
        raise ValueError("not a certificate of version 3") from error
    return TrustKey(issuer, key_id, Algorithm.X509, public)


def base64url(data: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: object) -> bytes:
    """Return the bytes of a base64url text without padding; ValueError for anything else."""
    if not isinstance(text, str) or not re.fullmatch(r"[A-Za-z0-9_-]*", text, re.ASCII):
        raise ValueError("not base64url without padding")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError("not base64url without padding") from error


def _latest_seconds(revoked: frozenset[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for entry in revoked:
        head, stop, second = entry.rpartition(".")
        if stop and second.isdecimal():
            found[head] = max(found.get(head, 0), int(second))
    return found
