"""The picture of an array: a raw frame and how it reads, drawn as a small PNG that a page can show.

Pure Python, so that the gate's process needs no NumPy. It draws what the sensor said, smooths nothing
and decides nothing; where frame and reading do not fit each other there is no picture, never an error.

The picture is what the sensor sees: whoever stands beside it, facing the person, has the person's right
hand on the left. Its colours stand for 20 to 42 degrees, always, so that two pictures can be compared:
from a dark blue to a light yellow, lighter step by step and without red and green, which many men
cannot tell apart. Black is no temperature, the ring is round the hottest spot.
"""

import functools
import hashlib
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from edge.domain.model import Grid

COLDEST_MDEGC, HOTTEST_MDEGC = 20_000, 42_000
PLAUSIBLE_MDEGC = range(-40_000, 300_001)
"""What array sensors are rated for; a pixel beyond that is broken."""

MOST_PIXELS_A_SIDE = 128
MOST_BYTES = 65_536
SIDE = 256
"""About how long the longer side of a picture is; a pixel of the sensor becomes a whole number of dots."""

_LARGEST_DOT = 16
_STEP_MDEGC = 100
_COLOURS = (HOTTEST_MDEGC - COLDEST_MDEGC) // _STEP_MDEGC + 1
# Numbers of the palette: black, the scale, and the white of the ring.
_BLACK, _SCALE, _WHITE = 0, 1, _COLOURS + 1
# Both ends of the scale in Oklab (lightness, green to red, blue to yellow); the scale is a straight line.
_DARK, _LIGHT = (0.35, -0.015, -0.16), (0.95, -0.05, 0.17)
_GRID_FIELDS = {field.name: field.type for field in fields(Grid)}

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Heat:
    """A frame as it is seen, row by row; the first column is the left-hand one."""

    columns: int
    rows: int
    mdegc: tuple[int, ...]


def png(raw: object, grid: object, hottest_mdegc: object = None) -> bytes | None:
    """Return the picture of a raw frame (hex) and its grid, as rows and snapshots hold them.

    `hottest_mdegc` is what the driver made of the frame: the ring stands where the picture says so.
    None where the two do not fit each other.
    """
    heat = heat_of(raw, grid)
    return None if heat is None else draw(heat, hottest_mdegc if isinstance(hottest_mdegc, int) else None)


def heat_of(raw: object, grid: object) -> Heat | None:
    """Return what a raw frame (hex) shows by its grid; None where the two do not fit each other."""
    how, frame = _grid(grid), _bytes(raw)
    if how is None or frame is None:
        return None
    count = how.columns * how.rows
    if how.offset + 2 * count > len(frame):
        return None
    numbers = struct.unpack_from(f"{'<' if how.little else '>'}{count}h", frame, how.offset)
    mdegc = tuple(number * how.step_mdegc + how.zero_mdegc for number in numbers)
    if how.mirrored:
        mdegc = tuple(
            value
            for begin in range(0, count, how.columns)
            for value in mdegc[begin : begin + how.columns][::-1]
        )
    return Heat(how.columns, how.rows, mdegc)


