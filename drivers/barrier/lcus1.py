"""LCUS-1 and its kin: a relay on a USB-serial adapter (CH340), closing the barrier's "open" contact.

Wiring: USB; the relay's COM and NO to the barrier controller's "open" input. 9600 8N1. A CH340 has
no serial number: name the port by its path, not by its id.
Protocol: `A0, channel, 01 on or 00 off, sum of the three`. Source: sellers' data sheets, sums checked.
Limits: the board says nothing back, so that only a pulled plug is noticed, not a stuck relay. It is
switched off on opening and after every pulse and never latched; if this computer loses its power
during a pulse while the board keeps its own, the contact stays closed until the gate is up again:
choose a controller that takes an impulse, and let the site's fire rules decide what it does without
power.
Tried on hardware: not yet; on pseudo-terminals.
"""

import contextlib
import logging
import threading
from dataclasses import dataclass

from drivers.options import option
from drivers.serialport import SerialLine
from edge.domain.errors import DeviceUnavailable

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Where the board is and how long the contact closes."""

    port: str = option(doc="device file (by-path name), socket://host:port or rfc2217://host:port")
    baud: int = option(9600, "baud rate of the board", least=300, most=4_000_000)
    channel: int = option(1, "relay on the board", least=1, most=16)
    pulse_s: float = option(1.0, "seconds the contact closes", least=0.05, most=10)


class Relay:
    """An open relay board. One thread pulses, any may close."""

    def __init__(self, line: SerialLine, options: Options) -> None:
        self._line = line
        self._channel = options.channel
        self._pulse_s = options.pulse_s
        self._closed = threading.Event()
        self._pulsing = threading.Lock()

    def off(self) -> None:
        """Open the contact. Raises DeviceUnavailable."""
        self._line.write(command(self._channel, on=False))

    def pulse(self) -> None:
        """Close the contact for the set time; it is open again when this returns or raises, unless
        the line itself is gone, which DeviceUnavailable says."""
        with self._pulsing:
            if self._closed.is_set():
                raise DeviceUnavailable("the relay was closed", code="ended")
            try:
                self._line.write(command(self._channel, on=True))
                self._closed.wait(self._pulse_s)
            finally:
                self.off()

    def check(self) -> None:
        """Raise DeviceUnavailable when the board was unplugged."""
        self._line.check()

    def close(self) -> None:
        """End a pulse, switch off, give the line back. Idempotent."""
        if self._closed.is_set():
            return
        self._closed.set()
        with self._pulsing, contextlib.suppress(DeviceUnavailable):
            self.off()
        self._line.close()


def command(channel: int, *, on: bool) -> bytes:
    """Return the four bytes that switch a channel."""
    head = bytes([0xA0, channel, int(on)])
    return head + bytes([sum(head) & 0xFF])


def connect(options: Options) -> Relay:
    """Open the board's line and switch the relay off. Raises DeviceUnavailable."""
    from drivers.serialport import open_line

    relay = Relay(open_line(options.port, baud=options.baud), options)
    try:
        relay.off()
    except DeviceUnavailable:
        relay.close()
        raise
    return relay
