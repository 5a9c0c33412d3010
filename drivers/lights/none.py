"""A gate without a signal tower. Nothing is ever shown and no button pressed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """There is nothing to configure."""


class NoLights:
    """The port of a tower that is not there."""

    def show(self, signal: str) -> None:
        """Show nothing."""

    def pressed(self) -> int:
        """Return 0: there is no button."""
        return 0

    def check(self) -> None:
        """Never missing."""

    def close(self) -> None:
        """Nothing to give back."""


def connect(options: Options) -> NoLights:
    """Return the port."""
    del options
    return NoLights()
