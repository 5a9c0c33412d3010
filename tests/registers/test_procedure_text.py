"""A procedure's text and its tables are the same thing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import procedures
from edge.registers.procedure_text import tables_of, text_of

WORDS = st.text(st.characters(codec="utf-8"), max_size=20)
KEYS = st.one_of(st.sampled_from(["step", "question", "title", "reason", "choices"]), WORDS)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(WORDS, st.booleans(), st.integers(-(2**53), 2**53)),
    lambda inside: st.one_of(st.lists(inside, max_size=3), st.dictionaries(KEYS, inside, max_size=3)),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_whatever_the_tables_hold_the_text_says_it_all(tables: dict[str, Any]) -> None:
    assert tables_of(text_of(tables)) == tables


@pytest.mark.parametrize("name", procedures.names([procedures.SHIPPED]))
def test_every_procedure_that_ships_survives_the_way_through_the_page(name: str) -> None:
    text = (procedures.SHIPPED / f"{name}.toml").read_text("utf-8")
    again = text_of(tables_of(text))
    assert tables_of(again) == tables_of(text)
    before, after = procedures.parse(name, text), procedures.parse(name, again)
    assert (after.steps, after.reasons, after.ordered) == (before.steps, before.reasons, before.ordered)
    assert text_of(tables_of(again)) == again
