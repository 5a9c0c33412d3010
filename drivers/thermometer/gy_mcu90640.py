"""GY-MCU90640: an MLX90640 array of 32 x 24 pixels behind a small controller, pushing pictures.

Wiring: 3-5 V, TTL serial, module TX to the adapter's RX; RX is needed only where a setting below is
configured. 115200 8N1 as delivered, also 9600 and 460800.
Protocol: 1544 bytes `5A 5A 02 06, 768 pixels s16, sensor s16, sum u16`, little endian, temperatures in
0.01 degrees; the sum is the low 16 bits of the 771 words before it. Columns 1 to 32 of row 1 come
first, and pixel (1, 1) is the upper right one: a row is mirrored. Source: maker's manual and two public
code bases. Without `emissivity` and `rate_hz` nothing is ever sent; with them their commands, and the
question what the emissivity now is, each time the port opens. Nothing is saved in the module.
Limits: about +-2 degrees by its manual: good to find a face and to rank, never to decide. A byte sum
of 16 bits. A module in query mode says nothing and is reported as silent; the bytes A5 35 02 DC and
then A5 65 01 0B, sent once outside of this software, make it speak by itself.
Tried on hardware: not yet; on transcripts and pseudo-terminals.
"""

import logging
import re
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass

from drivers.options import option
from drivers.serialport import SerialLine
from drivers.thermometer._arrays import ArrayDecoder, ArrayOptions, FaceBox, numbers
from drivers.thermometer._frames import sum8
from drivers.thermometer._serial import SerialThermometer
from edge.domain.errors import DeviceUnavailable
from edge.domain.model import Grid, Reading

log = logging.getLogger(__name__)

BAUDS = (9600, 115200, 460800)
RATES_HZ = (0.5, 1.0, 2.0, 4.0, 8.0)
READ_EMISSIVITY = bytes.fromhex("A5 55 01 FB")
_HEADER = bytes.fromhex("5A 5A 02 06")
_SIZE = 1544
_AMBIENT_AT = 1540
_WORDS = struct.Struct("<771H")
_PAUSE_S = 0.1
_ANSWERED_BY = 8  # pictures until a module that says nothing of its emissivity did not hear the question
_ANSWER = re.compile(rb"(?=(\x5a\x5a[\x01-\x64].))", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Options(ArrayOptions):
    """Where the module is, where faces are in its picture (32 columns, 24 rows), how it is set."""

    box_bottom: int = option(23, "last row of the face box", least=0)
    mirrored: bool = option(True, "the first pixel of a row is the right-hand one, as the manual says")
    surface_min_c: float | None = option(-40.0, "lowest object temperature it is rated for; none: unknown")
    surface_max_c: float | None = option(300.0, "highest object temperature it is rated for; none: unknown")
    emissivity: float | None = option(
        None, "emissivity to set when opening, 0.98 for skin; not given: left as it is", least=0.01, most=1
    )
    rate_hz: float | None = option(
        None,
        "pictures a second to set when opening: 0.5 (none goes on record), 1, 2, 4 or 8; "
        "not given: left as it is",
    )

    def __post_init__(self) -> None:
        FaceBox(self, _grid(self))
        if self.rate_hz is None:
            return
        if self.rate_hz not in RATES_HZ:
            raise ValueError(
                f"rate_hz: expected one of 0.5, 1, 2, 4, 8, got {self.rate_hz!r} / "
                f"应为 0.5、1、2、4、8 之一，现在是 {self.rate_hz!r}"
            )
        if self.rate_hz * _SIZE * 10 > self.baud:  # start bit, eight data bits, stop bit
            raise ValueError(
                f"rate_hz: {self.rate_hz:g} pictures of {_SIZE} bytes a second do not fit {self.baud} baud / "
                f"{self.baud} 波特传不下每秒 {self.rate_hz:g} 幅"
            )


class Decoder(ArrayDecoder):
    """Bytes of the module to readings. `emissivity` is what it last said of it, in percent."""

    def __init__(self, options: Options) -> None:
        super().__init__(options, _grid(options), header=_HEADER, size=_SIZE, ambient_at=_AMBIENT_AT)
        self.emissivity: int | None = None
        self._tail = b""

    def _sound(self, frame: bytes) -> bool:
        return _sum16(frame[:-2]) == int.from_bytes(frame[-2:], "little")

    def _between(self, dropped: bytes) -> None:
        """Find the answer to READ_EMISSIVITY, `5A 5A xx sum`."""
        seen = self._tail + dropped
        for found in _ANSWER.finditer(seen):
            if sum8(found[1][:3]) == found[1][3]:
                self.emissivity = found[1][2]
        self._tail = seen[-3:]


class GyMcu90640(SerialThermometer):
    """The open module; tells the log once which emissivity it says it has."""

    def __init__(self, line: SerialLine, decoder: Decoder, *, silence_s: float, wanted: int | None) -> None:
        super().__init__(line, decoder, silence_s=silence_s)
        self._module = decoder
        self._wanted = wanted
        self._pictures = 0

    def read(self) -> list[Reading]:
        """Return the readings that came within at most 0.5 s. Raises DeviceUnavailable."""
        readings = super().read()
        if self._wanted is not None:
            self._pictures += len(readings)
            self._tell(self._wanted, self._module.emissivity)
        return readings

    def _tell(self, wanted: int, said: int | None) -> None:
        if said == wanted:
            log.info("the module took the emissivity: %d %%", wanted)
        elif said is not None:
            log.warning("emissivity is %d %%, not %d %%", said, wanted)
        elif self._pictures >= _ANSWERED_BY:
            log.warning("the module took no command: is its RX wired? Its emissivity is not known")
        else:
            return
        self._wanted = None


def connect(options: Options) -> GyMcu90640:
    """Open the module's line and send what is configured. Raises DeviceUnavailable."""
    from drivers.serialport import open_line

    line = open_line(options.port, baud=options.baud)
    try:
        for command in commands(options):
            line.write(command)
            time.sleep(_PAUSE_S)  # the module takes one command at a time
    except DeviceUnavailable:
        line.close()
        raise
    wanted = None if options.emissivity is None else round(options.emissivity * 100)
    return GyMcu90640(line, Decoder(options), silence_s=options.silence_s, wanted=wanted)


def commands(options: Options) -> tuple[bytes, ...]:
    """Return what `connect` sends, in this order; nothing where nothing is configured."""
    found = []
    if options.rate_hz is not None:
        found.append(_command(0x25, RATES_HZ.index(options.rate_hz)))
    if options.emissivity is not None:
        found += [_command(0x45, round(options.emissivity * 100)), READ_EMISSIVITY]
    return tuple(found)


def encode(pixels_c: Sequence[float], ambient_c: float) -> bytes:
    """Return the frame of 768 temperatures, in the module's order (for simulators and tests)."""
    frame = _HEADER + numbers([*pixels_c, ambient_c], _grid_of(mirrored=True))
    return frame + _sum16(frame).to_bytes(2, "little")


def _sum16(words: bytes) -> int:
    """Return the low 16 bits of the sum of 771 words."""
    total: int = sum(_WORDS.unpack(words))
    return total & 0xFFFF


def _command(code: int, value: int) -> bytes:
    command = bytes([0xA5, code, value])
    return command + bytes([sum8(command)])


def _grid(options: Options) -> Grid:
    return _grid_of(mirrored=options.mirrored)


def _grid_of(*, mirrored: bool) -> Grid:
    return Grid(columns=32, rows=24, offset=4, step_mdegc=10, little=True, mirrored=mirrored)
