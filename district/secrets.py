"""Tokens and passwords: made here, shown once, kept as hashes."""

import hashlib
import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

_HASHER = PasswordHasher()
_ONE_AT_A_TIME = threading.Lock()  # each check takes 64 MB; a flood of log-ins must not take them all
# Without letters and digits that people confuse when they read a password from a screen.
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


def new_token() -> str:
    """Return a token for a program: 256 random bits as text."""
    return secrets.token_urlsafe(32)


def new_password() -> str:
    """Return a password for a person: 75 random bits in three groups."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(3))


def token_hash(token: str) -> bytes:
    """Return what is kept of a token. A plain hash is enough for 256 random bits."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def password_hash(password: str) -> str:
    """Return what is kept of a password (Argon2id)."""
    with _ONE_AT_A_TIME:
        return _HASHER.hash(password)


def password_fits(kept: str, password: str) -> bool:
    """Say whether this is the password."""
    with _ONE_AT_A_TIME:
        try:
            return _HASHER.verify(kept, password)
        except (Argon2Error, InvalidHashError):
            return False
