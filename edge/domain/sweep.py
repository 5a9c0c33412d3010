"""From a stream of frames to one person's measurement: who stands there, since when, what counts.

Arithmetic over frames and their times only. A frame is never altered; one that does not count is
counted as rejected. What the empty lane looks like is learned from the frames nobody is in, so that a
wall in the sun is no person.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from edge.domain.model import Quality, Reading
from edge.domain.policy import Policy

EMPTY_US = 30_000_000  # how slowly the level of the empty lane follows
STUCK_US = 120_000_000  # nobody is measured for so long: a wall in the sun, or somebody who stands on
PACE_US = 10_000_000  # how slowly a slow frame is forgotten
PATIENCE = 3  # sweeps, until a restless one is given up
MOST_FRAMES = 1024
GLINTS = 8  # one frame in so many may be hotter than the maximum that counts
SHARE = 4  # one frame in so many has to agree with it, or a fast module's glint would be enough


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a lane remembers of one thermometer: the frames of the person before it.

    `began_us` is when the person stepped up, `frames` what came since, `rejected` how many frames did
    not count. `spent` means this person's measurement is taken: nothing more comes of the sweep until
    the sensor has seen empty air, or one who is done makes way for another: `level_mdegc` is the
    warmest seen since, `peak_mdegc` the warmest of what was measured. `empty_udegc` is the level of the
    empty lane in millionths of a degree (a fast module moves it by less than a thousandth), `stuck_udegc`
    that of something warm which stays. `pace_us` is how far frames lie apart, the slowest of late.
    """

    frames: tuple[Reading, ...] = ()
    rejected: int = 0
    began_us: int = 0
    present_us: int = 0
    seen_us: int = 0
    spent: bool = False
    level_mdegc: int | None = None
    peak_mdegc: int | None = None
    empty_udegc: int | None = None
    stuck_udegc: int | None = None
    pace_us: int = 0

    @property
    def empty_mdegc(self) -> int | None:
        """What the sensor sees where nobody is, as far as that is known."""
        level = self.empty_udegc if self.stuck_udegc is None else self.stuck_udegc
        return None if level is None else level // 1000


@dataclass(frozen=True, slots=True)
class Taken:
    """The frames of a completed measurement: the one that decides, all that agree with it, and how
    many were not used. `steady` is False where no frame had enough others that agree."""

    decisive: Reading
    used: tuple[Reading, ...]
    rejected: int
    steady: bool


def is_present(reading: Reading, policy: Policy, empty_mdegc: int | None = None) -> bool:
    """Say whether this frame shows a person: warm enough, warmer than the air and than the empty lane,
    and no hotter than anybody can be. A module that gives body values only is believed with those."""
    value = _value(reading)
    if value is None or reading.quality in (Quality.STALE, Quality.OUT_OF_RANGE):
        return False
    if not policy.presence_mdegc <= value <= policy.hot_mdegc:
        return False
    around = [level for level in (reading.ambient_mdegc, empty_mdegc) if level is not None]
    return all(value >= level + policy.rise_mdegc for level in around)


def feed(
    sweep: Sweep, reading: Reading, mono_us: int, policy: Policy, *, free: bool = False
) -> tuple[Sweep, Taken | None]:
    """Add one frame. Return the new sweep and, when a measurement is complete, what it rests on.

    The first `settle_us` of a person are the sensor's own way up and do not count. A sweep is
    complete after `sweep_us` with enough frames that agree, after three times that without, or when
    somebody who gave enough leaves; a warm thing that passes by faster gives nothing. `free`: no passage
    is open, so the one this sweep was taken for has ended and whoever is there next is somebody else.
    """
    # An array on a slow line sends a picture every two seconds.
    stale_us = policy.stale_us if reading.grid is None else 3 * policy.stale_us
    if sweep.seen_us and mono_us - sweep.seen_us > stale_us:
        # The stream had a hole: what came before belongs to nobody any more.
        sweep = _nobody(sweep, 0)
    gone_us = max(policy.gap_us, 2 * sweep.pace_us) if sweep.pace_us else policy.stale_us
    sweep = _unstuck(_paced(sweep, mono_us), reading, policy)
    if not is_present(reading, policy, sweep.empty_mdegc):
        return _absent(sweep, reading, mono_us, policy, free=free)
    if not sweep.present_us:
        sweep = replace(sweep, began_us=mono_us)
    elif mono_us - sweep.present_us > gone_us and not sweep.spent:
        # Out of sight (a cup, a hole in the stream) for as long as two people need to change places.
        sweep = replace(sweep, began_us=mono_us, frames=(), rejected=sweep.rejected + len(sweep.frames))
    sweep = replace(sweep, present_us=mono_us, seen_us=mono_us)
    if mono_us - sweep.began_us > STUCK_US:
        return replace(_nobody(sweep, mono_us), stuck_udegc=_warmth(reading) * 1000), None
    if sweep.spent:
        return _spent(sweep, reading, mono_us, policy, free=free), None
    return _counted(sweep, reading, mono_us, policy)


