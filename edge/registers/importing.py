"""Takes a planned file into a register, and takes a whole import back.

In small transactions, so that no verdict waits, and so that the end of the process in between loses and
doubles nothing.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Protocol
from zoneinfo import ZoneInfo

from edge.domain.errors import FormError
from edge.domain.model import Instant
from edge.journal import Entry, Imported, Look, Reader, Row
from edge.registers import households
from edge.registers.book import MOST_AT_ONCE, Draft, Open, Order, line_row
from edge.registers.import_batch import EMPLOYERS, Batch, Home
from edge.registers.kinds import Kind
from edge.registers.planning import Journal as PlanJournal
from edge.registers.planning import plan
from edge.registers.said import Planned, Said, place_of, same_place
from edge.registers.tables import Table

# Of a transaction: so long may a verdict wait for it. Each line may bring its household with it.
LONGEST_US, FEWEST, MOST = 15_000, 10, 80
RELIEVED_EVERY = 300  # lines: a third of what a commit would copy by itself
_NAMED_BY = ((households.REGISTER, "household"), (households.REGISTER, "visiting"), (EMPLOYERS, "employer"))


class Journal(PlanJournal, Protocol):
    """The part of the journal that importing needs."""

    def compose(self, make: Callable[[Look], Sequence[Row]]) -> tuple[int, ...]:
        """Write the rows that `make` returns, in one transaction with what it looked at."""

    def wanted(self) -> bool:
        """Say whether another thread waits for the journal."""

    def relieve(self) -> None:
        """Copy the write-ahead file into the database while others go on writing."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is: the line reached, of so many; what was entered and changed by this run."""

    number: int
    line: int
    lines: int
    entered: int = 0
    amended: int = 0


