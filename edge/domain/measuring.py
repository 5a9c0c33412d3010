"""What a lane makes of its thermometers: one sweep for each, a picture of an array, calibrations.

Pure, like the lane it serves. Binding a finished measurement to a passage is the lane's business.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from edge.domain.by_level import ELSEWHERE
from edge.domain.calibration import DAY_US, Calibration, Standing, offset_of, standing
from edge.domain.errors import FormError
from edge.domain.events import Calibrate, Measure, ReadingArrived, Uncalibrate
from edge.domain.lane_state import Aimed, LaneSpec, LaneState, Note, Result
from edge.domain.learning import own_places, place_of
from edge.domain.model import Evidence, Instant, Measurement, Method, Passage, Quality
from edge.domain.screening import combine
from edge.domain.sweep import Sweep, anew, feed, is_present, over

# Long enough to step back and find the phone. After that a code is not believed to be theirs.
AWAY_US = 30_000_000
MOST_DAYS = 365
# Whoever was sent to hold a wrist up does it now or not at all.
AIMED_US = 60_000_000
MAX_TEXT = 100
AIM_OVER = "aim_over"
STEP_BACK = "step_back"
_SAID = (AIM_OVER, STEP_BACK)
_NOT_ALWAYS = frozenset({"port", "here"})  # rows of before know nothing of ports


def seen(spec: LaneSpec, state: LaneState, event: ReadingArrived) -> tuple[LaneState, Evidence | None]:
    """Return the state with one frame more, and the measurement it completed, if it did."""
    reading, sweeps = event.reading, dict(state.sweeps)
    sweep, taken = feed(
        sweeps.get(event.device, Sweep()), reading, event.at.mono_us, spec.policy, free=state.active is None
    )
    sweeps[event.device] = sweep
    state = replace(state, sweeps=tuple(sweeps.items()))
    if reading.grid is None:
        # What had waited in a buffer is not what is there now.
        live = state.live_mdegc if reading.quality is Quality.STALE else reading.surface_mdegc
        state = replace(state, live_mdegc=live)
    else:
        there = is_present(reading, spec.policy, sweep.empty_mdegc)
        state = replace(state, picture=reading if there else None)
    if taken is None:
        return state, None
    calibration = holding(state, event.device, event.at)
    measurement = replace(
        combine(taken, spec.policy, device=event.device, calibration=calibration),
        site=place_of(spec, event.device),
        driver=dict(spec.drivers).get(event.device, ""),
        port=dict(spec.ports).get(event.device),
    )
    aimed = None if measurement.grid is not None else _aim_at(spec, state, event.device)
    if aimed is not None:
        if _has_run_out(aimed, event.at):
            # A wrist, or a forehead again: nobody has said, and one must not go down as the other.
            return _not_taken(state, event.at), None
        state = replace(state, aimed=replace(aimed, said_us=event.at.mono_us))
        # No conversion and no calibration was found there.
        measurement = replace(measurement, site=aimed.place, body_mdegc=None, conversion=ELSEWHERE)
    return state, Evidence(event.at, event.device, measurement)


def aimed_place(state: LaneState, passage: Passage, now: Instant) -> str | None:
    """Return which other place the attendant said is measured of a passage, while that holds."""
    aimed = state.aimed
    if aimed is None or aimed.passage != passage.id or _has_run_out(aimed, now):
        return None
    return aimed.place


def aim_left(state: LaneState, now: Instant) -> Aimed | None:
    """Return what was said of where the open passage is measured, marked once it no longer holds."""
    aimed = state.aimed
    if aimed is None or state.active is None or state.active.id != aimed.passage:
        return None
    return replace(aimed, over=True) if not aimed.over and _has_run_out(aimed, now) else aimed


def unsaid(state: LaneState, at: Instant) -> LaneState:
    """Return the state once somebody may have stepped up of whom nobody said where they are measured."""
    aimed = state.aimed
    if aimed is None or state.active is None or state.active.id != aimed.passage:
        return state
    return replace(all_over(state), aimed=replace(aimed, over=True), notice=(AIM_OVER, at.mono_us))


def _aim_at(spec: LaneSpec, state: LaneState, device: str) -> Aimed | None:
    aimed = state.aimed
    if aimed is None or state.active is None or state.active.id != aimed.passage:
        return None
    return aimed if aimed.place in dict(spec.also).get(device, ()) else None


def _has_run_out(aimed: Aimed, now: Instant) -> bool:
    return aimed.over or now.mono_us - aimed.said_us > AIMED_US


def _not_taken(state: LaneState, at: Instant) -> LaneState:
    # Somebody stands there still: given up meanwhile, they would come back as somebody else's forehead.
    active = None if state.active is None else replace(state.active, touched=at)
    return replace(state, active=active, aimed=aim_left(state, at), notice=(AIM_OVER, at.mono_us))


def measure(spec: LaneSpec, state: LaneState, event: Measure, passage: Passage) -> Result:
    """Take it from the attendant what is measured from now on. Of the place that is measured here anyway,
    whoever stands there is measured at once; where the place changes they step back first, or their
    forehead would go down as a wrist. Raises FormError `place_unknown`."""
    at_us = event.at.mono_us
    state = replace(state, active=replace(passage, touched=event.at))
    if event.place and event.place not in own_places(spec):
        if not any(event.place in places for _device, places in spec.also):
            raise FormError("place_unknown", "this thermometer is not held before that place here", 409)
        aimed = Aimed(passage.id, event.place, at_us)
        notice = None if state.notice is not None and state.notice[0] in _SAID else state.notice
        return Result(replace(all_over(state), aimed=aimed, notice=notice), passage=passage.id)
    if state.aimed is not None:
        return Result(replace(all_over(state), aimed=None, notice=(STEP_BACK, at_us)), passage=passage.id)
    sweeps = tuple((name, anew(sweep, at_us)) for name, sweep in state.sweeps)
    return Result(replace(state, sweeps=sweeps), passage=passage.id)


def walked_off(state: LaneState, passage: Passage, now: Instant) -> bool:
    """Say whether whoever was measured for a passage has left it to somebody else: another stands before
    that thermometer and is not measured yet, or nobody has stood there for long."""
    taken = [
        piece
        for piece in passage.evidence
        if isinstance(piece.item, Measurement)
        and piece.item.method is Method.INFRARED
        and piece.item.grid is None
    ]
    if not taken:
        return False
    sweep = dict(state.sweeps).get(taken[-1].source, Sweep())
    if sweep.present_us:
        return not sweep.spent and sweep.began_us > taken[-1].at.mono_us
    return now.mono_us - taken[-1].at.mono_us > AWAY_US


def all_over(state: LaneState) -> LaneState:
    """Return the state after a passage: whoever still stands there is the person who is done."""
    return replace(state, sweeps=tuple((device, over(sweep)) for device, sweep in state.sweeps))


def blind(spec: LaneSpec, state: LaneState, device: str) -> LaneState:
    """Return the state after a thermometer was lost: what it saw last is no sight of anybody."""
    sweeps = tuple((name, sweep) for name, sweep in state.sweeps if name != device)
    state = replace(state, sweeps=sweeps)
    return replace(state, picture=None) if device in spec.arrays else replace(state, live_mdegc=None)


def holding(state: LaneState, device: str, now: Instant) -> Calibration | None:
    """Return the calibration of a device that counts now."""
    for calibration in state.calibrations:
        if calibration.device == device:
            return calibration if standing(calibration, now) in (Standing.HOLDS, Standing.DUE) else None
    return None


def recalled(body: Mapping[str, Any]) -> Calibration:
    """Return the calibration that the body of a `calibration.recorded` row tells of."""
    return Calibration(
        **{field.name: body[field.name] for field in fields(Calibration) if field.name not in _NOT_ALWAYS},
        port=body.get("port"),
    )


def calibrate(spec: LaneSpec, state: LaneState, event: Calibrate) -> Result:
    """Record a calibration. Raises FormError."""
    if event.device in spec.arrays:
        raise FormError("array", "an array finds faces and decides nothing: calibrate the spot sensor", 409)
    texts = (event.device, event.driver, event.method, event.reference, event.site)
    if not all(0 < len(text) <= MAX_TEXT and text.isprintable() for text in texts):
        raise FormError("bad_value", f"every text is 1 to {MAX_TEXT} printable characters")
    if not 1 <= event.days <= MOST_DAYS:
        raise FormError("bad_value", f"a calibration holds for 1 to {MOST_DAYS} days")
    if not event.at.clock.trusted:
        raise FormError("clock_unset", "set the clock first: a calibration has a date", 409)
    offset, spread = offset_of(event.pairs)
    calibration = Calibration(
        device=event.device,
        driver=event.driver,
        offset_mdegc=offset,
        spread_mdegc=spread,
        count=len(event.pairs),
        method=event.method,
        reference=event.reference,
        site=event.site,
        by=event.by,
        at_us=event.at.at_us,
        until_us=event.at.at_us + event.days * DAY_US,
        port=dict(spec.ports).get(event.device),
    )
    others = tuple(old for old in state.calibrations if old.device != event.device)
    pairs = [[pair.surface_mdegc, pair.reference_mdegc] for pair in event.pairs]
    body = asdict(calibration) | {"pairs": pairs, "command_id": event.command_id}
    del body["here"]  # where it counts is found out anew at every start
    state = replace(state, calibrations=(*others, calibration))
    return Result(state, notes=(Note("calibration.recorded", body),))


def uncalibrate(state: LaneState, event: Uncalibrate) -> Result:
    """Take the newest calibration of a device back. Raises FormError `not_calibrated`."""
    if not 0 < len(event.reason) <= MAX_TEXT or not event.reason.isprintable():
        raise FormError("reason_needed", "say why the calibration is taken back")
    old = next((c for c in state.calibrations if c.device == event.device), None)
    if old is None:
        raise FormError("not_calibrated", "this thermometer has no calibration", 404)
    others = tuple(c for c in state.calibrations if c.device != event.device)
    body = {
        "device": event.device,
        "recorded_us": old.at_us,
        "by": event.by,
        "reason": event.reason,
        "command_id": event.command_id,
    }
    return Result(replace(state, calibrations=others), notes=(Note("calibration.withdrawn", body),))