def over(sweep: Sweep) -> Sweep:
    """Return the sweep after its measurement: whoever still stands there is the same person."""
    if not sweep.present_us:
        return sweep
    peaks = [_warmth(frame) for frame in sweep.frames]
    peaks += [] if sweep.peak_mdegc is None else [sweep.peak_mdegc]
    peak = max(peaks, default=None)
    return replace(sweep, frames=(), rejected=0, spent=True, level_mdegc=None, peak_mdegc=peak)


def anew(sweep: Sweep, mono_us: int) -> Sweep:
    """Return the sweep in which whoever stands there has just stepped up."""
    if not sweep.present_us:
        return sweep
    return replace(_nobody(sweep, mono_us), present_us=mono_us, began_us=mono_us)


def _nobody(sweep: Sweep, seen_us: int) -> Sweep:
    """Nobody is there: what stays is what the place is like."""
    return Sweep(
        seen_us=seen_us,
        empty_udegc=sweep.empty_udegc,
        stuck_udegc=sweep.stuck_udegc,
        pace_us=sweep.pace_us,
    )


def _paced(sweep: Sweep, mono_us: int) -> Sweep:
    wait_us = max(0, mono_us - sweep.seen_us) if sweep.seen_us else 0
    slowest = sweep.pace_us - sweep.pace_us * min(wait_us, PACE_US) // PACE_US
    return replace(sweep, pace_us=max(wait_us, slowest))


def _unstuck(sweep: Sweep, reading: Reading, policy: Policy) -> Sweep:
    """Somebody who stood there for minutes and moves was a person, and no wall: the empty lane is again
    what it was before, or whoever comes next would have to be warmer than the one who stood there."""
    if sweep.stuck_udegc is None or _is_odd(reading, policy) or (value := _value(reading)) is None:
        return sweep
    if value >= sweep.stuck_udegc // 1000 - policy.dip_mdegc:
        return sweep
    return replace(sweep, stuck_udegc=None)


def _counted(sweep: Sweep, reading: Reading, mono_us: int, policy: Policy) -> tuple[Sweep, Taken | None]:
    lasted = mono_us - sweep.began_us
    if lasted < policy.settle_us:
        return replace(sweep, rejected=sweep.rejected + 1), None
    sweep = replace(sweep, frames=(*sweep.frames, reading)[-MOST_FRAMES:])
    if lasted < policy.sweep_us or len(sweep.frames) < policy.min_frames:
        return sweep, None
    taken = _taken(sweep, policy)
    patient = lasted < PATIENCE * policy.sweep_us or len(sweep.frames) < PATIENCE * policy.min_frames
    if not taken.steady and patient:
        return sweep, None
    return over(sweep), taken


def _spent(sweep: Sweep, reading: Reading, mono_us: int, policy: Policy, *, free: bool) -> Sweep:
    value, level, peak = _warmth(reading), sweep.level_mdegc, sweep.peak_mdegc
    falls = level is not None and value < level - policy.dip_mdegc
    rises = peak is not None and value >= peak + policy.rise_mdegc
    if free and (falls or rises):
        # Somebody who is done makes way and the place is not empty: the next of a queue is stepping in.
        return replace(_nobody(sweep, mono_us), rejected=1, began_us=mono_us, present_us=mono_us)
    return replace(sweep, level_mdegc=value if level is None else max(level, value))


