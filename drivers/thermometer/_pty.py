"""A GY-614V in software: the module's frames, at its pace, on a pseudo-terminal behind a stable link.

Stands in for the hardware only: whoever reads it opens the link like any serial port. The simulated
driver owns one; a test or demonstration may own one itself, unplug it and plug it in again, while
the gate reads the link with the `gy614` driver.
"""

import contextlib
import logging
import os
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from drivers.thermometer._scene import GENTLE, Scene
from drivers.thermometer.gy614 import encode
from edge.domain.errors import DeviceUnavailable

log = logging.getLogger(__name__)


class SimulatedModule:
    """The module. `plug` makes it appear and speak, `unplug` takes it away as pulling the cable
    does; both may be repeated, from any thread. Use as a context manager, or `close` it."""

    def __init__(
        self,
        link: Path,
        scene: Scene = GENTLE,
        *,
        rate_hz: float = 10.0,
        baud: int = 9600,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.link = link
        self.frames_sent = 0
        self._scene = scene
        self._period_s = 1.0 / rate_hz
        self._byte_s = 10 / baud  # start bit, eight data bits, stop bit
        self._now = now
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._quiet = threading.Event()
        self._target = ""

    def plug(self) -> None:
        """Make the port appear and speak. Raises DeviceUnavailable where the link cannot be made."""
        with self._lock:
            if self._thread is not None:
                return
            master, slave = os.openpty()
            try:
                tty.setraw(slave)  # a cooked one would echo, and turn bytes into signals
                os.set_blocking(master, False)
                self._point_link(os.ttyname(slave))
            except OSError as error:
                os.close(master)
                os.close(slave)
                raise DeviceUnavailable(f"cannot make {self.link}: {error}", code="denied") from error
            self._stop = threading.Event()
            self._thread = threading.Thread(
                target=self._run, args=(master, slave, self._stop), name="simulated-gy614", daemon=True
            )
            self._thread.start()

    def unplug(self) -> None:
        """Take the port away: the link goes, readers get an error. Returns when it is gone."""
        with self._lock:
            if self._thread is None:
                return
            self._stop.set()
            self._thread.join(5.0)
            self._thread = None
            if self.link.is_symlink() and str(self.link.readlink()) == self._target:
                self.link.unlink(missing_ok=True)

    def mute(self, quiet: bool = True) -> None:
        """Let the module fall silent with its port still there, or speak again."""
        if quiet:
            self._quiet.set()
        else:
            self._quiet.clear()

    def close(self) -> None:
        """Unplug for good. Idempotent."""
        self.unplug()

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _point_link(self, target: str) -> None:
        """Put the link in place in one step; never over something that is no link."""
        if self.link.exists() and not self.link.is_symlink():
            raise FileExistsError(f"{self.link} is there already and is no link")
        self.link.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.link.with_name(f".{self.link.name}.{os.getpid()}.{id(self)}")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(target)
        fresh.replace(self.link)
        self._target = target

    def _run(self, master: int, slave: int, stop: threading.Event) -> None:
        """Speak until told to stop. The slave stays open here: without it, the master would end
        whenever the last reader closes."""
        try:
            due = time.monotonic()
            while not stop.wait(max(0.0, due - time.monotonic())):
                due = max(due + self._period_s, time.monotonic())
                if not self._quiet.is_set():
                    seen = self._scene.seen(self._now())
                    self._send(master, encode(seen.surface_c, seen.ambient_c, seen.body_c), stop)
        finally:
            os.close(master)
            os.close(slave)

    def _send(self, master: int, frame: bytes, stop: threading.Event) -> None:
        """Write a frame in two pieces, as a real line delivers it, the cut wandering through it."""
        cut = self.frames_sent % (len(frame) - 1) + 1
        self.frames_sent += 1
        for piece in (frame[:cut], frame[cut:]):
            # Nobody reads and the buffer is full: the bytes are lost, as on a wire.
            with contextlib.suppress(BlockingIOError):
                os.write(master, piece)
            stop.wait(len(piece) * self._byte_s)
