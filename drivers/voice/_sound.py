"""Wave files: reading, writing whole or not at all, making softer, cutting, and the gate's tones.

Plays nothing and knows no prompt's words.
"""

import array
import contextlib
import math
import os
import sys
import tempfile
import wave
from collections.abc import Iterator, Sequence
from pathlib import Path

from edge.domain.errors import DeviceUnavailable

RATE = 22_050
FRESH = ".new-"
"""How files begin that are still being written; one that is left belongs to a power cut."""

_FADE_S = 0.006
_LEVEL = 18_000
_CHUNK = 65_536
_WHOLE = {2: "h", 4: "i"}
_BROKEN = (wave.Error, EOFError, OSError)


def tones(pattern: Sequence[tuple[int, int]], rate: int = RATE) -> "array.array[int]":
    """Return a pattern of (hertz, milliseconds) as 16-bit samples, faded so that it does not click."""
    samples = array.array("h")
    for hertz, milliseconds in pattern:
        count = rate * milliseconds // 1000
        fade = max(1, round(rate * _FADE_S))
        for n in range(count):
            level = min(1.0, n / fade, (count - 1 - n) / fade)
            samples.append(round(_LEVEL * level * math.sin(2 * math.pi * hertz * n / rate)))
    return samples


def silence(length_s: float, rate: int = RATE) -> "array.array[int]":
    """Return so many seconds of nothing."""
    return array.array("h", bytes(2 * round(rate * length_s)))


def seconds(path: Path) -> float:
    """Return how long a wave file plays. Raises DeviceUnavailable for one that is none."""
    try:
        with wave.open(str(path), "rb") as file:
            return file.getnframes() / file.getframerate()
    except _BROKEN as error:
        raise DeviceUnavailable(f"{path} is no wave file: {error}", code="absent") from error


def is_whole(path: Path) -> bool:
    """Return whether the file holds as many samples as its header says."""
    try:
        with wave.open(str(path), "rb") as file:
            promised = file.getnframes() * file.getsampwidth() * file.getnchannels()
            there = sum(len(data) for data in iter(lambda: file.readframes(_CHUNK), b""))
            return there == promised > 0
    except _BROKEN:
        return False


def read(path: Path) -> tuple[int, "array.array[int]"]:
    """Return rate and samples of a 16-bit mono file. Raises wave.Error, EOFError or OSError."""
    with wave.open(str(path), "rb") as file:
        if (file.getnchannels(), file.getsampwidth()) != (1, 2) or not file.getnframes():
            raise wave.Error("expected 16-bit mono")
        return file.getframerate(), _native(array.array("h", file.readframes(file.getnframes())))


def write(path: Path, rate: int, samples: "array.array[int]") -> None:
    """Write a 16-bit mono file, whole or not at all. Raises OSError."""
    with fresh(path) as part, wave.open(str(part), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(_native(samples).tobytes())


def copy(source: Path, path: Path, *, percent: int = 100, from_s: float = 0.0) -> None:
    """Write a copy that is as loud as `percent` says and leaves out the beginning. Widths other than
    16 and 32 bits keep their loudness. Raises DeviceUnavailable for what is no wave file, OSError."""
    try:
        with wave.open(str(source), "rb") as old, fresh(path) as part, wave.open(str(part), "wb") as new:
            new.setparams(old.getparams())
            old.setpos(min(old.getnframes(), int(from_s * old.getframerate())))
            while data := old.readframes(_CHUNK):
                new.writeframes(_softer(data, old.getsampwidth(), percent))
    except (wave.Error, EOFError) as error:
        raise DeviceUnavailable(f"{source} is no wave file: {error}", code="absent") from error


@contextlib.contextmanager
def fresh(path: Path) -> Iterator[Path]:
    """Lend a name beside `path` to write to; it becomes `path` only when all went well."""
    number, name = tempfile.mkstemp(prefix=FRESH, suffix=path.suffix, dir=path.parent)
    os.close(number)
    part = Path(name)
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _softer(data: bytes, width: int, percent: int) -> bytes:
    if percent >= 100 or width not in _WHOLE:
        return data
    samples = _native(array.array(_WHOLE[width], data))
    return _native(array.array(_WHOLE[width], (n * percent // 100 for n in samples))).tobytes()


def _native(samples: "array.array[int]") -> "array.array[int]":
    """Return samples with their bytes as this machine has them; wave files have the low byte first."""
    if sys.byteorder == "big":
        samples = samples[:]
        samples.byteswap()
    return samples
