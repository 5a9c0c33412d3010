"""What a card reader hands over: fields, whatever the bytes."""

import json

from hypothesis import given
from hypothesis import strategies as st

from edge.codes import id_card


def test_fields_come_in_a_fixed_order_and_unknown_ones_do_not_come() -> None:
    payload = json.dumps({"sex": "女", "name": "李四", "photo": "x", "id_number": 5}).encode()
    assert id_card.fields(payload) == (("name", "李四"), ("sex", "女"))


def test_a_card_of_another_layout_has_no_fields() -> None:
    assert id_card.fields(b'{"layout":"I","unread":true}') == ()


@given(
    st.binary(max_size=200)
    | st.recursive(st.text() | st.integers(), st.lists).map(lambda v: json.dumps(v).encode())
)
def test_any_bytes_give_fields_or_none(payload: bytes) -> None:
    assert all(name in id_card.FIELDS and text for name, text in id_card.fields(payload))
