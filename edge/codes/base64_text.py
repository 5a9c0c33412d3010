"""Base64 and base64url of RFC 4648, strict but for the padding, which writers of codes leave away or not.

Padding is right or not there at all, the unused last bits are zero: apart from it, one text for one
value.
"""

import base64
import binascii
import re

_PLAIN = re.compile(rb"[A-Za-z0-9+/]*+(={0,2})")
_URL = re.compile(rb"[A-Za-z0-9_-]*+(={0,2})")


def decode(text: bytes, *, url: bool) -> bytes:
    """Return the bytes of a base64 text (`url`: of base64url); ValueError for anything else."""
    found = (_URL if url else _PLAIN).fullmatch(text)
    if found is None:
        raise ValueError("a character outside the base64 alphabet")
    letters = text[: found.start(1)]
    padding = b"=" * (-len(letters) % 4)
    if found[1] not in (b"", padding):
        raise ValueError("padding of the wrong length")
    altchars = b"-_" if url else b"+/"
    try:
        data = base64.b64decode(letters + padding, altchars)
    except binascii.Error as error:
        raise ValueError("no base64 text has this length") from error
    if base64.b64encode(data, altchars) != letters + padding:
        raise ValueError("the unused last bits are not zero")
    return data
