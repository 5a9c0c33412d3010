"""How a home is written and meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.registers import homes

NAME = st.text("0123456789AB", min_size=1, max_size=3)


@pytest.mark.parametrize(
    ("told", "parts"),
    [
        ("3-1-502", ("3", "1", "502")),
        ("3栋1单元502室", ("3", "1", "502")),
        ("３号楼１单元５０２", ("3", "1", "502")),
        ("3栋1-502", ("3", "1", "502")),
        ("3-502", ("3", "", "502")),
        ("3－502", ("3", "", "502")),
        ("502", ("", "", "502")),
        ("1单元502", ("", "1", "502")),
        ("", ("", "", "")),
        ("室", ("", "", "")),
    ],
)
def test_a_home_written_in_one_is_told_apart(told: str, parts: homes.Parts) -> None:
    assert homes.parts_told(told) == parts


@pytest.mark.parametrize(
    ("told", "fits"),
    [
        ("3-1-502", True),
        ("3-502", True),
        ("502", True),
        ("3-2-502", False),
        ("1-502", False),
        ("3-503", False),
    ],
)
def test_what_is_left_out_contradicts_nothing(told: str, fits: bool) -> None:
    own = homes.parts_of({"building": "3栋", "unit": "1", "room": "502室"})
    assert homes.same(homes.parts_told(told), own) is fits


@given(building=NAME, unit=st.one_of(st.just(""), NAME), room=NAME, leaves_out=st.booleans())
def test_a_listed_home_is_found_with_and_without_its_unit(
    building: str, unit: str, room: str, leaves_out: bool
) -> None:
    kept = {
        ("home", homes.home_of(building, unit, room)),
        ("home_short", homes.short_of(building, unit, room)),
    }
    said = (building, "" if leaves_out else unit, room)
    told = homes.parts_told("-".join(part for part in said if part))
    assert kept.intersection(homes.ways(told))


@given(text=st.text(max_size=20))
def test_any_text_has_parts_that_do_not_differ_from_themselves(text: str) -> None:
    parts = homes.parts_told(text)
    assert not homes.differ(parts, parts)