def _absent(
    sweep: Sweep, reading: Reading, mono_us: int, policy: Policy, *, free: bool
) -> tuple[Sweep, Taken | None]:
    odd = _is_odd(reading, policy)
    if odd:
        sweep = replace(sweep, rejected=sweep.rejected + (1 if sweep.frames else 0))
    else:
        sweep = _followed(sweep, reading, mono_us)
    sweep = replace(sweep, seen_us=mono_us)
    # What is too hot or makes no sense hides a person as well as air does, but is no sign of leaving.
    # Whoever is done leaves sooner than somebody who only moves: the next may follow closely.
    gap_us = policy.gap_us // 2 if free and sweep.spent else policy.gap_us
    if mono_us - sweep.present_us < (policy.stale_us if odd else gap_us) and sweep.present_us:
        return sweep, None
    fresh = _nobody(sweep, mono_us)
    if sweep.spent or len(sweep.frames) < policy.min_frames:
        return fresh, None
    taken = _taken(sweep, policy)
    # Whoever was gone before the sweep was over and never stood still has only walked past.
    stood = sweep.present_us - sweep.began_us >= policy.sweep_us
    still = taken.steady and 2 * len(taken.used) >= len(sweep.frames)
    return fresh, taken if still or stood else None


def _is_odd(reading: Reading, policy: Policy) -> bool:
    """Say whether a frame tells nothing of what is there. One that is only too cold for the module does:
    that is the air on a winter's morning."""
    return reading.quality not in (Quality.OK, Quality.TOO_LOW) or (_value(reading) or 0) > policy.hot_mdegc


def _followed(sweep: Sweep, reading: Reading, mono_us: int) -> Sweep:
    value = _value(reading)
    if value is None:
        return sweep
    stuck = sweep.stuck_udegc is not None
    level, now = sweep.stuck_udegc if stuck else sweep.empty_udegc, value * 1000
    if level is not None:
        # Down ten times as fast: what is colder than the empty lane was, is certainly nobody.
        wait_us = max(0, mono_us - sweep.seen_us) if sweep.seen_us else 0
        now = level + (now - level) * min(wait_us * (1 if now > level else 10), EMPTY_US) // EMPTY_US
    return replace(sweep, stuck_udegc=now) if stuck else replace(sweep, empty_udegc=now)


def _taken(sweep: Sweep, policy: Policy) -> Taken:
    agreeing = _plateau if policy.hold == "plateau" else _maximum
    found = agreeing(sweep.frames, policy)
    if found is None:
        hottest = max(sweep.frames, key=_warmth)
        return Taken(hottest, sweep.frames, sweep.rejected, steady=False)
    decisive, used = found
    return Taken(decisive, used, sweep.rejected + len(sweep.frames) - len(used), steady=True)


def _maximum(frames: Sequence[Reading], policy: Policy) -> tuple[Reading, tuple[Reading, ...]] | None:
    """The hottest frame that enough others come near to, one of them right before or after it. A few
    hotter ones are glints; where more are hotter, nothing was held that could be called the maximum."""
    order = sorted(range(len(frames)), key=lambda index: _warmth(frames[index]), reverse=True)
    enough = max(policy.min_frames, len(frames) // SHARE)
    for index in order[: max(1, len(frames) // GLINTS) + 1]:
        top = _warmth(frames[index])
        used = [i for i, f in enumerate(frames) if top - policy.spread_mdegc <= _warmth(f) <= top]
        if len(used) >= enough and (index - 1 in used or index + 1 in used):
            return frames[index], tuple(frames[i] for i in used)
    return None


def _plateau(frames: Sequence[Reading], policy: Policy) -> tuple[Reading, tuple[Reading, ...]] | None:
    """The middle of the longest run of frames that stay together, of several the hottest."""
    best: Sequence[Reading] = ()
    first = 0
    for last, frame in enumerate(frames):
        # Whatever lies too far from this frame, and all before it, is no run with it.
        far = [
            i for i in range(first, last) if abs(_warmth(frames[i]) - _warmth(frame)) > policy.spread_mdegc
        ]
        first = far[-1] + 1 if far else first
        run = frames[first : last + 1]
        if len(run) > len(best) or (len(run) == len(best) and _middle(run) > _middle(best)):
            best = run
    if len(best) < policy.min_frames:
        return None
    return sorted(best, key=_warmth)[len(best) // 2], tuple(best)


def _value(frame: Reading) -> int | None:
    return frame.vendor_body_mdegc if frame.surface_mdegc is None else frame.surface_mdegc


def _warmth(frame: Reading) -> int:
    value = _value(frame)
    assert value is not None  # or nobody would have been there
    return value


def _middle(run: Sequence[Reading]) -> int:
    return sorted(_warmth(frame) for frame in run)[len(run) // 2]
