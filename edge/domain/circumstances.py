"""Under which circumstances a passage happens: what rules may look at beside its evidence.

All of it stands in the passage's row, so that deciding stored evidence again gives the stored decision.
"""

from dataclasses import dataclass, replace

from edge.domain.access import OPEN, AccessRules
from edge.domain.model import Occupant, Outcome, Passage

OPEN_THEN = "open"
"""Of an occupant who had not ended when the vehicle was decided about."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """`direction` is `in` or `out`, "" where it is not asked; `vehicle`: the passage is a vehicle's own;
    `aboard`: of somebody who came in one; `minute` of the day on the gate's wall when the passage was opened,
    None where the clock was not believed; `occupants` of a vehicle are those who were seen to. `access` are
    the rules of who may pass that held then; the row has their version."""

    direction: str = ""
    vehicle: bool = False
    aboard: bool = False
    minute: int | None = None
    occupants: tuple[Occupant, ...] = ()
    access: AccessRules = OPEN


ANY = Circumstances()


def occupants_then(passage: Passage) -> tuple[Occupant, ...]:
    """Return those who came in a vehicle as they were when it was decided about."""
    return tuple(
        replace(one, outcome=Outcome(one.before), before="") if one.before else one
        for one in passage.occupants
        if one.before != OPEN_THEN
    )


def circumstances(passage: Passage) -> Circumstances:
    """Return the circumstances of a passage, from what its row holds."""
    aboard = passage.group is not None
    return Circumstances(
        passage.direction, passage.vehicle, aboard, passage.minute, occupants_then(passage), passage.access
    )
