"""Whom the gate believes: one list of keys for each carrier, as values, and their JSON text.

No files here (`edge.trust_files` reads and writes them) and no network ever: a list says itself
from when it is.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from edge.codes import times
from edge.domain.errors import ConfigError
from edge.domain.model import Carrier

NZCP_LIVE_ISSUER = "did:web:nzcp.identity.health.nz"
NZCP_TEST_ISSUER = "did:web:nzcp.covid19.health.nz"

_LIST_KEYS = {"carrier", "as_of", "keys", "revoked"}
_KEY_KEYS = {"issuer", "key_id", "algorithm", "public", "test"}
_PASS_ID = re.compile(r"[0-9a-f]{16}")


class Algorithm(StrEnum):
    """How a key signs; bound to the key, so that no code can choose."""

    ED25519 = "Ed25519"
    ES256 = "ES256"


ALGORITHMS = {
    Carrier.NZCP: Algorithm.ES256,
    Carrier.GATEPOST_PASS: Algorithm.ED25519,
    Carrier.GATEPOST_VENUE: Algorithm.ED25519,
}


@dataclass(frozen=True, slots=True)
class TrustKey:
    """One public key: 32 bytes of Ed25519, or the 65 bytes of an uncompressed P-256 point."""

    issuer: str
    key_id: str
    algorithm: Algorithm
    public: bytes
    test: bool = False


@dataclass(frozen=True, slots=True)
class TrustList:
    """The keys of one carrier, from when the list is, and the ids of withdrawn passes."""

    carrier: Carrier
    keys: tuple[TrustKey, ...] = ()
    as_of_us: int | None = None
    revoked: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        faults = []
        if self.carrier not in ALGORITHMS:
            faults.append(f"{self.carrier}: codes of this kind cannot be checked with a trust list")
        elif any(key.algorithm is not ALGORITHMS[self.carrier] for key in self.keys):
            faults.append(f"{self.carrier}: every key must be {ALGORITHMS[self.carrier]}")
        if len({key.test for key in self.keys}) > 1:
            faults.append(f"{self.carrier}: test and live issuers must never be trusted together")
        if faults:
            raise ConfigError(faults)

    @property
    def test(self) -> bool:
        """Whether the list holds keys of a test issuer (then it holds no others)."""
        return any(key.test for key in self.keys)


@dataclass(frozen=True, slots=True)
class TrustStore:
    """All trust lists of a gate. Keys of test issuers count only where `test_issuers` says so."""

    lists: tuple[TrustList, ...] = ()
    test_issuers: bool = False

    def of(self, carrier: Carrier) -> TrustList | None:
        """Return the list for this carrier, None where none was imported."""
        return next((entry for entry in self.lists if entry.carrier is carrier), None)


EMPTY = TrustStore()


def key_id_of(public: bytes) -> bytes:
    """Return the id of an Ed25519 key of ours: the first 8 bytes of SHA-256 over its 32 bytes."""
    return hashlib.sha256(public).digest()[:8]


def ed25519_key(public: bytes, issuer: str) -> TrustKey:
    """Return the trust entry for a public key of ours; ValueError if the bytes are no such key."""
    ed25519.Ed25519PublicKey.from_public_bytes(public)
    return TrustKey(issuer, key_id_of(public).hex(), Algorithm.ED25519, public)


def es256_key(public: bytes, issuer: str, key_id: str) -> TrustKey:
    """Return the trust entry for a P-256 point; ValueError if it is not on the curve."""
    if len(public) != 65:
        raise ValueError("a P-256 key is an uncompressed point of 65 bytes")
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    return TrustKey(issuer, key_id, Algorithm.ES256, public, test=issuer == NZCP_TEST_ISSUER)


def parse_list(text: str, source: str) -> TrustList:
    """Return the trust list a JSON text holds; ConfigError with every fault, each naming `source`."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{source}: not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ConfigError(f"{source}: a trust list is a JSON object")
    faults: list[str] = [f"unknown field {name!r}" for name in sorted(found.keys() - _LIST_KEYS)]
    carrier = _carrier(found.get("carrier"), faults)
    as_of_us = _as_of(found.get("as_of"), faults)
    entries = found.get("keys")
    if not isinstance(entries, list):
        faults.append("keys: must be a list")
        entries = []
    keys = tuple(_key(number, entry, carrier, faults) for number, entry in enumerate(entries, 1))
    revoked = _revoked(found.get("revoked", []), faults)
    if faults or carrier is None:
        raise ConfigError([f"{source}: {fault}" for fault in faults])
    try:
        return TrustList(carrier, tuple(key for key in keys if key), as_of_us, revoked)
    except ConfigError as error:
        raise ConfigError([f"{source}: {fault}" for fault in error.faults]) from error


