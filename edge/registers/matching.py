"""Whether a line is about somebody who is in the register already, and what it says anew.

Values are compared as people mean them (`138 0013 8000` is `13800138000`), and kept as they were written.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from edge.journal import Entry, Reader, StoredRow
from edge.journal.tokens import compared
from edge.registers.book import Draft, Open
from edge.registers.homes import bare
from edge.registers.kinds import HOME, Kind

_SHORT = 100
_ORDER = ("id_number", "pass_id", "phone", "plate", "home", "name")


class Sealed(Protocol):
    """The part of the journal that opens and finds."""

    def token(self, name: str, value: str) -> bytes | None:
        """Return what entries with this personal field are found by."""

    def unseal(self, row: StoredRow) -> Mapping[str, Any] | None:
        """Open the personal fields of a row."""


@dataclass(frozen=True, slots=True)
class Match:
    """What a line comes to: no `entry` is a new one; `says` is what it then says in all, and `changed` names
    the fields in which that is new."""

    entry: Entry | None
    says: Draft
    changed: tuple[str, ...] = ()


class Ambiguous(ValueError):
    """Several entries could be meant."""


def keys_of(kind: Kind, draft: Draft) -> Iterator[tuple[tuple[str, str], ...]]:
    """Yield what a line is known again by, the strongest first: fields with their values as compared."""
    for names in kind.same:
        values = [(name, _compared(draft, name)) for name in names]
        if all(value for _, value in values):
            yield tuple(values)


def match(
    kind: Kind,
    draft: Draft,
    sealed: Sealed,
    reader: Reader,
    same_place: Callable[[Entry], bool] = lambda _entry: True,
) -> Match:
    """Return what a line comes to. `same_place` says whether an entry is of the place that is meant. Raises
    Ambiguous."""
    for key in keys_of(kind, draft):
        found = [
            (entry, personal)
            for entry, personal in _candidates(kind, key, sealed, reader)
            if same_place(entry) and not _contradicts(draft, personal)
        ]
        if len(found) > 1:
            raise Ambiguous
        if found:
            return _overlaid(found[0][0], found[0][1], draft)
    return Match(None, draft)


def meant(name: str, value: str) -> str:
    """Return what a value means: `2栋` and `2` are one building."""
    return bare(value) if name in ("building", "unit", "room") else compared(name, value)


def opened(entry: Entry, sealed: Sealed, reader: Reader) -> Mapping[str, str]:
    """Return the present personal fields of an entry."""
    rows = reader.entry_rows(entry)
    newest = next((row for row in reversed(rows) if row.sealed is not None), None)
    found = None if newest is None else sealed.unseal(newest)
    return dict(found.get("fields", {})) if found else {}


def _candidates(
    kind: Kind, key: tuple[tuple[str, str], ...], sealed: Sealed, reader: Reader
) -> Iterator[tuple[Entry, Mapping[str, str]]]:
    values = dict(key)
    name = next((name for name in _ORDER if name in values), None)
    if name is None:  # what names nobody stands in the open, and such a register is short
        found = reader.entries(kind.register, open_=True, where=values, limit=_SHORT)
    else:
        token = sealed.token(name, values[name])
        found = [] if token is None else reader.entries_by(token, (kind.register,))
    for entry in found:
        if entry.forgotten:
            continue
        personal = opened(entry, sealed, reader)
        says = Draft(entry.fields, personal)
        if all(_compared(says, other) == value for other, value in key):
            yield entry, personal


def _contradicts(draft: Draft, personal: Mapping[str, str]) -> bool:
    """Say whether both have a number of their own, and not the same: two people of one name."""
    pairs = (
        (compared(name, draft.personal.get(name, "")), compared(name, personal.get(name, "")))
        for name in ("id_number", "pass_id")
    )
    return any(one and other and one != other for one, other in pairs)


def _overlaid(entry: Entry, personal: Mapping[str, str], draft: Draft) -> Match:
    changed = [
        name
        for name, value in draft.personal.items()
        if meant(name, value) != meant(name, personal.get(name, ""))
    ]
    fields: dict[str, Open] = dict(entry.fields)
    for name, value in draft.fields.items():
        if name == "rounds":
            value = sorted({*_numbers(fields.get(name)), *_numbers(value)})  # noqa: PLW2901
        if fields.get(name) != value:
            fields[name] = value
            changed.append(name.removesuffix("_us"))
    says = {**personal, **{name: draft.personal[name] for name in changed if name in draft.personal}}
    from_us = entry.from_us if draft.from_us is None else draft.from_us
    until_us = entry.until_us if draft.until_us is None else draft.until_us
    changed += [
        name
        for name, new, old in (("from", from_us, entry.from_us), ("until", until_us, entry.until_us))
        if new != old
    ]
    whole = Draft(fields, says, draft.find, entry.lane, from_us, until_us)
    return Match(entry, whole, tuple(name for name in changed if name not in HOME))


def _numbers(value: Open | None) -> list[int]:
    return [number for number in value if isinstance(number, int)] if isinstance(value, list) else []


def _compared(draft: Draft, name: str) -> str:
    if name in draft.personal:
        return compared(name, draft.personal[name])
    value = draft.fields.get(name, "")
    return str(value)
