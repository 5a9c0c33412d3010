"""Puts a gate together: configuration -> drivers -> threads.

Nothing is decided here. What a part needs of another it gets as a value or a callable, so that no
part imports its neighbour.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from importlib import metadata
from typing import Any
from zoneinfo import ZoneInfo

from edge.app.duty import close_leavers, desk_of
from edge.app.equipment import Equipment
from edge.app.folder import boot_id, cookie_secret, outside_key, take_folder
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
from edge.app.reporting import report_terms, trouble
from edge.app.trust import TrustFolder
from edge.bell import Bell
from edge.clock import Clock
from edge.config import Loaded
from edge.domain.calibration import Standing
from edge.domain.errors import ConfigError
from edge.domain.model import Instant
from edge.health import STOPPED, Health, Notifier, Problem, probes, trust
from edge.health.procedures import refused
from edge.journal import Journal, Reader, Row, State, StoredRow
from edge.keeper import Keeper, publish, publish_access
from edge.messages import Follow, Message
from edge.platforms import Desk
from edge.registers.access_rules import AccessBook, chosen, of_file
from edge.registers.board import Board
from edge.registers.book import Book
from edge.registers.cases import Cases, opening_row
from edge.registers.district_lists import DistrictLists
from edge.registers.import_jobs import ImportJobs
from edge.registers.ledgers import Ledgers
from edge.registers.photographs import Photographs
from edge.registers.published import choices
from edge.registers.publishing import Publishing
from edge.registers.roster import Roster
from edge.registers.shelf import Shelf, folders
from edge.reports.sending import Reports
from edge.station import Station, Surroundings
from edge.threads import Threads
from edge.uplink import Options, Uplink
from edge.web.gate import Gate

_COPYING_US = 60_000_000

log = logging.getLogger(__name__)


def run_gate(
    loaded: Loaded,
    *,
    environ: Mapping[str, str] = os.environ,
    on_ready: Callable[[int], None] = lambda _port: None,
    on_secrets: Callable[[Sequence[tuple[str, str, str]]], None] = lambda _accounts: None,
) -> int:
    """Run the daemon until SIGTERM or SIGINT; return the exit status.

    `on_ready` gets the port of the pages; `on_secrets` the accounts a first start made, once.
    Raises ConfigError and JournalError before anything is started.
    """
    with ExitStack() as stack:
        gate = _Gate(loaded, environ, stack)
        on_secrets(gate.first_accounts())
        return gate.run(on_ready)


class _Gate:
    """The parts of one running gate."""

    def __init__(self, loaded: Loaded, environ: Mapping[str, str], stack: ExitStack) -> None:
        settings = loaded.settings
        self.loaded, self.settings, self.environ = loaded, settings, environ
        self.folder = settings.store.path
        self.stop = threading.Event()
        self.threads = Threads(self.stop)
        self.bell, self.views = Bell(), Bell()
        take_folder(self.folder, stack)
        self.journal = Journal.open(
            self.folder,
            master=outside_key(settings, environ),
            # A journal that is copied before it is upgraded takes longer than a service may start.
            progress=partial(Notifier.from_environ(environ), f"EXTEND_TIMEOUT_USEC={_COPYING_US}"),
        )
        stack.callback(self.journal.close)
        self.state = State.open(self.folder, owner=True)
        stack.callback(self.state.close)
        boot = self.journal.start_boot()
        reader = self.journal.reader()
        stack.callback(reader.close)
        newest = reader.row(reader.head())
        self.clock = Clock(self.folder, newest_us=newest.at_us if newest else None)
        self.now = self.clock.now
        self.health = Health(self.now, required=("station",))
        self.trust = TrustFolder(
            settings.codes.trust or self.folder / "trust",
            settings.codes.accept_test_issuers,
            settings.codes.max_age_days,
            settings.codes.cwa_hosts,
            now=self.now,
        )
        self.platforms = Platforms(
            settings.platform,
            self.threads,
            self.health,
            self.now,
            self._offer,
        )
        self.desk = Desk(self.trust.read, self.platforms.asked)
        started_us = self.now().mono_us
        zone = ZoneInfo(settings.gate.timezone)
        changed = self._registers_changed
        self.lists = DistrictLists(self.journal, self.state, self.now, zone, changed)
        rules = chosen(reader).rules or of_file(settings.access.rules, loaded.path.parent)
        self.lanes = build(
            settings, loaded.path.parent, boot=boot, started_us=started_us, reader=reader, access=rules
        )
        self.uplink = self._uplink()
        self.equipment = Equipment(self.lanes, self.threads, self.health, self.now, settings.gate.timezone)
        self.reports = Reports(self.journal, report_terms(settings), self.now, self._registers_changed)
        self.cases = Cases(self.journal, case_rules(settings), self.now, self._registers_changed)
        self.book = Book(self.journal, self.now, self._registers_changed)
        self.imports = ImportJobs(self.journal, self.now, self._registers_changed, self.stop)
        self.ledgers, self.board = self._ledgers()
        self.publishing = self._publishing()
        self.duty = desk_of(loaded, self.book, self.journal, self.now, self._append)
        self.roster = Roster(self.journal, ZoneInfo(settings.gate.timezone), self.health.count)
        self.station = self._station(reader)
        self.access = AccessBook(
            self,
            self.book,
            loaded.path.parent,
            settings.access.rules,
            rules,
            self.now,
            control=self.station.control,
            changed=self._registers_changed,
        )
        self.recipients = Recipients(
            settings, self.threads, self.health, self.now, reader=self.journal.reader, state=self.state
        )

    def first_accounts(self) -> list[tuple[str, str, str]]:
        """Make the accounts a gate needs when there are none; return (name, role, secret) of each."""
        from edge.web.users import ensure_first_users

        return ensure_first_users(self.state)

    def run(self, on_ready: Callable[[int], None]) -> int:
        """Start every thread, watch them, end them in order."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_signal: self.stop.set())
        self._announce()
        self._watch_parts()
        self.equipment.start(self.station)
        self.platforms.start()
        self.recipients.start()
        self.threads.start("station", partial(self.station.run, self.stop))
        if self.uplink is not None:
            self.threads.start("uplink", partial(self.uplink.run, self.stop))
        self._start_keeper()
        beat = self.health.heart("reports", 900.0).beat
        self.threads.start("reports", partial(self.reports.run, self.stop, beat))
        self._start_pages(on_ready)
        status = self.health.watch(self.stop, Notifier.from_environ(self.environ))
        self.stop.set()
        self.bell.ring()
        self.views.ring()
        self.equipment.end()
        stuck = self.threads.join(10.0)
        if stuck:
            log.error("threads did not end: %s", ", ".join(stuck))
        if self.threads.refused is not None:
            raise self.threads.refused
        return STOPPED if self.threads.failed or stuck else status

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
            append=lambda kind, body: self._append(Row(kind, self.now(), body)),
            options=options,
            gate_id=self.settings.gate.id,
            incarnations=lambda: self.journal.incarnations,
            bell=self.bell,
            now=self.now,
            renew=lambda: self.journal.renew("conflict", self.now()),
            lists=AllLists(self.trust, self.lists),
            beat=beat,
        )

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

    def _publishing(self) -> Publishing:
        folder = self.loaded.path.parent
        lanes = {name: (lane.spec, lane.chosen) for name, lane in self.lanes.items()}
        files = {lane.name: lane.procedure for lane in self.settings.lane}
        site = site_of(lanes, files, acceptance_of(self.settings, folder), folder)
        return Publishing(site, self.journal, self.now, self._follow, self._registers_changed)

    def _follow(self, change: Follow) -> None:
        self.station.follow(change)  # which is made after what publishes

    def _ledgers(self) -> tuple[Ledgers, Board]:
        zone = ZoneInfo(self.settings.gate.timezone)
        where = folders(self.loaded.path.parent)
        shelf = Shelf(self.journal, self.now, where, self._registers_changed)
        ledgers = Ledgers(self.book, self.journal, shelf, self.now, zone)
        return ledgers, Board(ledgers, self.journal, self.now, zone, twice_daily_of(self.settings))

    def _offer(self, message: Message) -> None:
        self.station.offer(message)  # which is made after the platforms

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

    def _append(self, row: Row) -> int:
        sequence = self.append(row)[0]
        self.bell.ring()
        return sequence

    def _registers_changed(self) -> None:
        self.duty.watch.changed()
        self.roster.changed()
        self.bell.ring()
        self.views.ring()

    def _view(self, lane: str) -> dict[str, Any]:
        return self.station.view(lane) | {"cases": self.cases.waiting(lane)}

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

    def _announce(self) -> None:
        now = self.now()
        version, config = metadata.version("gatepost"), self.loaded.text_hash
        body = {"version": version, "config": config, "boot_id": boot_id()}
        self.journal.append(Row("gate.started", now, body))
        lanes = [(lane.spec, lane.chosen.text) for lane in self.lanes.values()]
        publish_access(self.journal, self.state, now, self.access.rules)
        publish(self.journal, self.state, now, lanes=lanes)

    def _watch_parts(self) -> None:
        health = self.health
        health.section("journal", self._journal_facts)
        health.section("clock", self.clock.status)
        health.section("disk", lambda: {"free_bytes": probes.free_bytes(self.folder)})
        health.probe("disk", probes.disk(self.folder))
        health.probe("clock", probes.clock(lambda: self.clock.quality))
        health.probe("journal", probes.journal(self.station.unwritable))
        for standing in (Standing.DUE, Standing.EXPIRED, Standing.ELSEWHERE):
            code = f"calibration_{standing}"
            health.probe(code, probes.calibrations(code, partial(self._calibrated, standing)))
        health.probe("instruments", probes.instruments(self._doubted))
        health.probe("levels", probes.shifts(self._shifted))
        health.probe("cases", probes.cases(lambda: self.cases.late_lately))
        health.probe("registers", probes.registers(lambda: (self.board.late.count, self.board.late.first)))
        health.probe("reports", partial(trouble, self.reports))
        health.probe("duty", probes.duty(lambda: self.duty.watch.missing))
        health.section("trust", lambda: {"lists": self._trusted()})
        health.probe("trust", trust.age(self._trusted))
        health.probe("procedures", refused(self._refused))
        health.probe("trust_files", trust.files(lambda: self.trust.unreadable))
        if self.uplink is not None:
            health.section("uplink", self.uplink.status)
            health.probe("uplink", probes.uplink(self.uplink.status))
            health.probe("lists", trust.refused(self.uplink.status))

    def _refused(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return what of each lane's texts was passed over at the start, until another one is in force."""
        if not any(lane.chosen.refused for lane in self.lanes.values()):
            return []
        return [(one.lane, one.refused) for one in self.publishing.in_force()]

    def _trusted(self) -> list[dict[str, object]]:
        return self.trust.status(self.now())

    def _calibrated(self, standing: Standing) -> list[str]:
        """Return the thermometers whose calibration stands like this."""
        return [
            f"{lane} {found['device']}"
            for lane in self.lanes
            for found in self.station.view(lane)["calibrations"]
            if found["standing"] == standing
        ]

    def _doubted(self) -> list[str]:
        """Return the thermometers whose values cannot be right, with why."""
        return [
            f"{lane} {found['device']} ({', '.join(sign['sign'] for sign in found['signs'])}{_beside(found)})"
            for lane in self.lanes
            for found in self.station.view(lane)["doubts"]
        ]

    def _shifted(self) -> list[str]:
        """Return the thermometers at which the level of healthy people has shifted."""
        found = (
            f"{lane} {level['device']}"
            for lane in self.lanes
            for level in self.station.view(lane)["levels"]
            if level["shifted"]
        )
        return list(dict.fromkeys(found))

    def _journal_facts(self) -> dict[str, object]:
        reader = self.journal.reader()  # asked by any thread, and a reader belongs to one
        try:
            return {"head": reader.head(), "incarnation": self.journal.incarnation}
        finally:
            reader.close()

    def _journal_trouble(self, keeper: Keeper) -> Problem | None:
        journal = self.journal
        if keeper.faults:
            return Problem("journal_tampered", keeper.faults[0])
        if journal.incident is not None:
            return Problem("journal_set_aside", journal.incident.why)
        if journal.rolled_back is not None:
            return Problem("journal_rolled_back", str(journal.rolled_back.seq))
        if keeper.purged.unacknowledged:
            return Problem("retention_unacknowledged", str(keeper.purged.unacknowledged), "warning")
        if keeper.purged.refused == "clock_leapt":
            return Problem("retention_waits", severity="warning")
        return None if journal.reserve_intact else Problem("journal_reserve", severity="warning")

    def _start_keeper(self) -> None:
        store = self.settings.store
        # Checking a million rows is its work as well.
        heart = self.health.heart("keeper", 3600.0)

        def often() -> None:
            heart.beat()
            self.trust.refresh()
            if self.journal.others_wrote():
                self.roster.changed()
                self._forget()  # a command may have destroyed keys
                self.bell.ring()
            self.cases.look()
            if self.duty.watch.look():
                self.views.ring()
            close_leavers(self.state, self.now(), self._append)
            if self.board.look():
                self._registers_changed()
            self.journal.remember_cases()

        def acknowledged() -> int | None:
            return None if self.uplink is None else int(self.uplink.status()["acknowledged"])

        keeper = Keeper(
            self.journal,
            retention_days=store.retention_days,
            retention_max_days=store.retention_max_days,
            acknowledged=acknowledged,
            now=self.now,
            often=often,
            destroyed=self._forget,
            reported_us=lambda: self.reports.reported_us,
        )
        self.health.probe("journal_kept", partial(self._journal_trouble, keeper))
        self.threads.start("keeper", partial(keeper.run, self.stop))

    def _forget(self) -> None:
        """Know of people only what the seals that still open say of them."""
        if not self.settings.screening.own_history:
            return
        self.station.remember({})
        reader = self.journal.reader()
        try:
            self.station.remember(regulars(self.lanes, self.journal, reader))
        finally:
            reader.close()

    def _start_pages(self, on_ready: Callable[[int], None]) -> None:
        from edge.web import create_app
        from edge.web.server import serve

        app = create_app(self._pages())
        beat = self.health.heart("pages", 30.0).beat
        listen = self.settings.web.listen
        work = partial(serve, app, listen, self.stop, on_ready=on_ready, beat=beat)
        self.threads.start("pages", work)

    def _pages(self) -> Gate:
        gate = self.settings.gate
        banners = ["simulated"] if any(device["simulated"] for device in self.health.devices()) else []
        if self.environ.get("GATEPOST_SIMULATED_ATTENDANT"):
            banners.append("attendant")  # the demo: no person answers here, and the pages say so
        return Gate(
            name=gate.name,
            gate_id=gate.id,
            language=self.loaded.language or gate.language,
            timezone=gate.timezone,
            lanes=tuple(self.lanes),
            procedures={lane.spec.procedure.name: lane.spec.procedure for lane in self.lanes.values()},
            incarnation=lambda: self.journal.incarnation,
            secret=cookie_secret(self.state),
            submit=self.station.submit,
            view=self._view,
            view_changed=self.views,
            reader=self.journal.reader,
            unseal=self.journal.unseal,
            append=self._append,
            status=self.health.status,
            metrics=self.health.metrics,
            bell=self.bell,
            now=self.now,
            state=self.state,
            stop=self.stop,
            cases=self.cases,
            reports=self.reports,
            book=self.book,
            imports=self.imports,
            photographs=Photographs(self.journal, self.now, self._registers_changed),
            district_lists=self.lists.status,
            ledgers=self.ledgers,
            board=self.board,
            publishing=self.publishing,
            duty=self.duty,
            access=self.access,
            banners=tuple(banners),
            preview=self.equipment.preview,
            trust=self._trusted,
            twice_daily=twice_daily_of(self.settings),
            venue_code=self.settings.codes.venue_code,
        )


def _beside(doubt: Mapping[str, Any]) -> str:
    sister = doubt.get("sister")
    return "" if sister is None else f": {sister['lane']} {sister['device']}"
