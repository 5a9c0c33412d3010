"""Bytes to text: what people wrote comes back, and nothing raises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.text import decode_text, text_of


@pytest.mark.parametrize("text", ["plain", "张三,观音桥", "a\x00b", "<b>&amp;</b>", "𠮷野家", ""])
def test_utf8_is_read_as_utf8(text: str) -> None:
    assert decode_text(text.encode()) == text


@pytest.mark.parametrize("text", ["居民通行证", "李四 𠮷", "温度 36.5℃"])
def test_gb18030_is_read_where_it_is_no_utf8(text: str) -> None:
    assert decode_text(text.encode("gb18030")) == text


@pytest.mark.parametrize("payload", [b"\xff\xfe\x00", b"\x81", b"\x80\x80"])
def test_what_is_no_text_is_none_and_shown_in_hexadecimal(payload: bytes) -> None:
    assert decode_text(payload) is None
    assert text_of(payload) == payload.hex()


@given(st.binary(max_size=200))
def test_no_bytes_raise(payload: bytes) -> None:
    text = decode_text(payload)
    assert text is None or isinstance(text, str)
    assert isinstance(text_of(payload), str)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_text_comes_back_from_utf8(text: str) -> None:
    assert decode_text(text.encode()) == text
