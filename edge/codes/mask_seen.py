"""What a camera's model says of a mask: a line of its own among the codes, not a code.

Pure: bytes in, never an exception. No picture ever comes with it.
"""

import json
import re
from dataclasses import dataclass

SYMBOLOGY = "Mask"
SEEN = ("masked", "bare", "unsure")
_MODEL = re.compile(r"[0-9a-f]{16}", re.ASCII)
_MOST = 1 << 63
_MOST_PICTURES = 1000


@dataclass(frozen=True, slots=True)
class MaskTold:
    """Of whom (a passage's number), what was seen, how surely a mask is worn in thousandths, by how many
    pictures, and by which model: the first 16 digits of its SHA-256."""

    passage: int
    seen: str
    score: int
    pictures: int
    model: str


def read(payload: bytes) -> MaskTold | None:
    """Return what the line says, None where it is none of ours."""
    try:
        told = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    seen, model = told.get("seen"), told.get("model")
    if seen not in SEEN or not isinstance(model, str) or not _MODEL.fullmatch(model):
        return None
    passage = _number(told.get("passage"), _MOST)
    score, pictures = _number(told.get("score"), 1000), _number(told.get("pictures"), _MOST_PICTURES)
    if passage is None or score is None or pictures is None:
        return None
    return MaskTold(passage, seen, score, pictures, model)


def _number(found: object, most: int) -> int | None:
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= most else None
