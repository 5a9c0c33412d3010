"""The response clock: in time, late, still running, and nobody can say."""

from edge.domain.duty import Stamp
from edge.domain.response import Limit, Reached, response

MINUTE_US = 60_000_000
LIMITS = tuple(Limit(step, minutes * MINUTE_US) for step, minutes in zip(Reached, (1, 3, 5), strict=True))


def after(minutes: float, boot: int = 1, *, trusted: bool = True) -> Stamp:
    return Stamp(boot, int(minutes * MINUTE_US), 1_000_000_000 + int(minutes * MINUTE_US), trusted)


def in_time(opened: Stamp, steps: dict[Reached, Stamp], now: Stamp) -> list[bool | None]:
    return [one.in_time for one in response(LIMITS, opened, steps, now)]


def test_without_limits_there_is_no_clock() -> None:
    assert response((), after(0), {}, after(9)) == ()


def test_each_step_is_in_time_or_late_by_its_own_limit() -> None:
    steps = {Reached.TAKEN: after(0.5), Reached.THERE: after(4), Reached.DONE: after(4.5)}
    assert in_time(after(0), steps, after(9)) == [True, False, True]


def test_what_is_not_reached_runs_and_is_late_once_its_time_is_over() -> None:
    assert in_time(after(0), {}, after(0.5)) == [None, None, None]
    assert in_time(after(0), {}, after(4)) == [False, False, None]


def test_whoever_came_without_being_called_has_taken_it_as_well() -> None:
    assert in_time(after(0), {Reached.THERE: after(0.9)}, after(2)) == [True, True, None]


def test_a_wall_clock_that_jumps_counts_nothing_within_one_run() -> None:
    jumped = Stamp(1, int(0.5 * MINUTE_US), 9_000_000_000_000, True)
    assert in_time(after(0), {Reached.TAKEN: jumped}, jumped)[0] is True


def test_over_a_restart_only_a_believed_clock_says_how_long_it_took() -> None:
    assert in_time(after(0), {Reached.TAKEN: after(0.5, boot=2)}, after(1, boot=2))[0] is True
    doubtful = after(0, trusted=False)
    found = response(LIMITS, doubtful, {Reached.TAKEN: after(0.5, boot=2)}, after(1, boot=2))
    assert (found[0].reached, found[0].took_us, found[0].in_time) == (True, None, None)
