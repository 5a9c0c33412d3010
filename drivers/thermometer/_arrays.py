"""What the drivers of array sensors share: frames of kilobytes found in a stream of bytes, and the
hottest spot inside the face box. No I/O, no clock, no NumPy: the gate's process does without it.

The window slides as in `_frames`: where no frame stands, exactly one byte is dropped; a frame inside
which another whole one begins is what a lost byte left of it, and gives way.

The hottest spot is the highest temperature that two touching pixels both reach. One broken pixel,
however hot it says it is, therefore never decides, and a spot of two pixels is still found.
"""

import functools
import struct
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import sub

from drivers.options import option
from drivers.thermometer._frames import bounds, rated
from edge.domain.model import Grid, Reading

BROKEN = 16
"""So many pixels of a picture may be broken before its bytes are no picture."""

_BEGUN = object()


@dataclass(frozen=True, kw_only=True, slots=True)
class ArrayOptions:
    """Where the sensor is, where faces are in its picture, and what it is rated for."""

    port: str = option(doc="device file (by-path name), socket://host:port or rfc2217://host:port")
    baud: int = option(115200, "baud rate of the module", least=300, most=4_000_000)
    box_left: int = option(0, "first column of the face box, from 0, seen as the sensor looks", least=0)
    box_top: int = option(0, "first row of the face box, from 0", least=0)
    box_right: int = option(31, "last column of the face box", least=0)
    box_bottom: int = option(31, "last row of the face box", least=0)
    mirrored: bool = option(False, "the first pixel of a row is the right-hand one")
    dead_pixels: tuple[str, ...] = option(
        (), 'broken pixels that touch each other, each "column,row"; a single one does no harm'
    )
    silence_s: float = option(5.0, "seconds without a reading until it is called lost; 0 never", least=0)
    surface_min_c: float | None = option(None, "lowest object temperature it is rated for; none: unknown")
    surface_max_c: float | None = option(None, "highest object temperature it is rated for; none: unknown")
    ambient_min_c: float | None = option(None, "lowest sensor temperature it is rated for; none: unknown")
    ambient_max_c: float | None = option(None, "highest sensor temperature it is rated for; none: unknown")


class FaceBox:
    """The part of the picture where faces are; made once, asked for every frame."""

    def __init__(self, options: ArrayOptions, grid: Grid) -> None:
        """Raises ValueError, `key: what is wrong`, for a box that is none in this picture."""
        _inside("box_right", options.box_right, options.box_left, grid.columns)
        _inside("box_bottom", options.box_bottom, options.box_top, grid.rows)
        columns = range(options.box_left, options.box_right + 1)
        rows = range(options.box_top, options.box_bottom + 1)
        self._touching = _touching(columns, rows, options.dead_pixels, grid)
        if not any(self._touching.values()):
            raise ValueError(
                "dead_pixels: no two touching pixels are left in the face box / 人脸框里没有两个相邻的好点"
            )

    def hottest(self, pixels: Sequence[int]) -> int:
        """Return the highest number that two touching pixels of the box both reach."""
        hotter: set[int] = set()
        for index in sorted(self._touching, key=pixels.__getitem__, reverse=True):
            if not hotter.isdisjoint(self._touching[index]):
                return pixels[index]
            hotter.add(index)
        raise AssertionError("a box has two touching pixels")


