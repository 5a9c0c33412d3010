"""Afuiot-B1: an infrared thermometer module that measures when it is asked and gives its own temperature.

Wiring: TTL serial, module TX to the adapter's RX and RX to TX; a 5 V module needs a divider before a
Raspberry Pi's own pins. 38400 8N1 in one public program; others make it a setting.
Protocol: `AA A5, length, command, arguments, sum, 55`; the length counts itself, command, arguments and
sum; the sum is the low byte of length, command and arguments. Object mode `AA A5 04 02 01 07 55` is set
once after opening, `AA A5 03 01 04 55` asks; the answer has eleven bytes: `AA A5 08 01, 02 for body,
object s16, ambient s16, sum, 55`, in 0.1 degrees, big endian. Source: four public code bases.
Limits: steps of 0.1 degrees, at least 220 ms a measurement. Zero bytes come before some answers and are
dropped; the answer is read by its frame, all eleven bytes: a widely copied reader takes eight and loses
every second one. A module that stays in body mode gives no surface and is reported as garbled.
No rated range was found; that the values are signed is taken from its siblings.
Tried on hardware: not yet; on transcripts and pseudo-terminals.
"""

from dataclasses import dataclass

from drivers.options import option
from drivers.thermometer._answers import FramedAnswers
from drivers.thermometer._frames import signed16, sum8
from drivers.thermometer._polled import PolledThermometer, Setting, polled
from drivers.thermometer._spot import RatedOptions
from edge.domain.model import Reading

OBJECT_MODE = b"\xaa\xa5\x04\x02\x01\x07\x55"
MODE_TAKEN = b"\xaa\xa5\x04\x02\x00\x06\x55"
MEASURE = b"\xaa\xa5\x03\x01\x04\x55"
_OBJECT, _BODY = 0x01, 0x02
_END = 0x55


@dataclass(frozen=True, kw_only=True, slots=True)
class Options(RatedOptions):
    """Where the module is, how often it is asked and what it can see."""

    baud: int = option(38400, "baud rate of the module", least=300, most=4_000_000)
    every_s: float = option(0.25, "seconds from question to question; it takes 0.22", least=0.22, most=5)


class Decoder(FramedAnswers):
    """Answers of the module to readings."""

    def __init__(self, options: Options) -> None:
        super().__init__(header=b"\xaa\xa5\x08\x01", size=11)
        self._rated = options.rated

    def _adds_up(self, frame: bytes) -> bool:
        return frame[10] == _END and sum8(frame[2:9]) == frame[9]

    def _reading(self, frame: bytes) -> Reading | None:
        target, value, ambient = frame[4], signed16(frame[5:7]) * 100, signed16(frame[7:9]) * 100
        if target not in (_OBJECT, _BODY):
            return None
        quality = self._rated(value, ambient)
        if target == _BODY:
            return Reading(None, ambient, value, quality, frame)
        return Reading(value, ambient, None, quality, frame)


def connect(options: Options) -> PolledThermometer:
    """Open the module's line. Raises DeviceUnavailable."""
    return polled(
        options,
        Decoder(options),
        (MEASURE,),
        # Whether the mode was taken is seen in every answer; its confirmation is only waited for.
        settings=(Setting(OBJECT_MODE, answer=MODE_TAKEN, needed=False),),
    )
