"""What a reading after a rest says, beside the one before it: how much both have in common, from where on
whoever stood out twice is over, and what such a person teaches of those who have rested.

Whoever rests because the first reading stood out is no sample of everybody: warmer people by nature are among
them. What goes with the first reading is therefore taken off before anything is learned. Pure arithmetic.
"""

import math
from functools import lru_cache
from statistics import NormalDist

from edge.domain.healthy import Expected, anybody_spread
from edge.domain.posterior import cut
from edge.domain.skin import LEFT, PLACES

# Whoever is not among the upper third of those who have rested stands out no more.
MOST_PER_1000 = 333
_MOST_TOGETHER = 0.95
_QUANTILES = 64
_TAIL = 1e-4
_NORMAL = NormalDist()


def twice_per_1000(first_per_1000: int, over_per_1000: int, before: Expected, now: Expected) -> int:
    """Return how many of 1000 healthy people who have rested stand out so far that of those who stood out
    before, as far as `first_per_1000` do, `over_per_1000` do so both times.

    `before` and `now` are what was expected before the rest and after it. In warm air whoever stands out once
    does so again; the cold makes people differ who do not differ indoors, so of them fewer do, and each has
    to stand out less. At least `over_per_1000`, at most MOST_PER_1000.
    """
    at_gate = anybody_spread(before)
    together = min(_MOST_TOGETHER, _in_common(at_gate, now) / (at_gate * now.spread_mdegc))
    return _twice(first_per_1000, over_per_1000, round(100 * together))


def taught_off(before_mdegc: int, before: Expected, now_mdegc: int, now: Expected, per_1000: int) -> float:
    """Return how far off the level of the rested somebody stands in thousandths of a degree, less what goes
    with their reading before the rest: somebody who stood out then and was not over as far as `per_1000` of
    1000 after the rest.

    Those who were over are left out, so the others stand for all: whoever is the middle of them is taken for
    a little above the middle.
    """
    spread, at_gate = now.spread_mdegc, anybody_spread(before)
    common = _in_common(at_gate, now) / at_gate**2
    anybody_mdegc = before.level_mdegc - before.own_mdegc
    with_first = common * (before_mdegc - anybody_mdegc)
    own = math.sqrt(max(spread**2 / 20, spread**2 - (common * at_gate) ** 2))
    end = (cut(per_1000) / 1000 * math.hypot(spread, now.doubt_mdegc) - with_first) / own
    off = (now_mdegc - now.level_mdegc - with_first) / own
    below = _NORMAL.cdf(end)
    rank = _NORMAL.cdf(min(off, end)) / below if below > _TAIL else 1.0
    return own * _NORMAL.inv_cdf(min(max(rank, _TAIL), 1 - _TAIL))


def _in_common(at_gate: float, now: Expected) -> float:
    """Return the covariance of a reading before a rest, of people who differ so much, and one after it,
    thousandths of a degree squared: the person's own difference stays, of what the weather adds LEFT does."""
    total, indoors = at_gate**2, float(now.spread_mdegc**2)
    own = min(total, max(0.0, (indoors - LEFT**2 * total) / (1 - LEFT**2)))
    return PLACES[now.place].same * own + LEFT * (total - own)


@lru_cache(maxsize=1024)
def _twice(first_per_1000: int, over_per_1000: int, hundredths: int) -> int:
    """Bisect for where so many stand out twice, of two readings that go together by so many hundredths."""
    together = hundredths / 100
    rest = math.sqrt(1 - together**2)
    part = first_per_1000 / 1000
    first = [together * _NORMAL.inv_cdf(1 - part * (n + 0.5) / _QUANTILES) for n in range(_QUANTILES)]

    def both(per_1000: int) -> float:
        out = cut(per_1000) / 1000
        return first_per_1000 * sum(_NORMAL.cdf((at - out) / rest) for at in first) / _QUANTILES

    low, high = min(over_per_1000, MOST_PER_1000), MOST_PER_1000
    while low < high:
        middle = (low + high) // 2
        if both(middle) >= over_per_1000:
            high = middle
        else:
            low = middle + 1
    return low
