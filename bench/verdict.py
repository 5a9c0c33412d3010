"""Verdict latency: from the last evidence entering the inbox to its commit, through the real station
and the real journal, against a bare one-row commit with the same pragmas, taken in turns."""

import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.figures import figure, p95
from edge import procedures
from edge.bell import Bell
from edge.domain.events import Give, ReadingArrived
from edge.domain.lane_state import LaneSpec, LaneState
from edge.domain.model import Carrier, ClockQuality, Code, CodeVerdict, Instant, Quality, Reading, Scan
from edge.domain.policy import Policy
from edge.journal import Journal, Row
from edge.messages import ScanArrived
from edge.station import Station, Surroundings

PASSAGES = 400
ROOT = Path(__file__).resolve().parent.parent
AIR = Reading(22_000, 22_000, 22_000, Quality.OK, bytes(12))


class _Clock:
    """A monotonic clock that can be moved on, so that a sweep of one second takes none here."""

    def __init__(self) -> None:
        self.ahead_us = 0

    def now(self) -> Instant:
        return Instant(
            time.monotonic_ns() // 1000 + self.ahead_us, time.time_ns() // 1000, ClockQuality.SYNCED
        )


class _Timed:
    """The journal, with the moment each append returned and the bytes it wrote."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.ended_ns = 0
        self.bytes = 0
        self.rows: tuple[Row, ...] = ()

    def append(self, *rows: Row) -> tuple[int, ...]:
        before = written_bytes()
        sequences = self._journal.append(*rows)
        self.ended_ns = time.perf_counter_ns()
        self.bytes = written_bytes() - before
        self.rows = rows
        return sequences


def written_bytes() -> int:
    """Return how many bytes this process has handed to write calls so far."""
    for line in Path("/proc/self/io").read_text("ascii").splitlines():
        if line.startswith("wchar:"):
            return int(line.split()[1])
    return 0


def rows() -> Iterator[dict[str, Any]]:
    """Yield the figures of the verdict."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _measure(Path(folder))


def _measure(folder: Path) -> Iterator[dict[str, Any]]:
    clock, stop = _Clock(), threading.Event()
    journal = Journal.open(folder / "gate")
    boot = journal.start_boot()
    timed = _Timed(journal)
    path = ROOT / "config/procedures/compound.toml"
    procedure = procedures.parse("compound", path.read_text("utf-8"))
    spec = LaneSpec("in", "in", procedure, Policy(), boot)
    station = Station({"in": (spec, LaneState())}, _around(timed, clock))
    thread = threading.Thread(target=station.run, args=(stop,))
    thread.start()
    bare = _Bare(folder / "bare.db")
    latencies: list[float] = []
    commits: list[float] = []
    sizes: list[float] = []
    for number in range(PASSAGES):
        latency, body = _pass(station, timed, clock, number)
        latencies.append(latency)
        sizes.append(timed.bytes / 1024)
        commits.append(bare.commit(body))
    stop.set()
    thread.join()
    journal.close()
    middle = statistics.median(commits)
    bound = 2 * middle + 2
    yield figure(
        "verdict.ms.p50",
        statistics.median(latencies),
        "ms",
        peer="one bare commit",
        peer_value=middle,
        n=PASSAGES,
    )
    yield figure(
        "verdict.ms.p95",
        p95(latencies),
        "ms",
        peer="one bare commit p95",
        peer_value=p95(commits),
        n=PASSAGES,
    )
    yield figure(
        "verdict.bound",
        statistics.median(latencies),
        "ms",
        peer="2 x bare + 2 ms",
        peer_value=bound,
        n=PASSAGES,
    )
    yield figure(
        "verdict.kib.p50", statistics.median(sizes), "KiB", peer="allowed", peer_value=16, n=PASSAGES
    )
    yield figure(
        "verdict.kib.mean", statistics.fmean(sizes), "KiB", peer="allowed", peer_value=16, n=PASSAGES
    )


def _pass(station: Station, timed: _Timed, clock: _Clock, number: int) -> tuple[float, int]:
    """Let one resident through; return milliseconds from the last answer to its commit, and the
    length of the row's body."""
    for frame in range(14):
        clock.ahead_us += 100_000
        raw = bytes([0xA4, 3, 7, 7, 97, 13, 122, frame, 8, 52, 14, 66])
        reading = Reading(34_500 + frame, 21_000, 36_500 + frame, Quality.OK, raw)
        station.offer(ReadingArrived("in", "thermometer", reading, clock.now()))
    station.offer(ScanArrived("in", "scanner", Scan(b"%d" % number), clock.now()))
    while (view := station.view("in"))["passage"] is None or not view["person"]:
        time.sleep(0.0005)
    give = Give("in", view["passage"], f"c{number}", "door1", clock.now(), (("mask", "on"),))
    started = time.perf_counter_ns()
    reply = station.submit(give)
    assert reply.sequence is not None, "the passage was not decided"
    latency, length = (timed.ended_ns - started) / 1e6, len(str(timed.rows[0].body))
    for _ in range(8):
        clock.ahead_us += 500_000
        station.offer(ReadingArrived("in", "thermometer", AIR, clock.now()))
    return latency, length


def _around(timed: _Timed, clock: _Clock) -> Surroundings:
    def read_code(_lane: str, _device: str, payload: bytes, _at: Instant) -> Code:
        name = payload.decode()
        personal = {"name": f"住户{name}", "room": f"3-{name}"}
        subject = {"category": "resident"}
        return Code(Carrier.GATEPOST_PASS, CodeVerdict.VALID, subject=subject, personal=personal, holder=name)

    return Surroundings(
        journal=timed,
        read_code=read_code,
        now=clock.now,
        perform=lambda _lane, _do: False,
        devices=lambda _lane: [],
        beat=lambda: None,
        count=lambda *_names, **_labels: None,
        bell=Bell(),
        views=Bell(),
    )


class _Bare:
    """One row, one commit, the same pragmas, nothing else."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(
            "PRAGMA page_size=2048; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            "PRAGMA wal_autocheckpoint=4000; CREATE TABLE row(id INTEGER PRIMARY KEY, body TEXT);"
        )

    def commit(self, length: int) -> float:
        """Insert a row of this many characters; return milliseconds."""
        started = time.perf_counter_ns()
        self._db.execute("INSERT INTO row(body) VALUES (?)", ("x" * length,))
        return (time.perf_counter_ns() - started) / 1e6
