"""Anything that prints temperatures as lines of text: Arduino sketches, meters in burst mode, bridges.

Wiring: whatever the device needs; the line is 8N1 at `baud`.
Protocol: lines ended by CR, LF or both, at most 256 bytes. A regular expression with the named groups
`surface` (in one of them), `ambient`, `body` and, where the line says it, `unit` (C or F) finds the
numbers; a decimal comma is understood. Fields may stand on several lines: give one expression for
each, and lines within 500 ms become one reading. Presets, seen in public sketches:
  to_ta           TO:36.52 and TA:25.10, on one line or two
  ambient_object  Ambient = 25.1 *C  Object = 36.5 *C
  number          36.5
  json            {"value": 36.5}, also keys surface, object, ambient, body
Limits: text carries no checksum, so a number that lost a digit on the way cannot be told from one
that was sent so; prefer a module that has one. The presets believe a number only with what may end one
behind it: a spoilt point or digit in its midst costs the line. The first line after opening is usually
cut off and is dropped. Opening resets most Arduinos (1-2 s of silence) unless `dtr = false`.
Tried on hardware: not yet; on transcripts and pseudo-terminals.
"""

import re
import time
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

from drivers.options import both, option
from drivers.thermometer._mlx90614 import Mlx90614Options
from drivers.thermometer._serial import SerialThermometer
from edge.domain.model import Reading

PAIR_S = 0.5
LINE_LIMIT = 256
_HOTTEST = 10_000
_FIELDS = ("surface", "ambient", "body")
# A number counts only with its end: `36x52` is one whose point was spoilt on the way, and not 36.
_B = r"[ \t]*"
_SIGN = r"[^0-9A-Za-z.,\s]{0,2}"
_WORD_ENDS = r"(?![0-9A-Za-z]|[.,][0-9])"
_END = (
    r"(?=[ \t\0\r\n]*$"
    r"|[ \t\0]+[^0-9.,\s\0]"
    r"|[;,|\]}][ \t\0]*(?![0-9., \t\0])"
    rf"|{_SIGN}(?:[CF]{_WORD_ENDS}|deg))"
)
_N = rf"[-+]?[0-9]{{1,4}}(?:[.,][0-9]{{1,6}})?{_END}"
_UNIT = rf"(?:[ \t]?{_SIGN}(?P<unit>[CF]){_WORD_ENDS})?"

