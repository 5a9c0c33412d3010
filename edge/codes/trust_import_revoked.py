"""Turns lists of what was withdrawn into the entries of `TrustList.revoked`. Text in, values out.

- Plain text: one entry a line, as the trust list itself writes them; `#` begins a remark.
- A JSON list of such entries.
- hc1: a batch of the EU's revocation service, `{"hashType": "SIGNATURE" | "UCI" | "COUNTRYCODEUCI",
  "entries": [{"hash": base64}]}` (dgca-revocation-distribution-service), or a list of batches. A batch's
  own `country` and `kid` are not kept: a hash of 16 bytes says by itself which certificate is meant.
- shc: an issuer's revocation list for one key (`edge.codes.trust_import_shc`).

One entry that cannot be understood refuses the whole text: half a revocation list withdraws too little.
"""

import json

from edge.codes import base64_text
from edge.codes.trust import REVOKED
from edge.codes.trust_import import Imported
from edge.codes.trust_import_shc import from_crl
from edge.domain.errors import ConfigError
from edge.domain.model import Carrier

_HASH_TYPES = {"SIGNATURE": "signature", "UCI": "uci", "COUNTRYCODEUCI": "countrycodeuci"}


def from_revocations(text: str, source: str, carrier: Carrier) -> Imported:
    """Return what a text withdraws of one carrier's codes; ConfigError naming the first entry that is
    none, and for a carrier whose codes cannot be withdrawn singly."""
    if carrier not in REVOKED:
        raise ConfigError(f"{source}: codes of the kind {carrier} cannot be withdrawn singly")
    if text.lstrip()[:1] not in ("{", "["):
        lines = [line.partition("#")[0].strip() for line in text.splitlines()]
        return _checked(lines, source, carrier)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{source}: not JSON: {error}") from error
    if isinstance(found, dict) and carrier is Carrier.SHC:
        return from_crl(text, source)
    batches = found if isinstance(found, list) else [found]
    found_in = [entry for batch in batches for entry in _entries(batch, source, carrier)]
    return _checked(found_in, source, carrier)


def _entries(batch: object, source: str, carrier: Carrier) -> list[object]:
    match batch:
        case str():
            return [batch]
        case {"hashType": str(kind), "entries": list(hashes)} if carrier is Carrier.HC1:
            if kind not in _HASH_TYPES:
                raise ConfigError(f"{source}: hashType: must be one of {', '.join(_HASH_TYPES)}")
            return [f"{_HASH_TYPES[kind]}:{_hash(entry, source)}" for entry in hashes]
    raise ConfigError(f"{source}: neither entries nor a revocation list of {carrier}")


def _hash(entry: object, source: str) -> str:
    try:
        if isinstance(entry, dict) and isinstance(entry.get("hash"), str):
            return base64_text.decode(entry["hash"].encode(), url=False).hex()
    except ValueError as error:
        raise ConfigError(f"{source}: hash: {error}") from error
    raise ConfigError(f"{source}: an entry has a hash, base64")


def _checked(entries: list[object] | list[str], source: str, carrier: Carrier) -> Imported:
    found = []
    for number, entry in enumerate(entries, 1):
        if entry == "":
            continue
        if not isinstance(entry, str) or not REVOKED[carrier].fullmatch(entry):
            raise ConfigError(f"{source}: entry {number} is nothing that is withdrawn of {carrier}")
        found.append(entry)
    return Imported((), revoked=frozenset(found))
