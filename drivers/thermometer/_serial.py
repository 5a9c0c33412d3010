"""Reads any thermometer that pushes bytes over a serial line: line in, decoder through, readings out.

Knows no protocol. Never writes to the line: the same bytes mean "measure" on one module and "set the
baud rate" on another.
"""

import time
from typing import Protocol

from drivers.serialport import SerialLine
from edge.domain.errors import DeviceUnavailable
from edge.domain.model import Reading

_WAIT_S = 0.2
_TURN_S = 0.25


class Decoder(Protocol):
    """Bytes to readings, without I/O."""

    bad_frames: int
    dropped_bytes: int

    def feed(self, chunk: bytes) -> list[Reading]: ...


class SerialThermometer:
    """An open thermometer on a line. `decoder` is public for its counters."""

    def __init__(self, line: SerialLine, decoder: Decoder, *, silence_s: float, start_s: float = 0.0) -> None:
        """Watch over `silence_s` without a reading (0: never); the first may take `start_s`."""
        self.decoder = decoder
        self._line = line
        self._silence_s = silence_s
        self._quiet_since = time.monotonic() + max(0.0, start_s - silence_s)
        self._heard = False

    def read(self) -> list[Reading]:
        """Return the readings that came within at most 0.5 s, oldest first.

        Raises DeviceUnavailable: `lost`; `silent` when nothing came for too long; `garbled` when
        bytes came but none of them made a reading (another baud rate, another module).
        """
        until = time.monotonic() + _TURN_S
        while True:
            chunk = self._line.read(_WAIT_S)
            readings = self.decoder.feed(chunk)
            now = time.monotonic()
            self._heard = self._heard or bool(chunk)
            if readings:
                self._quiet_since = max(self._quiet_since, now)
                self._heard = False
                return readings
            if self._silence_s and now - self._quiet_since > self._silence_s:
                raise self._silence()
            if now >= until:
                return []

    def close(self) -> None:
        """Give the line back. Idempotent; unblocks a reader."""
        self._line.close()

    def _silence(self) -> DeviceUnavailable:
        if self._heard:
            return DeviceUnavailable(
                f"{self._line.url} sends bytes but no reading of this module for {self._silence_s} s: "
                "is it this module, and at this baud rate?",
                code="garbled",
            )
        return DeviceUnavailable(
            f"{self._line.url} opened, but nothing came for {self._silence_s} s", code="silent"
        )
