"""Base45: the standard's examples, one text for one value, and nothing cut off."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.codes import base45

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
texts = st.text(ALPHABET, max_size=40).map(str.encode)


@pytest.mark.parametrize(
    ("data", "letters"),
    [
        (b"AB", b"BB8"),
        (b"Hello!!", b"%69 VD92EX0"),
        (b"base-45", b"UJCLQE7W581"),
        (b"ietf!", b"QED8WEX0"),
        (b"", b""),
        (b"\xff\xff", b"FGW"),
        (b"\xff", b"U5"),
    ],
)
def test_the_examples_of_the_standard(data: bytes, letters: bytes) -> None:
    assert base45.encode(data) == letters
    assert base45.decode(letters) == data


@given(st.binary(max_size=300))
def test_what_was_written_is_read(data: bytes) -> None:
    assert base45.decode(base45.encode(data)) == data


@given(texts | st.binary(max_size=40))
@example(b"GGW")
@example(b"V5")
def test_one_text_for_one_value(letters: bytes) -> None:
    try:
        data = base45.decode(letters)
    except ValueError:
        return
    assert base45.encode(data) == letters


@pytest.mark.parametrize(
    "letters", [b"A", b"BB8A", b"bb8", b"BB8\n", b"BB_", b"GGW", b":::", b"V5", b"::", b"\xff00"]
)
def test_what_is_never_written_is_refused(letters: bytes) -> None:
    with pytest.raises(ValueError, match=r"base45|stand for"):
        base45.decode(letters)


@given(st.binary(max_size=60), st.integers(1, 7))
def test_blanks_behind_a_text_are_an_error_and_not_trimmed(data: bytes, count: int) -> None:
    with pytest.raises(ValueError, match=r"base45|stand for"):
        base45.decode(base45.encode(data) + b" " * count)


@given(st.binary(min_size=1, max_size=60))
def test_a_blank_in_front_is_another_text(data: bytes) -> None:
    try:
        assert base45.decode(b" " + base45.encode(data)) != data
    except ValueError:
        return
