"""The threads between drivers and the station: open, read, notice loss, back off, open again.

No driver is ever replaced by another here: a device that cannot be opened is down, said so, and
tried again for as long as the gate runs.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from edge.domain.errors import DeviceUnavailable
from edge.domain.events import ReadingArrived
from edge.domain.model import Instant, Quality
from edge.domain.ports import Scanner, Thermometer
from edge.messages import DeviceChanged, Message, ScanArrived

log = logging.getLogger(__name__)

BACK_OFF_S = (0.5, 1.0, 2.0, 3.0, 5.0)
# A device has to work for so long before its next loss is a new one, tried again at once.
WORKED_US = 3_000_000
# A plug that makes and breaks contact: after so many losses within a minute, its return is written down
# only when it has lasted a minute. The page shows every one of them.
FLAPS = 3
STEADY_US = 60_000_000
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
    port is open, None once it is closed; `whose_mask` says which passage asks for the mask now, `ails`
    learns what does not work of a device that works otherwise (a code, "" for nothing, and a message)."""

    lane: str
    name: str
    offer: Callable[[Message], None]
    status: Status
    beat: Callable[[], None]
    now: Callable[[], Instant]
    count: Callable[..., None]
    holds: Callable[[Any], None] = lambda _port: None
    whose_mask: Callable[[], int | None] = lambda: None
    ails: Callable[[str, str], None] = lambda _code, _message: None


class Device:
    """Keeps one device open and reports its losses and returns, once each; of a loose plug, the first."""

    def __init__(self, driver: Driver, place: Place) -> None:
        self._driver = driver
        self._place = place
        self._is_up: bool | None = None
        self._up_us = 0
        self._failures = 0
        self._lost_us = deque[int](maxlen=FLAPS)
        self._codes: set[str] = set()  # why it is gone, as the journal has it; empty: it is not
        self._untold = 0

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
        """Report that the device works, if that is news. Called again and again for as long as it does."""
        now_us = self._place.now().mono_us
        if not self._is_up:
            self._is_up, self._up_us = True, now_us
            self._place.status.up()
        if self._failures and now_us - self._up_us >= WORKED_US:
            self._failures = 0
        if self._codes and not self._is_loose(now_us):
            log.warning("%s %s on lane %s is back", self._driver.kind, self._driver.name, self._place.lane)
            self._tell(up=True, message=f"lost {self._untold} times more before" if self._untold else "")
            self._codes.clear()
            self._untold = 0

    def lost(self, error: DeviceUnavailable) -> None:
        """Report that the device is gone, if that is news."""
        self._place.status.down(error.code, str(error))
        # A reason that shows only later (plugged in again, at the wrong speed) is news as well; that what
        # was lost is absent is not.
        news = error.code not in self._codes and not (self._codes and error.code == "absent")
        if self._is_up is not False:
            self._lost_us.append(self._place.now().mono_us)
            self._untold += not news
        if news:
            name = self._driver.name
            log.warning("%s %s on lane %s is gone: %s", self._driver.kind, name, self._place.lane, error)
            self._codes.add(error.code)
        if news or self._is_up:
            self._tell(up=False, code=error.code, message=str(error), recorded=news)
        self._is_up = False

    def pause(self, stop: threading.Event) -> None:
        """Wait before the next try, longer with every one since the device last worked."""
        pause = BACK_OFF_S[min(self._failures, len(BACK_OFF_S) - 1)]
        self._failures += 1
        stop.wait(pause)

    def _is_loose(self, now_us: int) -> bool:
        often = len(self._lost_us) == FLAPS and self._up_us - self._lost_us[0] < STEADY_US
        return often and now_us - self._up_us < STEADY_US

    def _tell(self, *, up: bool, code: str = "", message: str = "", recorded: bool = True) -> None:
        self._place.offer(
            DeviceChanged(
                lane=self._place.lane,
                kind=self._driver.kind,
                name=self._place.name,
                driver=self._driver.name,
                up=up,
                at=self._place.now(),
                code=code,
                message=message,
                recorded=recorded,
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
        if getattr(port, "looks", False):
            _look(place, port)
        scans = port.read()
        at = place.now()
        for scan in scans:
            place.offer(ScanArrived(place.lane, place.name, scan, at))
        _count(place, "scans", len(scans), port)
        # A scanner may be silent for hours; one that says when its first picture came is believed.
        return bool(getattr(port, "started", True))

    _pump(driver, place, stop, pump)


def _look(place: Place, port: Any) -> None:
    """Tell a camera with a model of whom it is to say whether a mask is worn, and what ails the model: codes
    are read all the same."""
    port.look(place.whose_mask())
    code, message = port.mask_fault or ("", "")
    place.ails(f"mask_{code}" if code else "", message)


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
