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
from drivers.thermometer import _optics
from drivers.thermometer._frames import FrameDecoder, rated, signed16
from drivers.thermometer._serial import SerialThermometer, pushed
from edge.domain.model import Reading

CONTINUOUS = b"\xa5\x45\xea"


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Where the module is and what it is rated for (MLX90614: object -70..380, sensor -40..125)."""

    port: str = option(doc="device file (by-path name), socket://host:port or rfc2217://host:port")
    baud: int = option(9600, "baud rate of the module", least=300, most=4_000_000)
    continuous: bool = option(False, "send the command for continuous output when opening")
    silence_s: float = option(2.5, "seconds without a reading until it is called lost; 0 never", least=0)
    surface_min_c: float = option(-70.0, "lowest object temperature it is rated for")
    surface_max_c: float = option(380.0, "highest object temperature it is rated for")
    ambient_min_c: float = option(-40.0, "lowest sensor temperature it is rated for")
    ambient_max_c: float = option(125.0, "highest sensor temperature it is rated for")
    fov_deg: float = _optics.fov()
    distance_cm: float = _optics.distance()


class Decoder(FrameDecoder):
    """Bytes of the module to readings."""

    def __init__(self, options: Options) -> None:
        super().__init__(header=b"\x5a\x5a\x45\x04", size=9)
        self._surface_c = (options.surface_min_c, options.surface_max_c)
        self._ambient_c = (options.ambient_min_c, options.ambient_max_c)

    def _reading(self, frame: bytes) -> Reading:
        surface = signed16(frame[4:6]) * 10
        ambient = signed16(frame[6:8]) * 10
        quality = rated(surface, ambient, surface_c=self._surface_c, ambient_c=self._ambient_c)
        return Reading(surface, ambient, None, quality, frame)


def connect(options: Options) -> SerialThermometer:
    """Open the module's line. Raises DeviceUnavailable."""
    from drivers.serialport import open_line

    line = open_line(options.port, baud=options.baud)
    orders = (CONTINUOUS,) if options.continuous else ()
    return pushed(line, Decoder(options), silence_s=options.silence_s, orders=orders)
