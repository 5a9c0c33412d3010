"""The small protobuf reader: what is written comes back, and nothing costs more than its bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import protobuf
from edge.codes.protobuf import MAX_FIELDS, ProtobufError, read_message
from tests.codes.samples import counted_calls


def varint(value: int) -> bytes:
    made = bytearray()
    while value >= 0x80:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*made, value])


def field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


fields = st.tuples(
    st.integers(1, (1 << 29) - 1) | st.integers(1, 4),
    st.integers(0, (1 << 64) - 1) | st.binary(max_size=20),
)


@given(st.lists(fields, max_size=20))
def test_what_is_written_is_read_in_its_order(written: list[tuple[int, int | bytes]]) -> None:
    expected: dict[int, list[int | bytes]] = {}
    for number, value in written:
        expected.setdefault(number, []).append(value)
    assert read_message(b"".join(field(*entry) for entry in written)) == expected


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_refused(data: bytes) -> None:
    try:
        message = read_message(data)
    except ProtobufError:
        return
    assert sum(len(values) for values in message.values()) <= MAX_FIELDS


def test_numbers_of_four_and_eight_bytes_are_passed_over_as_bytes() -> None:
    data = varint(1 << 3 | 5) + b"abcd" + varint(2 << 3 | 1) + b"12345678" + field(3, 7)
    assert read_message(data) == {1: [b"abcd"], 2: [b"12345678"], 3: [7]}


@pytest.mark.parametrize(
    "data",
    [
        b"\x80",
        b"\x08",
        b"\x08" + b"\xff" * 9 + b"\x02",
        b"\x08" + b"\x80" * 10 + b"\x00",
        b"\x08" + b"\xff" * 5000,
        b"\x00\x00",
        varint(1 << 32) + b"\x00",
        b"\x0b\x0c",
        b"\x0c",
        b"\x0e\x00",
        b"\x0f\x00",
        b"\x0a\x05abcd",
        b"\x0a" + varint((1 << 64) - 1),
        b"\x09abcdefg",
        b"\x0dabc",
    ],
    ids=[
        "half a tag",
        "no value",
        "beyond 64 bits",
        "eleven bytes",
        "no end",
        "field 0",
        "field beyond 29 bits",
        "group",
        "end of group",
        "wire type 6",
        "wire type 7",
        "length beyond the end",
        "greatest length",
        "seven of eight bytes",
        "three of four bytes",
    ],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(ProtobufError):
        read_message(data)


def test_the_longest_number_is_read() -> None:
    assert read_message(b"\x08" + varint((1 << 64) - 1)) == {1: [(1 << 64) - 1]}


def test_more_fields_than_any_code_has_are_not_read() -> None:
    assert len(read_message(field(1, 0) * MAX_FIELDS)[1]) == MAX_FIELDS
    with counted_calls(protobuf._varint) as count, pytest.raises(ProtobufError, match="more fields"):
        read_message(field(1, 0) * 10_000)
    assert count == [2 * MAX_FIELDS]


def test_the_last_of_several_values_counts_and_a_missing_one_is_zero() -> None:
    message = read_message(field(1, 3) + field(1, 4) + field(2, b"a") + field(2, b"b"))
    assert (protobuf.number(message, 1), protobuf.text(message, 2)) == (4, "b")
    assert (protobuf.number(message, 9), protobuf.text(message, 9)) == (0, "")


def test_a_value_of_the_other_kind_is_refused() -> None:
    message = read_message(field(1, 3) + field(2, b"\xff"))
    with pytest.raises(ProtobufError, match="number where bytes"):
        protobuf.some_bytes(message, 1)
    with pytest.raises(ProtobufError, match="bytes where a number"):
        protobuf.number(message, 2)
    with pytest.raises(ProtobufError, match="UTF-8"):
        protobuf.text(message, 2)
