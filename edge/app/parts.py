"""The parts of a gate: configuration -> drivers -> what the threads work with.

Nothing is decided here. What a part needs of another it gets as a value or a callable, so that no
part imports its neighbour.
"""

import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from edge.app.duty import desk_of
from edge.app.equipment import Equipment
from edge.app.folder import outside_key, take_folder
from edge.app.following import knowing_earlier, planned, site_of
from edge.app.lanes import (
    acceptance_of,
    build,
    case_rules,
    earlier_replies,
    filled,
    regulars,
    side_by_side,
    twice_daily_of,
)
from edge.app.lists import AllLists
from edge.app.platforms import Platforms, recalled
from edge.app.recipients import Recipients
from edge.app.reporting import report_terms
from edge.app.trust import TrustFolder
from edge.bell import Bell
from edge.clock import Clock
from edge.config import Loaded
from edge.domain.access import AccessRules
from edge.domain.errors import ConfigError
from edge.domain.model import Instant
from edge.health import Health, Notifier
from edge.journal import Journal, Reader, Row, State, StoredRow
from edge.messages import Follow, Message
from edge.platforms import Desk
from edge.registers.access_rules import AccessBook, chosen, of_file
from edge.registers.board import Board
from edge.registers.book import Book
from edge.registers.cases import Cases, opening_row
from edge.registers.district_lists import DistrictLists
from edge.registers.import_jobs import ImportJobs
from edge.registers.ledgers import Ledgers
from edge.registers.published import choices
from edge.registers.publishing import Publishing
from edge.registers.roster import Roster
from edge.registers.shelf import Shelf, folders
from edge.reports.sending import Reports
from edge.station import Station, Surroundings
from edge.threads import Threads
from edge.uplink import Options, Uplink

_COPYING_US = 60_000_000


