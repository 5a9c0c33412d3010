"""A loudspeaker: prompts rendered to wave files and played by aplay, paplay or pw-play.

Wiring: any sound card Linux knows; a service uses `aplay` and needs the group audio.
Each prompt is a tone (two short high ones let pass, one long low one stops) and, where espeak-ng is
installed, a sentence in Mandarin, Cantonese, English or several. A site's own recordings,
`recordings`/zh_Hans/admit.wav and so on, are played instead. Files are made once and kept in `cache`.
Announcements are said daily at their times, never in quiet hours; a prompt interrupts one, and the
sentence it fell into is said again.
Limits: the Chinese voices were checked for not falling back to English, not judged by ear; record your
own where that matters. There is no sign of a loudspeaker that is unplugged from the card.
Tried on hardware: not yet.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from drivers.options import option
from drivers.voice._options import SpeechOptions
from drivers.voice._speaker import Speaker
from drivers.voice._waves import Prompts, Wave
from edge.domain.errors import DeviceUnavailable

_GRACE_S = 5.0
_SLICE_S = 0.05
_SOUND = Path("/dev/snd")
_CARDS = Path("/proc/asound")
_CARD = re.compile(r"(?:hw:(?:CARD=)?|CARD=)(\w+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Options(SpeechOptions):
    """What is said and what plays it."""

    player: str = option("aplay", "aplay, paplay, pw-play, or the path of one that takes a file")
    device: str = option(
        "", "sound device as the player names it, best by the card's name; empty: its default"
    )


class ProgramPlayer:
    """Plays a file by starting a program; one at a time."""

    def __init__(self, player: str, device: str) -> None:
        self._player = player
        self._device = device

    def check(self) -> None:
        """Raise DeviceUnavailable when the player or the sound card is gone."""
        if shutil.which(self._player) is None:
            raise DeviceUnavailable(f"the player {self._player} is not installed", code="absent")
        if Path(self._player).name != "aplay":
            return
        card = _CARD.search(self._device)
        if (card or not self._device) and not list(_SOUND.glob("pcm*p")):
            raise DeviceUnavailable("there is no sound card", code="absent")
        if card and not (_CARDS / (f"card{card[1]}" if card[1].isdecimal() else card[1])).exists():
            raise DeviceUnavailable(f"there is no sound card {card[1]} (see aplay -l)", code="absent")

    def play(self, item: Wave, stop: threading.Event) -> float | None:
        """Play a file; see `Player`."""
        command = player_command(self._player, self._device, item.path)
        try:
            # A session of its own: a player that is a script has to end with all it has started.
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise DeviceUnavailable(f"cannot start {command[0]}: {error}", code="absent") from error
        start = time.monotonic()
        try:
            said = self._wait(process, start + item.seconds + _GRACE_S, stop)
        finally:
            _end(process)
        if said is None:
            return min(item.seconds, time.monotonic() - start)
        if process.returncode:
            self._fail(process.returncode, said.decode(errors="replace").strip())
        return None

    def _wait(
        self, process: "subprocess.Popen[bytes]", deadline: float, stop: threading.Event
    ) -> bytes | None:
        """Return what the player complained of when it ended; None when it has to be stopped."""
        while True:
            try:
                return process.communicate(timeout=_SLICE_S)[1]
            except subprocess.TimeoutExpired as error:
                if stop.is_set():
                    return None
                if time.monotonic() > deadline:
                    raise DeviceUnavailable(f"{self._player} did not end", code="hung") from error

    def _fail(self, status: int, said: str) -> None:
        code = "busy" if "busy" in said else "lost"
        reason = said or f"status {status}"
        raise DeviceUnavailable(f"{self._player} could not play: {reason}", code=code)


def player_command(player: str, device: str, path: Path) -> list[str]:
    """Return the command that plays a file on a device."""
    name = Path(player).name
    options = {"aplay": ["-q"], "paplay": [], "pw-play": []}.get(name, [])
    if device:
        flag = {"aplay": "--device=", "pw-play": "--target="}.get(name, "--device=")
        options = [*options, flag + device]
    return [player, *options, str(path)]


def connect(options: Options) -> Speaker:
    """Look for the player and a sound card and render the prompts. Raises DeviceUnavailable."""
    player = ProgramPlayer(options.player, options.device)
    player.check()
    prompts = Prompts(options.languages, options.cache, options.recordings, options.speed)
    try:
        prompts.prepare(options.volumes)
    except DeviceUnavailable:
        prompts.close()
        raise
    return Speaker(player, prompts, options)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Kill a player that still runs, and what it started; give its pipe back."""
    if process.poll() is None:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    if process.stderr is not None:
        process.stderr.close()
    process.wait()
