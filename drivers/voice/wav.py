"""A loudspeaker: prompts rendered to wave files and played by aplay, paplay or pw-play.

Wiring: any sound card Linux knows; a service uses `aplay` and needs the group audio.
Each prompt is a tone (two short high ones let pass, one long low one stops) and, where espeak-ng is
installed, a sentence in Mandarin, English or both. A site's own recordings, `recordings`/zh_Hans/
admit.wav and so on, are played instead. Files are made once and kept in `cache`.
Limits: the Mandarin voice was checked for not falling back to English, not judged by ear; record your
own where that matters. There is no sign of a loudspeaker that is unplugged from the card.
Tried on hardware: not yet.
"""

import logging
import shutil
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from drivers.options import option
from drivers.voice._prompts import PROMPTS
from drivers.voice._waves import Prompts, Wave
from edge.domain.errors import DeviceUnavailable

log = logging.getLogger(__name__)

_GRACE_S = 5.0
_SOUND = Path("/dev/snd")


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """What is said and what plays it."""

    language: Literal["zh_Hans", "en", "both"] = option("zh_Hans", "language of the sentences")
    player: str = option("aplay", "aplay, paplay, pw-play, or the path of one that takes a file")
    device: str = option("", "sound device as the player names it; empty: its default")
    cache: str = option("", "folder of rendered prompts; empty: the usual cache folder")
    recordings: str = option("", "folder of your own <language>/<prompt>.wav")


class Loudspeaker:
    """An open loudspeaker. One thread speaks, any may close."""

    def __init__(self, options: Options, prompts: Prompts) -> None:
        self._options = options
        self._prompts = prompts
        self._closed = False
        self._lock = threading.Lock()
        self._playing: subprocess.Popen[bytes] | None = None

    def say(self, prompt: str, values: Mapping[str, str]) -> None:
        """Play the prompt; returns when it was played. Numbers in `values` (`temperature`, `minutes`,
        `ticket`) are spoken where the prompt has words for them. Raises DeviceUnavailable."""
        if prompt not in PROMPTS:
            log.error("there is no prompt %s", prompt)
            return
        with self._prompts.waves(prompt, values) as waves:
            for item in waves:
                self._play(item)

    def check(self) -> None:
        """Raise DeviceUnavailable when the player or the sound card is gone."""
        player = self._options.player
        if shutil.which(player) is None:
            raise DeviceUnavailable(f"the player {player} is not installed", code="absent")
        card_wanted = not self._options.device or "hw:" in self._options.device
        if Path(player).name == "aplay" and card_wanted and not list(_SOUND.glob("pcm*p")):
            raise DeviceUnavailable("there is no sound card", code="absent")

    def close(self) -> None:
        """Stop what plays and give the files back. Idempotent."""
        with self._lock:
            self._closed = True
            if self._playing is not None:
                self._playing.kill()
        self._prompts.close()

    def _play(self, item: Wave) -> None:
        command = player_command(self._options.player, self._options.device, item.path)
        with self._lock:
            if self._closed:
                raise DeviceUnavailable("the loudspeaker was closed", code="ended")
            try:
                process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
                )
            except OSError as error:
                raise DeviceUnavailable(f"cannot start {command[0]}: {error}", code="absent") from error
            self._playing = process
        try:
            _, said = process.communicate(timeout=item.seconds + _GRACE_S)
        except subprocess.TimeoutExpired as error:
            process.kill()
            process.communicate()
            raise DeviceUnavailable(f"{command[0]} did not end", code="hung") from error
        finally:
            self._playing = None
        if process.returncode:
            self._fail(process.returncode, said.decode(errors="replace").strip())

    def _fail(self, status: int, said: str) -> None:
        if self._closed:
            raise DeviceUnavailable("the loudspeaker was closed", code="ended")
        code = "busy" if "busy" in said else "lost"
        reason = said or f"status {status}"
        raise DeviceUnavailable(f"{self._options.player} could not play: {reason}", code=code)


def player_command(player: str, device: str, path: Path) -> list[str]:
    """Return the command that plays a file on a device."""
    name = Path(player).name
    options = {"aplay": ["-q"], "paplay": [], "pw-play": []}.get(name, [])
    if device:
        flag = {"aplay": "--device=", "pw-play": "--target="}.get(name, "--device=")
        options = [*options, flag + device]
    return [player, *options, str(path)]


def connect(options: Options) -> Loudspeaker:
    """Look for the player and a sound card and render the prompts. Raises DeviceUnavailable."""
    speaker = Loudspeaker(options, Prompts(options.language, options.cache, options.recordings))
    try:
        speaker.check()
        speaker._prompts.prepare()
    except DeviceUnavailable:
        speaker.close()
        raise
    return speaker
