"""GY-MCU90614 and GY-MCU90615: an MLX90614 or MLX90615 behind a small controller, pushing frames.

Wiring: 3-5 V, TTL serial, module TX to the adapter's RX; a 5 V module needs a divider before a
Raspberry Pi's own pins. 9600 8N1; some 90615 units leave the factory at 115200.
Protocol: nine bytes `5A 5A 45 04, object s16, ambient s16, sum`, both in 0.01 degrees, big endian,
signed; the sum is the low byte of all bytes before it. Some units send a tenth byte behind the sum,
which is dropped. Source: seller's data sheets of the GY-MCU90614 and two public code bases; the
sheet's example frame is in the transcript, its sum recomputed.
Limits: a bare surface temperature, uncompensated for distance; the object must fill the view (90
degree parts: within 3 cm; 10 degree parts: within 10 cm). A module whose automatic output was
switched off says nothing and is reported as silent; `continuous = true` starts it with `A5 45 EA`
whenever the line is opened, and without that option nothing is ever sent (on its sibling GY-MCU90640
these bytes begin another command). For good it is switched on once, outside of this software, by the
bytes A5 51 F6. The newer ten-byte body mode is not decoded: its layout is not public.
Tried on hardware: not yet; on transcripts and pseudo-terminals.
"""

from dataclasses import dataclass

from drivers.options import option
from drivers.thermometer._mlx90614 import Mlx90614Frames, Mlx90614Options
from drivers.thermometer._serial import SerialThermometer, pushed

SURFACE_STEP_MDEGC = 10
CONTINUOUS = b"\xa5\x45\xea"


@dataclass(frozen=True, kw_only=True, slots=True)
class Options(Mlx90614Options):
    """Where the module is, what it is rated for, and whether it is told to speak."""

    baud: int = option(9600, "baud rate of the module", least=300, most=4_000_000)
    continuous: bool = option(False, "send the command for continuous output when opening")


class Decoder(Mlx90614Frames):
    """Bytes of the module to readings."""

    def __init__(self, options: Options) -> None:
        super().__init__(options, header=b"\x5a\x5a\x45\x04")


def connect(options: Options) -> SerialThermometer:
    """Open the module's line. Raises DeviceUnavailable."""
    return pushed(options, Decoder(options), orders=(CONTINUOUS,) if options.continuous else ())
