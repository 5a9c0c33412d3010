"""GY-614V and GY-614V3: surface, ambient and the module's own forehead-to-body value in one frame.

Wiring: 3-5 V, TTL serial (I2C only where the solder pad was changed), module TX to the adapter's RX;
a 5 V module needs a divider before a Raspberry Pi's own pins. 9600 8N1 as delivered, 1/2/5/10 frames
a second.
Protocol: twelve bytes `A4 03 07 07, emissivity, TO s16, TA s16, BO s16, sum`, temperatures in 0.01
degrees, big endian; emissivity in percent; the sum is the low byte of all bytes before it. `A4` is
the device id, which can be changed (even numbers). Source: seller's register table, one public code
base for the twelve bytes; the header is inferred from the sibling GY-MCU8833, whose published frame
adds up. Registers are written by `A4 06, register, value, sum`, and only where an option asks for it:
`emissivity` (07), `continuous` (03 = 0), `rate_hz` (02). Nothing is stored in the module (register 05 is
never written).
Limits: the body value is the maker's secret formula: kept beside the surface value, never instead of
it. Text output (register 04 = 1) and query mode (register 03 = 1) are not read: such a module is
reported as garbled or silent. With `emissivity` set, frames that name another one are refused: a module
that does not take it is reported as garbled.
Tried on hardware: not yet; on transcripts and pseudo-terminals.
"""

from dataclasses import dataclass
from typing import Literal

from drivers.options import both, option
from drivers.thermometer._frames import FrameDecoder, signed16, sum8
from drivers.thermometer._mlx90614 import Mlx90614Options
from drivers.thermometer._serial import SerialThermometer, pushed
from edge.domain.model import Reading

SURFACE_STEP_MDEGC = 10
DEVICE_ID = 0xA4
_WRITE = 0x06
_RATE, _MODE, _EMISSIVITY = 0x02, 0x03, 0x07
_RATES_HZ = (1, 2, 5, 10)


@dataclass(frozen=True, kw_only=True, slots=True)
class Options(Mlx90614Options):
    """Where the module is, what it is rated for, and what it is told when opening."""

    baud: int = option(9600, "baud rate of the module", least=300, most=4_000_000)
    device_id: int = option(DEVICE_ID, "register 00 of the module", least=0, most=254)
    emissivity: float | None = option(None, "set this when opening; none: leave it", least=0.01, most=1)
    continuous: bool = option(False, "take the module out of query mode when opening")
    rate_hz: Literal[0, 1, 2, 5, 10] = option(0, "set so many frames a second when opening; 0: leave it")

    def __post_init__(self) -> None:
        if self.device_id % 2:
            en = f"the module takes even numbers only, not {self.device_id}"
            raise ValueError("device_id: " + both(en, f"模块只有偶数编号，不能是 {self.device_id}"))


class Decoder(FrameDecoder):
    """Bytes of the module to readings."""

    def __init__(self, options: Options) -> None:
        super().__init__(header=_header(options.device_id), size=12)
        self._emissivity = _percent(options.emissivity)
        self._rated = options.rated

    def _reading(self, frame: bytes) -> Reading | None:
        if not 1 <= frame[4] <= 100:  # emissivity in percent: anything else is no frame
            return None
        if self._emissivity not in (None, frame[4]):  # measured with a setting nobody asked for
            return None
        surface = signed16(frame[5:7]) * 10
        ambient = signed16(frame[7:9]) * 10
        body = signed16(frame[9:11]) * 10
        quality = self._rated(surface, ambient)
        return Reading(surface, ambient, body, quality, frame)


def connect(options: Options) -> SerialThermometer:
    """Open the module's line. Raises DeviceUnavailable."""
    return pushed(options, Decoder(options), orders=_orders(options))


def encode(surface_c: float, ambient_c: float, body_c: float, *, emissivity: int = 97) -> bytes:
    """Return the frame the module would send for these temperatures (for simulators and tests)."""
    frame = _header(DEVICE_ID) + bytes([emissivity])
    frame += round(surface_c * 100).to_bytes(2, "big", signed=True)
    frame += round(ambient_c * 100).to_bytes(2, "big", signed=True)
    frame += round(body_c * 100).to_bytes(2, "big", signed=True)
    return frame + bytes([sum8(frame)])


def _orders(options: Options) -> tuple[bytes, ...]:
    """Return the register writes the options ask for."""
    wanted: dict[int, int | None] = {
        _EMISSIVITY: _percent(options.emissivity),
        _RATE: _RATES_HZ.index(options.rate_hz) if options.rate_hz else None,
        _MODE: 0 if options.continuous else None,
    }
    orders = [
        bytes([options.device_id, _WRITE, r, value]) for r, value in wanted.items() if value is not None
    ]
    return tuple(order + bytes([sum8(order)]) for order in orders)


def _percent(emissivity: float | None) -> int | None:
    return None if emissivity is None else round(emissivity * 100)


def _header(device_id: int) -> bytes:
    return bytes([device_id, 0x03, 0x07, 0x07])
