"""The figures of a report, counted over passages. Pure: values in, whole numbers out.

Passes (人次、辆次) stand apart from distinct persons (名) and vehicles (辆), in names of their own, so that
no sum can mix them. Whoever is not named at all is one person for each pass, and how many those are is said.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from edge.reports.facts import MEASURED, Fact

Figures = dict[str, int]
OUTCOMES = ("admit", "turn_back", "refer", "abandoned")
# Figures that are always there, also with zeros; those of reasons, names and categories come as they are.
ALWAYS = (
    *(f"{name}.{who}" for who in ("persons", "vehicles") for name in ("passes", "in", "out", *OUTCOMES)),
    *(f"distinct.{who}" for who in ("persons", "vehicles")),
    *(f"distinct_turned_back.{who}" for who in ("persons", "vehicles")),
    *(f"unnamed.{who}" for who in ("persons", "vehicles")),
    *("suspected", "over", "again", "measured_twice", "cleared"),
    *("musts.asked", "musts.complete", "overrides", "mask_reminded", "leaflets", "disinfected"),
    *("gap.vehicle_without_occupants", "gap.occupants_lacking", "gap.without_temperature"),
    "venue.confirmed",
    *("paper.persons", "paper.vehicles", "corrected"),
)
# What counts people or vehicles once for a day: added up over days it counts them once for each day.
DISTINCT = frozenset(name for name in ALWAYS if name.startswith("distinct"))


class _Add(Protocol):
    def __call__(self, name: str, more: int = 1) -> None: ...


def count(facts: Sequence[Fact], groups: frozenset[int] | None = None) -> Figures:
    """Count passages. `groups` are the vehicles that somebody was recorded in, by passage, where those may
    be outside `facts`. The distinct figures are left out where somebody can no longer be told apart."""
    found: Figures = dict.fromkeys(ALWAYS, 0)
    occupied = groups if groups is not None else aboard(facts)

    def add(name: str, more: int = 1) -> None:
        found[name] = found.get(name, 0) + more

    for one in facts:
        _passes(one, add)
        if one.outcome == "abandoned":
            continue
        if one.vehicle:
            if one.passage not in occupied and not one.paper:
                add("gap.vehicle_without_occupants")
            if one.occupants_lacking:
                add("gap.occupants_lacking")
            if one.disinfected:
                add("disinfected")
        else:
            _measured(one, add)
            _musts(one, add)
        if one.override_by is not None:
            add("overrides")
            add(f"override.{one.override_by}")
        if one.outcome == "turn_back":
            for reason in one.reasons:
                add(f"turned_back.{'vehicles' if one.vehicle else 'persons'}.{reason}")
    return {name: value for name, value in found.items() if name not in DISTINCT} | _distinct(facts)


def aboard(facts: Iterable[Fact]) -> frozenset[int]:
    """Return the vehicles that somebody was recorded in."""
    return frozenset(one.group for one in facts if one.group is not None)


def by_lane(facts: Sequence[Fact]) -> dict[str, Figures]:
    """Count each lane by itself."""
    occupied = aboard(facts)
    lanes: dict[str, list[Fact]] = {}
    for one in facts:
        lanes.setdefault(one.lane, []).append(one)
    return {lane: count(those, occupied) for lane, those in sorted(lanes.items())}


def summed(several: Iterable[Mapping[str, int]]) -> Figures:
    """Add figures up, of several days or gates. A distinct figure that one of them lacks is lacking."""
    found: Figures = {}
    lacking: set[str] = set()
    for one in several:
        lacking |= DISTINCT - one.keys()
        for name, value in one.items():
            found[name] = found.get(name, 0) + value
    return {name: value for name, value in found.items() if name not in lacking}


def per_mille(part: int, whole: int) -> int | None:
    """Return a share in thousandths, rounded down; None of nothing."""
    return None if whole == 0 else part * 1000 // whole


def _passes(one: Fact, add: _Add) -> None:
    who = "vehicles" if one.vehicle else "persons"
    add(f"{one.outcome}.{who}")
    if one.corrected:
        add("corrected")
    if one.outcome == "abandoned":
        return
    add(f"passes.{who}")
    add(f"{'out' if one.direction == 'out' else 'in'}.{who}")
    if one.category:
        add(f"category.{one.category}")
    if one.paper:
        add(f"paper.{who}")


def _measured(one: Fact, add: _Add) -> None:
    if one.verdict not in MEASURED:
        add("gap.without_temperature")
    if one.verdict in ("over", "again"):
        add(one.verdict)
    if one.second:
        add("measured_twice")
        if one.verdict == "normal":
            add("cleared")
    for name, is_so in (
        ("suspected", one.suspected),
        ("mask_reminded", one.mask_reminded),
        ("venue.confirmed", one.venue),
    ):
        if is_so:
            add(name)
    add("leaflets", one.leaflets)


def _musts(one: Fact, add: _Add) -> None:
    if not one.musts or one.paper:
        return
    if one.outcome == "admit":
        add("musts.asked")
        if all(done for _, done in one.musts):
            add("musts.complete")
    for name, done in one.musts:
        add(f"must.{name}.asked")
        if done:
            add(f"must.{name}.done")


def _distinct(facts: Sequence[Fact]) -> Figures:
    found: Figures = {}
    for who in ("persons", "vehicles"):
        those = [one for one in facts if one.vehicle is (who == "vehicles") and one.outcome != "abandoned"]
        # By what somebody has shown who is in the register, they are known also where nobody looked it up.
        entries: dict[str, int] = {}
        for one in those:
            if one.who is not None and one.entry is not None:
                entries[one.who] = min(one.entry, entries.get(one.who, one.entry))
        found[f"unnamed.{who}"] = sum(
            one.who is None and one.entry is None and not one.sealed for one in those
        )
        if any(one.sealed for one in those):
            continue
        back = [one for one in those if one.outcome == "turn_back"]
        found[f"distinct.{who}"] = _persons(those, entries)
        found[f"distinct_turned_back.{who}"] = _persons(back, entries)
    return found


def _persons(facts: Sequence[Fact], entries: Mapping[str, int]) -> int:
    """Count people once each; whoever is not named at all once for each passage."""
    known = {
        one.entry if one.entry is not None else entries.get(one.who or "", one.who)
        for one in facts
        if one.entry is not None or one.who is not None
    }
    return len(known) + sum(one.entry is None and one.who is None for one in facts)
