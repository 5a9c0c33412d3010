"""A gate without a thermometer on a line: temperatures are taken by hand and typed in.

Delivers nothing, ever, and is never lost.
"""

import threading
from dataclasses import dataclass

from edge.domain.errors import DeviceUnavailable
from edge.domain.model import Reading


@dataclass(frozen=True, slots=True)
class Options:
    """There is nothing to configure."""


class NoThermometer:
    """The port of a thermometer that is not there."""

    def __init__(self) -> None:
        self._closed = threading.Event()

    def read(self) -> list[Reading]:
        """Wait a little and return nothing. Raises DeviceUnavailable (`ended`) when closed."""
        if self._closed.wait(0.4):
            raise DeviceUnavailable("closed", code="ended")
        return []

    def close(self) -> None:
        """Unblock a reader. Idempotent."""
        self._closed.set()


def connect(options: Options) -> NoThermometer:
    """Return the port."""
    del options
    return NoThermometer()
