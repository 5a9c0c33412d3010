"""What is said as wave files in a cache: a tone, then the sentence where a synthesiser is installed.

Plays nothing. A file's name holds a digest of text, voice, speed, tone and synthesiser, so that a change
of any renders anew; what nobody asked for in months is removed. A sentence that tells a temperature is
somebody's measurement: it is removed once it was played.
"""

import array
import contextlib
import hashlib
import logging
import os
import re
import shutil
import subprocess
import tempfile
import time
import uuid
import wave
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from drivers.voice import _sound
from drivers.voice._numbers import spelled
from drivers.voice._prompts import PROMPTS, TONES, chosen, sentence
from drivers.voice._sound import RATE, seconds, silence, tones
from edge.domain.errors import DeviceUnavailable

log = logging.getLogger(__name__)

# Debian 12's espeak-ng reads characters in English with its default Mandarin voice (体温 becomes
# "ti three wen one"); these voices do not.
SPEAKERS = {"zh_Hans": "cmn-latn-pinyin", "yue": "yue", "en": "en"}
_FORM = 3  # raise when the same sentence would render differently
_SPEAK_S = 5.0
_HUNG_S = 60.0  # and nobody at the gate waits for it again so soon
_PAUSE_S = 0.15
_PASSING = ".passing-"
_DAY_S = 86_400.0
_OLD_S = 90 * _DAY_S
_LEFT_S = 3600.0
_OURS = re.compile(r"[a-z_]+-(?:[A-Za-z_]+-)?[0-9a-f]{16}(?:-v[0-9]+)?\.wav")


@dataclass(frozen=True, slots=True)
class Wave:
    """A file ready to play; `passing` ones are removed once they were played."""

    path: Path
    seconds: float
    passing: bool = False


