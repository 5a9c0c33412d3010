"""Finds drivers by their file names and turns configuration tables into drivers ready to connect.

The folder is the kind, the file is the driver; there is no list to keep. Describing and checking
import the driver's own module only: a driver imports its heavy libraries inside `connect`.
"""

import importlib
import inspect
import os.path
import pkgutil
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from drivers.options import OptionInfo, both, build, suggest
from drivers.options import describe as describe_options
from drivers.thermometer._optics import warning
from edge.domain.errors import ConfigError, DeviceUnavailable

__all__ = ["KINDS", "Driver", "DriverInfo", "OptionInfo", "available", "describe", "listen", "load"]

if TYPE_CHECKING:
    from drivers.thermometer._listen import Hearing

KINDS = ("thermometer", "scanner", "barrier", "voice", "lights", "verifier", "notifier")
# Keys of a device's table that are the gate's own and no driver's: where on the body it measures, and which
# other one it is compared with.
_OF_THE_GATE = {"thermometer": frozenset({"driver", "place", "also", "sister"})}
_PINS = ("pin", "red", "yellow", "green", "button")
_BUS = re.compile(r"/dev/i2c-")


@dataclass(frozen=True, slots=True)
class DriverInfo:
    """One driver, ready to show; `doc` is its whole docstring."""

    kind: str
    name: str
    doc: str
    options: tuple[OptionInfo, ...]
    simulated: bool


@dataclass(frozen=True, slots=True)
class Driver:
    """A driver with checked options. Nothing is opened before `connect`."""

    kind: str
    name: str
    options: Any
    simulated: bool

    @property
    def advice(self) -> tuple[str, str] | None:
        """What does not fit about the device and its place, in Chinese and English; None where all does."""
        view, distance = (getattr(self.options, name, 0.0) for name in ("fov_deg", "distance_cm"))
        return warning(view, distance)

    @property
    def holds(self) -> tuple[str, ...]:
        """What the device needs for itself alone: its port, its camera, its pins. Two names of one device
        file are one."""
        options = self.options
        found = [f"GPIO {pin}" for name in _PINS if isinstance(pin := getattr(options, name, None), int)]
        port, source = getattr(options, "port", ""), getattr(options, "source", "")
        if port:
            bus = _BUS.match(port)  # of an I2C bus, a chip needs its address
            found.append(_same(port) + (f" {options.address:#x}" if bus else ""))
        if source.isdecimal() or source.startswith("/"):
            found.append(_same(f"/dev/video{source}" if source.isdecimal() else source))
        elif source.startswith("picamera2"):
            found.append(source)
        return tuple(found)

    def connect(self) -> Any:
        """Open the device and return its port (edge.domain.ports). Raises DeviceUnavailable."""
        try:
            return _module(self.kind, self.name).connect(self.options)
        except ImportError as error:
            raise DeviceUnavailable(
                f"driver {self.name} needs the Python package {error.name}, which is not usable: {error}",
                code="absent",
            ) from error


def available(kind: str) -> tuple[str, ...]:
    """Return the names of the drivers of a kind, sorted. Raises ConfigError for an unknown kind."""
    if kind not in KINDS:
        near, kinds = suggest(kind, KINDS) or ("", ""), ", ".join(KINDS)
        raise ConfigError(
            both(
                f"no such kind of device: {kind!r}{near[0]} (there are {kinds})",
                f"没有这种设备：{kind!r}{near[1]}（有 {kinds}）",
            )
        )
    folder = importlib.import_module(f"drivers.{kind}")
    found = pkgutil.iter_modules(folder.__path__)
    return tuple(sorted(m.name for m in found if not m.ispkg and not m.name.startswith("_")))


def describe(kind: str, name: str) -> DriverInfo:
    """Return what a driver is and which options it takes. Raises ConfigError for an unknown one."""
    _require(kind, name)
    module = _module(kind, name)
    return DriverInfo(
        kind=kind,
        name=name,
        doc=inspect.getdoc(module) or "",
        options=describe_options(module.Options),
        simulated=_simulated(module),
    )


def load(kind: str, table: Mapping[str, object]) -> Driver:
    """Return the driver a configuration table asks for: key `driver`, all other keys its options (but
    `place`, `also` and `sister` of a thermometer, which are the gate's).

    Raises ConfigError with every fault of the table, each starting with its key.
    """
    name = table.get("driver")
    if not isinstance(name, str):
        en, zh = ("missing", "缺少") if name is None else (f"no name: {name!r}", f"不是名称：{name!r}")
        choices = ", ".join(available(kind))
        raise ConfigError("driver: " + both(f"{en}; there are {choices}", f"{zh}；有 {choices}"))
    _require(kind, name)
    module = _module(kind, name)
    own = _OF_THE_GATE.get(kind, frozenset({"driver"}))
    values = {key: value for key, value in table.items() if key not in own}
    return Driver(kind, name, build(module.Options, values), _simulated(module))


def places(kind: str, table: Mapping[str, object]) -> tuple[str, ...]:
    """Return the lasting names of the place a configured device is plugged into, see `drivers.places`."""
    from drivers.places import places as named
    from drivers.serialport import ADAPTERS

    defaults = {option.name: option.default for option in describe(kind, str(table["driver"])).options}
    values = {**defaults, **table}
    port = values.get("port")
    return named(
        port if isinstance(port, str) else "",
        values.get("address"),
        ADAPTERS,
        by_id=Path("/dev/serial/by-id"),
    )


def is_array(table: Mapping[str, object]) -> bool:
    """Say whether a configured thermometer is an array: it finds a face and decides nothing."""
    from drivers.thermometer._arrays import ArrayOptions

    return issubclass(_module("thermometer", str(table["driver"])).Options, ArrayOptions)


def surface_step_mdegc(name: str) -> int:
    """Return in which steps a thermometer's protocol carries the surface, in thousandths of a degree; 0
    where its file does not say (`SURFACE_STEP_MDEGC`), or a configuration decides."""
    return int(getattr(_module("thermometer", name), "SURFACE_STEP_MDEGC", 0))


def listen(port: str, seconds: float, tell: Callable[[int | None], None]) -> "Hearing":
    """Find out which thermometer speaks on a port, without sending it anything; see `_listen`.

    Raises DeviceUnavailable when the port cannot be opened or goes away.
    """
    from drivers.thermometer import _listen

    return _listen.listen(port, seconds, tell)


def _require(kind: str, name: str) -> None:
    if f"drivers.{kind}.{name}" in sys.modules and not name.startswith("_"):
        return  # the folder need not be listed again
    names = available(kind)
    if name in names:
        return
    near, choices = suggest(name, names) or ("", ""), ", ".join(names)
    what = f"no {kind} is called {name!r}{near[0]} (there are {choices})"
    raise ConfigError("driver: " + both(what, f"没有叫 {name!r} 的驱动{near[1]}（有 {choices}）"))


def _same(path: str) -> str:
    return path if "://" in path else os.path.realpath(path)


def _module(kind: str, name: str) -> ModuleType:
    return importlib.import_module(f"drivers.{kind}.{name}")


def _simulated(module: ModuleType) -> bool:
    return bool(getattr(module, "SIMULATED", False))
