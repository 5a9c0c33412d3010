"""HTPA32x32 modules of 2055 bytes (CHUWO HTPA32x32-dR2L2.1, M23-32x32-XM): an array of 32 x 32 pixels
that answers when it is asked.

Wiring: TTL serial, both directions: module TX to the adapter's RX and RX to TX; 115200 8N1.
Protocol: the question `EE E1 01 55 FF FC FD FF`, the only bytes ever sent; the answer `E1, 1024 pixels
u16, sensor u16, FF FC FD FF`, big endian, in 0.1 kelvin above 273.1. An answer takes 178 ms on the wire,
so about three a second. Source: two classes of one public code base; that the last four bytes are those
of the question is an inference (`check_trailer = false` where they are others).
Limits: no checksum. A picture is believed when length, first byte, last four bytes, the sensor's own
temperature and the smoothness of the picture are right; a changed byte inside it is not noticed, but
changes one pixel, which never decides by itself. About +-2 degrees: good to find a face and to rank, never
to decide. Which way round a row is was not found: hold a hand to one side and set `mirrored` if it shows
on the other.
Tried on hardware: not yet; on transcripts and pseudo-terminals.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from drivers.options import option
from drivers.serialport import SerialLine
from drivers.thermometer._arrays import ArrayDecoder, ArrayOptions, FaceBox, implausible, numbers, smooth
from drivers.thermometer._serial import SerialThermometer
from edge.domain.model import Grid, Reading

QUESTION = bytes.fromhex("EE E1 01 55 FF FC FD FF")
SENDS = (QUESTION,)
PATIENCE_S = 0.8
"""So much longer than its bytes need on the wire an answer is waited for before it is asked for again:
the module answers when its next picture is ready, three a second."""

_HEADER = b"\xe1"
_TRAILER = bytes.fromhex("FF FC FD FF")
_SIZE = 2055
_AMBIENT_AT = 2049
_HIGH_BYTES = slice(1, 2049, 2)
_PLAUSIBLE = bytes(range(0x08, 0x10))  # 204.8 to 409.5 kelvin
_AMBIENT = range(2331, 3982)  # -40 to 125 degrees: no electronics work outside
_NEIGHBOURS = 50  # 5 kelvin


@dataclass(frozen=True, kw_only=True, slots=True)
class Options(ArrayOptions):
    """Where the module is and where faces are in its picture (32 columns, 32 rows)."""

    check_trailer: bool = option(True, "an answer has to end with FF FC FD FF")

    def __post_init__(self) -> None:
        FaceBox(self, _grid(mirrored=self.mirrored))


class Decoder(ArrayDecoder):
    """Bytes of the module to readings."""

    checked = False  # see the limits above

    def __init__(self, options: Options) -> None:
        grid = _grid(mirrored=options.mirrored)
        super().__init__(options, grid, header=_HEADER, size=_SIZE, ambient_at=_AMBIENT_AT)
        self._trailer = _TRAILER if options.check_trailer else b""

    @property
    def whole(self) -> bool:
        """Whether an answer waits for the bytes after it; none ever does."""
        return False

    def asked(self, query: bytes) -> None:
        """Say that this was asked just now: what is left from before belongs to no answer."""
        del query
        self.forget()

    def settle(self) -> list[Reading]:
        """Say that the answer is over; what is left of it is none."""
        self.forget()
        return []

    def _hopeless(self, start: bytes) -> bool:
        return implausible(start[_HIGH_BYTES], _PLAUSIBLE)

    def _sound(self, frame: bytes) -> bool:
        return (
            frame.endswith(self._trailer)
            and self._ambient(frame) in _AMBIENT
            and smooth(self._pixels(frame), columns=32, step=_NEIGHBOURS)
        )

    def _disputed(self, begin: int) -> bool:
        """An answer stands alone, and its one header byte is in every other picture."""
        del begin
        return False


class Htpa2055(SerialThermometer):
    """The open module, asked again as soon as it has answered."""

    def __init__(
        self, line: SerialLine, options: Options, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._module = Decoder(options)
        super().__init__(line, self._module, silence_s=options.silence_s)
        self._patience_s = PATIENCE_S + _SIZE * 10 / options.baud  # start bit, eight data bits, stop bit
        self._now = now
        self._asked_s: float | None = None

    def read(self) -> list[Reading]:
        """Ask if it is time to, return the readings that came within at most 0.5 s, usually one.
        Raises DeviceUnavailable."""
        if self._asked_s is None or self._now() - self._asked_s > self._patience_s:
            self._module.asked(QUESTION)
            self._line.write(QUESTION)
            self._asked_s = self._now()
        readings = super().read()
        if readings:
            self._asked_s = None
        return readings


def connect(options: Options) -> Htpa2055:
    """Open the module's line. Raises DeviceUnavailable."""
    from drivers.serialport import open_line

    return Htpa2055(open_line(options.port, baud=options.baud), options)


def encode(pixels_c: Sequence[float], ambient_c: float) -> bytes:
    """Return the answer of 1024 temperatures, in the module's order (for simulators and tests)."""
    return _HEADER + numbers([*pixels_c, ambient_c], _grid(mirrored=False)) + _TRAILER


def _grid(*, mirrored: bool) -> Grid:
    return Grid(columns=32, rows=32, offset=1, step_mdegc=100, zero_mdegc=-273_100, mirrored=mirrored)
