"""The watch list, the roster and the list of regions that the district pushes, taken into the registers.

The content is a table as offices send them (csv text). Its entries are marked `district`; those entered here
are not, and stay whatever the district sends. Who is no longer on the list is ended. Taking a list twice, or
after the process ended in between, changes nothing that is right already.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from edge.domain.errors import ConfigError
from edge.domain.model import Instant
from edge.journal import Entry, Look, Row
from edge.registers.book import MOST_AT_ONCE
from edge.registers.importing import Importer, Journal
from edge.registers.kinds import Kind
from edge.registers.matching import Ambiguous, match
from edge.registers.people import PEOPLE
from edge.registers.regions import REGIONS
from edge.registers.said import Planned, Said, layout_of
from edge.registers.tables import read_table
from edge.registers.unreadable import Unreadable
from edge.registers.watch import WATCH

LISTS: Mapping[str, Kind] = {"watch": WATCH, "roster": PEOPLE, "regions": REGIONS}
BY = "district"
_MARK = "district"


class Memory(Protocol):
    """What is no fact and must survive a restart."""

    def get(self, name: str) -> dict[str, Any] | None:
        """Return what was put."""

    def put(self, name: str, value: dict[str, Any]) -> None:
        """Keep a value."""


class DistrictLists:
    """The lists of the district that registers hold. Used by the uplink's thread; `status` by any."""

    def __init__(
        self,
        journal: Journal,
        memory: Memory,
        now: Callable[[], Instant],
        zone: ZoneInfo,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._journal, self._memory, self._now, self._zone = journal, memory, now, zone
        self._changed = changed
        self.beat: Callable[[], object] = lambda: None  # called after each transaction

    def held(self) -> dict[str, int | None]:
        """Return the version of each list that is in force, None where there is none of the district's."""
        return {name: (self._memory.get(_key(name)) or {}).get("version") for name in LISTS}

    def status(self) -> dict[str, dict[str, Any]]:
        """Return, by register, the version in force and when it was taken."""
        found = {kind.register: self._memory.get(_key(name)) for name, kind in LISTS.items()}
        return {register: held for register, held in found.items() if held}

    def facts(self, name: str) -> Mapping[str, Any]:
        """Return what the journal says of the list in force."""
        found = self._memory.get(_key(name)) or {}
        return {"kind": "register", "count": found.get("count", 0), "rejected": found.get("rejected", 0)}

    def take(self, name: str, version: int, content: str) -> Mapping[str, Any]:
        """Put a list in force. Raises ConfigError where it is no table or no line of it can be used."""
        kind = LISTS[name]
        try:
            table = read_table(content.encode(), kind)
            layout = layout_of(table, kind)
            if not layout.columns:
                raise Unreadable("no_heads")
        except Unreadable as error:
            raise ConfigError(f"{name}: {error.code}") from error
        importer = Importer(self._journal, self._now, self._zone)
        rejected = 0
        waiting: list[Planned] = []
        before = self._newest(kind)  # what is entered now has a greater number
        kept: set[int] = set()
        known = [*Said(table, kind, layout, self._zone)]
        if known and all(planned.outcome == "rejected" for planned in known):
            raise ConfigError(f"{name}: no line of it can be used")
        for planned in known:
            if planned.outcome == "rejected":
                rejected += 1
            elif planned.outcome == "new":
                found = self._matched(kind, planned)
                if found.match is not None and found.match.entry is not None:
                    kept.add(found.match.entry.number)
                if found.outcome in ("new", "changed"):
                    waiting.append(found)
            if len(waiting) >= MOST_AT_ONCE // 2:
                importer.write(BY, kind, waiting)
                waiting = []
                self.beat()
        if waiting:
            importer.write(BY, kind, waiting)
        self._end_others(kind, kept, before)
        entries = sum(planned.outcome != "rejected" for planned in known) - sum(
            planned.outcome == "doubled" for planned in known
        )
        facts = {"kind": "register", "count": entries, "rejected": rejected}
        self._memory.put(_key(name), {"version": version, "taken_us": self._now().at_us, **facts})
        self._changed()
        return facts

    def _matched(self, kind: Kind, planned: Planned) -> Planned:
        assert planned.match is not None
        says = replace(planned.match.says, fields={**planned.match.says.fields, _MARK: True})
        with closing(self._journal.reader()) as reader:
            try:
                found = match(kind, says, self._journal, reader, _is_districts)
            except Ambiguous:
                return replace(planned, outcome="unchanged")
        outcome = "new" if found.entry is None else "changed" if found.changed else "unchanged"
        return replace(planned, outcome=outcome, match=found)

    def _newest(self, kind: Kind) -> int:
        with closing(self._journal.reader()) as reader:
            found = reader.entries(kind.register, limit=1)
        return found[0].number if found else 0

    def _end_others(self, kind: Kind, kept: set[int], newest: int) -> None:
        gone = [one.number for one in self._marked(kind) if one.number <= newest and one.number not in kept]
        for start in range(0, len(gone), MOST_AT_ONCE):
            self._end(kind, gone[start : start + MOST_AT_ONCE])
            self.beat()

    def _marked(self, kind: Kind) -> Iterator[Entry]:
        after = 0
        while True:
            with closing(self._journal.reader()) as reader:
                page = reader.entries(kind.register, open_=True, where={_MARK: 1}, after=after, limit=500)
            yield from page
            if len(page) < 500:
                return
            after = page[-1].number

    def _end(self, kind: Kind, numbers: Sequence[int]) -> None:
        def make(look: Look) -> Sequence[Row]:
            at = self._now()
            body = {"register": kind.register, "why": "off_list", "by": BY}
            return [
                Row("register.ended", at, body | {"entry": n})
                for n in numbers
                if (entry := look.entry(kind.register, n)) is not None and entry.open
            ]

        self._journal.compose(make)


def _is_districts(entry: Entry) -> bool:
    return bool(entry.fields.get(_MARK))


def _key(name: str) -> str:
    return f"register_list:{name}"
