"""Devices that come, go, fail and come back; each said once."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from edge.devices import Place, read_scanner, read_thermometer
from edge.domain.errors import DeviceUnavailable
from edge.domain.events import ReadingArrived
from edge.domain.lane_state import Do
from edge.domain.model import Instant, Quality, Reading, Scan
from edge.effector import Effector
from edge.messages import DeviceChanged, EffectDone, Message, ScanArrived
from tests.domain.people import AIR
from tests.waiting import until


@dataclass
class Status:
    """A health entry that remembers what it was told."""

    said: list[str] = field(default_factory=list)

    def starting(self) -> None:
        self.said.append("starting")

    def up(self) -> None:
        self.said.append("up")

    def down(self, code: str, message: str) -> None:
        if self.said[-1:] != [code]:
            self.said.append(code)

    def totals(self, **totals: int) -> None:
        pass


class Bench:
    """A device on the bench: `there` is whether its cable is in, `gives` what it reads."""

    kind, name = "thermometer", "bench"

    def __init__(self) -> None:
        self.there = threading.Event()
        self.gives: list[Reading | Scan] = [AIR]
        self.opened = 0
        self.closed = 0
        self.pulses = 0
        self.said: list[str] = []
        self.opens_always = False
        self.pulses_left: int | None = None

    def connect(self) -> "Bench":
        if not self.opens_always and not self.there.is_set():
            raise DeviceUnavailable("no cable", code="absent")
        self.opened += 1
        return self

    def check(self) -> None:
        if not self.there.is_set():
            raise DeviceUnavailable("cable out")

    def read(self) -> Sequence[Reading | Scan]:
        self.check()
        threading.Event().wait(0.01)
        return list(self.gives)

    def pulse(self) -> None:
        if self.pulses == self.pulses_left:
            self.there.clear()
        self.check()
        self.pulses += 1

    def say(self, prompt: str, values: dict[str, str]) -> None:
        self.check()
        self.said.append(prompt + "".join(values.values()))

    def close(self) -> None:
        self.closed += 1


class Stop(threading.Event):
    """A stop event that notes how long somebody meant to wait, and does not."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        if timeout is not None:
            self.waits.append(timeout)
        return super().wait(0.001)


class Running:
    """A device thread under test."""

    def __init__(self) -> None:
        self.bench, self.status, self.stop = Bench(), Status(), Stop()
        self.messages: list[Message] = []
        self.beats = 0
        self.counted: dict[str, int] = {}
        self.place = Place(
            "in", "bench", self.messages.append, self.status, self._beat, lambda: Instant(0, 0), self._count
        )
        self.thread: threading.Thread | None = None

    def start(self, work: object, *args: object) -> None:
        self.thread = threading.Thread(target=work, args=(*args, self.stop))  # type: ignore[arg-type]
        self.thread.start()

    def changes(self) -> list[tuple[bool, str]]:
        return [(m.up, m.code) for m in self.messages if isinstance(m, DeviceChanged)]

    def _count(self, what: str, number: int, **labels: str) -> None:
        self.counted[what] = self.counted.get(what, 0) + number

    def _beat(self) -> None:
        self.beats += 1


@pytest.fixture
def running() -> Iterator[Running]:
    running = Running()
    yield running
    running.stop.set()
    if running.thread is not None:
        running.thread.join(5)
        assert not running.thread.is_alive()


def test_a_thermometer_is_read_lost_and_taken_back_and_each_is_said_once(running: Running) -> None:
    running.bench.there.set()
    running.start(read_thermometer, running.bench, running.place)
    until(lambda: any(isinstance(m, ReadingArrived) for m in running.messages), 5, "readings")
    assert running.counted["readings"] > 0
    running.bench.there.clear()
    until(lambda: running.changes() == [(False, "lost")], 5, "the loss")
    running.bench.there.set()
    until(lambda: running.changes() == [(False, "lost"), (True, "")], 10, "the return")
    assert running.bench.opened == 2
    assert running.bench.closed == 1
    assert running.status.said[:2] == ["starting", "up"]
    assert running.status.said[-1] == "up"


@pytest.mark.parametrize("effector", [False, True])
def test_a_device_that_opens_and_fails_at_once_is_tried_with_longer_pauses_and_said_once(
    running: Running, effector: bool
) -> None:
    bench, stop = running.bench, Stop()
    running.stop = stop
    bench.opens_always = True
    if effector:
        running.start(Effector(bench, running.place).run)
    else:
        running.start(read_thermometer, bench, running.place)
    until(lambda: bench.opened >= 7, 5, "seven tries")
    stop.set()
    assert stop.waits[:6] == [0.5, 1.0, 2.0, 3.0, 5.0, 5.0]
    assert running.changes() == [(False, "lost")]


