"""The threads of a platform: blocked workers, a full inbox, drivers that fail, and the end of the gate."""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from edge.devices import Place
from edge.domain.errors import DeviceUnavailable
from edge.domain.events import CodeAnswered
from edge.domain.model import Instant
from edge.domain.ports import Inquiry, PlatformAnswer
from edge.platforms import WORKERS, Crew, Platform
from tests.platforms.people import GREEN, ROUTE, Lamp, Stand
from tests.waiting import until


@dataclass
class Port:
    """A port that does what the test says, and can be closed under a question."""

    act: Callable[[Inquiry, threading.Event], PlatformAnswer]
    closed: threading.Event = field(default_factory=threading.Event)

    def resolve(self, inquiry: Inquiry, timeout_s: float) -> PlatformAnswer:
        return self.act(inquiry, self.closed)

    def close(self) -> None:
        self.closed.set()


class Scripted:
    """A driver whose ports all do the same."""

    kind, name = "verifier", "scripted"

    def __init__(self, act: Callable[[Inquiry, threading.Event], PlatformAnswer]) -> None:
        self.act = act
        self.ports: list[Port] = []

    def connect(self) -> Port:
        self.ports.append(Port(self.act))
        return self.ports[-1]


class Running:
    """A platform with its threads, before a station that takes what it is told when it likes."""

    def __init__(self, act: Callable[[Inquiry, threading.Event], PlatformAnswer]) -> None:
        self.stand = Stand()  # its clock stands still unless it is moved
        self.driver = Scripted(act)
        self.told: list[Any] = []
        self.takes = threading.Event()
        self.takes.set()
        place = Place("", ROUTE.name, self._offer, Lamp(), lambda: None, self.now, lambda *_a, **_k: None)
        self.platform = Platform(ROUTE, self.driver.name, place)
        self.crew = Crew(self.platform, self.driver, lambda: None)
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self.crew.watch, args=(self.stop,))]
        self.threads += [
            threading.Thread(target=self.crew.work, args=(self.stop, lambda: None)) for _ in range(WORKERS)
        ]
        for thread in self.threads:
            thread.start()

    def now(self) -> Instant:
        return self.stand.now()

    def _offer(self, message: Any) -> None:
        self.takes.wait(10)
        self.told.append(message)

    def look(self, payload: bytes) -> None:
        self.platform.look("in", "scanner", payload, self.now())

    @property
    def answers(self) -> list[str]:
        found = [message for message in list(self.told) if isinstance(message, CodeAnswered)]
        return [message.code.reason or str(message.code.verdict) for message in found]

    def end(self, within_s: float = 5.0) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(within_s)
        assert not [thread for thread in self.threads if thread.is_alive()]


@pytest.fixture
def run() -> Iterator[Callable[..., Running]]:
    running: list[Running] = []

    def start(act: Callable[[Inquiry, threading.Event], PlatformAnswer]) -> Running:
        running.append(Running(act))
        return running[-1]

    yield start
    for one in running:
        one.takes.set()
        one.end()


def until_closed(_inquiry: Inquiry, closed: threading.Event) -> PlatformAnswer:
    """A platform that says nothing for as long as anybody listens."""
    closed.wait(30)
    raise DeviceUnavailable("closed", code="ended")


def test_workers_blocked_in_a_silent_platform_end_with_the_gate_and_blame_nobody(
    run: Callable[..., Running],
) -> None:
    gate = run(until_closed)
    for number in range(WORKERS):
        gate.look(b"hc:%d" % number)
    until(lambda: len(gate.driver.ports) == WORKERS, 5, "blocked workers")
    gate.end(within_s=3.0)
    assert all(port.closed.is_set() for port in gate.driver.ports)
    assert gate.answers == [], "the line was closed by us"


def test_a_worker_that_opens_its_line_as_the_gate_ends_closes_it_again(run: Callable[..., Running]) -> None:
    gate = run(lambda _inquiry, _closed: GREEN)
    connecting, go_on = threading.Event(), threading.Event()
    connect = gate.driver.connect

    def slow() -> Port:
        connecting.set()
        go_on.wait(10)
        return connect()

    gate.driver.connect = slow  # type: ignore[method-assign]
    gate.look(b"hc:1")
    until(connecting.is_set, 5, "the worker")
    gate.stop.set()
    gate.threads[0].join(3)
    go_on.set()
    gate.end()
    assert [port.closed.is_set() for port in gate.driver.ports] == [True]
    assert gate.answers == []


@pytest.mark.parametrize(
    "error",
    [ZeroDivisionError, OverflowError, ValueError, TypeError, RecursionError, KeyError, AttributeError],
)
def test_a_driver_that_fails_in_its_own_way_is_garbled_and_ends_no_thread(
    run: Callable[..., Running], caplog: pytest.LogCaptureFixture, error: type[Exception]
) -> None:
    def act(inquiry: Inquiry, _closed: threading.Event) -> PlatformAnswer:
        if b"bad" in inquiry.payload:
            raise error("what 张三 showed: hc:bad")
        return GREEN

    with caplog.at_level(logging.DEBUG):
        gate = run(act)
        for number in range(2):
            gate.look(b"hc:bad%d" % number)
        until(lambda: len(gate.answers) == 2, 5, "the answers")
        gate.look(b"hc:good")
        until(lambda: len(gate.answers) == 3, 5, "the good one")
    assert gate.answers == ["platform_garbled", "platform_garbled", "valid"]
    assert caplog.text.count(error.__name__) == 1, "said once"
    assert "test_crew.py:" in caplog.text
    for hidden in ("张三", "hc:bad"):
        assert hidden not in caplog.text


def test_a_full_inbox_keeps_no_worker_waiting_and_order_is_kept(run: Callable[..., Running]) -> None:
    """The station takes nothing for a while: questions go on being answered, and are told in their order."""
    go_on = {b"hc:%d" % number: threading.Event() for number in range(8)}
    answered: list[bytes] = []

    def act(inquiry: Inquiry, _closed: threading.Event) -> PlatformAnswer:
        go_on[inquiry.payload].wait(10)
        answered.append(inquiry.payload)
        return GREEN

    gate = run(act)
    gate.takes.clear()
    for payload in go_on:
        gate.look(payload)
    gate.stand.seconds += 2.5  # their time is up
    gate.platform.wait(0)
    until(lambda: gate.platform._news or not gate.takes.is_set(), 5, "the watch")
    until(lambda: all(question.overdue for question in gate.platform._out.values()), 5, "the silences")
    for event in go_on.values():
        event.set()
    # The breaker is open by now: three different codes were silent. Those at work are answered all the same.
    until(lambda: len(answered) >= WORKERS, 5, "the answers")
    gate.takes.set()
    until(lambda: gate.answers.count("valid") >= WORKERS, 5, "what was told")
    by_key: dict[str, list[str]] = {}
    for message in list(gate.told):
        if isinstance(message, CodeAnswered):
            by_key.setdefault(message.key, []).append(message.code.reason or "valid")
    assert len(by_key) == len(go_on)
    assert all(words in (["platform_silent"], ["platform_silent", "valid"]) for words in by_key.values())
