"""Where the camera's pictures come from: a video or picture file here, the others next door.

Every source gives grey frames and waits at most a quarter of a second for one where it can; what
it cannot bound (a driver that hangs) the parent process bounds by killing this one. Runs in the
capture child only; `gatepost scan` reads files through it too.
"""

import time
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from drivers.scanner._capture_frames import (
    JPEGS,
    Bgr,
    Colour,
    Source,
    SourceFault,
    first_line,
    grey_of,
    in_colour,
    take_packets,
)
from drivers.scanner._capture_live import USUAL_FPS, LiveCamera
from drivers.scanner._capture_pi import PiCamera
from drivers.scanner._regions import Grey

_WAIT_S = 0.25
_MOST_FPS = 240.0
_READ_AHEAD = 30  # frames to catch up by reading; beyond that, by seeking
_MOST_PIXELS = 100_000_000


def open_source(source: str, *, loop: bool, width: int, height: int, fps: float) -> Source:
    """Open what the option `source` names. Raises SourceFault."""
    path = file_path(source)
    if path is not None:
        if not path.is_file():
            raise SourceFault("absent", f"there is no file {path}")
        if is_picture(path):
            return PictureFile(path, fps)
        return VideoFile(path, loop=loop, fps=fps)
    if source.startswith("picamera2"):
        return PiCamera(source, width, height, fps)
    return LiveCamera(source, width, height, fps)


def file_path(source: str) -> Path | None:
    """Return the path of a `file:` source, None for any other."""
    if not source.startswith("file:"):
        return None
    return Path(source.removeprefix("file:").removeprefix("//"))


def is_picture(path: Path) -> bool:
    """Tell a picture from a video by its first bytes."""
    return bool(cv2.haveImageReader(str(path)))


def read_picture_file(path: Path) -> Grey:
    """Return a picture file as grey pixels. Raises SourceFault, OSError.

    As stored: EXIF rotation is not applied (cv2.imread does), because codes read in any
    orientation and positions are then those of the file's own pixels.
    """
    packed = np.frombuffer(path.read_bytes(), np.uint8)
    try:
        picture = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        raise SourceFault("absent", f"{path} cannot be read: {first_line(error)}") from error
    if picture is None or not 0 < picture.size <= _MOST_PIXELS:
        raise SourceFault("absent", f"{path} is no picture that can be read")
    return picture.astype(np.uint8, copy=False)


def open_video(path: Path) -> tuple[cv2.VideoCapture, str]:
    """Open a video file with one decoding thread; the format `grey_of` has to decode comes with it.
    Raises SourceFault."""
    capture = _opened(path)
    fourcc = take_packets(capture)
    if fourcc:
        got, packet = capture.read()
        readable = got and grey_of(packet, fourcc) is not None
        capture.release()
        capture = _opened(path)
        fourcc = take_packets(capture) if readable else ""
    return capture, fourcc


class PictureFile:
    """A picture held before the camera for ever."""

    patience = 0.0

    def __init__(self, path: Path, fps: float) -> None:
        self._path = path
        self._picture = read_picture_file(path)
        self._pace = _Pace(fps or USUAL_FPS)

    def read(self) -> Grey | None:
        """Return the picture each time a frame is due."""
        return None if self._pace.wait() is None else self._picture

    def colour(self) -> Colour:
        """Return what reads the file in colour."""
        return partial(_colour_of_file, self._path)

    def close(self) -> None:
        """Hold nothing."""


class VideoFile:
    """A video at its own pace. Looping, the frame shown is a function of the machine's monotonic
    clock alone, so that another simulated device on that clock stays in step with it."""

    patience = 0.0

    def __init__(self, path: Path, *, loop: bool, fps: float) -> None:
        self._path = path
        self._loop = loop
        self._capture, self._fourcc = open_video(path)
        own = float(self._capture.get(cv2.CAP_PROP_FPS))
        self._pace = _Pace(fps or (own if 0 < own <= _MOST_FPS else USUAL_FPS))
        self._count = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self._start: int | None = None
        self._next = 0
        self._colour = in_colour(None)

    def read(self) -> Grey | None:
        """Return the frame that is due; frames nobody came for in time are passed over."""
        due = self._pace.wait()
        if due is None:
            return None
        index = self._index(due)
        if not 0 <= index - self._next <= _READ_AHEAD:
            # Asked for frame 1, OpenCV goes to frame 2 and counts on from 1; from 0 it is one step.
            self._next = index if index > 1 else 0
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, self._next)
        for _ in range(index - self._next):
            self._next += self._capture.grab()
        got, frame = self._capture.read()
        if not got:
            self._at_end()
            return None
        self._next += 1
        self._colour = in_colour(frame, self._fourcc)
        return grey_of(frame, self._fourcc)

    def colour(self) -> Colour:
        """Return what decodes the last frame in colour."""
        return self._colour

    def close(self) -> None:
        """Close the file."""
        self._capture.release()

    def _index(self, due: int) -> int:
        if self._loop and self._count > 0:
            return due % self._count
        if self._start is None:
            self._start = due
        return due - self._start

    def _at_end(self) -> None:
        """Containers are often wrong about their length by a frame or two: learn the true one."""
        if self._next == 0:
            raise SourceFault("absent", f"{self._path} holds no frame that can be read")
        if not self._loop:
            raise SourceFault("ended", f"{self._path} is over (loop = true plays it again and again)")
        self._count = self._next


class _Pace:
    """Frame numbers that follow the monotonic clock: number = clock x rate."""

    def __init__(self, fps: float) -> None:
        self._fps = fps
        self._given: int | None = None

    def wait(self) -> int | None:
        """Return the number of the frame now due, None when it is still a while until the next."""
        now = time.monotonic()
        number = int(now * self._fps)
        if number == self._given:
            until = (number + 1) / self._fps - now
            time.sleep(min(_WAIT_S, max(0.0, until)))
            number = int(time.monotonic() * self._fps)
        if number == self._given:
            return None
        self._given = number
        return number


def _colour_of_file(path: Path) -> Bgr | None:
    try:
        return in_colour(np.frombuffer(path.read_bytes(), np.uint8), JPEGS[0])()
    except OSError:
        return None


def _opened(path: Path) -> cv2.VideoCapture:
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    if not capture.isOpened():
        raise SourceFault("absent", f"{path} is no picture or video that can be read")
    return capture
