"""Looking people up: from what a lane was given to what the registers say of them now (`Known`).

Reads the registers of people, vehicles, households and regions and the watch lists; appends nothing. Decides
nothing either: what follows is the rules' business (`edge.domain.judging`). Never raises: a register that
cannot be read is said to be unread, and holds.
"""

import logging
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import InitVar, dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from edge.domain.access import AccessRules
from edge.domain.asking import OWN_PLATE, Ask
from edge.domain.errors import GatepostError
from edge.domain.known import Hit, Known, Place, Standing, Used
from edge.domain.model import Instant
from edge.journal import Entry, Reader
from edge.journal.access_file import day_number
from edge.registers import homes
from edge.registers.opened import Journal, Opened
from edge.registers.regions import Regions
from edge.registers.watched import Somebody, Watched, mismatches

MOST_CHOICES = 8
# So many names are opened for one look-up: a verdict waits for it.
MOST_OPENED = 32
_NARROWING = ("id_number", "phone", "pass_id", "name")
_NUMBER = re.compile("[0-9]{1,15}")  # a longer one fits no column of the journal
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Of a person's entry, what the attendant needs to see of them.
_SHOWN = ("name", "plate", "origin", "transport", "phone", "id_number")
_DUE = {"test": "test_due_us", "vaccination": "booster_due_us"}
# Watched themselves, and not only by the plate or the home of whoever drives today.
_PERSON = ("id_number", "phone", "pass_id", "plate", "name", "building", "unit", "room")
_VEHICLE = ("plate", "building", "unit", "room")

log = logging.getLogger(__name__)


class Roster:
    """Answers of a gate's registers; `zone` is that of the gate."""

    def __init__(self, journal: Journal, zone: ZoneInfo, count: Callable[..., None]) -> None:
        self._journal = journal
        self._zone = zone
        self._count = count
        self._regions = Regions()
        self._lock = threading.Lock()
        self._view: tuple[int, Reader] | None = None

    def changed(self) -> None:
        """Read the regions anew before they are needed next: some register has changed."""
        self._regions.stale = True

    def look_up(
        self, asks: Sequence[Ask], rules: AccessRules, direction: str, at: Instant
    ) -> tuple[Known, ...]:
        """Return what is known of everybody asked for."""
        if not rules.version:
            return ()
        with self._lock:
            try:
                book = Opened(self._journal, self._reader())
                look = _Look(book, Watched(book), self._regions, rules, direction, at, self._zone)
                return tuple(known for ask in asks if (known := look.of(ask)) is not None)
            except (GatepostError, ValueError, ArithmeticError) as error:
                log.error("a register could not be read: %s", type(error).__name__)
                self._count("registers_unread")
                self._view = None
                return (Known(asks[0].by, Standing.UNREAD, rules=rules.version),) if asks else ()

    def _reader(self) -> Reader:
        """Return a view of the journal that this thread keeps: opening one takes longer than a look-up."""
        thread = threading.get_ident()
        if self._view is None or self._view[0] != thread:
            self._view = (thread, self._journal.reader())
        return self._view[1]


