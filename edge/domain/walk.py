"""What to do next about a person whose temperature was not measured, or has to be measured again.

Says what is advised and what is open, and why, from the evidence, the numbers in force and the lane's queue;
decides nothing: nobody is passed or referred by it, and whatever it advises ends in a measurement or in the
attendant's own decision. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from edge.domain import queueing
from edge.domain.bench import has_rested
from edge.domain.by_level import is_elsewhere
from edge.domain.lane_state import LaneSpec, LaneState
from edge.domain.learning import own_places
from edge.domain.model import (
    Instant,
    Measurement,
    Method,
    Passage,
    Quality,
    Rest,
    ScreeningVerdict,
    TemperatureFinding,
)
from edge.domain.policy import Policy
from edge.domain.screening import Seen, find, seen
from edge.domain.skin import PLACES

# A second try finds a fringe or a wrong distance; a third finds nothing new.
TRIES = 2
READINGS = 3


class Way(StrEnum):
    """How somebody can be measured."""

    AGAIN = "again"
    REST = "rest"
    PLACE = "place"
    CONTACT = "contact"


class Cause(StrEnum):
    """Why somebody has to be measured once more."""

    FIRST_OVER = "first_over"
    HIGH = "high"
    UNKNOWN_PLACE = "unknown_place"
    TOO_COLD = "too_cold"
    TOO_HOT = "too_hot"
    UNSTEADY = "unsteady"
    INSTRUMENT = "instrument"
    AMBIENT = "ambient"
    UNCALIBRATED = "uncalibrated"


# What can be put right before the next reading, the likeliest first; the next reading is taken to be theirs.
HINTS = {
    Cause.TOO_COLD: ("alone", "hair", "sweat", "distance"),
    Cause.TOO_HOT: ("alone", "sun", "distance", "hot_thing"),
    Cause.UNSTEADY: ("alone", "still", "distance", "hair"),
    Cause.INSTRUMENT: ("alone", "still", "distance"),
    Cause.HIGH: ("alone", "hair", "sun", "still"),
}
# Another reading says no more than the last: it is the conversion that is missing.
_NO_USE = (Cause.AMBIENT, Cause.UNCALIBRATED)


# After a rest up to three readings are one measurement: which of them is next.
_WHICH = {1: "again_second", 2: "again_third"}


@dataclass(frozen=True, slots=True)
class Open:
    """One way that is open, and for which place on the body."""

    way: Way
    place: str = ""


@dataclass(frozen=True, slots=True)
class Advice:
    """What is advised next and `why` (a word of its own, see `edge.web.walking`), everything that is open,
    and what can be put right first. `cause` is why anything has to be done."""

    cause: Cause
    next: Open
    why: str
    open: tuple[Open, ...]
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Case:
    """A passage whose temperature needs something more, and what of it was measured."""

    spec: LaneSpec
    passage: Passage
    cause: Cause
    found: Sequence[Seen]
    first: Measurement | None

    @property
    def since(self) -> list[Seen]:
        """What was measured since the person came back from the bench, or at all."""
        begin = max((rest.pieces for rest in self.passage.rests if rest.why == "rest"), default=0)
        return [one for one in self.found if one.index >= begin]

    @property
    def counted(self) -> list[Seen]:
        """What was measured after a rest and counts together with what is measured next."""
        return [one for one in self.since if one.item.after_rest and one.level is ScreeningVerdict.AGAIN]

    @property
    def is_tried(self) -> bool:
        return sum(one.item.method is Method.INFRARED for one in self.since) >= TRIES

    @property
    def is_by_contact(self) -> bool:
        """Whether it was a contact thermometer that found a value over the threshold."""
        return self.first is not None and self.first.method is Method.CONTACT

    @property
    def rest(self) -> Rest | None:
        """The rest the person came back from last."""
        over = [rest for rest in self.passage.rests if rest.why == "rest" and rest.lasted_us is not None]
        return over[-1] if over else None

    @property
    def has_rested(self) -> bool:
        """Whether what is measured next counts as measured after a rest."""
        return has_rested(self.spec, self.passage.rests, self.found, self.passage.touched)


def advise(spec: LaneSpec, passage: Passage) -> Advice | None:
    """Return the advice for a passage under way; None where its temperature needs nothing more."""
    case = _case(spec, passage)
    if case is None:
        return None
    next_, why = _next(case)
    hints = HINTS.get(case.cause, ()) if next_.way is Way.AGAIN else ()
    return Advice(case.cause, next_, why, _open(case), hints)


def offered(spec: LaneSpec, state: LaneState, passage: Passage, now: Instant) -> Passage:
    """Return a passage with how its person is asked to go on, once another reading here says no more."""
    case = None if passage.offered else _case(spec, passage)
    if case is None or not (case.cause is Cause.FIRST_OVER or case.is_tried):
        return passage
    return queueing.offered(spec, state, passage, now)


def _case(spec: LaneSpec, passage: Passage) -> _Case | None:
    finding, found = find(passage.evidence, spec.policy), seen(passage.evidence, spec.policy)
    cause = _cause(finding, found, spec.policy)
    if cause is None:
        return None
    first = next((one.item for one in found if one.index == finding.first), None)
    return _Case(spec, passage, cause, found, first if cause is Cause.FIRST_OVER else None)


def _cause(finding: TemperatureFinding, found: Sequence[Seen], policy: Policy) -> Cause | None:
    if finding.verdict is ScreeningVerdict.AGAIN:
        if finding.first is not None and finding.deciding == finding.first:
            return Cause.FIRST_OVER
        last = next(one for one in found if one.index == finding.deciding)
        return Cause.UNKNOWN_PLACE if is_elsewhere(last.item) else Cause.HIGH
    if finding.verdict not in (ScreeningVerdict.TOO_LOW, ScreeningVerdict.UNRELIABLE):
        return None
    return _unmeasured(found[-1], policy)


def _unmeasured(one: Seen, policy: Policy) -> Cause:
    """Return why a value is no measurement."""
    item = one.item
    if item.quality in (Quality.STALE, Quality.OUT_OF_RANGE):
        return Cause.INSTRUMENT
    if item.quality is Quality.UNSTEADY:
        return Cause.UNSTEADY
    if one.counts is ScreeningVerdict.TOO_LOW:
        return Cause.TOO_COLD
    if item.body_mdegc is None and (one.level is None or policy.decides == "legal"):
        return Cause.AMBIENT if item.conversion == "none:ambient" else Cause.UNCALIBRATED
    return Cause.TOO_HOT


def _next(case: _Case) -> tuple[Open, str]:
    """Return what is advised and why: the first of these that fits."""
    cause, since, is_first = case.cause, case.since, case.cause is Cause.FIRST_OVER
    again, contact, rest = Open(Way.AGAIN), Open(Way.CONTACT), Open(Way.REST)
    places = [Open(Way.PLACE, place) for place in _places(case)]
    order: tuple[tuple[bool, Open, str], ...] = (
        (cause in _NO_USE, contact, f"contact_{cause}"),
        (case.rest is not None and not case.has_rested and not since, rest, "rest_short"),
        (case.has_rested and not since, again, "again_rested"),
        (case.has_rested and 0 < len(case.counted) < READINGS, again, _WHICH.get(len(case.counted), "again")),
        (case.has_rested and len(since) < (READINGS if is_first else TRIES), again, "again"),
        (case.has_rested and bool(places), (places or [contact])[0], "place"),
        (case.has_rested, contact, "contact_last"),
        (cause is Cause.UNKNOWN_PLACE, contact, "contact_unknown_place"),
        # Out of the queue in any case: the surest thermometer found it.
        (case.is_by_contact, rest, "rest_contact"),
        (not is_first and not case.is_tried, again, "again"),
        # No rest makes anybody hold still.
        (cause in (Cause.UNSTEADY, Cause.INSTRUMENT, Cause.HIGH), contact, "contact_tried"),
        (case.passage.offered == queueing.CONTACT, contact, "contact_queue"),
        (case.passage.rushed, rest, "rest_queue"),
    )
    return next(((way, why) for fits, way, why in order if fits), (rest, "rest"))


def _open(case: _Case) -> tuple[Open, ...]:
    useful = case.cause not in _NO_USE
    ways = []
    # A value over the threshold is not cleared by another of the same kind before a rest.
    if useful and (case.cause is not Cause.FIRST_OVER or case.has_rested):
        ways.append(Open(Way.AGAIN))
    if useful:
        ways.append(Open(Way.REST))
    ways += [Open(Way.PLACE, place) for place in _places(case)]
    if not case.is_by_contact or case.has_rested:
        ways.append(Open(Way.CONTACT))
    return tuple(ways)


def _places(case: _Case) -> list[str]:
    """Return the other places that can say something: never of a value over the threshold, which they
    neither clear nor confirm, and none where only the legal line decides, which has no conversion there."""
    spec = case.spec
    if spec.policy.decides == "legal" or case.cause is Cause.FIRST_OVER or case.cause in _NO_USE:
        return []
    tried = [one.item.site for one in case.since]
    own = own_places(spec)
    named = dict.fromkeys(place for _device, places in spec.also for place in places)
    return [place for place in named if place in PLACES and place not in own and tried.count(place) < TRIES]
