"""People in a row: judged one by one with what was learned of those before, and learned from.

The same for the replay of a file, for benches and for tests: nothing here knows where rows come from.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from edge.domain.healthy import Expected, Healthy, expected, learn, start
from edge.domain.history import Usual, after_visit, hinted
from edge.domain.model import ScreeningVerdict
from edge.domain.posterior import PREVALENCE_PPM, Cuts, Judged, judge_all, usable
from edge.domain.skin import PLACES

# Face study: how far a distance at one place of a face goes with that at another (.5 to .9).
TOGETHER = 0.6
# Whoever comes back after so long has come again.
VISIT_US = 2 * 3600 * 1_000_000
_ASKS = (ScreeningVerdict.AGAIN, ScreeningVerdict.TOO_LOW, ScreeningVerdict.UNRELIABLE)


@dataclass(frozen=True, slots=True)
class Taken:
    """One reading: thousandths of a degree, microseconds. `place` is a name of edge.domain.skin."""

    at_us: int
    person: str
    place: str
    surface_mdegc: int
    ambient_mdegc: int | None = None
    device: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """One person's readings of one visit as far as they were used, what was expected, what follows."""

    person: str
    used: tuple[Taken, ...]
    about: dict[str, Expected]
    judged: Judged


@dataclass(slots=True)
class Screener:
    """Judges visits as they come. `as_needed`: a further reading is used only when the last answer asks
    for one. One state for each place and device; `usual` is what is usual for each person."""

    as_needed: bool = True
    prevalence_ppm: int = PREVALENCE_PPM
    cuts: Cuts = field(default_factory=Cuts)
    states: dict[tuple[str, str], Healthy] = field(default_factory=dict)
    usual: dict[str, Usual] = field(default_factory=dict)

    def judge(self, readings: Sequence[Taken]) -> Visit:
        """Judge one visit and learn from it."""
        used: list[Taken] = []
        about: dict[str, Expected] = {}
        values: dict[str, list[int]] = {}
        for taken in readings:
            used.append(taken)
            key = _key(taken)
            if key not in about:
                anybody = expected(self._state(taken), taken.ambient_mdegc, taken.at_us)
                about[key] = hinted(anybody, self.usual.get(taken.person), taken.at_us)
            values.setdefault(key, []).append(taken.surface_mdegc)
            judged = judge_all(values, about, prevalence_ppm=self.prevalence_ppm, cuts=self.cuts)
            if self.as_needed and judged.verdict not in _ASKS:
                break
        self._learn(used, about)
        if judged.verdict is ScreeningVerdict.NORMAL:
            self._remember(used[0], about[_key(used[0])])
        return Visit(readings[0].person, tuple(used), about, judged)

    def _remember(self, first: Taken, about: Expected) -> None:
        if usable([first.surface_mdegc], about):
            before = self.usual.get(first.person)
            self.usual[first.person] = after_visit(about, before, first.surface_mdegc, first.at_us)

    def _state(self, taken: Taken) -> Healthy:
        key = (taken.place, taken.device)
        if key not in self.states:
            self.states[key] = start(PLACES[taken.place])
        return self.states[key]

    def _learn(self, used: Sequence[Taken], about: dict[str, Expected]) -> None:
        """Each place and device learns from its first measurement. Who was asked for a second place because
        the first stood out is no sample of everybody: as much as goes with the first is taken off."""
        first: tuple[str, float] | None = None
        for key, of in about.items():
            good = [taken for taken in used if _key(taken) == key and usable([taken.surface_mdegc], of)]
            if not good:
                continue
            off = (good[0].surface_mdegc - of.level_mdegc + of.own_mdegc) / of.spread_mdegc
            first = first or (key, off)
            selected = self.as_needed and key != first[0]
            excess = round(TOGETHER * first[1] * of.spread_mdegc) if selected else 0
            self.states[good[0].place, good[0].device] = learn(
                self._state(good[0]), good[0].surface_mdegc - excess, good[0].ambient_mdegc, good[0].at_us
            )


def visits(readings: Iterable[Taken]) -> Iterator[tuple[Taken, ...]]:
    """Put the readings of one visit together, in the order of their first: the same person's, not longer
    apart than VISIT_US, whoever was measured in between."""
    found: list[list[Taken]] = []
    last: dict[str, list[Taken]] = {}
    for taken in readings:
        mine = last.get(taken.person)
        if mine is None or abs(taken.at_us - mine[-1].at_us) > VISIT_US:
            mine = []
            last[taken.person] = mine
            found.append(mine)
        mine.append(taken)
    return (tuple(mine) for mine in found)


def _key(taken: Taken) -> str:
    return f"{taken.place}/{taken.device}"
