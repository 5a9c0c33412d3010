"""The gate's statistic on real volunteers, beside the rules it replaces, with intervals.

The face study (beside the project; without it a row says so), each place by itself, truth: oral 37.5 or
more. Rules see the people in the order of time and know nothing of anybody to come. Intervals: whole days
resampled, the same draws for every rule, so that differences are paired. After them the simulated year.
`./gate bench screening` also prints one table (on standard error) and makes the pictures of
docs/screening.md anew.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from bench import gate_year_rested, screening_pictures, screening_table
from bench.figures import figure
from bench.flir_columns import COLUMNS, ROUND_S, Subject, subjects
from bench.gate_rules import LastTen, RollingMedian, Rule
from edge.domain.visits import Screener, Taken

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "temperature" / "FLIR_group1.csv"
DRAWS = 1000
OWN_PPM, GATE_PPM = 90_000, 5_000  # how common it is among the volunteers, and at a gate
Numbers = NDArray[np.float64]
Figure = Callable[[Numbers, NDArray[np.bool_], Numbers], float]


@dataclass(frozen=True, slots=True)
class Crowd:
    """The volunteers in the order of time, whose they are, and how often each counts in each draw."""

    people: tuple[Subject, ...]
    febrile: NDArray[np.bool_]
    late: NDArray[np.bool_]
    draws: Numbers


@dataclass(frozen=True, slots=True)
class Run:
    """What a rule said of everybody, and how many readings it took."""

    scores: Numbers
    readings: float


def crowd(path: Path = DATA, draws: int = DRAWS) -> Crowd:
    """Read the volunteers and draw the days."""
    people = tuple(subjects(path))
    days = [list(group) for _, group in groupby(range(len(people)), lambda i: people[i].at.date())]
    dice = np.random.default_rng(20200208)
    taken = dice.multinomial(len(days), [1 / len(days)] * len(days), size=draws)
    counts = np.zeros((draws, len(people)))
    for column, members in enumerate(days):
        counts[:, members] = taken[:, [column]]
    late = np.zeros(len(people), dtype=bool)
    late[days[len(days) // 2][0] :] = True
    return Crowd(people, np.array([one.febrile for one in people]), late, counts)


def ours(people: Sequence[Subject], site: str, *, as_needed: bool, prevalence_ppm: int = OWN_PPM) -> Run:
    """Judge everybody as `gatepost screening replay` does."""
    screener = Screener(as_needed=as_needed, prevalence_ppm=prevalence_ppm)
    judged = [screener.judge(list(_taken(one, site))).judged for one in people]
    return Run(np.array([one.ppm / 1e6 for one in judged]), float(np.mean([one.readings for one in judged])))


def runs(people: tuple[Subject, ...], site: str) -> dict[str, Run]:
    """Return what every rule says, by its name."""
    one = np.array([person.readings[site][0] for person in people])
    three = np.array([person.readings[site] for person in people])
    return {
        "fixed, one reading": Run(one, 1.0),
        "fixed, mean of 3": Run(three.mean(axis=1), 3.0),
        "fixed, maximum of 3": Run(three.max(axis=1), 3.0),
        "last 10 trimmed": Run(_rule(LastTen(), people, site), 1.0),
        "rolling median 50": Run(_rule(RollingMedian(), people, site), 1.0),
        "gatepost, as needed": ours(people, site, as_needed=True),
        "gatepost, all": ours(people, site, as_needed=False),
    }


def area(scores: Numbers, febrile: NDArray[np.bool_], counts: Numbers) -> Numbers:
    """Return the area under the curve in each draw (`counts` has a row for each)."""
    above = scores[febrile][:, None] - scores[~febrile][None, :]
    wins = (above > 0) + 0.5 * (above == 0)
    ill, well = counts[:, febrile], counts[:, ~febrile]
    found: Numbers = ((ill @ wins) * well).sum(axis=1) / (ill.sum(axis=1) * well.sum(axis=1))
    return found


def false_alarms(scores: Numbers, febrile: NDArray[np.bool_], counts: Numbers) -> float:
    """Return the false alarms per 1000 at the highest threshold that finds 90 of 100."""
    threshold = _quantile(-scores[febrile], counts[febrile], 0.90)
    return float(1000 * np.average(scores[~febrile] >= -threshold, weights=counts[~febrile]))


def sensitivity(scores: Numbers, febrile: NDArray[np.bool_], counts: Numbers) -> float:
    """Return the share found at a threshold that spares 95 of 100."""
    threshold = _quantile(scores[~febrile], counts[~febrile], 0.95)
    return float(np.average(scores[febrile] > threshold, weights=counts[febrile]))


def specificity_late(one: Crowd, scores: Numbers, counts: Numbers) -> float:
    """Return the specificity on the second half of the days at the first half's threshold for 95 %."""
    early, late = ~one.late & ~one.febrile, one.late & ~one.febrile
    threshold = _quantile(scores[early], counts[early], 0.95)
    return float(np.average(scores[late] <= threshold, weights=counts[late]))


