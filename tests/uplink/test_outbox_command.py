"""`gatepost outbox` beside a real journal, and the sender's own thread with it."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from edge.bell import Bell
from edge.cli import main
from edge.domain.model import ClockQuality, Instant
from edge.journal import Journal, Row, State
from edge.uplink import Options, Uplink
from tests.uplink.fakes import GATE, FakeUpstream
from tests.waiting import until

pytestmark = pytest.mark.system


def now() -> Instant:
    return Instant(time.monotonic_ns() // 1000, time.time_ns() // 1000, ClockQuality.SYNCED)


class Running:
    """An uplink in its thread, on a real journal, towards a district in memory."""

    def __init__(self, folder: Path, upstream: FakeUpstream) -> None:
        self.folder = folder
        self.upstream = upstream
        self.journal = Journal.open(folder)
        self.state = State.open(folder)
        self.bell = Bell()
        self.beats = 0
        self.uplink = Uplink(
            reader=self.journal.reader,
            unseal=self.journal.unseal,
            state=self.state,
            append=self.append,
            options=Options("http://127.0.0.1:1", "t", every_s=0.0, back_off_s=600.0, back_off_max_s=600.0),
            gate_id=GATE,
            incarnations=lambda: self.journal.incarnations,
            bell=self.bell,
            now=now,
            beat=self.beat,
            transport=upstream,
            random=lambda: 1.0,
        )
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.uplink.run, args=(self.stop,), name="uplink")

    def append(self, kind: str, body: Any) -> None:
        self.journal.append(Row(kind, now(), body))
        self.bell.ring()

    def beat(self) -> None:
        self.beats += 1

    def close(self) -> None:
        self.stop.set()
        if self.thread.ident is not None:
            self.thread.join(10)
            assert not self.thread.is_alive()
        self.state.close()
        self.journal.close()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path, FakeUpstream())
    yield made
    made.close()


def called(running: Running, *words: str, code: int = 0) -> list[dict[str, Any]]:
    done = CliRunner().invoke(main, ["outbox", *words, "--store", str(running.folder), "--json"])
    assert done.exit_code == code, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_rows_written_while_it_runs_go_out_and_it_stops_at_once(running: Running) -> None:
    running.thread.start()
    for n in range(30):
        running.append("clock.corrected", {"from_us": n, "to_us": 1, "quality": "synced"})
    until(lambda: running.uplink.status()["acknowledged"] == 30, what="all rows to be acknowledged")
    assert running.upstream.numbers(running.journal.incarnation) == list(range(1, 31))
    running.stop.set()
    running.thread.join(3)
    assert not running.thread.is_alive()


def test_the_heart_beats_while_it_waits(running: Running) -> None:
    running.thread.start()
    until(lambda: running.beats >= 4, 10, "beats without any row")
    assert len(running.upstream.posts) <= 2


def test_the_backlog_is_current_while_the_district_is_away(running: Running) -> None:
    running.upstream.script = ["drop"] * 100
    running.append("gate.stopped", {})
    running.thread.start()
    until(lambda: running.uplink.status()["code"] == "unreachable", what="the first failure")
    running.append("gate.stopped", {})
    until(lambda: running.uplink.status()["backlog"] == 3, what="the backlog to be counted")
    standing = running.uplink.status()
    assert (standing["state"], standing["acknowledged"]) == ("down", 0)
    reader = running.journal.reader()
    assert [row.kind for row in reader.rows_after(0, 10)] == ["gate.stopped", "uplink.lost", "gate.stopped"]
    reader.close()


def test_status_says_what_waits_and_what_was_refused(running: Running) -> None:
    running.upstream.refuse = {1: "malformed"}
    running.append("gate.stopped", {})
    running.uplink.turn()
    running.append("gate.stopped", {})
    standing, parked = called(running, "status")
    assert standing["acknowledged"] == 1
    assert standing["backlog"] == 2
    assert standing["head"] == 3
    assert standing["contact"] == "up"
    assert standing["oldest_us"] > 0
    assert (parked["parked"], parked["reason"]) == (1, "malformed")


def test_status_of_a_store_that_never_sent_anything(running: Running) -> None:
    running.append("gate.stopped", {})
    (standing,) = called(running, "status")
    assert (standing["acknowledged"], standing["backlog"], standing["contact"]) == (0, 1, "never")


def test_a_store_that_is_not_there_ends_with_five(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["outbox", "status", "--store", str(tmp_path / "no")])
    assert done.exit_code == 5
    assert not (tmp_path / "no").exists()


def test_retry_has_the_running_gate_try_at_once(running: Running) -> None:
    running.upstream.script = ["drop"]
    running.append("gate.stopped", {})
    running.thread.start()
    until(lambda: running.uplink.status()["code"] == "unreachable", what="the first failure")
    (standing,) = called(running, "retry")
    assert standing["reached"]
    until(lambda: running.uplink.status()["acknowledged"] >= 2, what="the rows to be acknowledged")


def test_retry_says_when_the_district_stays_away(running: Running) -> None:
    running.upstream.script = ["drop"] * 100
    running.append("gate.stopped", {})
    running.thread.start()
    until(lambda: running.uplink.status()["code"] == "unreachable", what="the first failure")
    (standing,) = called(running, "retry", code=6)
    assert standing["taken"]
    assert not standing["reached"]


def test_retry_says_when_no_gate_runs(running: Running) -> None:
    running.append("gate.stopped", {})
    (standing,) = called(running, "retry", "--seconds", "0.3", code=6)
    assert not standing["taken"]


def test_a_journal_that_cannot_be_written_does_not_end_the_sender(running: Running) -> None:
    running.append("gate.stopped", {})
    running.upstream.script = ["drop"]
    running.journal.close()
    assert running.uplink.turn().seconds > 0
    assert running.uplink.status()["state"] == "down"
