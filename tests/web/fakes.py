"""A gate for the pages: the real journal, the real station and the real state machine of a lane, with
devices that a test moves by hand."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from edge import acceptance
from edge.app.duty import files_of
from edge.bell import Bell
from edge.domain import twice_daily
from edge.domain.errors import JournalError
from edge.domain.events import CodeRead, ReadingArrived
from edge.domain.lane_state import LaneSpec, LaneState
from edge.domain.model import Carrier, ClockQuality, Code, CodeVerdict, Instant, Reading
from edge.domain.policy import Policy
from edge.journal import Journal, Look, Row, State
from edge.procedures import parse
from edge.registers.access_rules import AccessBook, of_file
from edge.registers.board import Board
from edge.registers.book import Book
from edge.registers.cases import Cases, Rules, opening_row
from edge.registers.duty_desk import DutyDesk
from edge.registers.duty_rules import DutyRules
from edge.registers.import_jobs import ImportJobs
from edge.registers.ledgers import Ledgers
from edge.registers.photographs import Photographs
from edge.registers.publishing import Lane as Following
from edge.registers.publishing import Publishing, Site
from edge.registers.shelf import Shelf
from edge.reports.sending import Reports, Terms
from edge.station import Station, Surroundings
from edge.web.gate import Gate
from edge.web.users import Users
from tests.paths import ROOT
from tests.waiting import until

UNITS = ("发热门诊 fever clinic", "社区卫生服务中心 community health centre")
PIN, PASSWORD = "482915", "correct horse"
ACCOUNTS = (("door", "attendant", PIN), ("boss", "manager", PASSWORD), ("eye", "observer", PASSWORD))
PROCEDURE = (ROOT / "config" / "procedures" / "compound.toml").read_text("utf-8")
USUAL = (ROOT / "config" / "acceptance" / "usual.toml").read_text("utf-8")
POLICY = Policy(surface_offset_mdegc=2_000)
DAY_US = 1_700_000_000_000_000


class Clock:
    """A clock that a test moves; monotonic time really passes."""

    def __init__(self, at_us: int = DAY_US) -> None:
        self.offset_us = at_us - time.monotonic_ns() // 1000
        self.quality = ClockQuality.SYNCED

    def __call__(self) -> Instant:
        mono_us = time.monotonic_ns() // 1000
        return Instant(mono_us, mono_us + self.offset_us, self.quality)

    def move(self, seconds: float) -> None:
        """Move the wall clock by so much."""
        self.offset_us += int(seconds * 1_000_000)


class BreakableJournal:
    """Appends to a journal until it is broken, as a full card would have it."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.broken = False

    def append(self, *rows: Row) -> tuple[int, ...]:
        """Append, or raise JournalError while broken."""
        if self.broken:
            raise JournalError("no space left")
        return self._journal.append(*rows)


class RegistersJournal:
    """The journal for the registers, behind the same card."""

    def __init__(self, journal: Journal, card: BreakableJournal) -> None:
        self._journal, self._card = journal, card
        self.reader, self.unseal = journal.reader, journal.unseal
        self.token, self.forget, self.wanted = journal.token, journal.forget, journal.wanted
        self.relieve = journal.relieve
        self.append = card.append

    @property
    def boot(self) -> int:
        return self._journal.boot

    def compose(self, make: Callable[[Look], Sequence[Row]]) -> tuple[int, ...]:
        """Write, or raise JournalError while broken."""
        if self._card.broken:
            raise JournalError("no space left")
        return self._journal.compose(make)


