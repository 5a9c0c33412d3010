"""Places for open event streams: each one holds a server thread, so there are only a few.

The newest review page evicts the oldest review page, never a kiosk. Knows no request and no row.
"""

import threading
from collections.abc import Callable

MAX_STREAMS = 6


class Place:
    """One open stream. `evicted` tells it to say so and end, `over` to end because the gate does."""

    def __init__(self, kiosk: bool, over: threading.Event, leave: Callable[["Place"], None]) -> None:
        self.kiosk = kiosk
        self.over = over
        self.evicted = threading.Event()
        self._leave = leave

    def leave(self) -> None:
        """Give the place back. Idempotent."""
        self._leave(self)


class Streams:
    """The open streams of one gate, oldest first."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._lock = threading.Lock()
        self._places: list[Place] = []
        self._over = threading.Event()

    def __len__(self) -> int:
        return len(self._places)

    def enter(self, *, kiosk: bool) -> Place | None:
        """Return a place, evicting the oldest review page if need be; None when only kiosks are there.

        An evicted stream keeps its thread until its next write; the threads beyond the cap carry it.
        """
        with self._lock:
            if len(self._places) >= MAX_STREAMS:
                oldest = next((place for place in self._places if not place.kiosk), None)
                if oldest is None:
                    return None
                self._places.remove(oldest)
                oldest.evicted.set()
            place = Place(kiosk, self._over, self._remove)
            self._places.append(place)
        self._ring()
        return place

    def end(self) -> None:
        """Tell every stream to end now."""
        self._over.set()
        self._ring()

    def _remove(self, place: Place) -> None:
        with self._lock:
            if place in self._places:
                self._places.remove(place)
