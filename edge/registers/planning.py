"""What each line of a file would come to, without changing anything.

The preview counts it; applying it asks the same again, line by line.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Protocol
from zoneinfo import ZoneInfo

from edge.journal import Entry, Reader
from edge.registers.book import Draft, Open
from edge.registers.kinds import Faulty, Kind, draft_of
from edge.registers.matching import Ambiguous, Match, Sealed, keys_of, match, meant
from edge.registers.people import AREA_NAMES
from edge.registers.tables import Line, Table, head_of

SHOWN = 200
KEPT = 20_000
_MASK = (1 << 32) - 1
_PLACE = ("compound", "village", "group")
Faults = tuple[tuple[str, str], ...]


class Journal(Sealed, Protocol):
    """The part of the journal that planning needs."""

    def reader(self) -> Reader:
        """Open a read-only view."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column is which field, and the line with the heads: lines behind it are read."""

    head_line: int
    columns: Mapping[int, str]
    heads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """What one line comes to: `outcome` is new, changed, unchanged, doubled or rejected. `given` are its
    values by field, `place` those that say where a home is."""

    line: int
    outcome: str
    match: Match | None = None
    faults: Faults = ()
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Preview:
    """So many of each; which were rejected and why, which are doubled of which line, what changes where."""

    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("new", "changed", "unchanged", "doubled", "rejected"), 0)
    )
    rejected: list[tuple[int, Faults]] = field(default_factory=list)
    doubled: list[tuple[int, int]] = field(default_factory=list)
    changed: list[tuple[int, int, tuple[str, ...]]] = field(default_factory=list)

    def add(self, planned: Planned) -> None:
        """Count one line."""
        self.counts[planned.outcome] += 1
        if planned.outcome == "rejected" and len(self.rejected) < KEPT:
            self.rejected.append((planned.line, planned.faults))
        elif planned.outcome == "doubled" and len(self.doubled) < SHOWN:
            self.doubled.append((planned.line, int(planned.faults[0][1])))
        elif planned.outcome == "changed" and len(self.changed) < SHOWN:
            assert planned.match is not None
            assert planned.match.entry is not None
            self.changed.append((planned.line, planned.match.entry.number, planned.match.changed))


def layout_of(table: Table, kind: Kind, chosen: Mapping[int, str] | None = None) -> Layout:
    """Return how a table is laid out by its heads, or as somebody chose."""
    number, columns, heads = head_of(table, kind)
    return Layout(number, columns if chosen is None else dict(chosen), heads)


def plan(
    table: Table,
    kind: Kind,
    layout: Layout,
    journal: Journal,
    zone: ZoneInfo,
    *,
    links: Mapping[str, Open] | None = None,
    look_up: bool = True,
) -> Iterator[Planned]:
    """Yield what each line comes to, in their order; blank lines and repeated heads are passed over."""
    seen: dict[int, int] = {}
    with closing(journal.reader()) as reader:
        known = look_up and reader.entry_count(kind.register, open_=True) > 0
        for line in table.lines(layout.head_line):
            given = {
                name: line.cells[place]
                for place, name in layout.columns.items()
                if place < len(line.cells) and line.cells[place]
            }
            if not given or line.cells == layout.heads:
                continue
            planned = _one(line, kind, given, zone, seen)
            if planned.match is not None and known and planned.outcome == "new":
                planned = _matched(planned, kind, journal, reader, links or {})
            elif planned.match is not None and links and planned.outcome == "new":
                says = replace(planned.match.says, fields={**planned.match.says.fields, **links})
                planned = replace(planned, match=Match(None, says))
            yield planned


def place_of(given: Mapping[str, str]) -> dict[str, Open]:
    """Return where a home is, of what a line says."""
    return {name: " ".join(given[name].split()) for name in AREA_NAMES if given.get(name, "").strip()}


def same_place(place: Mapping[str, Open]) -> tuple[str, ...]:
    """Return what tells two homes of one number apart."""
    return tuple(str(place.get(name, "")) for name in _PLACE)


def _one(line: Line, kind: Kind, given: Mapping[str, str], zone: ZoneInfo, seen: dict[int, int]) -> Planned:
    try:
        draft = draft_of(kind, given, zone)
    except Faulty as error:
        return Planned(line.number, "rejected", faults=error.faults, given=given)
    said = tuple(sorted((name, meant(name, value)) for name, value in draft.personal.items()))
    content = hash((said, str(draft.fields), draft.from_us, draft.until_us))
    keys = list(islice(keys_of(kind, draft), 2))
    place = same_place(place_of(given)) if kind.register == "households" else ()
    if not keys:
        return Planned(line.number, "rejected", faults=(("|".join(kind.same[0]), "missing"),), given=given)
    for key in keys:
        before = seen.get(hash((key, place)))
        if before is not None:
            first = str(before >> 32)
            if before & _MASK == content & _MASK:
                return Planned(line.number, "doubled", faults=(("", first),), given=given)
            if key == keys[0]:
                fault = ("|".join(name for name, _ in key), f"double_differs:{first}")
                return Planned(line.number, "rejected", faults=(fault,), given=given)
    for key in keys:
        seen.setdefault(hash((key, place)), line.number << 32 | content & _MASK)
    return Planned(line.number, "new", Match(None, draft), given=given)


def _matched(
    planned: Planned, kind: Kind, journal: Journal, reader: Reader, links: Mapping[str, Open]
) -> Planned:
    assert planned.match is not None
    draft = planned.match.says
    if links:
        draft = replace(draft, fields={**draft.fields, **links})
    place = place_of(planned.given)

    def is_there(entry: Entry) -> bool:
        if kind.register != "households":
            return True
        return all(entry.fields.get(name) == place[name] for name in _PLACE if name in place)

    try:
        found = match(kind, draft, journal, reader, is_there)
    except Ambiguous:
        return replace(planned, outcome="rejected", match=None, faults=(("", "ambiguous"),))
    if found.entry is None:
        return replace(planned, match=found)
    return replace(planned, outcome="changed" if found.changed else "unchanged", match=found)


def preview(
    table: Table,
    kind: Kind,
    layout: Layout,
    journal: Journal,
    zone: ZoneInfo,
    *,
    links: Mapping[str, Open] | None = None,
) -> Iterator[Preview]:
    """Yield the preview as it grows, every thousand lines, and at last whole."""
    found = Preview()
    for place, planned in enumerate(plan(table, kind, layout, journal, zone, links=links), 1):
        found.add(planned)
        if place % 1000 == 0:
            yield found
    yield found


__all__ = ["Draft", "Layout", "Planned", "Preview", "layout_of", "place_of", "plan", "preview", "same_place"]
