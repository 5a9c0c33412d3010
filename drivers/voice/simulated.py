"""A loudspeaker in software, for demonstrations and tests: renders the very prompts of `wav`, and
instead of playing them lets their time pass.

Limits: nobody hears anything; the page carries a banner while it is configured.
"""

import logging
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from drivers.options import option
from drivers.voice._prompts import PROMPTS
from drivers.voice._waves import Prompts
from edge.domain.errors import DeviceUnavailable

log = logging.getLogger(__name__)

SIMULATED = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """What is said and how fast time passes."""

    language: Literal["zh_Hans", "en", "both"] = option("zh_Hans", "language of the sentences")
    cache: str = option("", "folder of rendered prompts; empty: the usual cache folder")
    recordings: str = option("", "folder of your own <language>/<prompt>.wav")
    pace: float = option(1.0, "share of a prompt's time that passes; 0 none", least=0, most=10)


class SilentSpeaker:
    """The loudspeaker. `said` holds the names of the last thousand prompts."""

    def __init__(self, prompts: Prompts, pace: float) -> None:
        self.said: deque[str] = deque(maxlen=1000)
        self._prompts = prompts
        self._pace = pace
        self._closed = threading.Event()

    def say(self, prompt: str, values: Mapping[str, str]) -> None:
        """Let the prompt's time pass. Raises DeviceUnavailable (`ended`) when closed meanwhile."""
        if prompt not in PROMPTS:
            log.error("there is no prompt %s", prompt)
            return
        self.check()
        with self._prompts.waves(prompt, values) as waves:
            if self._closed.wait(self._pace * sum(item.seconds for item in waves)):
                self.check()
        self.said.append(prompt)

    def check(self) -> None:
        """Raise DeviceUnavailable when it was closed."""
        if self._closed.is_set():
            raise DeviceUnavailable("the loudspeaker was closed", code="ended")

    def close(self) -> None:
        """Fall silent. Idempotent."""
        self._closed.set()
        self._prompts.close()


def connect(options: Options) -> SilentSpeaker:
    """Render the prompts. Raises DeviceUnavailable."""
    prompts = Prompts(options.language, options.cache, options.recordings)
    try:
        prompts.prepare()
    except DeviceUnavailable:
        prompts.close()
        raise
    return SilentSpeaker(prompts, options.pace)
