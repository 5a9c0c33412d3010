"""A gate whose barrier is opened by hand, or that has none. Nothing is ever opened."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """There is nothing to configure."""


class NoBarrier:
    """The port of a barrier that is not there."""

    def pulse(self) -> None:
        """Do nothing."""

    def check(self) -> None:
        """Never missing."""

    def close(self) -> None:
        """Nothing to give back."""


def connect(options: Options) -> NoBarrier:
    """Return the port."""
    del options
    return NoBarrier()
