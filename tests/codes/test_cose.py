"""The signed envelope: what would be signed, where headers may stand, and nothing else."""

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import cbor
from edge.codes.cose import ALG, CWT, KID, SIGN1, Sign1, open_sign1, read_cbor
from edge.codes.outcome import Refusal
from edge.domain.model import CodeVerdict
from tests.codes.samples import counted_calls

ALL_TAGS = ((), (SIGN1,), (CWT, SIGN1))
HEAD = cbor2.dumps({1: -7, 4: b"key"})


def envelope(*parts: object, tags: tuple[int, ...] = (18,)) -> bytes:
    value: object = list(parts)
    for tag in reversed(tags):
        value = cbor2.CBORTag(tag, value)
    return cbor2.dumps(value)


def opened(data: bytes, *, lenient: bool = False) -> Sign1 | Refusal:
    try:
        return open_sign1(data, ALL_TAGS, lenient=lenient)
    except Refusal as refusal:
        return refusal


def reason_of(data: bytes) -> str:
    with pytest.raises(Refusal) as caught:
        open_sign1(data, ALL_TAGS, lenient=True)
    assert caught.value.verdict is CodeVerdict.INVALID
    return caught.value.reason


@given(st.binary(max_size=40), st.binary(max_size=80), st.sampled_from(ALL_TAGS))
def test_the_message_is_what_the_standard_has_signed(
    body: bytes, signature: bytes, tags: tuple[int, ...]
) -> None:
    found = open_sign1(envelope(HEAD, {}, body, signature, tags=tags), ALL_TAGS)
    assert found.message == cbor2.dumps(["Signature1", HEAD, b"", body])
    assert (found.body, found.signature) == (body, signature)
    assert (found.header(ALG), found.header(KID)) == (-7, b"key")


@pytest.mark.parametrize("head", [b"", b"\xa0", b"\xbf\xff"])
def test_no_protected_headers_count_as_no_bytes_however_they_are_written(head: bytes) -> None:
    found = open_sign1(envelope(head, {1: -7}, b"body", b"s"), ALL_TAGS, lenient=True)
    assert found.message == cbor2.dumps(["Signature1", b"", b"", b"body"])
    assert found.header(ALG) == -7


def test_a_protected_header_is_never_overruled() -> None:
    found = open_sign1(envelope(HEAD, {1: -37, 4: b"other", 5: 1}, b"", b""), ALL_TAGS)
    assert (found.header(ALG), found.header(KID), found.header(5), found.header(6)) == (-7, b"key", 1, None)
    nothing = cbor2.dumps({4: None})
    assert open_sign1(envelope(nothing, {4: b"other"}, b"", b""), ALL_TAGS).header(KID) is None


@pytest.mark.parametrize(
    "tags", [(17,), (61,), (98,), (18, 18), (18, 61), (61, 61, 18), (61, 18, 18), (55799, 18)]
)
def test_other_tags_are_refused(tags: tuple[int, ...]) -> None:
    assert reason_of(envelope(HEAD, {}, b"", b"", tags=tags)) == "structure"


def test_a_format_says_which_tags_it_takes() -> None:
    with pytest.raises(Refusal):
        open_sign1(envelope(HEAD, {}, b"", b"", tags=()), ((SIGN1,),))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "structure"),
        (cbor2.dumps(1), "structure"),
        (cbor2.dumps({}), "structure"),
        (envelope(), "structure"),
        (envelope(HEAD, {}, b""), "structure"),
        (envelope(HEAD, {}, b"", b"", b""), "structure"),
        (envelope("", {}, b"", b""), "structure"),
        (envelope({}, {}, b"", b""), "structure"),
        (envelope(HEAD, [], b"", b""), "structure"),
        (envelope(HEAD, {}, None, b""), "structure"),
        (envelope(HEAD, {}, b"", "s"), "structure"),
        (envelope(b"\xff", {}, b"", b""), "structure"),
        (envelope(b"\x80", {}, b"", b""), "header"),
        (envelope(b"\x00", {}, b"", b""), "header"),
        (envelope(cbor2.dumps({1: -7, 2: [9]}), {}, b"", b""), "header"),
        (envelope(HEAD, {2: [9]}, b"", b""), "header"),
        (envelope(HEAD, {}, b"", b"") + b"\x00", "structure"),
    ],
)
def test_other_shapes_are_refused(data: bytes, reason: str) -> None:
    assert reason_of(data) == reason


