"""GY-614V and GY-614V3: surface, ambient and the module's own forehead-to-body value in one frame.

Wiring: 3-5 V, TTL serial (I2C only where the solder pad was changed), module TX to the adapter's RX;
a 5 V module needs a divider before a Raspberry Pi's own pins. 9600 8N1 as delivered, 1/2/5/10 frames
a second.
Protocol: twelve bytes `A4 03 07 07, emissivity, TO s16, TA s16, BO s16, sum`, temperatures in 0.01
degrees, big endian; emissivity in percent; the sum is the low byte of all bytes before it. `A4` is
the device id, which can be changed (even numbers). Source: seller's register table, one public code
base for the twelve bytes; the header is inferred from the sibling GY-MCU8833, whose published frame
adds up.
Limits: the body value is the maker's secret formula: kept beside the surface value, never instead of
it. Text output (register 04 = 1) and query mode (register 03 = 1) are not read: such a module is
reported as garbled or silent.
Tried on hardware: not yet; on transcripts and pseudo-terminals.
"""

from dataclasses import dataclass

from drivers.options import option
from drivers.thermometer._frames import FrameDecoder, rated, signed16, sum8
from drivers.thermometer._serial import SerialThermometer
from edge.domain.model import Reading

DEVICE_ID = 0xA4


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Where the module is and what it is rated for (MLX90614: object -70..380, sensor -40..125)."""

    port: str = option(doc="device file (by-path name), socket://host:port or rfc2217://host:port")
    baud: int = option(9600, "baud rate of the module", least=300, most=4_000_000)
    device_id: int = option(DEVICE_ID, "register 00 of the module", least=0, most=254)
    silence_s: float = option(2.5, "seconds without a reading until it is called lost; 0 never", least=0)
    surface_min_c: float = option(-70.0, "lowest object temperature it is rated for")
    surface_max_c: float = option(380.0, "highest object temperature it is rated for")
    ambient_min_c: float = option(-40.0, "lowest sensor temperature it is rated for")
    ambient_max_c: float = option(125.0, "highest sensor temperature it is rated for")


class Decoder(FrameDecoder):
    """Bytes of the module to readings."""

    def __init__(self, options: Options) -> None:
        super().__init__(header=_header(options.device_id), size=12)
        self._surface_c = (options.surface_min_c, options.surface_max_c)
        self._ambient_c = (options.ambient_min_c, options.ambient_max_c)

    def _reading(self, frame: bytes) -> Reading | None:
        if not 1 <= frame[4] <= 100:  # emissivity in percent: anything else is no frame
            return None
        surface = signed16(frame[5:7]) * 10
        ambient = signed16(frame[7:9]) * 10
        body = signed16(frame[9:11]) * 10
        quality = rated(surface, ambient, surface_c=self._surface_c, ambient_c=self._ambient_c)
        return Reading(surface, ambient, body, quality, frame)


def connect(options: Options) -> SerialThermometer:
    """Open the module's line. Raises DeviceUnavailable."""
    from drivers.serialport import open_line

    line = open_line(options.port, baud=options.baud)
    return SerialThermometer(line, Decoder(options), silence_s=options.silence_s)


def encode(surface_c: float, ambient_c: float, body_c: float, *, emissivity: int = 97) -> bytes:
    """Return the frame the module would send for these temperatures (for simulators and tests)."""
    frame = _header(DEVICE_ID) + bytes([emissivity])
    frame += round(surface_c * 100).to_bytes(2, "big", signed=True)
    frame += round(ambient_c * 100).to_bytes(2, "big", signed=True)
    frame += round(body_c * 100).to_bytes(2, "big", signed=True)
    return frame + bytes([sum8(frame)])


def _header(device_id: int) -> bytes:
    return bytes([device_id, 0x03, 0x07, 0x07])
