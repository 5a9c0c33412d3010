"""What stands before a gate's instruments in a system test: real bytes on pseudo-terminals, owned by
the test, so that they outlive a gate that is killed."""

import os
import tty
from pathlib import Path

from drivers.thermometer._pty import SimulatedModule
from drivers.thermometer._scene import Seen
from tests.waiting import until

AMBIENT_C = 21.0


class Forehead:
    """Whoever stands before the thermometer now; a scene for `SimulatedModule`."""

    def __init__(self) -> None:
        self.body_c: float | None = None

    def seen(self, _mono_s: float) -> Seen:
        body = self.body_c
        if body is None:
            return Seen(AMBIENT_C, AMBIENT_C, AMBIENT_C)
        return Seen(round(body - 2.0, 2), AMBIENT_C, body)


class Line:
    """A serial line the test writes to; plugged in behind a stable link."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self._ends: tuple[int, int] | None = None

    def plug(self) -> None:
        master, slave = os.openpty()
        tty.setraw(slave)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(slave))
        self._ends = (master, slave)

    def unplug(self) -> None:
        if self._ends is not None:
            self.link.unlink(missing_ok=True)
            for end in self._ends:
                os.close(end)
            self._ends = None

    def write(self, data: bytes) -> None:
        assert self._ends is not None
        os.write(self._ends[0], data)


class Stage:
    """One lane's instruments: a GY-614V, a GM65, and the people before them."""

    def __init__(self, folder: Path, lane: str = "in") -> None:
        self.forehead = Forehead()
        self.thermometer = SimulatedModule(folder / f"thermometer-{lane}", self.forehead)  # type: ignore[arg-type]
        self.scanner = Line(folder / f"scanner-{lane}")
        self.thermometer.plug()
        self.scanner.plug()

    def stand(self, body_c: float | None) -> None:
        """Let somebody with this temperature step up (None: step away)."""
        self.forehead.body_c = body_c

    def away(self) -> None:
        """Step away, and stay away for long enough to be gone."""
        self.stand(None)
        sent = self.thermometer.frames_sent
        until(lambda: self.thermometer.frames_sent >= sent + 5, 10, "frames of empty air")

    def show(self, payload: bytes) -> None:
        """Let the scanner read a code."""
        self.scanner.write(payload + b"\r")

    def close(self) -> None:
        self.thermometer.close()
        self.scanner.unplug()
