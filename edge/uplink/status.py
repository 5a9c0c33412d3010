"""What pages and `/readyz` are told of the uplink, readable from any thread."""

import threading
from collections.abc import Callable
from typing import Any

from edge.uplink.memory import Standing

OFF: dict[str, Any] = {"configured": False, "state": "off", "acknowledged": 0, "backlog": 0, "rejected": 0}


class Board:
    """Holds the newest status; `report` gets each one that differs from the one before."""

    def __init__(self, report: Callable[[dict[str, Any]], object]) -> None:
        self._report = report
        self._lock = threading.Lock()
        self._status: dict[str, Any] = {}

    def show(self, standing: Standing, head: int, parked: int, *, up: bool) -> None:
        """Show how things stand; `code` says in a stable word why the state is `down`."""
        status: dict[str, Any] = {
            "configured": True,
            "state": "up" if up else "down",
            "acknowledged": standing.acknowledged,
            "backlog": max(0, head - standing.acknowledged),
            "rejected": parked,
            "code": "" if up else standing.code or "starting",
        }
        if standing.last_us:
            status["last_us"] = standing.last_us
        with self._lock:
            changed = status != self._status
            self._status = status
        if changed:
            self._report(dict(status))

    def status(self) -> dict[str, Any]:
        """Return the newest status."""
        with self._lock:
            return dict(self._status)
