"""Entries of watch lists that are about somebody, and what was told otherwise than it is registered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from edge.domain.identity import differ
from edge.domain.known import Hit, Kin
from edge.domain.model import Instant
from edge.journal import Entry
from edge.journal.tokens import compared
from edge.registers import homes

REGISTER = "watch"
DISTRICT, LOCAL = "district", "local"
_SURE = ("id_number", "phone", "pass_id")
_HOME = "home"
Personal = Mapping[str, str]


class Registers(Protocol):
    """The part of the book that is asked."""

    def find(self, registers: Sequence[str], name: str, value: str) -> list[Entry]:
        """Return the open entries with this personal field."""

    def personal(self, entry: Entry) -> Mapping[str, str] | None:
        """Return the personal fields of an entry."""


@dataclass(frozen=True, slots=True)
class Somebody:
    """Whoever is compared with the lists: what was `told` at the lane, what is their `own` by the registers,
    the homes they `visit`, and the numbers of the households that these are."""

    told: Personal
    own: Personal
    visit: tuple[Personal, ...] = ()
    households: frozenset[int] = frozenset()

    @property
    def both(self) -> tuple[Personal, Personal]:
        return self.told, self.own

    @property
    def at_home(self) -> tuple[homes.Parts, ...]:
        """Return every home that is theirs or that they go to."""
        found = [homes.parts_told(self.told.get("room", ""))]
        found += [homes.parts_of(one) for one in (self.own, *self.visit)]
        return tuple(dict.fromkeys(parts for parts in found if parts[2]))


class Watched:
    """The watch lists of a gate."""

    def __init__(self, book: Registers) -> None:
        self._book = book

    def hits(self, who: Somebody, at: Instant) -> tuple[Hit, ...]:
        """Return the entries in force about somebody, or about the household of the home they belong to or
        visit."""
        found: dict[int, Hit] = {}
        seen: set[tuple[int, str]] = set()
        for by, name, value in _values(who):
            for entry in self._book.find([REGISTER], name, value):
                if (entry.number, by) in seen or not _begun(entry, at):
                    continue
                seen.add((entry.number, by))
                known = found.get(entry.number)
                if known is not None and known.kin is Kin.SELF:
                    continue
                kin = self._kin(entry, by, who)
                if kin is not None:
                    found[entry.number] = _hit(entry, kin, at)
        return tuple(found[number] for number in sorted(found))

    def _kin(self, entry: Entry, by: str, who: Somebody) -> Kin | None:
        """Say whom an entry that was found is about; None where its name is only somebody else's too."""
        if by in _SURE:
            return Kin.SELF
        listed = self._book.personal(entry) or {}
        names = {compared("name", one["name"]) for one in who.both if one.get("name")}
        same_name = compared("name", listed.get("name", "")) in names
        surer = any(listed.get(name) for name in _SURE)
        if by == "plate":
            # With nobody named beside it whoever comes in the vehicle is meant.
            return Kin.SELF if same_name or not (surer or listed.get("name")) else Kin.HOUSEHOLD
        home = homes.parts_of(listed)
        same_home = any(homes.same(home, one) for one in who.at_home) and not _elsewhere(entry, who)
        if same_name and same_home:
            return Kin.SELF
        if by == "name":
            # Nothing but a name is on the list: whoever has it is asked about.
            return Kin.SELF if not surer and not home[2] else None
        return Kin.HOUSEHOLD if same_home else None


def mismatches(told: Personal, own: Personal, *, visiting: bool = False) -> Iterator[str]:
    """Yield the names of fields that were told otherwise than they are registered; nothing of what either
    does not say. The room a visitor goes to is not their own."""
    for name in ("name", "id_number", "phone"):
        if told.get(name) and own.get(name) and differ({name: told[name]}, {name: own[name]}):
            yield name
    home = homes.parts_told("" if visiting else told.get("room", ""))
    if homes.differ(home, homes.parts_of(own)):
        yield "room"
    plates = [compared("plate", one.get("plate", "")) for one in (told, own)]
    if all(plates) and plates[0] != plates[1]:
        yield "plate"


def _elsewhere(entry: Entry, who: Somebody) -> bool:
    """Say whether the home on the list is another compound's: its household is known, and so are theirs."""
    household = entry.fields.get("household")
    return bool(household and who.households and household not in who.households and not who.told.get("room"))


def _values(who: Somebody) -> Iterator[tuple[str, str, str]]:
    """Yield what to look for: by what, under the name of which token, which value."""
    for name in (*_SURE, "plate", "name"):
        for value in dict.fromkeys(one[name] for one in who.both if one.get(name)):
            yield name, name, value
    for token in dict.fromkeys(way for home in who.at_home for way in homes.ways(home)):
        yield _HOME, *token


def _begun(entry: Entry, at: Instant) -> bool:
    # What no clock can date counts: nobody leaves a list because the gate's clock stands.
    return entry.from_us is None or not at.clock.trusted or entry.from_us <= at.at_us


def _hit(entry: Entry, kin: Kin, at: Instant) -> Hit:
    fields = entry.fields
    over = entry.until_us is not None and at.clock.trusted and entry.until_us <= at.at_us
    delivers = fields.get("deliveries")
    return Hit(
        list=DISTRICT if fields.get("district") else LOCAL,
        entry=entry.number,
        watch=str(fields.get("list", "") or REGISTER),
        kin=kin,
        until_us=entry.until_us,
        over=over,
        unit=str(fields.get("ordered_by", "")),
        phone=str(fields.get("unit_phone", "")),
        outcome=str(fields.get("outcome", "")),
        deliveries=delivers if isinstance(delivers, bool) else None,
    )
