"""A gate without a scanner: codes are not read, or looked at by the attendant.

Delivers nothing, ever, and is never lost.
"""

import threading
from dataclasses import dataclass

from edge.domain.errors import DeviceUnavailable
from edge.domain.model import Scan


@dataclass(frozen=True, slots=True)
class Options:
    """There is nothing to configure."""


class NoScanner:
    """The port of a scanner that is not there."""

    def __init__(self) -> None:
        self._closed = threading.Event()

    def read(self) -> list[Scan]:
        """Wait a little and return nothing. Raises DeviceUnavailable (`ended`) when closed."""
        if self._closed.wait(0.4):
            raise DeviceUnavailable("closed", code="ended")
        return []

    def close(self) -> None:
        """Unblock a reader. Idempotent."""
        self._closed.set()


def connect(options: Options) -> NoScanner:
    """Return the port."""
    del options
    return NoScanner()
