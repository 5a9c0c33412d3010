"""Finds drivers by their file names and turns configuration tables into drivers ready to connect.

The folder is the kind, the file is the driver; there is no list to keep. Describing and checking
import the driver's own module only: a driver imports its heavy libraries inside `connect`.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from drivers.options import OptionInfo, build, suggest
from drivers.options import describe as describe_options
from drivers.thermometer._optics import warning
from edge.domain.errors import ConfigError, DeviceUnavailable

__all__ = ["KINDS", "Driver", "DriverInfo", "OptionInfo", "available", "describe", "listen", "load"]

if TYPE_CHECKING:
    from drivers.thermometer._listen import Hearing

KINDS = ("thermometer", "scanner", "barrier", "voice", "lights")


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
        raise ConfigError(
            f"no such kind of device: {kind!r}{suggest(kind, KINDS)} (there are {', '.join(KINDS)})"
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
    """Return the driver a configuration table asks for: key `driver`, all other keys its options.

    Raises ConfigError with every fault of the table, each starting with its key.
    """
    name = table.get("driver")
    if name is None:
        raise ConfigError(f"driver: missing; {_choices(kind)}")
    if not isinstance(name, str):
        raise ConfigError(f"driver: expected a name, got {name!r}; {_choices(kind)}")
    _require(kind, name)
    module = _module(kind, name)
    values = {key: value for key, value in table.items() if key != "driver"}
    return Driver(kind, name, build(module.Options, values), _simulated(module))


def listen(port: str, seconds: float, tell: Callable[[int | None], None]) -> "Hearing":
    """Find out which thermometer speaks on a port, without sending it anything; see `_listen`.

    Raises DeviceUnavailable when the port cannot be opened or goes away.
    """
    from drivers.thermometer import _listen

    return _listen.listen(port, seconds, tell)


def _require(kind: str, name: str) -> None:
    names = available(kind)
    if name not in names:
        raise ConfigError(f"driver: no {kind} is called {name!r}{suggest(name, names)} ({_choices(kind)})")


def _choices(kind: str) -> str:
    return f"there are {', '.join(available(kind))}"


def _module(kind: str, name: str) -> ModuleType:
    return importlib.import_module(f"drivers.{kind}.{name}")


def _simulated(module: ModuleType) -> bool:
    return bool(getattr(module, "SIMULATED", False))
