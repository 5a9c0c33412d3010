"""Base64 with or without padding, and canonical JSON: one text for one value."""

import json
from base64 import b64encode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import base64_text, canonical_json
from edge.codes.canonical_json import MAX_INTEGER, canonical
from edge.codes.jws import MAX_JSON_DEPTH, MAX_JSON_ITEMS
from tests.codes.samples import counted_calls


@given(st.binary(max_size=200))
def test_base64_comes_back_with_and_without_padding(data: bytes) -> None:
    for text, url in ((b64encode(data), False), (urlsafe_b64encode(data), True)):
        assert base64_text.decode(text, url=url) == data
        assert base64_text.decode(text.rstrip(b"="), url=url) == data


@given(st.binary(max_size=20) | st.text("ABCDwxyz0189+/-_=", max_size=20).map(str.encode), st.booleans())
def test_base64_has_one_text_for_one_value_but_for_the_padding(text: bytes, url: bool) -> None:
    try:
        data = base64_text.decode(text, url=url)
    except ValueError:
        return
    encode = urlsafe_b64encode if url else b64encode
    assert text in (encode(data), encode(data).rstrip(b"="))


@pytest.mark.parametrize(
    "text", [b"A", b"AAA==", b"AA=", b"AB==", b"AAB", b"AA=A", b"A A=", b"AAAA\n", b"===="]
)
def test_base64_refuses_what_is_never_written(text: bytes) -> None:
    for url in (True, False):
        with pytest.raises(ValueError, match=r"base64|padding|bits"):
            base64_text.decode(text, url=url)


def test_each_alphabet_refuses_the_others_letters() -> None:
    assert base64_text.decode(b"-_-_", url=True) == base64_text.decode(b"+/+/", url=False)
    for text, url in ((b"-_-_", False), (b"+/+/", True)):
        with pytest.raises(ValueError, match="alphabet"):
            base64_text.decode(text, url=url)


def test_names_are_sorted_by_their_utf_16_units() -> None:
    # RFC 8785, 3.2.3: the smiley begins with a surrogate and so comes before U+FB33.
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    found = json.loads(canonical(dict.fromkeys(names)))
    assert list(found) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_texts_are_escaped_as_ecmascript_does() -> None:
    text = '\u20ac$\x0f\nA\'B"\\\\"/\b\t\f\r\x7f\u2028</'
    expected = '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/\\b\\t\\f\\r\x7f\u2028</"'
    assert canonical(text) == expected.encode()


def test_there_is_no_white_space_and_nothing_is_left_out() -> None:
    value: dict[str, object] = {"b": [1, -2, 0, None, True, False, [], {}], "a": ""}
    assert canonical(value) == b'{"a":"","b":[1,-2,0,null,true,false,[],{}]}'


values = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=30,
)


@given(values)
def test_canonical_text_is_of_the_same_value_and_of_itself(value: object) -> None:
    text = canonical(value)
    assert json.loads(text) == value
    assert canonical(json.loads(text)) == text


@pytest.mark.parametrize(
    "value",
    [1.0, 0.5, float("nan"), float("inf"), MAX_INTEGER + 1, -MAX_INTEGER - 1, b"x", {1: 2}, {"a": ()}],
)
def test_what_has_no_agreed_text_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"number|name"):
        canonical(value)


def test_half_a_character_is_refused() -> None:
    for value in ("\ud800", {"\udc00": 1}):
        with pytest.raises(ValueError, match="surrogates"):
            canonical(value)


def test_depth_and_count_are_capped() -> None:
    deep: object = 0
    for _ in range(MAX_JSON_DEPTH):
        deep = [deep]
    assert canonical(deep) == b"[" * MAX_JSON_DEPTH + b"0" + b"]" * MAX_JSON_DEPTH
    with pytest.raises(ValueError, match="too deep"):
        canonical([deep])
    with counted_calls(canonical_json._Writer.pieces) as count, pytest.raises(ValueError, match="too many"):
        canonical([0] * (3 * MAX_JSON_ITEMS))
    assert count == [MAX_JSON_ITEMS + 1]
