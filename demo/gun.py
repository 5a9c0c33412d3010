"""A serial scanner without a scanner: writes payload lines to a pseudo-terminal, on the timetable."""

import os
import threading
import tty
from pathlib import Path

from demo.timetable import Timetable


class Gun:
    """Speaks as a GM65 module does: the payload and a carriage return, once for each code."""

    def __init__(self, link: Path, table: Timetable, payloads: list[str | None]) -> None:
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self._slave = slave  # kept open, or the line would hang up whenever the gate closes it
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(slave))
        self._table = table
        self._payloads = payloads

    def run(self, stop: threading.Event) -> None:
        """Read codes until `stop` is set."""
        done = -1
        while not stop.wait(0.1):
            slot, _person, into = self._table.now()
            payload = self._payloads[slot]
            if slot != done and into > 1.2:
                done = slot
                if payload is not None:
                    os.write(self._master, payload.encode() + b"\r")
