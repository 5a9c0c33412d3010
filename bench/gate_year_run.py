"""The gate's own decision over simulated years, beside the rules it replaces.

`python -m bench.gate_year_run [WORLD ...]` prints a table; `rows()` the figures. Every rule is set to 50
false alarms per 1,000 over its whole run; what that does to each band of weather is the question. The
literal 37.3 is not set to anything. Spread is over seeds, each its own year.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from bench.figures import figure
from bench.gate_rules import (
    LITERAL_MDEGC,
    NOT_MEASURED,
    Decision,
    Fixed,
    LastTen,
    LocalZ,
    RollingMedian,
    Rule,
    Seats,
)
from bench.gate_year import BANDS, DATA, WORLDS, Coming, after_rest, passages

SEEDS = (1, 2, 3)
ALARMS = 50
NEVER = float("-inf")


@dataclass(frozen=True, slots=True)
class Scored:
    """One passage with its final score: NEVER where somebody was let pass without a rest."""

    score: float
    truth: bool
    band: int
    rested: bool = False


@dataclass(frozen=True, slots=True)
class Year:
    """How one rule did over one run: false alarms per 1,000 and sensitivity, whole and by band."""

    alarms: float
    sensitivity: float
    by_band: tuple[float, ...]
    found: tuple[float, ...]
    rested: float
    area: float


def plain(rule: Rule, people: Sequence[Coming]) -> list[Scored]:
    """Score everybody as they come. Who is not measured is no alarm, and is found by nobody."""
    found = []
    for c in people:
        score = rule.score(c.surface_mdegc, c.ambient_mdegc, c.at_us, c.person)
        found.append(Scored(NEVER if score == NOT_MEASURED else score, c.truth, c.band))
    return found


def everybody_rested(rule: Rule, people: Sequence[Coming]) -> list[Scored]:
    """Let everybody sit indoors first: what no gate can do, and none can do better than."""
    found = []
    for c in people:
        now = after_rest(c)
        score = rule.score(now.surface_mdegc, now.ambient_mdegc, now.at_us, c.person)
        found.append(Scored(score, c.truth, c.band, rested=True))
    return found


def staged(first: Rule, second: Rule, people: Sequence[Coming], *, unmeasured: bool = True) -> list[Scored]:
    """Let 200 of 1,000 rest, and score those again indoors.

    Whoever is not measured at the gate rests as well, within the 200; with `unmeasured` False they go to a
    contact thermometer at once and nobody of them is counted as found. Who even after the rest is not
    measured counts as over.
    """
    seats, found = Seats(unmeasured=unmeasured), []
    for c in people:
        if not seats.takes(first.score(c.surface_mdegc, c.ambient_mdegc, c.at_us, c.person)):
            found.append(Scored(NEVER, c.truth, c.band))
            continue
        now = after_rest(c)
        score = second.score(now.surface_mdegc, now.ambient_mdegc, now.at_us, c.person)
        found.append(Scored(score, c.truth, c.band, rested=True))
    return found


def judge(scored: Sequence[Scored], threshold: float | None = None) -> Year:
    """Return how a run did at 50 false alarms per 1,000, or at a threshold of its own."""
    well = sorted((s.score for s in scored if not s.truth), reverse=True)
    if threshold is None:
        threshold = well[round(ALARMS * len(well) / 1000)]
    over = [s for s in scored if s.score > threshold]
    bands = range(len(BANDS))
    return Year(
        alarms=_per_1000(sum(not s.truth for s in over), len(well)),
        sensitivity=_share(sum(s.truth for s in over), len(scored) - len(well)),
        by_band=tuple(
            _per_1000(
                sum(not s.truth and s.band == b for s in over),
                sum(not s.truth and s.band == b for s in scored),
            )
            for b in bands
        ),
        found=tuple(
            _share(sum(s.truth and s.band == b for s in over), sum(s.truth and s.band == b for s in scored))
            for b in bands
        ),
        rested=_per_1000(sum(s.rested for s in scored), len(scored)),
        area=_area(scored),
    )


def literal(people: Sequence[Coming]) -> Year:
    """The law's number on what a body mode shows."""
    shown = [Scored(c.surface_mdegc[0] + c.shown_mdegc, c.truth, c.band) for c in people]
    return judge(shown, LITERAL_MDEGC - 1)


