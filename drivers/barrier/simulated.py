"""A barrier in software, for demonstrations and tests: remembers each pulse and takes its time.

`log` names a file that gets one JSON line a pulse, {"mono_us": start, "open_s": how long}, for a test
that watches from another process.
Limits: opens nothing; the page carries a banner while it is configured.
"""

import json
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from drivers.options import option
from edge.domain.errors import DeviceUnavailable

SIMULATED = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """How long it stands open and where pulses are written down."""

    pulse_s: float = option(1.0, "seconds it stands open", least=0, most=10)
    log: str = option("", "file that gets a line for each pulse; empty: none")
    safe: Literal["closed", "open"] = option("closed", "how it is left when the gate gives it up")


class SimulatedBarrier:
    """The barrier. `pulses` holds the monotonic start of the last thousand, in seconds; `left_open`
    is how it was left when it was closed down."""

    def __init__(self, options: Options) -> None:
        self.pulses: deque[float] = deque(maxlen=1000)
        self.left_open = False
        self._options = options
        self._closed = threading.Event()

    def pulse(self) -> None:
        """Open, wait, fall shut. Raises DeviceUnavailable (`ended`) when closed meanwhile."""
        self.check()
        start = time.monotonic()
        self.pulses.append(start)
        if self._options.log:
            self._write_down(start)
        if self._closed.wait(self._options.pulse_s):
            self.check()

    def check(self) -> None:
        """Raise DeviceUnavailable when it was closed."""
        if self._closed.is_set():
            raise DeviceUnavailable("the barrier was closed", code="ended")

    def close(self) -> None:
        """End a pulse and stand as the site wants it. Idempotent."""
        self._closed.set()
        self.left_open = self._options.safe == "open"

    def _write_down(self, start: float) -> None:
        line = json.dumps({"mono_us": round(start * 1e6), "open_s": self._options.pulse_s})
        try:
            with Path(self._options.log).open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            raise DeviceUnavailable(f"cannot write {self._options.log}: {error}", code="denied") from error


def connect(options: Options) -> SimulatedBarrier:
    """Return the barrier."""
    return SimulatedBarrier(options)
