"""What the health of a gate is made of: which part is asked what, and under which name it is told."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from edge.app.parts import Parts
from edge.app.reporting import trouble
from edge.domain.calibration import Standing
from edge.health import probes, trust
from edge.health.procedures import refused


def watch(parts: Parts) -> None:
    """Have the health page ask every part."""
    health = parts.health
    health.section("journal", partial(_journal_facts, parts))
    health.section("clock", parts.clock.status)
    health.section("disk", lambda: {"free_bytes": probes.free_bytes(parts.folder)})
    health.probe("disk", probes.disk(parts.folder))
    health.probe("clock", probes.clock(lambda: parts.clock.quality))
    health.probe("journal", probes.journal(parts.station.unwritable))
    for standing in (Standing.DUE, Standing.EXPIRED, Standing.ELSEWHERE):
        code = f"calibration_{standing}"
        health.probe(code, probes.calibrations(code, partial(_calibrated, parts, standing)))
    health.probe("instruments", probes.instruments(partial(_doubted, parts)))
    health.probe("levels", probes.shifts(partial(_shifted, parts)))
    health.probe("cases", probes.cases(lambda: parts.cases.late_lately))
    health.probe("registers", probes.registers(lambda: (parts.board.late.count, parts.board.late.first)))
    health.probe("reports", partial(trouble, parts.reports))
    health.probe("duty", probes.duty(lambda: parts.duty.watch.missing))
    health.section("trust", lambda: {"lists": parts.trusted()})
    health.probe("trust", trust.age(parts.trusted))
    health.probe("procedures", refused(partial(_refused, parts)))
    health.probe("trust_files", trust.files(lambda: parts.trust.unreadable))
    if parts.uplink is not None:
        health.section("uplink", parts.uplink.status)
        health.probe("uplink", probes.uplink(parts.uplink.status))
        health.probe("lists", trust.refused(parts.uplink.status))


def _refused(parts: Parts) -> list[tuple[str, tuple[str, ...]]]:
    """Return what of each lane's texts was passed over at the start, until another one is in force."""
    if not any(lane.chosen.refused for lane in parts.lanes.values()):
        return []
    return [(one.lane, one.refused) for one in parts.publishing.in_force()]


def _calibrated(parts: Parts, standing: Standing) -> list[str]:
    """Return the thermometers whose calibration stands like this."""
    return [
        f"{lane} {found['device']}"
        for lane in parts.lanes
        for found in parts.station.view(lane)["calibrations"]
        if found["standing"] == standing
    ]


def _doubted(parts: Parts) -> list[str]:
    """Return the thermometers whose values cannot be right, with why."""
    return [
        f"{lane} {found['device']} ({', '.join(sign['sign'] for sign in found['signs'])}{_beside(found)})"
        for lane in parts.lanes
        for found in parts.station.view(lane)["doubts"]
    ]


def _shifted(parts: Parts) -> list[str]:
    """Return the thermometers at which the level of healthy people has shifted."""
    found = (
        f"{lane} {level['device']}"
        for lane in parts.lanes
        for level in parts.station.view(lane)["levels"]
        if level["shifted"]
    )
    return list(dict.fromkeys(found))


def _journal_facts(parts: Parts) -> dict[str, object]:
    reader = parts.journal.reader()  # asked by any thread, and a reader belongs to one
    try:
        return {"head": reader.head(), "incarnation": parts.journal.incarnation}
    finally:
        reader.close()


def _beside(doubt: Mapping[str, Any]) -> str:
    sister = doubt.get("sister")
    return "" if sister is None else f": {sister['lane']} {sister['device']}"
