"""Pictures of a camera: a capture device by index or name, or a network stream.

What it cannot bound (a driver that hangs) the parent process bounds by killing this one. Runs in the
capture child only. Streams have been tried against a server on loopback; /dev/video* devices have
not been tried on hardware.
"""

import itertools
import time
from pathlib import Path
from urllib.parse import urlsplit

import cv2

from drivers.scanner._capture_frames import (
    Colour,
    SourceFault,
    first_line,
    fourcc_of,
    grey_of,
    in_colour,
    take_packets,
)
from drivers.scanner._regions import Grey

USUAL_FPS = 15.0
_COMPRESSED_PATIENCE = 12.0  # H.264 repeats a picture in which nothing moves, up to its next whole one
_PASSED_OVER = 30  # frames of a stream at once
_MOST_FPS = 240.0


class LiveCamera:
    """A capture device by index, or a network stream."""

    def __init__(self, source: str, width: int, height: int, fps: float) -> None:
        self.patience = 1.0
        self._at_once_s = 0.0
        self._colour = in_colour(None)
        if "://" in source:
            self._capture, self._fourcc = _open_stream(source)
            self.patience = 1.0 if self._fourcc else _COMPRESSED_PATIENCE
            own = float(self._capture.get(cv2.CAP_PROP_FPS))
            self._at_once_s = 0.25 / (own if 0 < own <= _MOST_FPS else USUAL_FPS)
        else:
            self._capture = _open_device(source, width, height, fps)
            self._fourcc = _raw_format(self._capture)

    def read(self) -> Grey | None:
        """Wait for the device's next frame. Raises SourceFault when no more come."""
        try:
            got, frame = self._capture.retrieve() if self._grab() else (False, None)
        except cv2.error as error:
            raise SourceFault("lost", f"the camera failed: {first_line(error)}") from error
        if not got or frame is None:
            raise SourceFault("lost", "the camera gives no more pictures")
        height = int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
        self._colour = in_colour(frame, self._fourcc, height)
        return grey_of(frame, self._fourcc, height)

    def colour(self) -> Colour:
        """Return what decodes the last frame in colour."""
        return self._colour

    def close(self) -> None:
        """Give the device back."""
        self._capture.release()

    def _grab(self) -> bool:
        """Wait for a frame. Those of a stream that came while we were busy come at once, and are
        passed over: a slow machine would fall seconds behind. A device keeps only one."""
        for _ in range(_PASSED_OVER):
            begun = time.monotonic()
            if not self._capture.grab():
                return False
            if time.monotonic() - begun >= self._at_once_s:
                break
        return True


def _open_stream(url: str) -> tuple[cv2.VideoCapture, str]:
    """Return the stream and the format `grey_of` has to decode, empty where FFmpeg does it."""
    capture = _connected(url)
    fourcc = take_packets(capture)
    if fourcc:
        got, packet = capture.read()
        if not got or grey_of(packet, fourcc) is None:  # called motion JPEG and is not
            capture.release()
            return _connected(url), ""
    return capture, fourcc


def _connected(url: str) -> cv2.VideoCapture:
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
    capture.set(cv2.CAP_PROP_FPS, fps or USUAL_FPS)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture


def _raw_format(capture: cv2.VideoCapture) -> str:
    """Ask for frames as the device sends them where we know how to take the brightness from them:
    the way through BGR costs 2 ms a frame. Returns the format's name, empty for converted ones."""
    fourcc = fourcc_of(capture)
    known = fourcc in ("YUYV", "UYVY", "MJPG", "JPEG", "NV12", "NV21", "YV12", "GREY")
    return fourcc if known and capture.set(cv2.CAP_PROP_CONVERT_RGB, 0) else ""
