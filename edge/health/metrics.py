"""What the gate counts, in a Prometheus registry of its own.

Labels are names from the configuration only, never anything about a person.
"""

from collections.abc import Callable, Iterable, Mapping
from importlib import metadata
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

PREFIX = "gatepost_"
# name -> (help, labels); exposed as gatepost_<name>_total.
COUNTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "passages": ("Passages that ended.", ("lane", "outcome")),
    "vehicles": ("Passages of vehicles that ended.", ("lane", "outcome")),
    "readings": ("Readings a thermometer gave.", ("lane", "name")),
    "scans": ("Codes a scanner read.", ("lane", "name")),
    "frames_bad": ("Frames that were refused: checksum, length, range.", ("lane", "name")),
    "bytes_dropped": ("Bytes dropped to find the next frame again.", ("lane", "name")),
    "device_losses": ("Times a device went away.", ("lane", "kind", "name")),
    "effects": ("Orders to barriers and voices.", ("lane", "device", "ok")),
    "inbox_overflowed": ("Messages the station's full inbox refused.", ("lane",)),
    "clock_corrections": ("Times the wall clock jumped or was trusted anew.", ()),
}
# Journal commits: an SD card needs 1 to 50 ms, a bad one seconds.
COMMIT_BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Metrics:
    """Counters by name, the commit histogram, and gauges read from `status` at the time of asking."""

    def __init__(self, status: Callable[[], Mapping[str, Any]]) -> None:
        self._registry = CollectorRegistry()
        self._counters = {
            name: Counter(PREFIX + name, text, labels, registry=self._registry)
            for name, (text, labels) in COUNTERS.items()
        }
        self._commits = Histogram(
            f"{PREFIX}journal_commit_seconds",
            "Time a journal transaction took.",
            buckets=COMMIT_BUCKETS_S,
            registry=self._registry,
        )
        ProcessCollector(registry=self._registry)
        self._registry.register(_Gauges(status))

    def count(self, name: str, amount: float, labels: Mapping[str, str]) -> None:
        """Add to a counter. Raises KeyError for one that COUNTERS does not name."""
        counter = self._counters[name]
        (counter.labels(**labels) if labels else counter).inc(amount)

    def committed(self, seconds: float) -> None:
        """Note how long a journal transaction took."""
        self._commits.observe(seconds)

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)


class _Gauges(Collector):
    def __init__(self, status: Callable[[], Mapping[str, Any]]) -> None:
        self._status = status

    def collect(self) -> Iterable[Metric]:
        status = self._status()
        yield _one("ready", "1: nothing stands in the way of a passage.", status["ready"])
        yield _labelled("heart_age_seconds", "Time since a part last moved.", "heart", status["hearts"])
        devices = GaugeMetricFamily(
            f"{PREFIX}device_up", "1: the device works.", labels=("lane", "kind", "name")
        )
        for device in status["devices"]:
            devices.add_metric((device["lane"], device["kind"], device["name"]), device["state"] == "up")
        yield devices
        problems: dict[str, float] = {}
        for problem in status["problems"]:
            problems[problem["code"]] = problems.get(problem["code"], 0) + 1
        yield _labelled("problems", "What is wrong now.", "code", problems)
        yield _one("journal_head", "Sequence of the newest row.", status["journal"].get("head", 0))
        yield _one("outbox_backlog", "Rows the district has not acknowledged.", status["uplink"]["backlog"])
        yield _one("outbox_rejected", "Rows the district refused.", status["uplink"]["rejected"])
        yield _one("disk_free_bytes", "Free space for the records.", status["disk"].get("free_bytes", 0))
        yield _one("clock_trusted", "1: the wall clock is believed.", status["clock"].get("trusted", False))
        version = metadata.version("gatepost")
        yield _labelled("build_info", "The version that runs.", "version", {version: 1})


def _one(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(PREFIX + name, text, value=float(value))


def _labelled(name: str, text: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(PREFIX + name, text, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), value)
    return family
