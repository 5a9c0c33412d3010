"""What an identity card's reader hands over: fields of a person, not a code.

Pure: bytes in, fields out, never an exception. Nothing of it may be kept but as answers to questions
the procedure asks, and those are sealed.
"""

import json
import unicodedata
from typing import Any

SYMBOLOGY = "IDCard"
FIELDS = ("name", "id_number", "birth_date", "sex", "address")
_MAX_TEXT = 200
# Rare characters of real names stand in the private area (Co) or are newer than this Python's tables
# (Cn): both are no less text for that, though `isprintable` refuses them.
_NO_TEXT = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def fields(payload: bytes) -> tuple[tuple[str, str], ...]:
    """Return (field, text) pairs in the order of FIELDS; empty for a card that could not be read."""
    content = _content(payload)
    return tuple((name, content[name]) for name in FIELDS if _is_text(content.get(name)))


def unread(payload: bytes) -> str:
    """Return why a card gave no fields, where the reader knows: `layout` for one of another kind."""
    content = _content(payload)
    return "layout" if content.get("unread") is True and "layout" in content else ""


def _content(payload: bytes) -> dict[str, Any]:
    try:
        content = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _is_text(found: object) -> bool:
    return (
        isinstance(found, str)
        and 0 < len(found) <= _MAX_TEXT
        and not any(unicodedata.category(sign) in _NO_TEXT for sign in found)
    )
