"""How probable it is that somebody is over the threshold, from readings and what was expected.

Several readings of one face share that person's offset: they are not independent evidence, and the
third says less than the second. How far somebody stands out, measured in the spread of healthy people,
decides (so that the share of alarms stays where it was set, in any weather); the probability says what
that is worth. It rises with every reading, is bounded by how a fever can look, and in the cold, where
a fever is less than the spread, stays low. Integers in and integers out: stored evidence decided again
gives the same. Pure arithmetic.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from edge.domain.healthy import Expected
from edge.domain.model import ScreeningVerdict
from edge.domain.skin import PLACES, Place

# 2: of eye corners the highest of several readings counts; after a rest up to three are judged together.
VERSION = "posterior/2"
MILLION = 1_000_000
# At a gate, reference section 5: 5 of 1000 (the volunteers of the study: 90).
PREVALENCE_PPM = 5_000
MOST_READINGS = 5
# Oral values of the study: the healthy mean lies .62 below 37.5, and those over it exceed it by .62 in
# the mean, falling off exponentially. Five equally probable heights of a fever, in thousandths.
_BELOW, _BEYOND = 620, 620
_FEVERS = tuple(_BELOW - _BEYOND * math.log(1 - part) for part in (0.1, 0.3, 0.5, 0.7, 0.9))
# The highest of k of a normal distribution: its mean and its variance (order statistics).
_HIGHEST = ((0.0, 1.0), (0.564, 0.682), (0.846, 0.559), (1.029, 0.492), (1.163, 0.448))
# So far below what people show here no skin was seen: hair, a wet forehead, the air beside a head.
FAR_BELOW = -4.0
_LOGISTIC = math.sqrt(3) / math.pi  # the scale of a logistic distribution of deviation 1


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where to measure again and where to refer: of 1000 healthy people, how many stand out so far. Two
    readings suffice of whom as few as `sure_per_1000` match. With `readings` taken another of the same
    kind says nothing new, and it is one or the other. A third measured again makes 1.7 readings each."""

    again_per_1000: int = 333
    over_per_1000: int = 50
    sure_per_1000: int = 1
    readings: int = 3


@dataclass(frozen=True, slots=True)
class Judged:
    """What readings amount to. `out_milli` is how far the person stands out, in thousandths of the
    spread of healthy people (None where nothing was measured); `ppm` the probability in millionths."""

    verdict: ScreeningVerdict
    ppm: int
    out_milli: int | None
    readings: int


def judge(
    readings: Sequence[int],
    about: Expected,
    *,
    prevalence_ppm: int = PREVALENCE_PPM,
    cuts: Cuts | None = None,
) -> Judged:
    """Judge all readings of one person at one place (thousandths of a degree, in their order).

    AGAIN asks for one more reading; nobody is OVER by a single one. Where no reading is a measurement the
    answer is TOO_LOW or UNRELIABLE, and the probability is the prevalence: nothing is known.
    """
    return judge_all({about.place: readings}, {about.place: about}, prevalence_ppm=prevalence_ppm, cuts=cuts)


def judge_all(
    readings: Mapping[str, Sequence[int]],
    about: Mapping[str, Expected],
    *,
    prevalence_ppm: int = PREVALENCE_PPM,
    cuts: Cuts | None = None,
) -> Judged:
    """Judge all readings of one person at several places or with several devices: keys of any kind.

    Places of one face share the person's offset as well: their evidence is averaged, not added, each by
    how well a fever shows there.
    """
    cuts = cuts or Cuts()
    total = sum(len(some) for some in readings.values())
    found = [
        (PLACES[about[key].place], about[key], used)
        for key, some in readings.items()
        if (used := usable(some, about[key]))
    ]
    if not found:
        return Judged(_nothing(readings, about), _clamped(prevalence_ppm), None, total)
    weights = [(place.gain / math.hypot(of.spread_mdegc, of.doubt_mdegc)) ** 2 for place, of, _ in found]
    parts = [(*_out(used, of, place), place.gain) for place, of, used in found]
    evidence = _mean([_evidence(*part) for part in parts], weights)
    out_milli = round(1000 * _mean([out for out, _, _ in parts], weights))
    known = any(of.doubt_mdegc <= of.spread_mdegc for _, of, _ in found)
    verdict = _verdict(out_milli, max(len(used) for _, _, used in found), cuts, known=known)
    return Judged(verdict, _posterior(evidence, prevalence_ppm), out_milli, total)


