"""An hour of passages before the simulated platform in each of its moods, with a restart in the middle: how
long people waited for it, whom it let in, what became of answers that came late."""

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.figures import figure
from drivers.verifier._platform import MOODS
from tests.platforms.hour import Report, pass_an_hour

MINUTES = 60.0
ALLOWED_S = 2.0


def rows() -> Iterator[dict[str, Any]]:
    """Yield the figures of every mood."""
    for mood in MOODS:
        with tempfile.TemporaryDirectory() as folder:
            yield from _figures(pass_an_hour(Path(folder) / "gate", mood, minutes=MINUTES))


def _figures(report: Report) -> Iterator[dict[str, Any]]:
    name = f"platforms.{report.mood}"
    new, known = report.waits_new_s, report.waits_known_s or [0.0]
    yield figure(f"{name}.added.max", max(new), "s", peer="allowed", peer_value=ALLOWED_S, n=len(new))
    yield figure(f"{name}.added.p50", statistics.median(new), "s", n=len(new))
    yield figure(f"{name}.added_known.max", max(known), "s", peer="allowed", peer_value=0.0, n=len(known))
    yield figure(
        f"{name}.admitted_wrongly",
        len(report.wrongly),
        "people",
        peer="admitted",
        peer_value=report.admitted,
        n=report.visitors,
    )
    yield figure(
        f"{name}.late_recorded", report.late_recorded, "rows", peer="came late", peer_value=report.late_due
    )
    yield figure(f"{name}.late_wrong", len(report.late_wrong), "rows", n=report.late_recorded)
    yield figure(f"{name}.told_twice", report.told_twice, "times", n=report.went + report.came)
    yield figure(
        f"{name}.questions", report.questions, "questions", peer="people", peer_value=report.visitors
    )
    yield figure(
        f"{name}.copies_flagged", report.flagged_copies, "codes", peer="shown", peer_value=report.copies
    )
