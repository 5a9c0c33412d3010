"""MLX90614 wired to the computer's own I2C bus, without a controller in between.

Wiring: SDA, SCL, 3.3 V and ground of the Raspberry Pi to a B or D part (3 V); an A part wants 5 V and must
not pull the bus up to it. At most 100 kHz; a few centimetres of wire. The user needs the group i2c.
Protocol: SMBus word reads at address 5A: `06` the chip's own temperature, `07` the object; three bytes come
back: low, high, PEC, the CRC-8 over address, command, address and data. Kelvin are value x 0.02; a high
bit that is set is the chip's error mark. The whole transfer is read, with its repeated start, and the PEC
checked here: the kernel's own check would keep it to itself. Source: Melexis' data sheet.
Limits: the first reading takes about 250 ms after power. Nothing is ever written, the emissivity in the
chip's EEPROM stays what it is. Only D parts are accurate enough for people; advise DCC, DCI or their like.
The bus needs an adapter that takes plain I2C transfers, as every Raspberry Pi's does.
Tried on hardware: not yet; on transcripts and with a bus in software.
"""

import contextlib
import errno
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from drivers.options import option
from drivers.thermometer._answers import SizedAnswers
from drivers.thermometer._mlx90614 import Mlx90614Options
from drivers.thermometer._polled import PolledThermometer
from edge.domain.errors import DeviceUnavailable
from edge.domain.model import Reading

AMBIENT, OBJECT = b"\x06", b"\x07"
# Hundredths, and the sensor itself steps by two of them.
SURFACE_STEP_MDEGC = 20
_ZERO_MDEGC = -273_150
_NO_ANSWER = {errno.ENXIO, errno.EREMOTEIO, errno.EIO, errno.ETIMEDOUT, errno.EAGAIN}
"""The chip did not acknowledge, or somebody else held the bus: it may answer next time."""
_OPEN_CODES = {errno.EACCES: "denied", errno.EPERM: "denied", errno.EBUSY: "busy"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Options(Mlx90614Options):
    """Where the chip is and what it is rated for (MLX90614: object -70..380, sensor -40..125)."""

    port: str = option("/dev/i2c-1", "device file of the I2C bus")
    address: int = option(0x5A, "the chip's address", least=0x03, most=0x77)
    every_s: float = option(0.1, "seconds from question to question", least=0.1, most=5)


class Decoder(SizedAnswers):
    """Answers of the chip to readings: one word for the ambient, one for the object."""

    checked = True

    def __init__(self, options: Options) -> None:
        super().__init__((AMBIENT, OBJECT), size=3)
        self._address = options.address
        self._rated = options.rated

    def _right(self, number: int, answer: bytes) -> bool:
        command = self._queries[number]
        head = bytes([self._address << 1]) + command + bytes([self._address << 1 | 1])
        return pec(head + answer[:2]) == answer[2] and not answer[1] & 0x80

    def _reading(self, answers: Sequence[bytes]) -> Reading:
        ambient, surface = (int.from_bytes(a[:2], "little") * 20 + _ZERO_MDEGC for a in answers)
        quality = self._rated(surface, ambient)
        return Reading(surface, ambient, None, quality, b"".join(answers))


class Bus:
    """The I2C bus as a line: a register's number goes out, its three bytes come back."""

    def __init__(self, bus: Any, url: str, address: int) -> None:
        self.url = url
        self._bus = bus
        self._address = address
        self._said = b""
        self._closed = threading.Event()
        self._using = threading.Lock()

    def write(self, data: bytes) -> None:
        """Ask for a register. Raises DeviceUnavailable when the bus is gone."""
        from smbus2 import i2c_msg

        question, answer = i2c_msg.write(self._address, data), i2c_msg.read(self._address, 3)
        with self._using:
            self._check()
            try:
                self._bus.i2c_rdwr(question, answer)
            except OSError as error:
                if error.errno not in _NO_ANSWER:
                    raise DeviceUnavailable(f"{self.url} is gone: {error}", code="lost") from error
                self._said = b""
            else:
                self._said = bytes(answer)

    def read(self, wait_s: float) -> bytes:
        """Return what the last question was answered; wait where there is nothing."""
        said, self._said = self._said, b""
        if not said:
            self._closed.wait(wait_s)
        self._check()
        return said

    def close(self) -> None:
        """Give the bus back. Idempotent; a reader leaves with code `ended`."""
        if self._closed.is_set():
            return
        self._closed.set()
        with self._using, contextlib.suppress(OSError):
            self._bus.close()

    def _check(self) -> None:
        if self._closed.is_set():
            raise DeviceUnavailable(f"{self.url} was closed", code="ended")


def connect(options: Options) -> PolledThermometer:
    """Open the bus. Raises DeviceUnavailable."""
    return PolledThermometer(
        open_bus(options.port, options.address),
        Decoder(options),
        (AMBIENT, OBJECT),
        every_s=options.every_s,
        silence_s=options.silence_s,
        gap_s=0.0,
    )


def open_bus(port: str, address: int) -> Bus:
    """Open an I2C bus by its device file. Raises DeviceUnavailable: `absent`, `denied`, `busy`."""
    import smbus2

    bus = smbus2.SMBus()
    try:
        bus.open(port)
    except OSError as error:
        with contextlib.suppress(OSError):
            bus.close()  # opened, and then found to be no I2C bus
        code = _OPEN_CODES.get(error.errno or 0, "absent")
        raise DeviceUnavailable(f"cannot open {port}: {error.strerror or error}", code=code) from error
    return Bus(bus, port, address)


def pec(data: bytes) -> int:
    """Return the packet error code of SMBus: CRC-8, polynomial 07."""
    code = 0
    for byte in data:
        code ^= byte
        for _ in range(8):
            code = (code << 1 ^ 0x07 if code & 0x80 else code << 1) & 0xFF
    return code
