"""A gate without a loudspeaker. Nothing is ever said."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """There is nothing to configure."""


class NoVoice:
    """The port of a loudspeaker that is not there."""

    def say(self, prompt: str, values: Mapping[str, str]) -> None:
        """Say nothing."""

    def check(self) -> None:
        """Never missing."""

    def close(self) -> None:
        """Nothing to give back."""


def connect(options: Options) -> NoVoice:
    """Return the port."""
    del options
    return NoVoice()
