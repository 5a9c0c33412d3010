"""Grey picture in, payload bytes out: the stages in which a QR code is looked for.

The first stage reads most codes at two thirds of the price of one zxing-cpp pass as shipped; each
following one looks in another way and runs only where everything before it saw nothing. Most of them
look at the likeliest places only (drivers.scanner._regions), brought to a known number of pixels a
module: their price depends on the code and not on the picture. Order and sizes were chosen by
measurement (docs/devices/scanner-camera.md has the figures; `./gate bench qr` repeats them).

Payloads are bytes, never text: nobody here may guess an encoding. No I/O, no clock. Must not be
imported by the gate's own process (OpenCV and NumPy cost 30 MB and can crash): use it in the
capture child, in `gatepost scan` and in the bench.
"""

from collections.abc import Callable, Sequence
from functools import cached_property

import cv2
import numpy as np

from drivers.scanner._decode_zbar import read_zbar
from drivers.scanner._decode_zxing import Found, around, codes_of, found_of
from drivers.scanner._regions import SMALL, Grey, Region, module_pixels, regions

# One thread: the gate's other work needs the cores more, and the pictures are small.
cv2.setNumThreads(1)

LARGE = 2000  # longer pictures are looked at in a half, a third ... first
_LONGEST = 1800  # a crop that is looked at is never longer
_MOST_ENLARGED = 3.0