@dataclass
class World:
    """One gate with two lanes, its people and its devices."""

    journal: Journal
    state: State
    clock: Clock
    writer: BreakableJournal
    station: Station
    gate: Gate
    users: Users
    devices: dict[str, list[dict[str, Any]]]
    status: dict[str, Any]
    tokens: dict[str, str] = field(default_factory=dict)

    def step_up(self, surface_c: float = 34.6, lane: str = "in", ambient_c: float = 21.0) -> int:
        """Let somebody be measured at the lane; returns the passage."""
        before = self.gate.view(lane)["passage"]
        steps = self._measurements(lane)
        self._empty_air(lane, ambient_c)
        at = self.clock()
        for index in range(13):
            reading = Reading(
                int(surface_c * 1000), int(ambient_c * 1000), raw=bytes((0xA4, 0x03, 0x07, index))
            )
            self.station.offer(ReadingArrived(lane, "meter", reading, _later(at, (index + 2) * 100_000)))
        until(
            lambda: self.gate.view(lane)["passage"] != before or self._measurements(lane) != steps,
            what="the measurement",
        )
        return self.last_passage(lane)

    def show_pass(
        self, name: str = "张三", lane: str = "in", verdict: CodeVerdict = CodeVerdict.VALID
    ) -> None:
        """Hold a resident's pass up to the scanner."""
        code = Code(
            Carrier.GATEPOST_PASS,
            verdict,
            issuer="compound",
            subject={"category": "resident", "building": "3"},
            personal={"name": name, "room": "3-2-501", "phone": "13900001234"},
            holder=f"pass:{name}",
        )
        self.show(code, lane)

    def show(self, code: Code, lane: str = "in") -> None:
        """Hold anything up to the scanner and wait until the lane has seen it."""
        bell = self.gate.view_changed.count
        self.station.offer(CodeRead(lane, "camera", code, self.clock()))
        until(lambda: self.gate.view_changed.count != bell, what="the code")

    def last_passage(self, lane: str = "in") -> int:
        """Return the open passage, or the one that ended last."""
        view = self.gate.view(lane)
        return int(view["passage"] if view["passage"] is not None else view["last"]["passage"])

    def _measurements(self, lane: str) -> Any:
        view = self.gate.view(lane)
        return (view["temperature"]["verdict"], view["temperature"].get("surface_mdegc"), view["last"])

    def _empty_air(self, lane: str, ambient_c: float) -> None:
        at = self.clock()
        for after_us in (-3_000_000, 0):
            reading = Reading(int(ambient_c * 1000), int(ambient_c * 1000))
            self.station.offer(ReadingArrived(lane, "meter", reading, _later(at, after_us)))


def device(kind: str, driver: str = "simulated", *, simulated: bool = True, **more: Any) -> dict[str, Any]:
    """Return one device as a snapshot lists it."""
    return {
        "kind": kind,
        "name": kind,
        "driver": driver,
        "simulated": simulated,
        "state": "up",
        "since_us": DAY_US,
        **more,
    }