class Parts:
    """The parts of one running gate."""

    def __init__(self, loaded: Loaded, environ: Mapping[str, str], stack: ExitStack) -> None:
        """`stack` closes what has to be closed. Raises ConfigError and JournalError."""
        settings, folder = loaded.settings, loaded.path.parent
        self.loaded, self.settings, self.environ = loaded, settings, environ
        self.folder, self.zone = settings.store.path, ZoneInfo(settings.gate.timezone)
        self.stop = threading.Event()
        self.threads = Threads(self.stop)
        self.bell, self.views = Bell(), Bell()
        take_folder(self.folder, stack)
        self.journal = self._journal()
        stack.callback(self.journal.close)
        self.state = State.open(self.folder, owner=True)
        stack.callback(self.state.close)
        boot, reader = self.journal.start_boot(), self.journal.reader()
        stack.callback(reader.close)
        newest = reader.row(reader.head())
        self.clock = Clock(self.folder, newest_us=newest.at_us if newest else None)
        self.now = self.clock.now
        self.health = Health(self.now, required=("station",))
        self.trust = self._trust()
        self.platforms = Platforms(settings.platform, self.threads, self.health, self.now, self._offer)
        self.desk = Desk(self.trust.read, self.platforms.asked)
        started_us = self.now().mono_us
        self.lists = DistrictLists(self.journal, self.state, self.now, self.zone, self.changed)
        rules = chosen(reader).rules or of_file(settings.access.rules, folder)
        self.lanes = build(settings, folder, boot=boot, started_us=started_us, reader=reader, access=rules)
        self.uplink = self._uplink()
        self.equipment = Equipment(self.lanes, self.threads, self.health, self.now, settings.gate.timezone)
        self.reports = Reports(self.journal, report_terms(settings), self.now, self.changed)
        self.cases = Cases(self.journal, case_rules(settings), self.now, self.changed)
        self.book = Book(self.journal, self.now, self.changed)
        self.imports = ImportJobs(self.journal, self.now, self.changed, self.stop)
        self.ledgers, self.board = self._ledgers()
        self.publishing = self._publishing()
        self.duty = desk_of(loaded, self.book, self.journal, self.now, self.write)
        self.roster = Roster(self.journal, self.zone, self.health.count)
        self.station = self._station(reader)
        self.access = self._access(rules)
        self.recipients = Recipients(
            settings, self.threads, self.health, self.now, reader=self.journal.reader, state=self.state
        )

    def reader(self) -> Reader:
        """Open a read-only view of the journal."""
        return self.journal.reader()

    def unseal(self, row: StoredRow) -> Mapping[str, Any] | None:
        """Open the personal fields of a row."""
        return self.journal.unseal(row)

    def token(self, name: str, value: str) -> bytes | None:
        """Return what entries of registers with this personal field are found by."""
        return self.journal.token(name, value)

    def append(self, *rows: Row) -> tuple[int, ...]:
        """Append to the journal, timed; what the station writes with."""
        before = time.monotonic()
        sequences = self.journal.append(*rows)
        self.health.committed(time.monotonic() - before)
        return sequences

    def write(self, row: Row) -> int:
        """Append one row and let everybody know who waits for rows; return its number."""
        sequence = self.append(row)[0]
        self.bell.ring()
        return sequence

    def changed(self) -> None:
        """Let everybody know that something was written into a register."""
        self.duty.watch.changed()
        self.roster.changed()
        self.bell.ring()
        self.views.ring()

    def view(self, lane: str) -> dict[str, Any]:
        """Return what the pages show of a lane; raises FormError."""
        return self.station.view(lane) | {"cases": self.cases.waiting(lane)}

    def trusted(self) -> list[dict[str, object]]:
        """Return how each trust list stands."""
        return self.trust.status(self.now())

    def forget(self) -> None:
        """Know of people only what the seals that still open say of them."""
        if not self.settings.screening.own_history:
            return
        self.station.remember({})
        reader = self.journal.reader()
        try:
            self.station.remember(regulars(self.lanes, self.journal, reader))
        finally:
            reader.close()

    def _journal(self) -> Journal:
        return Journal.open(
            self.folder,
            master=outside_key(self.settings, self.environ),
            # A journal that is copied before it is upgraded takes longer than a service may start.
            progress=partial(Notifier.from_environ(self.environ), f"EXTEND_TIMEOUT_USEC={_COPYING_US}"),
        )

    def _trust(self) -> TrustFolder:
        codes = self.settings.codes
        return TrustFolder(
            codes.trust or self.folder / "trust",
            codes.accept_test_issuers,
            codes.max_age_days,
            codes.cwa_hosts,
            now=self.now,
        )

    def _uplink(self) -> Uplink | None:
        table = self.settings.uplink
        if table is None:
            return None
        token = table.bearer(self.environ)
        if token is None:
            raise ConfigError("[uplink] token_file: the gate has no token; ask the district for one")
        ca_file = None if table.ca_file is None else str(table.ca_file)
        beat = self.lists.beat = self.health.heart("uplink", 60.0).beat
        options = Options(table.url, token, frozenset(table.forward), table.every_s, ca_file=ca_file)
        return Uplink(
            reader=self.journal.reader,
            unseal=self.journal.unseal,
            state=self.state,
            append=lambda kind, body: self.write(Row(kind, self.now(), body)),
            options=options,
            gate_id=self.settings.gate.id,
            incarnations=lambda: self.journal.incarnations,
            bell=self.bell,
            now=self.now,
            renew=lambda: self.journal.renew("conflict", self.now()),
            lists=AllLists(self.trust, self.lists),
            beat=beat,
        )

    def _ledgers(self) -> tuple[Ledgers, Board]:
        where = folders(self.loaded.path.parent)
        shelf = Shelf(self.journal, self.now, where, self.changed)
        ledgers = Ledgers(self.book, self.journal, shelf, self.now, self.zone)
        return ledgers, Board(ledgers, self.journal, self.now, self.zone, twice_daily_of(self.settings))

    def _publishing(self) -> Publishing:
        folder = self.loaded.path.parent
        lanes = {name: (lane.spec, lane.chosen) for name, lane in self.lanes.items()}
        files = {lane.name: lane.procedure for lane in self.settings.lane}
        site = site_of(lanes, files, acceptance_of(self.settings, folder), folder)
        return Publishing(site, self.journal, self.now, self._follow, self.changed)

    def _station(self, reader: Reader) -> Station:
        around = Surroundings(
            journal=self,
            read_code=self.desk.read,
            ask_number=self.desk.ask_number,
            now=self.now,
            perform=self.equipment.perform,
            # What belongs to no lane (a platform) is everybody's.
            devices=lambda lane: [*self.health.devices(lane), *self.health.devices("")],
            beat=self.health.heart("station", 10.0).beat,
            count=self.health.count,
            bell=self.bell,
            views=self.views,
            housekeeping=self._due,
            look_up=self.roster.look_up,
            case_of=lambda policy, passage, at: opening_row(policy, passage, self.cases.rules, at),
            cases_opened=self.cases.refresh,
        )
        states = filled(self.lanes, self.journal, reader)
        states = knowing_earlier(recalled(states, self.journal, reader, self.desk, self.now()), reader)
        pairs, plans = side_by_side(self.lanes, reader), planned(choices(reader), self.lanes)
        return Station(states, around, earlier_replies(reader), pairs, plans)

    def _access(self, rules: AccessRules) -> AccessBook:
        return AccessBook(
            self,
            self.book,
            self.loaded.path.parent,
            self.settings.access.rules,
            rules,
            self.now,
            control=self.station.control,
            changed=self.changed,
        )

    def _offer(self, message: Message) -> None:
        self.station.offer(message)  # which is made after the platforms

    def _follow(self, change: Follow) -> None:
        self.station.follow(change)  # which is made after what publishes

    def _due(self, now: Instant) -> list[Row]:
        moved = self.clock.watch()
        if moved is None:
            return []
        self.health.count("clock_corrections")
        body = {
            "from_us": moved.from_us,
            "to_us": moved.to_us,
            "quality": moved.quality.value,
            "before": moved.before.value,
        }
        return [Row("clock.corrected", now, body)]
