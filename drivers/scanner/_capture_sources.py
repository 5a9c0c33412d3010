"""Where the camera's pictures come from: a device, a network stream, a video or a picture file.

Every source gives grey frames and waits at most a quarter of a second for one where it can; what
it cannot bound (a driver that hangs) the parent process bounds by killing this one. Runs in the
capture child only. Streams have been tried against a server on loopback; /dev/video* devices have
not been tried on hardware.
"""

import itertools
import time
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import cv2
import numpy as np
import numpy.typing as npt

from drivers.scanner._decode import Grey

_WAIT_S = 0.25
_USUAL_FPS = 15.0
_MOST_FPS = 240.0
_READ_AHEAD = 30  # frames to catch up by reading; beyond that, by seeking
_MOST_PIXELS = 100_000_000


class SourceFault(Exception):
    """The source is not there or gives no more pictures; `code` as in DeviceUnavailable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Source(Protocol):
    """Something that gives frames."""

    live: bool

    def read(self) -> Grey | None:
        """Return the next frame (height x width, uint8), None while there is none yet."""

    def close(self) -> None:
        """Let go of the device or file."""


def open_source(source: str, *, loop: bool, width: int, height: int, fps: float) -> Source:
    """Open what the option `source` names. Raises SourceFault."""
    path = file_path(source)
    if path is not None:
        if not path.is_file():
            raise SourceFault("absent", f"there is no file {path}")
        if is_picture(path):
            return PictureFile(path, fps)
        return VideoFile(path, loop=loop, fps=fps)
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
        raise SourceFault("absent", f"{path} cannot be read: {_first_line(error)}") from error
    if picture is None or not 0 < picture.size <= _MOST_PIXELS:
        raise SourceFault("absent", f"{path} is no picture that can be read")
    return picture.astype(np.uint8, copy=False)


def open_video(path: Path) -> cv2.VideoCapture:
    """Open a video file with one decoding thread. Raises SourceFault."""
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    if not capture.isOpened():
        raise SourceFault("absent", f"{path} is no picture or video that can be read")
    return capture


class PictureFile:
    """A picture held before the camera for ever."""

    live = False

    def __init__(self, path: Path, fps: float) -> None:
        self._picture = read_picture_file(path)
        self._pace = _Pace(fps or _USUAL_FPS)

    def read(self) -> Grey | None:
        """Return the picture each time a frame is due."""
        return None if self._pace.wait() is None else self._picture

    def close(self) -> None:
        """Hold nothing."""


class VideoFile:
    """A video at its own pace. Looping, the frame shown is a function of the machine's monotonic
    clock alone, so that another simulated device on that clock stays in step with it."""

    live = False

    def __init__(self, path: Path, *, loop: bool, fps: float) -> None:
        self._path = path
        self._loop = loop
        self._capture = open_video(path)
        own = float(self._capture.get(cv2.CAP_PROP_FPS))
        self._pace = _Pace(fps or (own if 0 < own <= _MOST_FPS else _USUAL_FPS))
        self._count = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self._start: int | None = None
        self._next = 0

    def read(self) -> Grey | None:
        """Return the frame that is due; frames nobody came for in time are passed over."""
        due = self._pace.wait()
        if due is None:
            return None
        index = self._index(due)
        if not 0 <= index - self._next <= _READ_AHEAD:
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, index)
            self._next = index
        for _ in range(index - self._next):
            self._next += self._capture.grab()
        got, frame = self._capture.read()
        if not got:
            self._at_end()
            return None
        self._next += 1
        return grey_of(frame)

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


class LiveCamera:
    """A capture device by index, or a network stream."""

    live = True

    def __init__(self, source: str, width: int, height: int, fps: float) -> None:
        self._stream = "://" in source
        self._capture = _open_stream(source) if self._stream else _open_device(source, width, height, fps)
        self._fourcc = "" if self._stream else _raw_format(self._capture)

    def read(self) -> Grey | None:
        """Wait for the device's next frame. Raises SourceFault when no more come."""
        try:
            got, frame = self._capture.read()
        except cv2.error as error:
            raise SourceFault("lost", f"the camera failed: {_first_line(error)}") from error
        if not got:
            raise SourceFault("lost", "the camera gives no more pictures")
        return grey_of(frame, self._fourcc, int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)))

    def close(self) -> None:
        """Give the device back."""
        self._capture.release()


def grey_of(frame: npt.NDArray[Any], fourcc: str = "", height: int = 0) -> Grey | None:
    """Return the brightness of a frame: BGR as OpenCV converts it, or raw as the device sent it
    (`fourcc`, `height` pixels high); None for a broken one."""
    if frame.size == 0 or frame.dtype != np.uint8:
        return None
    if frame.ndim == 3 and frame.shape[2] == 2:
        return np.ascontiguousarray(frame[:, :, 1 if fourcc == "UYVY" else 0])
    if frame.ndim == 3:
        return cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)
    if fourcc in ("MJPG", "JPEG"):
        try:
            picture = cv2.imdecode(frame.reshape(-1), cv2.IMREAD_GRAYSCALE)
        except cv2.error:
            return None
        # A JPEG cut off on the way is normal on USB; the next one is whole.
        return None if picture is None else picture.astype(np.uint8, copy=False)
    # Planar formats: the first `height` rows are the brightness.
    return np.ascontiguousarray(frame[: height or None])


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


def _open_stream(url: str) -> cv2.VideoCapture:
    limits = [
        *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 8000),
        *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, 2000),
        *(cv2.CAP_PROP_N_THREADS, 1),
    ]
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, limits)
    if not capture.isOpened():
        # Without the user and password that a camera's address often holds.
        host = urlsplit(url).hostname or ""
        raise SourceFault("absent", f"no pictures from the camera at {host}")
    return capture


def _open_device(source: str, width: int, height: int, fps: float) -> cv2.VideoCapture:
    # By index, because OpenCV 5 does not open a path; stable names resolve to one.
    node = Path(f"/dev/video{source}" if source.isdigit() else source).resolve()
    index = "".join(itertools.takewhile(str.isdigit, reversed(node.name)))[::-1]
    if not node.exists() or not index:
        raise SourceFault("absent", f"there is no camera {source}")
    capture = cv2.VideoCapture(int(index), cv2.CAP_V4L2)
    if not capture.isOpened():
        raise SourceFault("busy", f"camera {source} is there and cannot be opened: in use, or no camera")
    # Uncompressed pictures beyond VGA do not fit through USB 2 at a useful rate.
    if width > 640:
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
    capture.set(cv2.CAP_PROP_FPS, fps or _USUAL_FPS)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture


def _raw_format(capture: cv2.VideoCapture) -> str:
    """Ask for frames as the device sends them where we know how to take the brightness from them:
    the way through BGR costs 2 ms a frame. Returns the format's name, empty for converted ones."""
    fourcc = int(capture.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little", signed=False).decode("latin-1")
    known = fourcc in ("YUYV", "UYVY", "MJPG", "JPEG", "NV12", "NV21", "YV12", "GREY")
    return fourcc if known and capture.set(cv2.CAP_PROP_CONVERT_RGB, 0) else ""


def _first_line(error: cv2.error) -> str:
    return (str(error).strip().splitlines() or ["unknown"])[0][:200]