@given(st.binary(max_size=120), st.booleans())
def test_any_bytes_are_an_envelope_or_refused(data: bytes, lenient: bool) -> None:
    found = opened(data, lenient=lenient)
    assert isinstance(found, Sign1) or found.verdict is CodeVerdict.INVALID


trees = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats()
    | st.decimals(allow_nan=False, places=3)
    | st.text(max_size=8)
    | st.binary(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.integers(0, 9) | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=16,
)


@given(trees, trees, trees, trees)
def test_any_parts_are_an_envelope_or_refused(
    head: object, free: object, body: object, signature: object
) -> None:
    found = opened(envelope(cbor2.dumps(head), free, body, signature))
    if isinstance(found, Refusal):
        assert found.verdict is CodeVerdict.INVALID
    else:
        assert found.unprotected == free
        assert (found.body, found.signature) == (body, signature)


def endless(value: object) -> bytes:
    """Return CBOR with every length left open."""
    if isinstance(value, list):
        return b"\x9f" + b"".join(map(endless, value)) + b"\xff"
    if isinstance(value, dict):
        return b"\xbf" + b"".join(endless(key) + endless(inner) for key, inner in value.items()) + b"\xff"
    if isinstance(value, bytes):
        return b"\x5f" + b"".join(cbor2.dumps(value[at : at + 2]) for at in range(0, len(value), 2)) + b"\xff"
    if isinstance(value, str):
        return b"\x7f" + b"".join(cbor2.dumps(letter) for letter in value) + b"\xff"
    return cbor2.dumps(value)


open_trees = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.text(max_size=6)
    | st.binary(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.integers(-(2**64), 2**64 - 1) | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=15,
)


@given(open_trees)
def test_lengths_left_open_mean_the_same_value(value: object) -> None:
    data = endless(value)
    assert cbor2.loads(data) == value
    assert read_cbor(data, lenient=True) == value
    if data != cbor2.dumps(value):
        with pytest.raises(Refusal):
            read_cbor(data)


@given(st.binary(max_size=60))
def test_lenient_reading_takes_nothing_that_another_library_reads_otherwise(data: bytes) -> None:
    try:
        value = cbor.loads(data, lenient=True)
    except cbor.CborError:
        return
    if "Tagged(" not in repr(value) and "nan" not in repr(value):
        assert repr(value) == repr(_undefined_is_none(cbor2.loads(data)))


def _undefined_is_none(value: object) -> object:
    if isinstance(value, list):
        return [_undefined_is_none(item) for item in value]
    if isinstance(value, dict):
        return {key: _undefined_is_none(item) for key, item in value.items()}
    return None if value is cbor2.undefined else value


@pytest.mark.parametrize(
    "data",
    [
        b"\x9f",
        b"\xbf\x00\xff",
        b"\xbf\x00",
        b"\xbf\x00\x00\x00\x00\xff",
        b"\x5f\x61a\xff",
        b"\x7f\x41a\xff",
        b"\x5f\x5f\xff\xff",
        b"\x7f\x61\xc3\x61\xa4\xff",
        b"\x5f\x00\xff",
        b"\xff",
        b"\x82\x00\xff",
        b"\xdf\x00",
        b"\x1f",
        b"\x3f",
        b"\xf8\xff",
    ],
)
def test_lengths_left_open_have_their_rules(data: bytes) -> None:
    with pytest.raises(cbor.CborError):
        cbor.loads(data, lenient=True)


def test_undefined_is_nothing_where_a_format_is_lenient() -> None:
    assert cbor.loads(b"\xa1\x61t\xf7", lenient=True) == {"t": None}


@pytest.mark.parametrize(
    "bomb",
    [
        b"\x9f" * 5000,
        b"\xbf\x00" * 2500,
        b"\x9f" + b"\x00" * 60_000 + b"\xff",
        b"\x5f" + b"\x40" * 60_000 + b"\xff",
        b"\x7f" + b"\x61a" * 30_000 + b"\xff",
        b"\x9f" + b"\x5f\xff" * 30_000 + b"\xff",
    ],
    ids=lambda bomb: bomb[:4].hex(),
)
def test_lengths_left_open_are_no_way_around_the_limits(bomb: bytes) -> None:
    counts = []
    for step in (cbor._Reader.item, cbor._Reader._argument):
        with counted_calls(step) as count, pytest.raises(cbor.CborError):
            cbor.loads(bomb, lenient=True)
        counts += count
    assert 1 <= max(counts) <= cbor.MAX_ITEMS + 1
