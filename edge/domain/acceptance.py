"""What a site accepts: which facts of proven codes are enough, for whom, and why others are not.

Pure. Rules are data (config/acceptance/*.toml, read by `edge.acceptance`): several ways to be accepted,
each with conditions that must all hold. Only valid codes speak for somebody. What speaks against somebody
counts from every code that could be believed, also an expired one, and stays whatever else is shown.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from edge.domain import conditions
from edge.domain.conditions import Calendar, Recovery, Stated, Test, Vaccination
from edge.domain.facts import Colour, Fact
from edge.domain.model import Carrier, Code, CodeVerdict, Evidence

# Codes that state something about health: proven is not yet enough. Others are good when proven.
HEALTH = frozenset(
    {
        Carrier.HC1,
        Carrier.SHC,
        Carrier.VDS_NC,
        Carrier.DIVOC,
        Carrier.CHINA_HEALTH,
        Carrier.CHINA_ITINERARY,
    }
)
# A platform answers anew each time: only the newest answer speaks for somebody, an old green is no green.
_ANSWERED = frozenset({Carrier.CHINA_HEALTH, Carrier.CHINA_ITINERARY})
_COLOURS = (("health", Fact.COLOUR), ("itinerary", Fact.ITINERARY))
ASKED_US = 15_000_000  # the longest time-out there is, and some more
_ASKING = "ask_platform"
_MISSING = "needs_"
_BIRTH_DATE = re.compile(r"\d{4}(?:-\d\d){0,2}", re.ASCII)  # some issuers write other things there
# Signed, or told by the platform itself. A withdrawn certificate may be a laboratory's mistake.
_BELIEVED = frozenset(
    {CodeVerdict.VALID, CodeVerdict.EXPIRED, CodeVerdict.NOT_YET_VALID, CodeVerdict.UNVERIFIED}
)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to be accepted: every condition given must hold. `categories` and `carriers` empty: all.
    `from_day` and `until_day` say when it is in force, both included. A way without any condition accepts
    nobody."""

    id: str
    categories: tuple[str, ...] = ()
    carriers: tuple[Carrier, ...] = ()
    health: tuple[Colour, ...] = ()
    itinerary: tuple[Colour, ...] = ()
    vaccination: Vaccination | None = None
    test: Test | None = None
    recovery: Recovery | None = None
    eu_rules: bool = False
    from_day: date | None = None
    until_day: date | None = None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Every way a site accepts, and what rules all of them out: colours (red always), and a positive result
    younger than `positive_days` (0: none does). Days are counted `utc_offset_s` east of Greenwich, from
    the moments in `changes` on by another number. `titles` names each way in every language; `text` is
    the file, for the journal."""

    name: str = "none"
    version: str = "none"
    ways: tuple[Way, ...] = ()
    never: tuple[Colour, ...] = (Colour.RED,)
    positive_days: int = 14
    utc_offset_s: int = 0
    changes: tuple[tuple[int, int], ...] = ()
    titles: tuple[tuple[str, Mapping[str, str]], ...] = ()
    text: str = field(default="", repr=False)

    @property
    def calendar(self) -> Calendar:
        return Calendar(self.utc_offset_s, self.changes)


# A site that says nothing accepts no health code: a proven certificate may hold a positive test.
NOTHING = Acceptance()


@dataclass(frozen=True, slots=True)
class Judged:
    """`way` is the id of the way that accepted, None where none did. `shortfalls` says what the nearest way
    lacks, in stable words; `waits` whether nothing speaks against it but a code not shown yet. `against`:
    something shown speaks against the person, and nothing else can make up for it. `asks`: a platform is
    being asked about a code that was shown, and it may say so yet."""

    way: str | None = None
    shortfalls: tuple[str, ...] = ()
    waits: bool = False
    against: bool = False
    asks: bool = False


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the codes of a passage say: for the person, and all that can be believed."""

    good: tuple[Stated, ...]
    believed: tuple[Stated, ...]

    def of(self, way: Way) -> "_Shown":
        if not way.carriers:
            return self
        return _Shown(tuple(one for one in self.good if one.carrier in way.carriers), self.believed)


