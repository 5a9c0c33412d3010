"""What the level of healthy people makes of the readings of one passage: which are judged together, from
where on they stand out, and what that comes to. From stored evidence alone. Pure.
"""

from collections.abc import Sequence

from edge.domain.model import Measurement, Method, Quality, ScreeningVerdict
from edge.domain.policy import Policy
from edge.domain.posterior import MOST_READINGS, Cuts, Judged, cut, judge, usable
from edge.domain.resting import MOST_PER_1000, twice_per_1000
from edge.domain.skin import PLACES

# The conversion of a reading that is not of the place its thermometer and its calibration are meant for.
ELSEWHERE = "none:place"

Used = tuple[Measurement, Judged]


def cuts_of(policy: Policy) -> Cuts:
    """Return where a policy measures again, and where a second time, by the level."""
    over, again = policy.first_per_1000, policy.again_per_1000
    return Cuts(over_per_1000=over, again_per_1000=over if again is None else again)


def cuts_after_rest(policy: Policy, before: Sequence[Used], item: Measurement) -> Cuts:
    """Return where a policy measures again and where it refers after a rest, of somebody with these usable
    readings `before` it; `item` is the first after it. Whoever stood out before has to do so twice."""
    over, now, first = policy.over_per_1000, item.expected, before[0][0].expected if before else None
    out = max((judged.out_milli or 0 for _, judged in before), default=0)
    if now is not None and first is not None and out >= cut(policy.first_per_1000):
        over = twice_per_1000(policy.first_per_1000, over, first, now)
    return Cuts(over_per_1000=over, again_per_1000=MOST_PER_1000)


def judged_with(item: Measurement, pool: list[Used], policy: Policy, cuts: Cuts) -> Judged | None:
    """Judge a reading together with those of `pool`: the usable ones of this person, device, place and stay
    before it, among which it is taken where it is usable. What was expected of the first holds for all."""
    about, surface = pool[0][0].expected if pool else item.expected, item.surface_mdegc
    if not is_level(item) or about is None or surface is None:
        return None
    prevalence = policy.prevalence_ppm
    if item.quality is not Quality.OK:
        low = item.quality is Quality.TOO_LOW
        return Judged(ScreeningVerdict.TOO_LOW if low else ScreeningVerdict.UNRELIABLE, prevalence, None, 1)
    if not usable([surface], about):
        return judge([surface], about, prevalence_ppm=prevalence, cuts=cuts)
    surfaces = [one.surface_mdegc for one, _ in pool if one.surface_mdegc is not None]
    # The newest of many, so that one more is never overlooked.
    judged = judge([*surfaces, surface][-MOST_READINGS:], about, prevalence_ppm=prevalence, cuts=cuts)
    pool.append((item, judged))
    return judged


def by_level(
    judged: Judged | None, item: Measurement, cuts: Cuts, *, together: bool
) -> ScreeningVerdict | None:
    """Return the verdict of the level. However many readings: who stands out so far is over, unless all of a
    rest are one measurement `together`. A place that is measured now and then only clears nobody before it
    is known how warm it is on healthy people."""
    if judged is None:
        return None
    if not together and judged.out_milli is not None and judged.out_milli >= cut(cuts.over_per_1000):
        return ScreeningVerdict.OVER
    about = item.expected
    if is_elsewhere(item) and judged.verdict is ScreeningVerdict.NORMAL:
        is_known = about is not None and about.doubt_mdegc <= about.spread_mdegc
        return ScreeningVerdict.NORMAL if is_known else ScreeningVerdict.AGAIN
    return judged.verdict


def is_level(item: Measurement) -> bool:
    """Say whether the level of healthy people says anything of a measurement."""
    about = item.expected
    return (
        item.method is Method.INFRARED
        and item.surface_mdegc is not None
        and about is not None
        and about.place in PLACES
    )


def is_elsewhere(item: Measurement) -> bool:
    """Say whether a reading is of another place than its thermometer is meant for (a wrist, say)."""
    return item.conversion == ELSEWHERE
