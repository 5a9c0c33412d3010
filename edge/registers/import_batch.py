"""The rows of one transaction of an import: lines, and the households and employers they are the first of."""

from collections.abc import Mapping
from dataclasses import replace

from edge.domain.model import Instant
from edge.journal import Look, Row
from edge.registers import households
from edge.registers.book import Draft, Order, line_row
from edge.registers.kinds import HOME, Kind
from edge.registers.said import Planned, place_of

EMPLOYERS = "employers"
Home = tuple[bytes, tuple[str, ...]]


class Batch:
    """What is gathered so far; `homes` and `employers` are those it is the first of."""

    def __init__(  # noqa: PLR0917 - what a batch is made of
        self,
        look: Look,
        at: Instant,
        order: Order,
        imported: int,
        known_homes: Mapping[Home, int],
        known_employers: Mapping[str, int],
    ) -> None:
        self.rows: list[Row] = []
        self.homes: dict[Home, int] = {}
        self.employers: dict[str, int] = {}
        self.entered = self.amended = 0
        self._look, self._at, self._order, self._imported = look, at, order, imported
        self._known_homes, self._known_employers = known_homes, known_employers
        self._next: dict[str, int] = {}

    def add(self, kind: Kind, planned: Planned, home: Home | None) -> None:
        """Add what a line says. One whose entry somebody changed a moment ago is left as they say."""
        assert planned.match is not None
        entry, draft = planned.match.entry, planned.match.says
        if entry is not None:
            present = self._look.entry(kind.register, entry.number)
            if present is None or present.seqs != entry.seqs or present.forgotten:
                return
        fields = dict(draft.fields)
        if home is not None:
            fields["household"] = self._household(home, planned)
        if name := str(fields.get("employer_name", "")):
            fields["employer"] = self._employer(name)
        draft = replace(draft, fields=fields)
        if entry is None:
            self._row("register.entered", kind.register, self._number(kind.register), draft, planned.line)
            self.entered += 1
        else:
            self._row("register.amended", kind.register, entry.number, draft, planned.line)
            self.amended += 1

    def _household(self, home: Home, planned: Planned) -> int:
        known = self._known_homes.get(home) or self.homes.get(home)
        if known is None:
            known = self.homes[home] = self._number(households.REGISTER)
            self._row("register.entered", households.REGISTER, known, _household(planned))
        return known

    def _employer(self, name: str) -> int:
        known = self._known_employers.get(name) or self.employers.get(name)
        if known is None:
            known = self.employers[name] = self._number(EMPLOYERS)
            self._row("register.entered", EMPLOYERS, known, Draft({"name": name}))
        return known

    def _number(self, register: str) -> int:
        number = self._next.get(register) or self._look.next_number(register)
        self._next[register] = number + 1
        return number

    def _row(self, kind: str, register: str, number: int, draft: Draft, line: int = 0) -> None:
        self.rows.append(
            line_row(
                *(self._at, kind, register, number, draft),
                order=self._order,
                imported=self._imported,
                line=line,
            )
        )


def _household(planned: Planned) -> Draft:
    assert planned.match is not None
    personal = planned.match.says.personal
    home = {name: personal[name] for name in ("building", "unit", "room", *HOME) if name in personal}
    return Draft(place_of(planned.given), home, ("room", *HOME))