RULES: dict[str, Callable[[Sequence[Coming]], Year]] = {
    "literal 37.3": literal,
    "fixed, best threshold": lambda people: judge(plain(Fixed(), people)),
    "last 10 trimmed": lambda people: judge(plain(LastTen(), people)),
    "rolling median 50": lambda people: judge(plain(RollingMedian(), people)),
    "local z 30": lambda people: judge(plain(LocalZ(), people)),
    "local z 30, rest": lambda people: judge(staged(LocalZ(), LocalZ(), people, unmeasured=False)),
    "local z 30, all rest": lambda people: judge(everybody_rested(LocalZ(), people)),
    "decision": lambda people: judge(plain(_gate(people), people)),
    "decision of 3, all rest": lambda people: judge(everybody_rested(_gate(people, three=True), people)),
}


def years(world: str, rule: str, seeds: Sequence[int] = SEEDS) -> list[Year]:
    """Return one rule's years in one world, one for each seed."""
    return [RULES[rule](list(passages(WORLDS[world], seed))) for seed in seeds]


def rows() -> Iterator[dict[str, Any]]:
    """Yield, for the main world, sensitivity and the highest and lowest band of every rule."""
    if not DATA.is_file():
        yield figure("gate year: the volunteers are not beside the project", 0, "people", n=0)
        return
    against = fmean(y.sensitivity for y in years("main", "literal 37.3"))
    for rule in RULES:
        found = years("main", rule)
        name = f"gate year, {rule}"
        sensitivity = fmean(y.sensitivity for y in found)
        yield figure(
            f"{name}: sensitivity",
            sensitivity,
            "share",
            peer="literal 37.3",
            peer_value=against,
            n=len(found),
        )
        bands = [fmean(y.by_band[b] for y in found) for b in range(len(BANDS))]
        yield figure(f"{name}: false alarms, worst band", max(bands), "per 1000", n=len(found))
        yield figure(f"{name}: false alarms, best band", min(bands), "per 1000", n=len(found))


def main(worlds: Sequence[str]) -> int:
    """Print one table a world."""
    for world in worlds or WORLDS:
        streams = [list(passages(WORLDS[world], seed)) for seed in SEEDS]
        print(f"{world}: {len(SEEDS)} years; bands below 5 | 5-15 | 15-26 | above 26 degrees")
        print(
            f"{'rule':26}{'AUC':>7}{'sens':>13}{'FA':>6}{'rest':>6}  FA by band (spread){'':16}sens by band"
        )
        for rule, run in RULES.items():
            found = [run(people) for people in streams]
            print(f"{rule:26}" + _line(found), flush=True)
    return 0


def _gate(people: Sequence[Coming], *, three: bool = False) -> Decision:
    return Decision(people[0].site, all_readings=three)


def _line(found: Sequence[Year]) -> str:
    bands = range(len(BANDS))
    alarms = " ".join(f"{_spread([y.by_band[b] for y in found], '.0f'):>9}" for b in bands)
    sens = "/".join(f"{fmean(y.found[b] for y in found):.2f}" for b in bands)
    return (
        f"{fmean(y.area for y in found):7.3f}{_spread([y.sensitivity for y in found], '.2f'):>13}"
        f"{fmean(y.alarms for y in found):6.0f}{fmean(y.rested for y in found):6.0f}  {alarms}  {sens}"
    )


def _spread(values: Sequence[float], form: str) -> str:
    wide = stdev(values) if len(values) > 1 else 0.0
    return f"{fmean(values):{form}}+-{wide:{form}}"


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _per_1000(part: int, whole: int) -> float:
    return 1000 * _share(part, whole)


def _area(scored: Sequence[Scored]) -> float:
    """The area under the curve, ties counted by halves."""
    ordered = sorted(scored, key=lambda s: s.score)
    below, won, i = 0, 0.0, 0
    while i < len(ordered):
        j = i
        while j < len(ordered) and ordered[j].score == ordered[i].score:
            j += 1
        ill = sum(s.truth for s in ordered[i:j])
        well = j - i - ill
        won += ill * (below + well / 2)
        below += well
        i = j
    return won / (below * (len(scored) - below))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
