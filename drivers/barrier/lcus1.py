"""LCUS-1 and its kin: a relay on a USB-serial adapter (CH340), closing the barrier's "open" contact.

Wiring: USB; the relay's COM and NO to the barrier controller's "open" input. 9600 8N1. A CH340 has
no serial number: name the port by its path, not by its id.
Protocol: `A0, channel, 01 on or 00 off, sum of the three`. Source: sellers' data sheets, sums checked.
Limits: the board says nothing back, so that only a pulled plug is noticed, not a stuck relay. It is
switched off on opening and after every pulse and never latched; if the gate's process or computer dies
during a pulse while the board keeps its power, the contact stays closed until the gate is up again:
choose a controller that takes an impulse. `safe = "open"` is kept by the board for as long as it has
power; what happens without power is the wiring's to decide.
Tried on hardware: not yet; on pseudo-terminals.
"""

from dataclasses import dataclass

from drivers.barrier._pulse import PulsedBarrier, PulseOptions, opened
from drivers.options import option
from drivers.serialport import SerialLine


@dataclass(frozen=True, kw_only=True, slots=True)
class Options(PulseOptions):
    """Where the board is and how long the contact closes."""

    port: str = option(doc="device file (by-path name), socket://host:port or rfc2217://host:port")
    baud: int = option(9600, "baud rate of the board", least=300, most=4_000_000)
    channel: int = option(1, "relay on the board", least=1, most=16)


class Board:
    """One relay of an open board."""

    def __init__(self, line: SerialLine, channel: int) -> None:
        self._line = line
        self._channel = channel

    def switch(self, *, on: bool) -> None:
        """Send the command; the board does not answer. Raises DeviceUnavailable."""
        self._line.write(command(self._channel, on=on))

    def present(self) -> None:
        """Raise DeviceUnavailable when the board was unplugged."""
        self._line.check()

    check = present

    def close(self) -> None:
        """Give the line back. Idempotent."""
        self._line.close()


def command(channel: int, *, on: bool) -> bytes:
    """Return the four bytes that switch a channel."""
    head = bytes([0xA0, channel, int(on)])
    return head + bytes([sum(head) & 0xFF])


def connect(options: Options) -> PulsedBarrier:
    """Open the board's line and switch the relay off. Raises DeviceUnavailable."""
    from drivers.serialport import open_line

    return opened(Board(open_line(options.port, baud=options.baud), options.channel), options)
