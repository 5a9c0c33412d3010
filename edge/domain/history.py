"""What is usual for one person: a bounded hint, never evidence that somebody is well.

Somebody who always reads a little warm is expected a little warm; how much is limited, so that nobody gets
used to being ill. It counts only for whoever said who they are, by a code that was proven, before they were
measured: a name that comes after a reading changes nothing that the reading meant. In memory only; a start
and every destruction of keys make it again of the passages whose seals still open, and of nothing else.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from edge.domain import rules
from edge.domain.healthy import TRAIT, Expected, own_share
from edge.domain.model import Code, CodeVerdict, Evidence, Measurement

MOST_VISITS = 20
# No history moves what is expected by more than half a spread, whatever it says.
BOUND_SPREADS = 0.5
# One visit says no more than this, whatever was read: who came running is not warm by nature.
CLIP_SPREADS = 1.0
MOST_PEOPLE = 4_000
# Whoever stays away for so long begins anew.
FORGOTTEN_US = 14 * 86_400 * 1_000_000


@dataclass(frozen=True, slots=True)
class Usual:
    """How far one person's first readings are off what is expected of anybody at a place on the body: the
    mean, in thousandths of a degree, of so many visits (the newest MOST_VISITS count); when the last was,
    microseconds UTC."""

    place: str
    visits: int
    off_mdegc: int
    at_us: int


Regulars = Mapping[str, Usual]
"""Of each holder of a code, who came longest ago first."""


def hinted(about: Expected, usual: Usual | None, at_us: int) -> Expected:
    """Return what is expected of this person: moved by at most half a spread, by less the fewer visits are
    known, and with a smaller spread."""
    if usual is None or usual.place != about.place or not is_fresh(usual, at_us):
        return about
    kept = own_share(usual.visits)
    bound = BOUND_SPREADS * about.spread_mdegc
    moved = round(max(-bound, min(bound, kept * usual.off_mdegc)))
    return replace(
        about,
        level_mdegc=about.level_mdegc + moved,
        spread_mdegc=round(about.spread_mdegc * _narrowed(usual.visits)),
        own_mdegc=moved,
        usual_mdegc=usual.off_mdegc,
        visits=usual.visits,
    )


def anybody(about: Expected) -> Expected:
    """Return what was expected of anybody, whoever it was: the inverse of `hinted`, the spread to a
    thousandth of a degree."""
    if not about.visits:
        return about
    return replace(
        about,
        level_mdegc=about.level_mdegc - about.own_mdegc,
        spread_mdegc=round(about.spread_mdegc / _narrowed(about.visits)),
        own_mdegc=0,
        usual_mdegc=0,
        visits=0,
    )


def of_anybody(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Return the evidence as if nobody's own history were known."""
    return tuple(
        replace(piece, item=replace(piece.item, expected=anybody(piece.item.expected)))
        if isinstance(piece.item, Measurement) and piece.item.expected is not None
        else piece
        for piece in evidence
    )


def after_visit(about: Expected, usual: Usual | None, surface_mdegc: int, at_us: int) -> Usual:
    """Return what is usual for a person after a visit in which nothing was found: their first usable
    reading, what was expected then, and what was usual before. How many visits and what was usual is never
    taken of what was expected: that may come from a row, of days whose keys are destroyed."""
    known = hinted(anybody(about), usual, at_us)
    anybody_mdegc = known.level_mdegc - known.own_mdegc
    clip = CLIP_SPREADS * known.spread_mdegc
    off = max(-clip, min(clip, surface_mdegc - anybody_mdegc))
    visits = min(known.visits + 1, MOST_VISITS)
    mean = known.usual_mdegc + (off - known.usual_mdegc) / visits
    return Usual(known.place, visits, round(mean), at_us)


def with_visit(regulars: Regulars, holder: str, usual: Usual) -> Regulars:
    """Return the regulars with one person's newest visit: without those who stayed away too long, and
    whoever came longest ago makes room."""
    kept = {name: old for name, old in regulars.items() if name != holder and is_fresh(old, usual.at_us)}
    if len(kept) >= MOST_PEOPLE:
        del kept[next(iter(kept))]
    return {**kept, holder: usual}


def is_fresh(usual: Usual, at_us: int) -> bool:
    """Say whether a person was here lately enough. A clock that went back makes nobody a stranger."""
    return at_us - usual.at_us <= FORGOTTEN_US


def holder_of(evidence: Sequence[Evidence]) -> str | None:
    """Return who the codes of a passage say it is: one holder, of codes that were proven; else None."""
    proven = [
        piece
        for piece in evidence
        if isinstance(piece.item, Code) and piece.item.verdict is CodeVerdict.VALID
    ]
    holders = rules.holders(proven)
    return next(iter(holders)) if len(holders) == 1 and holders == rules.holders(evidence) else None


def _narrowed(visits: int) -> float:
    return math.sqrt(1 - own_share(visits) * TRAIT)
