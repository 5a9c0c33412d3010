"""Prompts as wave files: a tone, then the sentence where a synthesiser is installed.

Renders into a folder and plays nothing. Sentences with fixed words are kept there from one start to
the next; those with numbers in them are removed once they were played.
"""

import array
import contextlib
import hashlib
import logging
import math
import os
import shutil
import subprocess
import sys
import tempfile
import wave
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from drivers.voice._prompts import LANGUAGES, PROMPTS, TONES, sentence
from edge.domain.errors import DeviceUnavailable

log = logging.getLogger(__name__)

# Debian 12's espeak-ng reads characters in English with its default Mandarin voice (体温 becomes
# "ti three wen one"); this voice does not.
SPEAKERS = {"zh_Hans": "cmn-latn-pinyin", "en": "en"}
RATE = 22_050
_FORM = 1  # raise when the same sentence would render differently
_SPEAK_S = 10.0
_FADE_S = 0.006
_PAUSE_S = 0.15


@dataclass(frozen=True, slots=True)
class Wave:
    """A file ready to play; `passing` ones are removed once they were played."""

    path: Path
    seconds: float
    passing: bool = False


class Prompts:
    """The prompts in the wanted languages, as files below a folder."""

    def __init__(self, language: str, cache: str = "", recordings: str = "") -> None:
        """Prepare the folder. `language` is one of LANGUAGES or `both`; `recordings` holds a site's
        own `<language>/<prompt>.wav`, which come first. Raises DeviceUnavailable (`denied`)."""
        self._languages = LANGUAGES if language == "both" else (language,)
        self._recordings = Path(recordings) if recordings else None
        self._folder, self._borrowed = _folder(cache)
        self._speaker = shutil.which("espeak-ng")
        if self._speaker is None:
            log.warning("espeak-ng is not installed: prompts are tones only")

    def prepare(self) -> None:
        """Render every sentence without numbers. Raises DeviceUnavailable."""
        for prompt in PROMPTS:
            with self.waves(prompt, {}):
                pass

    @contextlib.contextmanager
    def waves(self, prompt: str, values: Mapping[str, str]) -> Iterator[list[Wave]]:
        """Lend the files to play, in order. Raises DeviceUnavailable where one cannot be written."""
        lent: list[Wave] = []
        try:
            for n, language in enumerate(self._languages):
                lent.append(self._wave(prompt, language, values, tone=n == 0))
            yield lent
        finally:
            for item in lent:
                if item.passing:
                    item.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Remove the folder if it was only borrowed from the system. Idempotent."""
        if self._borrowed:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _wave(self, prompt: str, language: str, values: Mapping[str, str], *, tone: bool) -> Wave:
        own = self._recordings / language / f"{prompt}.wav" if self._recordings else None
        if own is not None and own.is_file():
            return Wave(own, seconds(own))
        text, fixed = sentence(prompt, language, values), sentence(prompt, language, {})
        key = f"{_FORM}\n{text}\n{SPEAKERS[language]}\n{self._speaker is not None}\n{tone}\n{TONES[prompt]}"
        digest = hashlib.sha256(key.encode()).hexdigest()[:16]
        path = self._folder / f"{prompt}-{language}-{digest}.wav"
        if not _playable(path):  # absent, or cut short when the power went
            try:
                self._render(path, prompt, language, text, tone=tone)
            except OSError as error:
                raise DeviceUnavailable(f"cannot write {path}: {error}", code="denied") from error
        return Wave(path, seconds(path), passing=text != fixed)

    def _render(self, path: Path, prompt: str, language: str, text: str, *, tone: bool) -> None:
        """Write the file under another name first: a power cut leaves no half prompt."""
        rate, samples = RATE, array.array("h")
        spoken = self._speak(language, text)
        if spoken is not None:
            rate, samples = spoken
        if tone or spoken is None:
            samples = tones(prompt, rate) + silence(_PAUSE_S, rate) + samples
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        with wave.open(str(fresh), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(_little_endian(samples).tobytes())
        fresh.replace(path)

    def _speak(self, language: str, text: str) -> tuple[int, "array.array[int]"] | None:
        """Return rate and samples of a sentence; None without a synthesiser, or when it failed."""
        if self._speaker is None:
            return None
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            out = Path(folder) / "spoken.wav"
            command = [self._speaker, "-v", SPEAKERS[language], "-s", "155", "-w", str(out), text]
            try:
                subprocess.run(command, check=True, timeout=_SPEAK_S, capture_output=True)
                return _read(out)
            except (subprocess.SubprocessError, OSError, wave.Error, EOFError) as error:
                log.warning("espeak-ng cannot speak %s, tones only: %s", language, error)
                return None


def tones(prompt: str, rate: int = RATE) -> "array.array[int]":
    """Return the tone pattern of a prompt as 16-bit samples, faded so that it does not click."""
    samples = array.array("h")
    for hertz, milliseconds in TONES[prompt]:
        count = rate * milliseconds // 1000
        fade = max(1, round(rate * _FADE_S))
        for n in range(count):
            level = min(1.0, n / fade, (count - 1 - n) / fade)
            samples.append(round(18_000 * level * math.sin(2 * math.pi * hertz * n / rate)))
    return samples


def silence(length_s: float, rate: int = RATE) -> "array.array[int]":
    """Return so many seconds of nothing."""
    return array.array("h", bytes(2 * round(rate * length_s)))


def seconds(path: Path) -> float:
    """Return how long a wave file plays. Raises DeviceUnavailable for one that is none."""
    try:
        with wave.open(str(path), "rb") as file:
            return file.getnframes() / file.getframerate()
    except (wave.Error, EOFError, OSError) as error:
        raise DeviceUnavailable(f"{path} is no wave file: {error}", code="absent") from error


def _playable(path: Path) -> bool:
    """Return whether the file holds as many samples as its header says."""
    try:
        with wave.open(str(path), "rb") as file:
            promised = file.getnframes()
            return promised > 0 and len(file.readframes(promised)) == promised * file.getsampwidth()
    except (wave.Error, EOFError, OSError):
        return False


def _read(path: Path) -> tuple[int, "array.array[int]"]:
    with wave.open(str(path), "rb") as file:
        if (file.getnchannels(), file.getsampwidth()) != (1, 2) or not file.getnframes():
            raise wave.Error("expected 16-bit mono")
        return file.getframerate(), _little_endian(array.array("h", file.readframes(file.getnframes())))


def _little_endian(samples: "array.array[int]") -> "array.array[int]":
    if sys.byteorder == "big":
        samples = samples[:]
        samples.byteswap()
    return samples


def _folder(cache: str) -> tuple[Path, bool]:
    """Return the folder to render into, and whether it has to be removed again."""
    wanted = Path(cache) if cache else _usual_folder()
    if wanted is not None:
        try:
            wanted.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            if cache:
                raise DeviceUnavailable(f"cannot make {wanted}: {error}", code="denied") from error
        else:
            if os.access(wanted, os.W_OK):
                return wanted, False
            if cache:
                raise DeviceUnavailable(f"cannot write into {wanted}", code="denied")
    return Path(tempfile.mkdtemp(prefix="gatepost-voice-")), True


def _usual_folder() -> Path | None:
    """Return where caches go: systemd's folder for the service, else the user's."""
    for name in ("CACHE_DIRECTORY", "XDG_CACHE_HOME"):
        if os.environ.get(name):
            return Path(os.environ[name].split(":")[0]) / "gatepost" / "voice"
    try:
        return Path.home() / ".cache" / "gatepost" / "voice"
    except RuntimeError:
        return None
