"""The road of the vehicles' replay: cars that come, what their occupants do, and what goes wrong."""

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from edge import procedures
from edge.app.following import Chosen
from edge.app.lanes import BuiltLane, filled
from edge.bell import Bell
from edge.domain.events import (
    AllAboard,
    BeginVehicle,
    Command,
    Decide,
    Give,
    NextOccupant,
    Park,
    ReadingArrived,
    Resume,
)
from edge.domain.lane_state import Do, LaneSpec
from edge.domain.model import (
    Carrier,
    ClockQuality,
    Code,
    CodeVerdict,
    Instant,
    Outcome,
    Quality,
    Reading,
    Scan,
)
from edge.domain.policy import Policy
from edge.journal import Journal
from edge.messages import Reply, ScanArrived
from edge.station import Station, Surroundings
from tests.paths import ROOT

PER_MINUTE = 7
SEATS, SHARES = (1, 2, 3, 4, 5), (28, 32, 20, 14, 6)  # 2.38 on average
AIR = Reading(22_000, 22_000, 22_000, Quality.OK, bytes(12))
OVER_MDEGC = 38_200
LANE = "in"


@dataclass
class Person:
    """Somebody, with the vehicle they sit in (None on foot) and every value they can be measured with."""

    name: str
    body_mdegc: int
    plate: str | None = None
    feverish: bool = False

    @property
    def values_mdegc(self) -> set[int]:
        return {self.body_mdegc, *((self.body_mdegc + OVER_MDEGC - 36_000,) if self.feverish else ())}


@dataclass
class Vehicle:
    """A vehicle, and how it has to end."""

    plate: str
    people: list[Person]
    outcome: str = "admit"


class _Clock:
    """Both clocks, moved on by hand: a day takes no day here."""

    def __init__(self) -> None:
        self.us = 1_000_000

    def now(self) -> Instant:
        return Instant(self.us, 1_580_000_000_000_000 + self.us, ClockQuality.SYNCED)


