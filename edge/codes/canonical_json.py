"""The canonical JSON of RFC 8785, over which VDS-NC signs: one text for one value.

Keys are sorted by their UTF-16 code units, texts escaped as ECMAScript does. Of numbers only whole ones
that a double holds exactly are written: no real VDS-NC carries another, and the shortest text of a
fraction is where writers disagree. A value with a fraction is refused, never rounded.
"""

import json

from edge.codes.jws import MAX_JSON_DEPTH, MAX_JSON_ITEMS

MAX_INTEGER = (1 << 53) - 1


def canonical(value: object) -> bytes:
    """Return the canonical text of a JSON value; ValueError where it has none here."""
    return "".join(_Writer().pieces(value, 0)).encode()


class _Writer:
    def __init__(self) -> None:
        self.items = 0

    def pieces(self, value: object, depth: int) -> list[str]:
        self.items += 1
        if depth > MAX_JSON_DEPTH or self.items > MAX_JSON_ITEMS:
            raise ValueError("nested too deep or too many values")
        if isinstance(value, dict):
            return self._object(value, depth)
        if isinstance(value, list):
            return ["[", *_joined([self.pieces(item, depth + 1) for item in value]), "]"]
        return [_scalar(value)]

    def _object(self, value: dict[object, object], depth: int) -> list[str]:
        names = [name for name in value if isinstance(name, str)]
        if len(names) != len(value):
            raise ValueError("a name that is no text")
        members = []
        for name in sorted(names, key=_utf16):
            members.append([_scalar(name), ":", *self.pieces(value[name], depth + 1)])
        return ["{", *_joined(members), "}"]


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-be")


def _joined(parts: list[list[str]]) -> list[str]:
    pieces: list[str] = []
    for number, part in enumerate(parts):
        if number:
            pieces.append(",")
        pieces += part
    return pieces


def _scalar(value: object) -> str:
    if isinstance(value, str):
        # Python escapes the same characters the same way; half a character fails when it is encoded.
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int) and abs(value) <= MAX_INTEGER:
        return str(value)
    raise ValueError("a number with a fraction, or one too large")
