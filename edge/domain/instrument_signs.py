"""By what a run of people betrays its thermometer: the types, and one pure check for each sign.

Every limit is a figure of what people's skin does, from measurements of people, never one of what a
device is supposed to do; every check asks for several standard errors beyond it, because it is asked
again every ten people for years. A check answers None where it cannot tell.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from statistics import fmean, median, pstdev


class Sign(StrEnum):
    """Why the values cannot be right."""

    INSENSITIVE = "insensitive"  # 拉向正常
    FROZEN = "frozen"  # 读数不变
    COARSE = "coarse"  # 分度过粗
    BODY_AS_SURFACE = "body_as_surface"  # 体温模式当作表面温度
    SURFACE_AS_BODY = "surface_as_body"  # 表面温度当作体温
    APART = "apart"  # 两台相差过大
    DRIFTING = "drifting"  # 相对漂移


@dataclass(frozen=True, slots=True)
class Seen:
    """What one person's measurement said: thousandths of a degree, None where the device does not say;
    microseconds of the wall clock."""

    at_us: int
    surface_mdegc: int | None = None
    body_mdegc: int | None = None
    ambient_mdegc: int | None = None

    @property
    def value_mdegc(self) -> int | None:
        return self.body_mdegc if self.surface_mdegc is None else self.surface_mdegc


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: the figures it rests on by name, since when, and from how many people."""

    sign: Sign
    since_us: int
    people: int
    figures: tuple[tuple[str, int], ...]

    def __getitem__(self, name: str) -> int:
        return dict(self.figures)[name]

    def __contains__(self, name: str) -> bool:
        return name in dict(self.figures)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a check makes of a run: `beyond` says that it is past its limit by all its standard errors,
    `near` that it is past it at all: what was found stays until it is not."""

    finding: Finding
    beyond: bool
    near: bool


# Standard errors beyond a limit. Six signs asked of overlapping runs of 300 people, 80 fresh runs a year
# at a busy gate: four leave about one false report in sixty years even for a device exactly at the limit.
ERRORS = 4.0

# Healthy people indoors differ by this much (standard deviation of volunteers, FLIR: forehead area .43,
# canthi .40, face .38; reference section 3), people in the cold by more: each falls by a factor of their
# own, .42 of .07 degrees a degree in the milder of two worlds (section 5).
SPREAD_MDEGC = 400
SPREAD_IN_COLD = 0.03
NEUTRAL_MDEGC = 20_500
# Below this part of it, .26, values lie closer together than people's true temperatures: those volunteers'
# oral values differ by .29. The two devices that pull most show .16, the other three .28 and more.
PULLED = 0.65
LEAST_FOR_SPREAD = 60
# Between consecutive people the mean distance is this many standard deviations, and noisier than that of
# independent pairs: each person stands in two of them.
PAIRED, OVERLAP = 2 / math.sqrt(math.pi), 1.2

# Where the reference's transfer curves change their slope (section 4), surface in thousandths.
SLOPE_BANDS = ((30_000, 33_000), (33_000, 35_000), (35_000, 36_000), (36_000, 37_500))
LEAST_FOR_SLOPE = 20

# Skin lies on the way from body to air: 37 less a share of the distance. In the lab at 24 degrees:
# forehead .14, canthi .12, face .11 of it (section 3); a sound sensor's bias moves that by .04. A body mode
# shows .02 to .05, less in the cold; the worst of six thermometers, .9 too low (section 2), .09.
BODY_MDEGC = 37_000
SKIN_SHARE, BODY_SHARE = 0.05, 0.11
COOL_MDEGC = (-20_000, 26_000)
RATED_MDEGC = (16_000, 24_000)  # where a body mode has to hold, and differs from skin
LEAST_FOR_MODE = 60

STEPS_MDEGC = (1_000, 500, 250, 200, 100)
LEAST_FOR_STEP = 60
ODD_ONES = 0.02

# One false report of a standing value in a thousand million people.
FROZEN_ODDS = 1e-9
LEAST_FROZEN = 5


def weighed(last: Sequence[Seen], surface_step_mdegc: int, body_step_mdegc: int) -> Iterator[Weighed]:
    """Yield what every check but that of a standing value makes of a run of people, the gravest first."""
    surface, body = [s.surface_mdegc for s in last], [s.body_mdegc for s in last]
    checks = (
        slope(last),
        spread(last),
        body_as_surface(last),
        surface_as_body(last),
        coarse(last, surface, surface_step_mdegc),
        coarse(last, body, body_step_mdegc),
    )
    seen: set[Sign] = set()
    for found in checks:
        # Two checks speak of one sign: the first that is past its limit speaks.
        if found is not None and found.near and found.finding.sign not in seen:
            seen.add(found.finding.sign)
            yield found


def slope(last: Sequence[Seen]) -> Weighed | None:
    """Judge by how much the shown body value rises with the surface, where a device says both.

    From one person to the next, with what the air did taken out: a body mode that makes up for the air
    moves against the surface on a cold morning, and rightly. The band with the least slope speaks.
    """
    worst: Weighed | None = None
    least = PULLED
    for low, high in SLOPE_BANDS:
        steps = [
            (b.surface_mdegc - a.surface_mdegc, b.body_mdegc - a.body_mdegc, _warming(a, b))
            for a, b in _pairs(last)
            if a.surface_mdegc is not None and b.surface_mdegc is not None
            if a.body_mdegc is not None and b.body_mdegc is not None
            if low <= a.surface_mdegc < high and low <= b.surface_mdegc < high
        ]
        fitted = _fit(steps) if len(steps) >= LEAST_FOR_SLOPE else None
        if fitted is None or fitted[0] >= least:
            continue
        least, error = fitted
        figures = {
            "slope_milli": round(1000 * least),
            "error_milli": round(1000 * error),
            "from_mdegc": low,
            "to_mdegc": high,
        }
        worst = _weighed(Sign.INSENSITIVE, last, len(steps), figures, (PULLED - least) / max(error, 1e-6))
    return worst


def spread(last: Sequence[Seen]) -> Weighed | None:
    """Judge whether shown values lie closer together than people's skin can.

    From one person to the next, so that weather and a slow drift can only widen it; against what people
    differ by at that air, and outdoors never more than what makes a sound device pass with people who
    differ as they do indoors.
    """
    parts, apart = [], []
    for a, b in _pairs(last):
        if (one := a.value_mdegc) is None or (two := b.value_mdegc) is None:
            continue
        expected = _spread_at(b.ambient_mdegc)
        apart.append(abs(two - one) / PAIRED)
        parts.append(min(3.0, abs(two - one) / PAIRED / expected))
    if len(parts) < LEAST_FOR_SPREAD:
        return None
    part = fmean(parts)
    error = OVERLAP * max(pstdev(parts), 0.1) / math.sqrt(len(parts))
    figures = {
        "spread_mdegc": round(fmean(apart)),
        "expected_mdegc": round(fmean(apart) / part) if part else SPREAD_MDEGC,
        "part_milli": round(1000 * part),
        "error_milli": round(1000 * error),
    }
    return _weighed(Sign.INSENSITIVE, last, len(parts) + 1, figures, (PULLED - part) / error)


def body_as_surface(last: Sequence[Seen]) -> Weighed | None:
    """Judge whether what is said to be skin is as near the body as no skin is in cool air."""
    found = _share(last, [s.surface_mdegc for s in last], COOL_MDEGC)
    if found is None:
        return None
    share, error, figures = found
    return _weighed(Sign.BODY_AS_SURFACE, last, figures["people"], figures, (SKIN_SHARE - share) / error)


def surface_as_body(last: Sequence[Seen]) -> Weighed | None:
    """Judge whether what is said to be the body is as far from it, towards the air, as skin is."""
    found = _share(last, [s.body_mdegc for s in last], RATED_MDEGC)
    if found is None:
        return None
    share, error, figures = found
    return _weighed(Sign.SURFACE_AS_BODY, last, figures["people"], figures, (share - BODY_SHARE) / error)


def coarse(last: Sequence[Seen], values: Sequence[int | None], step_mdegc: int) -> Weighed | None:
    """Judge whether values lie on coarser steps than the data sheet states."""
    known = [value for value in values if value is not None]
    if len(known) < LEAST_FOR_STEP or len(set(known)) < 2:
        return None
    for step in STEPS_MDEGC:
        if step < 2 * step_mdegc:
            break
        odd = len(known) - Counter(value % step for value in known).most_common(1)[0][1]
        if odd <= ODD_ONES * len(known):
            figures = {"step_mdegc": step, "stated_mdegc": step_mdegc}
            # Sixty of a finer instrument would share a step by chance once in 2^59.
            return _weighed(Sign.COARSE, last, len(known), figures, math.inf)
    return None


def frozen(last: Sequence[Seen], run: int, run_us: int) -> Finding | None:
    """Find that one value has come again for more people than chance allows, given how often the same
    came twice before: seldom in hundredths, often in tenths from a device that pulls together."""
    if run < LEAST_FROZEN:
        return None
    before = last[: len(last) - run] if run < len(last) else ()
    twice = sum(a.value_mdegc == b.value_mdegc for a, b in _pairs(before))
    odds = (twice + 2) / (len(before) + 6)  # one in three as long as nobody has come
    needed = max(LEAST_FROZEN, 1 + math.ceil(math.log(FROZEN_ODDS) / math.log(odds)))
    value = last[-1].value_mdegc
    if value is None or run < needed:
        return None
    return Finding(Sign.FROZEN, run_us, run, (("needed", needed), ("value_mdegc", value)))


def _weighed(
    sign: Sign, last: Sequence[Seen], people: int, figures: dict[str, int], errors: float
) -> Weighed:
    kept = tuple(sorted((name, value) for name, value in figures.items() if name != "people"))
    finding = Finding(sign, last[0].at_us, people, kept)
    return Weighed(finding, beyond=errors >= ERRORS, near=errors > 0)


def _pairs(last: Sequence[Seen]) -> Iterator[tuple[Seen, Seen]]:
    return pairwise(last)


def _warming(a: Seen, b: Seen) -> int:
    if a.ambient_mdegc is None or b.ambient_mdegc is None:
        return 0
    return b.ambient_mdegc - a.ambient_mdegc


def _fit(steps: Sequence[tuple[int, int, int]]) -> tuple[float, float] | None:
    """Return slope and standard error of the second on the first, with the third taken out, through
    the origin; None where the first hardly moves."""
    xx = float(sum(x * x for x, _, _ in steps))
    xy = float(sum(x * y for x, y, _ in steps))
    xz = float(sum(x * z for x, _, z in steps))
    yz = float(sum(y * z for _, y, z in steps))
    zz = float(sum(z * z for _, _, z in steps))
    free, shared = (xx - xz * xz / zz, xy - xz * yz / zz) if zz else (xx, xy)
    if free < len(steps) * 100.0**2:
        return None  # a tenth of a degree: what is shown in tenths says nothing of it
    found = shared / free
    along = (yz - found * xz) / zz if zz else 0.0
    rest = sum((y - found * x - along * z) ** 2 for x, y, z in steps)
    return found, OVERLAP * math.sqrt(rest / (len(steps) - 2) / free)


def _spread_at(ambient_mdegc: int | None) -> float:
    cold = 0 if ambient_mdegc is None else max(0, NEUTRAL_MDEGC - ambient_mdegc)
    return min(math.hypot(SPREAD_MDEGC, SPREAD_IN_COLD * cold), SPREAD_MDEGC / PULLED)


def _share(
    last: Sequence[Seen], values: Sequence[int | None], air_mdegc: tuple[int, int]
) -> tuple[float, float, dict[str, int]] | None:
    """Return which share of the way from body to air the middle person's value lies at, its standard
    error, and the figures; None with too few people in such air."""
    low, high = air_mdegc
    known = [
        (value, seen.ambient_mdegc)
        for value, seen in zip(values, last, strict=True)
        if value is not None and seen.ambient_mdegc is not None and low <= seen.ambient_mdegc <= high
    ]
    if len(known) < LEAST_FOR_MODE:
        return None
    shares = [(BODY_MDEGC - value) / (BODY_MDEGC - air) for value, air in known]
    share = median(shares)
    apart = 1.4826 * median(abs(each - share) for each in shares)
    error = max(0.001, 1.25 * apart / math.sqrt(len(shares)))
    figures = {
        "people": len(known),
        "value_mdegc": round(median(value for value, _ in known)),
        "ambient_mdegc": round(median(air for _, air in known)),
        "share_milli": round(1000 * share),
    }
    return share, error, figures