@dataclass
class Day:
    """One lane's day."""

    store: Path
    chance: random.Random
    vehicles: list[Vehicle] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)
    latencies_ms: list[float] = field(default_factory=list)
    opened: list[int] = field(default_factory=list)
    busy_s: float = 0.0

    def __post_init__(self) -> None:
        self._clock, self._commands = _Clock(), 0
        self._pool = ThreadPoolExecutor(1)
        text = (ROOT / "config/procedures/r4.toml").read_text("utf-8")
        self._procedure, self._text = procedures.parse("r4", text), text
        self._journal = Journal.open(self.store)
        self._start()

    def close(self) -> None:
        """End the day as systemd would."""
        self._pool.shutdown()
        self._journal.close()

    def one_vehicle(self) -> None:
        """Let the next vehicle come, and see it through to its end."""
        started_s, begun_us = time.perf_counter(), self._clock.us
        vehicle = self._comes()
        told = None if self._is(0.1, "number_not_told") else len(vehicle.people)
        if vehicle.outcome != "admit":
            told = 60  # somebody is not seen to yet when the vehicle is sent back
        self._ask(BeginVehicle(*self._head(None), vehicle.plate, told))
        resting: list[Person] = []
        for number, person in enumerate(vehicle.people):
            # Whoever rests and shows their phone is back: that is no mistake.
            done = [one for one in vehicle.people[:number] if one not in resting]
            self._between(vehicle, done)
            if self._passes(person) == "rests":
                resting.append(person)
        if told is None:
            self._ask(AllAboard(*self._head(self._vehicle())))
        for person in resting:
            self._comes_back(person)
        if vehicle.outcome != "admit":
            self._ask(Decide(*self._head(self._vehicle()), Outcome.TURN_BACK, "origin"))
        self.busy_s += time.perf_counter() - started_s
        self._clock.us = max(self._clock.us, begun_us + 60_000_000 // PER_MINUTE)

    def _comes(self) -> Vehicle:
        plate = f"京A{len(self.vehicles):05d}"
        seats = self.chance.choices(SEATS, SHARES)[0]
        vehicle = Vehicle(plate, [self._person(plate) for _ in range(seats)])
        if self._is(0.0228, "turned_back"):
            vehicle.outcome = "turn_back"
        self.vehicles.append(vehicle)
        return vehicle

    def _person(self, plate: str | None) -> Person:
        number = len(self.people)
        # Neighbours differ, so that nobody's reading can pass for another's.
        person = Person(f"某{number}", 36_000 + 11 * (number % 90), plate)
        person.feverish = plate is not None and self.chance.random() < 0.02
        self.people.append(person)
        return person

    def _passes(self, person: Person) -> str:
        """Let somebody be measured, show a pass and be looked at, in any order; say how it ended."""
        body = max(person.values_mdegc)
        parts = ["measure", "show", "look"]
        self.chance.shuffle(parts)
        if parts[0] == "look":
            parts = [parts[1], "look", parts[2]]
        for part in parts:
            if part == "measure":
                self._stands(body)
            elif part == "show":
                self._shows(person)
            elif not person.feverish or parts[-1] != "look":
                self._timed(Give(*self._head(self._passage()), (("mask", "on"),)), parts[-1] == "look")
            if self.chance.random() < 0.1:
                self._clock.us += self.chance.randrange(20) * 1_000_000
        if not person.feverish:
            return "done"
        self.happened["rests"] += 1
        if parts[-1] == "look":
            self._ask(Give(*self._head(self._passage()), (("mask", "on"),)))
        self._ask(Park(*self._head(self._passage()), "rest"))
        return "rests"

    def _comes_back(self, person: Person) -> None:
        self._clock.us += 61_000_000
        self._tick()
        parked = next(p for p in self._view()["parked"] if p["name"] == person.name)
        self._ask(Resume(*self._head(None), ticket=parked["ticket"]))
        self._stands(person.body_mdegc)

    def _between(self, vehicle: Vehicle, done: Sequence[Person]) -> None:
        """What may go wrong before the next occupant."""
        if done and self._is(0.05, "phone_again"):
            self._clock.us += 12_000_000
            self._shows(self.chance.choice(done))
        if self._is(0.02, "pause"):
            self._pause()
        if self._is(0.02, "aside"):
            self._aside(vehicle)
        if self._is(0.01, "restart"):
            self._again(killed=self.chance.random() < 0.5)
            self._back(vehicle)

    def _pause(self) -> None:
        """Nobody does anything for long; then somebody walks past the thermometer."""
        self._clock.us += 120_000_000
        self._tick()
        self._stands(36_991)
        self._ask(NextOccupant(*self._head(self._vehicle())))

    def _aside(self, vehicle: Vehicle) -> None:
        """The vehicle makes room for somebody on foot."""
        self._ask(Park(*self._head(self._vehicle()), "other"))
        self._passes(self._person(None))
        self._back(vehicle)

    def _back(self, vehicle: Vehicle) -> None:
        if self.chance.random() < 0.5:
            self._ask(BeginVehicle(*self._head(None), vehicle.plate))
        else:
            parked = next(p for p in self._view()["parked"] if p.get("plate") == vehicle.plate)
            self._ask(Resume(*self._head(None), ticket=parked["ticket"]))
        self._ask(NextOccupant(*self._head(self._vehicle())))

    def _again(self, *, killed: bool) -> None:
        """Start anew; `killed`: without a word before."""
        if not killed:
            self._stop()
        self._journal.close()
        self._journal = Journal.open(self.store, create=False)
        self._start()

    def _start(self) -> None:
        boot = self._journal.start_boot()
        # The generator says who is warm; made-up people are no sample of healthy ones.
        policy = Policy(rest_us=60_000_000, decides="legal")
        spec = LaneSpec(LANE, "in", self._procedure, policy, boot, self._clock.us)
        built = BuiltLane(spec, Chosen(self._procedure, self._text), ())
        reader = self._journal.reader()
        self._station = Station(filled({LANE: built}, self._journal, reader), self._around())
        reader.close()

    def _stop(self) -> None:
        over = threading.Event()
        over.set()
        self._station.run(over)

    def _stands(self, body_mdegc: int) -> None:
        raw = bytes([0xA4, 3, 7, 7, 97, 13, 122, 0, 8, 52, 14, 66])
        reading = Reading(body_mdegc - 2_000, 21_000, body_mdegc, Quality.OK, raw)
        for frame in (*(reading,) * 8, *(AIR,) * 4):
            self._clock.us += 180_000
            self._station.offer(ReadingArrived(LANE, "thermometer", frame, self._clock.now()))
            self._work()

    def _shows(self, person: Person) -> None:
        self._clock.us += 300_000
        self._station.offer(ScanArrived(LANE, "scanner", Scan(person.name.encode()), self._clock.now()))
        self._work()

    def _timed(self, command: Command, last: bool) -> None:
        started = time.perf_counter_ns()
        self._ask(command)
        if last:
            self.latencies_ms.append((time.perf_counter_ns() - started) / 1e6)

    def _ask(self, command: Command) -> Reply:
        asked = self._pool.submit(self._station.submit, command)
        while not asked.done():
            self._station.work(0.002)
        return asked.result()

    def _tick(self) -> None:
        self._station.work(0)

    def _work(self) -> None:
        while self._station.waiting:
            self._station.work(0)

    def _head(self, passage: int | None) -> tuple[str, int | None, str, str, Instant]:
        self._clock.us += 200_000
        self._commands += 1
        return LANE, passage, f"c{self._commands}", "door1", self._clock.now()

    def _view(self) -> dict[str, Any]:
        return self._station.view(LANE)

    def _vehicle(self) -> int:
        return int(self._view()["vehicle"]["passage"])

    def _passage(self) -> int:
        return int(self._view()["passage"])

    def _is(self, share: float, what: str) -> bool:
        happens = self.chance.random() < share
        self.happened[what] += happens
        return happens

    def _around(self) -> Surroundings:
        def read_code(_lane: str, _device: str, payload: bytes, _at: Instant) -> Code:
            name = payload.decode()
            told = {"name": name, "room": "3-502"}
            code = Code(Carrier.GATEPOST_PASS, CodeVerdict.VALID, personal=told, holder=name)
            return replace(code, subject={"category": "resident"})

        def perform(_lane: str, do: Do) -> bool:
            if do.device == "barrier":
                self.opened.append(do.passage)
            return False

        return Surroundings(
            journal=self._journal,
            read_code=read_code,
            now=self._clock.now,
            perform=perform,
            devices=lambda _lane: [],
            beat=lambda: None,
            count=lambda *_names, **_labels: None,
            bell=Bell(),
            views=Bell(),
        )
