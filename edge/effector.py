"""The thread behind a barrier or a voice: carries orders out one by one and tells what came of each.

Decides nothing; the station sets it off, after the commit.
"""

import itertools
import queue
import threading
from typing import Any

from edge.devices import Device, Driver, Place
from edge.domain.errors import DeviceUnavailable
from edge.domain.lane_state import Do
from edge.domain.ports import ALARMS, Barrier, Voice
from edge.messages import EffectDone

QUEUE_SIZE = 4
OPENS_LATE_US = 15_000_000
SAID_LATE_US = 6_000_000
"""How long a prompt may wait once the lane has something to say to the next person."""


class Effector:
    """One barrier or voice with its own thread and a short queue, in which alarms go first.

    A full queue drops the order and says so, as does one that came too late: a barrier must not open
    for somebody long gone, nor "please go ahead" be said to the next person.
    """

    def __init__(self, driver: Driver, place: Place) -> None:
        self._driver = driver
        self._place = place
        self._orders = queue.PriorityQueue[tuple[bool, int, int, Do]]()
        self._numbers = itertools.count()
        self._newest = 0
        self._open = threading.Event()
        self._ended = threading.Event()
        self._port: Barrier | Voice | None = None

    def perform(self, do: Do) -> None:
        """Queue an order; its result reaches the station as `EffectDone`."""
        alarm = _is_alarm(do)
        if not self._open.is_set():
            self._done(do, "the device is not there")
        elif self._orders.qsize() >= QUEUE_SIZE * (2 if alarm else 1):
            self._done(do, "too many orders waited")
        else:
            self._newest = self._newest if alarm else do.passage
            self._orders.put((not alarm, next(self._numbers), self._place.now().mono_us, do))

    def end(self) -> None:
        """Break off what is being done, from another thread, when the gate stops: a pulse ends, and
        nobody waits for the end of a sentence."""
        self._ended.set()
        if self._port is not None:
            self._port.close()

    def run(self, stop: threading.Event) -> None:
        """Carry orders out until `stop` is set."""
        device = Device(self._driver, self._place)
        while not stop.is_set():
            self._place.beat()
            if self._port is None:
                self._port = self._opened(device, stop)
                continue
            try:
                _, _, at_us, do = self._orders.get(timeout=0.5)
            except queue.Empty:
                self._port = self._still_there(device, self._port)
            else:
                self._port = self._carry_out(device, self._port, do, at_us)
            if self._port is None:
                self._refuse_all()
                device.pause(stop)
        if self._port is not None:
            self._port.close()

    def _opened(self, device: Device, stop: threading.Event) -> Barrier | Voice | None:
        port = device.opened(stop)
        if port is not None:
            port = self._still_there(device, port)  # one that opens and fails is not up
            if port is None:
                device.pause(stop)
        if port is None:
            self._refuse_all()
        return port  # type: ignore[no-any-return]

    def _still_there(self, device: Device, port: Any) -> Barrier | Voice | None:
        """Look between orders: a cable that is out has to be said before somebody needs it."""
        try:
            port.check()
        except DeviceUnavailable as error:
            self._gone(device, port, error)
            return None
        self._open.set()
        device.is_up()
        return port  # type: ignore[no-any-return]

    def _gone(self, device: Device, port: Any, error: DeviceUnavailable) -> None:
        self._open.clear()
        if not self._ended.is_set():  # else nothing was lost
            device.lost(error)
        port.close()

    def _carry_out(self, device: Device, port: Any, do: Do, at_us: int) -> Barrier | Voice | None:
        if self._is_late(do, self._place.now().mono_us - at_us):
            self._done(do, "it came too late")
            return port  # type: ignore[no-any-return]
        try:
            if do.device == "barrier":
                port.pulse()
            else:
                port.say(do.what, dict(do.values))
        except DeviceUnavailable as error:
            self._gone(device, port, error)
            self._done(do, str(error))
            return None
        self._done(do, None)
        return port  # type: ignore[no-any-return]

    def _is_late(self, do: Do, waited_us: int) -> bool:
        if do.device == "barrier":
            return waited_us > OPENS_LATE_US
        return not _is_alarm(do) and do.passage != self._newest and waited_us > SAID_LATE_US

    def _refuse_all(self) -> None:
        while True:
            try:
                *_, do = self._orders.get_nowait()
            except queue.Empty:
                return
            self._done(do, "the device is not there")

    def _done(self, do: Do, error: str | None) -> None:
        self._place.offer(EffectDone(self._place.lane, do, self._place.now(), error))


def _is_alarm(do: Do) -> bool:
    return do.device == "voice" and do.what in ALARMS
