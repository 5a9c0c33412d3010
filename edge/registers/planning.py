"""What each line of a file would come to, without changing anything.

The preview counts it; applying it asks the same again, line by line.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Protocol

from edge.journal import Entry, Reader
from edge.registers.book import Open
from edge.registers.kinds import Kind
from edge.registers.matching import Ambiguous, Match, Sealed, match
from edge.registers.said import PLACE, Faults, Planned, place_of

SHOWN = 200
KEPT = 20_000


class Journal(Sealed, Protocol):
    """The part of the journal that planning needs."""

    def reader(self) -> Reader:
        """Open a read-only view."""


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


def plan(
    said: Iterable[Planned],
    kind: Kind,
    journal: Journal,
    *,
    links: Mapping[str, Open] | None = None,
) -> Iterator[Planned]:
    """Yield what each line comes to beside what the register holds."""
    with closing(journal.reader()) as reader:
        known = reader.entry_count(kind.register, open_=True) > 0
        for planned in said:
            if planned.match is not None and known and planned.outcome == "new":
                yield _matched(planned, kind, journal, reader, links or {})
            elif planned.match is not None and links and planned.outcome == "new":
                says = replace(planned.match.says, fields={**planned.match.says.fields, **links})
                yield replace(planned, match=Match(None, says))
            else:
                yield planned


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
        return all(entry.fields.get(name) == place[name] for name in PLACE if name in place)

    try:
        found = match(kind, draft, journal, reader, is_there)
    except Ambiguous:
        return replace(planned, outcome="rejected", match=None, faults=(("", "ambiguous"),))
    if found.entry is None:
        return replace(planned, match=found)
    return replace(planned, outcome="changed" if found.changed else "unchanged", match=found)


def preview(
    said: Iterable[Planned],
    kind: Kind,
    journal: Journal,
    *,
    links: Mapping[str, Open] | None = None,
) -> Iterator[Preview]:
    """Yield the preview as it grows, every thousand lines, and at last whole."""
    found = Preview()
    for place, planned in enumerate(plan(said, kind, journal, links=links), 1):
        found.add(planned)
        if place % 1000 == 0:
            yield found
    yield found
