"""The picture of a day: every person in one step of the scale, and the marks where they stood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.screened import Range
from edge.web.histogram import HEIGHT, WIDTH, histogram

ranges = st.none() | st.lists(st.integers(-9_000, 9_000), min_size=3, max_size=3).map(
    lambda three: Range(*sorted(three))
)
offs = st.lists(st.tuples(st.integers(-9_000, 9_000), st.booleans()), max_size=80)


@given(offs, ranges, ranges)
def test_everybody_stands_in_one_step_and_everything_inside_the_picture(
    who: list[tuple[int, bool]], refers: Range | None, line: Range | None
) -> None:
    found = histogram(who, refers, line)
    for off, alarm in who:
        at = [one for one in found.bins if _holds(one.low_mdegc, one.high_mdegc, off)]
        assert len(at) == 1
        assert (at[0].alarms if alarm else at[0].quiet) > 0
    assert sum(one.quiet + one.alarms for one in found.bins) == len(who)
    assert sum(one.alarms for one in found.bins) == sum(alarm for _, alarm in who)
    for bar in found.bars:
        assert found.left <= bar.x <= bar.x + bar.width <= WIDTH
        assert found.top - 2 <= bar.y <= bar.y + bar.height <= HEIGHT
    for mark in found.marks:
        assert found.left <= mark.left <= mark.x <= mark.left + mark.width + 0.2 <= WIDTH + 0.2
    assert {bar.step for bar in found.bars} == {
        index for index, one in enumerate(found.bins) if one.quiet + one.alarms
    }


def _holds(low: int | None, high: int | None, off: int) -> bool:
    return (low is None or off >= low) and (high is None or off < high)


@pytest.mark.parametrize(("middle", "width"), [(700, 200), (2_500, 400)])
def test_where_people_differ_widely_the_steps_are_wide(middle: int, width: int) -> None:
    found = histogram([(0, False)], Range(middle, middle, middle), None)
    steps = {
        one.high_mdegc - one.low_mdegc
        for one in found.bins
        if one.high_mdegc is not None and one.low_mdegc is not None
    }
    assert steps == {width}


def test_a_mark_stands_between_the_bars_it_divides() -> None:
    found = histogram([(590, False), (610, True)], Range(600, 600, 600), None)
    (mark,) = found.marks
    quiet, alarm = found.bars
    assert quiet.x + quiet.width <= mark.x <= alarm.x
    zero = next(x for x, off in found.degrees if off == 0)
    assert zero < quiet.x
