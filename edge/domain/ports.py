"""What drivers and outer layers promise the gate.

A port is opened by a driver's `connect(options)`, used by one thread, closed from any. A device that
is gone raises `DeviceUnavailable`; nothing else may leave a port.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from edge.domain.model import Reading, Scan

ALARMS = frozenset({"alarm", "fault"})
"""Prompts that call somebody: said first, and as loud at night as by day."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a camera sees now, for whoever aims it: never stored, and no code's content.

    `jpeg` is small and grey; `width` and `height` are the camera's own. `focus` and `clipped` are
    percent, `brightness` 0 to 255. `advice`: `good`, `dark`, `bright`, `pale`, `blurred`. Of the code
    read last: pixels a module, the decode stage that read it, how long ago.
    """

    jpeg: bytes
    width: int
    height: int
    focus: int
    brightness: int
    clipped: int
    advice: str
    module_pixels: float | None = None
    decoder: str | None = None
    read_ago_s: float | None = None


class Port(Protocol):
    """Anything that was opened and has to be closed."""

    def close(self) -> None:
        """Give the device back. Idempotent; unblocks a reader within one second."""


class Thermometer(Port, Protocol):
    """A thermometer that delivers readings by itself."""

    def read(self) -> Sequence[Reading]:
        """Wait at most 0.5 s and return what came, oldest first; empty when nothing came."""


class Scanner(Port, Protocol):
    """Anything that reads codes."""

    def read(self) -> Sequence[Scan]:
        """Wait at most 0.5 s and return the codes read, oldest first. The same code held up is
        reported again and again or once, as the device does it: the lane tells them apart."""


class Barrier(Port, Protocol):
    """A barrier, turnstile or door opener."""

    def check(self) -> None:
        """Raise DeviceUnavailable when the device is gone; asked between orders."""

    def pulse(self) -> None:
        """Open once and fall back to the safe state by itself; returns when that is done."""


class Voice(Port, Protocol):
    """A loudspeaker with a fixed vocabulary."""

    def check(self) -> None:
        """Raise DeviceUnavailable when the device is gone; asked between orders."""

    def say(self, prompt: str, values: Mapping[str, str]) -> None:
        """Play the prompt with this stable name; returns when it was played."""


class Lights(Port, Protocol):
    """A signal tower with, perhaps, a button beside it."""

    def check(self) -> None:
        """Raise DeviceUnavailable when the device is gone; asked between orders."""

    def show(self, signal: str) -> None:
        """Show a signal (`idle`, `wait`, `go`, `stop`, `fault`) until the next; returns at once."""

    def pressed(self) -> int:
        """Return how often the button was pressed since the last call; 0 where there is none."""