PRESETS = {
    "to_ta": (
        rf"(?<![A-Za-z0-9_])TO{_B}[:=]{_B}(?P<surface>{_N})",
        rf"(?<![A-Za-z0-9_])TA{_B}[:=]{_B}(?P<ambient>{_N})",
    ),
    "ambient_object": (rf"Ambient{_B}={_B}(?P<ambient>{_N})[^=]*?\bObject{_B}={_B}(?P<surface>{_N}){_UNIT}",),
    "number": (rf"^{_B}(?P<surface>{_N}){_UNIT}[ \t\0\r\n]*$",),
    "json": (
        rf'^{_B}\{{(?=.*"(?:value|surface|object)"{_B}:{_B}(?P<surface>{_N}){_B}[,}}])'
        rf'(?:(?=.*"ambient"{_B}:{_B}(?P<ambient>{_N}){_B}[,}}]))?'
        rf'(?:(?=.*"body"{_B}:{_B}(?P<body>{_N}){_B}[,}}]))?',
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Options(Mlx90614Options):
    """Where the device is and how its lines read."""

    baud: int = option(9600, "baud rate of the device", least=300, most=4_000_000)
    preset: Literal["to_ta", "ambient_object", "number", "json"] = option("to_ta", "how the lines read")
    patterns: tuple[str, ...] = option((), "own regular expressions, instead of a preset")
    unit: Literal["C", "F"] = option("C", "unit of numbers whose line does not say it")
    encoding: str = option("utf-8", "encoding of the lines, for patterns with other than ASCII")
    dtr: bool = option(True, "raise the DTR line when opening; false spares an Arduino its reset")
    discard_first: bool = option(True, "drop the first line after opening, usually cut off")
    start_s: float = option(5.0, "seconds the first reading may take after opening", least=0)

    def __post_init__(self) -> None:
        try:
            b"0".decode(self.encoding, "replace")
        except (LookupError, UnicodeError) as error:
            raise ValueError("encoding: " + both(f"not known: {error}", f"没有这种编码：{error}")) from error
        patterns = [_compiled(expression) for expression in self.patterns]
        if patterns and not any("surface" in pattern.groupindex for pattern in patterns):
            en = "none names the group surface, without which nobody is measured"
            raise ValueError("patterns: " + both(en, "没有一条写出组名 surface；没有表面温度就测不了人"))


@dataclass(slots=True)
class _Group:
    """Fields that belong together, while more of them may come."""

    since: float
    fields: dict[str, int] = field(default_factory=dict)
    matched: set[int] = field(default_factory=set)
    raw: bytes = b""


class Decoder:
    """Bytes of the device to readings. `now` is any monotonic clock in seconds; it decides which
    lines came together, and is asked once for every line that ended and once for every `feed`."""

    checked = False  # text carries no checksum

    def __init__(self, options: Options, now: Callable[[], float] = time.monotonic) -> None:
        self.bad_frames = 0
        self.dropped_bytes = 0
        self._options = options
        self._now = now
        self._patterns = [_compiled(e) for e in options.patterns or PRESETS[options.preset]]
        self._line = bytearray()
        self._skipping = options.discard_first
        self._group: _Group | None = None

    def feed(self, chunk: bytes) -> list[Reading]:
        """Return the readings completed by `chunk`, or, when partners failed to come, by time."""
        readings = self._expired()
        for byte in chunk:
            self._line.append(byte)
            if byte in b"\r\n":
                line = bytes(self._line)
                self._line.clear()
                readings += self._end_line(line)
            elif len(self._line) > LINE_LIMIT:
                self._lose_line()
        return readings

    def _end_line(self, line: bytes) -> list[Reading]:
        if self._skipping:
            self._skipping = False
            self.dropped_bytes += len(line)
            return []
        if len(line) == 1:  # the LF of a CRLF, or an empty line
            return []
        text = line.decode(self._options.encoding, "replace")
        matches = {n: match for n, p in enumerate(self._patterns) if (match := p.search(text))}
        values = self._numbers(matches.values())
        if not matches or values is None:
            self.bad_frames += 1
            self.dropped_bytes += len(line)
            return []
        return self._add(matches.keys(), values, line)

    def _numbers(self, matches: Iterable[re.Match[str]]) -> dict[str, int] | None:
        """Return the fields of a line; None where an expression found what is no temperature."""
        values: dict[str, int] = {}
        for match in matches:
            groups = match.groupdict()
            unit = groups.get("unit") or self._options.unit
            try:
                values |= {n: _mdegc(groups[n], unit) for n in _FIELDS if groups.get(n)}
            except (ValueError, ArithmeticError):
                return None
        return values

    def _lose_line(self) -> None:
        """Drop a line that got too long, up to its end."""
        if not self._skipping:
            self.bad_frames += 1
        self._skipping = True
        self.dropped_bytes += len(self._line)
        self._line.clear()

    def _add(self, matched: Set[int], values: Mapping[str, int], line: bytes) -> list[Reading]:
        """Put a line into the open group; the group ends when every pattern has matched."""
        readings = self._expired()
        if self._group is not None and matched & self._group.matched:
            readings += self._close()  # a field said again begins the next reading
        if self._group is None:
            self._group = _Group(self._now())
        self._group.fields |= values
        self._group.matched |= matched
        self._group.raw += line
        if len(self._group.matched) == len(self._patterns):
            readings += self._close()
        return readings

    def _expired(self) -> list[Reading]:
        if self._group is None or self._now() - self._group.since <= PAIR_S:
            return []
        return self._close()

    def _close(self) -> list[Reading]:
        """End the open group; without a surface value nobody could be measured by it."""
        group, self._group = self._group, None
        if group is None:
            return []
        values = group.fields
        if "surface" not in values:
            self.dropped_bytes += len(group.raw)
            return []
        surface, ambient = values["surface"], values.get("ambient")
        quality = self._options.rated(surface, ambient)
        return [Reading(surface, ambient, values.get("body"), quality, group.raw)]


def connect(options: Options) -> SerialThermometer:
    """Open the device's line. Raises DeviceUnavailable."""
    from drivers.serialport import open_line

    line = open_line(options.port, baud=options.baud, dtr=options.dtr)
    return SerialThermometer(line, Decoder(options), silence_s=options.silence_s, start_s=options.start_s)


def _compiled(expression: str) -> re.Pattern[str]:
    """Return the pattern; ValueError says what is wrong with it."""
    try:
        pattern = re.compile(expression)
    except re.error as error:
        en, zh = (
            f"{expression!r} is no regular expression: {error}",
            f"{expression!r} 不是正则表达式：{error}",
        )
        raise ValueError("patterns: " + both(en, zh)) from error
    if not set(pattern.groupindex) & set(_FIELDS):
        names = ", ".join(_FIELDS)
        en, zh = (
            f"{expression!r} names none of the groups {names}",
            f"{expression!r} 没有写出组名 {names} 之一",
        )
        raise ValueError("patterns: " + both(en, zh))
    return pattern


def _mdegc(number: str, unit: str) -> int:
    """Return thousandths of a degree Celsius, rounded half to even where finer. Raises ValueError or
    ArithmeticError for what is no number, or none of a temperature."""
    degrees = Decimal(number.replace(",", "."))
    if unit.upper() == "F":
        degrees = (degrees - 32) * 5 / 9
    if not abs(degrees) < _HOTTEST:  # also what is not a number
        raise ValueError("no temperature")
    return int((degrees * 1000).quantize(Decimal(1), ROUND_HALF_EVEN))
