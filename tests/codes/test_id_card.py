"""What a card reader hands over: fields, whatever the bytes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import id_card


def test_fields_come_in_a_fixed_order_and_unknown_ones_do_not_come() -> None:
    payload = json.dumps({"sex": "女", "name": "李四", "photo": "x", "id_number": 5}).encode()
    assert id_card.fields(payload) == (("name", "李四"), ("sex", "女"))


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b'{"layout":"I","unread":true}', "layout"),
        (b'{"unread":true}', ""),
        (b'{"layout":"I"}', ""),
        (b'["unread", "layout"]', ""),
        (b"nonsense", ""),
    ],
)
def test_a_card_that_was_not_read_has_no_fields_and_maybe_a_reason(payload: bytes, why: str) -> None:
    assert id_card.fields(payload) == ()
    assert id_card.unread(payload) == why


def test_a_name_with_a_rare_character_is_a_name() -> None:
    # The private area holds characters that Unicode came to later; U+31350 is newer than some tables.
    for name in ("王\ue863", "王\U00031350", "阿卜杜拉·买买提"):
        assert id_card.fields(json.dumps({"name": name}).encode()) == (("name", name),)


@pytest.mark.parametrize("text", ["", "x" * 201, "a\nb", "a\x00", "\u202eb", "\ud800", "\u2028"])
def test_what_would_break_a_line_or_a_file_is_no_text(text: str) -> None:
    assert id_card.fields(json.dumps({"name": text, "sex": "male"}).encode()) == (("sex", "male"),)


values = st.text(max_size=10) | st.integers() | st.lists(st.none(), max_size=2)


@given(
    st.binary(max_size=200)
    | st.dictionaries(st.sampled_from([*id_card.FIELDS, "unread", "layout"]), values).map(
        lambda found: json.dumps(found).encode()
    )
)
def test_any_bytes_give_fields_that_can_be_written_down_or_none(payload: bytes) -> None:
    for name, text in id_card.fields(payload):
        assert name in id_card.FIELDS
        assert text.encode("utf-8")
        assert text.splitlines() == [text]
    assert id_card.unread(payload) in ("", "layout")
