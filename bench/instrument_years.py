"""How often the detector reports a sound device in a simulated year, and how soon one that pulls.

The streams are those of `gate_year`: the main and the milder world, a busy gate of 67 people a day and a
quiet one of 20. `python -m bench.instrument_years`.
"""

import json
import random
import statistics
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from bench.figures import figure
from bench.gate_year import DATA, WORLDS, Coming, passages
from edge.domain.calibration import Calibration
from edge.domain.instrument import Instrument, findings, learn
from edge.domain.instrument_signs import NEUTRAL_MDEGC, Seen
from edge.domain.model import Evidence, Instant, Measurement, Method, Reading
from edge.domain.policy import Policy
from edge.domain.screening import estimate
from edge.domain.side_by_side import Pair, Side
from edge.domain.side_by_side import watched as watched_pairs

YEARS = 3
CALIBRATION = Calibration("thermometer", "gy614", 2_000, 100, 5, "contact", "", "forehead", "", 0, 1 << 62)
SISTER_YEARS = 5
BUSY, QUIET = 24_300, 7_300
# The reference's transfer curves, section 4: skin shown as 37.3; slopes below 35, between 35 and 36, above.
CURVES = {
    "a": (36.1, 0.22, 0.44, 1.11),
    "b": (36.3, 0.44, 0.32, 0.79),
    "c": (35.7, 0.49, 0.75, 1.17),
    "d": (35.4, 0.72, 1.02, 1.64),
    "e": (34.2, 1.21, 1.11, 1.30),
}

Device = Callable[[Coming], tuple[int | None, int | None]]


def surface_mode(coming: Coming) -> tuple[int | None, int | None]:
    """A sound module in surface mode, in hundredths."""
    return round(coming.surface_mdegc[0], -1), None


