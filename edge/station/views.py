"""What each lane shows: published by the station's thread once it is on disk, read by any."""

from collections.abc import Callable
from typing import Any

from edge.domain.errors import FormError
from edge.domain.lane_state import LaneSpec, LaneState
from edge.domain.model import Instant, Reading
from edge.domain.view import calibrations, lane_view

_SHOWN = ("active", "parked", "last", "calibrations", "healthy", "instruments", "notice", "aimed", "group")


class Views:
    """The last published view of each lane. `ring` is called with every new one."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._views: dict[str, dict[str, Any]] = {}
        self._pictured: dict[str, Reading | None] = {}  # what of an array each view shows
        self._sequences: dict[str, int] = {}

    def of(self, lane: str) -> dict[str, Any]:
        """Return a lane's view; raises FormError."""
        view = self._views.get(lane)
        if view is None:
            raise FormError("unknown_lane", f"there is no lane {lane!r}", 404)
        return view

    def written(self, lane: str, sequence: int) -> None:
        """Know the number of a lane's newest row, which its next view tells."""
        self._sequences[lane] = sequence

    def publish(self, spec: LaneSpec, state: LaneState, now: Instant) -> None:
        """Show how a lane stands."""
        view = lane_view(spec, state, now)
        view["sequence"] = self._sequences.get(spec.name)
        self._views[spec.name] = view
        self._pictured[spec.name] = state.picture
        self._ring()

    def is_stale(self, lane: str, state: LaneState, now: Instant) -> bool:
        """Say whether anything moved that no step publishes: a live value, a rest, a calibration's age."""
        view = self._views[lane]
        moved = view["temperature"]["live_mdegc"] != state.live_mdegc or bool(state.parked)
        pictured = self._pictured[lane] is not state.picture
        return moved or pictured or view["calibrations"] != calibrations(state, now)


def differ(before: LaneState, after: LaneState) -> bool:
    """Say whether two states of a lane would show different things."""
    return any(getattr(before, part) is not getattr(after, part) for part in _SHOWN)
