"""From a completed sweep to a temperature finding: the estimate, the verdict.

The threshold is the law's number applied to a body estimate; a value too low, too high, or taken
outside the instrument's ambient range is "not measured", never normal. Nothing a device said is
changed: an estimate stands beside the surface value with the name of its conversion. Beside the legal
line stands the level of healthy people; both are found from stored evidence alone, and the policy says
which of them counts. A body estimate that cannot be right is no measurement for either.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edge.domain.calibration import Calibration
from edge.domain.model import (
    Evidence,
    Measurement,
    Method,
    Quality,
    Reading,
    ScreeningVerdict,
    TemperatureFinding,
)
from edge.domain.policy import Policy
from edge.domain.posterior import MOST_READINGS, Cuts, Judged, cut, judge, usable
from edge.domain.skin import PLACES
from edge.domain.sweep import Taken

MAX_RAWS = 16
# The conversion of a reading that is not of the place its thermometer and its calibration are meant for.
ELSEWHERE = "none:place"
_NOT_MEASURED = (ScreeningVerdict.TOO_LOW, ScreeningVerdict.UNRELIABLE)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one measurement amounts to, after those before it: by the legal line, by the level of healthy
    people (None where that says nothing of it), and by what `counts`. OVER is a first value over the
    threshold as well: whether it is confirmed, only all measurements together say."""

    index: int
    item: Measurement
    legal: ScreeningVerdict
    level: ScreeningVerdict | None
    counts: ScreeningVerdict
    judged: Judged | None


def combine(
    taken: Taken, policy: Policy, *, device: str, calibration: Calibration | None = None
) -> Measurement:
    """Make one measurement of a sweep: its decisive frame, with that frame's own ambient."""
    frame = taken.decisive
    body, conversion = estimate(frame, policy, calibration)
    return Measurement(
        device=device,
        method=Method.INFRARED,
        surface_mdegc=frame.surface_mdegc,
        ambient_mdegc=frame.ambient_mdegc,
        vendor_body_mdegc=frame.vendor_body_mdegc,
        body_mdegc=body,
        conversion=conversion,
        quality=frame.quality if taken.steady else Quality.UNSTEADY,
        frames=len(taken.used),
        rejected=taken.rejected,
        raws=_kept(taken),
        grid=frame.grid,
    )


def estimate(
    reading: Reading, policy: Policy, calibration: Calibration | None = None
) -> tuple[int | None, str]:
    """Return the body estimate in thousandths of a degree and the name of the conversion.

    The surface plus what this site found for this device, else the device's own body value, else the
    surface plus the configured offset; None outside the ambient range the conversions hold for, for
    an array, or without any of them.
    """
    ambient = reading.ambient_mdegc
    if reading.grid is not None:
        return None, "none:array"
    if ambient is not None and not policy.ambient_min_mdegc <= ambient <= policy.ambient_max_mdegc:
        return None, "none:ambient"
    if calibration is not None and reading.surface_mdegc is not None:
        return reading.surface_mdegc + calibration.offset_mdegc, calibration.conversion
    if reading.vendor_body_mdegc is not None:
        return reading.vendor_body_mdegc, "vendor/1"
    if policy.surface_offset_mdegc is None or reading.surface_mdegc is None:
        return None, "none:uncalibrated"
    return reading.surface_mdegc + policy.surface_offset_mdegc, f"offset/1:{policy.surface_offset_mdegc:+d}"


def classify(measurement: Measurement, policy: Policy) -> ScreeningVerdict:
    """Say what one measurement alone amounts to by the legal line: normal, over, too_low or unreliable."""
    body = measurement.body_mdegc
    if body is None:
        return ScreeningVerdict.UNRELIABLE
    surface = measurement.surface_mdegc
    # The instrument's word on its own frame goes before any estimate of ours.
    if measurement.quality is Quality.TOO_LOW or body < policy.too_low_mdegc:
        return ScreeningVerdict.TOO_LOW
    if measurement.quality is not Quality.OK or body > policy.too_high_mdegc:
        return ScreeningVerdict.UNRELIABLE
    # A vendor that turns cold skin into a normal body value hides exactly what has to be seen.
    if measurement.method is Method.INFRARED and surface is not None and surface < policy.presence_mdegc:
        return ScreeningVerdict.TOO_LOW
    return ScreeningVerdict.OVER if body >= policy.threshold_mdegc else ScreeningVerdict.NORMAL


