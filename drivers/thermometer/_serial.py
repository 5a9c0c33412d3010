"""Reads any thermometer that pushes bytes over a serial line: line in, decoder through, readings out.

Knows no protocol. Writes nothing of its own to the line: the same bytes mean "measure" on one module and
"set the baud rate" on another. What a driver's own options ask for is written once, by `pushed`.
"""

import time
from collections.abc import Callable, Sequence
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


class Silence:
    """Watches how long a module has said nothing of use, and whether it said anything at all."""

    def __init__(
        self,
        url: str,
        silence_s: float,
        start_s: float = 0.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Bear `silence_s` without a reading (0: for ever); the first may take `start_s`."""
        self._url = url
        self._silence_s = silence_s
        self._now = now
        self._quiet_since = now() + max(0.0, start_s - silence_s)
        self._heard = False

    def heard(self, chunk: bytes) -> None:
        """Note bytes, whatever they are."""
        self._heard = self._heard or bool(chunk)

    def understood(self) -> None:
        """Note a reading."""
        self._quiet_since = max(self._quiet_since, self._now())
        self._heard = False

    def check(self) -> None:
        """Raise DeviceUnavailable when it lasts too long: `garbled` when bytes came, else `silent`."""
        if not self._silence_s or self._now() - self._quiet_since <= self._silence_s:
            return
        if self._heard:
            raise DeviceUnavailable(
                f"{self._url} sends bytes but no reading of this module for {self._silence_s} s: "
                "is it this module, and at this baud rate?",
                code="garbled",
            )
        raise DeviceUnavailable(
            f"{self._url} opened, but nothing came for {self._silence_s} s", code="silent"
        )


class SerialThermometer:
    """An open thermometer on a line. `decoder` is public for its counters."""

    def __init__(self, line: SerialLine, decoder: Decoder, *, silence_s: float, start_s: float = 0.0) -> None:
        """Watch over `silence_s` without a reading (0: never); the first may take `start_s`."""
        self.decoder = decoder
        self._line = line
        self._silence = Silence(line.url, silence_s, start_s)

    def read(self) -> list[Reading]:
        """Return the readings that came within at most 0.5 s, oldest first.

        Raises DeviceUnavailable: `lost`; `silent` when nothing came for too long; `garbled` when
        bytes came but none of them made a reading (another baud rate, another module).
        """
        until = time.monotonic() + _TURN_S
        while True:
            chunk = self._line.read(_WAIT_S)
            readings = self.decoder.feed(chunk)
            self._silence.heard(chunk)
            if readings:
                self._silence.understood()
                return readings
            self._silence.check()
            if time.monotonic() >= until:
                return []

    def close(self) -> None:
        """Give the line back. Idempotent; unblocks a reader."""
        self._line.close()


def pushed(
    line: SerialLine, decoder: Decoder, *, silence_s: float, orders: Sequence[bytes] = ()
) -> SerialThermometer:
    """Return the thermometer on an open line, after sending it the commands its options ask for.

    Raises DeviceUnavailable, with the line closed, when it takes none.
    """
    try:
        for order in orders:
            line.write(order)
    except DeviceUnavailable:
        line.close()
        raise
    return SerialThermometer(line, decoder, silence_s=silence_s)
