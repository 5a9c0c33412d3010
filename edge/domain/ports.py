"""What drivers and outer layers promise the gate.

A port is opened by a driver's `connect(options)`, used by one thread, closed from any. A device that
is gone raises `DeviceUnavailable`; nothing else may leave a port.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from edge.domain.model import Carrier, Reading, Scan

ALARMS = frozenset({"alarm", "fault"})
"""Prompts that call somebody: said first, and as loud at night as by day."""

SAY = "say"
"""A sentence of a procedure's own: its values are the sentence in each language."""


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


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What a platform is asked: the payload of a code as it was read, or (payload empty) an ID number. `kind`
    is the format asked about."""

    kind: Carrier
    payload: bytes
    id_number: str | None = None


class PlatformState(StrEnum):
    """What a platform's answer amounts to, apart from colours. A time-out is no answer."""

    FOUND = "found"
    EXPIRED = "expired"
    NOT_FOUND = "not_found"
    FAILED = "failed"  # the platform answered, and says that it could not check
    NO_MEANING = "no_meaning"  # it answered with a value nobody gave a name to


@dataclass(frozen=True, slots=True)
class PlatformAnswer:
    """What a platform said of one code, reduced.

    `subject` has the names of `edge.domain.facts.Fact` and identifies nobody; `personal` holds name,
    id_number, phone as the platform gives them, masked or whole; `person` is a stable text by which the
    platform names the person, None where it does not. Times in microseconds UTC: when the code was made
    or last renewed and until when the platform lets it count, None where it does not say.
    """

    state: PlatformState
    subject: Mapping[str, str] = field(default_factory=dict)
    personal: Mapping[str, str] = field(default_factory=dict)
    person: str | None = None
    issued_us: int | None = None
    until_us: int | None = None


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
        """Play the prompt with this stable name, or with `SAY` the sentence in `values` by language; returns
        when it was played."""


class Lights(Port, Protocol):
    """A signal tower with, perhaps, a button beside it."""

    def check(self) -> None:
        """Raise DeviceUnavailable when the device is gone; asked between orders."""

    def show(self, signal: str) -> None:
        """Show a signal (`idle`, `wait`, `go`, `stop`, `fault`) until the next; returns at once."""

    def pressed(self) -> int:
        """Return how often the button was pressed since the last call; 0 where there is none."""


class Verifier(Port, Protocol):
    """A platform that says what an opaque code means."""

    def resolve(self, inquiry: Inquiry, timeout_s: float) -> PlatformAnswer:
        """Ask, and return within `timeout_s`. Raises DeviceUnavailable: `silent` where no answer came
        in time, `absent` where nobody is there, `denied` where the platform refuses us, `busy` where it
        asks for patience, `garbled` where the answer is none of its protocol."""


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody who is not at the gate is told. Nothing personal: it goes to servers of others. `kind` is
    `alarm`, `overdue` or `daily`."""

    gate: str
    kind: str
    title: str
    text: str
    urgent: bool = False


class NotifierPort(Protocol):
    """Somebody who can be told."""

    def send(self, message: Message, timeout_s: float) -> None:
        """Send, and return within about `timeout_s`. Raises DeviceUnavailable, as `Verifier` does."""

    def close(self) -> None:
        """Give everything back; idempotent."""