def dump_list(entry: TrustList) -> str:
    """Return the JSON text `parse_list` reads."""
    found: dict[str, object] = {
        "carrier": str(entry.carrier),
        "as_of": None if entry.as_of_us is None else times.text(entry.as_of_us),
        "keys": [_key_fields(key) for key in entry.keys],
        "revoked": sorted(entry.revoked),
    }
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


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


def _key_fields(key: TrustKey) -> dict[str, object]:
    fields: dict[str, object] = {
        "issuer": key.issuer,
        "key_id": key.key_id,
        "algorithm": str(key.algorithm),
        "public": base64url(key.public),
    }
    return fields | ({"test": True} if key.test else {})


def _carrier(value: object, faults: list[str]) -> Carrier | None:
    known = [str(carrier) for carrier in ALGORITHMS]
    if value in known:
        return Carrier(str(value))
    faults.append(f"carrier: must be one of {', '.join(known)}")
    return None


def _as_of(value: object, faults: list[str]) -> int | None:
    if value is None:
        return None
    try:
        return times.parse(value if isinstance(value, str) else "")
    except ValueError:
        faults.append("as_of: must be a time like 2022-01-01T00:00:00Z")
        return None


def _key(number: int, entry: object, carrier: Carrier | None, faults: list[str]) -> TrustKey | None:
    where = f"keys: entry {number}"
    if not isinstance(entry, dict):
        faults.append(f"{where}: must be an object")
        return None
    unknown = sorted(entry.keys() - _KEY_KEYS)
    issuer, key_id, test = entry.get("issuer"), entry.get("key_id"), entry.get("test", False)
    if unknown or not isinstance(issuer, str) or not isinstance(key_id, str) or not isinstance(test, bool):
        what = f"unknown field {unknown[0]!r}" if unknown else "issuer and key_id are text, test is a boolean"
        faults.append(f"{where}: {what}")
        return None
    try:
        return _made_key(entry, carrier, issuer, key_id)
    except ValueError as error:
        faults.append(f"{where}: {error}")
        return None


def _made_key(entry: Mapping[str, object], carrier: Carrier | None, issuer: str, key_id: str) -> TrustKey:
    algorithm = entry.get("algorithm")
    if carrier is not None and algorithm != str(ALGORITHMS[carrier]):
        raise ValueError(f"algorithm: must be {ALGORITHMS[carrier]}")
    public = from_base64url(entry.get("public"))
    if algorithm == Algorithm.ES256:
        key = es256_key(public, issuer, key_id)
        test = key.test or entry.get("test") is True
        return TrustKey(issuer, key_id, Algorithm.ES256, public, test)
    key = ed25519_key(public, issuer)
    if key.key_id != key_id:
        raise ValueError(f"key_id: this key's id is {key.key_id}")
    return TrustKey(issuer, key_id, Algorithm.ED25519, public, entry.get("test") is True)


def _revoked(value: object, faults: list[str]) -> frozenset[str]:
    if not isinstance(value, list) or not all(
        isinstance(entry, str) and _PASS_ID.fullmatch(entry) for entry in value
    ):
        faults.append("revoked: must be a list of pass ids, 16 lower-case hexadecimal digits each")
        return frozenset()
    return frozenset(value)
