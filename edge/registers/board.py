"""今日待办: what all registers ask for today, and what of it is late.

Computed from definitions and rows, each time anew; what is kept between looks decides nothing. Rooms are
opened to tell whose temperature was told; what is kept of them are digests under a key of this process.
"""

import hashlib
import hmac
import logging
import secrets
import threading
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from edge.domain.errors import FormError, JournalError
from edge.domain.model import Instant, ScreeningVerdict
from edge.domain.told import OLDEST_DAYS, REPORTED
from edge.domain.twice_daily import Day, Taken, Terms, days
from edge.journal import Reader, StoredRow
from edge.registers.book import Journal
from edge.registers.definition import Definition
from edge.registers.due import Said, State, Task, entry_tasks, gate_tasks
from edge.registers.given import local_day, moment_us, starts_us
from edge.registers.ledgers import TASKS, Ledgers, Line, said_of
from edge.registers.shelf import DEFINED
from edge.registers.sums import Held, Inspected, inspected, stock

log = logging.getLogger(__name__)

_DAY_US = 86_400_000_000
_MINUTE_US = 60_000_000
_HEARD = frozenset(
    {
        *(f"register.{word}" for word in ("entered", "amended", "ended", "import_undone")),
        *(DEFINED, REPORTED, "clock.corrected", "retention.destroyed"),
    }
)


@dataclass(frozen=True, slots=True)
class Late:
    """What is overdue: how many tasks and entries, and how much is short; `first` is a register of them."""

    tasks: int = 0
    entries: int = 0
    short: int = 0
    first: str = ""

    @property
    def count(self) -> int:
        return self.tasks + self.entries


@dataclass(frozen=True, slots=True)
class Today:
    """Everything of one day: tasks, entries that are overdue or due today, and what is short."""

    day: date
    now_us: int
    believed: bool
    tasks: tuple[Task, ...]
    lines: tuple[tuple[Definition, Line], ...]
    short: tuple[tuple[Definition, Held], ...]

    def of(self, state: State) -> list[Task]:
        """Return the tasks that stand so, the earliest due first."""
        found = [task for task in self.tasks if self.state(task) is state]
        return sorted(found, key=lambda task: (task.due_us, task.register, task.entry or 0))

    def state(self, task: Task) -> State:
        """Return how a task stands; on a clock that is not believed nothing is overdue."""
        state = task.state(self.now_us)
        return State.LATER if state is State.OVERDUE and not self.believed else state


