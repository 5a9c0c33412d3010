"""A relay on a pin of this computer, closing the barrier's "open" contact.

Wiring: a relay module with its own driver transistor: VCC, GND, and IN to the pin; a pin alone carries no
relay coil. Pins have 3.3 V. Many modules switch on when IN is low: `active_high = false`. Pins are counted
as the chip does (BCM), not as the header does. The relay's COM and NO to the controller's "open" input.
Needs: a Raspberry Pi with Pi OS, the packages gpiozero and lgpio, and the group gpio.
Limits: nothing comes back from a relay module: a loose wire is not noticed. Before the gate runs and after
it has ended the pin is an input: put a pull resistor on IN that keeps the relay as the site wants it then.
`safe = "open"` holds the contact only while the program runs. If the process is killed during a pulse, some
kernels leave the pin as it was until the gate is up again: choose a controller that takes an impulse.
Tried on hardware: not yet; on gpiozero's mock pins.
"""

from dataclasses import dataclass
from typing import Any

from drivers import pins
from drivers.barrier._pulse import PulsedBarrier, PulseOptions, opened
from drivers.options import option


@dataclass(frozen=True, kw_only=True, slots=True)
class Options(PulseOptions):
    """Which pin and how long the contact closes."""

    pin: int = option(doc="pin of the relay, BCM number", least=0, most=27)
    active_high: bool = option(True, "the relay closes when the pin is high; false: when it is low")


class Pin:
    """An output pin with a relay behind it."""

    def __init__(self, options: Options, device: Any) -> None:
        self._options = options
        self._device = device
        self._on = False

    def switch(self, *, on: bool) -> None:
        """Set the pin. Raises DeviceUnavailable."""
        self._on = on  # what is wanted: a pin that could not be switched off must not be held on
        with pins.failures(self._options.pin):
            self._device.value = on

    def present(self) -> None:
        """Raise DeviceUnavailable when the pin was given back."""
        with pins.failures(self._options.pin):
            self._device.value  # noqa: B018 - reading asks the pin

    check = present

    def close(self) -> None:
        """Give the pin back; one that is to stay on is held until the program ends. Idempotent."""
        if self._on:
            pins.hold(self._options.pin, self._device)
        else:
            pins.give_back(self._device)


def connect(options: Options) -> PulsedBarrier:
    """Take the pin, off. Raises DeviceUnavailable."""
    device = pins.output(options.pin, active_high=options.active_high)
    return opened(Pin(options, device), options)
