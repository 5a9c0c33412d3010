"""The day by hour as bars: figures in, rectangles out; the template draws them. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edge.journal import HourCount

OUTCOMES = ("admit", "turn_back", "refer", "abandoned")
WIDTH, HEIGHT = 960, 240
_LEFT, _TOP, _BOTTOM = 40, 12, 28
_GAP = 6
# They divide by four, so that the middle line is a whole number.
_SCALES = tuple(
    n * zeros for zeros in (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000) for n in (4, 8, 12, 20, 32)
)


class Bar(NamedTuple):
    """One rectangle: an outcome's share of one hour."""

    x: float
    y: float
    width: float
    height: float
    outcome: str
    hour: int
    n: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything the template draws. `ticks` are (y, label) of the scale, `hours` (x, label)."""

    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, int], ...]
    hours: tuple[tuple[float, int], ...]
    counts: tuple[tuple[int, dict[str, int]], ...]
    width: int = WIDTH
    height: int = HEIGHT


def totals(counts: Iterable[HourCount]) -> dict[str, int]:
    """Return how many passages ended each way; every outcome is there, also with zero."""
    result = dict.fromkeys(OUTCOMES, 0)
    for count in counts:
        result[count.outcome] = result.get(count.outcome, 0) + count.n
    return result


def by_hour(counts: Iterable[HourCount], zone: ZoneInfo) -> Chart:
    """Return the day's chart, one stack an hour of local time.

    A day with a clock change has 23 or 25 hours; the repeated hour shares one stack.
    """
    table = {hour: dict.fromkeys(OUTCOMES, 0) for hour in range(24)}
    for count in counts:
        hour = datetime.fromtimestamp(count.hour_us // 1_000_000, UTC).astimezone(zone).hour
        table[hour][count.outcome] = table[hour].get(count.outcome, 0) + count.n
    top = round_up(max(sum(stack.values()) for stack in table.values()))
    plot = HEIGHT - _TOP - _BOTTOM
    step = (WIDTH - _LEFT) / 24
    bars: list[Bar] = []
    for hour, stack in table.items():
        floor = float(_TOP + plot)
        for outcome in OUTCOMES:
            n = stack[outcome]
            if n:
                height = max(1.0, plot * n / top)  # a single refusal in a busy hour is still seen
                floor -= height
                x = _LEFT + hour * step + _GAP / 2
                bars.append(
                    Bar(round(x, 1), round(floor, 1), step - _GAP, round(height, 1), outcome, hour, n)
                )
    ticks = tuple((round(_TOP + plot * (1 - part / 4), 1), top * part // 4) for part in (0, 2, 4))
    hours = tuple((round(_LEFT + (hour + 0.5) * step, 1), hour) for hour in range(0, 24, 3))
    return Chart(tuple(bars), ticks, hours, tuple(table.items()))


def round_up(most: int) -> int:
    """Return the next number that a scale may end at: a multiple of four."""
    return next(scale for scale in _SCALES if scale >= most)
