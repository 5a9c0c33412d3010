"""A gate whose pins are gpiozero's mock ones: `python -m tests.system.mock_pins LOG gatepost-arguments...`

Every change of a pin is a line of LOG: the pin, its function, its level, and when on the monotonic clock.
"""

import sys
import time
from pathlib import Path

from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPin


class LoggedPin(MockPin):  # type: ignore[misc]
    """A pin that writes down what becomes of it."""

    log = Path()

    def _set_state(self, value: bool) -> None:
        super()._set_state(value)
        self._write()

    def _set_function(self, value: str) -> None:
        super()._set_function(value)
        self._write()

    def _write(self) -> None:
        level = int(bool(self.state))
        with self.log.open("a", encoding="ascii") as file:
            file.write(f"{self.info.name} {self.function} {level} {time.monotonic()}\n")


if __name__ == "__main__":
    LoggedPin.log = Path(sys.argv.pop(1))
    Device.pin_factory = MockFactory(pin_class=LoggedPin)
    from edge.cli import main

    sys.exit(main())