def draw(heat: Heat, hottest_mdegc: int | None = None) -> bytes:
    """Return the picture as a PNG."""
    dot = max(1, min(_LARGEST_DOT, SIDE // max(heat.columns, heat.rows)))
    width, height = heat.columns * dot, heat.rows * dot
    dots = bytearray()
    for begin in range(0, len(heat.mdegc), heat.columns):
        row = heat.mdegc[begin : begin + heat.columns]
        dots += b"".join(bytes([_colour(mdegc)]) * dot for mdegc in row) * dot
    place = hottest(heat, hottest_mdegc)
    if place is not None:
        _ring(dots, width, height, place, dot)
    return _encoded(dots, width, height)


def hottest(heat: Heat, hottest_mdegc: int | None = None) -> tuple[int, int] | None:
    """Return column and row of the hottest spot: the highest temperature that two touching pixels both
    reach, for one broken pixel is no spot. None where there is none.

    A driver looks only where faces are: with what it found, the spot is where the picture says so, or
    else it would be the lamp above the face.
    """
    spots = _spots(heat, hottest_mdegc) if hottest_mdegc is not None else []
    spots = spots or _spots(heat, _highest(heat))
    if not spots:
        return None
    # At the edge of something hotter the same number stands as well; the spot has the least above it.
    above = {
        spot: sum(heat.mdegc[other] > heat.mdegc[spot] for other in _around(heat, spot)) for spot in spots
    }
    least = min(above.values())
    places = [divmod(spot, heat.columns) for spot, count in above.items() if count == least]
    middle = [sum(axis) / len(places) for axis in zip(*places, strict=True)]
    row, column = min(places, key=lambda place: (place[0] - middle[0]) ** 2 + (place[1] - middle[1]) ** 2)
    return column, row


def stamp(view: Json) -> str:
    """Return a short name of the picture in a lane's snapshot, empty where there is none to be drawn."""
    picture = view.get("picture")
    if not isinstance(picture, Mapping) or heat_of(picture.get("raw"), picture.get("grid")) is None:
        return ""
    return hashlib.blake2s(picture["raw"].encode(), digest_size=8).hexdigest()


def of_view(view: Json) -> bytes | None:
    """Return the picture in a lane's snapshot; None while nobody stands before an array."""
    picture = view.get("picture")
    if not isinstance(picture, Mapping):
        return None
    return png(picture.get("raw"), picture.get("grid"), picture.get("hottest_mdegc"))


def of_evidence(fact: Json) -> bytes | None:
    """Return the picture of a measurement in a row; None where it has none."""
    return png(_frame(fact), fact.get("grid"), fact.get("surface_mdegc"))


def is_in(fact: Json) -> bool:
    """Say whether a piece of evidence in a row has a picture."""
    return "grid" in fact and heat_of(_frame(fact), fact["grid"]) is not None


def slim(view: Json) -> dict[str, Any]:
    """Return a snapshot as programs and streams get it: that there is a picture and how hot its hottest
    spot is, not the kilobytes of the frame."""
    picture = view.get("picture")
    seen = isinstance(picture, Mapping)
    hottest_mdegc = picture.get("hottest_mdegc") if isinstance(picture, Mapping) else None
    return {**view, "picture": seen, "hottest_mdegc": hottest_mdegc}


def light(body: Json) -> Json:
    """Return the body of a row as streams get it: without the frames of arrays."""
    evidence = body.get("evidence")
    if not isinstance(evidence, list) or not any("grid" in fact for fact in evidence):
        return body
    facts = [{k: v for k, v in fact.items() if k != "raw"} if "grid" in fact else fact for fact in evidence]
    return {**body, "evidence": facts}


@functools.cache
def palette() -> bytes:
    """Return red, green and blue of every colour a picture can have, in the order of its numbers."""
    scale = (_mixed(step / (_COLOURS - 1)) for step in range(_COLOURS))
    return bytes((0, 0, 0)) + b"".join(scale) + bytes((255, 255, 255))


def _frame(fact: Json) -> object:
    frames = fact.get("raw")
    return frames[0] if isinstance(frames, list) and frames else None


def _grid(value: object) -> Grid | None:
    """Return a grid that a picture can be drawn by. A field nobody knows could change what it means."""
    if not isinstance(value, Mapping) or value.keys() != _GRID_FIELDS.keys():
        return None
    if any(type(value[name]) is not kind for name, kind in _GRID_FIELDS.items()):
        return None
    grid = Grid(**value)
    sides = range(1, MOST_PIXELS_A_SIDE + 1)
    fits = grid.columns in sides and grid.rows in sides and grid.offset in range(MOST_BYTES)
    return grid if fits and 0 < grid.step_mdegc <= 10_000 and abs(grid.zero_mdegc) <= 1_000_000 else None


def _bytes(value: object) -> bytes | None:
    if not isinstance(value, str) or len(value) > 2 * MOST_BYTES:
        return None
    try:
        return bytes.fromhex(value)
    except ValueError:
        return None


def _spots(heat: Heat, mdegc: int | None) -> list[int]:
    """Return the places that have this temperature and touch another that reaches it."""
    return [
        index
        for index, found in enumerate(heat.mdegc)
        if found == mdegc
        and found in PLAUSIBLE_MDEGC
        and any(heat.mdegc[other] >= found for other in _around(heat, index))
    ]


def _highest(heat: Heat) -> int | None:
    """Return the highest temperature that two touching pixels both reach."""
    hotter: set[int] = set()
    plausible = (index for index, mdegc in enumerate(heat.mdegc) if mdegc in PLAUSIBLE_MDEGC)
    for index in sorted(plausible, key=heat.mdegc.__getitem__, reverse=True):
        if not hotter.isdisjoint(_around(heat, index)):
            return heat.mdegc[index]
        hotter.add(index)
    return None


def _around(heat: Heat, index: int) -> Iterator[int]:
    """Yield the places of the plausible pixels that touch one."""
    row, column = divmod(index, heat.columns)
    for y in range(max(0, row - 1), min(heat.rows, row + 2)):
        for x in range(max(0, column - 1), min(heat.columns, column + 2)):
            other = y * heat.columns + x
            if other != index and heat.mdegc[other] in PLAUSIBLE_MDEGC:
                yield other


def _colour(mdegc: int) -> int:
    if mdegc not in PLAUSIBLE_MDEGC:
        return _BLACK
    inside = min(HOTTEST_MDEGC, max(COLDEST_MDEGC, mdegc))
    return _SCALE + (inside - COLDEST_MDEGC + _STEP_MDEGC // 2) // _STEP_MDEGC


def _ring(dots: bytearray, width: int, height: int, place: tuple[int, int], dot: int) -> None:
    """Draw a white ring edged with black: it is seen on every colour of the scale."""
    middle_x, middle_y = place[0] * dot + dot // 2, place[1] * dot + dot // 2
    for x, y, colour in _ring_dots(dot):
        if 0 <= middle_x + x < width and 0 <= middle_y + y < height:
            dots[(middle_y + y) * width + middle_x + x] = colour


@functools.lru_cache(maxsize=8)
def _ring_dots(dot: int) -> Sequence[tuple[int, int, int]]:
    """Return the ring as dots around its middle: wide enough to leave the pixel and its neighbours free."""
    inner = 1.7 * dot
    line = max(1.0, dot / 4)
    reach = range(-int(inner + 4 * line), int(inner + 4 * line) + 1)
    found = []
    for y in reach:
        for x in reach:
            away = (x * x + y * y) ** 0.5 - inner
            if 0 <= away < 3 * line:
                found.append((x, y, _WHITE if line <= away < 2 * line else _BLACK))
    return found


def _mixed(part: float) -> bytes:
    """Return a colour of the scale as red, green and blue; 0 is its dark end, 1 its light one."""
    light, a, b = (dark + (bright - dark) * part for dark, bright in zip(_DARK, _LIGHT, strict=True))
    # Oklab to linear sRGB, as Björn Ottosson published it ("A perceptual color space", 2020).
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return bytes(map(_eight_bits, linear))


def _eight_bits(linear: float) -> int:
    value = min(1.0, max(0.0, linear))
    return round(255 * (12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055))


def _encoded(dots: bytearray, width: int, height: int) -> bytes:
    rows = b"".join(b"\0" + dots[begin : begin + width] for begin in range(0, len(dots), width))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)  # 8 bits a dot, by palette
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in (
            (b"IHDR", header),
            (b"PLTE", palette()),
            (b"IDAT", zlib.compress(rows, 6)),
            (b"IEND", b""),
        )
    )