def find(evidence: Iterable[Evidence], policy: Policy) -> TemperatureFinding:
    """Return the verdict over all measurements of a passage, in their order.

    A first value over the threshold asks for a second measurement, by another method or after a
    rest; only that one can confirm it or clear it. A value that is not measured never clears
    anything and is replaced by the first that is.
    """
    found = seen(evidence, policy)
    verdict, deciding, first = _overall([(one, one.counts) for one in found], policy)
    judged = [one.judged for one in found if one.judged is not None and one.judged.out_milli is not None]
    # What the level would make of it: a contact thermometer's word counts for it as well.
    contact = (one for one in found if one.item.method is Method.CONTACT)
    by_level = {one.index: one.legal for one in contact}
    by_level |= {one.index: one.level for one in found if one.level is not None}
    told = [(one, by_level[one.index]) for one in found if one.index in by_level]
    return TemperatureFinding(
        verdict,
        deciding.index if deciding else None,
        deciding.item.body_mdegc if deciding else None,
        legal=_overall([(one, one.legal) for one in found], policy)[0],
        level=_overall(told, policy)[0] if any(one.level for one in found) else ScreeningVerdict.MISSING,
        ppm=judged[-1].ppm if judged else None,
        out_milli=judged[-1].out_milli if judged else None,
        first=first.index if first else None,
    )


def seen(evidence: Iterable[Evidence], policy: Policy) -> list[Seen]:
    """Return what each measurement that can decide amounts to; an array finds a face and ranks."""
    found: list[Seen] = []
    pools: dict[tuple[str, str, bool], list[Measurement]] = {}
    rested = False
    for index, piece in enumerate(evidence):
        item = piece.item
        if not isinstance(item, Measurement) or item.grid is not None:
            continue
        rested = rested or item.after_rest
        legal = classify(item, policy)
        judged = None
        if item.expected is not None:
            pool = pools.setdefault((item.device, item.expected.place, rested), [])
            judged = _judged(item, pool, policy)
        level = _by_level(judged, item, policy)
        found.append(Seen(index, item, legal, level, _counting(item, legal, level, policy), judged))
    return found


def is_rested(evidence: Iterable[Evidence]) -> bool:
    """Say whether whoever was measured last had rested before. A value over the threshold asks for another
    rest, and still nobody who has just come in is measured after it."""
    return any(
        isinstance(piece.item, Measurement) and piece.item.grid is None and piece.item.after_rest
        for piece in evidence
    )


def first_usable(evidence: Sequence[Evidence]) -> tuple[int, Measurement] | None:
    """Return the first infrared reading that is a measurement of skin, and where it stands: what a passage
    may teach."""
    for index, piece in enumerate(evidence):
        item = piece.item
        if (
            isinstance(item, Measurement)
            and item.grid is None
            and _is_level(item)
            and item.quality is Quality.OK
            and item.surface_mdegc is not None
            and item.expected is not None
            and usable([item.surface_mdegc], item.expected)
        ):
            return index, item
    return None


def cuts_of(policy: Policy) -> Cuts:
    """Return where a policy measures again and where it refers, by the level."""
    over, again = policy.over_per_1000, policy.again_per_1000
    return Cuts(over_per_1000=over, again_per_1000=over if again is None else again)


def is_elsewhere(item: Measurement) -> bool:
    """Say whether a reading is of another place than its thermometer is meant for (a wrist, say)."""
    return item.conversion == ELSEWHERE


