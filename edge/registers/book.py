"""The book: every list kept at the gate, one engine for all of them.

Commands append through the journal's writer, each in one transaction with the look at the entry it is about;
views read the projection. What a register holds is not known here: see the modules that keep one.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Protocol

from edge.domain.errors import FormError
from edge.domain.model import Instant
from edge.journal import Entry, Look, Purged, Reader, Row, StoredRow
from edge.journal.register_file import scope_of
from edge.registers.drafts import Draft, Open, Order, head, line_row, says

_CODE = re.compile("[a-z][a-z0-9_]{0,63}")
MOST_AT_ONCE = 30
"""So many rows a transaction may take without making a verdict wait for it."""


class Journal(Protocol):
    """The part of the journal that registers need."""

    def compose(self, make: Callable[[Look], Sequence[Row]]) -> tuple[int, ...]:
        """Write the rows that `make` returns, in one transaction with what it looked at."""

    def reader(self) -> Reader:
        """Open a read-only view."""

    def unseal(self, row: StoredRow) -> Mapping[str, Any] | None:
        """Open the personal fields of a row."""

    def token(self, name: str, value: str) -> bytes | None:
        """Return what entries with this personal field are found by."""

    def forget(self, scope: str, *, now: Instant, by: str) -> Purged:
        """Destroy the personal fields of one entry."""


@dataclass(frozen=True, slots=True)
class Entered:
    """What a command came to: its row, and the number of the entry."""

    sequence: int
    number: int


@dataclass(frozen=True, slots=True)
class Told:
    """One entry with all its rows. `personal` are its present personal fields, empty while they are masked;
    `destroyed` says that they are gone."""

    entry: Entry
    rows: tuple[StoredRow, ...]
    personal: Mapping[str, str]
    destroyed: bool


class Book:
    """The commands and views of all registers. Thread-safe: every call reads and writes for itself.
    `changed` is called after each commit."""

    def __init__(
        self, journal: Journal, now: Callable[[], Instant], changed: Callable[[], None] = lambda: None
    ) -> None:
        self._journal = journal
        self._now = now
        self._changed = changed

    def enter(self, order: Order, register: str, draft: Draft) -> Entered:
        """Enter a line under the next number. Raises FormError `command_reused`."""

        def make(look: Look) -> Sequence[Row]:
            number = look.next_number(register)
            return (self._row("register.entered", register, number, draft, order=order),)

        return self._carry_out(order, "register.entered", register, make, lambda row: self._says(row, draft))

    def add(self, by: str, register: str, drafts: Sequence[Draft], imported: int = 0) -> tuple[int, ...]:
        """Enter several lines in one transaction, at most `MOST_AT_ONCE`, of an import; return their
        numbers. The caller sees to it that none is brought twice."""
        if len(drafts) > MOST_AT_ONCE:
            raise ValueError("too many for one transaction")
        numbers: list[int] = []

        def make(look: Look) -> Sequence[Row]:
            first = look.next_number(register)
            numbers[:] = range(first, first + len(drafts))
            order = Order("", by)
            return [
                self._row("register.entered", register, number, draft, order=order, imported=imported)
                for number, draft in zip(numbers, drafts, strict=True)
            ]

        self._journal.compose(make)
        self._changed()
        return tuple(numbers)

    def amend(
        self,
        order: Order,
        register: str,
        number: int,
        draft: Draft,
        *,
        why: str = "",
        seen: int | None = None,
    ) -> Entered:
        """Say anew all that an entry says; one that had ended is open again. `seen` is the newest row the
        change was made from: FormError `entry_changed` where there is a newer one. Raises FormError
        `unknown_entry`, `entry_forgotten`, `command_reused`."""

        def make(look: Look) -> Sequence[Row]:
            entry = _known(look, register, number)
            if entry.forgotten:
                raise FormError("entry_forgotten", "its personal fields are destroyed", 409)
            if seen is not None and entry.seqs[-1] != seen:
                raise FormError("entry_changed", "somebody changed it meanwhile: look again", 409)
            return (self._row("register.amended", register, number, draft, order=order, why=why),)

        def same(row: StoredRow) -> bool:
            about = row.body.get("entry"), row.body.get("why", "")
            return about == (number, why) and self._says(row, draft)

        return self._carry_out(order, "register.amended", register, make, same)

    def end(self, order: Order, register: str, number: int, why: str, unit: str = "", **told: str) -> Entered:
        """End an entry: it no longer counts. `why` is a code and `unit` one that the settings name, as both
        stand in the open; what somebody `told` besides is sealed with the entry's personal fields. Raises
        FormError `unknown_entry`, `entry_ended`, `reason_needed`, `entry_forgotten`."""
        if not _CODE.fullmatch(why):
            raise FormError("reason_needed", "a reason is one of a list")

        def make(look: Look) -> Sequence[Row]:
            entry = _known(look, register, number)
            if not entry.open:
                raise FormError("entry_ended", "it had ended before", 409)
            if told and entry.forgotten:
                raise FormError("entry_forgotten", "its personal fields are destroyed", 409)
            body = {"register": register, "entry": number, "why": why, **head(order)}
            body |= {"unit": unit} if unit else {}
            sealed = {"fields": {**own, **told}} if told else None
            return (Row("register.ended", self._now(), body, None, sealed, scope_of(register, number)),)

        own = (self.one(register, number, opened=True).personal if told else None) or {}

        def same(row: StoredRow) -> bool:
            opened = self._journal.unseal(row) if row.sealed is not None else None
            said = (opened or {}).get("fields", {})
            alike = opened is None or all(said.get(name) == value for name, value in told.items())
            return alike and (row.body.get("entry"), row.body.get("why")) == (number, why)

        return self._carry_out(order, "register.ended", register, make, same)

    def undo(self, order: Order, register: str, imported: int) -> int:
        """Let nothing of an import count any more, but for what was changed by hand since; return how many
        entries that were. Raises FormError `unknown_import`."""
        gone: list[int] = []

        def make(look: Look) -> Sequence[Row]:
            brought, untouched, first, last = look.of_import(register, imported)
            if imported == 0 or not brought:
                raise FormError("unknown_import", "there is no such import", 404)
            gone[:] = [untouched]
            body = {"register": register, "import": imported, "entries": untouched, **head(order)}
            body |= {"first": first, "last": last}
            return (Row("register.import_undone", self._now(), body),)

        def same(row: StoredRow) -> bool:
            return bool(row.body.get("import") == imported)

        self._carry_out(order, "register.import_undone", register, make, same)
        return gone[0] if gone else 0

    def forget(self, register: str, number: int, *, by: str) -> bool:
        """Destroy the personal fields of one entry, because somebody asked; say whether it had any."""
        purged = self._journal.forget(scope_of(register, number), now=self._now(), by=by)
        self._changed()
        return bool(purged.keys)

    def page(
        self,
        register: str,
        *,
        open_: bool | None = None,
        where: Mapping[str, str | int | None] | None = None,
        before: int | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> list[Entry]:
        """Return one page of a register: newest number first before `before`, or oldest first after
        `after`; of those whose open fields have the values of `where`."""
        with closing(self._journal.reader()) as reader:
            return reader.entries(register, open_=open_, where=where, before=before, after=after, limit=limit)

    def count(
        self, register: str, *, open_: bool | None = None, where: Mapping[str, str | int | None] | None = None
    ) -> int:
        """Return how many entries a register has."""
        with closing(self._journal.reader()) as reader:
            return reader.entry_count(register, open_=open_, where=where)

    def carried_out(self, order: Order) -> bool:
        """Say whether a command was carried out under this id."""
        with closing(self._journal.reader()) as reader:
            return reader.carried_out(order.command_id)

    def over(self, register: str, limit: int = 200) -> list[Entry]:
        """Return the open entries whose time is over now, the longest over first; none on a clock that is
        not believed."""
        now = self._now()
        if not now.clock.trusted:
            return []
        with closing(self._journal.reader()) as reader:
            return reader.entries_over(register, now.at_us, limit)

    def find(self, registers: Sequence[str], name: str, value: str) -> list[Entry]:
        """Return the open entries of these registers whose personal field `name` has this value; with
        `<name>_tail`, whose last four signs are these."""
        token = self._journal.token(name, value)
        if token is None:
            return []
        with closing(self._journal.reader()) as reader:
            return reader.entries_by(token, registers)

    def one(self, register: str, number: int, *, opened: bool = False) -> Told:
        """Return one entry; `opened` opens its personal fields. Raises FormError `unknown_entry`."""
        with closing(self._journal.reader()) as reader:
            entry = reader.entry(register, number)
            if entry is None:
                raise _unknown()
            rows = tuple(reader.entry_rows(entry))
        personal = self._opened(rows) if opened else {}
        sealed = any(row.sealed is not None for row in rows)
        return Told(entry, rows, personal or {}, destroyed=opened and sealed and personal is None)

    def personal(self, entry: Entry, by: Reader | None = None) -> Mapping[str, str] | None:
        """Return the personal fields of an entry, None where they are destroyed or it has none. `by` is a
        reader that is open already."""
        if by is not None:
            return self._opened(by.entry_rows(entry))
        with closing(self._journal.reader()) as reader:
            return self._opened(reader.entry_rows(entry))

    def _opened(self, rows: Sequence[StoredRow]) -> Mapping[str, str] | None:
        newest = next((row for row in reversed(rows) if row.sealed is not None), None)
        found = None if newest is None else self._journal.unseal(newest)
        return None if found is None else dict(found.get("fields", {}))

    def _says(self, row: StoredRow, draft: Draft) -> bool:
        return says(row, self._journal.unseal(row) if row.sealed is not None else {}, draft)

    def _carry_out(
        self,
        order: Order,
        kind: str,
        register: str,
        make: Callable[[Look], Sequence[Row]],
        same: Callable[[StoredRow], bool],
    ) -> Entered:
        """Write what `make` returns, once. A command of the same id must be the `same`: another one that came
        under it is refused, or it would be lost and nobody told."""
        earlier: list[StoredRow] = []
        numbers: list[int] = []

        def looked(look: Look) -> Sequence[Row]:
            earlier.clear()
            known = look.command(order.command_id)
            if known is not None:
                earlier.append(known)
                return ()
            rows = make(look)
            numbers[:] = [row.body.get("entry", 0) for row in rows]
            return rows

        written = self._journal.compose(looked)
        if earlier:
            known = earlier[0]
            if known.kind != kind or known.body.get("register") != register or not same(known):
                raise FormError("command_reused", "another command had this id", 409)
            return Entered(earlier[0].seq, earlier[0].body.get("entry", 0))
        self._changed()
        return Entered(written[-1], numbers[-1])

    def _row(
        self,
        kind: str,
        register: str,
        number: int,
        draft: Draft,
        *,
        order: Order,
        imported: int = 0,
        why: str = "",
    ) -> Row:
        return line_row(self._now(), kind, register, number, draft, order=order, imported=imported, why=why)


def _known(look: Look, register: str, number: int) -> Entry:
    entry = look.entry(register, number)
    if entry is None:
        raise _unknown()
    return entry


def _unknown() -> FormError:
    return FormError("unknown_entry", "there is no such entry", 404)


__all__ = ["MOST_AT_ONCE", "Book", "Draft", "Entered", "Journal", "Open", "Order", "Told", "line_row"]
