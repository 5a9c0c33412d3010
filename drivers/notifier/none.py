"""Nobody is told: what is wrong stands on the pages only.

Limits: sends nothing.
"""

from dataclasses import dataclass

from edge.domain.errors import DeviceUnavailable
from edge.domain.ports import Message


@dataclass(frozen=True, slots=True)
class Options:
    """There is nothing to configure."""


class NoNotifier:
    """The port of a recipient that is not there."""

    def send(self, message: Message, timeout_s: float) -> None:
        """Raise DeviceUnavailable (`absent`)."""
        raise DeviceUnavailable("nobody is configured", code="absent")

    def close(self) -> None:
        """Nothing to give back."""


def connect(options: Options) -> NoNotifier:
    """Return the port."""
    del options
    return NoNotifier()