class Board:
    """What is due. Thread-safe: every view reads for itself; the snapshot is replaced whole."""

    def __init__(
        self, ledgers: Ledgers, journal: Journal, now: Callable[[], Instant], zone: ZoneInfo, terms: Terms
    ) -> None:
        self._ledgers, self._journal, self._now, self._zone = ledgers, journal, now, zone
        self._terms = terms
        self._secret = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._rooms: dict[int, str] = {}
        self._cursor = -1
        self._seen: object = None
        self._late = Late()
        self._failed = False

    @property
    def late(self) -> Late:
        """What was overdue at the last look."""
        return self._late

    def look(self) -> bool:
        """Look once a second; return whether there is something else to show. A journal that cannot be read
        leaves it as it was until the next look."""
        with self._lock:
            try:
                if not self._is_new():
                    return False
                self._ledgers.forget_done()
                late = self._counted()
            except (JournalError, FormError) as error:
                if not self._failed:
                    log.error("what is due of the registers cannot be read: %s", error)
                self._failed = True
                self._cursor = -1
                return False
            self._failed = False
            changed, self._late = late != self._late, late
            return changed

    def today(self) -> Today:
        """Return everything of the present day."""
        now = self._now()
        day = local_day(now.at_us, self._zone)
        tasks: list[Task] = []
        lines: list[tuple[Definition, Line]] = []
        short: list[tuple[Definition, Held]] = []
        for held in self._ledgers.shelf.all().values():
            definition = held.definition
            tasks += self._tasks(definition, day, now.at_us)
            if definition.deadline or definition.until:
                lines += [
                    (definition, line)
                    for line in self._ledgers.open_lines(definition.name)
                    if line.overdue or (line.due_us is not None and line.due_us <= now.at_us + _DAY_US)
                ]
            if definition.stock:
                short += [(definition, held) for held in self.stock(definition) if held.short]
        return Today(day, now.at_us, now.clock.trusted, tuple(tasks), tuple(lines), tuple(short))

    def of_entry(self, definition: Definition, number: int) -> list[tuple[Task, State]]:
        """Return the day's tasks of one entry."""
        now = self._now()
        tasks = self._tasks(definition, local_day(now.at_us, self._zone), now.at_us)
        today = Today(date.min, now.at_us, now.clock.trusted, (), (), ())
        return [(task, today.state(task)) for task in tasks if task.entry == number]

    def stock(self, definition: Definition, upto: int | None = None) -> list[Held]:
        """Return what there is of each thing of a register."""
        return stock(definition, self._ledgers.said(definition.name, upto=upto))

    def inspected(self, definition: Definition, from_us: int = 0, to_us: int = 1 << 62) -> Inspected:
        """Return what the inspections of a period came to."""
        entries = [
            said
            for said in self._ledgers.said(definition.name, since_us=from_us)
            if from_us <= moment_us(definition, said.fields, said.entered_us) < to_us
        ]
        return inspected(definition, entries)

    def sums(self, definition: Definition) -> dict[str, Any]:
        """Return what a list shows above itself: its stock, what inspections found in thirty days."""
        found: dict[str, Any] = {}
        if definition.stock:
            found["stock"] = self.stock(definition)
        if definition.score:
            now_us = self._now().at_us
            found["month"] = self.inspected(definition, now_us - 30 * _DAY_US)
            found["today"] = self.inspected(definition, starts_us(local_day(now_us, self._zone), self._zone))
        return found

    def _is_new(self) -> bool:
        now = self._now()
        seen = (now.at_us // _MINUTE_US, now.clock.trusted)
        with closing(self._journal.reader()) as reader:
            head = reader.head()  # first: what is written meanwhile is seen at the next look
            fresh = self._cursor < 0 or bool(reader.rows_after(self._cursor, 1, _HEARD))
            self._cursor = head
        is_new = fresh or seen != self._seen
        self._seen = seen
        return is_new

    def _counted(self) -> Late:
        today = self.today()
        tasks = today.of(State.OVERDUE)
        lines = [definition for definition, line in today.lines if line.overdue]
        first = tasks[0].register if tasks else lines[0].name if lines else ""
        return Late(len(tasks), len(lines), len(today.short), first)

    def _tasks(self, definition: Definition, day: date, now_us: int) -> list[Task]:
        if not definition.due:
            return []
        with closing(self._journal.reader()) as reader:
            hours = max((rule.every_hours or 0 for rule in definition.due), default=0)
            since = starts_us(day, self._zone) - hours * 60 * _MINUTE_US
            found: list[Task] = []
            if any(not rule.each for rule in definition.due):
                entries = list(said_of(reader, definition.name, since_us=since))
                first = reader.entries(definition.name, after=0, limit=1)
                if first:
                    found += gate_tasks(
                        definition,
                        entries,
                        day=day,
                        zone=self._zone,
                        now_us=now_us,
                        since_us=first[0].entered_us,
                    )
            if any(rule.each for rule in definition.due):
                found += self._each(reader, definition, day)
            return found

    def _each(self, reader: Reader, definition: Definition, day: date) -> list[Task]:
        entries = [
            Said(entry.number, entry.fields, entry.open, entry.entered_us, entry.from_us, entry.until_us)
            for entry in reader.entries(definition.name, open_=True, after=0, limit=1_000)
        ]
        ticked = self._ticked(reader, definition.name, day)
        told: Mapping[int, Day] = {}
        if entries and any(rule.source == "temperatures" for rule in definition.due):
            told = self._told(reader, definition.name, day)
        return [
            task
            for said in entries
            for task in entry_tasks(
                definition,
                said,
                ticked.get(said.number, {}),
                told.get(said.number),
                day=day,
                zone=self._zone,
                windows=self._terms.windows,
            )
        ]

    def _ticked(self, reader: Reader, register: str, day: date) -> dict[int, dict[str, list[int]]]:
        found: dict[int, dict[str, list[int]]] = {}
        tasks = self._ledgers.definition(TASKS)
        for said in said_of(reader, TASKS, since_us=starts_us(day, self._zone)):
            at = moment_us(tasks, said.fields, said.entered_us)
            of, task = said.fields.get("of"), said.fields.get("task")
            if not isinstance(of, int) or said.fields.get("register") != register:
                continue
            if said.counts and local_day(at, self._zone) == day:
                found.setdefault(of, {}).setdefault(str(task), []).append(at)
        return found

    def _told(self, reader: Reader, register: str, day: date) -> dict[int, Day]:
        """Return what each open household has of the day's two temperatures: told of somebody in its room."""
        rooms: dict[str, int] = {}
        for entry in reader.entries(register, open_=True, after=0, limit=1_000):
            room = self._room(entry.seqs[-1], lambda entry=entry: self._ledgers.book.personal(entry))  # type: ignore[misc]
            if room:
                rooms.setdefault(room, entry.number)
        taken, replaced = list[Taken](), set[int]()
        for row in _reported(reader, starts_us(day, self._zone)):
            replaced.add(row.body.get("replaces", 0))
            number = rooms.get(self._room(row.seq, lambda row=row: self._journal.unseal(row)))  # type: ignore[misc]
            if row.seq not in replaced and number is not None:
                verdict = ScreeningVerdict(row.body["verdict"])
                taken.append(Taken(str(number), row.body["taken_us"], verdict, sequence=row.seq))
        people = [str(number) for number in rooms.values()]
        table = days(people, taken, day, self._terms.windows, self._offset)
        return {int(one.person): one for one in table}

    def _room(self, seq: int, opened: Callable[[], Mapping[str, Any] | None]) -> str:
        """Return what stands for the room that a row names, "" for none."""
        if seq not in self._rooms:
            room = spelt(str((opened() or {}).get("room", "")))
            if len(self._rooms) > 10_000:
                self._rooms.clear()
            digest = hmac.digest(self._secret, room.encode(), hashlib.sha256).hex()
            self._rooms[seq] = digest if room else ""
        return self._rooms[seq]

    def _offset(self, at_us: int) -> int:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)
        return (moment.astimezone(self._zone).utcoffset() or timedelta()) // timedelta(minutes=1)


def spelt(room: str) -> str:
    """Return a room in the one way in which rooms are compared."""
    return "".join(unicodedata.normalize("NFKC", room).casefold().split())


def _reported(reader: Reader, since_us: int) -> Sequence[StoredRow]:
    """Return the temperatures told, newest first, back to where none can be of this day."""
    found: list[StoredRow] = []
    before = 1 << 62
    while rows := reader.before(before, REPORTED, 200):
        before = rows[-1].seq
        found += rows
        if rows[-1].at_us < since_us - OLDEST_DAYS * _DAY_US:
            break
    return found
