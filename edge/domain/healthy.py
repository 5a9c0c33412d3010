"""What healthy people show today, here, on this device: a level in ambient and a spread, as learned so far.

The level is a line in ambient, bent where cold begins, plus a part that comes and goes within hours
(sun on the housing, wind): four numbers with their doubts, corrected by each person in proportion to the
doubt (a Kalman filter). A laboratory, where nothing comes and goes, so keeps a long memory, and a gate
in the weather a short one. The spread follows the median distance from the level. Both start from what
is known of the place on the body, so that the first person is judged as well.

Whoever stands out teaches little or nothing, and no order of arrivals raises the level by more than
RISE_STEP_MDEGC a person, nor by more than RISE_HOUR_MDEGC times one and the hours it took. When everybody
stands out it is the device or the place that changed: `shifted` says so, and a person confirms it with
`settle`. Pure arithmetic.
"""

import math
from dataclasses import dataclass, replace

from edge.domain.skin import KNOT_MDEGC, Place

Vector = tuple[float, ...]
Matrix = tuple[Vector, ...]

# No order of arrivals raises the level, at any ambient, by more than this.
RISE_STEP_MDEGC = 100
RISE_HOUR_MDEGC = 300
AMBIENT_MDEGC = (-20_000, 45_000)
# What comes and goes: reference section 5 supposes .3 degrees with a memory of six hours in the weather;
# days of the face study differ by about .1. Between the two costs neither much (measured on both).
WEATHER_MDEGC = 200.0
WEATHER_HOURS = 6.0
# How far the line itself may wander in a month: thermometers drift by about .1 in 14 days to a season.
WANDER_MDEGC = 50.0
# The spread's memory, in people: 30 to 100 hold the alarm rate, longer ranks better (section 3).
SPREAD_PEOPLE = 150
SPREAD_START = 40
SPREAD_FACTOR = (0.5, 2.0)
# Huber's corner, and from there how far to where somebody no longer teaches at all, in spreads.
CLIP, FADE = 1.5, 2.0
# Shajkofci 2021: of a spread of .80 between readings .54 is within a person, so half of the variance stays.
TRAIT = 0.5
# So many of late, and so far off in the middle, is no person any more.
SHIFT_PEOPLE = 15
SHIFT_SPREADS = 1.5
_HOUR_US = 3_600_000_000
_WEEK_US = 168 * _HOUR_US
_KNOTS = (AMBIENT_MDEGC[0], KNOT_MDEGC, AMBIENT_MDEGC[1])
_MEDIAN = 0.6745  # half of a normal distribution lies within so many deviations


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of a healthy person at one moment, thousandths of a degree: stored beside the
    measurement, it is all that deciding again needs. `spread_mdegc` is between people, `doubt_mdegc` how
    well the level is known, `people` how many taught it. Of somebody whose own history is known (see
    `edge.domain.history`): by how much it moved the level, what is usual for them, of how many visits."""

    place: str
    level_mdegc: int
    spread_mdegc: int
    doubt_mdegc: int
    people: int = 0
    own_mdegc: int = 0
    usual_mdegc: int = 0
    visits: int = 0


@dataclass(frozen=True, slots=True)
class Healthy:
    """What was learned of one place on the body and one device (thousandths of a degree).

    `mean` and `doubt` are of level, cold slope, warm slope, and what comes and goes; `widening` is the
    logarithm of how much wider people are than the place's own spread; `risen` by how much more the level
    rose of late than the hours allow, at either end of the line and at its knot; `recent` the distance, in
    spreads, that half of the people of late are above.
    """

    place: Place
    mean: Vector
    doubt: Matrix
    widening: float = 0.0
    people: int = 0
    at_us: int | None = None
    risen: Vector = (0.0, 0.0, 0.0)
    recent: float = 0.0


def start(place: Place) -> Healthy:
    """Return what is known of a place before anybody came."""
    own = (place.level_sd, place.cold_sd, place.warm_sd, WEATHER_MDEGC)
    doubt = tuple(
        tuple(float(sd * sd) * (row == column) for column in range(4)) for row, sd in enumerate(own)
    )
    return Healthy(place, (float(place.level), float(place.cold), float(place.warm), 0.0), doubt)


def expected(state: Healthy, ambient_mdegc: int | None, at_us: int) -> Expected:
    """Return what a healthy person shows at this ambient (None: not known) and time."""
    state = _ahead(state, at_us)
    along = _along(ambient_mdegc)
    level, doubt = _dot(state.mean, along), max(0.0, _dot(_times(state.doubt, along), along))
    if ambient_mdegc is None:
        # It may be 8 degrees off the knot to either side as well: the climate of section 5.
        doubt += (8 * max(state.mean[1], state.mean[2])) ** 2
    spread = _spread(state, ambient_mdegc)
    return Expected(state.place.name, round(level), round(spread), math.ceil(math.sqrt(doubt)), state.people)


def anybody_spread(about: Expected) -> float:
    """Return how far anybody may stand off, where less is expected of somebody whose history is known."""
    return about.spread_mdegc / math.sqrt(1 - own_share(about.visits) * TRAIT)


def own_share(visits: int) -> float:
    """Return how much of somebody's usual distance is theirs, known from so many visits."""
    return visits * TRAIT / (visits * TRAIT + 1 - TRAIT)


