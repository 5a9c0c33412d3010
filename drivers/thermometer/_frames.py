"""Finds fixed-size frames with a header and a byte sum in a stream of bytes. No I/O, no clock.

A window slides over the stream. Where header and sum do not fit, exactly one byte is dropped. Where
they fit, the window is a frame, unless another whole frame with a right sum begins inside it: then the
first is what a lost byte left of a frame plus the beginning of the next one (its sum fits by accident
once in 256 times, measured by the contract test), and the second is right. A frame whose last bytes
may be such a beginning, also one in 256, waits for the bytes after it.
So every frame comes out that no other whole frame reaches into, and never one with a wrong sum.
"""

import math
from abc import ABC, abstractmethod

from edge.domain.model import Quality, Reading

_OPEN = object()


def sum8(data: bytes) -> int:
    """Return the low byte of the arithmetic sum."""
    return sum(data) & 0xFF


def signed16(high_low: bytes) -> int:
    """Return a big-endian signed 16-bit number: outdoors in winter these are below zero."""
    return int.from_bytes(high_low, "big", signed=True)


class FrameDecoder(ABC):
    """Base of the decoders of modules that end each frame with the sum of all bytes before it.

    `bad_frames` counts headers whose frame was refused, `dropped_bytes` bytes that belong to none.
    """

    checked = True  # every frame carries a checksum; the contract test relies on it

    def __init__(self, header: bytes, size: int) -> None:
        self.bad_frames = 0
        self.dropped_bytes = 0
        self._header = header
        self._size = size
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> list[Reading]:
        """Return the readings completed by `chunk`. Less than two frames are kept."""
        self._buffer += chunk
        return self._take(over=False)

    def _take(self, *, over: bool) -> list[Reading]:
        """Return the readings the buffer holds. `over`: nothing follows, so nothing can be disputed by
        what follows."""
        readings: list[Reading] = []
        begin = 0
        while True:
            begin = self._next_header(begin)
            if len(self._buffer) - begin < self._size:
                break
            reading = self._at(begin)
            rival = self._rival(begin) if reading is not None else None
            if reading is not None and (rival is None or (over and rival is _OPEN)):
                readings.append(reading)
                begin += self._size
                self._accepted(reading.raw)
            elif reading is not None and rival is _OPEN:
                break
            else:
                self.bad_frames += 1
                self.dropped_bytes += 1
                begin += 1
        del self._buffer[:begin]
        return readings

    def _at(self, begin: int) -> Reading | None:
        """Return the reading of the whole frame that stands at `begin`, if one does."""
        window = bytes(self._buffer[begin : begin + self._size])
        if not window.startswith(self._header) or not self._adds_up(window):
            return None
        return self._reading(window)

    def _adds_up(self, frame: bytes) -> bool:
        """Say whether the check of a frame with the right header is right."""
        return sum8(frame[:-1]) == frame[-1]

    def _accepted(self, frame: bytes) -> None:  # noqa: B027 - most modules have nothing to note
        """Take note of a frame that was given out as a reading."""

    def _rival(self, begin: int) -> Reading | object | None:
        """Return a frame that begins inside the one at `begin`, _OPEN while one still may."""
        undecided = None
        for place in range(begin + 1, begin + self._size):
            seen = self._buffer[place : place + len(self._header)]
            if not self._header.startswith(seen):
                continue
            if len(self._buffer) - place < self._size:
                undecided = _OPEN
            elif (reading := self._at(place)) is not None:
                return reading
        return undecided

    @abstractmethod
    def _reading(self, frame: bytes) -> Reading | None:
        """Return what a frame with header and sum right says; None when a byte cannot be so."""

    def _next_header(self, begin: int) -> int:
        """Return the first place from `begin` where a header stands or may be beginning."""
        place = begin
        while place < len(self._buffer):
            place = self._buffer.find(self._header[:1], place)
            if place < 0:
                place = len(self._buffer)
                break
            seen = self._buffer[place : place + len(self._header)]
            if self._header.startswith(seen):
                break
            place += 1
        self.dropped_bytes += place - begin
        return place


def bounds(lowest: float | None, highest: float | None) -> tuple[float, float]:
    """Return a range whose ends may be unknown: no value is outside an unknown end."""
    return (-math.inf if lowest is None else lowest, math.inf if highest is None else highest)


def rated(
    surface_mdegc: int | None,
    ambient_mdegc: int | None,
    *,
    surface_c: tuple[float, float],
    ambient_c: tuple[float, float],
) -> Quality:
    """Return what a frame is worth by the range its maker rates it for (degrees Celsius).

    The value itself is never touched: who reads the record sees what the module said.
    """
    if ambient_mdegc is not None and not ambient_c[0] <= ambient_mdegc / 1000 <= ambient_c[1]:
        return Quality.OUT_OF_RANGE
    if surface_mdegc is not None and surface_mdegc / 1000 < surface_c[0]:
        return Quality.TOO_LOW
    if surface_mdegc is not None and surface_mdegc / 1000 > surface_c[1]:
        return Quality.TOO_HIGH
    return Quality.OK
