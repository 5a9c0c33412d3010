"""Turns what issuers publish (DID documents, JWK sets, PEM keys) into trust keys. Text in, values out.

What cannot be used is named with its reason, never passed over in silence.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from edge.codes.nzcp import DID_WEB, KEY_NAME
from edge.codes.trust import TrustKey, ed25519_key, es256_key, from_base64url
from edge.domain.errors import ConfigError

LONGEST_NAME = 200

# RFC 7518: the private members of EC and OKP keys, and of others by mistake.
_PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


@dataclass(frozen=True, slots=True)
class Imported:
    """Keys found in one text, one line for each that was left out, what the text withdraws (entries of
    `TrustList.revoked`) with the number of each revocation list by key id, and from when it says it is."""

    keys: tuple[TrustKey, ...]
    left_out: tuple[str, ...] = ()
    revoked: frozenset[str] = frozenset()
    lists: Mapping[str, int] = field(default_factory=dict)
    as_of_us: int | None = None


def called(entry: object) -> str:
    """Return how a key that is left out calls itself, in brackets; nothing where it has no name."""
    name = entry.get("kid", entry.get("id")) if isinstance(entry, dict) else None
    named = isinstance(name, str) and 0 < len(name) <= LONGEST_NAME and name.isprintable()
    return f" ({name})" if named else ""


def from_did_document(text: str, source: str) -> Imported:
    """Return the keys a did:web document allows for signing passes (NZCP section 6).

    A key counts only when `assertionMethod` lists it by its full name, its type is JsonWebKey2020
    and it is a public P-256 JWK. ConfigError where the text is no such document or no key counts.
    """
    document = _json_object(text, source)
    issuer = document.get("id")
    if not isinstance(issuer, str) or not DID_WEB.fullmatch(issuer):
        raise ConfigError(f"{source}: no DID document: id must be a did:web name")
    allowed = document.get("assertionMethod")
    methods = document.get("verificationMethod")
    if not isinstance(allowed, list) or not isinstance(methods, list):
        raise ConfigError(f"{source}: a DID document lists verificationMethod and assertionMethod")
    keys, left_out = [], []
    for number, method in enumerate(methods, 1):
        try:
            keys.append(_did_key(method, issuer, allowed))
        except ValueError as error:
            left_out.append(f"{source}: verificationMethod {number}: {error}")
    return _some(keys, left_out, source)


def from_gatepost_keys(text: str, source: str, issuer: str) -> Imported:
    """Return the Ed25519 public keys of a PEM text, a JWK or a JWK set.

    `issuer` is the name these keys get unless the set has a member `issuer`. ConfigError where
    nothing can be used, and always for a private key: it must not travel to other gates.
    """
    if text.lstrip().startswith("-----BEGIN"):
        return Imported((_pem_key(text, source, issuer),))
    found = _json_object(text, source)
    name = found.get("issuer", issuer)
    if not isinstance(name, str) or not 0 < len(name) <= 100:
        raise ConfigError(f"{source}: issuer must be text of at most 100 characters")
    entries = found.get("keys", [found])
    if not isinstance(entries, list):
        raise ConfigError(f"{source}: keys must be a list")
    keys, left_out = [], []
    for number, entry in enumerate(entries, 1):
        if isinstance(entry, dict) and entry.keys() & _PRIVATE_MEMBERS:
            raise ConfigError(f"{source}: key {number} is a private key; give the public one only")
        try:
            keys.append(ed25519_key(_jwk_ed25519(entry), name))
        except ValueError as error:
            left_out.append(f"{source}: key {number}: {error}{called(entry)}")
    return _some(keys, left_out, source)


def _some(keys: list[TrustKey], left_out: list[str], source: str) -> Imported:
    if not keys:
        raise ConfigError(left_out or [f"{source}: no key in it"])
    return Imported(tuple(keys), tuple(left_out))


def _json_object(text: str, source: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{source}: neither JSON nor PEM: {error}") from error
    if not isinstance(found, dict):
        raise ConfigError(f"{source}: must be a JSON object")
    return found


def _did_key(method: object, issuer: str, allowed: list[object]) -> TrustKey:
    if not isinstance(method, dict):
        raise ValueError("must be an object")
    name = method.get("id")
    if not isinstance(name, str) or not name.startswith(issuer + "#"):
        raise ValueError(f"id must begin with {issuer}#")
    key_id = name.removeprefix(issuer + "#")
    if not KEY_NAME.fullmatch(key_id):
        raise ValueError("the name behind # is not one a pass can carry")
    if name not in allowed:
        raise ValueError(f"{key_id} is not listed in assertionMethod")
    if method.get("type") != "JsonWebKey2020":
        raise ValueError(f"{key_id} is not of type JsonWebKey2020")
    jwk = method.get("publicKeyJwk")
    if not isinstance(jwk, dict) or jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        raise ValueError(f"{key_id} is no P-256 key as a JWK")
    if jwk.keys() & _PRIVATE_MEMBERS:
        raise ValueError(f"{key_id} publishes private parts")
    x, y = from_base64url(jwk.get("x")), from_base64url(jwk.get("y"))
    if len(x) != 32 or len(y) != 32:
        raise ValueError(f"{key_id}: x and y have 32 bytes each")
    return es256_key(b"\x04" + x + y, issuer, key_id)


def _jwk_ed25519(entry: object) -> bytes:
    if not isinstance(entry, dict) or entry.get("kty") != "OKP" or entry.get("crv") != "Ed25519":
        raise ValueError("no Ed25519 key (kty OKP, crv Ed25519)")
    return from_base64url(entry.get("x"))


def _pem_key(text: str, source: str, issuer: str) -> TrustKey:
    if "PRIVATE KEY" in text:
        raise ConfigError(f"{source}: this is a private key; give the public one only")
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"{source}: no public key: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError(f"{source}: passes are signed with Ed25519; this is another kind of key")
    return ed25519_key(key.public_bytes(Encoding.Raw, PublicFormat.Raw), issuer)
