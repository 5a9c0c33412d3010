"""Turns what issuers of SMART Health Cards publish into trust keys and withdrawn cards.

JWK sets (`<issuer>/.well-known/jwks.json`), the snapshot of the VCI directory
(the-commons-project/vci-directory, logs/vci_snapshot.json) and revocation lists
(`<issuer>/.well-known/crl/<kid>.json`). Text in, values out; what cannot be used is named with its
reason. A key's certificates (`x5c`) are no reason to trust it and not needed, but one that speaks of
another key or another issuer is a reason not to.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edge.codes import times
from edge.codes.shc import ISSUER, KEY_ID, RID, TEST_ISSUER, thumbprint
from edge.codes.trust import TrustKey, es256_key, from_base64url
from edge.codes.trust_import import Imported, called
from edge.domain.errors import ConfigError

MAX_CERTIFICATES = 8
# The keys of the specification's examples: their private halves are printed with it.
PUBLISHED_KEYS = frozenset(
    {"3Kfdg-XwP-7gXyywtUfUADwBumDOPKMQx-iELL11W9s", "EBKOr72QQDcTBUuVzAzkfBTGew0ZA16GuWty64nS-sw"}
)

_RID = re.compile(r"([A-Za-z0-9_-]{1,24})(?:\.(\d{1,12}))?", re.ASCII)
_ALWAYS = 10**12  # later than any second a revocation may name


@dataclass(frozen=True, slots=True)
class ImportedShc(Imported):
    """As Imported, and beside the keys: the entries of `TrustList.revoked`, the key ids whose lists
    these are with the number (`ctr`) of each list, and from when the text says it is."""

    revoked: frozenset[str] = frozenset()
    lists: Mapping[str, int] = field(default_factory=dict)
    as_of_us: int | None = None


def from_jwks(text: str, source: str, issuer: str) -> ImportedShc:
    """Return the keys of an issuer's JWK set; ConfigError where no key counts, and always for a
    private key: it must not travel to gates."""
    if not ISSUER.fullmatch(issuer):
        raise ConfigError(f"{source}: an issuer is an https address without a slash at the end: {issuer!r}")
    entries = _object(text, source).get("keys")
    if not isinstance(entries, list):
        raise ConfigError(f"{source}: no JWK set: keys must be a list")
    if any(isinstance(entry, dict) and "d" in entry for entry in entries):
        raise ConfigError(f"{source}: a private key is in it; give the public ones only")
    keys, left_out = _keys(entries, issuer, source)
    if not keys:
        raise ConfigError(left_out or [f"{source}: no key in it"])
    return ImportedShc(keys, tuple(left_out))


def from_vci_snapshot(text: str, source: str) -> ImportedShc:
    """Return the keys, and the revocation lists where there are some, of every issuer in a snapshot of
    the VCI directory, and when it was made; ConfigError where no key counts."""
    found = _object(text, source)
    infos = found.get("issuerInfo")
    if not isinstance(infos, list):
        raise ConfigError(f"{source}: no snapshot of the VCI directory: issuerInfo must be a list")
    keys: dict[tuple[str, str], TrustKey] = {}
    left_out: list[str] = []
    revoked: set[str] = set()
    lists: dict[str, int] = {}
    for number, info in enumerate(infos, 1):
        where = f"{source}: issuer {number}"
        issuer = _issuer_of(info)
        if issuer is None or TEST_ISSUER.fullmatch(issuer):
            what = "no https address without a slash at the end" if issuer is None else "a test issuer"
            left_out.append(f"{where}: {what}")
            continue
        made, without = _keys(_list(info.get("keys")), issuer, f"{where} ({issuer})")
        keys.update({(issuer, key.key_id): key for key in made})
        left_out += without
        for entry in _list(info.get("crls")):
            try:
                read = _crl(entry, f"{where} ({issuer})")
            except ValueError as error:
                left_out.append(f"{where} ({issuer}): crl: {error}")
                continue
            revoked |= read.revoked
            lists |= read.lists
            left_out += read.left_out
    if not keys:
        raise ConfigError(left_out or [f"{source}: no key in it"])
    return ImportedShc(
        tuple(keys.values()), tuple(left_out), frozenset(revoked), lists, _time(found.get("time"))
    )


def from_crl(text: str, source: str) -> ImportedShc:
    """Return what an issuer's revocation list for one key withdraws; ConfigError for another text."""
    try:
        return _crl(_object(text, source), source)
    except ValueError as error:
        raise ConfigError(f"{source}: {error}") from error


