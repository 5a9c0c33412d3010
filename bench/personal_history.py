"""What is usual for one person: a bounded hint, never evidence that somebody is well.

Somebody who always reads a little warm is expected a little warm; how much is limited, so that nobody
gets used to being ill. Only readings of passages that ended without anything found may be handed in.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from edge.domain.healthy import Expected

# Shajkofci 2021: of a spread of .80 between readings .54 is within a person, so half of the variance stays.
TRAIT = 0.5
MOST_VISITS = 20
# No history moves what is expected by more than half a spread, whatever it says.
BOUND_SPREADS = 0.5


def with_history(about: Expected, offsets_mdegc: Sequence[int]) -> Expected:
    """Return what is expected of this person, from how far each of the last visits was off what was
    expected then (thousandths of a degree): less the fewer they are, and with a smaller spread."""
    known = len(offsets_mdegc[-MOST_VISITS:])
    if not known:
        return about
    kept = known * TRAIT / (known * TRAIT + 1 - TRAIT)
    bound = BOUND_SPREADS * about.spread_mdegc
    moved = max(-bound, min(bound, kept * median(offsets_mdegc[-MOST_VISITS:])))
    spread = about.spread_mdegc * math.sqrt(1 - kept * TRAIT)
    return replace(about, level_mdegc=about.level_mdegc + round(moved), spread_mdegc=round(spread))
