"""Infrared thermometers that speak Modbus RTU: Calex PyroMiniBus and PyroUSB, Omega OS-MINIUSB, others.

Wiring: RS485 A and B to the adapter's A and B, ground beside them, or the maker's USB. 9600 8N1.
Protocol: one request reads all registers from the first to the last that is needed (function 03 or 04),
temperatures are s16 in 0.1 degrees unless the map says otherwise. Presets: pyromini and omega_miniusb
read 0F unfiltered, 10 sensor, 11 status; pyrousb 13, 14, 15. Status bits: 0 measurement error, 1 sensor
cold, 2 sensor hot, 3 object low, 4 object high. Unfiltered, because the filtered register holds what
averaging and peak holding an earlier owner left in the device. `preset = "own"` takes a map of registers
from the options. Framing and CRC are minimalmodbus'. Source: makers' manuals.
Limits: emissivity is written to the volatile register only (pyromini 17, pyrousb 18), again whenever the
device had stopped answering; stored settings are never touched, their memory wears. Rated ranges differ
by model; the device's own status bits are believed where there are some. One device on the wire.
Tried on hardware: not yet; on transcripts and pseudo-terminals.
"""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from drivers._modbus import Slave, why_refused
from drivers.options import both, option
from drivers.thermometer._answers import SizedAnswers
from drivers.thermometer._polled import PolledThermometer, Setting, polled
from drivers.thermometer._spot import RatedOptions
from edge.domain.model import Quality, Reading

MOST_REGISTERS = 32
_HOTTEST_C = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Map:
    """Where a device keeps what we need; None where it has no such register."""

    surface: int
    ambient: int | None = None
    status: int | None = None
    emissivity: int | None = None


