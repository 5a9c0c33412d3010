"""TeraRanger Evo Thermal 33 and 90 (Terabee): an array of 32 x 32 pixels that streams once it is told to.

Wiring: USB (a serial port by CDC; its USB id is a generic one and no identity), or the UART backboard at
460800 8N1. On USB the baud rate means nothing.
Protocol: to start, `00 52 02 01 DF` in one write, answered by `14 ? 00|FF, CRC-8`; then pictures of 2070
bytes: u16 000D, 1024 pixels u16, sensor u16, padding to 1032 words, all little endian and in 0.1 kelvin,
then the CRC-32/MPEG-2 of the 2064 bytes after the header, high word first, each word little endian. To
stop, `00 52 02 00 D8`. These two are all that is ever sent: the one on opening, the other on closing.
Source: maker's sample code and manual, which agree; the last byte of both commands recomputed (CRC-8,
polynomial 07).
Limits: the maker's accuracy was not found; take it as +-2 degrees like its kind: good to find a face and
to rank, never to decide. Which way round a row is was not found either: hold a hand to one side and set
`mirrored` if it shows on the other. Kelvin are rounded to 0.1, so a step is 0.1 degrees.
Tried on hardware: not yet; on transcripts and pseudo-terminals.
"""

import contextlib
import re
import threading
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from drivers.serialport import SerialLine
from drivers.thermometer._arrays import ArrayDecoder, ArrayOptions, FaceBox, implausible, numbers
from drivers.thermometer._serial import SerialThermometer
from edge.domain.errors import DeviceUnavailable
from edge.domain.model import Grid, Reading

BAUDS = (115200, 460800)
ENABLE = bytes.fromhex("00 52 02 01 DF")
DISABLE = bytes.fromhex("00 52 02 00 D8")
SENDS = (ENABLE, DISABLE)
_HEADER = bytes.fromhex("0D 00")
_SIZE = 2070
_PAYLOAD = slice(2, 2066)
_AMBIENT_AT = 2050
_PADDING = bytes(14)
_PLAUSIBLE = bytes(range(0x07, 0x20))  # 179.2 to 819.1 kelvin
_HIGH_BYTES = slice(3, 2050, 2)
_ACK = re.compile(rb"(?=(\x14.[\x00\xff].))", re.DOTALL)
_MIRROR = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, kw_only=True, slots=True)
class Options(ArrayOptions):
    """Where the module is and where faces are in its picture (32 columns, 32 rows)."""

    def __post_init__(self) -> None:
        FaceBox(self, _grid(mirrored=self.mirrored))


class Decoder(ArrayDecoder):
    """Bytes of the module to readings. `accepted` is what it last answered to a command."""

    def __init__(self, options: Options) -> None:
        grid = _grid(mirrored=options.mirrored)
        super().__init__(options, grid, header=_HEADER, size=_SIZE, ambient_at=_AMBIENT_AT)
        self.accepted: bool | None = None
        self._tail = b""

    def _hopeless(self, start: bytes) -> bool:
        return implausible(start[_HIGH_BYTES], _PLAUSIBLE)

    def _sound(self, frame: bytes) -> bool:
        high, low = frame[2066:2068], frame[2068:2070]
        return crc32(frame[_PAYLOAD]) == int.from_bytes(high, "little") << 16 | int.from_bytes(low, "little")

    def _between(self, dropped: bytes) -> None:
        seen = self._tail + dropped
        for found in _ACK.finditer(seen):
            if crc8(found[1][:3]) == found[1][3]:
                self.accepted = found[1][2] == 0
        self._tail = seen[-3:]


class EvoThermal(SerialThermometer):
    """The open module, streaming; told to stop when it is closed."""

    def __init__(self, line: SerialLine, decoder: Decoder, *, silence_s: float) -> None:
        super().__init__(line, decoder, silence_s=silence_s)
        self._module = decoder
        self._ending = threading.Event()

    def read(self) -> list[Reading]:
        """Return the readings that came within at most 0.5 s. Raises DeviceUnavailable, `hung` when
        the module refuses to stream."""
        if self._ending.is_set():
            raise DeviceUnavailable("closed", code="ended")
        readings = super().read()
        if not readings and self._module.accepted is False:
            raise DeviceUnavailable("the module refuses to start its pictures", code="hung")
        return readings

    def close(self) -> None:
        """Tell the module to stop and give the line back. Idempotent; unblocks a reader."""
        if not self._ending.is_set():
            self._ending.set()  # lets the reader out, who holds the line
            with contextlib.suppress(DeviceUnavailable):
                self._line.write(DISABLE)
        super().close()


def connect(options: Options) -> EvoThermal:
    """Open the module's line and start its pictures. Raises DeviceUnavailable."""
    from drivers.serialport import open_line

    line = open_line(options.port, baud=options.baud)
    try:
        line.write(ENABLE)
    except DeviceUnavailable:
        line.close()
        raise
    return EvoThermal(line, Decoder(options), silence_s=options.silence_s)


def crc8(data: bytes) -> int:
    """Return the CRC-8 with polynomial 07, beginning at zero."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x07 if crc & 0x80 else crc << 1) & 0xFF
    return crc


def crc32(data: bytes) -> int:
    """Return the CRC-32/MPEG-2. It is zlib's with every byte, the result and its last step turned
    around, and so needs no loop over two thousand bytes."""
    turned = zlib.crc32(data.translate(_MIRROR)) ^ 0xFFFFFFFF
    return int.from_bytes(turned.to_bytes(4, "little").translate(_MIRROR), "big")


def encode(pixels_c: Sequence[float], ambient_c: float) -> bytes:
    """Return the frame of 1024 temperatures, in the module's order (for simulators and tests)."""
    payload = numbers([*pixels_c, ambient_c], _grid(mirrored=False)) + _PADDING
    high, low = divmod(crc32(payload), 0x10000)
    return _HEADER + payload + high.to_bytes(2, "little") + low.to_bytes(2, "little")


def _grid(*, mirrored: bool) -> Grid:
    return Grid(
        columns=32, rows=32, offset=2, step_mdegc=100, zero_mdegc=-273_150, little=True, mirrored=mirrored
    )
