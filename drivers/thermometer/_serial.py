"""Reads any thermometer that pushes bytes over a serial line: line in, decoder through, readings out.

Knows no protocol. Writes nothing of its own to the line: the same bytes mean "measure" on one module and
"set the baud rate" on another. What a driver's own options ask for is written once, by `pushed`.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from drivers.serialport import SerialLine, open_line
from edge.domain.errors import DeviceUnavailable
from edge.domain.model import Reading

_WAIT_S = 0.2
_TURN_S = 0.25
_ORDER_S = 0.05  # from one order to the next: a GY-614V says of itself that it needs about 0.01 for one


class LineOptions(Protocol):
    """Which line it is and when it counts as lost."""

    @property
    def port(self) -> str: ...

    @property
    def baud(self) -> int: ...

    @property
    def silence_s(self) -> float: ...


class Decoder(Protocol):
    """Bytes to readings, without I/O."""

    bad_frames: int
    dropped_bytes: int

    def feed(self, chunk: bytes) -> list[Reading]: ...


class Silence:
    """Watches how long a module has said nothing of use, and whether it said anything at all."""

    def __init__(
        self,
        line: object,
        silence_s: float,
        start_s: float = 0.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Bear `silence_s` without a reading (0: for ever); the first may take `start_s`."""
        self._line = line
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

    def check(self, why: str = "") -> None:
        """Raise DeviceUnavailable when it lasts too long: `garbled` when bytes came, else `silent`.
        `why`: what is known of the bytes that make no reading."""
        if not self._silence_s or self._now() - self._quiet_since <= self._silence_s:
            return
        place = _named(self._line)
        if self._heard:
            why = why or "is it this module, and at this baud rate?"
            raise DeviceUnavailable(
                f"{place} sends bytes but no reading of this module for {self._silence_s} s: {why}",
                code="garbled",
            )
        raise DeviceUnavailable(f"{place} opened, but nothing came for {self._silence_s} s", code="silent")


class SerialThermometer:
    """An open thermometer on a line. `decoder` is public for its counters."""

    def __init__(self, line: SerialLine, decoder: Decoder, *, silence_s: float, start_s: float = 0.0) -> None:
        """Watch over `silence_s` without a reading (0: never); the first may take `start_s`."""
        self.decoder = decoder
        self._line = line
        self._silence = Silence(line, silence_s, start_s)

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


def pushed(options: LineOptions, decoder: Decoder, *, orders: Sequence[bytes] = ()) -> SerialThermometer:
    """Open the line and return the thermometer on it, after sending the commands its options ask for.

    Raises DeviceUnavailable, with the line closed, when it takes none.
    """
    line = open_line(options.port, baud=options.baud)
    try:
        for number, order in enumerate(orders):
            time.sleep(_ORDER_S if number else 0.0)
            line.write(order)
    except DeviceUnavailable:
        line.close()
        raise
    return SerialThermometer(line, decoder, silence_s=options.silence_s)


def _named(line: Any) -> str:
    """Return a line's name with its speed, where it has one: whoever compares it has to know both."""
    return f"{line.url} at {line.baud} baud" if hasattr(line, "baud") else str(line.url)
