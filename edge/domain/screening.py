"""From readings to a temperature finding: the sweep, the estimate, the verdict.

The threshold is the law's number applied to a body estimate; a value too low, too high, or taken
outside the instrument's ambient range is "not measured", never normal. Nothing a device said is
changed: an estimate stands beside the surface value with the name of its conversion.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, replace

from edge.domain.model import (
    Evidence,
    Measurement,
    Method,
    Quality,
    Reading,
    ScreeningVerdict,
    TemperatureFinding,
)

MAX_RAWS = 16


@dataclass(frozen=True, slots=True)
class Policy:
    """The numbers a site screens by. `surface_offset_mdegc` is None until the site has calibrated."""

    threshold_mdegc: int = 37_300
    too_low_mdegc: int = 35_000
    too_high_mdegc: int = 42_500
    ambient_min_mdegc: int = 16_000
    ambient_max_mdegc: int = 35_000
    surface_offset_mdegc: int | None = None
    presence_mdegc: int = 28_000
    rise_mdegc: int = 1_000
    sweep_us: int = 1_000_000
    min_frames: int = 3
    gap_us: int = 400_000
    stale_us: int = 2_000_000
    rest_us: int = 300_000_000

    @property
    def version(self) -> str:
        """Sixteen hex digits that change with any of the numbers."""
        return hashlib.sha256(repr(astuple(self)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a lane remembers of the frames of the person before the sensor.

    `spent` means this person's measurement is taken: nothing more comes of the sweep until the
    sensor has seen empty air again.
    """

    frames: tuple[Reading, ...] = ()
    rejected: int = 0
    started_us: int = 0
    present_us: int = 0
    seen_us: int = 0
    spent: bool = False


def is_present(reading: Reading, policy: Policy) -> bool:
    """Say whether this frame shows something warm enough, and warmer than the air, to be a person."""
    surface = reading.surface_mdegc
    if surface is None or reading.quality in (Quality.STALE, Quality.OUT_OF_RANGE):
        return False
    ambient = reading.ambient_mdegc
    return surface >= policy.presence_mdegc and (ambient is None or surface >= ambient + policy.rise_mdegc)


def feed(
    sweep: Sweep, reading: Reading, mono_us: int, policy: Policy
) -> tuple[Sweep, tuple[tuple[Reading, ...], int] | None]:
    """Add one frame. Return the new sweep and, when a measurement is complete, its frames and how
    many frames were rejected on the way.

    A sweep is complete after `sweep_us` with enough frames, or when somebody who gave enough frames
    leaves; a warm thing that passes by faster gives nothing.
    """
    if sweep.seen_us and mono_us - sweep.seen_us > policy.stale_us:
        sweep = Sweep()  # the stream had a hole: what came before belongs to nobody any more
    if not is_present(reading, policy):
        return _empty(sweep, reading, mono_us, policy)
    if sweep.spent:
        return replace(sweep, present_us=mono_us, seen_us=mono_us), None
    started = sweep.started_us if sweep.frames else mono_us
    frames = (*sweep.frames, reading)
    sweep = replace(sweep, frames=frames, started_us=started, present_us=mono_us, seen_us=mono_us)
    if len(frames) < policy.min_frames or mono_us - started < policy.sweep_us:
        return sweep, None
    return replace(sweep, frames=(), rejected=0, spent=True), (frames, sweep.rejected)


def combine(
    frames: Sequence[Reading], rejected: int, policy: Policy, *, device: str, after_rest: bool = False
) -> Measurement:
    """Make one measurement of a sweep: its hottest frame, with that frame's own ambient."""
    best = max(range(len(frames)), key=lambda index: frames[index].surface_mdegc or -(10**9))
    hottest = frames[best]
    body, conversion = estimate(hottest, policy)
    return Measurement(
        device=device,
        method=Method.INFRARED,
        surface_mdegc=hottest.surface_mdegc,
        ambient_mdegc=hottest.ambient_mdegc,
        vendor_body_mdegc=hottest.vendor_body_mdegc,
        body_mdegc=body,
        conversion=conversion,
        quality=hottest.quality,
        frames=len(frames),
        rejected=rejected,
        raws=tuple(frame.raw for frame in _kept(frames, best)),
        after_rest=after_rest,
    )


def estimate(reading: Reading, policy: Policy) -> tuple[int | None, str]:
    """Return the body estimate in thousandths of a degree and the name of the conversion.

    The device's own body value where it gives one, else the surface plus the site's calibrated
    offset; None outside the ambient range the conversions hold for, or without a calibration.
    """
    ambient = reading.ambient_mdegc
    if ambient is not None and not policy.ambient_min_mdegc <= ambient <= policy.ambient_max_mdegc:
        return None, "none:ambient"
    if reading.vendor_body_mdegc is not None:
        return reading.vendor_body_mdegc, "vendor/1"
    if policy.surface_offset_mdegc is None or reading.surface_mdegc is None:
        return None, "none:uncalibrated"
    return reading.surface_mdegc + policy.surface_offset_mdegc, f"offset/1:{policy.surface_offset_mdegc:+d}"


def classify(measurement: Measurement, policy: Policy) -> ScreeningVerdict:
    """Say what one measurement alone amounts to: normal, over, too_low or unreliable."""
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
    verdict, deciding = ScreeningVerdict.MISSING, None
    first_over: Measurement | None = None
    body = None
    for index, piece in enumerate(evidence):
        item = piece.item
        if not isinstance(item, Measurement):
            continue
        found = classify(item, policy)
        measured = found in (ScreeningVerdict.NORMAL, ScreeningVerdict.OVER)
        if verdict is ScreeningVerdict.OVER:
            continue
        if first_over is None:
            if found is ScreeningVerdict.OVER:
                first_over, found = item, ScreeningVerdict.AGAIN
            elif not measured and verdict is ScreeningVerdict.NORMAL:
                continue
        elif not measured or not _confirms(item, first_over):
            continue
        if found is ScreeningVerdict.NORMAL and first_over is not None:
            first_over = None
        verdict, deciding, body = found, index, item.body_mdegc
    return TemperatureFinding(verdict, deciding, body)


def _empty(
    sweep: Sweep, reading: Reading, mono_us: int, policy: Policy
) -> tuple[Sweep, tuple[tuple[Reading, ...], int] | None]:
    odd = reading.quality is not Quality.OK
    sweep = replace(sweep, seen_us=mono_us, rejected=sweep.rejected + (1 if odd and sweep.frames else 0))
    if mono_us - sweep.present_us < policy.gap_us:
        return sweep, None
    frames, rejected = sweep.frames, sweep.rejected
    fresh = Sweep(seen_us=mono_us)
    if not sweep.spent and len(frames) >= policy.min_frames:
        return fresh, (frames, rejected)
    return fresh, None


def _confirms(second: Measurement, first: Measurement) -> bool:
    return second.after_rest or second.method is not first.method


def _kept(frames: Sequence[Reading], best: int) -> list[Reading]:
    if len(frames) <= MAX_RAWS:
        return list(frames)
    head = list(frames[:MAX_RAWS])
    if best >= MAX_RAWS:
        head[-1] = frames[best]
    return head