class Importer:
    """Carries one import out. `pause` is called between transactions and says whether to stop."""

    def __init__(
        self,
        journal: Journal,
        now: Callable[[], Instant],
        zone: ZoneInfo,
        pause: Callable[[], bool] = lambda: False,
    ) -> None:
        self._journal, self._now, self._zone, self._pause = journal, now, zone, pause
        self._homes: dict[Home, int] = {}
        self._employers: dict[str, int] | None = None
        self._reader: Reader | None = None
        self._together = FEWEST
        self._unrelieved = 0

    def begin(self, order: Order, kind: Kind, table: Table, file: str, print_: str) -> Imported:
        """Begin an import, or go on with one of the same file that was stopped. Raises FormError
        `command_reused`."""
        with closing(self._journal.reader()) as reader:
            for known in reader.imports(kind.register, 50):
                row = reader.row(known.begun_seq)
                sealed = row and self._journal.unseal(row)
                if known.state in ("begun", "stopped") and sealed and sealed.get("print") == print_:
                    return known
        last = max((line.number for line in table.lines()), default=0)
        numbers: list[int] = []

        def make(look: Look) -> Sequence[Row]:
            numbers[:] = [look.next_import()]
            body = {"import": numbers[0], "register": kind.register, "lines": last, "by": order.by}
            if order.command_id:
                body["command_id"] = order.command_id
            return (Row("import.begun", self._now(), body, personal={"file": file, "print": print_}),)

        self._journal.compose(make)
        with closing(self._journal.reader()) as reader:
            found = reader.import_(numbers[0])
        assert found is not None
        return found

    def apply(
        self,
        imported: Imported,
        by: str,
        said: Said,
        *,
        links: Mapping[str, Open] | None = None,
    ) -> Iterator[Progress]:
        """Enter what the lines behind the last one say, and yield how far it is after each transaction. Ends
        early where `pause` says so; the same file goes on from there."""
        with closing(self._journal.reader()) as self._reader:
            yield from self._apply(imported, by, said, links)

    def _apply(
        self, imported: Imported, by: str, said: Said, links: Mapping[str, Open] | None
    ) -> Iterator[Progress]:
        kind = said.kind
        done = Progress(imported.number, imported.line, imported.lines)
        waiting: list[Planned] = []
        for planned in plan(said, kind, self._journal, links=links):
            if planned.line <= imported.line:
                continue
            if planned.outcome in ("new", "changed"):
                waiting.append(planned)
            if len(waiting) >= self._together:
                done = self._timed(done, by, kind, waiting)
                waiting = []
                yield done
                if self._pause():
                    self._ended(done, kind.register, by, "stopped")
                    return
        if waiting:
            done = self._write(done, by, kind, waiting)
            yield done
        done = replace(done, line=imported.lines)
        self._ended(done, kind.register, by, "done")
        yield done

    def undo(self, order: Order, number: int) -> Iterator[int]:
        """Let nothing count any more that an import entered, and what it changed say again what it said
        before; but for what was changed since, and for households and employers that somebody else belongs to
        by now. Yield how many entries so far. Raises FormError `unknown_import`."""
        with closing(self._journal.reader()) as reader:
            imported = reader.import_(number)
        if imported is None or imported.state == "undone":
            raise FormError("unknown_import", "there is no such import, or it is undone", 404)
        registers = (imported.register, households.REGISTER, EMPLOYERS)
        count, after = 0, ("", 0)
        while True:
            with closing(self._journal.reader()) as reader:
                left = reader.import_changed(number, after, MOST_AT_ONCE)
            if not left:
                break
            after = left[-1]
            count += self._restore(order, number, left)
            yield count
            self._pause()
        with closing(self._journal.reader()) as reader:
            kept = {
                (register, needed)
                for register, name in _NAMED_BY
                for needed in reader.import_needed(number, registers, name)
            }
        after = ("", 0)
        while True:
            with closing(self._journal.reader()) as reader:
                left = reader.import_entered(number, registers, after, 10 * MOST_AT_ONCE)
            if not left:
                break
            after = left[-1]
            for run in _runs(left, kept):
                count += self._take_back(order, number, run)
                yield count
            self._pause()
        self._ended(Progress(number, imported.line, imported.lines), imported.register, order.by, "undone")

    def write(self, by: str, kind: Kind, lines: Sequence[Planned]) -> None:
        """Enter lines that are of no import, in one transaction."""
        with closing(self._journal.reader()) as self._reader:
            self._write(Progress(0, 0, 0), by, kind, [replace(planned, line=0) for planned in lines])

    def _timed(self, done: Progress, by: str, kind: Kind, lines: Sequence[Planned]) -> Progress:
        """Write one transaction, and let the next have as many lines as take as long as one may."""
        began_us = self._now().mono_us
        done = self._write(done, by, kind, lines)
        took_us = max(1, self._now().mono_us - began_us)
        fitting = len(lines) * LONGEST_US // took_us
        self._together = max(FEWEST, min(MOST, fitting, 2 * self._together))
        self._unrelieved += len(lines)
        if self._unrelieved >= RELIEVED_EVERY:
            self._journal.relieve()
            self._unrelieved = 0
        return done

    def _write(self, done: Progress, by: str, kind: Kind, lines: Sequence[Planned]) -> Progress:
        at, asked = self._now(), set[Home]()
        homes = [self._home_key(kind, planned, asked) for planned in lines]
        batches: list[Batch] = []

        def make(look: Look) -> Sequence[Row]:
            batch = Batch(look, at, Order("", by), done.number, self._homes, self._known_employers())
            batches[:] = [batch]
            reached = look.imported(done.number) if done.number else None
            for planned, home in zip(lines, homes, strict=True):
                if reached is None or planned.line > reached.line:
                    batch.add(kind, planned, home)
            return batch.rows

        self._journal.compose(make)
        batch = batches[0]
        self._homes |= batch.homes
        self._known_employers().update(batch.employers)
        entered, amended = done.entered + batch.entered, done.amended + batch.amended
        return replace(done, line=lines[-1].line, entered=entered, amended=amended)

    def _home_key(self, kind: Kind, planned: Planned, asked: set[Home]) -> Home | None:
        """Return how the home of a line is known, looked up once for all lines of a transaction."""
        assert planned.match is not None
        home = planned.match.says.personal.get("home")
        if kind.register == households.REGISTER or not home:
            return None
        place = place_of(planned.given)
        key = (hashlib.blake2b(home.encode(), digest_size=8).digest(), same_place(place))
        if key not in self._homes and key not in asked:
            asked.add(key)
            token = self._journal.token("home", home)
            assert self._reader is not None
            found = [] if token is None else self._reader.entries_by(token, (households.REGISTER,))
            wanted = {
                name: value for name, value in place.items() if name in ("compound", "village", "group")
            }
            for entry in found:
                if all(entry.fields.get(name) == value for name, value in wanted.items()):
                    self._homes[key] = entry.number
                    break
        return key

    def _known_employers(self) -> dict[str, int]:
        if self._employers is None:
            with closing(self._journal.reader()) as reader:
                known = reader.entries(EMPLOYERS, open_=True, limit=100_000)
            self._employers = {str(entry.fields.get("name", "")): entry.number for entry in known}
        return self._employers

    def _restore(self, order: Order, imported: int, left: Sequence[tuple[str, int]]) -> int:
        drafts: list[tuple[str, int, tuple[int, ...], Draft | None]] = []
        with closing(self._journal.reader()) as reader:
            for register, number in left:
                entry = reader.entry(register, number)
                if entry is None or len(entry.seqs) < 2:
                    continue
                drafts.append((register, number, entry.seqs, self._said_before(entry, imported, reader)))
        at, who = self._now(), Order("", order.by)

        def make(look: Look) -> Sequence[Row]:
            return [
                _ended_row(at, register, number, who)
                if draft is None
                else line_row(at, "register.amended", register, number, draft, order=who, why="import_undone")
                for register, number, seqs, draft in drafts
                if (present := look.entry(register, number)) is not None and present.seqs == seqs
            ]

        return len(self._journal.compose(make))

    def _said_before(self, entry: Entry, imported: int, reader: Reader) -> Draft | None:
        """Return what an entry said before an import, whose file may have several lines about it; None where
        the import itself entered it."""
        rows = reader.entry_rows(entry)
        while rows and (rows[-1].body.get("import") == imported or "fields" not in rows[-1].body):
            rows.pop()
        if not rows:
            return None
        body = rows[-1].body
        newest = next((row for row in reversed(rows) if row.sealed is not None), None)
        sealed = (newest and self._journal.unseal(newest)) or {}
        return Draft(
            *(body.get("fields", {}), sealed.get("fields", {}), tuple(sealed.get("find", ()))),
            *(rows[-1].lane, body.get("from_us"), body.get("until_us")),
        )

    def _take_back(self, order: Order, imported: int, left: Sequence[tuple[str, int]]) -> int:
        register, numbers = left[0][0], [number for _, number in left]
        body = {"register": register, "import": imported, "entries": len(numbers), "by": order.by}
        body |= {"first": numbers[0], "last": numbers[-1]}
        self._journal.compose(lambda _look: (Row("register.import_undone", self._now(), body),))
        return len(numbers)

    def _ended(self, done: Progress, register: str, by: str, state: str) -> None:
        body = {"import": done.number, "register": register, "state": state, "line": done.line, "by": by}
        self._journal.compose(lambda _look: (Row("import.ended", self._now(), body),))


def _runs(
    left: Sequence[tuple[str, int]], kept: Collection[tuple[str, int]]
) -> Iterator[list[tuple[str, int]]]:
    """Yield the entries to take back in runs of one register between which nothing is to be kept."""
    run: list[tuple[str, int]] = []
    for one in left:
        if run and (one in kept or one[0] != run[0][0]):
            yield run
            run = []
        if one not in kept:
            run.append(one)
    if run:
        yield run


def _ended_row(at: Instant, register: str, number: int, order: Order) -> Row:
    body = {"register": register, "entry": number, "why": "import_undone", "by": order.by}
    return Row("register.ended", at, body)


def print_of(content: bytes) -> str:
    """Return what a file is known again by. It is sealed: a list of names has no other hash in the open."""
    return hashlib.sha256(content).hexdigest()