def passing(state: Healthy, at_us: int) -> float:
    """Return what comes and goes at this time, thousandths of a degree: a drift of the device shows in people
    who have rested as well."""
    return _ahead(state, at_us).mean[3]


def learn(state: Healthy, surface_mdegc: int, ambient_mdegc: int | None, at_us: int) -> Healthy:
    """Return the state after one person's first reading that is a measurement.

    Not to be called for who was found over the threshold by a second measurement.
    """
    now = _ahead(state, at_us)
    if ambient_mdegc is None:
        return now  # nothing can be told from it about a line in ambient
    along = _along(ambient_mdegc)
    towards = _times(now.doubt, along)
    spread = _spread(now, ambient_mdegc)
    variance = _dot(towards, along) + spread * spread
    off = surface_mdegc - _dot(now.mean, along)
    weight = _weight(off / math.sqrt(variance))
    step = tuple(part * off / variance for part in towards)
    weight, risen = _bounded(now, step, weight)
    doubt = tuple(
        tuple(now.doubt[i][j] - weight * towards[i] * towards[j] / variance for j in range(4))
        for i in range(4)
    )
    return replace(
        now,
        mean=tuple(old + weight * change for old, change in zip(now.mean, step, strict=True)),
        doubt=doubt,
        widening=_widened(now, off / math.sqrt(variance)),
        people=now.people + 1,
        risen=risen,
        recent=_recent(now, off / spread),
    )


def shifted(state: Healthy) -> bool:
    """Say whether half of the people of late stand so far off that device or place must have changed."""
    return state.people >= SHIFT_PEOPLE and abs(state.recent) > SHIFT_SPREADS


def settle(state: Healthy, level_mdegc: int, ambient_mdegc: int) -> Healthy:
    """Return the state after a person confirmed that healthy people show this level at this ambient:
    slopes and spread stay, the level starts again from there."""
    along = _along(ambient_mdegc)
    fresh = start(state.place)
    moved = state.mean[0] + level_mdegc - _dot(state.mean, along) + state.mean[3]
    doubt = tuple(
        tuple(fresh.doubt[i][j] if 0 in (i, j) or 3 in (i, j) else state.doubt[i][j] for j in range(4))
        for i in range(4)
    )
    mean = (moved, state.mean[1], state.mean[2], 0.0)
    return replace(state, mean=mean, doubt=doubt, risen=(0.0, 0.0, 0.0), recent=0.0)


