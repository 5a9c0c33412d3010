"""Look-up tokens: finding a passage by a name, phone or document number that only its seal holds.

A passage's token is the first 8 bytes of an HMAC under a key derived from the row's own seal key, so that it
means nothing once that key is destroyed. An entry's, of which there are ten times as many, is a keyed BLAKE2b
of 8 bytes under the one key that registers are looked up by, and is deleted with the entry's key. Pure
functions; never store or log the values.
"""

import hmac
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b

from edge.journal.seal import derive

TOKEN_BYTES = 8
_TAIL = 4
_COMPACT = frozenset({"phone", "id_number", "plate", "pass_id"})
_ABROAD = re.compile(r"^(?:00)?86(?=1[0-9]{10}$)")  # a mobile, as it is dialled from abroad


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


def fits(value: str, wanted: str) -> bool:
    """Say whether a token of a value would be found by what is looked for."""
    value, wanted = normalise(value), normalise(wanted)
    tail = len(wanted) == _TAIL < len(value) and any(sign.isdigit() for sign in wanted)
    return value == wanted or (tail and value.endswith(wanted))


def entry_tokens(secret: bytes, fields: Mapping[str, str], names: Iterable[str]) -> bytes | None:
    """Return what an entry of a register is found by, side by side: a token for each field of these names,
    and one for its last four signs where those tell people apart, or None without any. `secret` is the one
    for looking up."""
    found: set[bytes] = set()
    for name in names:
        value = compared(name, fields.get(name, ""))
        if not value:
            continue
        found.add(_entry_token(secret, name, value))
        if name in _COMPACT and len(value) > _TAIL:
            found.add(_entry_token(secret, f"{name}_tail", value[-_TAIL:]))
    return b"".join(sorted(found)) or None


def entry_token(secret: bytes, name: str, value: str) -> bytes:
    """Return the token of one field of an entry; `name` may end in `_tail`, for the last four signs."""
    return _entry_token(secret, name, compared(name, value))


@lru_cache(maxsize=1024)
def compared(name: str, value: str) -> str:
    """Return the form in which a field of a register is compared: numbers without what people put in between
    (`138 0013 8000`, `渝A·12345`)."""
    value = value.strip().upper() if value.isascii() else normalise(value)
    if name.removesuffix("_tail") in _COMPACT:
        value = value if value.isalnum() else "".join(filter(str.isalnum, value))
        return _ABROAD.sub("", value) if name == "phone" else value
    return " ".join(value.split())


def _token(secret: bytes, what: str, value: str) -> bytes:
    return hmac.digest(secret, f"{what} {value}".encode(), "sha256")[:TOKEN_BYTES]


def _entry_token(secret: bytes, what: str, value: str) -> bytes:
    # Keyed by construction and one call: an import makes close to a million of them.
    return blake2b(f"{what} {value}".encode(), digest_size=TOKEN_BYTES, key=secret).digest()