def rows(draws: int = DRAWS) -> Iterator[dict[str, Any]]:
    """Yield every figure of every rule at every place with `low` and `high` of its interval."""
    if not DATA.exists():
        yield figure("screening", 0, "people (skipped: no public test data beside the project)")
        return
    one = crowd(draws=draws)
    for site in COLUMNS:
        found = runs(one.people, site)
        areas = {name: area(run.scores, one.febrile, _with_all(one)) for name, run in found.items()}
        simple = max((name for name in found if name.startswith("fixed")), key=lambda name: areas[name][0])
        for name, run in found.items():
            start = f"screening.{site}.{name}"
            yield _row(f"{start}: area", areas[name], "share", one, peer=simple, peer_value=areas[simple][0])
            yield _row(f"{start}: area less {simple}", areas[name] - areas[simple], "share", one)
            for title, unit, of in _FIGURES:
                values = _each(of, run.scores, one)
                yield _row(f"{start}: {title}", values, unit, one)
                beside = values - _each(of, found[simple].scores, one)
                yield _row(f"{start}: {title} less {simple}", beside, unit, one)
            late = np.array([specificity_late(one, run.scores, counts) for counts in _with_all(one)])
            yield _row(f"{start}: specificity on later days", late, "share", one)
            yield figure(f"{start}: readings a person", run.readings, "readings", n=len(one.people))
        yield from _probabilities(one, site, found["gatepost, all"])
    yield from gate_year_rested.rows()


def report(found: Sequence[dict[str, Any]], out: TextIO) -> None:
    """Print the table and make the pictures, where there are volunteers."""
    if not DATA.exists():
        return
    for line in screening_table.lines(found):
        print(line, file=out)
    for path in screening_pictures.write():
        print(f"made {path}", file=out)


def _probabilities(one: Crowd, site: str, all_three: Run) -> Iterator[dict[str, Any]]:
    """What is claimed, against what is so; and the same people at a gate, where few have a fever."""
    wrong = (all_three.scores - one.febrile) ** 2
    counts = _with_all(one)
    brier = (counts * wrong).sum(axis=1) / counts.sum(axis=1)
    base = float(one.febrile.mean() * (1 - one.febrile.mean()))
    start = f"screening.{site}.gatepost, all"
    yield _row(f"{start}: Brier", brier, "score", one, peer="always the base rate", peer_value=base)
    claimed = float(all_three.scores.mean())
    yield figure(
        f"{start}: mean probability", claimed, "share", peer="febrile", peer_value=float(one.febrile.mean())
    )
    gate = ours(one.people, site, as_needed=False, prevalence_ppm=GATE_PPM)
    same = np.diff(gate.scores[np.argsort(all_three.scores, kind="stable")]) >= 0
    yield figure(f"{start}: same order at 0.5 %", float(same.mean()), "share of neighbours", n=len(same))
    yield figure(f"{start}: mean probability at 0.5 %", float(gate.scores.mean()), "share")


_FIGURES: tuple[tuple[str, str, Figure], ...] = (
    ("sensitivity at 95 % specificity", "share", sensitivity),
    ("false alarms at 90 % sensitivity", "per 1000", false_alarms),
)


def _each(of: Figure, scores: Numbers, one: Crowd) -> Numbers:
    return np.array([of(scores, one.febrile, counts) for counts in _with_all(one)])


def _with_all(one: Crowd) -> Numbers:
    """The draws, before them everybody once."""
    return np.vstack([np.ones(len(one.people)), one.draws])


def _row(name: str, values: Numbers, unit: str, one: Crowd, **peer: Any) -> dict[str, Any]:
    low, high = np.quantile(values[1:], (0.025, 0.975))
    bounds = {"low": round(float(low), 3), "high": round(float(high), 3)}
    return {**figure(name, float(values[0]), unit, n=len(one.people), **peer), **bounds}


def _rule(rule: Rule, people: Sequence[Subject], site: str) -> Numbers:
    found = []
    for one in people:
        first = next(_taken(one, site))
        ambient = first.ambient_mdegc or 0
        found.append(rule.score((first.surface_mdegc,), ambient, first.at_us, one.person))
    return np.array(found)


def _taken(one: Subject, site: str) -> Iterator[Taken]:
    at_us = round(one.at.timestamp() * 1e6)
    for index, value in enumerate(one.readings[site]):
        moment = at_us + index * ROUND_S * 1_000_000
        yield Taken(moment, one.person, site, round(1000 * value), round(1000 * one.ambient))


def _quantile(values: Numbers, counts: Numbers, part: float) -> float:
    """The smallest value that at least this part does not exceed."""
    order = np.argsort(values)
    passed = np.cumsum(counts[order])
    place = int(np.searchsorted(passed, part * passed[-1] - 1e-9))
    return float(values[order][min(place, len(values) - 1)])
