"""One passage of the journal as a day of screening counts it, and what a day amounts to.

From open bodies of rows alone: what was measured against what was then expected of a healthy person, which
line a first value was over, and what became of it. Every row is judged by its own policy. What is usual for
one person is sealed: where that may have counted, whether there was an alarm is what the row says, and how
far somebody stood out is against anybody. Pure.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import hypot
from typing import Any

from edge.domain.alarms import alarm_of, is_known
from edge.domain.by_level import is_elsewhere
from edge.domain.healthy import Expected
from edge.domain.model import Evidence, Measurement, Method, Quality, ScreeningVerdict, Stage
from edge.domain.policy import Policy
from edge.domain.posterior import cut
from edge.domain.record import restored
from edge.domain.screening import Seen, first_usable, seen
from edge.domain.skin import PLACES

# Which line a value was over.
LEGAL, LEVEL, BOTH = "legal", "level", "both"
# What became of a first value over it.
CONFIRMED, CLEARED, WITHOUT, WAITING = "confirmed", "cleared", "without", "waiting"
# What a first infrared reading came to.
MEASURED, TOO_LOW, TOO_HIGH, UNRELIABLE, NONE = "measured", "too_low", "too_high", "unreliable", "none"
OUTSIDE = "none:ambient"
_NORMAL = ScreeningVerdict.NORMAL
_TOLD = (ScreeningVerdict.NORMAL, ScreeningVerdict.AGAIN, ScreeningVerdict.OVER)


@dataclass(frozen=True, slots=True)
class Screened:
    """One passage. Temperatures in thousandths of a degree; what lies off the level is measured from what
    was expected of a healthy person then.

    `device` took the first infrared reading (None: there is none), `first` is what that came to and `later`
    whether something was measured after it came to nothing; `outside`: the air was outside the range of the
    body conversion. `off` is of the first reading that is a measurement of skin; `refers` is where the level
    refers a single reading, `line` where the legal line stood, by what that reading's own estimate added.
    `over` is the line that the first value over one was over, `fate` what became of it; `legal` and
    `level` whether that line alone would have raised an alarm. `known`: its policy is in the journal.
    `level_mdegc` is what was expected then, `sure` whether that was known better than people differ (of
    somebody who had not rested), at which `place`. All of these are of the first thermometer alone, and of
    the place it is meant for.
    """

    device: str | None
    first: str
    later: bool = False
    outside: bool = False
    ambient_mdegc: int | None = None
    off_mdegc: int | None = None
    refers_mdegc: int | None = None
    line_mdegc: int | None = None
    told: bool = False
    over: str | None = None
    fate: str | None = None
    legal: bool = False
    level: bool = False
    level_mdegc: int | None = None
    sure: bool = False
    rests: int = 0
    contact: bool = False
    known: bool = True
    at_us: int = 0
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """The lowest, the middle and the highest of some values."""

    low: int
    middle: int
    high: int


@dataclass(frozen=True, slots=True)
class Day:
    """What the passages of one thermometer amount to. Counts of passages; `first`, `over` and `fates` by the
    words above; `told`: of how many it is known where they stood; `later`: of those whose first reading came
    to nothing, how many were measured after it. `offs` is (off, whether it raised an alarm) of each."""

    passages: int
    first: Mapping[str, int]
    later: int
    outside: int
    told: int
    over: Mapping[str, int]
    fates: Mapping[str, int]
    legal: int
    level: int
    rests: int
    rested: int
    contact: int
    unknown: int
    ambient: Range | None
    off: Range | None
    refers: Range | None
    line: Range | None
    offs: tuple[tuple[int, bool], ...]

    @property
    def alarms(self) -> int:
        """How many raised an alarm: a first value over the line that counts."""
        return sum(self.over.values())

    @property
    def alarms_per_1000(self) -> float | None:
        """Return the alarms among a thousand of whom it is known where they stood."""
        return 1000 * self.alarms / self.told if self.told else None


def screened(
    body: Mapping[str, Any], policies: Mapping[str, Policy], *, at_us: int = 0, clock: str = "unset"
) -> Screened:
    """Return a passage from the body of its newest row, written at `at_us` by `clock`; `policies` by their
    versions. Raises KeyError, TypeError and ValueError for a body that is none."""
    pieces = [piece for piece in body["evidence"] if piece["t"] == "measurement" and "grid" not in piece]
    first = next((piece for piece in pieces if piece["method"] == Method.INFRARED), None)
    one: dict[str, Any] = {
        "device": None if first is None else str(first["device"]),
        "first": NONE,
        "at_us": at_us,
        "rests": sum(rest["why"] == "rest" for rest in body["rests"]),
        "contact": any(piece["method"] == Method.CONTACT for piece in pieces),
    }
    policy = policies.get(body["policy"])
    if policy is None:
        return Screened(**one, known=False)
    if first is not None and _is_plain(body["temperature"], pieces):
        return Screened(**one | _plain(first, policy))
    passage = restored(body, None, lane="", clock=clock)
    return Screened(**one | _judged(body, passage.evidence, policy))


def counted(passages: Iterable[Screened]) -> Day:
    """Return what passages amount to together."""
    all_ = list(passages)
    found = [one for one in all_ if one.known]
    offs = tuple((one.off_mdegc, one.over is not None) for one in found if one.off_mdegc is not None)
    return Day(
        passages=len(all_),
        first=_counts((one.first for one in found), (MEASURED, TOO_LOW, TOO_HIGH, UNRELIABLE, NONE)),
        later=sum(one.later for one in found),
        outside=sum(one.outside for one in found),
        told=sum(one.told for one in found),
        over=_counts((one.over for one in found), (LEGAL, LEVEL, BOTH)),
        fates=_counts((one.fate for one in found), (CONFIRMED, CLEARED, WITHOUT, WAITING)),
        legal=sum(one.legal for one in found),
        level=sum(one.level for one in found),
        rests=sum(one.rests for one in all_),
        rested=sum(one.rests > 0 for one in all_),
        contact=sum(one.contact for one in all_),
        unknown=len(all_) - len(found),
        ambient=range_of([one.ambient_mdegc for one in found if one.ambient_mdegc is not None]),
        off=range_of([off for off, _ in offs]),
        refers=range_of([one.refers_mdegc for one in found if one.refers_mdegc is not None]),
        line=range_of([one.line_mdegc for one in found if one.line_mdegc is not None]),
        offs=offs,
    )


def range_of(values: Sequence[int]) -> Range | None:
    """Return the lowest, the lower middle and the highest; None of no values."""
    if not values:
        return None
    ordered = sorted(values)
    return Range(ordered[0], ordered[(len(ordered) - 1) // 2], ordered[-1])


def lines_over(one: Seen) -> str | None:
    """Return which line a measurement is over; None where neither is."""
    legal, level = one.legal is ScreeningVerdict.OVER, one.level is ScreeningVerdict.OVER
    if legal and level:
        return BOTH
    return LEGAL if legal else LEVEL if level else None


def _is_plain(temperature: Mapping[str, Any], pieces: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether there is nothing to judge: one reading, of which both lines think alike. Nearly all
    passages are such, and a busy day has ten thousand of them."""
    return (
        len(pieces) == 1
        and temperature["verdict"] == _NORMAL
        and temperature.get("legal") == _NORMAL
        and temperature.get("level") == _NORMAL
    )


