"""How far people were off what was expected of a healthy person: figures in, rectangles out. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from edge.domain.screened import Range
from edge.web.chart import round_up

WIDTH, HEIGHT = 520, 260
_LEFT, _TOP, _BOTTOM = 36, 34, 40
# In steps: people are cut off below sooner than above, where they matter.
_BELOW, _ABOVE = 10, 15
_FINE, _COARSE = 200, 400
# Where the level refers beyond this, people differ so much that fine steps would be a lawn.
_WIDE_MDEGC = 1_500


class Bin(NamedTuple):
    """One step of the scale: from, to (None: everything beyond), people without and with an alarm."""

    low_mdegc: int | None
    high_mdegc: int | None
    quiet: int
    alarms: int


class Bar(NamedTuple):
    """One rectangle; `kind` is quiet or alarm, `step` the one it is of."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    step: int


class Mark(NamedTuple):
    """Where a line stands: in the middle of the day, and the band in which it moved."""

    kind: str
    x: float
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Histogram:
    """Everything the template draws. `ticks` are (y, people), `degrees` (x, offset in thousandths)."""

    bins: tuple[Bin, ...]
    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, int], ...]
    degrees: tuple[tuple[float, int], ...]
    marks: tuple[Mark, ...]
    floor: float
    top: float = _TOP
    left: float = _LEFT
    width: int = WIDTH
    height: int = HEIGHT


def histogram(offs: Sequence[tuple[int, bool]], refers: Range | None, line: Range | None) -> Histogram:
    """Return the picture of (off in thousandths of a degree, whether it raised an alarm), with the marks of
    the level and of the legal line."""
    step = _COARSE if refers is not None and refers.middle > _WIDE_MDEGC else _FINE
    bins = _bins(offs, step)
    top = round_up(max((one.quiet + one.alarms for one in bins), default=0))
    plot, wide = HEIGHT - _TOP - _BOTTOM, (WIDTH - _LEFT) / len(bins)
    bars: list[Bar] = []
    for index, one in enumerate(bins):
        floor = float(_TOP + plot)
        for kind, n in (("quiet", one.quiet), ("alarm", one.alarms)):
            if n:
                height = max(2.0, plot * n / top)  # a single alarm is still seen
                floor -= height
                x = round(_LEFT + index * wide + 1, 1)
                bars.append(Bar(x, round(floor, 1), round(wide - 2, 1), round(height, 1), kind, index))
    ticks = tuple((round(_TOP + plot * (1 - part / 4), 1), top * part // 4) for part in (0, 2, 4))
    whole = range(-((_BELOW - 1) * step // 1000), (_ABOVE - 1) * step // 1000 + 1)
    degrees = tuple((_x(1000 * degree, step), 1000 * degree) for degree in whole)
    marks = tuple(
        _mark(kind, found, step)
        for kind, found in (("level", refers), ("legal", line))
        if found is not None and _is_shown(found.middle, step)
    )
    return Histogram(bins, tuple(bars), ticks, degrees, marks, float(_TOP + plot))


def _bins(offs: Sequence[tuple[int, bool]], step: int) -> tuple[Bin, ...]:
    count = _BELOW + _ABOVE
    quiet, alarms = [0] * count, [0] * count
    for off, alarm in offs:
        index = min(max(off // step + _BELOW, 0), count - 1)
        (alarms if alarm else quiet)[index] += 1
    edges = [step * (index - _BELOW) for index in range(count + 1)]
    return tuple(
        Bin(
            None if index == 0 else edges[index],
            None if index == count - 1 else edges[index + 1],
            quiet[index],
            alarms[index],
        )
        for index in range(count)
    )


def _x(off_mdegc: int, step: int) -> float:
    wide = (WIDTH - _LEFT) / (_BELOW + _ABOVE)
    place = min(max(off_mdegc / step + _BELOW, 0), _BELOW + _ABOVE)
    return round(_LEFT + place * wide, 1)


def _is_shown(off_mdegc: int, step: int) -> bool:
    return -_BELOW * step < off_mdegc < _ABOVE * step


def _mark(kind: str, found: Range, step: int) -> Mark:
    left, right = _x(found.low, step), _x(found.high, step)
    return Mark(kind, _x(found.middle, step), left, round(right - left, 1))
