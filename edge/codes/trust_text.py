"""The JSON text of a trust list, the same in the gate's folder and on its way from the district."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace

from edge.codes import times
from edge.codes.trust import (
    ALGORITHMS,
    REVOKED,
    Algorithm,
    TrustKey,
    TrustList,
    base64url,
    ed25519_key,
    es256_key,
    from_base64url,
    ps256_key,
    x509_key,
)
from edge.domain.errors import ConfigError
from edge.domain.model import Carrier

MAX_NAME = 200
MAX_PARTS = 60_000
MAX_FAULTS = 20

_LIST_KEYS = {"carrier", "as_of", "keys", "revoked", "version"}
_KEY_KEYS = {"issuer", "key_id", "algorithm", "public", "test", "purposes", "from", "until"}
_PURPOSE = re.compile(r"[a-z]{1,24}", re.ASCII)
_OURS = (Carrier.GATEPOST_PASS, Carrier.GATEPOST_VENUE)


def parse_list(text: str, source: str) -> TrustList:
    """Return the trust list a JSON text holds; ConfigError with every fault, each naming `source`."""
    # Nothing else bounds what a text of a few megabytes unfolds to.
    if text.count("{") + text.count("[") > MAX_PARTS:
        raise ConfigError(f"{source}: more entries than any trust list has")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{source}: not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ConfigError(f"{source}: a trust list is a JSON object")
    faults: list[str] = [f"unknown field {name!r}" for name in sorted(found.keys() - _LIST_KEYS)]
    carrier = _carrier(found.get("carrier"), faults)
    as_of_us = _time(found.get("as_of"), "as_of", faults)
    entries = found.get("keys")
    if not isinstance(entries, list):
        faults.append("keys: must be a list")
        entries = []
    keys = []
    for number, entry in enumerate(entries, 1):
        keys.append(_key(number, entry, carrier, faults))
        if len(faults) > MAX_FAULTS:
            faults.append("keys: and more; the rest was not looked at")
            break
    revoked = _revoked(found.get("revoked", []), carrier, faults)
    version = found.get("version")
    if version is not None and (not isinstance(version, int) or isinstance(version, bool) or version < 0):
        faults.append("version: must be a whole number")
    if faults or carrier is None:
        raise ConfigError([f"{source}: {fault}" for fault in faults])
    try:
        return TrustList(carrier, tuple(key for key in keys if key), as_of_us, revoked, version)
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
    if entry.version is not None:
        found["version"] = entry.version
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _key_fields(key: TrustKey) -> dict[str, object]:
    fields: dict[str, object] = {
        "issuer": key.issuer,
        "key_id": key.key_id,
        "algorithm": str(key.algorithm),
        "public": base64url(key.public),
    }
    if key.test:
        fields["test"] = True
    if key.purposes:
        fields["purposes"] = sorted(key.purposes)
    bounds = {"from": key.from_us, "until": key.until_us}
    return fields | {name: times.text(at_us) for name, at_us in bounds.items() if at_us is not None}


def _carrier(value: object, faults: list[str]) -> Carrier | None:
    known = [str(carrier) for carrier in ALGORITHMS]
    if value in known:
        return Carrier(str(value))
    faults.append(f"carrier: must be one of {', '.join(known)}")
    return None


def _time(value: object, name: str, faults: list[str]) -> int | None:
    if value is None:
        return None
    try:
        return times.parse(value if isinstance(value, str) else "")
    except ValueError:
        faults.append(f"{name}: must be a time like 2022-01-01T00:00:00Z")
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
    # They stand in the record of every passage, and have to be written again.
    if not all(0 < len(text) <= MAX_NAME and text.isprintable() for text in (issuer, key_id)):
        faults.append(f"{where}: issuer and key_id: 1 to {MAX_NAME} printable characters")
        return None
    purposes = entry.get("purposes", [])
    if not isinstance(purposes, list) or not all(
        isinstance(p, str) and _PURPOSE.fullmatch(p) for p in purposes
    ):
        faults.append(f"{where}: purposes: must be a list of words")
        return None
    from_us = _time(entry.get("from"), f"{where}: from", faults)
    until_us = _time(entry.get("until"), f"{where}: until", faults)
    try:
        made = _made_key(entry, carrier, issuer, key_id)
    except ValueError as error:
        faults.append(f"{where}: {error}")
        return None
    return replace(
        made, test=made.test or test, purposes=frozenset(purposes), from_us=from_us, until_us=until_us
    )


def _made_key(entry: Mapping[str, object], carrier: Carrier | None, issuer: str, key_id: str) -> TrustKey:
    algorithm = entry.get("algorithm")
    allowed = sorted(ALGORITHMS[carrier] if carrier is not None else Algorithm)
    if algorithm not in allowed:
        raise ValueError(f"algorithm: must be {' or '.join(allowed)}")
    public = from_base64url(entry.get("public"))
    match algorithm:
        case Algorithm.ES256:
            return es256_key(public, issuer, key_id)
        case Algorithm.PS256:
            return ps256_key(public, issuer, key_id)
        case Algorithm.X509:
            return x509_key(public, issuer, key_id)
    ours = ed25519_key(public, issuer)
    if carrier in _OURS and ours.key_id != key_id:
        raise ValueError(f"key_id: this key's id is {ours.key_id}")
    return replace(ours, key_id=key_id)


def _revoked(value: object, carrier: Carrier | None, faults: list[str]) -> frozenset[str]:
    patterns = [pattern for of, pattern in REVOKED.items() if carrier in (None, of)]
    if not isinstance(value, list) or (value and not patterns):
        faults.append("revoked: must be a list, and an empty one where nothing can be withdrawn singly")
        return frozenset()
    for entry in value:
        if not isinstance(entry, str) or not any(pattern.fullmatch(entry) for pattern in patterns):
            faults.append(f"revoked: {_SAYS.get(carrier, 'must be a list of what is withdrawn')}")
            return frozenset()
    return frozenset(value)


_SAYS: Mapping[Carrier | None, str] = {
    Carrier.HC1: "must be a list of signature:, uci: or countrycodeuci: and 32 to 64 hexadecimal digits",
    Carrier.VDS_NC: "must be a list of certificate:<country>:<serial number, hexadecimal>",
    Carrier.SHC: "must be a list of `<key id> <rid>`, perhaps with .<second> behind",
    Carrier.GATEPOST_PASS: "must be a list of pass ids, 16 lower-case hexadecimal digits each",
    Carrier.GATEPOST_VENUE: "must be a list of pass ids, 16 lower-case hexadecimal digits each",
}
