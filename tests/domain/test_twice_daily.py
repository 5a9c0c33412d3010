"""双测温: who has which of a day's two measurements, and who is missing."""

import random
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.domain.errors import FormError
from edge.domain.model import ScreeningVerdict
from edge.domain.twice_daily import MINUTES, Day, Half, Taken, Windows, checked, days, local_day, missing

SHANGHAI = 8 * 60


def shanghai(_at_us: int) -> int:
    return SHANGHAI


DAY = date(2020, 2, 14)
WINDOWS = Windows()
NORMAL, OVER = ScreeningVerdict.NORMAL, ScreeningVerdict.OVER


def at(hour: int, minute: int = 0, *, day: date = DAY, offset: int = SHANGHAI) -> int:
    """Return microseconds UTC of a local time."""
    zone = timezone(timedelta(minutes=offset))
    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
    return int(moment.timestamp()) * 1_000_000


def one(person: str = "li", hour: int = 8, verdict: ScreeningVerdict = NORMAL) -> Taken:
    return Taken(person, at(hour), verdict)


def of(*taken: Taken, people: tuple[str, ...] = ("li",), windows: Windows = WINDOWS) -> Day:
    return days(people, taken, DAY, windows, shanghai)[0]


def test_a_passage_in_the_morning_is_one_of_the_two() -> None:
    row = of(one(hour=8))
    assert row.morning is not None
    assert row.missing == (Half.AFTERNOON,)


def test_two_in_one_half_day_are_not_two_of_the_day() -> None:
    assert of(one(hour=8), one(hour=11)).missing == (Half.AFTERNOON,)


@pytest.mark.parametrize(
    "verdict", [v for v in ScreeningVerdict if v not in (ScreeningVerdict.NORMAL, ScreeningVerdict.OVER)]
)
def test_what_is_not_measured_or_not_decided_does_not_serve(verdict: ScreeningVerdict) -> None:
    assert of(one(verdict=verdict)).missing == (Half.MORNING, Half.AFTERNOON)


def test_what_was_taken_by_a_clock_not_believed_belongs_to_no_day() -> None:
    undated = Taken("li", at(8), NORMAL, dated=False)
    assert Half.MORNING in of(undated).missing


def test_over_the_threshold_serves_and_stands_before_an_earlier_one_that_was_not() -> None:
    row = of(one(hour=7), one(hour=9, verdict=OVER), one(hour=10))
    assert row.morning == one(hour=9, verdict=OVER)
    assert row.over
    assert not of(one(hour=7)).over


def test_whoever_is_not_registered_does_not_appear_and_everybody_else_does_in_order() -> None:
    table = days(("wang", "li"), [one("stranger"), one("li")], DAY, WINDOWS, shanghai)
    assert [row.person for row in table] == ["wang", "li"]
    assert table[0].missing == (Half.MORNING, Half.AFTERNOON)


def test_nobody_is_missing_while_the_window_is_open() -> None:
    table = days(("wang", "li"), [one("li")], DAY, WINDOWS, shanghai)
    assert missing(table, WINDOWS, 11 * 60) == {}
    assert missing(table, WINDOWS, 12 * 60) == {Half.MORNING: ("wang",)}
    assert missing(table, WINDOWS) == {Half.MORNING: ("wang",), Half.AFTERNOON: ("wang", "li")}


def test_the_day_is_the_local_one() -> None:
    # Half past six in Shanghai is the evening before by UTC.
    early = Taken("li", int(datetime(2020, 2, 13, 22, 30, tzinfo=UTC).timestamp()) * 1_000_000, NORMAL)
    assert of(early).morning == early
    assert days(("li",), [early], DAY, WINDOWS, lambda _: 0)[0].morning is None


@pytest.mark.parametrize(
    "windows",
    [
        Windows(morning=(600, 600)),
        Windows(morning=(-1, 600)),
        Windows(morning=(360, 800)),
        Windows(afternoon=(720, MINUTES + 1)),
    ],
)
def test_windows_that_make_no_sense_are_refused(windows: Windows) -> None:
    with pytest.raises(FormError) as refused:
        checked(windows)
    assert refused.value.code == "bad_window"


