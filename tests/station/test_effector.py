"""Orders to a barrier or a voice: alarms first, nothing said or opened for somebody long gone, and a stop
that waits for nobody."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest

from edge.devices import Place
from edge.domain.errors import DeviceUnavailable
from edge.domain.lane_state import Do
from edge.domain.model import Instant
from edge.effector import OPENS_LATE_US, QUEUE_SIZE, SAID_LATE_US, Effector
from edge.messages import DeviceChanged, EffectDone, Message
from tests.station.test_devices import Status
from tests.waiting import until


@dataclass
class Port:
    """A barrier and a voice in one that is busy until it is let go or closed."""

    kind: str = "voice"
    name: str = "bench"
    begun: list[str] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)
    free: threading.Event = field(default_factory=threading.Event)

    def connect(self) -> "Port":
        return self

    def check(self) -> None:
        if self.closed.is_set():
            raise DeviceUnavailable("closed", code="ended")

    def say(self, prompt: str, values: Mapping[str, str]) -> None:
        del values
        self.begun.append(prompt)
        until(lambda: self.free.is_set() or self.closed.is_set(), what="the end of a prompt")
        self.check()

    def pulse(self) -> None:
        self.say("pulse", {})

    def close(self) -> None:
        self.closed.set()


class Bench:
    """An effector at work, and a clock the test moves."""

    def __init__(self) -> None:
        self.port, self.status, self.stop = Port(), Status(), threading.Event()
        self.mono_us = 0
        self.messages: list[Message] = []
        place = Place(
            "in",
            "bench",
            self.messages.append,
            self.status,
            lambda: None,
            lambda: Instant(self.mono_us, 0),
            lambda *_names, **_labels: None,
        )
        self.effector = Effector(self.port, place)
        self.thread = threading.Thread(target=self.effector.run, args=(self.stop,))
        self.thread.start()
        until(lambda: "up" in self.status.said, what="the device")

    def said(self, prompt: str, passage: int) -> None:
        self.effector.perform(Do("voice", prompt, passage))

    def opened(self, passage: int) -> None:
        self.effector.perform(Do("barrier", "pulse", passage))

    def begins(self, *prompts: str) -> None:
        """Wait until these were begun, in this order."""
        until(lambda: self.port.begun[-len(prompts) :] == list(prompts), what=f"{prompts}")

    def results(self, count: int) -> list[tuple[str, int, str | None]]:
        """Return what came of so many orders."""
        done = until(lambda: (d := self._done()) and len(d) >= count and d, what=f"{count} results")
        return [(result.do.what, result.do.passage, result.error) for result in done or ()]

    def _done(self) -> list[EffectDone]:
        return [message for message in self.messages if isinstance(message, EffectDone)]


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.port.free.set()
    bench.stop.set()
    bench.thread.join(10)
    assert not bench.thread.is_alive()
    assert bench.port.closed.is_set()


def test_an_alarm_goes_before_the_prompts_that_wait(bench: Bench) -> None:
    bench.said("wait", 1)
    bench.begins("wait")
    for prompt in ("again", "admit"):
        bench.said(prompt, 1)
    bench.said("alarm", 2)
    bench.said("refer", 2)
    bench.said("fault", 0)
    bench.port.free.set()
    bench.begins("wait", "alarm", "fault", "again", "admit", "refer")


def test_a_full_queue_refuses_a_prompt_and_still_takes_an_alarm(bench: Bench) -> None:
    bench.said("wait", 1)
    bench.begins("wait")
    for _ in range(QUEUE_SIZE):
        bench.said("admit", 1)
    bench.said("turn_back", 1)
    assert bench.results(1) == [("turn_back", 1, "too many orders waited")]
    for _ in range(QUEUE_SIZE + 1):
        bench.said("alarm", 1)
    assert bench.results(2)[1:] == [("alarm", 1, "too many orders waited")], "a queue without end"
    bench.port.free.set()
    bench.begins("wait", *["alarm"] * QUEUE_SIZE, *["admit"] * QUEUE_SIZE)


def test_nobody_is_told_what_was_meant_for_the_person_before(bench: Bench) -> None:
    bench.said("wait", 1)
    bench.begins("wait")
    bench.said("admit", 1)
    bench.mono_us += SAID_LATE_US
    bench.said("turn_back", 2)
    bench.mono_us += 1
    bench.port.free.set()
    bench.begins("wait", "turn_back")
    assert ("admit", 1, "it came too late") in bench.results(3)


def test_a_prompt_for_who_still_stands_there_is_said_however_late(bench: Bench) -> None:
    bench.said("alarm", 1)
    bench.begins("alarm")
    bench.said("refer", 1)
    bench.mono_us += 4 * SAID_LATE_US  # an alarm in three languages
    bench.said("alarm", 2)
    bench.port.free.set()
    bench.begins("alarm", "alarm", "refer")


@pytest.mark.parametrize(("waits_us", "opens"), [(OPENS_LATE_US, True), (OPENS_LATE_US + 1, False)])
def test_a_barrier_is_not_opened_for_somebody_long_gone(bench: Bench, waits_us: int, opens: bool) -> None:
    bench.opened(1)
    bench.begins("pulse")
    bench.opened(2)
    bench.mono_us += waits_us
    bench.port.free.set()
    assert bench.results(2)[1] == ("pulse", 2, None if opens else "it came too late")
    assert bench.port.begun == ["pulse"] * (1 + opens)


def test_a_stop_breaks_a_sentence_off_and_calls_nothing_lost(bench: Bench) -> None:
    bench.said("rest", 1)
    bench.begins("rest")
    bench.stop.set()
    bench.effector.end()
    bench.thread.join(10)
    assert not bench.thread.is_alive()
    assert bench.results(1) == [("rest", 1, "closed")]
    assert not [message for message in bench.messages if isinstance(message, DeviceChanged)]
    assert bench.status.said == ["starting", "up"]


def test_a_stop_between_orders_calls_nothing_lost(bench: Bench) -> None:
    bench.effector.end()
    until(bench.port.closed.is_set, what="the port to be closed")
    bench.stop.set()
    bench.thread.join(10)
    assert bench.messages == []
