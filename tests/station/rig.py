"""A station with a real journal, a clock that is moved by hand, and people on a conveyor belt."""

import threading
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from edge.bell import Bell
from edge.domain.errors import JournalError
from edge.domain.events import Command, ReadingArrived
from edge.domain.lane_state import Do, LaneSpec, LaneState
from edge.domain.model import Carrier, ClockQuality, Code, Instant, Scan
from edge.journal import Journal, Row, StoredRow
from edge.messages import Reply, ScanArrived
from edge.station import Station, Surroundings
from tests.domain.people import AIR, POLICY, procedure, reading, resident


class Card:
    """The journal, on a card that can be full for a while."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.full = False

    def append(self, *rows: Row) -> tuple[int, ...]:
        if self.full:
            raise JournalError("no space left")
        return self.journal.append(*rows)


class Rig:
    """The station and everything around it. Nothing runs by itself: `turn` works the inbox."""

    def __init__(self, folder: Path, *, has_barrier: bool = True) -> None:
        self.journal = Journal.open(folder)
        self.card = Card(self.journal)
        self.seconds = 100.0
        self.done: list[tuple[int, Do]] = []
        self.counted: list[tuple[str, dict[str, str]]] = []
        self.due: list[Row] = []
        self.asked_by_number: list[tuple[str, str]] = []
        self.platform_says: Code | None = None
        self.bell, self.views = Bell(), Bell()
        spec = LaneSpec("in", "in", procedure(), POLICY, self.journal.start_boot())
        around = Surroundings(
            journal=self.card,
            read_code=lambda _lane, _device, payload, _at: self.code(payload),
            ask_number=self._ask_number,
            now=self.now,
            perform=self._perform if has_barrier else lambda _lane, _do: False,
            devices=lambda _lane: [],
            beat=lambda: None,
            count=lambda name, **labels: self.counted.append((name, labels)),
            bell=self.bell,
            views=self.views,
            housekeeping=lambda _now: [self.due.pop() for _ in self.due[:]],
        )
        self.station = Station({"in": (spec, LaneState())}, around)

    def now(self) -> Instant:
        micros = int(self.seconds * 1_000_000)
        return Instant(micros, 1_790_000_000_000_000 + micros, ClockQuality.SYNCED)

    def code(self, payload: bytes) -> Code:
        return resident(payload.decode())

    def turn(self, seconds: float = 0.0) -> None:
        """Move time on and work the inbox until it is empty."""
        self.seconds += seconds
        for _ in range(64):
            self.station.work(0.0)

    def stand(self, body_c: float = 36.6, frames: int = 12) -> None:
        for _ in range(frames):
            self.seconds += 0.1
            self.station.offer(ReadingArrived("in", "thermometer", reading(body_c), self.now()))
        for _ in range(6):
            self.seconds += 0.1
            self.station.offer(ReadingArrived("in", "thermometer", AIR, self.now()))
        self.turn()

    def show(self, name: str = "王小明") -> None:
        self.station.offer(ScanArrived("in", "scanner", Scan(name.encode(), "", "serial"), self.now()))
        self.turn()

    def submitted(self, command: Command) -> int:
        """Have an attendant's command carried out; return the passage it was about."""
        done: list[Reply] = []
        worker = threading.Thread(target=lambda: done.append(self.station.submit(command)))
        worker.start()
        while worker.is_alive():
            self.station.work(0.05)
        worker.join()
        assert done[0].passage is not None
        return done[0].passage

    def rows(self, *kinds: str) -> Sequence[StoredRow]:
        reader = self.journal.reader()
        try:
            return reader.rows_after(0, 1000, kinds or None)
        finally:
            reader.close()

    def view(self) -> dict[str, Any]:
        return self.station.view("in")

    def close(self) -> None:
        self.journal.close()

    def _ask_number(
        self, _lane: str, device: str, number: str, _at: Instant, carriers: Collection[Carrier]
    ) -> Code | None:
        if Carrier.CHINA_HEALTH not in carriers:
            return None
        self.asked_by_number.append((device, number))
        return self.platform_says

    def _perform(self, _lane: str, do: Do) -> bool:
        self.done.append((len(self.rows("passage.decided", "passage.held", "passage.parked")), do))
        return True