def _ahead(state: Healthy, at_us: int) -> Healthy:
    """Let time pass. A clock set back makes none pass; one set ahead, or a month without anybody, as much
    as a week: what was known of the place stays the best there is."""
    passed_us = 0 if state.at_us is None else min(max(0, at_us - state.at_us), _WEEK_US)
    hours = passed_us / _HOUR_US
    kept = math.exp(-hours / WEATHER_HOURS)
    mean = (*state.mean[:3], state.mean[3] * kept)
    # What comes back by itself counts as well, or a cold hour would hide a rise.
    back = mean[3] - state.mean[3]
    risen = tuple(max(0.0, rise + back - RISE_HOUR_MDEGC * hours) for rise in state.risen)
    doubt = [list(row) for row in state.doubt]
    for other in range(4):
        doubt[other][3] *= kept
        doubt[3][other] *= kept
    doubt[3][3] += WEATHER_MDEGC**2 * (1 - kept * kept)
    most = float(state.place.level_sd**2)
    doubt[0][0] = max(doubt[0][0], min(most, doubt[0][0] + WANDER_MDEGC**2 * hours / 720))
    return replace(state, mean=mean, doubt=tuple(map(tuple, doubt)), at_us=at_us, risen=risen)


def _along(ambient_mdegc: int | None) -> Vector:
    """How much each of the four numbers counts at this ambient."""
    ambient = KNOT_MDEGC if ambient_mdegc is None else ambient_mdegc
    degrees = (min(max(ambient, AMBIENT_MDEGC[0]), AMBIENT_MDEGC[1]) - KNOT_MDEGC) / 1000
    return (1.0, min(degrees, 0.0), max(degrees, 0.0), 1.0)


def _spread(state: Healthy, ambient_mdegc: int | None) -> float:
    cold = -_along(ambient_mdegc)[1]
    return math.hypot(state.place.spread, state.place.chill * cold) * math.exp(state.widening)


def _weight(off: float) -> float:
    """How much of a distance (in deviations) teaches: all of a small one, of a large one no more than
    CLIP, of one far above nothing. Far below is more often a wet forehead than a cold one: it is clipped."""
    if abs(off) <= CLIP:
        return 1.0
    kept = CLIP / abs(off)
    return kept if off < 0 else kept * max(0.0, 1 - (off - CLIP) / FADE)


def _bounded(state: Healthy, step: Vector, weight: float) -> tuple[float, Vector]:
    """Return the weight cut down to the bounds on rises, and the rises with this one. A bent line rises
    most at one of its ends or at its knot. Rises and falls cancel: a busy hour is no creep, and counting
    rises alone would let the level only sink."""
    rises = [_dot(step, _along(knot)) for knot in _KNOTS]
    for rise, so_far in zip(rises, state.risen, strict=True):
        allowed = max(0.0, min(RISE_STEP_MDEGC, RISE_HOUR_MDEGC - so_far))
        if rise * weight > allowed:
            weight = allowed / rise
    return weight, tuple(
        max(0.0, so_far + rise * weight) for rise, so_far in zip(rises, state.risen, strict=True)
    )


def _widened(state: Healthy, off: float) -> float:
    """Step towards where half of the people are within the spread; the first people make large steps."""
    rate = max(math.log(2) / SPREAD_PEOPLE, 1 / (state.people + SPREAD_START))
    step = rate if abs(off) > _MEDIAN else -rate
    low, high = SPREAD_FACTOR
    return min(max(state.widening + step, math.log(low)), math.log(high))


def _recent(state: Healthy, off: float) -> float:
    """Step towards the middle of the people of late: one person counts as much as any other."""
    step = 3.0 / SHIFT_PEOPLE
    return state.recent + max(-step, min(step, off - state.recent))


def _dot(left: Vector, right: Vector) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def _times(matrix: Matrix, vector: Vector) -> Vector:
    return tuple(_dot(row, vector) for row in matrix)
