"""Entries of watch lists that are about somebody, and what was told otherwise than it is registered."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from edge.domain.identity import differ
from edge.domain.known import Hit, Kin
from edge.domain.model import Instant
from edge.journal import Entry
from edge.journal.tokens import compared

REGISTER = "watch"
_SURE = ("id_number", "phone", "pass_id")


class Registers(Protocol):
    """The part of the book that is asked."""

    def find(self, registers: Sequence[str], name: str, value: str) -> list[Entry]:
        """Return the open entries with this personal field."""

    def personal(self, entry: Entry) -> Mapping[str, str] | None:
        """Return the personal fields of an entry."""


class Watched:
    """The watch lists of a gate."""

    def __init__(self, book: Registers) -> None:
        self._book = book

    def hits(self, told: Mapping[str, str], own: Mapping[str, str], at: Instant) -> tuple[Hit, ...]:
        """Return the entries in force about somebody, or about the household of the room they belong to or
        visit. `told` is what was said at the lane, `own` what the register has."""
        found: dict[int, Hit] = {}
        for name, value in _values(told, own):
            for entry in self._book.find([REGISTER], name, value):
                kin = self._kin(entry, name, (told, own))
                known = found.get(entry.number)
                if kin is not None and _begun(entry, at) and (known is None or known.kin is not Kin.SELF):
                    found[entry.number] = _hit(entry, kin, at)
        return tuple(found[number] for number in sorted(found))

    def _kin(self, entry: Entry, by: str, people: Sequence[Mapping[str, str]]) -> Kin | None:
        """Say whom an entry that was found is about; None where its name is only somebody else's too."""
        if by in _SURE:
            return Kin.SELF
        listed = self._book.personal(entry) or {}
        names = {compared("name", one["name"]) for one in people if one.get("name")}
        rooms = {compared("room", one["room"]) for one in people if one.get("room")}
        same_name = compared("name", listed.get("name", "")) in names
        same_room = compared("room", listed.get("room", "")) in rooms
        if same_name and same_room:
            return Kin.SELF
        if by == "name":
            surer = [name for name in _SURE if listed.get(name)]
            # Nothing but a name is on the list: whoever has it is asked about.
            return Kin.SELF if not surer and not listed.get("room") else None
        return Kin.HOUSEHOLD


def mismatches(told: Mapping[str, str], own: Mapping[str, str], *, visiting: bool = False) -> Iterator[str]:
    """Yield the names of fields that were told otherwise than they are registered; nothing of what either
    does not say. The room a visitor goes to is not their own."""
    for name in ("name", "id_number", "phone"):
        if told.get(name) and own.get(name) and differ({name: told[name]}, {name: own[name]}):
            yield name
    for name in ("room", "plate"):
        if name == "room" and visiting:
            continue
        if told.get(name) and own.get(name) and _plain(name, told[name]) != _plain(name, own[name]):
            yield name


def _plain(name: str, value: str) -> str:
    return compared(name, value).replace(" ", "").replace("－", "-")


def _values(told: Mapping[str, str], own: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in (*_SURE, "name", "room"):
        yield from ((name, value) for value in {one[name] for one in (told, own) if one.get(name)})


def _begun(entry: Entry, at: Instant) -> bool:
    # What no clock can date counts: nobody leaves a list because the gate's clock stands.
    return entry.from_us is None or not at.clock.trusted or entry.from_us <= at.at_us


def _hit(entry: Entry, kin: Kin, at: Instant) -> Hit:
    fields = entry.fields
    over = entry.until_us is not None and at.clock.trusted and entry.until_us <= at.at_us
    return Hit(
        list=str(fields.get("list", "") or REGISTER),
        entry=entry.number,
        watch=str(fields.get("class", "") or fields.get("category", "")),
        kin=kin,
        until_us=entry.until_us,
        over=over,
        unit=str(fields.get("unit", "")),
        phone=str(fields.get("phone", "") or fields.get("hospital_phone", "")),
    )
