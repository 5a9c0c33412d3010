"""The registers that definitions describe: what is typed becomes an entry of the book, and entries lists.

Commands check against the definition in force and leave the writing to the book. Nothing is computed here of
what is due: see `edge.registers.board`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from edge.domain.errors import FormError
from edge.domain.model import Instant
from edge.journal import Entry, Reader
from edge.journal.day_rows import Until
from edge.registers.book import Book, Draft, Entered, Journal, Order
from edge.registers.book import Told as Told_
from edge.registers.definition import STRUCK, Choice, Definition, Title
from edge.registers.due import Said
from edge.registers.given import Given, draft, due_us
from edge.registers.shelf import Shelf

TASKS = "tasks"
MOST_OPEN = 1_000
_CHUNK = 500
_DAY_US = 86_400_000_000
DONE = Choice(value="done", title=Title(zh_Hans="已办结", en="Done"))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list: an entry, when it is overdue, and whether it is."""

    entry: Entry
    due_us: int | None
    overdue: bool

    @property
    def struck(self) -> bool:
        return STRUCK in self.entry.fields


@dataclass(frozen=True, slots=True)
class Told:
    """One entry with all its rows, and the definition in force."""

    told: Told_
    line: Line
    definition: Definition


class Ledgers:
    """The commands and views of all defined registers. Thread-safe."""

    def __init__(
        self, book: Book, journal: Journal, shelf: Shelf, now: Callable[[], Instant], zone: ZoneInfo
    ) -> None:
        self.book, self.shelf, self.zone = book, shelf, zone
        self._journal, self._now = journal, now

    def all(self) -> list[Definition]:
        """Return the registers that have a page, in the order of their rows."""
        found = [held.definition for held in self.shelf.all().values()]
        return sorted((one for one in found if not one.hidden), key=_order)

    def definition(self, name: str) -> Definition:
        """Return one. Raises FormError `unknown_register`."""
        return self.shelf.held(name).definition

    def enter(self, order: Order, name: str, given: Given, lane: str | None = None) -> Entered:
        """Enter a line. Raises FormError: see `edge.registers.given`, and `unknown_register`,
        `from_passages`, `not_defined`, `command_reused`."""
        definition = self._writable(name, order)
        made = draft(definition, given, self.zone, self._now().at_us)
        return self.book.enter(order, name, replace(made, lane=lane))

    def amend(
        self, order: Order, name: str, number: int, given: Given, *, seen: int | None = None, why: str = ""
    ) -> Entered:
        """Say an entry anew; personal fields that are not given stay. Raises FormError as `enter`, and
        `unknown_entry`, `entry_forgotten`, `entry_changed`."""
        definition = self._writable(name, order)
        told = self.book.one(name, number, opened=True)
        if told.destroyed or told.entry.forgotten:
            raise FormError("entry_forgotten", "its personal fields are destroyed", 409)
        made = draft(definition, given, self.zone, self._now().at_us, told.personal)
        # What an older definition asked for and this one does not is not lost by a correction.
        asked = {field.id for field in definition.field}
        left = {key: value for key, value in told.entry.fields.items() if key not in asked | {STRUCK}}
        kept = {key: value for key, value in told.personal.items() if key not in asked}
        made = replace(
            made,
            fields={**left, **made.fields},
            personal={**kept, **made.personal},
            lane=told.entry.lane,
        )
        return self.book.amend(order, name, number, made, seen=seen, why=why)

    def end(self, order: Order, name: str, number: int, why: str) -> Entered:
        """End an entry, for one of the definition's reasons. Raises FormError `bad_value`."""
        definition = self.definition(name)
        if why not in [choice.value for choice in ends_of(definition)]:
            raise FormError("bad_value", "the definition names no such end")
        return self.book.end(order, name, number, why)

    def strike(self, order: Order, name: str, number: int) -> Entered:
        """Let an entry that was a mistake count for nothing: a new row says so, the old ones stay."""
        told = self.book.one(name, number, opened=True)
        fields = {**told.entry.fields, STRUCK: True}
        made = Draft(fields, told.personal, (), told.entry.lane, told.entry.from_us, told.entry.until_us)
        return self.book.amend(order, name, number, made, why="mistake")

    def tick(self, order: Order, name: str, number: int, task: str, given: Given) -> Entered:
        """Record that a task of the day was done for an entry. Raises FormError `unknown_entry`,
        `unknown_task`, `entry_ended`."""
        rules = [rule for rule in self.definition(name).due if rule.source == "tasks"]
        if task not in [rule.id for rule in rules]:
            raise FormError("unknown_task", "the definition names no such task", 404)
        if not self.book.one(name, number).entry.open:
            raise FormError("entry_ended", "it had ended before", 409)
        return self.enter(order, TASKS, {**given, "register": name, "of": number, "task": task})

    def open_lines(self, name: str) -> list[Line]:
        """Return what is open of a lasting register: overdue first, then what is due first, then oldest."""
        definition = self.definition(name)
        with closing(self._journal.reader()) as reader:
            entries = reader.entries(name, open_=True, after=0, limit=MOST_OPEN)
        lines = [self.line(definition, entry) for entry in entries]
        lines = [line for line in lines if definition.lasts(line.entry.fields) and not line.struck]
        last = 1 << 62
        return sorted(lines, key=lambda line: (not line.overdue, line.due_us or last, line.entry.number))

    def lines(self, name: str, *, before: int | None = None, limit: int = 50) -> list[Line]:
        """Return a page of all entries, newest first."""
        definition = self.definition(name)
        return [self.line(definition, entry) for entry in self.book.page(name, before=before, limit=limit)]

    def found(self, name: str, field: str, value: str) -> list[Line]:
        """Return the open entries whose personal `field` has this value. Raises FormError `bad_query`."""
        definition = self.definition(name)
        if field not in [one.id for one in definition.field if one.find]:
            raise FormError("bad_query", "nothing is looked up by this field")
        return [self.line(definition, entry) for entry in self.book.find([name], field, value)]

    def one(self, name: str, number: int, *, opened: bool = False) -> Told:
        """Return one entry; `opened` opens its personal fields. Raises FormError `unknown_entry`."""
        definition = self.definition(name)
        told = self.book.one(name, number, opened=opened)
        return Told(told, self.line(definition, told.entry), definition)

    def line(self, definition: Definition, entry: Entry) -> Line:
        """Return an entry as a line of its list. On a clock that is not believed nothing is overdue."""
        now = self._now()
        due = due_us(definition, entry.fields, self.zone)
        if due is None and entry.until_us is not None:
            due = entry.until_us
        waits = entry.open and STRUCK not in entry.fields and definition.lasts(entry.fields)
        late = waits and due is not None and now.clock.trusted and due <= now.at_us
        return Line(entry, due, late)

    def said(self, name: str, *, upto: int | None = None, since_us: int | None = None) -> Iterator[Said]:
        """Yield the entries of a register, newest first, as the rows up to `upto` have them; back to those
        entered before `since_us`."""
        with closing(self._journal.reader()) as reader:
            yield from said_of(reader, name, upto=upto, since_us=since_us)

    def forget_done(self, limit: int = 200) -> int:
        """End, a day later, what tells of something that happened and holds a personal field: what never
        ends would be kept for ever. Return how many."""
        now = self._now()
        if not now.clock.trusted:
            return 0
        count = 0
        for held in self.shelf.all().values():
            definition = held.definition
            if not definition.personal:
                continue
            struck = {STRUCK: 1} if definition.lasting is True else None
            for entry in self.book.page(definition.name, open_=True, where=struck, after=0, limit=limit):
                if definition.lasts(entry.fields) and STRUCK not in entry.fields:
                    continue
                if entry.at_us < now.at_us - _DAY_US:
                    order = Order(f"over-{definition.name}-{entry.number}-{entry.seqs[-1]}", "gate")
                    self.book.end(order, definition.name, entry.number, "recorded")
                    count += 1
        return count

    def _writable(self, name: str, order: Order) -> Definition:
        definition = self.definition(name)
        if definition.passages is not None:
            raise FormError("from_passages", "its lines are passages", 409)
        if not definition.field:
            raise FormError("not_defined", "nobody has said yet what it holds", 409)
        return self.shelf.keep(name, order.by)


