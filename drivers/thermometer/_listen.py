"""Finds out which module is on a port by listening to it. Never writes a byte: the same bytes ask one
module for a measurement and set the baud rate of another.

At each baud rate that a driver names, what comes is given to the decoder of every driver whose module
speaks by itself. A driver fits when its frames, with their checksums, explain the bytes. Modules that
speak only when they are asked cannot be found this way, and it says which those are.
"""

import importlib
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from drivers import registry
from drivers._adapters import Adapters
from drivers.serialport import ADAPTERS, SerialLine, open_line
from drivers.thermometer._serial import Decoder
from edge.domain.errors import ConfigError, DeviceUnavailable
from edge.domain.model import Quality, Reading

KIND = "thermometer"
SURE = 10
"""So many frames that explain nearly all bytes end the listening at a rate before its time."""

_SETTABLE = (19200, 57600, 230400, 4800, 2400)
"""Rates that GY-614V and CJMCU-90614 modules can be set to, beside those they are delivered with."""

_FIRST = 32
_WAIT_S = 0.1
_NEARLY_ALL = 0.9
_MOST = 0.6
_SOME = 0.1
_TEXT = bytes(range(0x20, 0x7F)) + b"\t\r\n"
_PLAUSIBLE_MDEGC = range(-40_000, 100_001)
"""What stands before a gate, in thousandths of a degree: a winter's wall to a kettle. Numbers without a
checksum that are elsewhere are a distance or a voltage."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A driver that makes readings of the bytes. `options` are those it needs besides port and baud,
    `odd` how many of its readings no surface before a gate has, `framed` the bytes that its frames
    explain, of all `count`."""

    driver: str
    options: Mapping[str, object]
    baud: int | None
    checked: bool
    frames: int
    odd: int
    framed: int
    count: int
    reading: Reading

    @property
    def share(self) -> float:
        """Which part of the bytes it explains."""
        return self.framed / self.count

    @property
    def fits(self) -> bool:
        """Whether that is no accident. Text without a checksum has to explain most of what came, with
        temperatures; a picture of a thousand bytes needs no second one."""
        if not self.checked:
            return self.frames >= 2 and self.share >= _MOST and self.odd <= self.frames * _SOME
        return (self.frames >= 2 or len(self.reading.raw) > 256) and self.share >= _SOME


@dataclass(frozen=True, slots=True)
class Heard:
    """What came at one baud rate. `broken` where the line itself counted broken characters."""

    baud: int | None
    count: int
    start: bytes
    broken: bool
    text: bool


@dataclass(frozen=True, slots=True)
class Hearing:
    """What listening found out. `port` is the name to configure, `candidates` are best first,
    `mute` names the drivers whose modules never speak by themselves."""

    port: str
    candidates: tuple[Candidate, ...]
    heard: tuple[Heard, ...]
    mute: tuple[str, ...]


@dataclass(slots=True)
class _Ear:
    """One decoder with what it has made of the bytes so far."""

    driver: str
    options: Mapping[str, object]
    decoder: Decoder
    checked: bool
    frames: int = 0
    odd: int = 0
    framed: int = 0
    last: Reading | None = None

    def feed(self, chunk: bytes) -> None:
        for reading in self.decoder.feed(chunk):
            self.frames += 1
            self.odd += not _plausible(reading)
            self.framed += len(reading.raw)
            self.last = reading


def listen(
    port: str,
    seconds: float,
    tell: Callable[[int | None], None] = lambda baud: None,
    *,
    now: Callable[[], float] = time.monotonic,
) -> Hearing:
    """Listen to a port for so many seconds at each baud rate; `tell` is told each before it begins.

    Ends with the first rate at which a driver fits. Raises DeviceUnavailable: `absent`, `denied`,
    `busy`, or `lost` when the port goes away.
    """
    heard = []
    for baud in (None,) if _is_network(port) else rates():
        tell(baud)
        sound, candidates = _at(port, baud, seconds, now)
        heard.append(sound)
        if candidates:
            return Hearing(lasting_name(port), candidates, tuple(heard), mute())
    return Hearing(lasting_name(port), (), tuple(heard), mute())


