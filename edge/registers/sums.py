"""What registers add up to: stock, and what inspections found. Pure; what was struck out counts nowhere."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from edge.registers.definition import Definition, Score, Stock
from edge.registers.due import Said


@dataclass(frozen=True, slots=True)
class Held:
    """How much there is of one thing; `low` is the number below which it is short, `asked` how much more
    was asked for and has not come yet."""

    item: str
    plus: int = 0
    minus: int = 0
    low: int | None = None
    asked: int = 0

    @property
    def left(self) -> int:
        return self.plus - self.minus

    @property
    def short(self) -> bool:
        """Whether there is less than there should be; what nobody ever kept is not short."""
        return self.low is not None and self.left < self.low and self.plus + self.minus + self.asked > 0


@dataclass(frozen=True, slots=True)
class Place:
    """What the inspections of one place came to; `score` is the percentage of what was looked at that was in
    order, rounded down."""

    place: str
    visits: int
    findings: int
    fixed: int
    looked_at: int

    @property
    def score(self) -> int:
        return 100 if not self.looked_at else 100 * (self.looked_at - self.findings) // self.looked_at


@dataclass(frozen=True, slots=True)
class Inspected:
    """Inspections: visits (家次), places (家), findings (问题), those put right at once (现场整改)."""

    visits: int = 0
    places: tuple[Place, ...] = ()
    findings: int = 0
    fixed: int = 0
    open: int = 0
    by_finding: dict[str, int] = field(default_factory=dict)
    by_squad: dict[str, int] = field(default_factory=dict)
    by_measure: dict[str, int] = field(default_factory=dict)


def stock(definition: Definition, entries: Iterable[Said]) -> list[Held]:
    """Return how much there is of each thing, in the definition's order; of what it no longer names last."""
    rules = definition.stock
    assert rules is not None
    sums: dict[str, Counter[str]] = {}
    for said in entries:
        _count(rules, said, sums)
    items = definition.one(rules.item)
    low = {} if items is None else {choice.value: choice.low for choice in items.choices}
    names = [*low, *(name for name in sums if name not in low)]
    made = ((name, sums.get(name, Counter())) for name in names)
    return [Held(name, s["plus"], s["minus"], low.get(name), s["asked"]) for name, s in made]


def inspected(definition: Definition, entries: Sequence[Said]) -> Inspected:
    """Return what inspections came to."""
    score = definition.score
    assert score is not None
    items = definition.one(score.findings)
    asked = len(items.choices) if items else 0
    counted = [said for said in entries if said.counts]
    places: dict[str, list[Said]] = {}
    for said in counted:
        places.setdefault(str(said.fields.get(score.place, "")), []).append(said)
    found = [_place(score, name, visits, asked) for name, visits in places.items()]
    return Inspected(
        visits=len(counted),
        places=tuple(sorted(found, key=lambda place: (place.score, place.place))),
        findings=sum(place.findings for place in found),
        fixed=sum(place.fixed for place in found),
        open=sum(said.open and definition.lasts(said.fields) for said in counted),
        by_finding=_counted(one for said in counted for one in _list(said, score.findings)),
        by_squad=_counted(said.fields.get(score.squad or "") for said in counted),
        by_measure=_counted(said.fields.get("measure") for said in counted),
    )


def _place(score: Score, name: str, visits: Sequence[Said], asked: int) -> Place:
    findings = sum(len(_list(said, score.findings)) for said in visits)
    fixed = sum(len(set(_list(said, score.findings)) & set(_list(said, score.fixed))) for said in visits)
    return Place(name, len(visits), findings, fixed, asked * len(visits))


def _count(rules: Stock, said: Said, sums: dict[str, Counter[str]]) -> None:
    item, amount = said.fields.get(rules.item), said.fields.get(rules.amount)
    if not said.counts or not isinstance(item, str) or not isinstance(amount, int):
        return
    move = said.fields.get(rules.move)
    into = sums.setdefault(item, Counter())
    if move == rules.plus:
        into["plus"] += amount
    elif move == rules.minus:
        into["minus"] += amount
    elif move == rules.request and said.open:
        into["asked"] += amount


def _counted(values: Iterable[Any]) -> dict[str, int]:
    return dict(Counter(str(value) for value in values if value is not None).most_common())


def _list(said: Said, name: str) -> list[str]:
    found = said.fields.get(name)
    return [str(one) for one in found] if isinstance(found, list) else []
