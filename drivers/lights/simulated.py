"""A signal tower in software, for demonstrations and tests: remembers each signal.

`log` names a file that gets one JSON line a signal, {"mono_us": when, "signal": which, "lamps": [...]},
for a test that watches from another process. A file named by `button` stands for the button: every byte
that is added to it is one press.
Limits: lights nothing; the page carries a banner while it is configured.
"""

import json
import logging
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from drivers.lights._signals import SIGNALS, lit
from drivers.options import option
from edge.domain.errors import DeviceUnavailable

log = logging.getLogger(__name__)

SIMULATED = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Where signals are written down and presses come from."""

    log: str = option("", "file that gets a line for each signal; empty: none")
    button: str = option("", "file that stands for the button: each byte added is a press; empty: none")
    idle: Literal["none", "red", "yellow", "green"] = option("none", "lamp that burns while nobody is there")


class SimulatedLights:
    """The tower. `shown` holds the last thousand signals, the newest last."""

    def __init__(self, options: Options) -> None:
        self.shown: deque[str] = deque(maxlen=1000)
        self._options = options
        self._closed = threading.Event()
        self._presses = self._size()

    def show(self, signal: str) -> None:
        """Take the signal over. Raises DeviceUnavailable."""
        self.check()
        if signal not in SIGNALS:
            log.error("there is no signal %s", signal)
            return
        if self._options.log:
            self._write_down(signal)
        self.shown.append(signal)

    def pressed(self) -> int:
        """Return how many bytes the button's file has grown by. Raises DeviceUnavailable."""
        self.check()
        size, before = self._size(), self._presses
        self._presses = size
        return max(0, size - before)

    def check(self) -> None:
        """Raise DeviceUnavailable when it was closed."""
        if self._closed.is_set():
            raise DeviceUnavailable("the signal tower was closed", code="ended")

    def close(self) -> None:
        """Go dark. Idempotent."""
        self._closed.set()

    def _size(self) -> int:
        if not self._options.button:
            return 0
        try:
            return Path(self._options.button).stat().st_size
        except OSError:
            return 0  # not there yet: nobody has pressed

    def _write_down(self, signal: str) -> None:
        lamps = sorted(lit(signal, self._options.idle))
        line = json.dumps({"mono_us": round(time.monotonic() * 1e6), "signal": signal, "lamps": lamps})
        try:
            with Path(self._options.log).open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            raise DeviceUnavailable(f"cannot write {self._options.log}: {error}", code="denied") from error


def connect(options: Options) -> SimulatedLights:
    """Return the tower."""
    return SimulatedLights(options)
