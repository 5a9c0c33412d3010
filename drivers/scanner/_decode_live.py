"""Decides, for the frames of a live picture, which of them are looked at and how hard.

At a gate nearly every frame shows nothing new. A quarter-size difference finds that out in a tenth
of a millisecond; only what changed within the last two seconds is decoded. The dear stages look where
something moved first, two of them a frame that is held still, and only while what they have spent
stays below a share of what the first stage costs: a busy scene cannot make the camera dear, and after
quiet seconds enough is saved for every stage.

State and arithmetic only: no I/O; the clocks are handed in.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from drivers.scanner._decode import DEAR, Picture, bare, either, full, plain
from drivers.scanner._decode_zxing import Found
from drivers.scanner._regions import MOST, Grey, Region, halved, regions

FRESH_S = 2.0  # how long after a change the picture is decoded frame by frame
SETTLED_S = 1.0  # how often a settled picture is looked at all the same
REPEAT_S = 0.5  # a code held up is reported at most this often
DEAR_SHARE = 0.1  # what the dear stages may spend a frame, of one look of the first stage
HELD_SHARE = 0.2  # the same while somebody holds still: there is always somebody at a busy gate
SEEN_SHARE = 2.0  # and for a frame with a code that was seen and not read: what passes by has none
AT_ONCE = 2  # dear stages a frame
SAVED_FRAMES = 300  # that they may save up

_QUARTER = 4
_DIFFERENCE = 10  # grey levels; sensor noise of 7 is 1.8 after averaging 16 pixels
_CHANGED_SHARE = 0.001  # of the pixels
_STEADY_SHARE = 0.1  # from one frame to the next, with a hand that trembles
_SELDOM = 12  # one frame in so many is looked at closely all the same
_SOMEONE_SHARE = 0.005  # of the pixels, against the background: the smallest code is that large
_LEARNING = 4  # frames for a grey level
_KNOWN = 300  # frames until the background is believed
_MOVED_SHARE = 0.08  # of a place's pixels: something is held there that was not there before
_RANKED = 8  # places by texture, before those that moved come first
_DARK, _LIT_OUT = 24, 250  # a covered lens, a night, a low sun give equal frames honestly
_REMEMBERED = 64
_SMOOTHING = 0.1

# Three frames in a row are looked at in three ways: dark mode is too common to wait for the dear
# stages, and all that each of them could read is read within a fifth of a second.
FIRST = (plain, either, bare)


class LiveReader:
    """Reads the codes of a sequence of frames; `look` once a frame, times in seconds, rising."""

    def __init__(self, spent: Callable[[], float] = time.thread_time) -> None:
        self._spent = spent
        self._reference: Grey | None = None
        self._background: Grey | None = None
        self._someone = False
        self._last: Grey | None = None
        self._last_whole: Grey | None = None
        self._same_since: float | None = None
        self._changed_at = float("-inf")
        self._next_look = float("-inf")
        self._read_at = float("-inf")
        self._turn = 0
        self._frames = 0
        self._first_costs: float | None = None
        self._saved = 0.0
        self._reported: dict[bytes, float] = {}
        self.decoded = 0
        self.last: Found | None = None

    def look(self, grey: Grey, now: float) -> list[Found]:
        """Return the codes to report for this frame (height x width, uint8); mostly none."""
        small = halved(halved(grey))
        moved = 1.0 if self._last is None else _moved(small, self._last)
        self._watch_for_standstill(grey, small, moved, now)
        if self._differs(small):
            self._reference = small
            self._changed_at = now
        self._watch_background(small)
        steady = moved <= _STEADY_SHARE
        self._save(HELD_SHARE if steady and self._someone else DEAR_SHARE)
        fresh = now - self._changed_at <= FRESH_S
        if not fresh and now < self._next_look:
            return []
        self._next_look = now + SETTLED_S
        return self._not_just_reported(self._decode(grey, small, now, fresh, steady), now)

    def same_for(self, now: float) -> float:
        """Return for how many seconds the frames have been equal to the last bit. 0 where they
        are black or white."""
        return 0.0 if self._same_since is None else now - self._same_since

    def read_ago(self, now: float) -> float | None:
        """Return how long ago a code was read; None: none yet."""
        return now - self._read_at if self._read_at > float("-inf") else None

    def _decode(self, grey: Grey, small: Grey, now: float, fresh: bool, steady: bool) -> list[Found]:
        self.decoded += 1
        picture = Picture(grey)
        begun = self._spent()
        found = FIRST[self.decoded % len(FIRST)](picture)
        costs = self._spent() - begun
        known = self._first_costs
        self._first_costs = costs if known is None else known + _SMOOTHING * (costs - known)
        if picture.broken:
            self._save(SEEN_SHARE)
        # Not while a code was read a moment ago: nothing is due for it before REPEAT_S. And rather
        # when somebody is there and holds still: who walks shows nothing yet.
        if not found and fresh and now - self._read_at >= REPEAT_S:
            found = self._look_harder(picture, small, AT_ONCE if picture.broken else self._turns(steady))
        if found:
            self._read_at = now
            self.last = found[0]
        return found

    def _turns(self, steady: bool) -> int:
        """Return how many of the dear stages this frame is worth."""
        if steady and self._someone:
            return AT_ONCE
        # An empty lane that is well known is worth none.
        seldom = self.decoded % _SELDOM == 1 and (self._someone or self._frames < _KNOWN)
        return int(seldom)

    def _look_harder(self, picture: Picture, small: Grey, turns: int) -> list[Found]:
        """Run so many of the dear stages, while what was saved lasts."""
        stages = DEAR if picture.factor == 1 else (*DEAR, full)
        for turn in range(turns):
            if self._saved < 0:
                break
            begun = self._spent()
            if turn == 0:
                picture.places = self._places(picture, small)
            found = stages[self._turn % len(stages)](picture)
            self._saved -= self._spent() - begun
            if found:  # this stage has its turn again: the next frames are as difficult
                return found
            self._turn += 1
        return []

    def _places(self, picture: Picture, small: Grey) -> Sequence[Region] | None:
        """Return where to look closely: first codes that were seen and not read, last lettering and
        foliage that were always there."""
        if self._background is None or picture.factor > 1:
            return None
        moved = _difference(small, self._background)
        places = regions(picture.grey, _RANKED)
        ranked = sorted(places, key=lambda place: _share(moved, place) < _MOVED_SHARE)
        return [*picture.broken, *ranked][:MOST]

    def _watch_background(self, small: Grey) -> None:
        """Learn what is always there, a grey level in so many frames: near the median of a minute,
        whoever comes and goes; and note when somebody steps before it."""
        if self._background is None or self._background.shape != small.shape:
            self._background, self._frames = small.copy(), 0
        self._frames += 1
        if self._frames % _LEARNING == 0:
            learnt = self._background
            learnt += (small > learnt).view(np.uint8)
            learnt -= (small < learnt).view(np.uint8)
        someone = _moved(small, self._background) > _SOMEONE_SHARE
        if someone and not self._someone:
            self._turn = 0  # a new code is rather dark mode or small than damaged
        self._someone = someone

    def _save(self, share: float) -> None:
        if self._first_costs is not None:
            most = SAVED_FRAMES * DEAR_SHARE * self._first_costs
            self._saved = min(self._saved + share * self._first_costs, most)

    def _not_just_reported(self, found: list[Found], now: float) -> list[Found]:
        report = [f for f in found if now - self._reported.get(f.payload, float("-inf")) >= REPEAT_S]
        for code in report:
            self._reported.pop(code.payload, None)
            self._reported[code.payload] = now
        while len(self._reported) > _REMEMBERED:
            del self._reported[next(iter(self._reported))]
        return report

    def _differs(self, small: Grey) -> bool:
        if self._reference is None:
            return True
        return _moved(small, self._reference) > _CHANGED_SHARE

    def _watch_for_standstill(self, grey: Grey, small: Grey, moved: float, now: float) -> None:
        # All pixels, since only they hold all of the sensor's noise; the quarter tells sooner.
        last = self._last_whole
        same = moved == 0.0 and last is not None and np.array_equal(grey, last)
        if not same or int(small.max()) < _DARK or int(small.min()) > _LIT_OUT:
            self._same_since = None
        elif self._same_since is None:
            self._same_since = now
        self._last, self._last_whole = small, grey


def _difference(small: Grey, other: Grey) -> npt.NDArray[Any]:
    return cv2.threshold(cv2.absdiff(small, other), _DIFFERENCE, 255, cv2.THRESH_BINARY)[1]


def _moved(small: Grey, other: Grey) -> float:
    """Return which share of a picture differs from another; all of it where their sizes do."""
    return cv2.countNonZero(_difference(small, other)) / small.size if small.shape == other.shape else 1.0


def _share(moved: npt.NDArray[Any], place: Region) -> float:
    """Return which share of a place moved."""
    part = moved[
        place.top // _QUARTER : place.bottom // _QUARTER, place.left // _QUARTER : place.right // _QUARTER
    ]
    return cv2.countNonZero(part) / max(1, part.size)