@dataclass
class _Look:
    """One moment's look at the registers."""

    book: Opened
    watched: Watched
    regions: Regions
    rules: AccessRules
    direction: str
    at: Instant
    zone: InitVar[ZoneInfo]
    day: str | None = None
    minute: int | None = None
    lists: tuple[tuple[str, int], ...] = ()

    def __post_init__(self, zone: ZoneInfo) -> None:
        if self.at.clock.trusted:
            local = (_EPOCH + timedelta(microseconds=self.at.at_us)).astimezone(zone)
            self.day, self.minute = local.date().isoformat(), local.hour * 60 + local.minute
        self.lists = (("journal", self.book.reader.head()),)

    def of(self, ask: Ask) -> Known | None:
        """Return what is known of one person, vehicle or place; None where a place tells nothing."""
        if ask.of_place:
            places = self._places(ask.by, ask.value)
            return self._known(ask.by, Standing.FOUND, register="regions", places=places) if places else None
        register = "vehicles" if ask.by == "plate" else "people"
        found, rest = self._candidates(ask, register)
        if not found and ask.by == OWN_PLATE:
            return None  # the register of vehicles is asked as well
        if rest:
            return self._several(ask, register, found)
        lapsed = [pair for pair in found if self._has_lapsed(pair[0])]
        found = [pair for pair in found if pair not in lapsed]
        if not found:
            return self._stranger(ask, register, lapsed[-1] if lapsed else None)
        if len(found) > 1:
            return self._several(ask, register, found)
        return self._one(ask, found[0][0], found[0][1])

    def _has_lapsed(self, entry: Entry) -> bool:
        """Say whether an entry does not count any more, or not yet. Whoever goes out is known by it still."""
        if self.direction == "out":
            return False
        times = _number(entry.fields.get("times"))
        if times is not None and entry.register == "people":
            used = self.book.reader.access_used(entry.register, entry.number, "in", 0)
            if used >= times:
                return True
        if not self.at.clock.trusted:
            # Which day it is nobody knows: what is bounded in time is no reason to let anybody in.
            return entry.until_us is not None
        begun = entry.from_us is None or entry.from_us <= self.at.at_us
        return not begun or (entry.until_us is not None and entry.until_us <= self.at.at_us)

    def _candidates(self, ask: Ask, register: str) -> tuple[list[tuple[Entry, Mapping[str, str]]], bool]:
        """Return who may be meant, and whether there are others whom nobody has time to look at. By name,
        somebody of the same name in another flat is somebody else; by anything surer, what does not fit is a
        mismatch and not another person."""
        by, entries = ask.by, list[Entry]()
        if by == "entry":
            entry = self.book.reader.entry(register, int(ask.value)) if _NUMBER.fullmatch(ask.value) else None
            entries = [entry] if entry is not None and entry.open else []
        else:
            entries = self.book.find([register], _field(by), ask.value)
        if not entries and register == "people" and ask.told.get("name") and ask.told.get("room"):
            by, entries = "name", self.book.find([register], "name", ask.told["name"])
        entries = self._narrowed(entries, ask, register)
        found = [(entry, self.book.personal(entry)) for entry in entries[:MOST_OPENED]]
        rest = len(entries) > MOST_OPENED
        if by == "name":
            fitting = [pair for pair in found if "room" not in mismatches(ask.told, pair[1])]
            return (fitting or found, True) if rest else (fitting, False)
        fitting = [pair for pair in found if not any(mismatches(ask.told, pair[1]))]
        return fitting if len(found) > 1 and fitting else found, rest

    def _narrowed(self, entries: list[Entry], ask: Ask, register: str) -> list[Entry]:
        """Return, of more than can be opened in time, those who are found by something else as well that was
        told; all of them where nobody is."""
        others = [(name, ask.told[name]) for name in _NARROWING if name != ask.by and ask.told.get(name)]
        others += homes.ways(homes.parts_told(ask.told.get("room", "")))
        for name, value in others:
            if len(entries) <= MOST_OPENED:
                break
            numbers = {entry.number for entry in self.book.find([register], name, value)}
            entries = [entry for entry in entries if entry.number in numbers] or entries
        return entries

    def _stranger(self, ask: Ask, register: str, lapsed: tuple[Entry, Mapping[str, str]] | None) -> Known:
        """Nobody whose entry counts; what one that does not count says is compared with the lists as well."""
        names = _PERSON if register == "people" else _VEHICLE
        told = {name: value for name, value in ask.told.items() if name in names} | {
            _field(ask.by): ask.value
        }
        own = {name: lapsed[1][name] for name in names if lapsed[1].get(name)} if lapsed else {}
        visit = self._home_of(_number(lapsed[0].fields.get("visiting"))) if lapsed else {}
        hits = self.watched.hits(Somebody(told, own, (visit,)), self.at)
        number = lapsed[0].number if lapsed else None
        return self._known(ask.by, Standing.NONE, register=register, hits=hits, lapsed=number)

    def _several(self, ask: Ask, register: str, found: Sequence[tuple[Entry, Mapping[str, str]]]) -> Known:
        some = found[:MOST_CHOICES]
        labels = {
            str(entry.number): " ".join(filter(None, (own.get("name", ""), homes.written(own))))
            for entry, own in some
        }
        choices = tuple(entry.number for entry, _own in some)
        # Whoever of them it is: not saying which is no way past a list.
        every = (hit for entry, own in found for hit in self._hits(ask, entry, own))
        hits = tuple({(hit.list, hit.entry, hit.kin): hit for hit in every}.values())
        return self._known(
            ask.by, Standing.SEVERAL, register=register, choices=choices, personal=labels, hits=hits
        )

    def _one(self, ask: Ask, entry: Entry, own: Mapping[str, str]) -> Known:
        fields, person = entry.fields, entry.register == "people"
        household = _number(fields.get("household")) or self._household_of(own)
        visiting = _number(fields.get("visiting"))
        # The room that a visitor goes to, or that somebody brings something to, is not their own.
        visitor = visiting is not None or str(fields.get("category", "")) == "visitor"
        visitor = visitor or ask.purpose in self.rules.deliveries
        where, origin = self._household(household), own.get("origin", "")
        more: dict[str, object] = {}
        if person:
            more = {
                "used": self._used(entry, household),
                "places": self._places("origin", origin) if origin else (),
                "slip": self.book.reader.access_slip(household) if household is not None else None,
                "due": self._due(fields),
                "exits_watched": bool(fields.get("exits_watched") or where.get("exits_watched")),
            }
        return self._known(
            ask.by,
            Standing.FOUND,
            register=entry.register,
            entry=entry.number,
            category=str(fields.get("category", "")),
            relation=str(fields.get("relation", "")),
            household=household,
            zone=str(fields.get("zone", "") or where.get("zone", "")),
            located=str(fields.get("located", "")),
            differs=tuple(mismatches(ask.told, own, visiting=visitor)) if person else (),
            hits=self._hits(ask, entry, own),
            personal=_shown(entry, own),
            **more,
        )

    def _hits(self, ask: Ask, entry: Entry, own: Mapping[str, str]) -> tuple[Hit, ...]:
        household = _number(entry.fields.get("household")) or self._household_of(own)
        visiting = _number(entry.fields.get("visiting"))
        names = _PERSON if entry.register == "people" else _VEHICLE
        told = ask.told if entry.register == "people" else {"plate": ask.value}
        mine = {name: own[name] for name in names if own.get(name)}
        numbers = frozenset(number for number in (household, visiting) if number is not None)
        return self.watched.hits(Somebody(told, mine, (self._home_of(visiting),), numbers), self.at)

    def _known(self, by: str, standing: Standing, **more: object) -> Known:
        places = more.get("places")
        lists = (*self.lists, ("regions", self.regions.version)) if places else self.lists
        more |= {"day": self.day, "minute": self.minute, "lists": lists, "rules": self.rules.version}
        return Known(by, standing, **more)  # type: ignore[arg-type]

    def _places(self, told: str, text: str) -> tuple[Place, ...]:
        return self.regions.places(told, text, self.at, self.book.reader)

    def _household_of(self, own: Mapping[str, str]) -> int | None:
        """Return the household of a home, for an entry that does not name it."""
        found = {
            entry.number
            for name, value in homes.ways(homes.parts_of(own))
            for entry in self.book.find(["households"], name, value)
        }
        return found.pop() if len(found) == 1 else None

    def _home_of(self, household: int | None) -> Mapping[str, str]:
        """Return where a household lives."""
        entry = self.book.reader.entry("households", household) if household is not None else None
        return self.book.personal(entry) if entry is not None else {}

    def _household(self, number: int | None) -> Mapping[str, object]:
        entry = self.book.reader.entry("households", number) if number is not None else None
        return entry.fields if entry is not None and entry.open else {}

    def _used(self, entry: Entry, household: int | None) -> tuple[Used, ...]:
        found = []
        for quota in self.rules.quotas:
            number = entry.number if quota.of == "person" else household
            if quota.direction != self.direction:
                continue
            register = "people" if quota.of == "person" else "households"
            since = None if self.day is None else day_number(self.day) - quota.days + 1
            times = None
            if since is not None and number is not None:  # of a home that is not known nothing is free
                times = self.book.reader.access_used(register, number, quota.direction, since)
            own = entry.fields if quota.of == "person" else self._household(household)
            found.append(Used(quota.id, times, _number(own.get("quota"))))
        return tuple(found)

    def _due(self, fields: Mapping[str, object]) -> tuple[str, ...]:
        # With no clock to be believed nobody is reminded of a day.
        if self.day is None:
            return ()
        days = {name: _number(fields.get(of)) for name, of in _DUE.items()}
        return tuple(name for name, day in days.items() if day is not None and day <= self.at.at_us)


def _shown(entry: Entry, own: Mapping[str, str]) -> dict[str, str]:
    """Return what the attendant sees of an entry; it is sealed with the passage."""
    found = {name: own[name] for name in _SHOWN if own.get(name)}
    if home := homes.written(own):
        found["room"] = home
    if employer := entry.fields.get("employer_name"):
        found["employer"] = str(employer)
    return found


def _field(by: str) -> str:
    return "plate" if by == OWN_PLATE else by


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
