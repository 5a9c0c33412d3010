"""The simulated year with what a gate can add to one reading: a rest, by the lane's own functions and the
numbers that ship (`bench.gate_rested`), and the person's own history where they are registered. Beside the
literal 37.3, the camera maker's rule and a rolling median. `python -m bench.gate_year_rested [WORLD ...]`
prints a table.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from math import isnan
from statistics import fmean
from typing import Any

from bench.figures import figure
from bench.gate_rested import rested
from bench.gate_rules import NOT_MEASURED, Decision, LastTen, RollingMedian
from bench.gate_year import BANDS, DATA, WORLDS, Coming, passages
from bench.gate_year_run import Year, judge, literal, plain
from edge.domain.healthy import expected, learn
from edge.domain.history import Usual, after_visit, hinted
from edge.domain.posterior import Cuts, cut, usable
from edge.domain.posterior import judge as decide

SEEDS = (1,)
NAMES = ("below 5", "5 to 15", "15 to 26", "above 26")


class Known(Decision):
    """The decision, with what is usual for whoever passed before. Passages that ended over the threshold
    teach nothing of what is usual."""

    def __init__(self, site: str, *, all_readings: bool = False) -> None:
        super().__init__(site, all_readings=all_readings)
        self.usual: dict[str, Usual] = {}

    def score(self, surface_mdegc: tuple[int, ...], ambient_mdegc: int, at_us: int, person: str) -> float:
        about = expected(self.state, ambient_mdegc, at_us)
        count = len(surface_mdegc) if self.all_readings else 1
        own = hinted(about, self.usual.get(person), at_us)
        judged = decide(surface_mdegc[:count], own)
        for first in usable(surface_mdegc[:1], about):
            self.state = learn(self.state, first, ambient_mdegc, at_us)
            if judged.out_milli is not None and judged.out_milli < cut(Cuts().over_per_1000):
                self.usual[person] = after_visit(own, self.usual.get(person), first, at_us)
        return NOT_MEASURED if judged.out_milli is None else judged.out_milli / 1000


RULES: dict[str, Callable[[Sequence[Coming]], Year]] = {
    "literal 37.3": literal,
    "last 10 trimmed": lambda people: judge(plain(LastTen(), people)),
    "rolling median 50": lambda people: judge(plain(RollingMedian(), people)),
    "gatepost": lambda people: judge(plain(Decision(people[0].site), people)),
    "gatepost, history": lambda people: judge(plain(Known(people[0].site), people)),
    "gatepost, rest": rested,
    "gatepost, history, rest": lambda people: rested(people, history=True),
}


def years(world: str = "main", seeds: Sequence[int] = SEEDS) -> dict[str, list[Year]]:
    """Return every rule's years in one world, one for each seed."""
    streams = [list(passages(WORLDS[world], seed)) for seed in seeds]
    return {rule: [run(people) for people in streams] for rule, run in RULES.items()}


def rows(found: dict[str, list[Year]] | None = None) -> Iterator[dict[str, Any]]:
    """Yield each rule's alarms in each band, its sensitivity and how many it rests."""
    if not DATA.is_file():
        yield figure("gate year: the volunteers are not beside the project", 0, "people", n=0)
        return
    found = years() if found is None else found
    against = found["literal 37.3"]
    for rule, of in found.items():
        start = f"gate year.{rule}"
        literal_sens = fmean(year.sensitivity for year in against)
        sens = fmean(year.sensitivity for year in of)
        peer: dict[str, Any] = {"peer": "literal 37.3", "peer_value": literal_sens}
        yield figure(f"{start}: sensitivity", sens, "share", n=len(of), **peer)
        yield figure(f"{start}: false alarms", fmean(year.alarms for year in of), "per 1000", n=len(of))
        for band, name in enumerate(NAMES):
            alarms = fmean(year.by_band[band] for year in of)
            yield figure(f"{start}: false alarms {name} degrees", alarms, "per 1000", n=len(of))
        yield figure(f"{start}: rested", fmean(year.rested for year in of), "per 1000", n=len(of))


def table(found: dict[str, list[Year]]) -> Iterator[str]:
    """Yield the lines of a table: rules down; alarms by band, sensitivity and rests across."""
    seeds = len(found["literal 37.3"])
    yield f"{seeds} simulated year(s), forehead; rests as they ship, the others but the literal at 50 alarms"
    heads = "".join(f"{name:>10}" for name in NAMES)
    yield f"{'per 1000 healthy people':26}{'all':>6}{heads}{'sens.':>8}{'AUC':>7}{'rested':>8}  sens. by band"
    for rule, of in found.items():
        bands = "".join(f"{fmean(year.by_band[b] for year in of):10.0f}" for b in range(len(BANDS)))
        by_band = " ".join(f"{fmean(year.found[b] for year in of):.2f}" for b in range(len(BANDS)))
        alarms, rested = fmean(year.alarms for year in of), fmean(year.rested for year in of)
        sens, area = fmean(year.sensitivity for year in of), fmean(year.area for year in of)
        rank = "-" if isnan(area) else f"{area:.3f}"
        yield f"{rule:26}{alarms:6.0f}{bands}{sens:8.2f}{rank:>7}{rested:8.0f}  {by_band}"


if __name__ == "__main__":
    for world in sys.argv[1:] or WORLDS:
        print(world, *table(years(world, (1, 2, 3))), sep="\n", flush=True)
