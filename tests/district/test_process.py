"""The real district as a process: starting, stopping, bad posts over a socket, and being killed."""

import contextlib
import gzip
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from district.config import Settings
from edge import wire
from edge.bell import Bell
from edge.domain.model import ClockQuality, Instant
from edge.journal import Journal, Row
from edge.uplink import Options, Uplink
from tests.district import ordeal
from tests.district.codes import digest, hidden, piece
from tests.district.desk import GATE, NOON_US, FakeJournal, events_of, living, passage
from tests.paths import ROOT
from tests.uplink.fakes import FakeState
from tests.waiting import until

pytestmark = pytest.mark.system


def now() -> Instant:
    return Instant(time.monotonic_ns() // 1000, time.time_ns() // 1000, ClockQuality.SYNCED)


class Running:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        made = self.command("gate", "add", GATE, "--json")
        self.token: str = json.loads(made)["token"]
        self.start(0)

    def start(self, port: int) -> None:
        listen = f"127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "district", "run", "--store", str(self.folder), "--listen", listen],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
        )
        assert self.process.stdout is not None
        self.lines: list[str] = []
        while not self.lines or "listening" not in self.lines[-1]:
            line = self.process.stdout.readline()
            assert line, "the district ended before it listened"
            self.lines.append(line)
        found = re.search(r"http://127\.0\.0\.1:(\d+)", self.lines[-1])
        assert found is not None
        self.port = int(found[1])

    def command(self, *words: str) -> str:
        command = [sys.executable, "-m", "district", *words, "--store", str(self.folder)]
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout

    def post(self, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, dict[str, object]]:
        sent = {
            "authorization": f"Bearer {self.token}",
            "content-type": wire.CONTENT_TYPE,
            "content-encoding": "gzip",
        } | (headers or {})
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request("POST", "/ingest", body, sent)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text.startswith(b"{") else {}
        finally:
            connection.close()

    def get(self, path: str, token: str) -> tuple[int, dict[str, object]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers={"authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("district"))
    yield made
    made.close()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path)
    yield made
    made.close()


def test_the_first_start_shows_a_password_once_and_a_gate_can_post(own: Running) -> None:
    running = own
    assert any(re.search(r"first start: account admin, password \S+", line) for line in running.lines)
    journal = FakeJournal()
    journal.fill(3)
    body = gzip.compress(json.dumps(events_of(journal)).encode())
    status, answer = running.post(body, dict(living(journal)))
    assert (status, answer["acknowledged"]) == (200, 3)
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(10) == 0
    assert running.process.stdout is not None
    running.process.stdout.close()
    running.start(0)
    assert len(running.lines) == 1, "the password is not shown again"


def test_it_listens_on_loopback_only_by_default() -> None:
    assert Settings().web.listen.startswith("127.0.0.1:")


def test_ten_megabytes_a_bomb_and_garbage_get_an_answer_and_it_lives_on(running: Running) -> None:
    assert running.post(bytes(10_000_000))[0] == 413
    assert running.post(gzip.compress(bytes(100_000_000)))[0] == 413
    assert running.post(b"garbage")[0] == 400
    assert running.post(gzip.compress(b"[]"), {"authorization": "Bearer no"})[0] == 401
    with socket.create_connection(("127.0.0.1", running.port), timeout=10) as half:
        half.sendall(b"POST /ingest HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
    status, answer = running.post(gzip.compress(b"[]"))
    assert (status, answer["acknowledged"]) == (200, 0)


def test_three_hundred_gates_may_hold_their_lines_open(own: Running) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(300):
            line = http.client.HTTPConnection("127.0.0.1", own.port, timeout=10)
            stack.callback(line.close)
            line.request("GET", "/healthz")
            assert line.getresponse().read()
            assert line.sock is not None


def test_a_gate_added_while_it_runs_can_post_at_once(running: Running) -> None:
    token = json.loads(running.command("gate", "add", "later", "--json"))["token"]
    assert running.post(gzip.compress(b"[]"), {"authorization": f"Bearer {token}"})[0] == 200


def test_an_address_in_use_is_said(running: Running) -> None:
    listen = f"127.0.0.1:{running.port}"
    done = subprocess.run(
        [sys.executable, "-m", "district", "run", "--store", str(running.folder), "--listen", listen],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 3
    assert "cannot listen" in done.stderr


def test_a_district_that_dies_shows_within_three_seconds_and_comes_back_by_itself(own: Running) -> None:
    journal, stop = FakeJournal(), threading.Event()
    journal.fill(1)
    uplink = Uplink(
        reader=lambda: journal,
        unseal=lambda row: None,
        state=FakeState(),
        append=journal.append,
        options=Options(f"http://127.0.0.1:{own.port}/ingest", own.token, every_s=0.0, back_off_max_s=1.0),
        gate_id=GATE,
        incarnations=lambda: journal.incarnations,
        bell=journal.bell,
        now=now,
    )
    thread = threading.Thread(target=uplink.run, args=(stop,), name="uplink")
    thread.start()
    try:
        until(lambda: uplink.status()["acknowledged"] == 1, what="the first row")
        own.close()
        until(lambda: uplink.status()["state"] == "down", 3.0, "the loss to be noticed")
        until(lambda: "uplink.lost" in journal.kinds(), 3.0, "the loss to be written down")
        own.start(own.port)
        until(lambda: uplink.status()["state"] == "up", 15.0, "the contact to come back")
        until(lambda: "uplink.back" in journal.kinds(), 15.0, "the contact to be written down")
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()


class Sender:
    """A gate's real journal and uplink, which forward what names a code; driven turn by turn."""

    def __init__(self, folder: Path, name: str, running: Running) -> None:
        self.journal, self.name, self.url = (
            Journal.open(folder),
            name,
            f"http://127.0.0.1:{running.port}/ingest",
        )
        self.journal.start_boot()
        words = ("gate", "add", name, "--json")
        self.token = running.token if name == GATE else json.loads(running.command(*words))["token"]

    def show(self, number: int, at_us: int) -> None:
        sealed = hidden(["the same picture"]) | {"find": [digest("the same picture")]}
        body = passage(number, evidence=[piece(at_us)])
        self.journal.append(Row("passage.decided", now(), body, "in", sealed))

    def forward(self) -> None:
        """Send everything from the first row, as a gate that has forgotten what it sent."""
        uplink = Uplink(
            reader=self.journal.reader,
            unseal=self.journal.unseal,
            state=FakeState(),
            append=lambda kind, body: None,
            options=Options(self.url, self.token, forward=frozenset({"code_digest"}), every_s=0.0),
            gate_id=self.name,
            incarnations=lambda: self.journal.incarnations,
            bell=Bell(),
            now=now,
        )
        try:
            until(lambda: uplink.turn() and uplink.status()["backlog"] == 0, what="the rows to be taken")
        finally:
            uplink.close()


def test_a_code_at_two_gates_is_told_once_over_an_outage_and_a_restart(own: Running, tmp_path: Path) -> None:
    program = json.loads(own.command("admin", "token", "watch", "--json"))["token"]
    here, there = Sender(tmp_path / "a", GATE, own), Sender(tmp_path / "b", "jiangbei-04", own)
    here.show(3, NOON_US)
    there.show(4, NOON_US + 45_000_000)
    there.show(5, NOON_US + 3_600_000_000)

    def told() -> list[dict[str, object]]:
        status, answer = own.get("/api/v1/alarms", program)
        assert status == 200
        alarms = answer["alarms"]
        assert isinstance(alarms, list)
        return alarms

    there.forward()  # the gate of the first passage is cut off
    assert told() == []
    port = own.port
    own.close()
    own.start(port)
    for _ in range(2):
        here.forward()
        there.forward()
    (alarm,) = told()
    here.journal.close()
    there.journal.close()
    detail = alarm["detail"]
    assert isinstance(detail, dict)
    assert (alarm["code"], alarm["gate"], detail["passage"]) == ("code_seen_elsewhere", "jiangbei-04", 4)
    assert detail["elsewhere"] == {"gate": GATE, "lane": "in", "passage": 3, "at_us": NOON_US}
    assert detail["clocks_trusted"] is True
    assert "the same picture" not in json.dumps(alarm)
    assert digest("the same picture") not in json.dumps(alarm)


def test_a_district_and_a_gate_killed_again_and_again_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    result = ordeal.run(tmp_path, kills=5, rows=600, seed=20200208)
    assert result.kills == 5
    assert result.head >= 600
    assert result.stored == result.expected
    assert result.faults == []
    assert set(result.alarms) <= {"device_lost"}
