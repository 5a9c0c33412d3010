"""Nobody to ask: codes of this kind are recognised, and an attendant looks at the phone.

Limits: resolves nothing.
"""

from dataclasses import dataclass

from edge.domain.errors import DeviceUnavailable
from edge.domain.ports import Inquiry, PlatformAnswer


@dataclass(frozen=True, slots=True)
class Options:
    """There is nothing to configure."""


class NoVerifier:
    """The port of a platform that is not there."""

    def resolve(self, inquiry: Inquiry, timeout_s: float) -> PlatformAnswer:
        """Raise DeviceUnavailable (`absent`)."""
        raise DeviceUnavailable("no platform is configured", code="absent")

    def close(self) -> None:
        """Nothing to give back."""


def connect(options: Options) -> NoVerifier:
    """Return the port."""
    del options
    return NoVerifier()