class ArrayDecoder(ABC):
    """Base of the decoders: header, picture, the sensor's own temperature in the pixels' unit.

    `bad_frames` counts headers whose frame was refused, `dropped_bytes` bytes that belong to none.
    """

    checked = True  # every frame carries a checksum; the contract test relies on it

    def __init__(
        self, options: ArrayOptions, grid: Grid, *, header: bytes, size: int, ambient_at: int
    ) -> None:
        self.bad_frames = 0
        self.dropped_bytes = 0
        self._grid = grid
        self._box = FaceBox(options, grid)
        self._surface_c = bounds(options.surface_min_c, options.surface_max_c)
        self._ambient_c = bounds(options.ambient_min_c, options.ambient_max_c)
        self._header = header
        self._size = size
        self._ambient_at = ambient_at
        order = "<" if grid.little else ">"
        self._numbers = struct.Struct(f"{order}{grid.columns * grid.rows}h")
        self._number = struct.Struct(f"{order}h")
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> list[Reading]:
        """Return the readings completed by `chunk`. Less than two frames are kept."""
        self._buffer += chunk
        readings: list[Reading] = []
        begin = 0
        while (begin := self._next_header(begin)) < len(self._buffer):
            found = self._at(begin)
            disputed = self._disputed(begin) if isinstance(found, Reading) else False
            if found is _BEGUN or disputed is None:
                break
            if isinstance(found, Reading) and not disputed:
                readings.append(found)
                begin += self._size
            else:
                self.bad_frames += 1
                self._drop(begin, begin + 1)
                begin += 1
        del self._buffer[:begin]
        return readings

    def forget(self) -> None:
        """Drop what is kept: no more of it comes."""
        self._drop(0, len(self._buffer))
        self._buffer.clear()

    @abstractmethod
    def _sound(self, frame: bytes) -> bool:
        """Say whether the bytes from a header on, as many as a frame has, are one."""

    def _hopeless(self, start: bytes) -> bool:
        """Say whether no frame can begin so: known early, it spares waiting for the rest. No longer
        start may make it untrue again, or the cuts between chunks would decide."""
        del start
        return False

    def _between(self, dropped: bytes) -> None:
        """Look at bytes that belong to no frame: a module's answers to commands are among them."""
        del dropped

    def _pixels(self, frame: bytes) -> tuple[int, ...]:
        """Return the picture's numbers, row by row."""
        return self._numbers.unpack_from(frame, self._grid.offset)

    def _ambient(self, frame: bytes) -> int:
        """Return the sensor's own temperature in the pixels' unit."""
        number: int = self._number.unpack_from(frame, self._ambient_at)[0]
        return number

    def _mdegc(self, number: int) -> int:
        return number * self._grid.step_mdegc + self._grid.zero_mdegc

    def _at(self, begin: int) -> Reading | object | None:
        """Return the frame at `begin`, _BEGUN where one may have begun, None where none stands."""
        window = bytes(self._buffer[begin : begin + self._size])
        if len(window) < self._size:
            return None if self._hopeless(window) else _BEGUN
        if self._hopeless(window) or not self._sound(window):
            return None
        surface = self._mdegc(self._box.hottest(self._pixels(window)))
        ambient = self._mdegc(self._ambient(window))
        quality = rated(surface, ambient, surface_c=self._surface_c, ambient_c=self._ambient_c)
        return Reading(surface, ambient, None, quality, window, self._grid)

    def _disputed(self, begin: int) -> bool | None:
        """Say whether a whole frame begins inside the one at `begin`; None while one still may."""
        undecided = False
        for place in self._headers(begin + 1, begin + self._size):
            found = self._at(place)
            if isinstance(found, Reading):
                return True
            undecided = undecided or found is _BEGUN
        return None if undecided else False

    def _next_header(self, begin: int) -> int:
        """Return the first place from `begin` where a header stands or may be beginning."""
        place = next(self._headers(begin, len(self._buffer)), len(self._buffer))
        if place > begin:
            self._drop(begin, place)
        return place

    def _headers(self, begin: int, end: int) -> Iterator[int]:
        """Yield the places before `end` where a header stands or, at the end of the bytes, begins."""
        place = begin
        while (place := self._buffer.find(self._header[:1], place, end)) >= 0:
            if self._header.startswith(self._buffer[place : place + len(self._header)]):
                yield place
            place += 1

    def _drop(self, begin: int, end: int) -> None:
        self.dropped_bytes += end - begin
        self._between(bytes(self._buffer[begin:end]))


def implausible(high_bytes: bytes, plausible: bytes) -> bool:
    """Say whether more of a picture's high bytes are outside the plausible ones than can be broken."""
    return len(high_bytes.translate(None, plausible)) > BROKEN


def smooth(pixels: Sequence[int], *, columns: int, step: int) -> bool:
    """Say whether at most a quarter of the neighbours differ by more than `step`: a picture through a
    lens is smooth but for the edges of what is in it, other bytes are not."""
    differences = [*map(sub, pixels, pixels[1:]), *map(sub, pixels, pixels[columns:])]
    return sum(map(step.__lt__, map(abs, differences))) * 4 <= len(differences)


def numbers(celsius: Sequence[float], grid: Grid) -> bytes:
    """Return temperatures as a module sends them (for simulators and tests)."""
    order = "<" if grid.little else ">"
    steps = [round((c * 1000 - grid.zero_mdegc) / grid.step_mdegc) for c in celsius]
    return struct.pack(f"{order}{len(steps)}h", *steps)


@functools.lru_cache(maxsize=16)
def _touching(
    columns: range, rows: range, dead_pixels: tuple[str, ...], grid: Grid
) -> Mapping[int, frozenset[int]]:
    """Return for each pixel of a box that is not dead those that it touches, as places in the frame."""
    dead = {_place(text, grid) for text in dead_pixels}
    alive = {
        (column, row): _index(column, row, grid)
        for row in rows
        for column in columns
        if (column, row) not in dead
    }
    return {
        index: frozenset(alive[place] for place in _around(column, row) if place in alive)
        for (column, row), index in alive.items()
    }


def _around(column: int, row: int) -> list[tuple[int, int]]:
    return [(column + x, row + y) for x in (-1, 0, 1) for y in (-1, 0, 1) if (x, y) != (0, 0)]


def _index(column: int, row: int, grid: Grid) -> int:
    """Return where in the frame the pixel stands that is seen at this column and row."""
    return row * grid.columns + (grid.columns - 1 - column if grid.mirrored else column)


def _inside(key: str, last: int, first: int, count: int) -> None:
    if not first < last < count:
        raise ValueError(
            f"{key}: expected more than {first} and at most {count - 1}, got {last} / "
            f"应大于 {first} 且不超过 {count - 1}，现在是 {last}"
        )


def _place(text: str, grid: Grid) -> tuple[int, int]:
    column, comma, row = text.partition(",")
    if not (comma and column.strip().isdecimal() and row.strip().isdecimal()):
        raise ValueError(f'dead_pixels: expected "column,row", got {text!r} / 应为 "列,行"，现在是 {text!r}')
    place = int(column), int(row)
    if not (place[0] < grid.columns and place[1] < grid.rows):
        raise ValueError(
            f"dead_pixels: {text!r} is outside {grid.columns}x{grid.rows} pixels / "
            f"{text!r} 不在 {grid.columns}×{grid.rows} 点以内"
        )
    return place
