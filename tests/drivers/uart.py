"""A module that speaks at one speed, on a pseudo-terminal whose other end listens at any: what a UART makes
of bytes sent at another speed, bit by bit."""

import contextlib
import os
import select
import termios
import threading
import tty
from collections.abc import Sequence
from types import TracebackType
from typing import Self

_SPEEDS = {
    getattr(termios, name): int(name[1:])
    for name in vars(termios)
    if name.startswith("B") and name[1:].isdecimal()
}
_EVERY_S = 0.004


def heard(data: bytes, *, sent: int, read: int) -> bytes:
    """Return what a receiver at `read` baud makes of bytes sent at `sent`, 8N1, without a pause.

    It takes a falling edge for a start bit, samples in the middle of its own bits, and gives out what it
    found also where the stop bit is missing, as Linux does by default.
    """
    if sent == read:
        return data
    line = [bit for byte in data for bit in (0, *(byte >> n & 1 for n in range(8)), 1)] + [1] * 20
    ratio = sent / read
    found = bytearray()
    place = 0
    while (place := _fall(line, place)) < len(line):
        bits = [line[min(len(line) - 1, int(place + (1.5 + n) * ratio))] for n in range(9)]
        found.append(sum(bit << n for n, bit in enumerate(bits[:8])))
        place = max(place + 1, int(place + 9.5 * ratio))
    return bytes(found)


def _fall(line: Sequence[int], place: int) -> int:
    """Return where the line next goes from idle to a start bit."""
    while place < len(line) and line[place] == 0 and (place == 0 or line[place - 1] == 0) and place > 0:
        place += 1
    while place < len(line) and line[place] == 1:
        place += 1
    return place


class Speaker:
    """A module at `baud` that says its sayings in turn, for ever, whoever listens at whatever speed.
    `first` is what is on the line when the first listener comes: the rest of a frame, say."""

    def __init__(self, sayings: Sequence[bytes], baud: int, *, first: bytes = b"") -> None:
        self._sayings, self._baud, self._first = sayings, baud, first
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.port = os.ttyname(self._slave)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._speak, name="speaker")

    def was_sent(self) -> bytes:
        """Return what the listener wrote: nothing, it is to be hoped."""
        ready, _, _ = select.select([self._master], [], [], 0)
        return os.read(self._master, 4096) if ready else b""

    def _speak(self) -> None:
        turn = 0
        while not self._ended.wait(_EVERY_S):
            saying = self._first + self._sayings[turn % len(self._sayings)]
            self._first = b""
            read = _SPEEDS[termios.tcgetattr(self._master)[5]]
            with contextlib.suppress(BlockingIOError):  # nobody takes it: lost, as on a wire
                os.write(self._master, heard(saying, sent=self._baud, read=read))
            turn += 1

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join(10)
        os.close(self._master)
        os.close(self._slave)
