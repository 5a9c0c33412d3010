"""Lamps that blink: one thread, asleep for ever while nothing has to, else awake twice a period.

Knows no pins: what lights the lamps is handed in.
"""

import threading
from collections.abc import Callable, Collection

from drivers.lights._signals import Lamp
from edge.domain.errors import DeviceUnavailable

Light = Callable[[Collection[Lamp]], None]
"""Lights these lamps and no others; raises DeviceUnavailable."""


class Blinker:
    """Shows lamps, steadily or blinking. Any thread may call."""

    def __init__(self, light: Light, half_s: float) -> None:
        self._light = light
        self._half_s = half_s
        self._changed = threading.Condition()
        self._lamps: frozenset[Lamp] = frozenset()
        self._blinks = False
        self._stopped = False
        self._failure: DeviceUnavailable | None = None
        self._thread = threading.Thread(target=self._run, name="lights-blink", daemon=True)
        self._thread.start()

    def show(self, lamps: frozenset[Lamp], *, blinking: bool) -> None:
        """Light these lamps now; blinking ones begin lit. Raises DeviceUnavailable."""
        with self._changed:
            self.check()
            if (lamps, blinking) == (self._lamps, self._blinks):
                return  # shown already: a signal told twice must not upset the rhythm
            self._light(lamps)
            self._lamps, self._blinks = lamps, blinking
            self._changed.notify_all()

    def check(self) -> None:
        """Raise what the blinking thread met."""
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """End the thread. Idempotent; leaves the lamps as they are."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        if threading.current_thread() is not self._thread:
            self._thread.join(1.0)

    def _run(self) -> None:
        dark = False
        with self._changed:
            while not self._stopped:
                told = self._changed.wait(self._half_s if self._blinks else None)
                dark = self._blinks and not told and not dark
                if self._stopped or told or not self._blinks:
                    continue
                try:
                    self._light(frozenset() if dark else self._lamps)
                except DeviceUnavailable as error:
                    self._failure = error
                    return