def body_mode(coming: Coming) -> tuple[int | None, int | None]:
    """A sound one in body mode, in tenths: an offset, and .1 for each degree of cold put back."""
    cold = max(0, NEUTRAL_MDEGC - coming.ambient_mdegc)
    return None, round(coming.surface_mdegc[0] + coming.shown_mdegc + cold // 10, -2)


def both_modes(coming: Coming) -> tuple[int | None, int | None]:
    """A sound one that says both."""
    return surface_mode(coming)[0], body_mode(coming)[1]


def pulling(name: str, *, surface: bool = False) -> Device:
    """Return a device of the reference, in body mode alone or beside its surface value."""

    def device(coming: Coming) -> tuple[int | None, int | None]:
        skin = coming.surface_mdegc[0] / 1000
        shown = 37.3 + _above_35(name, skin) - _above_35(name, CURVES[name][0])
        return (surface_mode(coming)[0] if surface else None), 100 * round(10 * shown)

    return device


def watched(device: Device, people: Iterator[Coming]) -> tuple[int, int]:
    """Return how often something began to be found, and after how many people first (0: never)."""
    state, times, first = Instrument(), 0, 0
    for count, coming in enumerate(people, 1):
        surface, body = device(coming)
        before = {finding.sign for finding in findings(state)}
        state = learn(state, Seen(coming.at_us, surface, body, coming.ambient_mdegc))
        new = {finding.sign for finding in findings(state)} - before
        times += len(new)
        first = first or (count if new else 0)
    return times, first


def side_by_side(
    people: Iterator[Coming],
    *,
    drift_mdegc: int = 0,
    step_mdegc: int = 0,
    a_year: int = BUSY,
    calibrated: bool = False,
) -> tuple[int, int]:
    """Let people take either of two lanes side by side as they like. One thermometer drifts by so much over
    the first year, or is off by so much from its middle on; `calibrated` ones give no estimate outside their
    air, as at a gate. Return how often something began to be found, and after how many people first, from
    when it began to be wrong (0: never)."""
    dice, times, first = random.Random(a_year), 0, 0
    here_, there = (Side(lane, "thermometer", "gy614", f"/dev/{lane}", "forehead") for lane in ("in", "in2"))
    known: tuple[Pair, ...] = (Pair(here_, there),)
    begins = a_year // 2 if step_mdegc else 0
    for count, coming in enumerate(people, 1):
        here = dice.random() < 0.5
        off = drift_mdegc * min(count, a_year) // a_year + (step_mdegc if count > begins else 0)
        item = _shown(coming, 0 if here else off, calibrated=calibrated)
        at = Instant(coming.at_us, coming.at_us)
        before = {finding.sign for finding in known[0].known.found}
        lane = here_.lane if here else there.lane
        known = watched_pairs(
            known, lane, (Evidence(at, item.device, item),), whose=lambda _, item: item.device
        )
        new = {finding.sign for finding in known[0].known.found} - before
        times += len(new)
        first = first or (count - begins if new else 0)
    return times, first


def _shown(coming: Coming, off_mdegc: int, *, calibrated: bool) -> Measurement:
    item = Measurement(
        "thermometer",
        Method.INFRARED,
        surface_mdegc=coming.surface_mdegc[0] + off_mdegc,
        ambient_mdegc=coming.ambient_mdegc,
        driver="gy614",
    )
    if not calibrated:
        return item
    seen = Reading(surface_mdegc=item.surface_mdegc, ambient_mdegc=item.ambient_mdegc)
    body, conversion = estimate(seen, Policy(), CALIBRATION)
    return replace(item, body_mdegc=body, conversion=conversion)


def rows() -> Iterator[dict[str, Any]]:
    """Yield false reports a year of sound devices, then how soon each of the reference's is found."""
    if not DATA.is_file():
        yield figure("instrument: the volunteers are not beside the project", 0, "people", n=0)
        return
    sound: dict[str, Device] = {"surface": surface_mode, "body": body_mode, "both": both_modes}
    for name, device in sound.items():
        for world in ("main", "mild"):
            for how, a_year in (("busy", BUSY), ("quiet", QUIET)):
                times = [
                    watched(device, passages(WORLDS[world], seed, 1, a_year))[0] for seed in range(YEARS)
                ]
                what = f"instrument, sound {name}, {world} world, {how} gate: false reports"
                yield figure(what, sum(times) / YEARS, "per year", n=YEARS)
    for calibrated in (False, True):
        yield from _sisters(calibrated=calibrated)
    for name in CURVES:
        for surface in (False, True):
            _, first = watched(pulling(name, surface=surface), passages(WORLDS["mild"], 1, 1, QUIET))
            said = "surface and body" if surface else "body"
            yield figure(f"instrument, device {name} ({said}): found after (0: never)", first, "people")


def _sisters(*, calibrated: bool) -> Iterator[dict[str, Any]]:
    """Yield how often two sound ones side by side are reported, and how soon one that is not."""
    pair = "two calibrated" if calibrated else "two"
    for world in ("main", "mild"):
        for how, a_year in (("busy", BUSY), ("quiet", QUIET)):
            times = [
                side_by_side(passages(WORLDS[world], seed, 1, a_year), calibrated=calibrated)[0]
                for seed in range(SISTER_YEARS)
            ]
            what = f"instrument, {pair} side by side, both sound, {world} world, {how} gate: false reports"
            yield figure(what, sum(times) / SISTER_YEARS, "per year", n=SISTER_YEARS)
    wrong: tuple[tuple[str, Any], ...] = (
        ("half a degree at once", {"step_mdegc": 500}),
        ("half a degree over a year", {"drift_mdegc": 500}),
        ("a degree over a year", {"drift_mdegc": 1_000}),
    )
    for what, how_wrong in wrong:
        first = [
            side_by_side(passages(WORLDS["main"], seed, 2, BUSY), calibrated=calibrated, **how_wrong)[1]
            for seed in range(YEARS)
        ]
        found = [count for count in first if count]
        yield figure(f"instrument, {pair}, {what}: found in two years", len(found) / YEARS, "of all", n=YEARS)
        if found:
            middle = statistics.median(found)
            yield figure(
                f"instrument, {pair}, {what}: people of both lanes until then", middle, "people", n=YEARS
            )


def _above_35(name: str, skin: float) -> float:
    _, low, middle, high = CURVES[name]
    return (skin - 35) * low if skin < 35 else min(skin - 35, 1) * middle + max(0.0, skin - 36) * high


if __name__ == "__main__":
    for row in rows():
        print(json.dumps(row), flush=True)