class Part:
    """A likely place of a picture, cut out, with its likely pixels a module."""

    def __init__(self, grey: Grey) -> None:
        self.reduced: int = -(-max(grey.shape) // _LONGEST)
        self.grey = np.ascontiguousarray(_reduced(grey, self.reduced))
        self._fitted: dict[int, Grey] = {}

    @cached_property
    def pixels(self) -> float:
        """The likely pixels a module of `grey`."""
        return module_pixels(self.grey)

    def fitted(self, pixels: int) -> Grey:
        """Return it brought to about so many pixels a module."""
        if pixels not in self._fitted:
            self._fitted[pixels] = _fit(self.grey, self.pixels, pixels)
        return self._fitted[pixels]

    def shrunk(self, pixels: int) -> float:
        """Return how many times smaller than in the camera's picture that is."""
        return self.reduced / _factor(self.grey, self.pixels, pixels)


class Picture:
    """A grey picture (height x width, uint8, contiguous) with the forms of it stages share.

    `places`: where to look closely, in pixels of `overview`; found by texture where None. `broken`:
    where the first look saw codes that it could not read.
    """

    def __init__(self, grey: Grey) -> None:
        self.grey = np.ascontiguousarray(grey)
        # By a whole factor, which costs a tenth of any other.
        self.factor: int = -(-max(grey.shape) // LARGE)
        self.places: Sequence[Region] | None = None
        self.broken: tuple[Region, ...] = ()

    @cached_property
    def overview(self) -> Grey:
        """The picture, or a half, third ... of a very large one."""
        return _reduced(self.grey, self.factor)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The places to look at closely, best first."""
        places = regions(self.overview) if self.places is None else self.places
        return tuple(Part(place.of(self.grey, self.factor)) for place in places)


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
    return _first(picture, invert=False)


def either(picture: Picture) -> list[Found]:
    """Read the picture as it is, dark mode as well: a quarter dearer, for some of the live frames."""
    return _first(picture)


def bare(picture: Picture) -> list[Found]:
    """Read the picture at its own size only, a quarter cheaper, for some of the live frames."""
    return _first(picture, invert=False, smaller=False)


def whole(picture: Picture) -> list[Found]:
    """Read the picture smoothed, with one threshold for all of it: over-exposed, noise, print dots,
    damaged finders, dark mode."""
    return _zxing(_blurred(picture.overview, 3), "zxing+whole", picture.factor, one_threshold=True)


def fitted(picture: Picture) -> list[Found]:
    """Read the likely places at six pixels a module: small, soft, dark mode."""
    return _each(picture, 2, lambda part: _zxing(part.fitted(6), "zxing+fitted", part.shrunk(6)))


def dark(picture: Picture) -> list[Found]:
    """Read light-on-dark codes of the picture, at whatever place: what zxing-cpp as shipped would."""
    negative = np.asarray(255 - picture.overview, np.uint8)
    return _zxing(negative, "zxing+dark", picture.factor, invert=False)


def sharpened(picture: Picture) -> list[Found]:
    """Read the likely places sharpened over one and a half modules: motion, defocus, moire."""
    return _each(
        picture,
        2,
        lambda part: _zxing(_sharp(part.fitted(8), 13), "zxing+sharp", part.shrunk(8), invert=False),
    )


def even(picture: Picture) -> list[Found]:
    """Read the likeliest place with its contrast made even: glare, shadows, dim."""

    def look(part: Part) -> list[Found]:
        # Large modules are brought to size first, small ones afterwards: never more pixels than needed.
        seen = _equal(part.fitted(8)) if part.pixels > 8 else _fit(_equal(part.grey), part.pixels, 8)
        return _zxing(seen, "zxing+even", part.shrunk(8), invert=False)

    return _each(picture, 1, look)


def smoothed(picture: Picture) -> list[Found]:
    """Read the likely places smoothed at their own size, with one threshold for each: specks, worn ink."""

    def look(part: Part) -> list[Found]:
        seen = _blurred(part.grey, 5)
        return _zxing(seen, "zxing+smooth", part.reduced, invert=False, one_threshold=True)

    return _each(picture, 2, look)


def full(picture: Picture) -> list[Found]:
    """Read a very large picture in all its pixels: small codes in it."""
    return _zxing(picture.grey, "zxing+full") if picture.factor > 1 else []


def zbar(picture: Picture) -> list[Found]:
    """Read the likely places with zbar: another engine altogether, the last resort."""
    return _each(picture, 2, lambda part: _zbar(_sharp(part.fitted(4), 7), part))


def zbar_soft(picture: Picture) -> list[Found]:
    """Read the likeliest place of a small picture with zbar, smoothed at its own size: glare, moire."""
    if picture.grey.size > SMALL:  # reads nothing more there, and is the dearest of all
        return []
    return _each(picture, 1, lambda part: _zbar(_blurred(part.grey, 3), part, "zbar+smooth"))


STAGES: tuple[Stage, ...] = (
    *(plain, whole, fitted, dark),
    *(sharpened, even, smoothed, full, zbar_soft, zbar),
)
# Of a live picture, whose first looks have seen dark mode: the dear ones that are left, and in turn.
DEAR: tuple[Stage, ...] = (fitted, whole, sharpened, even, smoothed, zbar)


def _each(picture: Picture, most: int, look: Callable[[Part], list[Found]]) -> list[Found]:
    """Return what the first of the likely places yields that yields something."""
    for part in picture.parts[:most]:
        found = look(part)
        if found:
            return found
    return []


def _zbar(seen: Grey, part: Part, decoder: str = "zbar") -> list[Found]:
    pixels = round(part.pixels * part.reduced, 1)
    return [Found(payload, "QRCode", decoder, pixels) for payload in dict.fromkeys(read_zbar(seen))]


def _first(picture: Picture, *, invert: bool = True, smaller: bool = True) -> list[Found]:
    codes = codes_of(picture.overview, invert=invert, smaller=smaller, broken=True)
    found = found_of(codes, "zxing", picture.factor)
    if not found:
        picture.broken = tuple(around(code, picture.overview) for code in codes)
    return found


def _zxing(
    grey: Grey, decoder: str, shrunk: float = 1.0, *, invert: bool = True, one_threshold: bool = False
) -> list[Found]:
    """Read with zxing-cpp a picture `shrunk` times smaller than the camera's."""
    return found_of(codes_of(grey, invert=invert, one_threshold=one_threshold), decoder, shrunk)


def _factor(part: Grey, has: float, wants: float) -> float:
    factor = min(_MOST_ENLARGED, wants / max(has, 0.5), _LONGEST / max(part.shape))
    return 1.0 if 0.93 < factor < 1.07 else factor


def _fit(part: Grey, has: float, wants: float) -> Grey:
    factor = _factor(part, has, wants)
    if factor == 1.0:
        return part
    return _resized(part, max(1, round(part.shape[1] * factor)), max(1, round(part.shape[0] * factor)))


def _sharp(grey: Grey, side: int) -> Grey:
    # Against a box and not a Gaussian: reads as many at a third of the price.
    return np.asarray(cv2.addWeighted(grey, 2.5, cv2.blur(grey, (side, side)), -1.5, 0), np.uint8)


def _equal(grey: Grey) -> Grey:
    return np.asarray(cv2.createCLAHE(4.0, (8, 8)).apply(grey), np.uint8)


def _blurred(grey: Grey, side: int) -> Grey:
    return np.asarray(cv2.GaussianBlur(grey, (side, side), 0), np.uint8)


def _reduced(grey: Grey, factor: int) -> Grey:
    if factor == 1:
        return grey
    height, width = (max(1, n // factor) for n in grey.shape)
    return _resized(grey, width, height)


def _resized(grey: Grey, width: int, height: int) -> Grey:
    # Averaging by a whole factor costs a tenth of any other; the rest is done between pixels.
    whole = min(grey.shape[1] // max(1, width), grey.shape[0] // max(1, height))
    if whole > 1:
        exact = grey[: grey.shape[0] // whole * whole, : grey.shape[1] // whole * whole]
        size = (exact.shape[1] // whole, exact.shape[0] // whole)
        grey = np.asarray(cv2.resize(exact, size, interpolation=cv2.INTER_AREA), np.uint8)
    if grey.shape == (height, width):
        return grey
    how = cv2.INTER_LINEAR if width < grey.shape[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, (width, height), interpolation=how), np.uint8)
