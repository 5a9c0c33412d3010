"""Reads the part of CBOR (RFC 8949) that signed codes use, with bounded work.

A general decoder turns tags into dates, decimals, patterns and shared references, which a code from
a stranger should not be able to ask for. This one knows integers, byte and text strings, arrays,
maps with integer or text keys, tags, floats, true, false and null, all of definite length; it
refuses double keys, trailing bytes, deep nesting and more items than any code has. Where a format
is written by many countries' software, `lenient` takes indefinite lengths and `undefined` as well:
the same values in another writing, under the same limits.
"""

import struct
from dataclasses import dataclass

# The deepest and largest of the public EU certificates has 6 levels and 86 items.
MAX_DEPTH = 12
MAX_ITEMS = 512

_FLOATS = {25: ("!e", 2), 26: ("!f", 4), 27: ("!d", 8)}
_SIMPLE = {20: False, 21: True, 22: None}
_UNDEFINED = 23
_INDEFINITE = 31
_BREAK = 0xFF


class CborError(ValueError):
    """Bytes that are not CBOR, or CBOR that no code needs."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """A value behind a tag."""

    tag: int
    value: object


def loads(data: bytes, *, lenient: bool = False) -> object:
    """Return the one value `data` holds; CborError for everything else."""
    reader = _Reader(data, lenient=lenient)
    value = reader.item(0)
    if reader.at != len(data):
        raise CborError("bytes behind the value")
    return value


def byte_string(data: bytes) -> bytes:
    """Return the CBOR byte string of `data` in its shortest form."""
    return _head(2, len(data)) + data


def text_string(text: str) -> bytes:
    """Return the CBOR text string of `text` in its shortest form."""
    data = text.encode()
    return _head(3, len(data)) + data


def _head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes([major << 5 | argument])
    size = 1 if argument < 1 << 8 else 2 if argument < 1 << 16 else 4
    return bytes([major << 5 | 23 + size.bit_length()]) + argument.to_bytes(size, "big")


class _Reader:
    def __init__(self, data: bytes, *, lenient: bool = False) -> None:
        self.data = data
        self.lenient = lenient
        self.at = 0
        self.items = 0

    def item(self, depth: int) -> object:
        self.items += 1
        if depth > MAX_DEPTH or self.items > MAX_ITEMS:
            raise CborError("nested too deep or too many items")
        first = self._take(1)[0]
        major, info = first >> 5, first & 31
        if major == 7:
            return self._simple(info)
        if info == _INDEFINITE and self.lenient and 2 <= major <= 5:
            return self._indefinite(major, depth)
        argument = self._argument(info)
        if major < 2:
            return argument if major == 0 else -1 - argument
        if major < 4:
            return self._take(argument) if major == 2 else self._text(argument)
        if major < 6:
            return self._array(argument, depth) if major == 4 else self._map(argument, depth)
        return Tagged(argument, self.item(depth + 1))

    def _take(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self.data):
            raise CborError("cut off")
        piece = self.data[self.at : end]
        self.at = end
        return piece

    def _argument(self, info: int) -> int:
        if info < 24:
            return info
        if info > 27:
            raise CborError("indefinite or reserved length")
        return int.from_bytes(self._take(1 << info - 24), "big")

    def _simple(self, info: int) -> object:
        if info in _SIMPLE:
            return _SIMPLE[info]
        if info == _UNDEFINED and self.lenient:
            return None
        if info not in _FLOATS:
            raise CborError("a simple value no code uses")
        layout, size = _FLOATS[info]
        (value,) = struct.unpack(layout, self._take(size))
        return float(value)

    def _text(self, count: int) -> str:
        try:
            return self._take(count).decode()
        except UnicodeDecodeError as error:
            raise CborError("text that is not UTF-8") from error

    def _array(self, count: int, depth: int) -> list[object]:
        # A count beyond the bytes or the item limit ends in CborError at the first item too many.
        return [self.item(depth + 1) for _ in range(count)]

    def _map(self, count: int, depth: int) -> dict[int | str, object]:
        found: dict[int | str, object] = {}
        for _ in range(count):
            self._entry(found, depth)
        return found

    def _entry(self, found: dict[int | str, object], depth: int) -> None:
        key = self.item(depth + 1)
        if not isinstance(key, int | str) or isinstance(key, bool):
            raise CborError("a key that is neither number nor text")
        if key in found:
            raise CborError("the same key twice")
        found[key] = self.item(depth + 1)

    def _indefinite(self, major: int, depth: int) -> object:
        if major < 4:
            return self._joined(major)
        if major == 4:
            values = []
            while not self._broken_off():
                values.append(self.item(depth + 1))
            return values
        found: dict[int | str, object] = {}
        while not self._broken_off():
            self._entry(found, depth)
        return found

    def _joined(self, major: int) -> bytes | str:
        pieces = []
        while not self._broken_off():
            self.items += 1
            first = self._take(1)[0]
            # RFC 8949, 3.2.3: only definite pieces of the same kind, each text whole in itself.
            if first >> 5 != major or self.items > MAX_ITEMS:
                raise CborError("a string of strange or too many pieces")
            count = self._argument(first & 31)
            pieces.append(self._take(count) if major == 2 else self._text(count).encode())
        joined = b"".join(pieces)
        return joined if major == 2 else joined.decode()

    def _broken_off(self) -> bool:
        if self._take(1)[0] == _BREAK:
            return True
        self.at -= 1
        return False
