"""CJMCU-90614 with its serial controller: an MLX90614 that pushes frames.

Wiring: TTL serial, module TX to the adapter's RX; a 5 V module needs a divider before a Raspberry Pi's
own pins. 115200 8N1 as delivered (9600 and 57600 can be set).
Protocol: nine bytes `66 66 01 04, object s16, ambient s16, sum`, both in 0.01 degrees, big endian. Its
papers say that all data are summed; the one published frame sums the four data bytes only. Both are
read, and the first frame settles which it is: the other sum is then a wrong one. `full_sums` counts
frames summed over the header too. Source: two sellers' pages, a comment in a public code base, a
MicroPython driver and an STM32 file.
Limits: the sum over the data does not protect the header, which is therefore taken literally. A module in
query mode (02) says nothing unasked and is reported as silent; `continuous = true` sends `66 66 01 56`
when opening. Distance to spot 1.6 to 1 (about 35 degrees) on the sheet found.
Tried on hardware: not yet; on transcripts and pseudo-terminals.
"""

import logging
from dataclasses import dataclass

from drivers.options import option
from drivers.thermometer._frames import sum8
from drivers.thermometer._mlx90614 import Mlx90614Frames, Mlx90614Options
from drivers.thermometer._serial import SerialThermometer, pushed

log = logging.getLogger(__name__)

SURFACE_STEP_MDEGC = 10
CONTINUOUS = b"\x66\x66\x01\x56"


@dataclass(frozen=True, kw_only=True, slots=True)
class Options(Mlx90614Options):
    """Where the module is, what it is rated for, and whether it is told to speak."""

    baud: int = option(115200, "baud rate of the module", least=300, most=4_000_000)
    continuous: bool = option(False, "send the command for continuous output when opening")


class Decoder(Mlx90614Frames):
    """Bytes of the module to readings. `full_sums` counts frames summed over header and data."""

    def __init__(self, options: Options) -> None:
        super().__init__(options, header=b"\x66\x66\x01\x04")
        self.full_sums = 0
        self._summed_from: int | None = None  # first byte that is summed: 4 data only, 0 all; None unknown

    def _adds_up(self, frame: bytes) -> bool:
        starts = (4, 0) if self._summed_from is None else (self._summed_from,)
        return any(sum8(frame[start:-1]) == frame[-1] for start in starts)

    def _accepted(self, frame: bytes) -> None:
        if self._summed_from is None:
            self._summed_from = 4 if sum8(frame[4:-1]) == frame[-1] else 0
            if self._summed_from == 0:
                log.info("this CJMCU-90614 sums its header as well")
        if self._summed_from == 0:
            self.full_sums += 1


def connect(options: Options) -> SerialThermometer:
    """Open the module's line. Raises DeviceUnavailable."""
    return pushed(options, Decoder(options), orders=(CONTINUOUS,) if options.continuous else ())
