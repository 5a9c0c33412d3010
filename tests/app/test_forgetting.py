"""A running gate forgets whom it knew by seals that do not open any more."""

import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from edge.app.keeping import start_keeper
from edge.app.parts import Parts
from edge.config import load
from edge.domain.history import Regulars
from edge.domain.model import ClockQuality
from edge.domain.policy import Policy
from edge.journal import Journal
from edge.procedures import parse
from tests.paths import ROOT
from tests.system.processes import Gate
from tests.waiting import until
from tests.web.screening_day import SECOND, Crowd

DAY_S = 86_400
WHO = "pass:王小明"


def somebody_comes(store: Path, *days_ago: int) -> None:
    """Somebody who shows a pass first came on these days, and reads as they always do."""
    with Journal.open(store) as journal:
        text = (ROOT / "config" / "procedures" / "compound.toml").read_text("utf-8")
        policy, now_us = Policy(surface_offset_mdegc=2_000), time.time_ns() // 1000
        crowd = Crowd(journal, parse("compound", text), policy, boot=journal.start_boot(), begin_us=now_us)
        for days in days_ago:
            crowd.at_us, crowd.usual_mdegc = now_us - days * DAY_S * SECOND, 100
            crowd.passes(0.1)
            crowd.flush()


@pytest.mark.parametrize(("days_ago", "left"), [((4, 4, 3), {}), ((5, 4, 0), {WHO: 1})])
def test_a_purge_takes_destroyed_days_out_of_memory_as_well(
    tmp_path: Path, days_ago: tuple[int, ...], left: dict[str, int]
) -> None:
    site = Gate(tmp_path, extra="retention_days = 1\n[screening]\nown_history = true\n")
    site.config.write_text(moved(site.config.read_text("utf-8")), "utf-8")
    somebody_comes(site.store, *days_ago)
    with ExitStack() as stack:
        gate = Parts(load(site.config, {}), {}, stack)
        assert visits(gate.station._states["in"].regulars) == {WHO: 3}
        now = gate.now
        gate.now = lambda: replace(now(), clock=ClockQuality.SYNCED)
        # No key goes before the reports of its day are written.
        gate.reports._now = gate.now
        gate.reports.write_due()
        start_keeper(gate)
        try:
            until(lambda: _known(gate) == left, 20, "the gate to forget")
        finally:
            gate.stop.set()
            assert not gate.threads.join(10.0)


def _known(gate: Parts) -> dict[str, int]:
    gate.station.work(0.6)
    return visits(gate.station._states["in"].regulars)


def visits(regulars: Regulars) -> dict[str, int]:
    return {name: usual.visits for name, usual in regulars.items()}


def moved(text: str) -> str:
    """Put the retention into the table it belongs to."""
    return text.replace("retention_days = 1\n", "").replace("[store]\n", "[store]\nretention_days = 1\n")
