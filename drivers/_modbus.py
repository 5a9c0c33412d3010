"""Modbus RTU as bytes, without a line: what every device that speaks it needs.

A frame counts when its address, its function and its CRC are right; anything else is noise, whatever it
resembles. Registers are asked for and read by minimalmodbus, which wants a port to talk to. Here it talks
to a tape: what it sends is kept, what it is to read is played. So the line itself is read the way every
other line is: with our time limits, and with failures that are DeviceUnavailable.
"""

from collections.abc import Callable
from typing import Any

REFUSED = 0x80
"""What a refusal adds to the function that was asked for."""

REFUSALS = {
    1: "it does not know this function",
    2: "it has no such register or coil",
    3: "it does not take this value",
    4: "it failed",
    6: "it is busy",
}


def crc(data: bytes) -> bytes:
    """Return the CRC-16 of Modbus, as it stands on the wire (low byte first)."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value.to_bytes(2, "little")


def framed(body: bytes) -> bytes:
    """Return a frame: address, function and what belongs to it, with its CRC."""
    return body + crc(body)


def is_frame(frame: bytes, head: bytes) -> bool:
    """Say whether this is a whole frame that begins so, its CRC right."""
    return len(frame) >= 5 and frame.startswith(head) and crc(frame[:-2]) == frame[-2:]


def why_refused(code: int) -> str:
    """Return in words what a device means by the number it refuses with."""
    return REFUSALS.get(code, "for a reason of its own")


class Slave:
    """Requests for one device's registers, and what its answers say."""

    def __init__(self, address: int, function: int = 3) -> None:
        import minimalmodbus

        self._head = bytes([address, function])
        self._tape = _Tape()
        self._modbus: Any = minimalmodbus
        self._instrument: Any = minimalmodbus.Instrument(self._tape, address)

    def question(self, first: int, count: int) -> bytes:
        """Return the request for `count` registers from `first`."""
        return self._sent(lambda: self._read(first, count))

    def order(self, register: int, value: int) -> bytes:
        """Return the request that writes one register (function 06)."""
        return self._sent(lambda: self._instrument.write_register(register, value, functioncode=6))

    def registers(self, answer: bytes, first: int, count: int) -> list[int] | None:
        """Return what an answer to `question(first, count)` says; None where it is not a right one."""
        if not answer.startswith(self._head):
            return None
        self._tape.answer = answer
        try:
            return self._read(first, count)
        except (self._modbus.ModbusException, ValueError, TypeError):
            return None  # wrong length or CRC: noise

    def refusal(self, answer: bytes) -> int | None:
        """Return the number with which the device refuses to say its registers; None where it does not."""
        address, function = self._head
        refuses = len(answer) == 5 and is_frame(answer, bytes([address, function | REFUSED]))
        return answer[2] if refuses else None

    def _read(self, first: int, count: int) -> list[int]:
        return list(self._instrument.read_registers(first, count, self._head[1]))

    def _sent(self, transaction: Callable[[], object]) -> bytes:
        """Return what minimalmodbus sends; nobody answers it."""
        self._tape.answer = b""
        try:
            transaction()
        except self._modbus.NoResponseError:
            return self._tape.sent
        raise AssertionError("a tape without an answer answered")


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
