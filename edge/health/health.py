"""Whether the gate works: hearts of threads, states of devices, problems, and the watchdog's food.

Knows names and states only; must not open a device or the journal, and holds nothing about people.
Everything that falls away shows here at once (devices report themselves) or within the second in
which a probe looks.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from edge.domain.errors import GatepostError
from edge.domain.model import Instant
from edge.health.metrics import Metrics
from edge.health.parts import Device, Heart, Problem
from edge.health.remedies import remedy

STOPPED = 70  # sysexits.h: an internal error; systemd starts us again
LOOK_EVERY_S = 0.5
_PING_EVERY_US = 2_000_000
_OFF: Mapping[str, Any] = {
    "configured": False,
    "state": "off",
    "acknowledged": 0,
    "backlog": 0,
    "rejected": 0,
}
_log = logging.getLogger(__name__)


class Health:
    """The one place that knows how the gate is. Thread-safe."""

    def __init__(
        self, now: Callable[[], Instant], *, required: Sequence[str] = ("station", "journal")
    ) -> None:
        """`required` are hearts without which systemd is never told that the service is ready."""
        self.now = now
        self._required = tuple(required)
        self._lock = threading.Lock()
        self._hearts: dict[str, Heart] = {}
        self._devices: list[Device] = []
        self._probes: dict[str, Callable[[], Problem | None]] = {}
        self._sections: dict[str, Callable[[], Mapping[str, Any]]] = {}
        self._found: dict[str, Problem | None] = {}
        self._since: dict[tuple[str, str], int] = {}
        self._metrics = Metrics(self.status)

    def heart(self, name: str, limit_s: float) -> Heart:
        """Return a new heart. From now on it has to beat every `limit_s` seconds, or the process
        ends."""
        heart = Heart(name, limit_s, self.now)
        with self._lock:
            self._hearts[name] = heart
        return heart

    def forget(self, heart: Heart) -> None:
        """Let go of the heart of a thread that ended as it should."""
        with self._lock:
            if self._hearts.get(heart.name) is heart:
                del self._hearts[heart.name]

    def device(self, lane: str, kind: str, name: str, driver: str, simulated: bool) -> Device:
        """Return the entry of one device; it counts as starting until it reports."""
        device = Device(
            lane=lane,
            kind=kind,
            name=name,
            driver=driver,
            simulated=simulated,
            now=self.now,
            count=self.count,
        )
        with self._lock:
            self._devices.append(device)
        return device

    def devices(self, lane: str | None = None) -> list[dict[str, Any]]:
        """Return the devices (of one lane) as pages show them."""
        with self._lock:
            known = list(self._devices)
        return [device.as_dict() for device in known if lane in (None, device.lane)]

    def probe(self, name: str, look: Callable[[], Problem | None]) -> None:
        """Have `look` called about once a second by the watching thread. It must not block."""
        with self._lock:
            self._probes[name] = look

    def section(self, name: str, facts: Callable[[], Mapping[str, Any]]) -> None:
        """Have status() carry `facts()` under `name` (journal, uplink, clock, disk)."""
        with self._lock:
            self._sections[name] = facts

    def count(self, counter: str, amount: float = 1, /, **labels: str) -> None:
        """Add to a counter of edge.health.metrics.COUNTERS; KeyError for one that is not there."""
        self._metrics.count(counter, amount, labels)

    def committed(self, seconds: float) -> None:
        """Note how long a journal transaction took."""
        self._metrics.committed(seconds)

    def metrics(self) -> bytes:
        """Return everything counted, in Prometheus' text format."""
        return self._metrics.text()

    def look(self) -> None:
        """Run every probe once; one that fails is a problem itself."""
        with self._lock:
            probes = dict(self._probes)
        found: dict[str, Problem | None] = {}
        for name, probe in probes.items():
            try:
                found[name] = probe()
            except (GatepostError, OSError) as error:
                found[name] = Problem("probe_failed", f"{name}: {error}")
        with self._lock:
            self._found = found
        self._note_changes()

    def problems(self) -> list[Problem]:
        """Return what is wrong now: stopped hearts, devices, then what the probes found last."""
        with self._lock:
            hearts, devices = list(self._hearts.values()), list(self._devices)
            seen = [problem for problem in self._found.values() if problem]
        found = [Problem("heart_stopped", heart.name) for heart in hearts if heart.stopped]
        found += [problem for device in devices if (problem := device.problem())]
        return found + seen

    def status(self) -> dict[str, Any]:
        """Return everything pages, `/readyz` and the metrics show, ready for JSON."""
        problems = self.problems()
        with self._lock:
            hearts = {name: heart.age_s for name, heart in self._hearts.items()}
            sections = dict(self._sections)
        status: dict[str, Any] = {
            "alive": all(problem.code != "heart_stopped" for problem in problems),
            "ready": all(problem.severity != "fault" for problem in problems),
            "problems": [self._told(problem) for problem in problems],
            "devices": self.devices(),
            "hearts": hearts,
            "journal": {},
            "uplink": dict(_OFF),
            "clock": {},
            "disk": {},
        }
        for name, facts in sections.items():
            try:
                status[name] = {**status.get(name, {}), **facts()}
            except (GatepostError, OSError) as error:
                status[name] = {**status.get(name, {}), "error": str(error)}
        return status

    def watch(
        self, stop: threading.Event, notify: Callable[[str], None], *, every_s: float = LOOK_EVERY_S
    ) -> int:
        """Look after everything until `stop` is set (returns 0) or a heart has stopped (returns 70:
        the process has to end). The main thread's loop; the only one that feeds the watchdog."""
        ready, said, pinged_us = False, "", -_PING_EVERY_US
        while True:
            self.look()
            stopped = self._stopped()
            if stopped:
                _log.critical(
                    "no sign of life from %s; ending so that the gate starts again", ", ".join(stopped)
                )
                notify(f"STATUS=stopped: {', '.join(stopped)}")
                return STOPPED
            if not ready and self._all_moved():
                ready = True
                notify("READY=1")
            now_us = self.now().mono_us
            if ready and now_us - pinged_us >= _PING_EVERY_US:
                pinged_us = now_us
                notify("WATCHDOG=1")
            codes = ", ".join(sorted({problem.code for problem in self.problems()})) or "ready"
            if codes != said:
                said = codes
                notify(f"STATUS={codes}")
            if stop.wait(every_s):
                notify("STOPPING=1")
                return 0

    def _stopped(self) -> list[str]:
        with self._lock:
            return [name for name, heart in self._hearts.items() if heart.stopped]

    def _all_moved(self) -> bool:
        with self._lock:
            there = all(name in self._hearts for name in self._required)
            return there and all(heart.beaten for heart in self._hearts.values())

    def _note_changes(self) -> None:
        # By the watching thread alone. Devices are left out: their own threads log loss and return.
        here = {_key(problem): problem for problem in self.problems() if problem.since_us is None}
        with self._lock:
            before = self._since
            self._since = {key: before.get(key, self.now().at_us) for key in here}
        for key in here.keys() - before.keys():
            _log.warning("problem %s %s", key[0], here[key].what)
        for code, subject in before.keys() - here.keys():
            _log.warning("problem %s %s is over", code, subject)

    def _told(self, problem: Problem) -> dict[str, Any]:
        words = remedy(problem.code)
        since_us = problem.since_us or self._since.get(_key(problem)) or self.now().at_us
        return {
            "code": problem.code,
            "what": problem.what,
            "severity": problem.severity,
            "since_us": since_us,
            "title": words.title.as_dict(),
            "remedy": words.do.as_dict(),
        }


def _key(problem: Problem) -> tuple[str, str]:
    # What stays the same while a problem lasts; numbers in the detail (free space) change.
    return problem.code, problem.what if problem.code == "heart_stopped" else ""
