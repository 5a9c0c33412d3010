"""Canonical JSON and the hash chain: what gate and district must compute alike, for ever.

Standard library only, no I/O. Changing a byte here breaks every chain ever written.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

# Asked of every value of every row: what is none of these is looked at more closely.
_PLAIN = frozenset({str, int, bool, type(None)})
_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
)
ZERO_SEAL = hashlib.sha256(b"").digest()


def canonical(value: Mapping[str, Any]) -> str:
    """Return the one JSON text of a body: sorted keys, no spaces, UTF-8, integers only.

    Raises ValueError for a float (including NaN): two readers could print it differently.
    """
    _refuse_floats(value)
    return _ENCODER.encode(value)


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise ValueError(f"a journal body holds integers only, not {value!r}")
    if isinstance(value, Mapping):
        for inner in value.values():
            if type(inner) not in _PLAIN:
                _refuse_floats(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            if type(inner) not in _PLAIN:
                _refuse_floats(inner)


def genesis(incarnation: str) -> bytes:
    """Return the hash that stands before the first row of an incarnation (32 bytes)."""
    return hashlib.sha256(b"gatepost journal " + incarnation.encode()).digest()


def chain_hash(
    previous: bytes,
    *,
    seq: int,
    boot: int,
    mono_us: int,
    at_us: int,
    clock: str,
    kind: str,
    lane: str | None,
    body: str,
    sealed_sha256: bytes = ZERO_SEAL,
) -> bytes:
    """Return the hash of one row (32 bytes): SHA-256 over the previous hash, each column with its
    length in front (4 bytes, big endian; numbers as decimal text, an absent lane as empty text),
    and the SHA-256 of the sealed part. Over the ciphertext, so that checking needs no key."""
    digest = hashlib.sha256(previous)
    for column in (str(seq), str(boot), str(mono_us), str(at_us), clock, kind, lane or "", body):
        data = column.encode()
        digest.update(len(data).to_bytes(4, "big"))
        digest.update(data)
    digest.update(sealed_sha256)
    return digest.digest()
