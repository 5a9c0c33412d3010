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
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from edge.domain.access import AccessRules
from edge.domain.asking import Ask
from edge.domain.known import Known, Place, Standing, Used
from edge.domain.model import Instant
from edge.journal import Entry, Reader
from edge.journal.access_file import day_number
from edge.registers.opened import Journal, Opened
from edge.registers.regions import Regions
from edge.registers.watched import Watched, mismatches

MOST_CHOICES = 8
_NUMBER = re.compile("[0-9]{1,15}")  # a longer one fits no column of the journal
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Of a person's entry, what the attendant needs to see of them.
_SHOWN = ("name", "room", "plate", "employer", "photo", "phone", "id_number")
_DUE = {"test": "test_due", "vaccination": "vaccination_due"}

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
            # A look-up runs in the station's thread, and whatever it meets may not end that.
            except Exception as error:  # noqa: BLE001
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
        found = self._candidates(ask, register)
        if not found:
            return self._stranger(ask, register)
        if len(found) > 1:
            return self._several(ask, register, found)
        return self._one(ask, found[0][0], found[0][1])

    def _candidates(self, ask: Ask, register: str) -> list[tuple[Entry, Mapping[str, str]]]:
        """Return who may be meant. By name, somebody of the same name in another flat is somebody else; by
        anything surer, what does not fit is a mismatch and not another person."""
        by, entries = ask.by, list[Entry]()
        if by == "entry":
            entry = self.book.reader.entry(register, int(ask.value)) if _NUMBER.fullmatch(ask.value) else None
            entries = [entry] if entry is not None and entry.open else []
        else:
            entries = self.book.find([register], by, ask.value)
        if not entries and register == "people" and ask.told.get("name") and ask.told.get("room"):
            by, entries = "name", self.book.find([register], "name", ask.told["name"])
        found = [(entry, self.book.personal(entry)) for entry in entries[: MOST_CHOICES * 2]]
        if by == "name":
            return [pair for pair in found if "room" not in mismatches(ask.told, pair[1])]
        fitting = [pair for pair in found if not any(mismatches(ask.told, pair[1]))]
        return fitting if len(found) > 1 and fitting else found

    def _stranger(self, ask: Ask, register: str) -> Known:
        hits = self.watched.hits({**ask.told, ask.by: ask.value}, {}, self.at) if register == "people" else ()
        return self._known(ask.by, Standing.NONE, register=register, hits=hits)

    def _several(self, ask: Ask, register: str, found: Sequence[tuple[Entry, Mapping[str, str]]]) -> Known:
        some = found[:MOST_CHOICES]
        labels = {
            str(entry.number): " ".join(filter(None, (own.get("name", ""), own.get("room", ""))))
            for entry, own in some
        }
        choices = tuple(entry.number for entry, _own in some)
        return self._known(ask.by, Standing.SEVERAL, register=register, choices=choices, personal=labels)

    def _one(self, ask: Ask, entry: Entry, own: Mapping[str, str]) -> Known:
        fields = entry.fields
        household = _number(fields.get("household")) or self._household_of(own.get("room", ""))
        differs = tuple(mismatches(ask.told, own, visiting=str(fields.get("category", "")) == "visitor"))
        where = self._household(household)
        origin = str(fields.get("origin", ""))
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
            differs=differs,
            hits=self.watched.hits(ask.told, own, self.at) if entry.register == "people" else (),
            used=self._used(entry, household) if entry.register == "people" else (),
            places=self._places("origin", origin) if origin else (),
            slip=self.book.reader.access_slip(household) if household is not None else None,
            due=self._due(fields),
            exits_watched=bool(fields.get("exits_watched") or where.get("exits_watched")),
            personal={name: own[name] for name in _SHOWN if own.get(name)},
        )

    def _known(self, by: str, standing: Standing, **more: object) -> Known:
        places = more.get("places")
        lists = (*self.lists, ("regions", self.regions.version)) if places else self.lists
        more |= {"day": self.day, "minute": self.minute, "lists": lists, "rules": self.rules.version}
        return Known(by, standing, **more)  # type: ignore[arg-type]

    def _places(self, told: str, text: str) -> tuple[Place, ...]:
        return self.regions.places(told, text, self.at, self.book.reader)

    def _household_of(self, room: str) -> int | None:
        found = self.book.find(["households"], "room", room) if room else []
        return found[0].number if len(found) == 1 else None

    def _household(self, number: int | None) -> Mapping[str, object]:
        entry = self.book.reader.entry("households", number) if number is not None else None
        return entry.fields if entry is not None and entry.open else {}

    def _used(self, entry: Entry, household: int | None) -> tuple[Used, ...]:
        found = []
        for quota in self.rules.quotas:
            number = entry.number if quota.of == "person" else household
            if quota.direction != self.direction or number is None:
                continue
            register = "people" if quota.of == "person" else "households"
            since = None if self.day is None else day_number(self.day) - quota.days + 1
            times = None
            if since is not None:
                times = self.book.reader.access_used(register, number, quota.direction, since)
            own = entry.fields if quota.of == "person" else self._household(household)
            found.append(Used(quota.id, times, _number(own.get("quota"))))
        return tuple(found)

    def _due(self, fields: Mapping[str, object]) -> tuple[str, ...]:
        # With no clock to be believed nobody is reminded of a day.
        if self.day is None:
            return ()
        return tuple(
            name for name, of in _DUE.items() if (day := _day(fields.get(of))) is not None and day <= self.day
        )


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _day(value: object) -> str | None:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        return None
