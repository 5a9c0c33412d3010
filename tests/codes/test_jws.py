"""The compact JWS and the strict JSON that health cards and venue codes share."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import jws
from edge.codes.jws import JsonTooLarge, JwsError, open_jws, read_json
from edge.codes.trust import base64url

HEADER = b'{"alg":"ES256","kid":"3"}'


def compact(header: bytes = HEADER, payload: bytes = b"{}", signature: bytes = bytes(64)) -> bytes:
    return b".".join(base64url(part).encode() for part in (header, payload, signature))


def reason_of(text: bytes) -> str:
    with pytest.raises(JwsError) as caught:
        open_jws(text)
    return str(caught.value.reason)


def test_the_parts_come_out_as_they_went_in() -> None:
    text = compact(payload=b"anything", signature=bytes(range(64)))
    found = open_jws(text)
    assert found.header == {"alg": "ES256", "kid": "3"}
    assert (found.payload, found.signature) == (b"anything", bytes(range(64)))
    assert found.signing_input == text.rpartition(b".")[0]


def test_an_error_is_a_value_error_with_its_reason() -> None:
    with pytest.raises(ValueError, match="three parts"):
        open_jws(b"e30")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "structure"),
        (b"..", "header"),
        (compact() + b".", "structure"),
        (compact() + b".e30", "structure"),
        (compact() + b"=", "encoding"),
        (compact() + b" ", "encoding"),
        (b"\n" + compact(), "encoding"),
        (compact().replace(b".", b".\n", 1), "encoding"),
        (compact(payload=b"??>>").replace(b"Pz8-Pg", b"Pz8+Pg"), "encoding"),
        (compact()[:-1] + b"B", "encoding"),  # the same bytes in a second writing
        (compact().decode().replace("A", "\uff21").encode(), "encoding"),
        (compact(header=b"e30"), "header"),
        (compact(header=b"[]"), "header"),
        (compact(header=b"{}"), "header"),
        (compact(header=b'{"kid":"3"}'), "header"),
        (compact(header=b'{"alg":"ES256","crit":["exp"]}'), "header"),
        (compact(header=b'{"alg":"ES256","alg":"none"}'), "header"),
        (compact(header=b'\xef\xbb\xbf{"alg":"ES256"}'), "header"),
        (compact(header=b'{"alg":"none"}'), "algorithm"),
        (compact(header=b'{"alg":"es256"}'), "algorithm"),
        (compact(header=b'{"alg":["ES256"]}'), "algorithm"),
        (compact(header=b'{"alg":"none"}', signature=b""), "algorithm"),
        (compact(signature=b""), "signature"),
        (compact(signature=bytes(63)), "signature"),
        (compact(signature=bytes(70)), "signature"),
        (compact(signature=bytes(96)), "signature"),
        (compact(payload=bytes(7000)), "too_long"),
    ],
)
def test_what_is_no_compact_jws_signed_es256_is_refused_for_its_reason(text: bytes, reason: str) -> None:
    assert reason_of(text) == reason


@given(st.binary(max_size=200) | st.from_regex(rb"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*"))
def test_whatever_the_bytes_only_a_jws_error_comes_out(text: bytes) -> None:
    with pytest.raises(JwsError):
        open_jws(text)


@given(st.integers(0, len(compact()) - 1), st.integers(0, 255))
def test_no_other_letter_reads_as_the_same_jws(at: int, letter: int) -> None:
    text = compact()
    changed = text[:at] + bytes([letter]) + text[at + 1 :]
    try:
        found = open_jws(changed)
    except JwsError:
        return
    assert (changed == text) == (found == open_jws(text))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=9), inner, max_size=5),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_json_is_read_as_any_other_reader_reads_it(value: object, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert read_json(text) == value


@given(
    st.binary(max_size=120) | st.text(alphabet='{}[]",:0129.eE-\\u dtrufalsn', max_size=60).map(str.encode)
)
def test_whatever_the_bytes_they_are_json_or_a_value_error(data: bytes) -> None:
    try:
        found = read_json(data)
    except ValueError:
        return
    assert found == json.loads(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b'{"a":1}{}',
        b'{"a":1,"a":2}',
        b'[{"b":{"a":1,"a":1}}]',
        b"[NaN]",
        b"[-Infinity]",
        b"[" + b"1" * 21 + b"]",
        b'["\\ud800"]',
        b'{"\\udfff":1}',
        b'["a\nb"]',
        b"{'a':1}",
        b"[1,]",
    ],
)
def test_json_that_some_readers_forgive_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each fails in its own words
        read_json(data)


def test_a_whole_character_in_two_halves_is_read() -> None:
    assert read_json(b'"\\ud83d\\ude37"') == "\U0001f637"


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def test_depth_and_values_are_capped_before_anything_is_parsed() -> None:
    assert read_json(nested(jws.MAX_JSON_DEPTH)) is not None
    many = b"[" + b"1," * (jws.MAX_JSON_ITEMS - 2) + b"1]"
    assert len(list(read_json(many) or [])) == jws.MAX_JSON_ITEMS - 1  # type: ignore[call-overload]
    for data in (
        nested(jws.MAX_JSON_DEPTH + 1),
        b"[" + many[1:-1] + b",1,1]",
        b"[" * 60_000,
        b'{"a":' * 9000,
    ):
        with pytest.raises(JsonTooLarge):
            read_json(data)


def test_a_text_that_never_ends_is_looked_through_once() -> None:
    for data in (b'"' + b'\\"' * 2_000_000, b'["' + b'a\\"' * 1_000_000 + b"\\", b'"' * 2_000_001):
        with pytest.raises(ValueError):  # noqa: PT011 - in minutes where each quote begins a new search
            read_json(data)


def test_brackets_inside_of_texts_are_no_levels() -> None:
    text = json.dumps(["[{,\\" * 5000, '"[[[['])
    assert read_json(text.encode()) == json.loads(text)
