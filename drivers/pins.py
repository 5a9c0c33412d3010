"""Pins of the computer itself, by gpiozero: outputs and buttons, every failure a DeviceUnavailable.

Used by drivers that sit on the pin header. Where the machine has no pins, or they may not be touched, it
says which of the two; it never falls back from one way of reaching pins to another.
"""

import contextlib
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edge.domain.errors import DeviceUnavailable

log = logging.getLogger(__name__)

_DEV = Path("/dev")
_lock = threading.Lock()
_factory: Any = None
_held: dict[int, Any] = {}


def output(pin: int, *, active_high: bool = True) -> Any:
    """Take a pin (BCM number) as an output that is off. Raises DeviceUnavailable with code `absent`,
    `denied` or `busy`."""
    from gpiozero import OutputDevice

    give_back(_held.pop(pin, None))
    with failures(pin):
        return OutputDevice(pin, active_high=active_high, initial_value=False, pin_factory=factory())


def button(pin: int, *, pull_up: bool = True) -> Any:
    """Take a pin as a button against ground, or against 3.3 V without `pull_up`. Raises as `output`.

    Bouncing is the caller's to sort out: the pins' own filters differ from one library to the next.
    """
    from gpiozero import Button

    with failures(pin):
        return Button(pin, pull_up=pull_up, bounce_time=None, pin_factory=factory())


def hold(pin: int, device: Any) -> None:
    """Keep an output as it stands, for as long as this program runs, until the pin is taken anew."""
    _held[pin] = device


def give_back(*devices: Any) -> None:
    """Let go of pins; None is none. One that cannot be let go of is said and stops nobody."""
    for device in devices:
        try:
            with failures(device):
                if device is not None:
                    device.close()
        except DeviceUnavailable as error:
            log.warning("%s", error)


@contextlib.contextmanager
def failures(pin: object) -> Iterator[None]:
    """Turn what gpiozero and lgpio let out into DeviceUnavailable."""
    from gpiozero import GPIOPinInUse, GPIOZeroError
    from gpiozero.exc import DeviceClosed

    # lgpio's own error derives from nothing but Exception; without lgpio there is none.
    library = getattr(sys.modules.get("lgpio"), "error", OSError)
    try:
        yield
    except GPIOPinInUse as error:
        raise DeviceUnavailable(f"pin {pin} is used twice in the configuration: {error}", "busy") from error
    except DeviceClosed as error:
        raise DeviceUnavailable(f"pin {pin} was closed", code="ended") from error
    except (GPIOZeroError, OSError, library) as error:
        code = "busy" if "busy" in str(error).lower() else "absent"
        raise DeviceUnavailable(f"pin {pin} cannot be used: {error}", code) from error


def factory() -> Any:
    """Return what makes pins: gpiozero's, where somebody has set one, else lgpio on this machine."""
    global _factory  # noqa: PLW0603 - the chip is opened once for the whole program
    from gpiozero import Device

    if Device.pin_factory is not None:
        return Device.pin_factory
    with _lock:
        if _factory is None:
            _look()
            # lgpio makes a pipe where it is started; a service may not write there.
            os.environ.setdefault("LG_WD", os.environ.get("RUNTIME_DIRECTORY") or tempfile.gettempdir())
            from gpiozero.pins.lgpio import LGPIOFactory

            _factory = LGPIOFactory()
        return _factory


def _look() -> None:
    """Raise DeviceUnavailable where there are no pins to be had, saying which and why."""
    chips = sorted(_DEV.glob("gpiochip*"))
    if not chips:
        raise DeviceUnavailable("this machine has no GPIO pins (no /dev/gpiochip*)", code="absent")
    if not any(os.access(chip, os.R_OK | os.W_OK) for chip in chips):
        raise DeviceUnavailable(f"{chips[0]} may not be opened (group gpio)", code="denied")
