"""A loudspeaker in software, for demonstrations and tests: renders the very prompts of `wav`, and
instead of playing them lets their time pass.

Limits: nobody hears anything; the page carries a banner while it is configured.
"""

import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from drivers.options import option
from drivers.voice._options import SpeechOptions
from drivers.voice._prompts import PROMPTS
from drivers.voice._speaker import Speaker
from drivers.voice._waves import Prompts, Wave
from edge.domain.errors import DeviceUnavailable
from edge.domain.ports import SAY

SIMULATED = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Options(SpeechOptions):
    """What is said and how fast time passes."""

    pace: float = option(1.0, "share of a prompt's time that passes; 0 none", least=0, most=10)


class PassingTime:
    """Lets a file's time pass. `heard` holds the names of the last thousand files that were heard to
    their end."""

    def __init__(self, pace: float) -> None:
        self.heard: deque[str] = deque(maxlen=1000)
        self._pace = pace

    def check(self) -> None:
        """Never missing."""

    def play(self, item: Wave, stop: threading.Event) -> float | None:
        """Wait as long as the file would play; see `Player`."""
        start = time.monotonic()
        if stop.wait(self._pace * item.seconds):
            return min(item.seconds, time.monotonic() - start)
        self.heard.append(item.path.name)
        return None


class SilentSpeaker(Speaker):
    """The loudspeaker. `said` holds the names of the last thousand prompts."""

    def __init__(self, prompts: Prompts, options: Options) -> None:
        self.said: deque[str] = deque(maxlen=1000)
        super().__init__(PassingTime(options.pace), prompts, options)

    def say(self, prompt: str, values: Mapping[str, str]) -> None:
        """Let the prompt's time pass. Raises DeviceUnavailable (`ended`) when closed meanwhile."""
        super().say(prompt, values)
        if prompt in (*PROMPTS, SAY):
            self.said.append(prompt)


def connect(options: Options) -> SilentSpeaker:
    """Render the prompts. Raises DeviceUnavailable."""
    prompts = Prompts(options.languages, options.cache, options.recordings, options.speed)
    try:
        prompts.prepare(options.volumes)
    except DeviceUnavailable:
        prompts.close()
        raise
    return SilentSpeaker(prompts, options)
