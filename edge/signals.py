"""The thread behind a signal tower: shows what the lane says, tells when its button was pressed.

Follows the published view and decides nothing: a tower shows what the page shows. One that is gone is
told, tried again for as long as the gate runs, and never holds anybody up.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from edge.devices import Device, Driver, Place
from edge.domain.errors import DeviceUnavailable
from edge.domain.outage import stopped
from edge.domain.ports import Lights

FADES_US = 8_000_000
_TURN_S = 0.2
_ENDED = {"admit": "go", "turn_back": "stop", "refer": "stop"}


def signal_of(view: Mapping[str, Any], now_us: int) -> str:
    """Return the signal for a lane's view: `fault` where nothing can be decided, `wait` while somebody
    is under way, `go` or `stop` for some seconds after a verdict, else `idle`, or `fault` where nothing
    can be measured or scanned: a gate that is out of order must not look like one that waits."""
    if not view.get("writable", True):
        return "fault"
    if view["stage"] in ("open", "hold"):
        return "wait"
    last = view.get("last") or {"outcome": None}
    if view["stage"] == "ended" and last["outcome"] in _ENDED and 0 <= now_us - int(last["at_us"]) < FADES_US:
        # Whoever is on a list is told no more than to wait, and so is whoever looks at the tower.
        return "wait" if last.get("hushed") else _ENDED[last["outcome"]]
    return "fault" if stopped(view.get("devices", ())) else "idle"


def follow(
    driver: Driver,
    place: Place,
    stop: threading.Event,
    *,
    view: Callable[[], Mapping[str, Any]],
    pressed: Callable[[], None],
) -> None:
    """Keep a tower in step with its lane until `stop` is set."""
    device = Device(driver, place)

    def keep_in_step(port: Lights) -> None:
        shown = None
        while not stop.is_set():
            place.beat()
            port.check()
            signal = signal_of(view(), place.now().at_us)
            if signal != shown:
                port.show(signal)
                shown = signal
            device.is_up()
            if port.pressed():  # a button pressed in anger is pressed once
                pressed()
            stop.wait(_TURN_S)

    while not stop.is_set():
        port = device.opened(stop)
        if port is None:
            continue
        try:
            keep_in_step(port)
        except DeviceUnavailable as error:
            device.lost(error)
        finally:
            port.close()
        device.pause(stop)
