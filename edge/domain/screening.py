"""From a completed sweep to a temperature finding: the estimate, the verdict.

The threshold is the law's number applied to a body estimate; a value too low, too high, or taken
outside the instrument's ambient range is "not measured", never normal. Nothing a device said is
changed: an estimate stands beside the surface value with the name of its conversion. Beside the legal
line stands the level of healthy people; both are found from stored evidence alone, and the policy says
which of them counts. A body estimate that cannot be right is no measurement for either.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edge.domain.by_level import (
    Used,
    by_level,
    cuts_after_rest,
    cuts_of,
    is_elsewhere,
    is_level,
    judged_with,
)
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
from edge.domain.posterior import Judged, usable
from edge.domain.sweep import Taken

MAX_RAWS = 16
_NOT_MEASURED = (ScreeningVerdict.TOO_LOW, ScreeningVerdict.UNRELIABLE)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one measurement amounts to, after those before it: by the legal line, by the level of healthy
    people (None where that says nothing of it), and by what `counts`. OVER is a first value over the
    threshold as well: whether it is confirmed, only all measurements together say. By the level over is who
    stands out as far as `per_1000` of 1000 healthy people."""

    index: int
    item: Measurement
    legal: ScreeningVerdict
    level: ScreeningVerdict | None
    counts: ScreeningVerdict
    judged: Judged | None
    per_1000: int


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
    said = {one.index: one.legal for one in contact}
    said |= {one.index: one.level for one in found if one.level is not None}
    told = [(one, said[one.index]) for one in found if one.index in said]
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
    pools: dict[tuple[str, str, int], list[Used]] = {}
    stay = 0
    for index, piece in enumerate(evidence):
        item = piece.item
        if not isinstance(item, Measurement) or item.grid is not None:
            continue
        if item.after_rest and (not stay or (policy.second_per_1000 is not None and _is_back(found))):
            stay = len(found) + 1
        cuts, judged, level = cuts_of(policy), None, None
        if item.expected is not None:
            place = item.device, item.expected.place
            pool = pools.setdefault((*place, stay), [])
            # By rows of before, which know one number for both, a rest changes nothing but what is expected.
            together = stay > 0 and policy.second_per_1000 is not None
            if together:
                cuts = cuts_after_rest(policy, pools.get((*place, 0), ()), pool[0][0] if pool else item)
            judged = judged_with(item, pool, policy, cuts)
            level = by_level(judged, item, cuts, together=together)
        legal = classify(item, policy)
        counts = _counting(item, legal, level, policy)
        found.append(Seen(index, item, legal, level, counts, judged, cuts.over_per_1000))
    return found


def is_rested(evidence: Iterable[Evidence]) -> bool:
    """Say whether whoever was measured last had rested before. A value over the threshold asks for another
    rest, and still nobody who has just come in is measured after it."""
    return any(
        isinstance(piece.item, Measurement) and piece.item.grid is None and piece.item.after_rest
        for piece in evidence
    )


def first_usable(
    evidence: Sequence[Evidence], *, after_rest_of: Measurement | None = None
) -> tuple[int, Measurement] | None:
    """Return the first infrared reading that is a measurement of skin, and where it stands: what a passage
    may teach. With `after_rest_of` a reading, the first after a rest of the same thermometer and place."""
    for index, piece in enumerate(evidence):
        item = piece.item
        if (
            isinstance(item, Measurement)
            and item.grid is None
            and is_level(item)
            and item.quality is Quality.OK
            and item.surface_mdegc is not None
            and item.expected is not None
            and usable([item.surface_mdegc], item.expected)
            and (after_rest_of is None or _is_second(item, after_rest_of))
        ):
            return index, item
    return None


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


def _is_back(found: Sequence[Seen]) -> bool:
    """Say whether whoever is measured after a rest comes back from another than before: a value over the
    threshold was found since, and only a rest that began after it counts."""
    return not found[-1].item.after_rest or found[-1].counts is ScreeningVerdict.OVER


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


def _is_second(item: Measurement, first: Measurement) -> bool:
    return item.after_rest and (item.device, item.site) == (first.device, first.site)


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
