"""What a lane learns of healthy people: what is expected of the next, what each passage teaches, and what
happens when everybody stands out.

One state for each thermometer and place on the body, and another for people who rested indoors before.
Time is the run's own clock; between runs that of the wall, where both readings of it are believed, and what
cannot be known counts as none: a clock that jumps neither forgets nor hurries anything. A start makes the
same states out of the journal with the same functions. Pure.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from edge.domain.healthy import SHIFT_SPREADS, Healthy, expected, learn, passing, shifted, start
from edge.domain.history import after_visit, hinted, holder_of, with_visit
from edge.domain.lane_state import LaneSpec, LaneState, Note, Result, Taught
from edge.domain.model import Evidence, Instant, Measurement, Method, ScreeningVerdict
from edge.domain.policy import Policy
from edge.domain.resting import taught_off
from edge.domain.screening import find, first_usable, is_rested, seen
from edge.domain.skin import PLACES, rested

DEFAULT_PLACE = "forehead"
SHIFTED = "screening_shifted"
# The clocks of a machine keep their distance while it runs and nobody sets them.
_APART_US = 2_000_000


def expecting(spec: LaneSpec, state: LaneState, evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """Return the evidence with what was expected of a healthy person beside its newest piece, where that is
    an infrared reading of skin."""
    piece = evidence[-1]
    item = piece.item
    if (
        not isinstance(item, Measurement)
        or item.method is not Method.INFRARED
        or item.grid is not None
        or item.surface_mdegc is None
    ):
        return evidence
    place = item.site if item.site in PLACES else place_of(spec, item.device)
    known = known_of(state, item.device, place, is_resting=is_rested(evidence))
    air = air_before(evidence) if known.rested else item.ambient_mdegc
    about = expected(known.healthy, air, _now_us(known, piece.at, spec.boot))
    if known.rested:
        here_now = known_of(state, item.device, place, is_resting=False)
        comes_and_goes = passing(here_now.healthy, _now_us(here_now, piece.at, spec.boot))
        about = replace(about, level_mdegc=about.level_mdegc + round(comes_and_goes))
    if spec.own_history and not known.rested and (holder := holder_of(evidence[:-1])) is not None:
        about = hinted(about, state.regulars.get(holder), piece.at.at_us)
    return (*evidence[:-1], replace(piece, item=replace(item, expected=about)))


def place_of(spec: LaneSpec, device: str) -> str:
    """Return where on the body a thermometer of a lane measures."""
    return dict(spec.places).get(device, DEFAULT_PLACE)


def is_away(spec: LaneSpec, known: Taught) -> bool:
    """Say whether something is known of another place than its thermometer is meant for."""
    return known.healthy.place.name != place_of(spec, known.device)


def own_places(spec: LaneSpec) -> frozenset[str]:
    """Return the places on the body that a lane's deciding thermometers are meant for."""
    deciding = (device for device, _driver in spec.drivers if device not in spec.arrays)
    return frozenset(place_of(spec, device) for device in deciding) or frozenset({DEFAULT_PLACE})


def taught(spec: LaneSpec, result: Result) -> Result:
    """Return a step's result with what the passages that ended in it have taught, and with the row and the
    warning where the whole level turns out to have shifted."""
    state, notes = result.state, result.notes
    for record in result.records:
        if record.kind != "passage.decided" or record.passage.corrects:
            continue
        passage = record.passage
        finding = find(passage.evidence, spec.policy)
        whose = partial(here, spec)
        now = learned(
            state,
            passage.evidence,
            finding.verdict,
            passage.touched,
            policy=spec.policy,
            boot=spec.boot,
            whose=whose,
            own_history=spec.own_history and finding.first is None,
        )
        # Of a place that is measured now and then nobody could confirm a shift.
        fresh = [
            new for new in now.healthy if new.told and not _was_told(state, new) and not is_away(spec, new)
        ]
        state = now
        for new in fresh:
            state = _warned(state, passage.touched)
            notes = (*notes, Note("screening.shifted", figures(spec, new, passage.touched)))
    if state is result.state:
        return result
    return replace(result, state=state, notes=notes)


def learned(
    state: LaneState,
    evidence: Sequence[Evidence],
    verdict: ScreeningVerdict,
    ended: Instant,
    *,
    policy: Policy,
    boot: int,
    whose: Callable[[Measurement], str | None],
    own_history: bool = False,
) -> LaneState:
    """Return the state after a passage: its first usable infrared reading teaches, and the first after a
    rest the level of the rested, unless a second measurement confirmed that the person is over the
    threshold; of whoever was found well it is also what is usual for them, with `own_history` (never a
    first value over, however it was cleared). `ended` by the clocks of the run `boot`; `whose` names the
    thermometer a reading is of, None where that does not stand here any more."""
    found = first_usable(evidence)
    if found is None or verdict is ScreeningVerdict.OVER:
        return state
    index, item = found
    device = whose(item)
    if device is None or item.expected is None or item.surface_mdegc is None:
        return state
    moment = ended, boot
    if is_rested(evidence[: index + 1]):
        # Whoever showed nothing before the rest was colder than others, and is no sample of them.
        if any(_is_infrared(piece) for piece in evidence[:index]):
            return state
        known = known_of(state, device, item.expected.place, is_resting=True)
        off = item.surface_mdegc - item.expected.level_mdegc
        return _with_rested(state, known, air_before(evidence), off, moment)
    known = known_of(state, device, item.expected.place, is_resting=False)
    healthy = learn(known.healthy, item.surface_mdegc, item.ambient_mdegc, _now_us(known, ended, boot))
    new = _told(known, healthy, item.ambient_mdegc, moment)
    if own_history and verdict is ScreeningVerdict.NORMAL:
        holder = holder_of(evidence[:index])
        if holder is not None:
            before = state.regulars.get(holder)
            usual = after_visit(item.expected, before, item.surface_mdegc, evidence[index].at.at_us)
            state = replace(state, regulars=with_visit(state.regulars, holder, usual))
    state = with_known(state, new)
    second = first_usable(evidence, after_rest_of=item)
    if second is None or (now := second[1]).expected is None or now.surface_mdegc is None:
        return state
    per_1000 = next(one.per_1000 for one in seen(evidence, policy) if one.index == second[0])
    left = taught_off(item.surface_mdegc, item.expected, now.surface_mdegc, now.expected, per_1000)
    known = known_of(state, device, item.expected.place, is_resting=True)
    return _with_rested(state, known, air_before(evidence), left, moment)


