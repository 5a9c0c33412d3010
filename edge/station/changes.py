"""Which procedures lanes are to follow: at once, or from a time on. Knows when, and changes nothing itself.

Never refused and never lost, unlike what devices say: few come, and a full inbox of readings must not keep
an old procedure in force.
"""

from collections import deque
from collections.abc import Collection, Iterable

from edge.domain.model import Instant
from edge.journal import Row
from edge.messages import Follow


class Changes:
    """Changes of procedures on their way into the lanes. `ask` may be called from any thread, the rest is
    the station's."""

    def __init__(self, planned: Iterable[Follow] = ()) -> None:
        self._asked: deque[Follow] = deque(planned)
        self._planned: dict[str, Follow] = {}

    def ask(self, change: Follow) -> None:
        """Have lanes follow another procedure, whose row is on disk by now."""
        self._asked.append(change)

    def now(self, lanes: Collection[str]) -> list[tuple[str, Follow]]:
        """Return what lanes are to follow from now on, in the order in which it was asked for. A newer word
        takes the place of what was planned."""
        found: list[tuple[str, Follow]] = []
        while self._asked:
            change = self._asked.popleft()
            for lane in change.lanes:
                if lane not in lanes:
                    continue
                if change.from_us is not None:
                    self._planned[lane] = change
                else:
                    self._planned.pop(lane, None)
                    found.append((lane, change))
        return found

    def due(self, now: Instant) -> list[tuple[str, Follow, Row]]:
        """Return what was planned for a time that has come, by a clock that is believed (a machine that
        starts in 2036 must not bring forward what is meant for next week), and the row that says so."""
        if not now.clock.trusted:
            return []
        return [
            (lane, plan, _followed(lane, plan, now))
            for lane, plan in self._planned.items()
            if plan.from_us is not None and plan.from_us <= now.at_us
        ]

    def done(self, lane: str) -> None:
        """Forget what was planned for a lane, which follows it by now."""
        del self._planned[lane]


def _followed(lane: str, plan: Follow, now: Instant) -> Row:
    procedure = plan.procedure
    body = {"name": procedure.name, "version": procedure.version, "published": plan.published}
    return Row("procedure.followed", now, body, lane)