class Prompts:
    """What is said in the wanted languages, as files below a folder."""

    def __init__(
        self, languages: Sequence[str], cache: str = "", recordings: str = "", speed: int = 155
    ) -> None:
        """Prepare the folder. `recordings` holds a site's own `<language>/<prompt>.wav`, which come
        first. Raises DeviceUnavailable (`denied`)."""
        self.languages = tuple(languages)
        self._recordings = Path(recordings) if recordings else None
        self._speed = speed
        self.folder, self._borrowed = _folder(cache)
        self.speaker = shutil.which("espeak-ng")
        self._edition = _edition(self.speaker)
        self._hung_until = 0.0
        self._failed = False
        if self.speaker is None:
            log.warning("espeak-ng is not installed: prompts are tones only, announcements are not said")

    def prepare(self, volumes: Collection[int] = (100,)) -> set[Path]:
        """Render every sentence without numbers in these loudnesses, and remove what is long unused;
        returns the files. Raises DeviceUnavailable."""
        used: set[Path] = set()
        for prompt in PROMPTS:
            for volume in volumes:
                with self.waves(prompt, {}, volume) as items:
                    used.update(item.path for item in items if item.path.parent == self.folder)
        self._tidy(used)
        return used

    @contextlib.contextmanager
    def waves(self, prompt: str, values: Mapping[str, str], volume: int = 100) -> Iterator[list[Wave]]:
        """Lend the files of a prompt, in the order of the languages. Raises DeviceUnavailable where
        one cannot be written."""
        with contextlib.ExitStack() as lent:
            yield [
                lent.enter_context(self._prompt(prompt, language, values, volume, tone=n == 0))
                for n, language in enumerate(self.languages)
                # Without a synthesiser every language would be the same tone once more.
                if n == 0 or self.speaker is not None or self._own(prompt, language) is not None
            ]

    @contextlib.contextmanager
    def notice(self, text: str, language: str, volume: int = 100) -> Iterator[Wave | None]:
        """Lend the file of an announcement's text; None without a synthesiser. Raises DeviceUnavailable."""
        if self.speaker is None:
            yield None
            return
        with self._spoken("announcement", spelled(text, language), language, volume) as item:
            yield item

    @contextlib.contextmanager
    def sound(self, path: Path, volume: int = 100, from_s: float = 0.0) -> Iterator[Wave]:
        """Lend a site's own file, softer or from a place on. Raises DeviceUnavailable."""
        length_s = seconds(path)
        if volume >= 100 and not from_s:
            yield Wave(path, length_s)
            return
        with self._failures(path):
            softer = self.folder / f"own-{_digest(_stamp(path))}-v{volume}.wav"
            if volume < 100 and not _sound.is_whole(softer):
                _sound.copy(path, softer, percent=volume)
        whole = softer if volume < 100 else path
        if not from_s:
            yield Wave(whole, length_s)
            return
        with self._removed() as rest:
            with self._failures(rest):
                _sound.copy(whole, rest, from_s=from_s)
            yield Wave(rest, max(0.0, length_s - from_s), passing=True)

    def close(self) -> None:
        """Remove the folder if it was only borrowed from the system. Idempotent."""
        if self._borrowed:
            shutil.rmtree(self.folder, ignore_errors=True)

    @contextlib.contextmanager
    def _prompt(
        self, prompt: str, language: str, values: Mapping[str, str], volume: int, *, tone: bool
    ) -> Iterator[Wave]:
        own = self._own(prompt, language)
        if own is not None:
            with self.sound(own, volume) as item:
                yield item
            return
        text = sentence(prompt, language, values)
        pattern = TONES[prompt] if tone else ()
        keep = "temperature" not in chosen(prompt, values).needs
        with self._spoken(prompt, text, language, volume, pattern, keep=keep) as item:
            yield item

    def _own(self, prompt: str, language: str) -> Path | None:
        """Return the site's own recording of a prompt, if there is one."""
        path = self._recordings / language / f"{prompt}.wav" if self._recordings else None
        return path if path is not None and path.is_file() else None

    @contextlib.contextmanager
    def _spoken(
        self,
        name: str,
        text: str,
        language: str,
        volume: int,
        pattern: Sequence[tuple[int, int]] = (),
        *,
        keep: bool = True,
    ) -> Iterator[Wave]:
        """Lend the file of a text, rendered where it is not there whole."""
        key = f"{_FORM}\n{text}\n{SPEAKERS[language]}\n{self._speed}\n{self._edition}\n{pattern}"
        path = self.folder / f"{name}-{language}-{_digest(key)}-v{volume}.wav"
        if keep and _sound.is_whole(path):  # else absent, or cut short when the power went
            yield Wave(path, seconds(path))
            return
        with self._removed() as passing:
            if volume < 100:
                with self._spoken(name, text, language, 100, pattern, keep=keep) as loud:
                    kept = not loud.passing
                    with self._failures(path):
                        _sound.copy(loud.path, passing, percent=volume)
            else:
                with self._failures(path):
                    kept = self._render(passing, text, language, pattern) and keep
            with self._failures(path):
                if kept:
                    passing.replace(path)
            there = path if kept else passing
            yield Wave(there, seconds(there), passing=not kept)

    def _render(self, path: Path, text: str, language: str, pattern: Sequence[tuple[int, int]]) -> bool:
        """Write the file; return whether it is what was wanted: a synthesiser that failed once may
        work the next time, and its prompt must not stay a tone for good."""
        rate, samples = RATE, array.array("h")
        spoken = self._speak(language, text)
        if spoken is not None:
            rate, samples = spoken
        if pattern or spoken is None:
            samples = tones(pattern, rate) + silence(_PAUSE_S, rate) + samples
        _sound.write(path, rate, samples)
        return spoken is not None or self.speaker is None

    def _speak(self, language: str, text: str) -> tuple[int, "array.array[int]"] | None:
        """Return rate and samples of a sentence; None without a synthesiser, or when it failed."""
        if self.speaker is None or time.monotonic() < self._hung_until:
            return None
        with tempfile.TemporaryDirectory(prefix=_sound.FRESH, dir=self.folder) as folder:
            out = Path(folder) / "spoken.wav"
            command = [self.speaker, "-b", "1", "-v", SPEAKERS[language], "-s", str(self._speed)]
            command += ["-w", str(out), "--stdin"]
            try:
                subprocess.run(
                    command, input=text.encode(), check=True, timeout=_SPEAK_S, capture_output=True
                )
                spoken = _sound.read(out)
            except (subprocess.SubprocessError, OSError, wave.Error, EOFError) as error:
                if isinstance(error, subprocess.TimeoutExpired):
                    self._hung_until = time.monotonic() + _HUNG_S
                if not self._failed:
                    log.warning("espeak-ng cannot speak %s, tones only: %s", language, error)
                self._failed = True
                return None
        if self._failed:
            log.warning("espeak-ng speaks again")
            self._failed = False
        return spoken

    @contextlib.contextmanager
    def _removed(self) -> Iterator[Path]:
        """Lend a name that no other lane uses; a file of that name is removed afterwards."""
        path = self.folder / f"{_PASSING}{uuid.uuid4().hex}.wav"
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _failures(self, path: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DeviceUnavailable(f"cannot write {path}: {error}", code="denied") from error

    def _tidy(self, used: Collection[Path]) -> None:
        """Remove what was left behind or not asked for in months; what is used counts as new."""
        with contextlib.suppress(OSError):
            for path in used:
                if path.stat().st_mtime < time.time() - _DAY_S:  # a card should not be written each start
                    os.utime(path)
            for path in self.folder.iterdir():
                left = path.name.startswith((_PASSING, _sound.FRESH))
                if not (left or _OURS.fullmatch(path.name)):
                    continue  # somebody's own file, whatever it does here
                if path.stat().st_mtime > time.time() - (_LEFT_S if left else _OLD_S):
                    continue
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def _stamp(path: Path) -> str:
    found = path.stat()
    return f"{path}\n{found.st_mtime_ns}\n{found.st_size}"


def _edition(speaker: str | None) -> str:
    """Return what tells one synthesiser from another that was installed in its place."""
    if speaker is None:
        return "tones"
    found = Path(speaker).stat()
    return f"{found.st_mtime_ns} {found.st_size}"


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
