"""An import of 100,000 lines while people pass: how long, how much memory, and how long a verdict takes
meanwhile, through the real station, journal and importer; beside verdicts with nothing going on."""

import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import verdict
from bench.figures import figure
from edge import procedures
from edge.domain.lane_state import LaneSpec, LaneState
from edge.domain.policy import Policy
from edge.journal import Journal
from edge.registers.import_jobs import ImportJobs, Job
from edge.station import Station
from tests.registers.made_up import roster

LINES = 100_000
QUIET = 200
ALLOWED_S, ALLOWED_MIB, ALLOWED_MS = 60, 200, 50
BETWEEN_S = 0.5  # a passage, then a pause: some four times the 30 a minute of the busiest gate
_PIECE = 30_000


def rows(lines: int = LINES) -> Iterator[dict[str, Any]]:
    """Yield the figures."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _measure(Path(folder), lines)


def _measure(folder: Path, lines: int) -> Iterator[dict[str, Any]]:
    clock, stop = verdict._Clock(), threading.Event()
    journal = Journal.open(folder / "gate")
    timed = verdict._Timed(journal)
    text = (verdict.ROOT / "config/procedures/compound.toml").read_text("utf-8")
    spec = LaneSpec("in", "in", procedures.parse("compound", text), Policy(), journal.start_boot())
    station = Station({"in": (spec, LaneState())}, verdict._around(timed, clock))
    thread = threading.Thread(target=station.run, args=(stop,))
    thread.start()
    quiet = [verdict._pass(station, timed, clock, number)[0] for number in range(QUIET)]
    jobs = ImportJobs(journal, clock.now, lambda: None, stop)
    job = _brought(jobs, lines)
    busy: list[float] = []
    began, previewed = time.monotonic(), 0.0
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("Asia/Shanghai")
    jobs.look(job, zone)
    while job.state not in ("done", "failed"):
        if job.state == "ready":
            previewed = time.monotonic() - began
            jobs.apply(job, "boss", zone)
        busy.append(verdict._pass(station, timed, clock, QUIET + len(busy))[0])
        time.sleep(BETWEEN_S)
    took = time.monotonic() - began
    stop.set()
    thread.join()
    journal.close()
    assert job.entered == lines, (job.state, job.why, job.entered)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield figure("registers.preview", previewed, "s", n=lines)
    yield figure("registers.import", took, "s", peer="allowed", peer_value=ALLOWED_S, n=lines)
    yield figure("registers.memory", memory, "MiB", peer="allowed", peer_value=ALLOWED_MIB, n=lines)
    for name, values in (("quiet", quiet), ("busy", busy)):
        p99 = statistics.quantiles(values, n=100)[-1]
        n = len(values)
        yield figure(f"registers.verdict.{name}.p99", p99, "ms", peer="allowed", peer_value=ALLOWED_MS, n=n)
        yield figure(f"registers.verdict.{name}.p50", statistics.median(values), "ms", n=n)


def _brought(jobs: ImportJobs, lines: int) -> Job:
    job = jobs.start("people", "boss", "roster.csv")
    content = roster(lines).encode("gb18030")
    for place in range(0, len(content), _PIECE):
        jobs.piece(job, content[place : place + _PIECE], place)
    return job
