"""Modbus RTU requests and answers as bytes, by minimalmodbus, without a line.

minimalmodbus wants a port to talk to. Here it talks to a tape: what it sends is kept, what it is to read
is played. So the line itself is read the way every other thermometer's is: with our time limits, and with
failures that are DeviceUnavailable. Only registers are read and written; nothing is known of what they mean.
"""

import logging
from typing import Any

log = logging.getLogger(__name__)


class Slave:
    """One device's requests and what its answers say."""

    def __init__(self, address: int, function: int = 3) -> None:
        import minimalmodbus

        self._address = bytes([address])
        self._function = function
        self._tape = _Tape()
        self._modbus: Any = minimalmodbus
        self._instrument: Any = minimalmodbus.Instrument(self._tape, address)
        self._refused = False

    def question(self, first: int, count: int) -> bytes:
        """Return the request for `count` registers from `first`."""
        return self._sent(lambda: self._instrument.read_registers(first, count, self._function))

    def order(self, register: int, value: int) -> bytes:
        """Return the request that writes one register (function 06)."""
        return self._sent(lambda: self._instrument.write_register(register, value, functioncode=6))

    def registers(self, answer: bytes, first: int, count: int) -> list[int] | None:
        """Return what an answer to `question(first, count)` says; None where it is not a right one."""
        if answer[:1] != self._address:
            return None
        self._tape.answer = answer
        try:
            return list(self._instrument.read_registers(first, count, self._function))
        except self._modbus.SlaveReportedException as error:
            self._note_refusal(error)
        except (self._modbus.ModbusException, ValueError, TypeError):
            pass  # wrong address, function, length or CRC: noise
        return None

    def _sent(self, transaction: Any) -> bytes:
        """Return what minimalmodbus sends; nobody answers it."""
        self._tape.answer = b""
        try:
            transaction()
        except self._modbus.NoResponseError:
            return self._tape.sent
        raise AssertionError("a tape without an answer answered")

    def _note_refusal(self, error: Exception) -> None:
        if not self._refused:
            self._refused = True
            log.warning("the device refuses the registers asked for: %s", error)


class _Tape:
    """What minimalmodbus takes for an open serial port."""

    port = None
    baudrate = 115200  # minimalmodbus waits 3.5 characters between transactions; our pace is slower
    timeout = 0.0
    is_open = True

    def __init__(self) -> None:
        self.sent = b""
        self.answer = b""

    def open(self) -> None:
        """Be open."""

    def close(self) -> None:
        """Stay open."""

    def write(self, data: bytes) -> None:
        """Keep what is sent."""
        self.sent = bytes(data)

    def read(self, _count: int) -> bytes:
        """Play the answer, all of it."""
        return self.answer

    def reset_input_buffer(self) -> None:
        """Have nothing to throw away."""

    def reset_output_buffer(self) -> None:
        """Have nothing to throw away."""