def test_orders_that_waited_when_the_barrier_was_lost_are_not_carried_out_later(running: Running) -> None:
    bench = running.bench
    bench.there.set()
    effector = Effector(bench, running.place)
    effector._open.set()
    for number in range(3):
        effector.perform(Do("barrier", "pulse", number))
    bench.opens_always = True
    bench.pulses_left = 1
    running.start(effector.run)
    until(lambda: len([m for m in running.messages if isinstance(m, EffectDone)]) == 3, 10, "results")
    errors = [m.error for m in running.messages if isinstance(m, EffectDone)]
    assert errors == [None, "cable out", "the device is not there"]


def test_a_device_that_was_never_there_is_said_once_however_often_it_is_tried(running: Running) -> None:
    running.start(read_thermometer, running.bench, running.place)
    until(lambda: running.beats >= 3, 10, "three tries")
    assert running.changes() == [(False, "absent")]


def test_a_scanner_that_has_not_started_yet_is_not_called_up(running: Running) -> None:
    running.bench.gives = []
    running.bench.started = False  # type: ignore[attr-defined]
    running.bench.there.set()
    running.start(read_scanner, running.bench, running.place)
    until(lambda: running.beats >= 5, 5, "turns")
    assert running.status.said == ["starting"]
    running.bench.started = True  # type: ignore[attr-defined]
    running.bench.gives = [Scan(b"x")]
    until(lambda: any(isinstance(m, ScanArrived) for m in running.messages), 5, "a scan")
    assert running.status.said == ["starting", "up"]


def test_an_effector_carries_out_in_order_and_reports_each(running: Running) -> None:
    running.bench.there.set()
    effector = Effector(running.bench, running.place)
    running.start(effector.run)
    until(lambda: "up" in running.status.said, 5, "the device")
    orders = [Do("barrier", "pulse", 1), Do("voice", "rest", 1, (("ticket", "7"),))]
    for do in orders:
        effector.perform(do)
    until(lambda: len(running.messages) == 2, 5, "results")
    assert [m.do for m in running.messages if isinstance(m, EffectDone)] == orders
    assert running.bench.pulses == 1
    assert running.bench.said == ["rest7"]


def test_an_order_to_a_device_that_is_not_there_fails_at_once(running: Running) -> None:
    effector = Effector(running.bench, running.place)
    effector.perform(Do("barrier", "pulse", 1))
    (done,) = running.messages
    assert isinstance(done, EffectDone)
    assert done.error == "the device is not there"


def test_an_unplugged_barrier_is_noticed_without_an_order(running: Running) -> None:
    running.bench.there.set()
    effector = Effector(running.bench, running.place)
    running.start(effector.run)
    until(lambda: "up" in running.status.said, 5, "the device")
    running.bench.there.clear()
    until(lambda: running.changes() == [(False, "lost")], 5, "the loss")
    running.bench.there.set()
    until(lambda: running.changes() == [(False, "lost"), (True, "")], 10, "the return")
    assert running.status.said[:2] == ["starting", "up"]
    assert running.status.said[-1] == "up"
    assert (running.bench.opened, running.bench.closed, running.bench.pulses) == (2, 1, 0)
    assert not any(isinstance(message, EffectDone) for message in running.messages)


def test_orders_nobody_could_carry_out_in_time_are_dropped_and_said(running: Running) -> None:
    effector = Effector(running.bench, running.place)
    effector._open.set()  # the thread that would work the queue is not running
    for number in range(6):
        effector.perform(Do("barrier", "pulse", number))
    errors = [m.error for m in running.messages if isinstance(m, EffectDone)]
    assert errors == ["too many orders waited"] * 2


def test_frames_that_waited_in_a_buffer_are_marked_and_the_newest_is_not(running: Running) -> None:
    running.bench.gives = [AIR] * 200
    running.bench.there.set()
    running.start(read_thermometer, running.bench, running.place)

    def arrived() -> list[Reading]:
        return [m.reading for m in running.messages if isinstance(m, ReadingArrived)]

    until(lambda: len(arrived()) >= 200, what="the readings")
    first = arrived()[:200]
    assert [reading.quality for reading in first] == [Quality.STALE] * 199 + [Quality.OK]
    assert {reading.raw for reading in first} == {AIR.raw}