def _plain(piece: Mapping[str, Any], policy: Policy) -> dict[str, Any]:
    about = Expected(**piece["expected"])
    return _stood(piece["surface_mdegc"], piece.get("body_mdegc"), about, policy) | {
        "first": MEASURED,
        "told": True,
        "outside": piece["conversion"] == OUTSIDE,
        "ambient_mdegc": piece.get("ambient_mdegc"),
        "sure": about.doubt_mdegc <= about.spread_mdegc and not piece["after_rest"],
    }


def _judged(body: Mapping[str, Any], evidence: Sequence[Evidence], policy: Policy) -> dict[str, Any]:
    found = seen(evidence, policy)
    told = any(each.counts in _TOLD for each in found)
    alarm = alarm_of(body, found)
    # What came after the alarm was measured because of it.
    before = found if alarm is None else [each for each in found if each.index <= alarm.index]
    over = None if alarm is None else lines_over(alarm) or LEVEL
    by_level = any(each.level is ScreeningVerdict.OVER for each in before)
    if alarm is None and is_known(body) and policy.decides != "legal":
        by_level = False
    one: dict[str, Any] = {
        "told": told,
        "over": over,
        "fate": None if alarm is None else _fate(body),
        "legal": any(each.legal is ScreeningVerdict.OVER for each in before),
        "level": by_level or over in (LEVEL, BOTH),
    }
    infrared = next((each for each in found if each.item.method is Method.INFRARED), None)
    if infrared is None:
        return one
    item, first = infrared.item, _first(infrared, policy)
    one |= {
        "first": first,
        "later": first != MEASURED and told,
        "outside": item.conversion == OUTSIDE,
        "ambient_mdegc": item.ambient_mdegc,
    }
    mine = [piece for piece in evidence if _is_of(piece, item.device)]
    skin = first_usable(mine)
    if skin is None or (about := skin[1].expected) is None or (surface := skin[1].surface_mdegc) is None:
        return one
    sure = skin[1] is item and about.doubt_mdegc <= about.spread_mdegc and not item.after_rest
    return one | _stood(surface, skin[1].body_mdegc, about, policy) | {"sure": sure}


def _stood(surface: int, body: int | None, about: Expected, policy: Policy) -> dict[str, Any]:
    """Return how far a usable reading is off, where the level refers and where the legal line stood."""
    level = about.level_mdegc
    apart = hypot(about.spread_mdegc, about.doubt_mdegc)
    return {
        "off_mdegc": surface - level,
        "refers_mdegc": round(_cut(policy.first_per_1000) * apart / 1000),
        "line_mdegc": None if body is None else policy.threshold_mdegc - (body - surface) - level,
        "level_mdegc": level,
        "place": about.place,
    }


def _is_of(piece: Evidence, device: str) -> bool:
    item = piece.item
    return isinstance(item, Measurement) and item.device == device and not is_elsewhere(item)


def _fate(body: Mapping[str, Any]) -> str:
    verdict = body["temperature"]["verdict"]
    if verdict == ScreeningVerdict.OVER:
        return CONFIRMED
    if verdict == ScreeningVerdict.NORMAL:
        return CLEARED
    return WITHOUT if body["stage"] == Stage.ENDED else WAITING


def _first(one: Seen, policy: Policy) -> str:
    if one.counts in _TOLD:
        return MEASURED
    if one.counts is ScreeningVerdict.TOO_LOW:
        return TOO_LOW
    item, about = one.item, one.item.expected
    place = None if about is None else PLACES.get(about.place)
    is_high = (
        item.quality is Quality.TOO_HIGH
        or (item.body_mdegc is not None and item.body_mdegc > policy.too_high_mdegc)
        or (place is not None and item.surface_mdegc is not None and item.surface_mdegc > place.high)
    )
    return TOO_HIGH if is_high else UNRELIABLE


@lru_cache(maxsize=64)
def _cut(per_1000: int) -> int:
    return cut(per_1000)


def _counts(words: Iterable[str | None], known: Sequence[str]) -> dict[str, int]:
    """Count words; every known one is there, also with zero."""
    found = Counter(word for word in words if word is not None)
    return {word: found[word] for word in known}
