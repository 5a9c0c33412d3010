"""Vehicles for a lane, and what a start makes of one."""

from dataclasses import replace

from edge.domain import bench
from edge.domain.events import AllAboard, BeginVehicle, Decide, Give, NextOccupant, Park, Resume
from edge.domain.lane import leave
from edge.domain.lane_state import LaneState
from edge.domain.model import Outcome, Passage
from edge.domain.record import recorded, restored
from tests.domain.people import Walk, at, resident

MASK = {"mask": "on"}


class Road(Walk):
    """A lane that vehicles come to; everybody in them has a pass."""

    def arrives(
        self,
        plate: str = "京A12345",
        seats: int | None = 2,
        *,
        passage: int | None = None,
        direction: str = "",
    ) -> int:
        lane, _passage, command, by, when = self._head(0)
        self.event(
            BeginVehicle(lane, passage, command, by, when, plate=plate, occupants=seats, direction=direction)
        )
        return self.vehicle.id

    @property
    def vehicle(self) -> Passage:
        assert self.state.group is not None
        return self.state.group.vehicle

    def passes(self, name: str, body_c: float = 36.6, mask: str = "on") -> None:
        """Somebody of a vehicle is measured, shows a pass and is looked at."""
        self.now += 1
        self.stand(body_c)
        self.show(resident(name))
        if self.state.active is not None:
            self.give(mask=mask)

    def next(self) -> None:
        self.event(NextOccupant(*self._head(self.vehicle.id)))

    def everybody(self) -> None:
        self.event(AllAboard(*self._head(self.vehicle.id)))

    def note(self, vehicle: int | None = None, **answers: str) -> None:
        self.event(Give(*self._head(vehicle or self.vehicle.id), tuple(answers.items())))

    def settle(self, outcome: Outcome, reason: str = "known", vehicle: int | None = None) -> None:
        self.event(Decide(*self._head(vehicle or self.vehicle.id), outcome, reason))

    def aside(self, why: str = "other") -> int:
        vehicle = self.vehicle.id
        self.event(Park(*self._head(vehicle), why))
        return vehicle

    def back(self, vehicle: int) -> None:
        lane, _passage, command, by, when = self._head(0)
        self.event(Resume(lane, vehicle, command, by, when))

    def restart(self, *, killed: bool = False) -> None:
        """Start anew from what the rows tell; `killed`: nobody closed the lane before."""
        if not killed:
            result = leave(self.spec, self.state, at(self.now))
            self.records.extend(result.records)
        self.state = folded(self)
        self.spec = replace(self.spec, boot=self.spec.boot + 1, started_us=at(self.now).mono_us)

    def outcomes(self) -> dict[int, Outcome]:
        """Return how every passage ended, by its newest row."""
        return {
            r.passage.id: r.passage.decision.outcome
            for r in self.records
            if r.kind == "passage.decided" and r.passage.decision and r.passage.decision.outcome
        }

    def opened_for(self) -> list[int]:
        return [do.passage for do in self.dos if do.device == "barrier"]


def folded(road: Road) -> LaneState:
    """Return the state that a start makes of the rows written so far."""
    newest: dict[int, Passage] = {}
    for record in road.records:
        body, sealed = recorded(road.spec.procedure, road.spec.policy, record.passage)
        newest[record.passage.id] = restored(body, sealed, lane="in", clock="synced")
    waiting = [p for p in newest.values() if p.stage.value != "ended"]
    return bench.restore(waiting, bench.crews_of(waiting, newest.get))
