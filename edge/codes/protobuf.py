"""Reads the fields of one protobuf message, with bounded work and without a schema compiler.

Encoding: protobuf.dev/programming-guides/encoding. Each field number comes with its values in the
order they were written; what they mean is for the format. Groups are refused (nobody writes them any
more), and so are field numbers, lengths and counts that no code has.
"""

from collections import defaultdict

# The published venue code has 14 fields in 4 messages.
MAX_FIELDS = 64
_MAX_VARINT_BYTES = 10
_MAX_FIELD_NUMBER = (1 << 29) - 1
_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5

Message = dict[int, list[int | bytes]]


class ProtobufError(ValueError):
    """Bytes that are no message, or one that no code needs."""


def read_message(data: bytes) -> Message:
    """Return the values of a message by field number: varints as unsigned numbers, everything else as
    its bytes. ProtobufError where the bytes are none."""
    fields: Message = defaultdict(list)
    at = count = 0
    while at < len(data):
        count += 1
        if count > MAX_FIELDS:
            raise ProtobufError("more fields than any code has")
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if not 0 < number <= _MAX_FIELD_NUMBER:
            raise ProtobufError("a field number that does not exist")
        if kind == _VARINT:
            value, at = _varint(data, at)
            fields[number].append(value)
            continue
        size, at = _size(kind, data, at)
        if size > len(data) - at:
            raise ProtobufError("cut off")
        fields[number].append(data[at : at + size])
        at += size
    return dict(fields)


def number(message: Message, field: int) -> int:
    """Return a number, 0 where it is not written (the default of protobuf's third version)."""
    value = message.get(field, [0])[-1]
    if not isinstance(value, int):
        raise ProtobufError("bytes where a number is expected")
    return value


def some_bytes(message: Message, field: int) -> bytes:
    """Return a byte string or an inner message, b"" where it is not written."""
    value = message.get(field, [b""])[-1]
    if not isinstance(value, bytes):
        raise ProtobufError("a number where bytes are expected")
    return value


def text(message: Message, field: int) -> str:
    """Return a text, "" where it is not written."""
    try:
        return some_bytes(message, field).decode()
    except UnicodeDecodeError as error:
        raise ProtobufError("text that is not UTF-8") from error


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place, byte in enumerate(data[at : at + _MAX_VARINT_BYTES]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            if value >> 64:
                raise ProtobufError("a number of more than 64 bits")
            return value, at + place + 1
    raise ProtobufError("a number that does not end")


def _size(kind: int, data: bytes, at: int) -> tuple[int, int]:
    if kind == _LENGTH:
        return _varint(data, at)
    if kind in (_EIGHT_BYTES, _FOUR_BYTES):
        return (8 if kind == _EIGHT_BYTES else 4), at
    raise ProtobufError("a group, or a wire type that does not exist")
