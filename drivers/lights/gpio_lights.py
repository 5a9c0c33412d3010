"""A red, yellow and green signal tower, and perhaps a button, on pins of this computer.

Wiring: a tower's lamps take 12 or 24 V: each behind a channel of a transistor or relay module, IN to the
pin, the computer's GND to the module's. A pin alone carries an LED with its resistor and no more. The
button between its pin and GND (or 3.3 V with `button_pull_up = false`). Pins have 3.3 V and are counted
as the chip does (BCM), not as the header does.
Signals: go green, wait yellow, stop red, fault red and yellow together, idle what `idle` says.
Needs: a Raspberry Pi with Pi OS, the packages gpiozero and lgpio, and the group gpio.
Limits: nothing comes back from a lamp: a broken one is not noticed. All go dark when the gate gives the
tower up; if the process is killed some kernels leave them as they were until it is up again.
Tried on hardware: not yet; on gpiozero's mock pins.
"""

import contextlib
import logging
import threading
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from drivers import pins
from drivers.lights._blink import Blinker
from drivers.lights._presses import Presses
from drivers.lights._signals import LAMPS, SIGNALS, Lamp, Signal, lit
from drivers.options import both, option
from edge.domain.errors import DeviceUnavailable

log = logging.getLogger(__name__)

_HALF_S = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Which pins, and what blinks."""

    red: int | None = option(None, "pin of the red lamp, BCM number; absent: no such lamp", least=0, most=27)
    yellow: int | None = option(None, "pin of the yellow lamp", least=0, most=27)
    green: int | None = option(None, "pin of the green lamp", least=0, most=27)
    active_high: bool = option(True, "a lamp burns when its pin is high; false: when it is low")
    blink: tuple[Signal, ...] = option(("fault",), "signals that blink")
    idle: Literal["none", "red", "yellow", "green"] = option("none", "lamp that burns while nobody is there")
    button: int | None = option(None, "pin of the button; absent: none", least=0, most=27)
    button_pull_up: bool = option(True, "the button goes to GND; false: to 3.3 V")
    debounce_s: float = option(0.05, "seconds the button's contact may bounce", least=0, most=1)

    def __post_init__(self) -> None:
        """Raise ValueError for no lamp at all and for a pin used twice."""
        used = [pin for pin in (self.red, self.yellow, self.green, self.button) if pin is not None]
        if self.red is None and self.yellow is None and self.green is None:
            raise ValueError(
                "red: "
                + both(
                    "give the pin of at least one lamp (red, yellow, green)",
                    "至少写一盏灯的引脚（red、yellow、green）",
                )
            )
        if len(set(used)) != len(used):
            raise ValueError(
                "red: "
                + both("every lamp and the button need a pin of their own", "每盏灯和按钮各用一个引脚")
            )


class Tower:
    """An open signal tower. One thread shows, any may close."""

    def __init__(self, options: Options, lamps: dict[Lamp, Any], button: Any = None) -> None:
        self._options = options
        self._lamps = lamps
        self._button = button
        self._presses = Presses(options.debounce_s)
        self._closed = threading.Event()
        if button is not None:
            button.when_pressed = self._presses.down
            button.when_released = self._presses.up
        self._blinker = Blinker(self._light, _HALF_S)

    def show(self, signal: str) -> None:
        """Show a signal until the next; returns at once. Raises DeviceUnavailable."""
        self.check()
        if signal not in SIGNALS:
            log.error("there is no signal %s", signal)
            return
        self._blinker.show(lit(signal, self._options.idle), blinking=signal in self._options.blink)

    def pressed(self) -> int:
        """Return how often the button was pressed since the last call. Raises DeviceUnavailable."""
        self.check()
        return self._presses.taken()

    def check(self) -> None:
        """Raise DeviceUnavailable when a pin could not be set, or was given back."""
        if self._closed.is_set():
            raise DeviceUnavailable("the signal tower was closed", code="ended")
        self._blinker.check()

    def close(self) -> None:
        """Put all lamps out and give the pins back. Idempotent."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._blinker.stop()
        with contextlib.suppress(DeviceUnavailable):
            self._light(())
        pins.give_back(*self._lamps.values(), self._button)

    def _light(self, lamps: Collection[Lamp]) -> None:
        for lamp, device in self._lamps.items():
            with pins.failures(getattr(self._options, lamp)):
                device.value = lamp in lamps


def connect(options: Options) -> Tower:
    """Take the pins, all lamps out. Raises DeviceUnavailable, no pin kept."""
    lamps: dict[Lamp, Any] = {}
    try:
        for lamp in LAMPS:
            pin = getattr(options, lamp)
            if pin is not None:
                lamps[lamp] = pins.output(pin, active_high=options.active_high)
        if options.button is None:
            return Tower(options, lamps)
        return Tower(options, lamps, pins.button(options.button, pull_up=options.button_pull_up))
    except BaseException:
        pins.give_back(*lamps.values())
        raise