def air_before(evidence: Sequence[Evidence]) -> int | None:
    """Return the air that somebody came from who has rested since: what is left of a shift is its share."""
    return next(
        (
            piece.item.ambient_mdegc
            for piece in evidence
            if isinstance(piece.item, Measurement)
            and _is_infrared(piece)
            and piece.item.ambient_mdegc is not None
        ),
        None,
    )


def figures(spec: LaneSpec, known: Taught, now: Instant) -> dict[str, Any]:
    """Return what is expected in the air of the last person, and what people of late show in it."""
    about = expected(known.healthy, known.ambient_mdegc, _now_us(known, now, spec.boot))
    off = round(known.healthy.recent * about.spread_mdegc)
    return {
        "device": known.device,
        "driver": dict(spec.drivers).get(known.device, ""),
        "port": dict(spec.ports).get(known.device),
        "place": about.place,
        "rested": known.rested,
        "people": about.people,
        "ambient_mdegc": known.ambient_mdegc,
        "expected_mdegc": about.level_mdegc,
        "found_mdegc": about.level_mdegc + off,
        "off_mdegc": off,
        "spread_mdegc": about.spread_mdegc,
    }


def known_of(state: LaneState, device: str, place: str, *, is_resting: bool) -> Taught:
    """Return what is known of a thermometer and a place (`edge.domain.skin`); of one that nobody has passed
    yet, what is known of the place."""
    found = find_known(state, device, place, is_resting=is_resting)
    if found is not None:
        return found
    here = PLACES[place]
    return Taught(device, is_resting, start(rested(here) if is_resting else here))


def here(spec: LaneSpec, item: Measurement) -> str | None:
    """Return the thermometer's name where the same stands there that took this reading."""
    driver, port = dict(spec.drivers).get(item.device, ""), dict(spec.ports).get(item.device)
    return item.device if (driver, port) == (item.driver, item.port) else None


def find_known(state: LaneState, device: str, place: str, *, is_resting: bool) -> Taught | None:
    """Return what is known of a thermometer and a place; None before anybody passed it."""
    for known in state.healthy:
        if (known.device, known.healthy.place.name, known.rested) == (device, place, is_resting):
            return known
    return None


def with_known(state: LaneState, new: Taught) -> LaneState:
    """Return the state with what is known of one thermometer and place now."""
    key = (new.device, new.healthy.place.name, new.rested)
    others = (old for old in state.healthy if (old.device, old.healthy.place.name, old.rested) != key)
    return replace(state, healthy=(*others, new))


def _is_infrared(piece: Evidence) -> bool:
    item = piece.item
    return isinstance(item, Measurement) and item.method is Method.INFRARED and item.grid is None


def _with_rested(
    state: LaneState, known: Taught, air: int | None, off: float, moment: tuple[Instant, int]
) -> LaneState:
    """Return the state after somebody who had rested stood so far off (thousandths of a degree) what was
    expected; `moment` is when the passage ended, in which run."""
    at_us = _now_us(known, *moment)
    surface = round(expected(known.healthy, air, at_us).level_mdegc + off)
    healthy = learn(known.healthy, surface, air, at_us)
    # What is left of selected people says where the middle is, not how far everybody differs.
    healthy = replace(healthy, widening=known.healthy.widening)
    return with_known(state, _told(known, healthy, air, moment))


def _told(known: Taught, healthy: Healthy, air: int | None, moment: tuple[Instant, int]) -> Taught:
    """Return what is known with a new state. A shift is said once, and again only after the level had come
    back."""
    told = shifted(healthy) or (known.told and abs(healthy.recent) > SHIFT_SPREADS / 2)
    ambient = known.ambient_mdegc if air is None else air
    return replace(known, healthy=healthy, last=moment[0], boot=moment[1], ambient_mdegc=ambient, told=told)


def _was_told(state: LaneState, new: Taught) -> bool:
    old = find_known(state, new.device, new.healthy.place.name, is_resting=new.rested)
    return old is not None and old.told


def _now_us(known: Taught, now: Instant, boot: int) -> int:
    """Return a moment on the state's own line of time, which only runs forward."""
    at_us, last = known.healthy.at_us, known.last
    if at_us is None or last is None:
        return now.at_us if at_us is None else at_us
    return at_us + _passed_us(last, now, same_run=known.boot == boot)


def _passed_us(then: Instant, now: Instant, *, same_run: bool) -> int:
    on_mono_us, on_wall_us = now.mono_us - then.mono_us, now.at_us - then.at_us
    if same_run:
        return max(0, on_mono_us)
    if on_mono_us >= 0 and abs(on_wall_us - on_mono_us) <= _APART_US:
        return on_mono_us  # only the gate was started anew, not the machine
    return max(0, on_wall_us) if then.clock.trusted and now.clock.trusted else 0


def _warned(state: LaneState, at: Instant) -> LaneState:
    """Tell the attendant; a warning that is about somebody inside stays the one that comes back."""
    word = (SHIFTED, at.mono_us)
    return replace(state, notice=word, warning=state.warning or word)
