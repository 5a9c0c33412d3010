"""zxing-cpp's calls: QR (Model 1 and 2) only, payload bytes as they are in the symbol, and where a code lies.

No I/O. Must not be imported by the gate's own process.
"""

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import zxingcpp

from drivers.scanner._regions import Grey, Region

# Its plain "QRCode" also means Micro QR and rMQR: a few modules with next to no check, which it finds in
# the pattern of a large code now and then. Nobody issues health or venue codes in them.
_QR = zxingcpp.barcode_formats_from_str("QRCodeModel1,QRCodeModel2")


class Found(NamedTuple):
    """One code of a picture: its exact payload, which stage read it, and how many pixels its modules
    measure there (None where the stage cannot tell)."""

    payload: bytes
    symbology: str
    decoder: str
    pixels: float | None = None


def codes_of(
    grey: Grey, *, invert: bool, smaller: bool = True, one_threshold: bool = False, broken: bool = False
) -> list[Any]:
    """Return what zxing-cpp sees in a picture; with `broken`, also codes that it cannot read."""
    return zxingcpp.read_barcodes(
        grey,
        formats=_QR,
        try_rotate=False,
        try_invert=invert,
        try_downscale=smaller,
        # The default mode rewrites control characters; we take the bytes, and plainly.
        text_mode=zxingcpp.TextMode.Plain,
        binarizer=zxingcpp.Binarizer.GlobalHistogram if one_threshold else zxingcpp.Binarizer.LocalAverage,
        return_errors=broken,
    )


def found_of(codes: Iterable[Any], decoder: str, shrunk: float) -> list[Found]:
    """Return the codes that were read, in a picture `shrunk` times smaller than the camera's."""
    found = {bytes(code.bytes): code for code in codes if code.valid}
    return [Found(payload, "QRCode", decoder, _pixels(code, shrunk)) for payload, code in found.items()]


def around(code: Any, picture: Grey) -> Region:
    """Return a code's place with its quiet zone and some more: a broken one's corners are guesses."""
    place = code.position
    corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    left, right = min(c.x for c in corners), max(c.x for c in corners)
    top, bottom = min(c.y for c in corners), max(c.y for c in corners)
    margin = max(8, (right - left) // 6, (bottom - top) // 6)
    height, width = picture.shape
    left, top = min(max(0, left - margin), width - 1), min(max(0, top - margin), height - 1)
    return Region(
        left, top, max(left + 1, min(width, right + margin)), max(top + 1, min(height, bottom + margin))
    )


def _pixels(code: Any, shrunk: float) -> float | None:
    """Return how many pixels of the camera one module of a code measures."""
    version = (getattr(code, "extra", None) or {}).get("Version", "")
    if not version.isdigit():
        return None
    place = code.position
    diagonal = math.hypot(place.top_left.x - place.bottom_right.x, place.top_left.y - place.bottom_right.y)
    return round(diagonal / math.sqrt(2) / (17 + 4 * int(version)) * shrunk, 1)
