"""What the set-up page shows of a camera: a small picture, and whether it is sharp and well lit.

Computed from one frame, only while somebody looks. Nothing is kept, and no code's content is known
here. Must not be imported by the gate's own process (OpenCV, NumPy).
"""

from typing import NamedTuple

import cv2
import numpy as np

from drivers.scanner._regions import Grey

PREVIEW_WIDTH = 640
MOST_BYTES = 96_000  # fits a line of the pipe as base64, with room to spare
_QUALITIES = (70, 50, 30, 15)

_DARK = 60  # the brightest fiftieth stays below: paper looks like a wall at night
_LIT_OUT = 0.25  # share of pixels that are as white as can be
_PALE = 40  # grey levels between the darkest and the brightest fiftieth
_BLURRED = 34  # focus figure: edges are spread over five pixels or more
_EDGE = 24  # grey levels an edge has to have to be measured
_REACH = 9  # pixels around an edge in which its whole height is found


class Figures(NamedTuple):
    """Of one frame. `focus`: 100 where edges are as steep as pixels allow, 0 without any edge.
    `advice`: `good`, `dark`, `bright`, `pale`, `blurred`; the first that holds of dark, bright,
    pale and blurred, since blur cannot be told in the dark."""

    width: int
    height: int
    focus: int
    brightness: int
    clipped: int
    advice: str


def figures(grey: Grey) -> Figures:
    """Return the figures of a frame (height x width)."""
    small = grey
    if min(grey.shape) >= 8:
        small = cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA).astype(np.uint8)
    low, high = (float(n) for n in np.percentile(small, (2, 98)))
    clipped = float(np.count_nonzero(grey >= 250)) / grey.size
    focus = _focus(grey)
    return Figures(
        grey.shape[1],
        grey.shape[0],
        focus,
        round(float(grey.mean())),
        round(clipped * 100),
        _advice(low, high, clipped, focus),
    )


def small_jpeg(grey: Grey) -> bytes:
    """Return the frame as a JPEG at most 640 pixels wide."""
    factor = min(1.0, PREVIEW_WIDTH / max(grey.shape))
    size = (max(1, round(grey.shape[1] * factor)), max(1, round(grey.shape[0] * factor)))
    small = grey if factor == 1.0 else cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    packed = b""
    for quality in _QUALITIES:
        packed = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        if len(packed) <= MOST_BYTES:
            break
    return packed


def _advice(low: float, high: float, clipped: float, focus: int) -> str:
    if high < _DARK:
        return "dark"
    if clipped > _LIT_OUT:
        return "bright"
    if high - low < _PALE:
        return "pale"
    return "blurred" if focus < _BLURRED else "good"


def _focus(grey: Grey) -> int:
    """Return how much of an edge's height lies between neighbouring pixels, for the steepest tenth
    of the edges, in percent: that does not depend on light or contrast."""
    height, width = grey.shape
    if min(height, width) < 2 * _REACH:
        return 0
    # The middle, where codes are held; against noise, averaged along one direction at a time.
    part = grey[height // 8 : height - height // 8, width // 8 : width - width // 8]
    kernel = np.ones((_REACH, _REACH), np.uint8)
    soft = cv2.GaussianBlur(part, (3, 3), 0)
    heights = cv2.subtract(cv2.dilate(soft, kernel), cv2.erode(soft, kernel))[:, 1:-1]
    steps = cv2.absdiff(part[:, 2:], part[:, :-2])
    there = heights >= _EDGE
    if np.count_nonzero(there) < max(1, part.size // 500):
        return 0
    shares = np.minimum(steps[there] / heights[there].astype(np.float32), 1.0)
    return round(float(np.percentile(shares, 90)) * 100)