def rates() -> tuple[int, ...]:
    """Return the baud rates that drivers name, those of most drivers first."""
    named: Counter[int] = Counter()
    for name in registry.available(KIND):
        options = {option.name: option.default for option in registry.describe(KIND, name).options}
        default = options.get("baud")
        if isinstance(default, int):
            named.update({default, *getattr(_module(name), "BAUDS", ())})
    ordered = sorted(named, key=lambda baud: (-named[baud], baud))
    return (*ordered, *(baud for baud in _SETTABLE if baud not in named))


def mute() -> tuple[str, ...]:
    """Return the drivers for serial lines whose modules speak only when they are told to."""
    return tuple(
        name
        for name in registry.available(KIND)
        if any(option.name == "baud" for option in registry.describe(KIND, name).options)
        and (not _pushes(_module(name)) or hasattr(_module(name), "SENDS"))
    )


def lasting_name(port: str, adapters: Adapters = ADAPTERS) -> str:
    """Return the name of the port that stays with its socket, or the one given where it has none."""
    adapter = adapters.at(port) if port.startswith("/") else None
    names = adapters.lasting_names(adapter) if adapter else ()
    return port if not names or port in names else names[0]


def _at(
    port: str, baud: int | None, seconds: float, now: Callable[[], float]
) -> tuple[Heard, tuple[Candidate, ...]]:
    """Listen at one rate; return what came and which drivers fit it, best first."""
    ears, start, count, other, broken = _ears(port), b"", 0, 0, False
    line = open_line(port, baud=baud or 9600, dtr=False)
    try:
        until = now() + seconds
        while now() < until and not any(_sure(ear, count) for ear in ears):
            chunk = _heard(line)
            if chunk is None:
                broken = True
                break
            start = (start + chunk)[:_FIRST]
            count += len(chunk)
            other += len(chunk.translate(None, _TEXT))
            for ear in ears:
                ear.feed(chunk)
    finally:
        line.close()
    found = [c for ear in ears if (c := _candidate(ear, baud, count)) and c.fits]
    found.sort(key=lambda c: (c.checked, c.share, c.frames), reverse=True)
    return Heard(baud, count, start, broken, 0 < count >= other * 10), tuple(found)


def _heard(line: SerialLine) -> bytes | None:
    """Return what is waiting; None where the line itself says that this is another speed."""
    try:
        return line.read(_WAIT_S)
    except DeviceUnavailable as error:
        if error.code == "garbled":
            return None
        raise


def _ears(port: str) -> list[_Ear]:
    """Return a fresh decoder of every driver whose module speaks by itself; one for each way that its
    lines may read."""
    ears = []
    for name in registry.available(KIND):
        module = _module(name)
        if not _pushes(module):
            continue
        presets = [o.choices for o in registry.describe(KIND, name).options if o.name == "preset"]
        for options in [{"preset": choice} for choice in presets[0]] if presets else [{}]:
            try:
                driver = registry.load(KIND, {"driver": name, "port": port, **options})
            except ConfigError:
                continue  # it needs to be told more than its port
            decoder: Any = module.Decoder(driver.options)
            ears.append(_Ear(name, options, decoder, bool(decoder.checked)))
    return ears


def _sure(ear: _Ear, count: int) -> bool:
    return ear.frames >= SURE and ear.framed >= _NEARLY_ALL * count


def _candidate(ear: _Ear, baud: int | None, count: int) -> Candidate | None:
    if ear.last is None:
        return None
    return Candidate(
        ear.driver, ear.options, baud, ear.checked, ear.frames, ear.odd, ear.framed, count, ear.last
    )


def _plausible(reading: Reading) -> bool:
    """Say whether a thermometer at a gate can have said so."""
    values = (reading.surface_mdegc, reading.ambient_mdegc, reading.vendor_body_mdegc)
    return reading.quality is Quality.OK and all(v is None or v in _PLAUSIBLE_MDEGC for v in values)


def _pushes(module: ModuleType) -> bool:
    return hasattr(module, "Decoder") and not hasattr(module.Decoder, "asked")


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"drivers.{KIND}.{name}")


def _is_network(port: str) -> bool:
    """Say whether the speed is set at the other end."""
    return port.startswith("socket://")
