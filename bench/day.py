"""The long form of tests/system/test_day.py: the same day at a post, with a morning peak of ten minutes on
the fast lane, 30 people a minute, each measured for as long as a gate measures by its configuration.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.figures import figure
from tests.system.day import a_day
from tests.system.day_scenes import whole_day

PEOPLE, EVERY_S = 300, 2.0
ALLOWED_MS = 50


def rows(people: int = PEOPLE, every_s: float = EVERY_S) -> Iterator[dict[str, Any]]:
    """Yield what the peak took and left, and that the rest of the day held (it raises where it does not)."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, a_day(Path(folder), people, quick=False) as post:
        peak, figures = whole_day(post, people, every_s)
    yield figure("day.peak.people", peak.people, "people", n=people)
    yield figure("day.peak.admitted", peak.admitted, "people", peer="came", peer_value=people, n=people)
    yield figure(
        "day.peak.took", peak.took_s, "s", peer="at 30 a minute", peer_value=people * every_s, n=people
    )
    yield figure("day.peak.left_in_queue", peak.left, "people", n=people)
    yield figure("day.peak.most_at_once", peak.backlog, "people", n=people)
    for name, values, unit, allowed in (
        ("due_to_verdict", peak.waits_s, "s", every_s),
        ("verdict", peak.verdicts_ms, "ms", ALLOWED_MS),
    ):
        p99 = statistics.quantiles(values, n=100)[-1]
        yield figure(f"day.peak.{name}.p50", statistics.median(values), unit, n=len(values))
        yield figure(f"day.peak.{name}.p99", p99, unit, peer="allowed", peer_value=allowed, n=len(values))
    yield figure("day.passes", figures["passes.persons"], "passages", n=1)
    yield figure("day.whole", time.monotonic() - begun, "s", n=1)