def _overall(
    found: Sequence[tuple[Seen, ScreeningVerdict]], policy: Policy
) -> tuple[ScreeningVerdict, Seen | None, Seen | None]:
    """Return what single verdicts, in their order, come to, which of them decided, and which was the newest
    that asked for a second measurement."""
    verdict, deciding, first = ScreeningVerdict.MISSING, None, None
    first_over: Measurement | None = None
    for one, said in found:
        if verdict is ScreeningVerdict.OVER:
            break
        now = said
        if first_over is None:
            if now is ScreeningVerdict.OVER:
                first, first_over, now = one, one.item, ScreeningVerdict.AGAIN
            elif now in _NOT_MEASURED and verdict in (ScreeningVerdict.NORMAL, ScreeningVerdict.AGAIN):
                continue
        elif now not in (ScreeningVerdict.NORMAL, ScreeningVerdict.OVER) or not _confirms(
            one.item, first_over, policy
        ):
            continue
        if now is ScreeningVerdict.NORMAL:
            first_over = None
        verdict, deciding = now, one
    return verdict, deciding, first


def _is_level(item: Measurement) -> bool:
    """Say whether the level of healthy people says anything of a measurement."""
    about = item.expected
    return (
        item.method is Method.INFRARED
        and item.surface_mdegc is not None
        and about is not None
        and about.place in PLACES
    )


def _judged(item: Measurement, pool: list[Measurement], policy: Policy) -> Judged | None:
    """Judge a reading together with those of `pool`: the usable ones of this person, device and place before
    it, among which it is taken where it is usable. What was expected of the first holds for all."""
    about, surface = pool[0].expected if pool else item.expected, item.surface_mdegc
    if not _is_level(item) or about is None or surface is None:
        return None
    prevalence, cuts = policy.prevalence_ppm, cuts_of(policy)
    if item.quality is not Quality.OK:
        low = item.quality is Quality.TOO_LOW
        return Judged(ScreeningVerdict.TOO_LOW if low else ScreeningVerdict.UNRELIABLE, prevalence, None, 1)
    if not usable([surface], about):
        return judge([surface], about, prevalence_ppm=prevalence, cuts=cuts)
    pool.append(item)
    surfaces = [one.surface_mdegc for one in pool if one.surface_mdegc is not None]
    # The newest of many, so that one more is never overlooked.
    return judge(surfaces[-MOST_READINGS:], about, prevalence_ppm=prevalence, cuts=cuts)


def _by_level(judged: Judged | None, item: Measurement, policy: Policy) -> ScreeningVerdict | None:
    """Return the verdict of the level. However many readings: who stands out so far is over. A place that
    is measured now and then only clears nobody before it is known how warm it is on healthy people."""
    if judged is None:
        return None
    if judged.out_milli is not None and judged.out_milli >= cut(policy.over_per_1000):
        return ScreeningVerdict.OVER
    about = item.expected
    if is_elsewhere(item) and judged.verdict is ScreeningVerdict.NORMAL:
        is_known = about is not None and about.doubt_mdegc <= about.spread_mdegc
        return ScreeningVerdict.NORMAL if is_known else ScreeningVerdict.AGAIN
    return judged.verdict


def _counting(
    item: Measurement, legal: ScreeningVerdict, level: ScreeningVerdict | None, policy: Policy
) -> ScreeningVerdict:
    """Return the verdict that counts. Where there is no body estimate the legal line cannot say anything;
    where there is one that cannot be right, nothing was measured, whatever the level makes of the skin."""
    if policy.decides == "legal" or level is None:
        return legal
    if item.body_mdegc is None:
        return level
    if legal in _NOT_MEASURED or (policy.decides == "either" and legal is ScreeningVerdict.OVER):
        return legal
    return level


def _confirms(second: Measurement, first: Measurement, policy: Policy) -> bool:
    # Another place by the same thermometer is no other method: what warmed the skin of one warms the other's.
    if is_elsewhere(second) and second.site != first.site:
        return False
    if policy.contact_rests and first.method is Method.CONTACT:
        return second.after_rest  # the skin is the weaker witness of the two
    return second.after_rest or second.method is not first.method


def _kept(taken: Taken) -> tuple[bytes, ...]:
    """The raw frames to keep, the decisive one always; of an array, whose frames are large, only that."""
    frames = list(taken.used)
    best = next(index for index, frame in enumerate(frames) if frame is taken.decisive)
    if taken.decisive.grid is not None:
        return (taken.decisive.raw,)
    if len(frames) > MAX_RAWS:
        frames = frames[:MAX_RAWS] if best < MAX_RAWS else [*frames[: MAX_RAWS - 1], taken.decisive]
    return tuple(frame.raw for frame in frames)