def judge(
    acceptance: Acceptance, evidence: Sequence[Evidence], carriers: Sequence[Carrier], category: str
) -> Judged:
    """Return whether the health codes among the evidence are accepted for a person of this category.

    Codes of `carriers` can be accepted; what others say is heard only where it speaks against the person.
    """
    shown = _Shown(tuple(_good(evidence, carriers)), tuple(_believed(evidence)))
    against = tuple(dict.fromkeys(_against(acceptance, shown)))
    if against:
        return Judged(shortfalls=against, against=True)
    if not HEALTH.intersection(carriers):
        return Judged()
    if _is_asking(evidence, carriers):
        return Judged(shortfalls=("needs_answer",) if shown.good else (), waits=True, asks=True)
    if not shown.good:
        return Judged()
    return _by_ways(acceptance, shown, category)


def _by_ways(acceptance: Acceptance, shown: _Shown, category: str) -> Judged:
    """Return the first way that accepts, else what the nearest one lacks."""
    ways = [way for way in acceptance.ways if not way.categories or category in way.categories]
    in_force = [way for way in ways if _in_force(way, shown.good, acceptance.calendar)]
    if not in_force:
        return Judged(shortfalls=("not_in_force" if ways else "no_rules",))
    tried: list[tuple[Way, tuple[str, ...]]] = []
    for way in in_force:
        short = tuple(dict.fromkeys(_shortfalls(way, shown.of(way), acceptance.calendar)))
        if not short:
            return Judged(way.id)
        tried.append((way, short))
    _way, nearest = min(
        tried,
        key=lambda one: (not _concerns(one[0], shown.good), sum(map(_speaks_against, one[1])), len(one[1])),
    )
    return Judged(shortfalls=nearest, waits=not any(map(_speaks_against, nearest)))


def can_be_met(way: Way, carriers: Sequence[Carrier]) -> bool:
    """Say whether codes of these carriers could ever state what a way asks for."""
    read = HEALTH.intersection(carriers).intersection(way.carriers or HEALTH)
    wanted = (
        (bool(way.health), {Carrier.CHINA_HEALTH}),
        (bool(way.itinerary), _ANSWERED),  # the platform of a health code may tell of both
        (way.eu_rules, {Carrier.HC1}),
    )
    return bool(read) and all(read & those for is_asked, those in wanted if is_asked)


def _good(evidence: Sequence[Evidence], carriers: Sequence[Carrier]) -> list[Stated]:
    found: list[Stated] = []
    for piece, code in _health_codes(evidence):
        if code.carrier not in carriers:
            continue
        if code.carrier in _ANSWERED:
            found = [one for one in found if one.carrier is not code.carrier]
        if code.verdict is CodeVerdict.VALID:
            found.append(Stated.of(piece, code))
    return found


def _believed(evidence: Sequence[Evidence]) -> list[Stated]:
    found: list[Stated] = []
    for piece, code in _health_codes(evidence):
        if code.verdict not in _BELIEVED:
            continue
        # Only a valid answer about the same person takes an earlier one back, not one to another code.
        if code.carrier in _ANSWERED and code.verdict is CodeVerdict.VALID and code.holder is not None:
            found = [one for one in found if (one.carrier, one.code.holder) != (code.carrier, code.holder)]
        found.append(Stated.of(piece, code))
    return found


def _is_asking(evidence: Sequence[Evidence], carriers: Sequence[Carrier]) -> bool:
    """Say whether a platform is being asked about a code that was shown: it may be the red one.

    An answer that has not come long after its time never will (the gate was restarted, or the word was
    lost); what comes later is evidence then, and nobody waits for it.
    """
    asked: dict[str, bool] = {}
    for piece, code in _health_codes(evidence):
        key = code.personal.get("code_digest") or code.holder
        if code.carrier in _ANSWERED and code.carrier in carriers and key is not None:
            asks = code.verdict is CodeVerdict.UNVERIFIED and code.reason == _ASKING
            asked[key] = asks and 0 <= evidence[-1].at.mono_us - piece.at.mono_us <= ASKED_US
    return any(asked.values())


