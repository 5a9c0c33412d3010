"""The threads between drivers and the station: open, read, notice loss, back off, open again.

No driver is ever replaced by another here: a device that cannot be opened is down, said so, and
tried again for as long as the gate runs.
"""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from edge.domain.errors import DeviceUnavailable
from edge.domain.events import ReadingArrived
from edge.domain.lane_state import Do
from edge.domain.model import Instant, Quality
from edge.domain.ports import Barrier, Scanner, Thermometer, Voice
from edge.messages import DeviceChanged, EffectDone, Message, ScanArrived

log = logging.getLogger(__name__)

BACK_OFF_S = (0.5, 1.0, 2.0, 3.0, 5.0)
QUEUE_SIZE = 4
AT_ONCE = 16


class Driver(Protocol):
    """A configured driver: what the registry returns."""

    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...

    def connect(self) -> Any:
        """Open the device; raises DeviceUnavailable."""


class Status(Protocol):
    """The health entry of one device."""

    def starting(self) -> None: ...
    def up(self) -> None: ...
    def down(self, code: str, message: str) -> None: ...
    def totals(self, **totals: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where a device stands and whom it tells. `name` is unique within the lane; `holds` learns which
    port is open, None once it is closed."""

    lane: str
    name: str
    offer: Callable[[Message], None]
    status: Status
    beat: Callable[[], None]
    now: Callable[[], Instant]
    count: Callable[..., None]
    holds: Callable[[Any], None] = lambda _port: None


class Device:
    """Keeps one device open and reports its losses and returns, once each."""

    def __init__(self, driver: Driver, place: Place) -> None:
        self._driver = driver
        self._place = place
        self._is_up: bool | None = None
        self._failures = 0

    def opened(self, stop: threading.Event) -> Any:
        """Return the open port, or None when it could not be opened (after waiting a little)."""
        self._place.beat()
        if self._is_up is None and not self._failures:
            self._place.status.starting()
        try:
            return self._driver.connect()
        except DeviceUnavailable as error:
            self.lost(error)
            self.pause(stop)
            return None

    def is_up(self) -> None:
        """Report that the device works, if that is news."""
        self._failures = 0
        if self._is_up:
            return
        self._place.status.up()
        if self._is_up is False:
            log.warning("%s %s on lane %s is back", self._driver.kind, self._driver.name, self._place.lane)
            self._tell(up=True)
        self._is_up = True

    def lost(self, error: DeviceUnavailable) -> None:
        """Report that the device is gone, if that is news."""
        self._place.status.down(error.code, str(error))
        if self._is_up is not False:
            name = self._driver.name
            log.warning("%s %s on lane %s is gone: %s", self._driver.kind, name, self._place.lane, error)
            self._tell(up=False, error=error)
        self._is_up = False

    def pause(self, stop: threading.Event) -> None:
        """Wait before the next try, longer with every one since the device last worked."""
        pause = BACK_OFF_S[min(self._failures, len(BACK_OFF_S) - 1)]
        self._failures += 1
        stop.wait(pause)

    def _tell(self, *, up: bool, error: DeviceUnavailable | None = None) -> None:
        self._place.offer(
            DeviceChanged(
                lane=self._place.lane,
                kind=self._driver.kind,
                name=self._place.name,
                driver=self._driver.name,
                up=up,
                at=self._place.now(),
                code=error.code if error else "",
                message=str(error) if error else "",
            )
        )


def read_thermometer(driver: Driver, place: Place, stop: threading.Event) -> None:
    """Read a thermometer until `stop` is set; what it says goes to the station as it is."""

    def pump(port: Thermometer) -> bool:
        readings = [*port.read()]
        at = place.now()
        # A quarter of a second holds a few frames at most; more have waited for us, and when each of
        # them came nobody knows: old air, or somebody who has gone.
        for index in range(len(readings) - 1 if len(readings) > AT_ONCE else 0):
            readings[index] = replace(readings[index], quality=Quality.STALE)
        for reading in readings:
            place.offer(ReadingArrived(place.lane, place.name, reading, at))
        _count(place, "readings", len(readings), port)
        return bool(readings)

    _pump(driver, place, stop, pump)


def read_scanner(driver: Driver, place: Place, stop: threading.Event) -> None:
    """Read a scanner until `stop` is set."""

    def pump(port: Scanner) -> bool:
        scans = port.read()
        at = place.now()
        for scan in scans:
            place.offer(ScanArrived(place.lane, place.name, scan, at))
        _count(place, "scans", len(scans), port)
        # A scanner may be silent for hours; one that says when its first picture came is believed.
        return bool(getattr(port, "started", True))

    _pump(driver, place, stop, pump)


class Effector:
    """One barrier or voice with its own thread and a short queue.

    A full queue drops the order and says so: a barrier must not open for somebody long gone.
    """

    def __init__(self, driver: Driver, place: Place) -> None:
        self._driver = driver
        self._place = place
        self._orders: queue.Queue[Do] = queue.Queue(QUEUE_SIZE)
        self._open = threading.Event()

    def perform(self, do: Do) -> None:
        """Queue an order; its result reaches the station as `EffectDone`."""
        if not self._open.is_set():
            self._done(do, "the device is not there")
            return
        try:
            self._orders.put_nowait(do)
        except queue.Full:
            self._done(do, "too many orders waited")

    def run(self, stop: threading.Event) -> None:
        """Carry orders out until `stop` is set."""
        device = Device(self._driver, self._place)
        port: Barrier | Voice | None = None
        while not stop.is_set():
            self._place.beat()
            if port is None:
                port = self._opened(device, stop)
                continue
            try:
                do = self._orders.get(timeout=0.5)
            except queue.Empty:
                port = self._still_there(device, port)
            else:
                port = self._carry_out(device, port, do)
            if port is None:
                self._refuse_all()
                device.pause(stop)
        if port is not None:
            port.close()

    def _opened(self, device: Device, stop: threading.Event) -> Barrier | Voice | None:
        port = device.opened(stop)
        if port is not None:
            port = self._still_there(device, port)  # one that opens and fails is not up
            if port is None:
                device.pause(stop)
        if port is None:
            self._refuse_all()
            return None
        device.is_up()
        self._open.set()
        return port  # type: ignore[no-any-return]

    def _still_there(self, device: Device, port: Any) -> Barrier | Voice | None:
        """Look between orders: a cable that is out has to be said before somebody needs it."""
        try:
            port.check()
        except DeviceUnavailable as error:
            self._gone(device, port, error)
            return None
        return port  # type: ignore[no-any-return]

    def _gone(self, device: Device, port: Any, error: DeviceUnavailable) -> None:
        self._open.clear()
        device.lost(error)
        port.close()

    def _carry_out(self, device: Device, port: Any, do: Do) -> Barrier | Voice | None:
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

    def _refuse_all(self) -> None:
        while True:
            try:
                do = self._orders.get_nowait()
            except queue.Empty:
                return
            self._done(do, "the device is not there")

    def _done(self, do: Do, error: str | None) -> None:
        self._place.offer(EffectDone(self._place.lane, do, self._place.now(), error))


def _count(place: Place, what: str, number: int, port: object) -> None:
    if number:
        place.count(what, number, lane=place.lane, name=place.name)
    decoder = getattr(port, "decoder", None)
    if decoder is not None:
        place.status.totals(frames_bad=decoder.bad_frames, bytes_dropped=decoder.dropped_bytes)


def _pump(driver: Driver, place: Place, stop: threading.Event, pump: Callable[[Any], bool]) -> None:
    device = Device(driver, place)
    while not stop.is_set():
        port = device.opened(stop)
        if port is None:
            continue
        place.holds(port)
        try:
            while not stop.is_set():
                place.beat()
                if pump(port):
                    device.is_up()
        except DeviceUnavailable as error:
            device.lost(error)
        finally:
            place.holds(None)
            port.close()
        device.pause(stop)  # one that opens and fails at once must not be tried without end
