"""The gate's decision and the rules it is put beside: fixed threshold, camera maker's, rolling median,
local z.

Each takes passages one by one and returns a score, the higher the more likely over the threshold; the
score of a passage never rests on itself or on anything after it. Degrees Celsius.
"""

from bisect import bisect_left, insort
from collections import deque
from statistics import fmean, median
from typing import Protocol

from edge.domain.healthy import expected, learn, start
from edge.domain.model import ScreeningVerdict
from edge.domain.posterior import judge, usable
from edge.domain.skin import PLACES

NOT_MEASURED = float("inf")  # nobody whose value says nothing may pass: they come first to the bench
LITERAL_MDEGC = 37_300


class Rule(Protocol):
    """One way to rank people as they come: `surface_mdegc` readings at the gate's own `ambient_mdegc`."""

    def score(self, surface_mdegc: tuple[int, ...], ambient_mdegc: int, at_us: int, person: str) -> float:
        """Return the score of this person, and learn from them."""
        ...


class Fixed:
    """The reading itself, against one threshold for the whole year."""

    def score(self, surface_mdegc: tuple[int, ...], ambient_mdegc: int, at_us: int, person: str) -> float:
        return surface_mdegc[0] / 1000


class LastTen:
    """The camera maker's: the last ten, the highest and the lowest dropped, their mean."""

    def __init__(self) -> None:
        self.last: deque[float] = deque(maxlen=10)

    def score(self, surface_mdegc: tuple[int, ...], ambient_mdegc: int, at_us: int, person: str) -> float:
        value = surface_mdegc[0] / 1000
        level = fmean(sorted(self.last)[1:-1]) if len(self.last) > 2 else value
        self.last.append(value)
        return value - level


class RollingMedian:
    """The distance from the median of the last `people`."""

    def __init__(self, people: int = 50) -> None:
        self.last: deque[float] = deque(maxlen=people)

    def score(self, surface_mdegc: tuple[int, ...], ambient_mdegc: int, at_us: int, person: str) -> float:
        value = surface_mdegc[0] / 1000
        level = median(self.last) if self.last else value
        self.last.append(value)
        return value - level


class LocalZ:
    """Distance from an exponentially weighted median in weighted median deviations: the best simple rule
    of the reference. Half the weight lies on the last `half_life` people."""

    def __init__(self, half_life: int = 30) -> None:
        self.keep = 0.5 ** (1 / half_life)
        self.last: deque[float] = deque(maxlen=4 * half_life)

    def score(self, surface_mdegc: tuple[int, ...], ambient_mdegc: int, at_us: int, person: str) -> float:
        value, found = surface_mdegc[0] / 1000, 0.0
        if len(self.last) >= 5:
            weights = [self.keep**age for age in range(len(self.last) - 1, -1, -1)]
            level = _weighted_median(list(self.last), weights)
            spread = _weighted_median([abs(each - level) for each in self.last], weights)
            found = (value - level) / (1.4826 * spread + 0.05)
        self.last.append(value)
        return found


class Decision:
    """The gate's own: healthy level and spread as learned, one reading and more only where it asks (or
    all three at once), how far the person stands out. NOT_MEASURED where no reading is one."""

    def __init__(self, site: str, *, all_readings: bool = False) -> None:
        self.state = start(PLACES[site])
        self.all_readings = all_readings
        self.readings = self.people = 0

    def score(self, surface_mdegc: tuple[int, ...], ambient_mdegc: int, at_us: int, person: str) -> float:
        about = expected(self.state, ambient_mdegc, at_us)
        count = len(surface_mdegc) if self.all_readings else 1
        judged = judge(surface_mdegc[:count], about)
        while judged.verdict is ScreeningVerdict.AGAIN and count < len(surface_mdegc):
            count += 1
            judged = judge(surface_mdegc[:count], about)
        self.readings, self.people = self.readings + count, self.people + 1
        for first in usable(surface_mdegc[:1], about):
            self.state = learn(self.state, first, ambient_mdegc, at_us)
        return NOT_MEASURED if judged.out_milli is None else judged.out_milli / 1000


class Seats:
    """Who is asked to rest, decided as people come: whoever is not measured (unless those go to a contact
    thermometer), and of the others the top, judged by the last `window`, so that over the year `share` of
    all rest. How many are not measured is taken for one in twenty until months have shown it: January alone
    would say too many."""

    def __init__(self, share: float = 0.198, window: int = 500, *, unmeasured: bool = True) -> None:
        self.share, self.window, self.unmeasured = share, window, unmeasured
        self.people, self.cold = 10_000, 500
        self.last: deque[float] = deque()
        self.ordered: list[float] = []

    def takes(self, score: float) -> bool:
        self.people += 1
        if score == NOT_MEASURED:
            self.cold += 1
            return self.unmeasured
        cold = self.cold / self.people
        share = (self.share - cold * self.unmeasured) / (1 - cold)
        place = bisect_left(self.ordered, score)
        taken = len(self.ordered) >= 20 and place >= (1 - share) * len(self.ordered)
        self.last.append(score)
        insort(self.ordered, score)
        if len(self.last) > self.window:
            del self.ordered[bisect_left(self.ordered, self.last.popleft())]
        return taken


def _weighted_median(values: list[float], weights: list[float]) -> float:
    half, passed = sum(weights) / 2, 0.0
    pairs = sorted(zip(values, weights, strict=True))
    for value, weight in pairs:
        passed += weight
        if passed >= half:
            return value
    return pairs[-1][0]
