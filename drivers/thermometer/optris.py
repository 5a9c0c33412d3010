"""Optris CT, CTlaser, CS, CSmicro, CSlaser, CX and the Micro-Epsilon thermoMETER of the same family.

Wiring: the maker's USB, RS232 or RS485 interface (no RS485 address is sent: one device on the wire).
8N1; the CT leaves the factory at 115200, older CS sheets say 9600.
Protocol: one byte asks, two bytes answer: `01` target, `02` head, u16 big endian; degrees are
(value - 1000) / 10, on high-sensitivity "hs" types (value - 10000) / 100. Emissivity is set by
`84, u16 in thousandths`, answered with the same two bytes; the CT wants the exclusive-or of all bytes
behind a SET command. Source: maker's manuals with example answers.
Limits: answers carry no checksum and no name. What waits on the line is dropped before each question, an
answer is exactly two bytes and then silence, and after a missing answer the line is left quiet: nothing
else tells one answer from another. A device in burst mode is therefore reported as garbled. Rated ranges
differ by model: set them. The head of an hs type is not read, its scale is not documented. Whether a set
emissivity outlives the power is not said.
Tried on hardware: not yet; on transcripts and pseudo-terminals.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Literal

from drivers.options import both, option
from drivers.thermometer._answers import SizedAnswers
from drivers.thermometer._polled import PolledThermometer, Setting, polled
from drivers.thermometer._spot import RatedOptions
from edge.domain.model import Reading

TARGET, HEAD = b"\x01", b"\x02"
_SET_EMISSIVITY = b"\x84"


@dataclass(frozen=True, kw_only=True, slots=True)
class Options(RatedOptions):
    """Where the device is, which scale it uses and how often it is asked."""

    baud: int = option(115200, "baud rate of the device", least=300, most=4_000_000)
    scale: Literal["normal", "hs"] = option("normal", "hs for the high-sensitivity types")
    head: bool = option(True, "ask for the head's own temperature as well, as ambient")
    emissivity: float | None = option(None, "set this when opening; none: leave it", least=0.1, most=1)
    xor: bool = option(False, "end the emissivity command with its exclusive-or, as the CT wants it")
    every_s: float = option(0.1, "seconds from question to question", least=0.05, most=5)

    def __post_init__(self) -> None:
        if self.head and self.scale == "hs":
            en = "on which scale an hs type says it is not documented; write head = false"
            raise ValueError("head: " + both(en, "hs 型测头温度的刻度没有公开，请写 head = false"))


class Decoder(SizedAnswers):
    """Answers of the device to readings: target, and head where it is asked for."""

    checked = False  # two bare bytes

    def __init__(self, options: Options) -> None:
        super().__init__(_queries(options), size=2)
        self._hs = options.scale == "hs"
        self._rated = options.rated

    def _right(self, number: int, answer: bytes) -> bool:
        return True  # whatever two bytes say is a temperature

    def _reading(self, answers: Sequence[bytes]) -> Reading:
        values = [self._mdegc(answer) for answer in answers]
        surface, ambient = values[0], values[1] if len(values) > 1 else None
        quality = self._rated(surface, ambient)
        return Reading(surface, ambient, None, quality, b"".join(answers))

    def _mdegc(self, answer: bytes) -> int:
        value = int.from_bytes(answer, "big")
        return (value - 10000) * 10 if self._hs else (value - 1000) * 100


def connect(options: Options) -> PolledThermometer:
    """Open the device's line. Raises DeviceUnavailable."""
    return polled(options, Decoder(options), _queries(options), settings=_settings(options))


def _queries(options: Options) -> tuple[bytes, ...]:
    return (TARGET, HEAD) if options.head else (TARGET,)


def _settings(options: Options) -> tuple[Setting, ...]:
    if options.emissivity is None:
        return ()
    value = round(options.emissivity * 1000).to_bytes(2, "big")
    command = _SET_EMISSIVITY + value
    if options.xor:
        command += bytes([reduce(xor, command)])
    return (Setting(command, answer=value),)
