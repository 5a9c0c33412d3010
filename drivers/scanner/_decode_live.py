"""Decides, for the frames of a live picture, which of them are looked at and how hard.

At a gate nearly every frame shows nothing new. A quarter-size difference finds that out in a tenth
of a millisecond; only what changed within the last two seconds is decoded, the dear stages one a
frame. State and arithmetic only: no I/O, and the clock is handed in.
"""

import cv2
import numpy as np

from drivers.scanner._decode import STAGES, Found, Grey, Picture

FRESH_S = 2.0  # how long after a change the picture is decoded frame by frame
SETTLED_S = 1.0  # how often a settled picture is looked at all the same
REPEAT_S = 0.5  # a code held up is reported at most this often

_QUARTER = 4
_DIFFERENCE = 10  # grey levels; sensor noise of 7 is 1.8 after averaging 16 pixels
_CHANGED_SHARE = 1000  # one pixel in so many
_DARK = 24  # a covered lens or a night without light gives equal frames honestly
_REMEMBERED = 64


class LiveReader:
    """Reads the codes of a sequence of frames; `look` once a frame, times in seconds, rising."""

    def __init__(self) -> None:
        self._reference: Grey | None = None
        self._last: Grey | None = None
        self._same_since: float | None = None
        self._changed_at = float("-inf")
        self._next_look = float("-inf")
        self._read_at = float("-inf")
        self._turn = 0
        self._reported: dict[bytes, float] = {}
        self.decoded = 0

    def look(self, grey: Grey, now: float) -> list[Found]:
        """Return the codes to report for this frame (height x width, uint8); mostly none."""
        small = _quarter(grey)
        self._watch_for_standstill(small, now)
        if self._differs(small):
            self._reference = small
            self._changed_at = now
        fresh = now - self._changed_at <= FRESH_S
        if not fresh and now < self._next_look:
            return []
        self._next_look = now + SETTLED_S
        return self._not_just_reported(self._decode(Picture(grey), now, fresh), now)

    def same_for(self, now: float) -> float:
        """Return for how many seconds the frames have been equal to the last bit. 0 in the dark."""
        return 0.0 if self._same_since is None else now - self._same_since

    def _decode(self, picture: Picture, now: float, fresh: bool) -> list[Found]:
        self.decoded += 1
        found = STAGES[0](picture)
        # Not while a code was read a moment ago: nothing is due for it before REPEAT_S.
        if not found and fresh and now - self._read_at >= REPEAT_S:
            heavy = STAGES[1:]
            found = heavy[self._turn % len(heavy)](picture)
            # A stage that read something has its turn again: the next frames are as difficult.
            self._turn += 0 if found else 1
        if found:
            self._read_at = now
        return found

    def _not_just_reported(self, found: list[Found], now: float) -> list[Found]:
        report = [f for f in found if now - self._reported.get(f.payload, float("-inf")) >= REPEAT_S]
        for code in report:
            self._reported.pop(code.payload, None)
            self._reported[code.payload] = now
        while len(self._reported) > _REMEMBERED:
            del self._reported[next(iter(self._reported))]
        return report

    def _differs(self, small: Grey) -> bool:
        if self._reference is None or self._reference.shape != small.shape:
            return True
        difference = cv2.absdiff(small, self._reference)
        _, changed = cv2.threshold(difference, _DIFFERENCE, 255, cv2.THRESH_BINARY)
        return cv2.countNonZero(changed) * _CHANGED_SHARE > small.size

    def _watch_for_standstill(self, small: Grey, now: float) -> None:
        same = self._last is not None and np.array_equal(small, self._last)
        if not same or int(small.max()) < _DARK:
            self._same_since = None
        elif self._same_since is None:
            self._same_since = now
        self._last = small


def _quarter(grey: Grey) -> Grey:
    height, width = grey.shape
    size = (max(1, width // _QUARTER), max(1, height // _QUARTER))
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