def _keys(entries: list[object], issuer: str, where: str) -> tuple[tuple[TrustKey, ...], list[str]]:
    keys: dict[str, TrustKey] = {}
    left_out = []
    for number, entry in enumerate(entries, 1):
        try:
            key = _key(entry, issuer)
        except ValueError as error:
            left_out.append(f"{where}: key {number}: {error}{called(entry)}")
            continue
        keys[key.key_id] = key
    return tuple(keys.values()), left_out


def _key(entry: object, issuer: str) -> TrustKey:
    if not isinstance(entry, dict):
        raise ValueError("must be an object")
    for name, wanted in (("kty", "EC"), ("crv", "P-256"), ("alg", "ES256"), ("use", "sig")):
        if entry.get(name) != wanted:
            raise ValueError(f"{name} must be {wanted}")
    if "d" in entry:
        raise ValueError("its private half is published")
    x, y = from_base64url(entry.get("x")), from_base64url(entry.get("y"))
    if len(x) != 32 or len(y) != 32:
        raise ValueError("x and y have 32 bytes each")
    point = b"\x04" + x + y
    key_id = thumbprint(point)
    if entry.get("kid") != key_id:
        raise ValueError(f"kid must be the key's thumbprint {key_id}")
    test = TEST_ISSUER.fullmatch(issuer) is not None
    if key_id in PUBLISHED_KEYS and not test:
        raise ValueError("an example of the specification, whose private half is published")
    if "x5c" in entry:
        _check_certificates(entry["x5c"], point, issuer)
    return replace(es256_key(point, issuer, key_id), test=test)


def _check_certificates(value: object, point: bytes, issuer: str) -> None:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_CERTIFICATES:
        raise ValueError("x5c must be a list of certificates")
    chain = [_certificate(item) for item in value]
    try:
        public = chain[0].public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("the key of its certificate (x5c) cannot be read") from None
    if (
        not isinstance(public, ec.EllipticCurvePublicKey)
        or public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint) != point
    ):
        raise ValueError("its certificate (x5c) is that of another key")
    if issuer not in _named_by(chain[0]):
        raise ValueError("its certificate (x5c) does not name this issuer as a URI")
    for lower, upper in pairwise(chain):
        try:
            lower.verify_directly_issued_by(upper)
        except (InvalidSignature, TypeError, ValueError, UnsupportedAlgorithm):
            raise ValueError("its certificates (x5c) are no chain") from None


def _certificate(item: object) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(base64.b64decode(str(item), validate=True))
    except (ValueError, binascii.Error):
        raise ValueError("its certificate (x5c) cannot be read") from None


def _named_by(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return []
    return names.get_values_for_type(x509.UniformResourceIdentifier)


def _crl(found: object, where: str) -> ImportedShc:
    if not isinstance(found, dict):
        raise ValueError("a revocation list is an object")
    key_id, ctr, rids = found.get("kid"), found.get("ctr"), found.get("rids")
    if not isinstance(key_id, str) or not KEY_ID.fullmatch(key_id):
        raise ValueError("kid must be the thumbprint of a key")
    if found.get("method") != "rid":
        raise ValueError(f"the method must be rid, this is {found.get('method')!r}")
    if not isinstance(ctr, int) or isinstance(ctr, bool) or ctr < 0 or not isinstance(rids, list):
        raise ValueError("ctr must be a whole number and rids a list")
    widest: dict[str, int] = {}
    left_out = []
    for number, entry in enumerate(rids, 1):
        said = _RID.fullmatch(entry) if isinstance(entry, str) else None
        if said is None or not RID.fullmatch(said[1]):
            left_out.append(f"{where}: rid {number}: must be 1 to 24 of A-Z a-z 0-9 - _, perhaps .<second>")
            continue
        if said[1] in widest:
            left_out.append(f"{where}: rid {number}: {said[1]} is listed twice; the wider entry counts")
        before = _ALWAYS if said[2] is None else int(said[2])
        widest[said[1]] = max(before, widest.get(said[1], 0))
    revoked = frozenset(
        f"{key_id} {rid}" if before == _ALWAYS else f"{key_id} {rid}.{before}"
        for rid, before in widest.items()
    )
    return ImportedShc((), tuple(left_out), revoked, {key_id: ctr})


def _issuer_of(info: object) -> str | None:
    issuer = info.get("issuer") if isinstance(info, dict) else None
    name = issuer.get("iss") if isinstance(issuer, dict) else None
    return name if isinstance(name, str) and ISSUER.fullmatch(name) else None


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _time(value: object) -> int | None:
    try:
        return times.parse(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _object(text: str, source: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{source}: not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ConfigError(f"{source}: must be a JSON object")
    return found
