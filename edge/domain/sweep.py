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
STUCK_US = 120_000_000  # nobody stands before a sensor for so long: the surroundings have changed
PATIENCE = 3  # sweeps, until a restless one is given up
MOST_FRAMES = 256
GLINTS = 8  # one frame in so many may be hotter than the maximum that counts


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a lane remembers of one thermometer: the frames of the person before it.

    `began_us` is when the person stepped up, `frames` what came since, `rejected` how many frames did
    not count. `spent` means this person's measurement is taken: nothing more comes of the sweep until
    the sensor has seen empty air, or one who is done makes way for another: `level_mdegc` is the
    warmest seen since. `empty_mdegc` is the level of the empty lane.
    """

    frames: tuple[Reading, ...] = ()
    rejected: int = 0
    began_us: int = 0
    present_us: int = 0
    seen_us: int = 0
    spent: bool = False
    level_mdegc: int | None = None
    empty_mdegc: int | None = None


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
    and no hotter than anybody can be."""
    surface = reading.surface_mdegc
    if surface is None or reading.quality in (Quality.STALE, Quality.OUT_OF_RANGE):
        return False
    if not policy.presence_mdegc <= surface <= policy.hot_mdegc:
        return False
    around = [level for level in (reading.ambient_mdegc, empty_mdegc) if level is not None]
    return all(surface >= level + policy.rise_mdegc for level in around)


def feed(
    sweep: Sweep, reading: Reading, mono_us: int, policy: Policy, *, free: bool = False
) -> tuple[Sweep, Taken | None]:
    """Add one frame. Return the new sweep and, when a measurement is complete, what it rests on.

    The first `settle_us` of a person are the sensor's own way up and do not count. A sweep is
    complete after `sweep_us` with enough frames that agree, after three times that without, or when
    somebody who gave enough leaves; a warm thing that passes by faster gives nothing. `free`: the
    passage this sweep was taken for has ended, so whoever is there next is somebody else.
    """
    if sweep.seen_us and mono_us - sweep.seen_us > policy.stale_us:
        # The stream had a hole: what came before belongs to nobody any more.
        sweep = Sweep(empty_mdegc=sweep.empty_mdegc)
    if not is_present(reading, policy, sweep.empty_mdegc):
        return _absent(sweep, reading, mono_us, policy)
    if not sweep.present_us:
        sweep = replace(sweep, began_us=mono_us)
    sweep = replace(sweep, present_us=mono_us, seen_us=mono_us)
    if mono_us - sweep.began_us > STUCK_US:
        return Sweep(seen_us=mono_us, empty_mdegc=reading.surface_mdegc), None
    if sweep.spent:
        return _spent(sweep, reading, mono_us, policy, free=free), None
    return _counted(sweep, reading, mono_us, policy)


def over(sweep: Sweep) -> Sweep:
    """Return the sweep after its measurement: whoever still stands there is the same person."""
    if not sweep.present_us:
        return sweep
    return replace(sweep, frames=(), rejected=0, spent=True, level_mdegc=None)


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
    surface, level = _surface(reading), sweep.level_mdegc
    if not free or level is None or surface > level:
        return replace(sweep, level_mdegc=surface if level is None else max(level, surface))
    if surface >= level - policy.dip_mdegc:
        return sweep
    # Somebody who is done makes way and the place is not empty: the next of a queue is stepping in.
    return replace(sweep, frames=(), rejected=1, began_us=mono_us, spent=False, level_mdegc=None)


def _absent(sweep: Sweep, reading: Reading, mono_us: int, policy: Policy) -> tuple[Sweep, Taken | None]:
    odd = reading.quality is not Quality.OK or (reading.surface_mdegc or 0) > policy.hot_mdegc
    if odd:
        sweep = replace(sweep, rejected=sweep.rejected + (1 if sweep.frames else 0))
    else:
        sweep = replace(sweep, empty_mdegc=_followed(sweep, reading, mono_us))
    sweep = replace(sweep, seen_us=mono_us)
    # What is too hot or makes no sense hides a person as well as air does, but is no sign of leaving.
    patience_us = policy.stale_us if odd else policy.gap_us
    if mono_us - sweep.present_us < patience_us and sweep.present_us:
        return sweep, None
    fresh = Sweep(seen_us=mono_us, empty_mdegc=sweep.empty_mdegc)
    if sweep.spent or len(sweep.frames) < policy.min_frames:
        return fresh, None
    taken = _taken(sweep, policy)
    stood = sweep.present_us - sweep.began_us >= policy.sweep_us
    # Whoever was gone before the sweep was over and never stood still has only walked past.
    return fresh, taken if taken.steady or stood else None


def _followed(sweep: Sweep, reading: Reading, mono_us: int) -> int | None:
    surface, level = reading.surface_mdegc, sweep.empty_mdegc
    if surface is None or level is None or not sweep.seen_us:
        return surface if level is None else level
    # Down ten times as fast: what is colder than the empty lane was, is certainly nobody.
    share = min(max(0, mono_us - sweep.seen_us) * (1 if surface > level else 10), EMPTY_US)
    step = (surface - level) * share
    return level + (step // EMPTY_US if step >= 0 else -(-step // EMPTY_US))


def _taken(sweep: Sweep, policy: Policy) -> Taken:
    agreeing = _plateau if policy.hold == "plateau" else _maximum
    found = agreeing(sweep.frames, policy)
    if found is None:
        hottest = max(sweep.frames, key=_surface)
        return Taken(hottest, sweep.frames, sweep.rejected, steady=False)
    decisive, used = found
    return Taken(decisive, used, sweep.rejected + len(sweep.frames) - len(used), steady=True)


def _maximum(frames: Sequence[Reading], policy: Policy) -> tuple[Reading, tuple[Reading, ...]] | None:
    """The hottest frame that enough others come near to, one of them right before or after it. A few
    hotter ones are glints; where more are hotter, nothing was held that could be called the maximum."""
    order = sorted(range(len(frames)), key=lambda index: _surface(frames[index]), reverse=True)
    for index in order[: max(1, len(frames) // GLINTS) + 1]:
        top = _surface(frames[index])
        used = [i for i, f in enumerate(frames) if top - policy.spread_mdegc <= _surface(f) <= top]
        if len(used) >= policy.min_frames and (index - 1 in used or index + 1 in used):
            return frames[index], tuple(frames[i] for i in used)
    return None


def _plateau(frames: Sequence[Reading], policy: Policy) -> tuple[Reading, tuple[Reading, ...]] | None:
    """The middle of the longest run of frames that stay together, of several the hottest."""
    best: Sequence[Reading] = ()
    first = 0
    for last in range(len(frames)):
        while _spread(frames[first : last + 1]) > policy.spread_mdegc:
            first += 1
        run = frames[first : last + 1]
        if (len(run), _middle(run)) > (len(best), _middle(best)):
            best = run
    if len(best) < policy.min_frames:
        return None
    return sorted(best, key=_surface)[len(best) // 2], tuple(best)


def _surface(frame: Reading) -> int:
    assert frame.surface_mdegc is not None  # or nobody would have been there
    return frame.surface_mdegc


def _spread(run: Sequence[Reading]) -> int:
    values = [_surface(frame) for frame in run]
    return max(values) - min(values)


def _middle(run: Sequence[Reading]) -> int:
    return sorted(_surface(frame) for frame in run)[len(run) // 2] if run else 0
