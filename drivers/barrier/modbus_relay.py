"""A Modbus RTU relay board on RS-485, closing the barrier's "open" contact.

Wiring: an RS-485 adapter, A to A and B to B; the relay's COM and NO to the barrier controller's "open"
input. 9600 8N1 as most boards come. `socket://` is a serial server that passes RTU frames on unchanged.
Protocol: function 05 switches (`01 05 00 00 FF 00 8C 3A` on, `01 05 00 00 00 00 CD CA` off), the board
gives the request back; function 01 asks for the state. Sources: the frames with their CRCs are published
and recomputed; that boards know function 01 is from memory, so it is only used with `read_back`.
Between orders the relay is switched off again and again: that finds a board that fell silent, and opens a
contact that noise has closed. The third bad answer in a row is a fault.
Limits: the answer says that the command was understood, not that the contact moved. An adapter that hears
itself gives our own bytes back as if the board had; `read_back` tells such a pair from a live board. If
the gate's process dies during a pulse, the contact stays closed until the gate is up again: choose a
controller that takes an impulse. What happens without power is the wiring's to decide.
Tried on hardware: not yet; on pseudo-terminals and sockets.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from drivers._modbus import why_refused
from drivers.barrier._modbus import Answer, answer, read_coil, write_coil
from drivers.barrier._pulse import PulsedBarrier, PulseOptions, opened
from drivers.options import option
from drivers.serialport import SerialLine
from edge.domain.errors import DeviceUnavailable

_KEEP = 256
"""More than any answer; what a board gone mad sends does not pile up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Options(PulseOptions):
    """Where the board is, which relay, and how long the contact closes."""

    port: str = option(doc="device file (by-path name), socket://host:port or rfc2217://host:port")
    baud: int = option(9600, "baud rate of the board", least=300, most=4_000_000)
    address: int = option(1, "the board's address on the bus", least=1, most=247)
    coil: int = option(0, "the relay, counted from 0", least=0, most=65_535)
    reply_s: float = option(0.3, "seconds to wait for the board's answer", least=0.05, most=2)
    read_back: bool = option(False, "ask for the state after switching (function 01; not every board)")


class Board:
    """One relay of a board on an open line."""

    def __init__(self, line: SerialLine, options: Options, now: Callable[[], float] = time.monotonic) -> None:
        self._line = line
        self._options = options
        self._now = now
        # Three and a half characters of eleven bits, and no less than at 19,200 baud (Modbus over
        # serial line, 2.5.1.1).
        self._gap_s = max(3.5 * 11 / options.baud, 0.00175)

    def switch(self, *, on: bool) -> None:
        """Switch the relay and see the board's answer to it. Raises DeviceUnavailable: `silent`,
        `garbled` (noise, or a refusal), `hung` (it did not do it), `lost`."""
        options = self._options
        self._ask(write_coil(options.address, options.coil, on=on))
        if options.read_back and self._ask(read_coil(options.address, options.coil)).on is not on:
            wanted, found = ("on", "off") if on else ("off", "on")
            raise DeviceUnavailable(
                f"relay {options.coil} at {self._line.url} was switched {wanted} and is {found}", code="hung"
            )

    def present(self) -> None:
        """Raise DeviceUnavailable when the cable is out; asks the board nothing."""
        self._line.check()

    def check(self) -> None:
        """Switch the relay off once more. Raises DeviceUnavailable when the board does not follow."""
        self.switch(on=False)

    def close(self) -> None:
        """Give the line back. Idempotent."""
        self._line.close()

    def _ask(self, request: bytes) -> Answer:
        self._quiet()
        self._line.write(request)
        received = b""
        deadline = self._now() + self._options.reply_s
        while (left_s := deadline - self._now()) > 0:
            received = (received + self._line.read(left_s))[-_KEEP:]
            found = answer(request, received)
            if found is not None:
                return self._accepted(found)
        where = f"the relay board at {self._line.url}, address {self._options.address}"
        if received:
            raise DeviceUnavailable(f"{where} answers what is no answer: {received.hex(' ')}", code="garbled")
        raise DeviceUnavailable(f"{where} does not answer", code="silent")

    def _quiet(self) -> None:
        """Wait for the pause that ends a frame; what came before the question is no answer to it."""
        deadline = self._now() + self._options.reply_s
        while self._line.read(self._gap_s) and self._now() < deadline:
            pass

    def _accepted(self, found: Answer) -> Answer:
        if found.refused is not None:
            raise DeviceUnavailable(
                f"the relay board at {self._line.url} refuses with {found.refused}: "
                f"{why_refused(found.refused)}",
                code="garbled",
            )
        return found


def connect(options: Options) -> PulsedBarrier:
    """Open the line and switch the relay off, which the board has to answer. Raises DeviceUnavailable."""
    from drivers.serialport import open_line

    return opened(Board(open_line(options.port, baud=options.baud), options), options)
