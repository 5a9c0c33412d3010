"""Under which circumstances a passage happens: what rules may look at beside its evidence.

All of it stands in the passage's row, so that deciding stored evidence again gives the stored decision.
"""

from dataclasses import dataclass

from edge.domain.model import Occupant, Passage


@dataclass(frozen=True, slots=True)
class Circumstances:
    """`direction` is `in` or `out`, "" where it is not asked; `vehicle`: the passage is a vehicle's own;
    `aboard`: of somebody who came in one; `minute` of the day on the gate's wall when the passage was opened,
    None where the clock was not believed; `occupants` of a vehicle are those who were seen to."""

    direction: str = ""
    vehicle: bool = False
    aboard: bool = False
    minute: int | None = None
    occupants: tuple[Occupant, ...] = ()


ANY = Circumstances()


def circumstances(passage: Passage) -> Circumstances:
    """Return the circumstances of a passage, from what its row holds."""
    return Circumstances(
        passage.direction, passage.vehicle, passage.group is not None, passage.minute, passage.occupants
    )
