"""Reads every code of a picture or video file, for `gatepost scan`.

The camera's own stages, all of them, on every frame that differs from the one before; no pace, no
child process. Must not be imported by the gate's own process.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from drivers.scanner._capture_frames import SourceFault, grey_of
from drivers.scanner._capture_sources import is_picture, open_video, read_picture_file
from drivers.scanner._decode import read_picture
from drivers.scanner._decode_zbar import read_zbar
from drivers.scanner._decode_zxing import Found
from drivers.scanner._regions import Grey
from edge.domain.errors import DeviceUnavailable

_AWAY_S = 1.0  # a code not seen for so long and back is held up once more
_USUAL_FPS = 15.0


@dataclass(frozen=True, slots=True)
class FileCode:
    """One code of a file; everything None but the time where the file holds none. `frame` counts
    from 0, `ms` is the time decoding took (of that frame; of the whole file where nothing was)."""

    frame: int | None
    payload: bytes | None
    symbology: str | None
    decoder: str | None
    ms: float


def decode_file(path: Path) -> Iterator[FileCode]:
    """Yield the codes of a file in the order of its frames. Raises DeviceUnavailable."""
    read_zbar(np.zeros((8, 8), np.uint8))  # its library loads at its first use: that is no decoding
    try:
        frames = _picture(path) if path.is_file() and is_picture(path) else _video(path)
        total, none = 0.0, True
        seen: dict[bytes, float] = {}
        for number, at_s, grey in frames:
            start = time.perf_counter()
            found = read_picture(grey)
            ms = (time.perf_counter() - start) * 1000
            total += ms
            for code in _held_up(found, seen, at_s):
                none = False
                yield FileCode(number, code.payload, code.symbology, code.decoder, ms)
        if none:
            yield FileCode(None, None, None, None, total)
    except SourceFault as fault:
        raise DeviceUnavailable(str(fault), fault.code) from fault
    except OSError as error:
        raise DeviceUnavailable(f"{path}: {error.strerror or error}", "absent") from error


def _held_up(found: list[Found], seen: dict[bytes, float], at_s: float) -> list[Found]:
    """Return the codes that were not there a moment ago and note that all of them are now."""
    new = [code for code in found if at_s - seen.get(code.payload, float("-inf")) > _AWAY_S]
    seen.update((code.payload, at_s) for code in found)
    return new


def _picture(path: Path) -> Iterator[tuple[int, float, Grey]]:
    yield 0, 0.0, read_picture_file(path)


def _video(path: Path) -> Iterator[tuple[int, float, Grey]]:
    path.open("rb").close()  # OpenCV says only that it failed; this says why
    capture, fourcc = open_video(path)
    try:
        fps = float(capture.get(cv2.CAP_PROP_FPS))
        fps = fps if fps > 0 else _USUAL_FPS
        number = 0
        last: Grey | None = None
        while True:
            got, frame = capture.read()
            if not got:
                break
            grey = grey_of(frame, fourcc)
            if grey is not None and (last is None or last.shape != grey.shape or (grey != last).any()):
                yield number, number / fps, grey
                last = grey
            number += 1
        if number == 0:
            raise SourceFault("absent", f"{path} is no picture or video that can be read")
    finally:
        capture.release()
