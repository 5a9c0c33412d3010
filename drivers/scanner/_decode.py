"""Grey picture in, payload bytes out: the stages in which a QR code is looked for.

The first stage reads nine codes of ten at the price of one zxing-cpp pass; each following one
looks at the picture in another way and runs only where everything before it saw nothing. The order
was chosen by exhaustive search over rendered gate pictures (motion, defocus, dim, moire, small,
tilted, dark mode), then checked on others drawn anew and on photographs (`./gate bench qr`). Left
out because nothing in that search was read by them alone: sharpening, adaptive threshold, CLAHE,
half size. zbar read nothing alone there either; it stays for damaged codes.

Payloads are bytes, never text: nobody here may guess an encoding. No I/O, no clock. Must not be
imported by the gate's own process (OpenCV and NumPy cost 30 MB and can crash): use it in the
capture child, in `gatepost scan` and in the bench.
"""

from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp

from drivers.scanner._decode_zbar import read_zbar

Grey = npt.NDArray[np.uint8]

# One thread: the gate's other work needs the cores more, and the pictures are small.
cv2.setNumThreads(1)

_QR = zxingcpp.barcode_formats_from_str("QRCode")
_HEAVY_SIDE = 1600  # longer pictures are reduced to this before they are enlarged or given to zbar
_ENLARGED_SIDE = 2560


class Found(NamedTuple):
    """One code of a picture: its exact payload and which stage read it."""

    payload: bytes
    symbology: str
    decoder: str


class Picture:
    """A grey picture (height x width, uint8, contiguous) with the forms of it stages share."""

    def __init__(self, grey: Grey) -> None:
        self.grey = np.ascontiguousarray(grey)

    @cached_property
    def reduced(self) -> Grey:
        """The picture, or where its long side exceeds 1600 pixels, reduced to that."""
        return _scaled(self.grey, _HEAVY_SIDE, at_most=1.0)

    @cached_property
    def enlarged(self) -> Grey:
        """Twice the size, and never longer than 2560 pixels: small or defocused modules."""
        return _scaled(self.reduced, _ENLARGED_SIDE, at_most=2.0)


Stage = Callable[[Picture], list[Found]]


def read_picture(grey: Grey) -> list[Found]:
    """Return the codes of a still picture: all stages in turn, until one reads something."""
    picture = Picture(grey)
    for stage in STAGES:
        found = stage(picture)
        if found:
            return found
    return []


def plain(picture: Picture) -> list[Found]:
    """Read dark-on-light codes of the picture as it is. Rotation is for linear codes only, and
    light-on-dark ones (dark mode) are what the next stage is for: that saves a third."""
    return _zxing(picture.grey, "zxing", invert=False)


def smooth(picture: Picture) -> list[Found]:
    """Read after a slight blur with one threshold for the whole: noise, print dots, dark mode."""
    return _zxing(_blurred(picture.grey, 3), "zxing+smooth", whole=True)


def whole(picture: Picture) -> list[Found]:
    """Read with one threshold for the whole picture: over-exposed, uneven, damaged finders."""
    return _zxing(picture.grey, "zxing+whole", whole=True)


def enlarged(picture: Picture) -> list[Found]:
    """Read at twice the size: small, defocused, dim, moire."""
    return _zxing(_blurred(picture.enlarged, 5), "zxing+enlarged")


def enlarged_smooth(picture: Picture) -> list[Found]:
    """Read at twice the size with one threshold for the whole: dots for modules, damage."""
    return _zxing(_blurred(picture.enlarged, 3), "zxing+enlarged+smooth", whole=True)


def zbar(picture: Picture) -> list[Found]:
    """Read with zbar: another engine altogether, the last resort, ten times as dear."""
    return [Found(payload, "QRCode", "zbar") for payload in dict.fromkeys(read_zbar(picture.reduced))]


STAGES: tuple[Stage, ...] = (plain, smooth, whole, enlarged, enlarged_smooth, zbar)


def _zxing(grey: Grey, decoder: str, *, invert: bool = True, whole: bool = False) -> list[Found]:
    binarizer = zxingcpp.Binarizer.GlobalHistogram if whole else zxingcpp.Binarizer.LocalAverage
    codes = zxingcpp.read_barcodes(
        grey,
        formats=_QR,
        try_rotate=False,
        try_invert=invert,
        # The default mode rewrites control characters; we take the bytes, and plainly.
        text_mode=zxingcpp.TextMode.Plain,
        binarizer=binarizer,
    )
    payloads = dict.fromkeys(bytes(code.bytes) for code in codes if code.valid)
    return [Found(payload, "QRCode", decoder) for payload in payloads]


def _blurred(grey: Grey, side: int) -> Grey:
    return _grey(cv2.GaussianBlur(grey, (side, side), 0))


def _scaled(grey: Grey, side: int, *, at_most: float) -> Grey:
    factor = min(at_most, side / max(grey.shape))
    if factor == 1.0:
        return grey
    how = cv2.INTER_AREA if factor < 1.0 else cv2.INTER_CUBIC
    size = (max(1, round(grey.shape[1] * factor)), max(1, round(grey.shape[0] * factor)))
    return _grey(cv2.resize(grey, size, interpolation=how))


def _grey(picture: npt.NDArray[np.generic]) -> Grey:
    assert picture.dtype == np.uint8
    return picture.astype(np.uint8, copy=False)
