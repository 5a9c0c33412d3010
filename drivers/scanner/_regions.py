"""Where in a grey picture a code may lie, and how large its modules would be there.

A code is the one thing at a gate with dense edges in both directions over a roundish area; that
costs a third of a decoding pass to find, and the dear stages then look at crops of one size whatever
the picture's. A guess: it names no finder pattern and misses a code in front of foliage of the same
contrast. No I/O, no clock, no decoder. Not for the gate's own process (OpenCV, NumPy).
"""

from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]

MOST = 3
_CELL = 16  # pixels of the picture; half of them are looked at
_LEVELS = (0.3, 0.5, 0.7)  # of the strongest texture: foliage beside a code, a code within lettering
_FAINTEST = 3.0  # grey levels from pixel to pixel: below that a code in the dark is noise
_MEASURED_SIDE = 500
SMALL = 300_000  # pixels: a code that is the subject fills most of such a picture


class Region(NamedTuple):
    """A part of a picture: columns left to right, rows top to bottom, the ends excluded."""

    left: int
    top: int
    right: int
    bottom: int

    def of(self, picture: Grey, factor: int = 1) -> Grey:
        """Return the part of a picture that is `factor` times as large as the one looked at."""
        return picture[self.top * factor : self.bottom * factor, self.left * factor : self.right * factor]


def regions(grey: Grey, most: int = MOST) -> list[Region]:
    """Return the likeliest places of a code, best first; the whole picture where it has none."""
    height, width = grey.shape
    if min(height, width) < 4 * _CELL:
        return [Region(0, 0, width, height)]
    texture = _texture(grey)
    strongest = float(np.partition(texture.ravel(), -1 - texture.size // 100)[-1 - texture.size // 100])
    rated = [
        found
        for level in _LEVELS
        for found in _patches(texture, max(_FAINTEST, level * strongest), width, height)
    ]
    kept: list[Region] = []
    for _, region in sorted(rated, reverse=True):
        if len(kept) < most and not any(_mostly_in(region, other) for other in kept):
            kept.append(region)
    # A small picture is mostly code, and has room for few cells.
    if not kept or grey.size <= SMALL:
        kept[1:] = [Region(0, 0, width, height)]
    return kept


def module_pixels(part: Grey) -> float:
    """Estimate the module size of a code that fills a part of a picture: along any line through a
    code every second module border is an edge. Blur makes it up to a half too large."""
    factor = 1.0
    while max(part.shape) > _MEASURED_SIDE:
        part = halved(part)
        factor *= 2
    height, width = part.shape
    inner = cv2.GaussianBlur(
        part[height // 8 : height - height // 8, width // 8 : width - width // 8], (3, 3), 0
    )
    side = max(5, min(inner.shape) // 5 | 1)
    dark = cv2.compare(inner, cv2.blur(inner, (side, side)), cv2.CMP_GT)
    if min(dark.shape) < 2:
        return factor
    edges = sum(
        cv2.countNonZero(cv2.absdiff(a, b)) for a, b in ((dark[:, 1:], dark[:, :-1]), (dark[1:], dark[:-1]))
    )
    return factor * dark.size / max(1, edges)


def halved(grey: Grey) -> Grey:
    """Return a picture at half its size; by exactly two, which OpenCV does at memory's own speed."""
    height, width = (max(1, n // 2) for n in grey.shape)
    return _area(grey[: height * 2, : width * 2], width, height)


def _texture(grey: Grey) -> npt.NDArray[np.float32]:
    """Return, for each cell, how steep its edges are on average in the direction that has fewer."""
    half = halved(grey)
    size = _CELL // 2
    columns, rows = (half.shape[1] - 1) // size, (half.shape[0] - 1) // size
    # Whole cells only: averaging them is then ten times as fast. The edge of the picture is made up
    # for by the patches' margin.
    here = half[: rows * size, : columns * size]
    across = _area(cv2.absdiff(half[: rows * size, 1 : columns * size + 1], here), columns, rows)
    down = _area(cv2.absdiff(half[1 : rows * size + 1, : columns * size], here), columns, rows)
    weaker = np.minimum(across, down).astype(np.float32)
    return np.asarray(cv2.blur(weaker, (3, 3)), np.float32)


def _patches(
    texture: npt.NDArray[np.float32], level: float, width: int, height: int
) -> list[tuple[float, Region]]:
    """Return (rating, region) of the connected patches above a level that have a code's shape."""
    above = (texture > level).astype(np.uint8)
    _, _, boxes, _ = cv2.connectedComponentsWithStats(above, connectivity=4)
    wide, high, covered = boxes[1:, 2], boxes[1:, 3], boxes[1:, 4]
    shaped = (np.minimum(wide, high) >= 2) & (wide < 2.5 * high) & (high < 2.5 * wide)
    found = []
    for x, y, columns, rows, cells in boxes[1:][shaped & (covered >= 0.45 * wide * high)].tolist():
        # The quiet zone, and what blur and a tilted corner take from the patch.
        margin = max(2, int(0.15 * max(columns, rows)))
        left, top = max(0, x - margin) * _CELL, max(0, y - margin) * _CELL
        right, bottom = min(width, (x + columns + margin) * _CELL), min(height, (y + rows + margin) * _CELL)
        rating = cv2.mean(texture[y : y + rows, x : x + columns])[0] * cells**0.5
        found.append((rating, Region(left, top, right, bottom)))
    return found


def _mostly_in(region: Region, other: Region) -> bool:
    width = min(region.right, other.right) - max(region.left, other.left)
    height = min(region.bottom, other.bottom) - max(region.top, other.top)
    own = (region.right - region.left) * (region.bottom - region.top)
    return width > 0 and height > 0 and width * height > 0.6 * own


def _area(picture: npt.NDArray[Any], width: int, height: int) -> Grey:
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
