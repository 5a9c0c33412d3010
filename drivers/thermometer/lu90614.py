"""LU90614 (鹿小班): an infrared thermometer module that measures when it is asked.

Wiring: TTL serial, module TX to the adapter's RX and RX to TX; power and levels as printed on the board,
a 5 V module needs a divider before a Raspberry Pi's own pins. 9600 8N1.
Protocol: object mode `FA C6 C0` is set once after opening, `FA CA C4` asks for a measurement; the answer
has nine bytes: `FE, AA object or AC body, degrees, hundredths, 00 00 00 00, sum`, the sum being the low
byte of all bytes before it. Source: a seller's page with example frames (sums recomputed) and several
public teaching projects.
Limits: temperatures below zero cannot be expressed: 0.00 is kept and marked `too_low`. The module says
nothing of its own temperature. A module that stays in body mode gives no surface and is reported as
garbled. No rated range was found.
Tried on hardware: not yet; on transcripts and pseudo-terminals.
"""

from dataclasses import dataclass

from drivers.options import option
from drivers.thermometer._answers import FramedAnswers
from drivers.thermometer._frames import rated
from drivers.thermometer._polled import PolledThermometer, Setting, polled
from drivers.thermometer._spot import PlacedOptions
from edge.domain.model import Reading

SURFACE_STEP_MDEGC = 10
OBJECT_MODE = b"\xfa\xc6\xc0"
MEASURE = b"\xfa\xca\xc4"
_OBJECT, _BODY = 0xAA, 0xAC


@dataclass(frozen=True, kw_only=True, slots=True)
class Options(PlacedOptions):
    """Where the module is, how often it is asked and what it can see."""

    baud: int = option(9600, "baud rate of the module", least=300, most=4_000_000)
    every_s: float = option(0.25, "seconds from question to question; it takes 0.1 to 0.2", least=0.2, most=5)
    surface_max_c: float = option(99.99, "highest object temperature that is believed")


class Decoder(FramedAnswers):
    """Answers of the module to readings."""

    def __init__(self, options: Options) -> None:
        super().__init__(header=b"\xfe", size=9)
        self._surface_c = (0.01, options.surface_max_c)

    def _reading(self, frame: bytes) -> Reading | None:
        kind, degrees, hundredths = frame[1], frame[2], frame[3]
        if kind not in (_OBJECT, _BODY) or hundredths > 99 or any(frame[4:8]):
            return None
        value = degrees * 1000 + hundredths * 10
        quality = rated(value, None, surface_c=self._surface_c, ambient_c=(0, 0))
        if kind == _BODY:
            return Reading(None, None, value, quality, frame)
        return Reading(value, None, None, quality, frame)


def connect(options: Options) -> PolledThermometer:
    """Open the module's line. Raises DeviceUnavailable."""
    return polled(options, Decoder(options), (MEASURE,), settings=(Setting(OBJECT_MODE),))