def test_a_day_on_which_the_clocks_change_has_all_its_hours() -> None:
    # New York, 8 March 2020: at 07:00 UTC two o'clock became three.
    change_us, spring = at(7, day=date(2020, 3, 8), offset=0), date(2020, 3, 8)

    def new_york(at_us: int) -> int:
        return -5 * 60 if at_us < change_us else -4 * 60

    assert local_day(change_us - 1, new_york) == (spring, 119)
    assert local_day(change_us, new_york) == (spring, 180)
    early = Taken("li", at(10, day=spring, offset=0), NORMAL)  # six o'clock there, five without the change
    [row] = days(("li",), [early], spring, WINDOWS, new_york)
    assert row.morning == early


edges = st.lists(st.integers(0, MINUTES), min_size=4, max_size=4, unique=True).map(sorted)
windows_of = edges.map(lambda e: checked(Windows((e[0], e[1]), (e[2], e[3]))))
someone = st.builds(
    Taken,
    st.sampled_from(["li", "wang", "zhao", "stranger"]),
    st.integers(at(0, day=DAY) - 3 * 86_400_000_000, at(0, day=DAY) + 3 * 86_400_000_000),
    st.sampled_from(ScreeningVerdict),
    st.none() | st.integers(35_000, 42_000),
    st.none() | st.integers(0, 99),
    st.booleans(),
)
offsets = st.integers(-12 * 60, 14 * 60)


@settings(max_examples=40)
@given(st.lists(someone, max_size=8), windows_of, offsets, st.integers())
def test_the_order_of_rows_decides_nothing(
    taken: list[Taken], windows: Windows, offset: int, seed: int
) -> None:
    shuffled = random.Random(seed).sample(taken, len(taken))
    people = ("li", "wang", "zhao")
    assert days(people, taken, DAY, windows, lambda _: offset) == days(
        people, shuffled, DAY, windows, lambda _: offset
    )


@settings(max_examples=40)
@given(st.lists(someone, max_size=8), windows_of, offsets)
def test_what_serves_was_measured_that_day_in_that_window_of_that_person(
    taken: list[Taken], windows: Windows, offset: int
) -> None:
    for row in days(("li", "wang", "zhao"), taken, DAY, windows, lambda _: offset):
        for half in Half:
            found = row.of(half)
            if found is None:
                assert half in row.missing
                continue
            day, minute = local_day(found.at_us, lambda _: offset)
            assert (found.person, day, windows.half_of(minute)) == (row.person, DAY, half)
            assert found.verdict in (NORMAL, OVER)
            assert found.dated


@settings(max_examples=40)
@given(st.lists(someone, max_size=8), someone, windows_of, offsets)
def test_one_measurement_more_never_makes_anybody_missing(
    taken: list[Taken], more: Taken, windows: Windows, offset: int
) -> None:
    before = missing(days(("li", "wang"), taken, DAY, windows, lambda _: offset), windows)
    after = missing(days(("li", "wang"), [*taken, more], DAY, windows, lambda _: offset), windows)
    assert all(set(after[half]) <= set(before[half]) for half in Half)


@given(st.integers(0, 2**52), offsets)
def test_the_local_day_is_that_of_a_calendar_in_that_zone(at_us: int, offset: int) -> None:
    moment = datetime.fromtimestamp(at_us // 1_000_000, timezone(timedelta(minutes=offset)))
    assert local_day(at_us, lambda _: offset) == (moment.date(), moment.hour * 60 + moment.minute)


def test_over_outside_both_windows_serves_for_none_and_is_to_be_reported() -> None:
    row = of(Taken("li", at(22, 45), OVER, 38_000), Taken("li", at(22, 30), OVER, 39_000))
    assert (row.missing, row.over) == (tuple(Half), True)
    assert row.beside == Taken("li", at(22, 30), OVER, 39_000)
    assert (of(one(hour=23)).over, of(one(hour=23)).beside) == (False, None)
    tomorrow = Taken("li", at(23, day=DAY + timedelta(days=1)), OVER)
    assert not of(tomorrow).over
