"""The long form of tests/system/test_kills.py: the same code, more kills."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.figures import figure
from tests.system.faults import kill

GATE_KILLS = 25
DISTRICT_KILLS = 10


def rows() -> Iterator[dict[str, Any]]:
    """Yield what was shown, and how much of it was lost, doubled or broken: all of that must be 0."""
    for name, gate_kills, district_kills in (("gate", GATE_KILLS, 0), ("district", 0, DISTRICT_KILLS)):
        with tempfile.TemporaryDirectory() as folder:
            report = kill(Path(folder), gate_kills=gate_kills, district_kills=district_kills, seed=11)
        for what, value in {
            "shown": report.shown,
            "at_gate": report.at_gate,
            "at_district": report.at_district,
            "lost": len(report.lost),
            "missing_at_district": len(report.missing_at_district),
            "twice": report.twice,
            "chain_faults": len(report.faults),
        }.items():
            yield figure(f"faults.{name}.{what}", value, "passages", n=report.kills)