def ends_of(definition: Definition) -> tuple[Choice, ...]:
    """Return the reasons for which an entry ends."""
    return definition.ends or (DONE,)


def said_of(
    reader: Reader, name: str, *, upto: int | None = None, since_us: int | None = None
) -> Iterator[Said]:
    """Yield the entries of a register, newest first; see `Ledgers.said`."""
    for entry in entries_of(reader, name, since_us=since_us):
        if (said := as_of(reader, entry, upto)) is not None:
            yield said


def entries_of(reader: Reader, name: str, *, since_us: int | None = None) -> Iterator[Entry]:
    """Yield the entries of a register that were entered since a moment, newest first."""
    before: int | None = None
    while entries := reader.entries(name, before=before, limit=_CHUNK):
        before = entries[-1].number
        yield from (entry for entry in entries if since_us is None or entry.entered_us >= since_us)
        if since_us is not None and all(entry.entered_us < since_us for entry in entries):
            return


def as_of(reader: Reader, entry: Entry, upto: int | None, until: Until | None = None) -> Said | None:
    """Return an entry as its rows up to one have it, of those `until` holds; None: none yet."""
    sure = until is None or until.all_of(entry.seqs)
    if sure and (upto is None or entry.seqs[-1] <= upto):
        bounds = (entry.from_us, entry.until_us)
        return Said(entry.number, entry.fields, entry.open, entry.entered_us, *bounds)
    said: Said | None = None
    for row in reader.entry_rows(entry):
        if upto is not None and row.seq > upto:
            break
        if until is not None and not until.holds(row):
            continue
        body: Mapping[str, Any] = row.body
        if row.kind == "register.ended":
            said = None if said is None else replace(said, open=False)
        elif row.kind in ("register.entered", "register.amended"):
            entered = row.at_us if said is None else said.entered_us
            bounds = (body.get("from_us"), body.get("until_us"))
            said = Said(entry.number, body["fields"], True, entered, *bounds)
    return said


def _order(definition: Definition) -> tuple[int, str]:
    digits = "".join(sign for sign in definition.number.split(" ")[0] if sign.isdigit())
    return int(digits or 999), definition.name
