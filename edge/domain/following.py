"""What happens to a lane when its procedure changes while it runs. Pure.

Nobody's passage changes under their feet: whoever is in the lane, rests beside it or has a platform's answer
still to come ends by the version they began with.
"""

from dataclasses import replace

from edge.domain.lane_state import LaneSpec, LaneState
from edge.domain.procedure import Procedure


def follow(spec: LaneSpec, state: LaneState, procedure: Procedure) -> LaneSpec:
    """Return the lane that follows another procedure from its next passage on, and still knows the versions
    that somebody of its state goes by."""
    return replace(
        spec, procedure=procedure, earlier=_needed((*spec.earlier, spec.procedure), state, procedure)
    )


def knowing(spec: LaneSpec, state: LaneState, versions: tuple[Procedure, ...]) -> LaneSpec:
    """Return the lane with those of these versions that somebody of its state goes by."""
    return replace(spec, earlier=_needed((*spec.earlier, *versions), state, spec.procedure))


def _needed(known: tuple[Procedure, ...], state: LaneState, present: Procedure) -> tuple[Procedure, ...]:
    # The last one too: its page is shown until somebody else steps up.
    here = state.group.vehicle if state.group is not None else None
    passages = (state.active, here, state.last, *state.parked, *state.crews)
    versions = {passage.procedure_version for passage in passages if passage is not None}
    versions |= {owed.version for owed in state.asked}
    by_version = {procedure.version: procedure for procedure in known}
    return tuple(
        procedure
        for version, procedure in by_version.items()
        if version in versions and version != present.version
    )
