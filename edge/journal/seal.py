"""Sealing: AES-256-GCM over the personal fields of one row, and over the keys themselves.

Pure functions over bytes. The associated data binds a sealed part to its place (incarnation,
sequence, key number), so that moving it elsewhere or renumbering its key is found by opening it.
"""

import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = b"\x01"


def new_key() -> bytes:
    """Return a fresh random key (32 bytes)."""
    return secrets.token_bytes(KEY_BYTES)


def seal(key: bytes, plain: bytes, *, incarnation: str, seq: int, key_id: int) -> bytes:
    """Return format byte, nonce and ciphertext with its tag."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _FORMAT + nonce + AESGCM(key).encrypt(nonce, plain, _place(incarnation, seq, key_id))


def unseal(key: bytes, sealed: bytes, *, incarnation: str, seq: int, key_id: int) -> bytes | None:
    """Return what was sealed, or None when key, place or bytes do not belong together."""
    if sealed[:1] != _FORMAT:
        return None
    nonce, cipher = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    return _open(key, nonce, cipher, _place(incarnation, seq, key_id))


def wrap(master: bytes, key: bytes, *, key_id: int, scope: str) -> bytes:
    """Return `key` encrypted under the master key, bound to its number and scope."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _FORMAT + nonce + AESGCM(master).encrypt(nonce, key, _label(key_id, scope))


def unwrap(master: bytes, wrapped: bytes, *, key_id: int, scope: str) -> bytes | None:
    """Return the key, or None when it was wrapped under another master or label."""
    nonce, cipher = wrapped[1 : 1 + _NONCE_BYTES], wrapped[1 + _NONCE_BYTES :]
    return _open(master, nonce, cipher, _label(key_id, scope))


def derive(master: bytes, purpose: str) -> bytes:
    """Return a key for one purpose (32 bytes), from which `master` cannot be found."""
    return hmac.digest(master, f"gatepost {purpose}".encode(), "sha256")


def _open(key: bytes, nonce: bytes, cipher: bytes, bound: bytes) -> bytes | None:
    try:
        return AESGCM(key).decrypt(nonce, cipher, bound)
    except (InvalidTag, ValueError):
        return None


def _place(incarnation: str, seq: int, key_id: int) -> bytes:
    return f"gatepost row {incarnation} {seq} {key_id}".encode()


def _label(key_id: int, scope: str) -> bytes:
    return f"gatepost key {key_id} {scope}".encode()
