"""Base32, CBOR and times: strict, total, and equal to what others read."""

import base64
import math
from datetime import UTC, datetime, timedelta, timezone

import cbor2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.codes import base32, cbor, times
from edge.codes.cbor import CborError, Tagged


@given(st.binary(max_size=300))
def test_base32_is_the_standards_without_padding(data: bytes) -> None:
    letters = base32.encode(data)
    assert letters == base64.b32encode(data).rstrip(b"=")
    assert base32.decode(letters) == data


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", max_size=40).map(str.encode) | st.binary(max_size=40))
def test_base32_has_one_text_for_one_value(letters: bytes) -> None:
    try:
        data = base32.decode(letters)
    except ValueError:
        return
    assert base32.encode(data) == letters


@pytest.mark.parametrize(
    "letters", [b"A", b"AAA", b"AAAAAA", b"aa", b"AA======", b"A1", b"A8", b"A ", b"AB", b"AAAB", b"\xff\xff"]
)
def test_base32_refuses_what_is_never_written(letters: bytes) -> None:
    with pytest.raises(ValueError, match=r"base32|length|bits"):
        base32.decode(letters)


leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.text(max_size=30)
    | st.binary(max_size=30)
    | st.floats(allow_nan=False)
)
keys = st.integers(-(2**64), 2**64 - 1) | st.text(max_size=8)
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(keys, inner, max_size=6),
    max_leaves=40,
)


def depth_of(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max((depth_of(inner) for inner in value.values()), default=1)
    if isinstance(value, list):
        return 1 + max((depth_of(inner) for inner in value), default=0)
    return 0


@settings(max_examples=50)
@given(trees.filter(lambda tree: depth_of(tree) < cbor.MAX_DEPTH))
@example([1.5, -0.0, math.inf, 65504.0, 100000.0, 1.1])
def test_cbor_reads_what_another_library_writes(value: object) -> None:
    assert cbor.loads(cbor2.dumps(value)) == value
    assert cbor.loads(cbor2.dumps(value, canonical=True)) == value


@given(st.binary(max_size=60))
@example(b"\x1b\x00\x00\x00\x00\x00\x00\x00\x01")
@example(b"\xf9\x7e\x00")
def test_cbor_takes_nothing_that_another_library_reads_otherwise(data: bytes) -> None:
    try:
        value = cbor.loads(data)
    except CborError:
        return
    if not _has_tag(value):
        assert _same(value, cbor2.loads(data))


def _has_tag(value: object) -> bool:
    if isinstance(value, dict):
        return any(_has_tag(inner) for inner in value.values())
    if isinstance(value, list):
        return any(_has_tag(inner) for inner in value)
    return isinstance(value, Tagged)


def _same(one: object, other: object) -> bool:
    if isinstance(one, float) and math.isnan(one):
        return isinstance(other, float) and math.isnan(other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and one == other


def test_cbor_keeps_tags_as_they_are() -> None:
    assert cbor.loads(b"\xd2\x80") == Tagged(18, [])
    assert cbor.loads(b"\xc1\x1a\x00\x00\x00\x01") == Tagged(1, 1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\x00",
        b"\x18",
        b"\x42\x00",
        b"\x61\xff",
        b"\x82\x00",
        b"\xa1\x00",
        b"\xa2\x00\x00\x00\x00",
        b"\xa1\x40\x00",
        b"\xa1\xf5\x00",
        b"\xa1\xf6\x00",
        b"\xa1\x80\x00",
        b"\x9f\xff",
        b"\x5f\xff",
        b"\x1c",
        b"\xf7",
        b"\xe0",
        b"\xf8\xff",
        b"\xff",
    ],
)
def test_cbor_refuses_what_no_code_needs(data: bytes) -> None:
    with pytest.raises(CborError):
        cbor.loads(data)


def test_cbor_stops_at_the_depth_and_item_limits() -> None:
    deepest = b"\x81" * cbor.MAX_DEPTH + b"\x00"
    assert cbor.loads(deepest) is not None
    with pytest.raises(CborError):
        cbor.loads(b"\x81" + deepest)
    assert cbor.loads(cbor2.dumps([0] * (cbor.MAX_ITEMS - 1))) == [0] * (cbor.MAX_ITEMS - 1)
    with pytest.raises(CborError):
        cbor.loads(cbor2.dumps([0] * cbor.MAX_ITEMS))


@given(
    st.binary(max_size=300) | st.sampled_from([bytes(23), bytes(24), bytes(255), bytes(256), bytes(65536)])
)
def test_cbor_strings_are_written_as_another_library_writes_them(data: bytes) -> None:
    assert cbor.byte_string(data) == cbor2.dumps(data)
    assert cbor.text_string(data.hex()) == cbor2.dumps(data.hex())


moments = st.datetimes(
    datetime(1000, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))]),
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(moments)
def test_times_are_read_as_the_standard_library_writes_them(moment: datetime) -> None:
    at_us = (moment - EPOCH) // timedelta(microseconds=1)
    assert times.parse(moment.isoformat()) == at_us
    assert times.parse(times.text(at_us)) == at_us


@pytest.mark.parametrize(
    ("text", "at_us"),
    [
        ("1970-01-01", 0),
        ("1970-01-01T00:00", 0),
        ("1970-01-01 00:00:01", 1_000_000),
        ("1970-01-01T08:00:00+08:00", 0),
        ("1970-01-01T08:00:00+0800", 0),
        ("1969-12-31T16:00:00-08:00", 0),
        ("1970-01-01t00:00:00.5z", 500_000),
        ("1970-01-01T00:00:00.123456789Z", 123_456),
        ("1970-01-01T00:00:00.000000999Z", 0),
    ],
)
def test_times_in_every_allowed_writing(text: str, at_us: int) -> None:
    assert times.parse(text) == at_us


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2022",
        "2022-01-01T",
        "2022-13-01",
        "2022-02-30",
        "2022-01-01T25:00:00Z",
        "2022-01-01T00:00:00+24:00",
        "2022-01-01T00:00:00.Z",
        "2022-01-01T00:00:00.1234567890Z",
        "now",
        "1640995200",
        "２０２２-01-01",
        "0000-01-01",
    ],
)
def test_other_writings_of_times_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        times.parse(text)


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_a_value_error(text: str) -> None:
    try:
        times.parse(text)
    except ValueError:
        return
    assert text.strip()[4] == "-"