def usable(readings: Sequence[int], about: Expected) -> list[int]:
    """Return the readings that are measurements: within what skin can show, and not far below what people
    show here. The first MOST_READINGS of them: more of the same face say nothing new."""
    place = PLACES[about.place]
    floor = max(place.low, about.level_mdegc + FAR_BELOW * math.hypot(about.spread_mdegc, about.doubt_mdegc))
    return [value for value in readings if floor <= value <= place.high][:MOST_READINGS]


def cut(per_1000: int) -> int:
    """Return how far so many of 1000 healthy people stand out, in thousandths of the spread."""
    return round(1000 * NormalDist().inv_cdf(1 - per_1000 / 1000))


def _nothing(readings: Mapping[str, Sequence[int]], about: Mapping[str, Expected]) -> ScreeningVerdict:
    if any(value > PLACES[about[key].place].high for key, some in readings.items() for value in some):
        return ScreeningVerdict.UNRELIABLE
    return ScreeningVerdict.TOO_LOW if any(readings.values()) else ScreeningVerdict.MISSING


def _verdict(out_milli: int, count: int, cuts: Cuts, *, known: bool) -> ScreeningVerdict:
    over = cut(cuts.over_per_1000)
    high = out_milli >= min(cut(cuts.again_per_1000), over)
    if count >= cuts.readings or (count > 1 and out_milli >= cut(cuts.sure_per_1000)):
        if out_milli >= over:
            return ScreeningVerdict.OVER
        # Of a device hardly anybody has passed, nothing clears who stands out but another method.
        return ScreeningVerdict.AGAIN if high and not known else ScreeningVerdict.NORMAL
    return ScreeningVerdict.AGAIN if high else ScreeningVerdict.NORMAL


def _out(used: Sequence[int], about: Expected, place: Place) -> tuple[float, float]:
    """Return how far readings stand out, in deviations of healthy people with as many, and how large
    such a deviation is in thousandths of a degree."""
    count = len(used)
    mean, variance = _HIGHEST[count - 1]
    value = place.upper * max(used) + (1 - place.upper) * sum(used) / count
    # What two readings of one person differ by does not grow in the cold, as people's difference does.
    own = min(about.spread_mdegc, place.spread) * math.sqrt(1 - place.same)
    # Mean and highest-less-mean of a normal sample are independent, so their variances add.
    left = 1 / count + place.upper**2 * (variance - 1 / count)
    shared = about.spread_mdegc**2 - own * own
    deviation = math.sqrt(shared + own * own * left + about.doubt_mdegc**2)
    return (value - about.level_mdegc - place.upper * own * mean) / deviation, deviation


def _evidence(out: float, deviation: float, gain: float) -> float:
    """Return the logarithm of how much better fevers explain a distance than health does. Logistic tails:
    heavier than normal, and the evidence never falls where a reading rises."""
    at = out / _LOGISTIC
    scale = deviation * _LOGISTIC
    healthy = _log_density(at)
    total = sum(math.exp(_log_density(at - gain * fever / scale) - healthy) for fever in _FEVERS)
    return math.log(total / len(_FEVERS))


def _log_density(at: float) -> float:
    return -abs(at) - 2 * math.log1p(math.exp(-abs(at)))


def _posterior(evidence: float, prevalence_ppm: int) -> int:
    prior = _clamped(prevalence_ppm)
    return round(MILLION / (1 + (MILLION - prior) / prior * math.exp(-evidence)))


def _clamped(prevalence_ppm: int) -> int:
    return min(max(prevalence_ppm, 1), MILLION - 1)


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    return sum(value * weight for value, weight in zip(values, weights, strict=True)) / sum(weights)
