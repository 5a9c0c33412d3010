"""Who is expected to be measured twice a day, and what they have, out of the journal.

Expected is whoever's own pass was seen here of late or whom the register of people knew, whoever a
temperature was entered for, and of the register those categories that the site names, whether they came or
not. Names are opened to tell people apart and live as long as one answer is made; what is kept between
answers are digests under a key of this process, which name nobody. Never logs.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from edge.domain.errors import FormError
from edge.domain.model import ClockQuality, ScreeningVerdict
from edge.domain.told import OLDEST_DAYS, REPORTED
from edge.domain.twice_daily import Taken, Terms, counts
from edge.journal import Entry, Reader, StoredRow
from edge.journal.reader import CHUNK
from edge.registers import homes
from edge.registers.book import Book
from edge.registers.people import REGISTER
from edge.web import show
from edge.web.whose import Person, Whose, by_name, spelt

Json = Mapping[str, Any]
DAYS_KEPT = 64
# Each has to be opened to be told from whoever came by a pass: of so many that takes a second or two.
MOST_REGISTERED = 5_000
# Somebody may rest, or wait for a platform, until after midnight (`park_max_s` as shipped).
PARKED_US = 12 * 3_600_000_000
_DAY_US = 86_400_000_000
# So many wait at most while a day is made, so long: the threads are the lanes' too.
WAITING, WAIT_S = 2, 2.0


@dataclass(frozen=True, slots=True)
class Where:
    """Where one measurement is from: a passage of a lane, or who told of it. `surface_mdegc` where there is
    no estimate of the body; `by_level` where somebody is over and not by the legal line. `seq` is the row."""

    seq: int
    lane: str | None = None
    passage: int | None = None
    told_by: str | None = None
    how: str | None = None
    by: str | None = None
    surface_mdegc: int | None = None
    by_level: bool = False


@dataclass
class Roll:
    """Everybody expected on one day, what they have of it, and how many measurements belong to no day.
    `unlisted`: how many are registered where they are too many to be listed, else 0."""

    people: dict[str, Person] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    where: dict[int, Where] = field(default_factory=dict)
    undated: int = 0
    unlisted: int = 0


class Rolls:
    """Makes rolls; thread-safe. What days that are over showed is kept, as digests and row numbers. One is
    made at a time, and few wait for it: whoever waits holds one of the threads that serve the lanes too."""

    def __init__(self, reader: Callable[[], Reader], book: Book, terms: Terms, zone: ZoneInfo) -> None:
        self._reader, self._book, self._terms, self._zone = reader, book, terms, zone
        self._whose = Whose(terms.categories, terms.categories | terms.registered)
        self._lock = threading.Lock()
        self._waiting = threading.BoundedSemaphore(WAITING)
        self._days: OrderedDict[tuple[date, int], dict[str, int]] = OrderedDict()

    def of(self, day: date) -> Roll:
        """Return the roll of a local day. Raises FormError `too_slow` (503) while others are being made,
        JournalError."""
        with self._turn(), closing(self._reader()) as reader:
            roll = Roll()
            nameless = self._measured(reader, day, roll)
            self._expected_before(reader, day, roll)
            self._registered(reader, day, roll)
            self._told(reader, day, roll)
            by_hand = by_name(roll.people.values())
            for name, one in nameless:
                # Who gave name and room instead of a pass, and is expected anyway.
                if name in by_hand:
                    roll.taken.append(Taken(by_hand[name], *one))
            _join(roll)
            return roll

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._lock.acquire(blocking=False):
            if not self._waiting.acquire(blocking=False):
                raise FormError("too_slow", "too many ask for a day at once", 503)
            try:
                if not self._lock.acquire(timeout=WAIT_S):
                    raise FormError("too_slow", "a day is being made for somebody else", 503)
            finally:
                self._waiting.release()
        try:
            yield
        finally:
            self._lock.release()

    def _measured(self, reader: Reader, day: date, roll: Roll) -> list[tuple[str, Any]]:
        starts = show.day_starts_us(day, self._zone)
        ends = show.day_starts_us(day + timedelta(days=1), self._zone)
        nameless: list[tuple[str, Any]] = []
        for row, opened in _named(reader, starts, ends + PARKED_US):
            person, name = self._whose.of(row.body, opened)
            if person is None and name is None:
                continue
            one = _measurement(row)
            # Whoever was measured before midnight and let in after it is of both days.
            if person is not None and (row.at_us < ends or (one and one[1] and starts <= one[0] < ends)):
                roll.people[person.key] = person
            if one is None:
                continue
            at_us, dated, measured = one
            verdict, by_level = self._duty(measured)
            if not counts(Taken("", at_us, verdict)):
                continue
            if not dated:
                roll.undated += row.at_us < ends
                continue
            rest = (at_us, verdict, measured.get("body_mdegc"), row.seq)
            roll.where[row.seq] = Where(
                row.seq,
                lane=row.lane,
                passage=row.body["passage"],
                surface_mdegc=measured.get("surface_mdegc"),
                by_level=by_level,
            )
            if person is not None:
                roll.taken.append(Taken(person.key, *rest))
            elif name is not None:
                nameless.append((name, rest))
        return nameless

    def _duty(self, measured: Json) -> tuple[ScreeningVerdict, bool]:
        """Return what a measurement amounts to here, and whether it is over by the level alone: the duty to
        report is by the legal line, whichever line decides at the gate."""
        verdict, body = ScreeningVerdict(measured["verdict"]), measured.get("body_mdegc")
        # Rows of before the level was learned do not name it.
        legal = measured.get("legal") or (body is not None and body >= self._terms.threshold_mdegc and "over")
        # One value over the line, and who decided asked for no second that could have cleared it.
        unanswered = legal == ScreeningVerdict.AGAIN and verdict is ScreeningVerdict.NORMAL
        reached = legal == ScreeningVerdict.OVER or unanswered
        if reached and counts(Taken("", 0, verdict)):
            return ScreeningVerdict.OVER, False
        return verdict, verdict is ScreeningVerdict.OVER

    def _expected_before(self, reader: Reader, day: date, roll: Roll) -> None:
        for back in range(1, self._terms.roster_days):
            seen = self._seen_on(reader, day - timedelta(days=back), roll.people)
            unknown = [seq for key, seq in seen.items() if key not in roll.people]
            for _, person in self._people(reader, unknown):  # their day's key may have been destroyed since
                roll.people[person.key] = person

    def _seen_on(self, reader: Reader, day: date, known: Mapping[str, Person]) -> dict[str, int]:
        """Return whose own pass was seen on a day that is over, with the newest row of each. Whoever is
        known already is found without being opened."""
        starts = show.day_starts_us(day, self._zone)
        ends = show.day_starts_us(day + timedelta(days=1), self._zone)
        # By how many passages the hours hold it is noticed when a clock that was set back adds to them.
        stamp = (day, sum(count.n for count in reader.hours(starts, ends)))
        seen = self._days.get(stamp)
        if seen is None:
            values = {key: person.values for key, person in known.items() if person.values}
            seen, others = reader.strangers(starts, ends, values)
            for seq, person in self._people(reader, others):
                seen[person.key] = max(seq, seen.get(person.key, 0))
            self._days[stamp] = seen
            while len(self._days) > DAYS_KEPT:
                self._days.popitem(last=False)
        return seen

    def _people(self, reader: Reader, seqs: Sequence[int]) -> Iterator[tuple[int, Person]]:
        """Yield whose own pass these rows show."""
        for at in range(0, len(seqs), CHUNK):
            rows = reader.these(seqs[at : at + CHUNK])
            for row, opened in zip(rows, reader.opened(rows), strict=True):
                person, _ = self._whose.of(row.body, opened)
                if person is not None:
                    yield row.seq, person

    def _registered(self, reader: Reader, day: date, roll: Roll) -> None:
        """Add who is registered that day as one of those that are expected, also if nobody saw them."""
        wanted = [{"category": name} for name in sorted(self._terms.registered)]
        count = sum(reader.entry_count(REGISTER, open_=True, where=one) for one in wanted)
        if count > MOST_REGISTERED:
            roll.unlisted = count
            return
        starts = show.day_starts_us(day, self._zone)
        ends = show.day_starts_us(day + timedelta(days=1), self._zone)
        passes = by_name(roll.people.values())
        for one in wanted:
            after = 0
            while entries := reader.entries(REGISTER, where=one, after=after, limit=CHUNK):
                after = entries[-1].number
                for entry in entries:
                    key = self._whose.entry(entry.number)
                    if key in roll.people or entry.forgotten or not _stood(entry, starts, ends):
                        continue
                    own = self._book.personal(entry, reader) or {}
                    name, room = own.get("name", ""), homes.written(own)
                    shown = self._whose.holder(own["pass_id"]) if own.get("pass_id") else ""
                    if shown not in roll.people and spelt(name, room) not in passes:
                        roll.people[key] = Person(key, name, room, registered=True)

    def _told(self, reader: Reader, day: date, roll: Roll) -> None:
        """Take in what people told of: those expected by their pass, or in their own right."""
        since = show.day_starts_us(day - timedelta(days=self._terms.roster_days - 1), self._zone)
        ends = show.day_starts_us(day + timedelta(days=1), self._zone)
        known, replaced = by_name(roll.people.values()), set[int]()
        for row, opened in _told_rows(reader, since):
            replaced.add(row.body.get("replaces", 0))
            if row.seq in replaced or opened is None or not since <= row.body["taken_us"] < ends:
                continue
            person = self._told_of(opened, roll, known)
            roll.people.setdefault(person.key, person)
            verdict = ScreeningVerdict(row.body["verdict"])
            value = row.body["value_mdegc"]
            roll.taken.append(Taken(person.key, row.body["taken_us"], verdict, value, row.seq))
            roll.where[row.seq] = Where(
                row.seq, told_by=row.body["told_by"], how=row.body["how"], by=row.body["by"]
            )

    def _told_of(self, opened: Json, roll: Roll, known: Mapping[str, str]) -> Person:
        name, room = str(opened.get("name", "")), str(opened.get("room", ""))
        if opened.get("pass_id"):
            key = self._whose.holder(str(opened["pass_id"]))
            return roll.people.get(key) or Person(key, name or str(opened["pass_id"]), room)
        called = spelt(name, room)
        return roll.people.get(known.get(called, "")) or Person(self._whose.called(called), name, room)


def _stood(entry: Entry, from_us: int, to_us: int) -> bool:
    """Say whether an entry stood in the register in [from, to) and was not ended by then."""
    has_begun = max(entry.entered_us, entry.from_us or 0) < to_us
    is_over = entry.until_us is not None and entry.until_us <= from_us
    return has_begun and not is_over and (entry.open or entry.at_us >= to_us)


def _join(roll: Roll) -> None:
    """Make one of whoever came by a pass one time and was known by the register another, by name and room."""
    passes = by_name(one for one in roll.people.values() if not one.registered)
    same = {
        one.key: passes[called]
        for one in roll.people.values()
        if one.registered and (called := spelt(one.name, one.room)) in passes
    }
    for key in same:
        del roll.people[key]
    roll.taken[:] = [replace(one, person=same.get(one.person, one.person)) for one in roll.taken]


def _named(reader: Reader, from_us: int, to_us: int) -> Iterator[tuple[StoredRow, Json | None]]:
    rows = reader.named(from_us, to_us)
    while chunk := list(islice(rows, CHUNK)):
        yield from zip(chunk, reader.opened(chunk), strict=True)


def _told_rows(reader: Reader, since_us: int) -> Iterator[tuple[StoredRow, Json | None]]:
    """Yield rows newest first, back to where none can be of these days."""
    before = 1 << 62
    while rows := reader.before(before, REPORTED, CHUNK):
        before = rows[-1].seq
        yield from zip(rows, reader.opened(rows), strict=True)
        if rows[-1].at_us < since_us - OLDEST_DAYS * _DAY_US:
            return


def _measurement(row: StoredRow) -> tuple[int, bool, Json] | None:
    """Return when the measurement was taken that a passage was decided by, whether its clock is believed,
    and what the decided row makes of all of them."""
    found: Json = row.body.get("temperature") or {}
    for piece in reversed(row.body.get("evidence", ())):
        if piece.get("t") != "measurement" or "grid" in piece:
            continue
        if all(piece.get(name) == found.get(name) for name in ("surface_mdegc", "body_mdegc")):
            return piece["at_us"], ClockQuality(piece["clock"]).trusted, found
    return None
