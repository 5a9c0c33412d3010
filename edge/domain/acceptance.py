"""What a site accepts: which facts of proven codes are enough, for whom, and why others are not.

Pure. Rules are data (config/acceptance/*.toml, read by `edge.acceptance`): several ways to be accepted,
each with conditions that must all hold. Only valid codes speak for somebody. What speaks against somebody
counts from every code that could be believed, also an expired one, and stays whatever else is shown.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from edge.domain import conditions, identity, statements
from edge.domain.conditions import Calendar, Recovery, Stated, Test, Vaccination
from edge.domain.facts import Colour, Fact
from edge.domain.model import Carrier, Evidence
from edge.domain.statements import ANSWERED, EDITION, HEALTH

__all__ = ["HEALTH", "NOTHING", "Acceptance", "Judged", "Way", "can_be_met", "judge"]

_COLOURS = (("health", Fact.COLOUR), ("itinerary", Fact.ITINERARY))
_MISSING = "needs_"
_BIRTH_DATE = re.compile(r"\d{4}(?:-\d\d){0,2}", re.ASCII)  # some issuers write other things there


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
    vaccine_pass: bool = False
    from_day: date | None = None
    until_day: date | None = None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Every way a site accepts, and what rules all of them out: colours (red always), and a positive result
    younger than `positive_days` (0: none does). Days are counted `utc_offset_s` east of Greenwich, from
    the moments in `changes` on by another number. `titles` names each way in every language; `text` is
    the file, for the journal. `edition` is how codes are judged (see `edge.domain.statements`)."""

    name: str = "none"
    version: str = "none"
    ways: tuple[Way, ...] = ()
    never: tuple[Colour, ...] = (Colour.RED,)
    positive_days: int = 14
    utc_offset_s: int = 0
    changes: tuple[tuple[int, int], ...] = ()
    titles: tuple[tuple[str, Mapping[str, str]], ...] = ()
    text: str = field(default="", repr=False)
    edition: int = EDITION

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
    edition: int

    def of(self, way: Way) -> "_Shown":
        if not way.carriers:
            return self
        good = tuple(one for one in self.good if one.carrier in way.carriers)
        return _Shown(good, self.believed, self.edition)


def judge(
    acceptance: Acceptance, evidence: Sequence[Evidence], carriers: Sequence[Carrier], category: str
) -> Judged:
    """Return whether the health codes among the evidence are accepted for a person of this category.

    Codes of `carriers` can be accepted; what others say is heard only where it speaks against the person.
    """
    edition = acceptance.edition
    said = _Shown(
        tuple(statements.good(evidence, carriers, edition)),
        tuple(statements.believed(evidence, edition)),
        edition,
    )
    against = tuple(dict.fromkeys(_against(acceptance, said, evidence)))
    if against:
        return Judged(shortfalls=against, against=True)
    if not statements.health_of(edition).intersection(carriers):
        return Judged()
    if statements.is_asking(evidence, carriers, edition):
        return Judged(shortfalls=("needs_answer",) if said.good else (), waits=True, asks=True)
    if not said.good:
        return Judged()
    return _by_ways(acceptance, said, category)


def _by_ways(acceptance: Acceptance, said: _Shown, category: str) -> Judged:
    """Return the first way that accepts, else what the nearest one lacks."""
    ways = [way for way in acceptance.ways if not way.categories or category in way.categories]
    in_force = [way for way in ways if _in_force(way, said.good, acceptance.calendar)]
    if not in_force:
        return Judged(shortfalls=("not_in_force" if ways else "no_rules",))
    tried: list[tuple[Way, tuple[str, ...]]] = []
    for way in in_force:
        short = tuple(dict.fromkeys(_shortfalls(way, said.of(way), acceptance.calendar)))
        if not short:
            return Judged(way.id)
        tried.append((way, short))
    _way, nearest = min(
        tried,
        key=lambda one: (not _concerns(one[0], said.good), sum(map(_speaks_against, one[1])), len(one[1])),
    )
    return Judged(shortfalls=nearest, waits=not any(map(_speaks_against, nearest)))


def can_be_met(way: Way, carriers: Sequence[Carrier]) -> bool:
    """Say whether codes of these carriers could ever state what a way asks for."""
    read = HEALTH.intersection(carriers).intersection(way.carriers or HEALTH)
    wanted = (
        (bool(way.health), {Carrier.CHINA_HEALTH}),
        (bool(way.itinerary), ANSWERED),  # the platform of a health code may tell of both
        (way.eu_rules, {Carrier.HC1}),
        (way.vaccine_pass, {Carrier.NZCP}),
        (any((way.vaccination, way.test, way.recovery)), HEALTH - {Carrier.NZCP}),
    )
    return bool(read) and all(read & those for is_asked, those in wanted if is_asked)


def _against(acceptance: Acceptance, said: _Shown, evidence: Sequence[Evidence]) -> Iterator[str]:
    days, calendar = acceptance.positive_days, acceptance.calendar
    for stated in said.believed:
        for name, fact in _COLOURS:
            if stated.says(fact) in {Colour.RED, *acceptance.never}:
                yield _colour_word(name, stated.says(fact))
        if conditions.is_positive(stated, days, calendar):
            yield "test_positive"
        if said.edition > 1:
            yield from conditions.young_recovery(stated, days, calendar)
    if said.edition > 1 and identity.of_another(evidence):
        yield "other_person"
    # One person's dose and another's test are no way in; names are written too differently to compare.
    born = [stated.code.personal.get("birth_date", "") for stated in said.good]
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


def _shortfalls(way: Way, said: _Shown, calendar: Calendar) -> list[str]:
    words: list[str] = []
    for (name, fact), wanted in zip(_COLOURS, (way.health, way.itinerary), strict=True):
        if wanted:
            words += _colour(said, fact, name, wanted)
    asked = list(_asked(way, calendar))
    for name, lacks in asked:
        stated = [found for found in map(lacks, said.good) if found is not None]
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
    if way.vaccine_pass:
        yield "vaccine_pass", conditions.vaccine_pass


def _concerns(way: Way, good: Sequence[Stated]) -> bool:
    """Say whether anything shown is about what a way asks for: why it was not enough is worth more to
    people than what else they could have brought."""
    colours = zip(_COLOURS, (way.health, way.itinerary), strict=True)
    if any(wanted and stated.says(said) for (_name, said), wanted in colours for stated in good):
        return True
    asked = [lacks for _name, lacks in _asked(way, Calendar())]
    return any(lacks(stated) is not None for lacks in asked for stated in good)


def _colour(said: _Shown, fact: Fact, name: str, wanted: Sequence[Colour]) -> list[str]:
    if not any(stated.says(fact) for stated in said.good):
        return [f"{_MISSING}{name}"]
    colours = [stated.says(fact) for stated in (*said.good, *said.believed) if stated.says(fact)]
    return [_colour_word(name, colour) for colour in colours if colour not in wanted]


def _colour_word(name: str, colour: str) -> str:
    return f"{name}_{colour}" if colour in set(Colour) else f"{name}_unknown"


def _speaks_against(word: str) -> bool:
    return not word.startswith(_MISSING)
