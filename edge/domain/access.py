"""What a site has settled about who may pass: classes of people, watch lists, quotas, closure. Values only.

The rules are a file of the site with a version; `edge.domain.judging` applies them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

PURPOSE = "purpose"
Text = Mapping[str, str]
# Who is asked for without being anybody's question of the procedure.
ROSTER, CHOSEN = "roster", "roster_entry"
# Whether the attendant finds that whoever stands there is the one on the photograph.
FACE = "roster_face"
FITS, DIFFERS = "fits", "differs"


class Ruling(StrEnum):
    """What follows for a passage, the mildest first. REMIND admits and says something."""

    PASS = "pass"  # noqa: S105 - a word, not a password
    REMIND = "remind"
    HOLD = "hold"
    TURN_BACK = "turn_back"
    REFER = "refer"


class Override(StrEnum):
    """Who may admit somebody all the same, by name and with a reason."""

    ATTENDANT = "attendant"
    MANAGER = "manager"


@dataclass(frozen=True, slots=True)
class CategorySet:
    """A named set of categories (四类人员), in force from one day until another. A report may use one
    name for two sets: each has its own id."""

    id: str
    title: Text
    categories: tuple[str, ...]
    from_day: str = ""
    until_day: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """A closure level: what follows for whoever no line of the table names."""

    id: str
    title: Text
    otherwise: Ruling = Ruling.PASS


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table. Every condition that is given has to fit; an empty one fits anybody. `hours` are
    minutes of the day, from and until; `regions` the levels of the region somebody comes from, `located`
    where they are now. `override`: who may admit against it."""

    id: str
    title: Text
    ruling: Ruling
    people: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    vehicle: bool | None = None
    levels: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    located: tuple[str, ...] = ()
    hours: tuple[tuple[int, int], ...] = ()
    from_day: str = ""
    until_day: str = ""
    override: Override = Override.ATTENDANT


@dataclass(frozen=True, slots=True)
class Watch:
    """A class of a watch list: what follows at the entrance and at the exit, for others of the household or
    who visit it, and for whoever only delivers something to it. `alarms` names the directions in which an
    attempt raises an alarm and opens a case. `until_released`: the date only prompts for the release, which a
    unit confirms; else an entry ends by its date."""

    id: str
    title: Text
    entering: Ruling = Ruling.HOLD
    leaving: Ruling = Ruling.HOLD
    household: Ruling = Ruling.PASS
    deliveries: bool = True
    alarms: tuple[str, ...] = ()
    override: Override = Override.ATTENDANT
    until_released: bool = True


@dataclass(frozen=True, slots=True)
class Quota:
    """How often one person or household may pass in one direction within so many days, and when."""

    id: str
    title: Text
    of: str
    allowed: int
    days: int = 1
    direction: str = "out"
    people: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    hours: tuple[tuple[int, int], ...] = ()
    ruling: Ruling = Ruling.HOLD
    override: Override = Override.ATTENDANT


@dataclass(frozen=True, slots=True)
class AccessRules:
    """What a site has settled. `version` changes with anything in the text or the closure level; without
    rules nobody is asked for."""

    name: str = ""
    version: str = ""
    closure: str = ""
    title: Text = field(default_factory=dict)
    levels: tuple[Level, ...] = ()
    sets: tuple[CategorySet, ...] = ()
    rules: tuple[Rule, ...] = ()
    origins: tuple[Rule, ...] = ()
    watches: tuple[Watch, ...] = ()
    quotas: tuple[Quota, ...] = ()
    purposes: tuple[tuple[str, Text], ...] = ()
    deliveries: tuple[str, ...] = ()
    mismatch: Ruling = Ruling.HOLD
    balance: Ruling = Ruling.HOLD
    exits: Ruling = Ruling.HOLD
    due: Mapping[str, Ruling] = field(default_factory=dict)
    text: str = ""

    @property
    def titles(self) -> dict[str, Text]:
        """Return what every line, class, quota, set and level is called."""
        lines = {line.id: line.title for line in (*self.rules, *self.origins)}
        named = {one.id: one.title for one in self.levels} | {one.id: one.title for one in self.sets}
        classes = {one.id: one.title for one in self.watches} | {one.id: one.title for one in self.quotas}
        return named | classes | lines | dict(self.purposes)


OPEN = AccessRules()


def in_set(rules: AccessRules, name: str, category: str, day: str | None) -> bool:
    """Say whether a category is one a rule names, by itself or by a set that is in force that day. With no
    day to be believed every set of the name counts: nobody escapes a rule by a clock that stands."""
    if name == category:
        return True
    return any(
        category in one.categories
        and (
            day is None
            or ((not one.from_day or one.from_day <= day) and (not one.until_day or day <= one.until_day))
        )
        for one in rules.sets
        if one.id == name
    )