PYROMINI = Map(surface=0x0F, ambient=0x10, status=0x11, emissivity=0x17)
PRESETS = {
    "pyromini": PYROMINI,
    "omega_miniusb": PYROMINI,
    "pyrousb": Map(surface=0x13, ambient=0x14, status=0x15, emissivity=0x18),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Options(RatedOptions):
    """Where the device is and where it keeps its values; registers are counted from 0."""

    baud: int = option(9600, "baud rate of the device", least=300, most=4_000_000)
    address: int = option(1, "the device's Modbus address", least=1, most=247)
    preset: Literal["pyromini", "pyrousb", "omega_miniusb", "own"] = option(
        "pyromini", "whose map of registers; own: the options below"
    )
    function: Literal[3, 4] = option(3, "function that reads registers")
    surface_register: int | None = option(None, "own map: the object's temperature", least=0, most=65534)
    ambient_register: int | None = option(None, "own map: the sensor's temperature", least=0, most=65534)
    status_register: int | None = option(None, "own map: status bits", least=0, most=65534)
    emissivity_register: int | None = option(
        None, "own map: emissivity in 0.0001, the volatile register only", least=0, most=65534
    )
    value: Literal["s16", "u16", "float", "float_swapped"] = option(
        "s16", "how temperatures are kept; float: two registers, high word first; swapped: low word first"
    )
    scale: float = option(0.1, "degrees of one step", least=0.0001, most=1000)
    offset_c: float = option(0.0, "degrees that a value of 0 means", least=-1000, most=1000)
    error_bits: tuple[int, ...] = option((0, 1, 2), "status bits of a measurement that counts for nothing")
    low_bits: tuple[int, ...] = option((3,), "status bits of an object below the range")
    high_bits: tuple[int, ...] = option((4,), "status bits of an object above the range")
    emissivity: float | None = option(None, "set this while running; none: leave it", least=0.1, most=1)
    every_s: float = option(0.1, "seconds from question to question", least=0.05, most=5)

    def __post_init__(self) -> None:
        registers = map_of(self)
        for name in ("error_bits", "low_bits", "high_bits"):
            if not all(0 <= bit <= 15 for bit in getattr(self, name)):
                raise ValueError(
                    f"{name}: " + both("a register has the bits 0 to 15", "寄存器只有第 0 到 15 位")
                )
        if self.emissivity is not None and registers.emissivity is None:
            en = "no emissivity_register says where it is set"
            raise ValueError("emissivity: " + both(en, "请用 emissivity_register 写明设在哪个寄存器"))
        if _block(self)[1] > MOST_REGISTERS:
            en = f"one request reads all registers, at most {MOST_REGISTERS}; these lie further apart"
            zh = f"一次请求最多读 {MOST_REGISTERS} 个寄存器，这几个相隔太远"
            raise ValueError("surface_register: " + both(en, zh))


class Decoder(SizedAnswers):
    """Answers of the device to readings."""

    checked = True

    def __init__(self, options: Options) -> None:
        self._map = map_of(options)
        self._options = options
        self._first, self._count = _block(options)
        self._registers: list[int] = []
        self._slave = Slave(options.address, options.function)
        self.query = self._slave.question(self._first, self._count)
        super().__init__((self.query,), size=5 + 2 * self._count)
        self._rated = options.rated

    def _right(self, number: int, answer: bytes) -> bool:
        found = self._slave.registers(answer, self._first, self._count)
        self._registers = found or []
        return found is not None and self._degrees(found, self._map.surface) is not None

    def _reading(self, answers: Sequence[bytes]) -> Reading:
        registers = self._registers
        surface, ambient = (self._degrees(registers, r) for r in (self._map.surface, self._map.ambient))
        quality = self._status(registers)
        if quality is Quality.OK:
            quality = self._rated(surface, ambient)
        return Reading(surface, ambient, None, quality, answers[0])

    def _complaint(self, answer: bytes) -> str:
        code = self._slave.refusal(answer)
        if code is not None:
            return f"it refuses these registers with {code}: {why_refused(code)}"
        if answer.startswith(self.query):
            return "our own questions come back: switch the echo of the RS485 adapter off"
        return ""

    def _degrees(self, registers: Sequence[int], register: int | None) -> int | None:
        """Return a temperature in thousandths; None where there is none or it is no temperature."""
        if register is None:
            return None
        words = registers[register - self._first :][:2]
        kind = self._options.value
        if kind == "u16":
            value: float = words[0]
        elif kind == "s16":
            value = words[0] - (words[0] & 0x8000) * 2
        else:
            high, low = words if kind == "float" else words[::-1]
            [value] = struct.unpack(">f", struct.pack(">HH", high, low))
        degrees = value * self._options.scale + self._options.offset_c
        return round(degrees * 1000) if math.isfinite(degrees) and abs(degrees) < _HOTTEST_C else None

    def _status(self, registers: Sequence[int]) -> Quality:
        """Return what the device itself says its values are worth."""
        if self._map.status is None:
            return Quality.OK
        status = registers[self._map.status - self._first]
        for bits, quality in (
            (self._options.error_bits, Quality.OUT_OF_RANGE),
            (self._options.low_bits, Quality.TOO_LOW),
            (self._options.high_bits, Quality.TOO_HIGH),
        ):
            if any(status >> bit & 1 for bit in bits):
                return quality
        return Quality.OK


def connect(options: Options) -> PolledThermometer:
    """Open the device's line. Raises DeviceUnavailable."""
    decoder = Decoder(options)
    return polled(options, decoder, (decoder.query,), settings=_settings(options))


def map_of(options: Options) -> Map:
    """Return the registers to use. Raises ValueError where the options leave none."""
    own = (
        options.surface_register,
        options.ambient_register,
        options.status_register,
        options.emissivity_register,
    )
    if options.preset != "own":
        if any(register is not None for register in own):
            en = 'registers of your own are read with preset = "own" only'
            raise ValueError("preset: " + both(en, '自己写的寄存器只在 preset = "own" 时使用'))
        return PRESETS[options.preset]
    if options.surface_register is None:
        en = "missing; a map of your own has to say where the temperature is"
        raise ValueError("surface_register: " + both(en, "缺少；自己写的寄存器表要写明温度在哪里"))
    surface, ambient, status, emissivity = options.surface_register, *own[1:]
    return Map(surface=surface, ambient=ambient, status=status, emissivity=emissivity)


def _block(options: Options) -> tuple[int, int]:
    """Return the first register of the one request and how many it reads."""
    registers = map_of(options)
    words = 2 if options.value.startswith("float") else 1
    begins = [(registers.surface, words), (registers.ambient, words), (registers.status, 1)]
    places = [(begin, begin + size) for begin, size in begins if begin is not None]
    first = min(begin for begin, _ in places)
    return first, max(end for _, end in places) - first


def _settings(options: Options) -> tuple[Setting, ...]:
    register = map_of(options).emissivity
    if options.emissivity is None or register is None:
        return ()
    order = Slave(options.address, options.function).order(register, round(options.emissivity * 10_000))
    # A device that took it says the same bytes; one that lost its power has forgotten it.
    return (Setting(order, answer=order, volatile=True),)
