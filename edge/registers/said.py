"""What the lines of a file say, each by itself and beside the lines before it; the register is not asked.

Reading a line takes ten times as long as keeping what it said: the preview reads them, and applying it, which
must say the same, has them from here.
"""

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from edge.registers.book import Draft, Open
from edge.registers.kinds import Faulty, Kind, draft_of, looked_up_by
from edge.registers.matching import Match, keys_of, meant
from edge.registers.people import AREA_NAMES
from edge.registers.tables import Line, Table, head_of

PLACE = ("compound", "village", "group")
_MASK = (1 << 32) - 1
_TOGETHER = 500
Faults = tuple[tuple[str, str], ...]


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


class Said:
    """The lines of a table as a register's, in their order: `new` where one can be entered, `doubled` or
    `rejected`. Blank lines and repeated heads are passed over. What was gone through once is kept packed."""

    def __init__(self, table: Table, kind: Kind, layout: Layout, zone: ZoneInfo) -> None:
        self.table, self.kind, self.layout, self._zone = table, kind, layout, zone
        self._packed: list[bytes] | None = None

    def __iter__(self) -> Iterator[Planned]:
        if self._packed is None:
            return self._read()
        return (
            _unpacked(self.kind, *one)
            for packed in self._packed
            for one in json.loads(zlib.decompress(packed))
        )

    def _read(self) -> Iterator[Planned]:
        packed, together = list[bytes](), list[tuple[Any, ...]]()
        seen: dict[int, int] = {}
        for line in self.table.lines(self.layout.head_line):
            given = {
                name: line.cells[place]
                for place, name in self.layout.columns.items()
                if place < len(line.cells) and line.cells[place]
            }
            if not given or line.cells == self.layout.heads:
                continue
            planned = _one(line, self.kind, given, self._zone, seen)
            together.append(_pack(planned))
            yield planned
            if len(together) == _TOGETHER:
                packed.append(_packed(together))
                together = []
        self._packed = [*packed, _packed(together)]


def layout_of(table: Table, kind: Kind, chosen: Mapping[int, str] | None = None) -> Layout:
    """Return how a table is laid out by its heads, or as somebody chose."""
    number, columns, heads = head_of(table, kind)
    return Layout(number, columns if chosen is None else dict(chosen), heads)


def place_of(given: Mapping[str, str]) -> dict[str, Open]:
    """Return where a home is, of what a line says."""
    return {name: " ".join(given[name].split()) for name in AREA_NAMES if given.get(name, "").strip()}


def same_place(place: Mapping[str, Open]) -> tuple[str, ...]:
    """Return what tells two homes of one number apart."""
    return tuple(str(place.get(name, "")) for name in PLACE)


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


def _pack(planned: Planned) -> tuple[Any, ...]:
    head = planned.line, planned.outcome, planned.faults, planned.given
    if planned.match is None:
        return head
    says = planned.match.says
    return (*head, says.fields, says.personal, says.from_us, says.until_us)


def _packed(lines: list[tuple[Any, ...]]) -> bytes:
    return zlib.compress(json.dumps(lines).encode(), 1)


def _unpacked(kind: Kind, *packed: Any) -> Planned:
    line, outcome, faults, given, *says = packed
    faults = tuple((name, code) for name, code in faults)
    if not says:
        return Planned(line, outcome, faults=faults, given=given)
    fields, personal, from_us, until_us = says
    draft = Draft(fields, personal, looked_up_by(kind), from_us=from_us, until_us=until_us)
    return Planned(line, outcome, Match(None, draft), given=given)
