"""From a completed sweep to a temperature finding: the estimate, the verdict.

The threshold is the law's number applied to a body estimate; a value too low, too high, or taken
outside the instrument's ambient range is "not measured", never normal. Nothing a device said is
changed: an estimate stands beside the surface value with the name of its conversion.
"""

from collections.abc import Iterable

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
from edge.domain.sweep import Taken

MAX_RAWS = 16


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
        if not isinstance(item, Measurement) or item.grid is not None:
            continue  # an array finds a face and ranks; it decides nothing
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


def _confirms(second: Measurement, first: Measurement) -> bool:
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
