"""The threads of one platform: workers that ask it, and the watch that keeps its time.

A worker is blocked for as long as the platform is silent. When the gate stops the watch closes every line, so
that no worker outlives the gate by that time.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb

from edge.devices import Driver
from edge.domain.errors import DeviceUnavailable
from edge.domain.ports import Inquiry, PlatformAnswer, Verifier
from edge.platforms.backlog import Question
from edge.platforms.platform import IDLE_S, Platform

log = logging.getLogger(__name__)

WORKERS = 3
LATE_S = 15.0  # how long a worker goes on listening for an answer nobody waits for any more
HEART_S = 60.0  # a worker listens, closes its line and opens another between two beats

# What no port may raise, and a driver for somebody else's protocol will one day: not the gate's end.
_UNMEANT = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class Crew:
    """Asks one platform by one driver."""

    def __init__(self, platform: Platform, driver: Driver, beat: Callable[[], None]) -> None:
        """`beat` is the watch's heart; each worker brings its own."""
        self._platform = platform
        self._driver = driver
        self._beat = beat
        self._lock = threading.Lock()
        self._ports: list[Verifier] = []
        self._ended = False
        self._odd: set[str] = set()

    def watch(self, stop: threading.Event) -> None:
        """Tell the lanes when their time is up and what was answered, until `stop` is set."""
        while not stop.is_set():
            self._beat()
            wait_s = self._platform.overdue()
            self._platform.tell(stop.is_set)
            self._platform.wait(wait_s)
        with self._lock:
            self._ended = True
            ports, self._ports = self._ports, []
        for port in ports:
            port.close()

    def work(self, stop: threading.Event, beat: Callable[[], None]) -> None:
        """Ask the platform what waits, until `stop` is set."""
        port: Verifier | None = None
        while not stop.is_set():
            beat()
            question = self._platform.take(IDLE_S)
            if question is None:
                continue
            outcome: PlatformAnswer | DeviceUnavailable
            try:
                port = port or self._opened()
                outcome = self._asked(port, question)
            except DeviceUnavailable as error:
                outcome = error
            except _UNMEANT as error:
                outcome = self._unmeant(error)
            if stop.is_set():
                break  # the line was closed under it: that says nothing of the platform
            if not isinstance(outcome, DeviceUnavailable):
                self._platform.settle(question, outcome)
                continue
            self._platform.fail(question, outcome)
            self._close(port)
            port = None
        self._close(port)

    def _asked(self, port: Verifier, question: Question) -> PlatformAnswer:
        kind, number = self._platform.route.carrier, question.id_number
        return port.resolve(Inquiry(kind, question.payload, number), LATE_S)

    def _opened(self) -> Verifier:
        port: Verifier = self._driver.connect()
        with self._lock:
            if not self._ended:
                self._ports.append(port)
                return port
        port.close()
        raise DeviceUnavailable("the gate stops", code="ended")

    def _close(self, port: Verifier | None) -> None:
        if port is None:
            return
        with self._lock:
            if port in self._ports:
                self._ports.remove(port)
        port.close()

    def _unmeant(self, error: Exception) -> DeviceUnavailable:
        """A fault of the driver's is said once for each kind; its text may repeat what a person showed."""
        what = type(error).__name__
        if what not in self._odd:
            self._odd.add(what)
            spot = extract_tb(error.__traceback__)[-1]
            name = self._platform.route.name
            where = f"{Path(spot.filename).name}:{spot.lineno}"
            log.error("the driver %s of platform %s: %s at %s", self._driver.name, name, what, where)
        return DeviceUnavailable(f"the driver could not read the answer: {what}", code="garbled")