@contextmanager
def running(folder: Path, lanes: Sequence[str] = ("in", "out")) -> Iterator[World]:
    """Run a gate in a folder."""
    clock, stop = Clock(), threading.Event()
    journal, state = Journal.open(folder), State.open(folder)
    journal.start_boot()
    writer = BreakableJournal(journal)
    views, bell = Bell(), Bell()

    def rung() -> None:
        views.ring()
        bell.ring()

    devices: dict[str, list[dict[str, Any]]] = {
        lane: [device("thermometer"), device("scanner"), device("voice", "none")] for lane in lanes
    }
    cases = Cases(RegistersJournal(journal, writer), Rules(UNITS), clock, rung)
    card = RegistersJournal(journal, writer)
    book, zone = Book(card, clock, rung), ZoneInfo("Asia/Shanghai")
    ledgers = Ledgers(book, card, Shelf(card, clock, changed=rung), clock, zone)
    board = Board(ledgers, card, clock, zone, twice_daily.Terms())
    desk = duty_desk(book, journal, clock, lambda row: writer.append(row)[0])
    access_book = AccessBook(journal, book, ROOT, "usual", of_file("usual", ROOT), clock, changed=rung)
    around = Surroundings(
        journal=writer,
        read_code=lambda _lane, _device, payload, at: Code(
            Carrier.UNKNOWN, CodeVerdict.UNSUPPORTED, payload=payload
        ),
        now=clock,
        perform=lambda lane, do: False,
        devices=lambda lane: devices[lane],
        beat=lambda: None,
        count=lambda *args, **labels: None,
        bell=bell,
        views=views,
        case_of=lambda policy, passage, at: opening_row(policy, passage, cases.rules, at),
        cases_opened=cases.refresh,
    )
    station = Station(_lanes(lanes, journal.boot), around)
    status = _status(devices)
    gate = Gate(
        name="观音桥 3 号门",
        gate_id="jiangbei-03",
        language="en",
        timezone="Asia/Shanghai",
        lanes=tuple(lanes),
        procedures={"compound": parse("compound", PROCEDURE)},
        incarnation=lambda: journal.incarnation,
        secret=b"0123456789abcdef0123456789abcdef",
        submit=station.submit,
        view=lambda lane: station.view(lane) | {"cases": cases.waiting(lane)},
        view_changed=views,
        reader=journal.reader,
        unseal=journal.unseal,
        append=lambda row: writer.append(row)[0],
        status=lambda: status,
        metrics=lambda: b"# TYPE gatepost_up gauge\ngatepost_up 1\n",
        bell=bell,
        now=clock,
        state=state,
        stop=stop,
        cases=cases,
        reports=Reports(RegistersJournal(journal, writer), Terms(), clock, rung),
        book=book,
        imports=ImportJobs(RegistersJournal(journal, writer), clock, rung, stop),
        photographs=Photographs(RegistersJournal(journal, writer), clock, rung),
        ledgers=ledgers,
        board=board,
        publishing=_publishing(station, RegistersJournal(journal, writer), clock, rung, lanes),
        duty=desk,
        access=access_book,
    )
    users = Users(state)
    thread = threading.Thread(target=station.run, args=(stop,), name="station")
    thread.start()
    world = World(journal, state, clock, writer, station, gate, users, devices, status)
    for name, role, secret in ACCOUNTS:
        users.add(name, role, secret)
        world.tokens[role] = users.issue_token(name)
    try:
        yield world
    finally:
        stop.set()
        writer.broken = False
        thread.join(10)
        state.close()
        journal.close()


def _publishing(
    station: Station,
    journal: RegistersJournal,
    clock: Clock,
    changed: Callable[[], None],
    lanes: Sequence[str],
) -> Publishing:
    specs = {name: spec for name, (spec, _state) in _lanes(lanes, journal.boot).items()}
    found = {name: Following(spec, PROCEDURE, "file", "compound") for name, spec in specs.items()}
    site = Site(found, acceptance.parse("usual", USUAL), ROOT / "config")
    return Publishing(site, journal, clock, station.follow, changed)


def duty_desk(book: Book, journal: Journal, clock: Clock, append: Callable[[Row], int]) -> DutyDesk:
    """Return the desk of a gate that has settled nothing about duty."""
    shipped = files_of(ROOT / "config")
    rules = DutyRules(**shipped, zone=ZoneInfo("Asia/Shanghai"))
    return DutyDesk.of(book, rules, journal, clock, append)


def _lanes(names: Sequence[str], boot: int) -> dict[str, tuple[LaneSpec, LaneState]]:
    procedure = parse("compound", PROCEDURE)
    return {
        name: (
            LaneSpec(
                name,
                "out" if name == "out" else "in",
                procedure,
                POLICY,
                boot,
                number=number,
                lanes=len(names),
                also=(("meter", ("wrist", "neck")),),
            ),
            LaneState(),
        )
        for number, name in enumerate(names)
    }


def _status(devices: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    return {
        "alive": True,
        "ready": True,
        "problems": [],
        "devices": [{**found, "lane": lane} for lane, those in devices.items() for found in those],
        "journal": {"head": 0},
        "uplink": {"configured": False, "state": "off"},
        "clock": {"quality": "synced"},
        "disk": {"free_bytes": 12_300_000_000},
    }


def _later(at: Instant, us: int) -> Instant:
    return Instant(at.mono_us + us, at.at_us + us, at.clock)
