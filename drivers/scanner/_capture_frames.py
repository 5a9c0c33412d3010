"""What the camera's sources have in common: faults by name, and the brightness of a frame.

MJPEG is decoded to grey alone, without the way through colour, which costs as much again; the one picture
in so many that a model looks at is decoded a second time. Runs in
the capture child and in `gatepost scan`.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from drivers.scanner._regions import Grey

JPEGS = ("MJPG", "JPEG", "mjpg", "jpeg")
Bgr = npt.NDArray[np.uint8]
Colour = Callable[[], Bgr | None]
"""Decodes a frame in colour when it is called, which the reading of codes never waits for."""

_PACKED = {"YUYV": cv2.COLOR_YUV2BGR_YUYV, "UYVY": cv2.COLOR_YUV2BGR_UYVY}
_PLANAR = {
    "NV12": cv2.COLOR_YUV2BGR_NV12,
    "NV21": cv2.COLOR_YUV2BGR_NV21,
    "YV12": cv2.COLOR_YUV2BGR_YV12,
    "YU12": cv2.COLOR_YUV2BGR_I420,
}


class SourceFault(Exception):
    """The source is not there or gives no more pictures; `code` as in DeviceUnavailable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Source(Protocol):
    """Something that gives frames. `patience`: how many times as long as a USB camera's picture its
    own may stand still; 0: for ever."""

    patience: float

    def read(self) -> Grey | None:
        """Return the next frame (height x width, uint8), None while there is none yet."""

    def colour(self) -> Colour:
        """Return what decodes the frame of the last `read` in colour: the same picture, for who needs it."""

    def close(self) -> None:
        """Let go of the device or file."""


def take_packets(capture: cv2.VideoCapture) -> str:
    """Ask FFmpeg for the compressed frames of a film or stream that is motion JPEG, which `grey_of`
    then decodes. Returns the format to give to it, empty where the frames come decoded."""
    fourcc = fourcc_of(capture)
    return fourcc if fourcc in JPEGS and capture.set(cv2.CAP_PROP_FORMAT, -1) else ""


def fourcc_of(capture: cv2.VideoCapture) -> str:
    """Return the name of the format in which a capture's frames are sent or stored."""
    return int(capture.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little", signed=True).decode("latin-1")


def grey_of(frame: npt.NDArray[Any], fourcc: str = "", height: int = 0) -> Grey | None:
    """Return the brightness of a frame: BGR as OpenCV converts it, or raw as the device sent it
    (`fourcc`, `height` pixels high); None for a broken one."""
    if frame.size == 0 or frame.dtype != np.uint8:
        return None
    if frame.ndim == 3 and frame.shape[2] == 2:
        return np.ascontiguousarray(frame[:, :, 1 if fourcc == "UYVY" else 0])
    if frame.ndim == 3:
        return cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)
    if fourcc in JPEGS:
        try:
            picture = cv2.imdecode(frame.reshape(-1), cv2.IMREAD_GRAYSCALE)
        except cv2.error:
            return None
        # A JPEG cut off on the way is normal on USB; the next one is whole.
        return None if picture is None else picture.astype(np.uint8, copy=False)
    # Planar formats: the first `height` rows are the brightness.
    return np.ascontiguousarray(frame[: height or None])


def in_colour(frame: npt.NDArray[Any] | None, fourcc: str = "", height: int = 0) -> Colour:
    """Return what decodes a frame as `grey_of` takes it, in colour."""
    return partial(_bgr_of, frame, fourcc, height)


def _bgr_of(frame: npt.NDArray[Any] | None, fourcc: str, height: int) -> Bgr | None:
    if frame is None or frame.size == 0 or frame.dtype != np.uint8:
        return None
    try:
        picture = _converted(frame, fourcc, height)
    except cv2.error:
        return None
    return None if picture is None else picture.astype(np.uint8, copy=False)


def _converted(frame: npt.NDArray[Any], fourcc: str, height: int) -> npt.NDArray[Any] | None:
    if frame.ndim == 3:
        if frame.shape[2] == 3:
            return frame
        return cv2.cvtColor(frame, _PACKED["UYVY" if fourcc == "UYVY" else "YUYV"])
    if fourcc in JPEGS:
        return cv2.imdecode(frame.reshape(-1), cv2.IMREAD_COLOR)
    if fourcc in _PLANAR:
        return cv2.cvtColor(frame, _PLANAR[fourcc])
    return cv2.cvtColor(np.ascontiguousarray(frame[: height or None]), cv2.COLOR_GRAY2BGR)


def first_line(error: cv2.error) -> str:
    """Return the first line of what OpenCV says."""
    return (str(error).strip().splitlines() or ["unknown"])[0][:200]
