"""Look-up tokens: finding a passage by a name, phone or document number that only its seal holds.

A token is the first 8 bytes of an HMAC under a key derived from the row's own seal key, so that it
means nothing once that key is destroyed. Pure functions; never store or log the values.
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Iterable

from edge.journal.seal import derive

TOKEN_BYTES = 8
_TAIL = 4


def normalise(value: str) -> str:
    """Return the form in which values are compared: NFKC, no space around, upper case."""
    return unicodedata.normalize("NFKC", value).strip().upper()


def tokens_of(key: bytes, values: Iterable[str]) -> bytes | None:
    """Return the tokens of all values side by side (8 bytes each, sorted), or None without any.

    Each value gives one for the whole of it and, where its last four characters hold a digit
    (phones, document numbers, plates), one for those four.
    """
    secret = derive(key, "tokens")
    found: set[bytes] = set()
    for value in map(normalise, values):
        if not value:
            continue
        found.add(_token(secret, "whole", value))
        if len(value) > _TAIL and any(sign.isdigit() for sign in value[-_TAIL:]):
            found.add(_token(secret, "tail", value[-_TAIL:]))
    return b"".join(sorted(found)) or None


def needles(key: bytes, value: str) -> tuple[bytes, bytes]:
    """Return the tokens to look for: the whole value, and the value as somebody's last four."""
    secret = derive(key, "tokens")
    value = normalise(value)
    whole = _token(secret, "whole", value)
    return whole, _token(secret, "tail", value) if len(value) == _TAIL else whole


def _token(secret: bytes, what: str, value: str) -> bytes:
    return hmac.digest(secret, f"{what} {value}".encode(), hashlib.sha256)[:TOKEN_BYTES]
