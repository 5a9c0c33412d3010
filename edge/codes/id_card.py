"""What an identity card's reader hands over: fields of a person, not a code.

Pure: bytes in, fields out, never an exception. Nothing of it may be kept but as answers to questions
the procedure asks, and those are sealed.
"""

import json

SYMBOLOGY = "IDCard"
FIELDS = ("name", "id_number", "birth_date", "sex", "address")
_MAX_TEXT = 200


def fields(payload: bytes) -> tuple[tuple[str, str], ...]:
    """Return (field, text) pairs in the order of FIELDS; empty for a card that could not be read."""
    try:
        content = json.loads(payload)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(content, dict):
        return ()
    found = []
    for name in FIELDS:
        text = content.get(name)
        if isinstance(text, str) and 0 < len(text) <= _MAX_TEXT and text.isprintable():
            found.append((name, text))
    return tuple(found)