def _health_codes(evidence: Sequence[Evidence]) -> Iterator[tuple[Evidence, Code]]:
    for piece in evidence:
        if isinstance(piece.item, Code) and piece.item.carrier in HEALTH:
            yield piece, piece.item


def _against(acceptance: Acceptance, shown: _Shown) -> Iterator[str]:
    for stated in shown.believed:
        for name, said in _COLOURS:
            if stated.says(said) in {Colour.RED, *acceptance.never}:
                yield _colour_word(name, stated.says(said))
        if conditions.is_positive(stated, acceptance.positive_days, acceptance.calendar):
            yield "test_positive"
    # One person's dose and another's test are no way in; names are written too differently to compare.
    born = [stated.code.personal.get("birth_date", "") for stated in shown.good]
    born = [found for found in born if _BIRTH_DATE.fullmatch(found)]
    if any(not one.startswith(other) and not other.startswith(one) for one in born for other in born):
        yield "two_people"


def _in_force(way: Way, good: Sequence[Stated], calendar: Calendar) -> bool:
    if way.from_day is None and way.until_day is None:
        return True
    if not all(stated.dated for stated in good):
        return False
    today = calendar.day(max(stated.at_us for stated in good))
    return (way.from_day or today) <= today <= (way.until_day or today)


def _shortfalls(way: Way, shown: _Shown, calendar: Calendar) -> list[str]:
    words: list[str] = []
    for (name, said), wanted in zip(_COLOURS, (way.health, way.itinerary), strict=True):
        if wanted:
            words += _colour(shown, said, name, wanted)
    asked = list(_asked(way, calendar))
    for name, lacks in asked:
        stated = [found for found in map(lacks, shown.good) if found is not None]
        least: list[str] = min(stated, key=len, default=[f"{_MISSING}{name}"])
        words += least
    return words if asked or way.health or way.itinerary else ["no_rules"]


def _asked(way: Way, calendar: Calendar) -> Iterator[tuple[str, Callable[[Stated], list[str] | None]]]:
    """Yield what a way asks of certificates, each with what says how far one falls short of it."""
    dose, test, recovered = way.vaccination, way.test, way.recovery
    if dose is not None:
        yield "vaccination", lambda stated: conditions.vaccination(dose, stated, calendar)
    if test is not None:
        yield "test", lambda stated: conditions.test(test, stated, calendar)
    if recovered is not None:
        yield "recovery", lambda stated: conditions.recovery(recovered, stated, calendar)
    if way.eu_rules:
        yield "eu_rules", conditions.eu_rules


def _concerns(way: Way, good: Sequence[Stated]) -> bool:
    """Say whether anything shown is about what a way asks for: why it was not enough is worth more to
    people than what else they could have brought."""
    colours = zip(_COLOURS, (way.health, way.itinerary), strict=True)
    if any(wanted and stated.says(said) for (_name, said), wanted in colours for stated in good):
        return True
    asked = [lacks for _name, lacks in _asked(way, Calendar())]
    return any(lacks(stated) is not None for lacks in asked for stated in good)


def _colour(shown: _Shown, said: Fact, name: str, wanted: Sequence[Colour]) -> list[str]:
    if not any(stated.says(said) for stated in shown.good):
        return [f"{_MISSING}{name}"]
    said_all = [stated.says(said) for stated in (*shown.good, *shown.believed) if stated.says(said)]
    return [_colour_word(name, colour) for colour in said_all if colour not in wanted]


def _colour_word(name: str, colour: str) -> str:
    return f"{name}_{colour}" if colour in set(Colour) else f"{name}_unknown"


def _speaks_against(word: str) -> bool:
    return not word.startswith(_MISSING)
