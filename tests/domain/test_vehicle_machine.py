"""A bad day on the road: cars, buses and walkers, pauses, rests, late platforms, restarts, in any order.

The truth is kept by the generator: who sits in which vehicle. Nobody may be lost, nothing may become
another's, and the barrier opens once for each vehicle that is admitted.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge.domain.errors import FormError
from edge.domain.lane_state import LaneState
from edge.domain.model import Code, Outcome, Passage, Reason, Stage
from edge.domain.vehicle import counted, told
from edge.domain.vehicle_seats import all_vehicles, open_of
from tests.domain.cars import Road, folded
from tests.domain.people import resident

ENDS = st.sampled_from([Outcome.ADMIT, Outcome.TURN_BACK, Outcome.REFER, Outcome.ABANDONED])


class RoadMachine(RuleBasedStateMachine):
    """One lane, a vehicle after another, people on foot between them."""

    def __init__(self) -> None:
        super().__init__()
        self.road = Road("r4")
        self.people = 0
        self.cars = 0
        # By name: the vehicles they sat in when they showed their pass, None on foot.
        self.truth: dict[str, set[int | None]] = {}

    def _try(self, call: object, *args: object, **kwargs: object) -> None:
        before = self.road.state
        try:
            call(*args, **kwargs)  # type: ignore[operator]
        except FormError:
            assert self.road.state == before

    @property
    def here(self) -> int | None:
        return self.road.state.group.vehicle.id if self.road.state.group is not None else None

    @rule(seats=st.sampled_from([None, 1, 2, 3, 60]), adopt=st.booleans(), way=st.sampled_from(["", "out"]))
    def arrives(self, seats: int | None, adopt: bool, way: str) -> None:
        self.cars += 1
        active = self.road.state.active
        passage = active.id if adopt and active is not None else None
        self._try(self.road.arrives, f"京A{self.cars:05d}", seats, passage=passage, direction=way)
        if passage is not None and self.here is not None and active is not None:
            for name in _names(active):
                self.truth[name].add(self.here)

    @rule(body=st.sampled_from([36.6, 37.9, 38.6]), mask=st.sampled_from(["on", "on", "on", "refused"]))
    def somebody_passes(self, body: float, mask: str) -> None:
        self.people += 1
        self.road.wait(11)
        self.road.stand(body)
        if self._shows(f"某{self.people}"):
            self._try(self.road.give, mask=mask)

    @rule(body=st.sampled_from([36.6, 38.0]))
    def is_measured(self, body: float) -> None:
        self.road.stand(body)

    @rule(number=st.integers(1, 8))
    def a_phone_is_held_up_again(self, number: int) -> None:
        self.road.wait(4)
        self._shows(f"某{number}")

    def _shows(self, name: str) -> bool:
        """Hold up a pass; say whether it was taken, and by whose vehicle it has to be then."""
        bench = [p for p in self.road.state.parked if name in _names(p)]
        before = self.road.state.active
        known = before is not None and name in _names(before)
        theirs = bench[0].group if bench and self.road.state.active is None else self.here
        self.road.show(resident(name))
        active = self.road.state.active
        if active is None or name not in _names(active):
            return False
        if not known:
            self.truth.setdefault(name, set()).add(theirs)
        return True

    @rule(why=st.sampled_from(["rest", "platform"]))
    def somebody_steps_aside(self, why: str) -> None:
        self._try(self.road.park, why)

    @rule(ticket=st.integers(1, 4))
    def somebody_comes_back(self, ticket: int) -> None:
        self._try(self.road.resume, ticket)

    @rule(end=ENDS)
    def the_attendant_decides_who_is_there(self, end: Outcome) -> None:
        self._try(self.road.decide, end)

    @rule()
    def begins_by_hand(self) -> None:
        self._try(self.road.begin)

    @rule()
    def next_please(self) -> None:
        if self.here is not None:
            self._try(self.road.next)

    @rule()
    def that_is_everybody(self) -> None:
        if self.here is not None:
            self._try(self.road.everybody)

    @rule(seats=st.sampled_from(["1", "2", "4", "0", "61"]))
    def the_number_is_corrected(self, seats: str) -> None:
        if self.here is not None:
            self._try(self.road.note, occupants=seats)

    @rule()
    def is_put_aside(self) -> None:
        if self.here is not None:
            self._try(self.road.aside)

    @rule(index=st.integers(0, 3))
    def comes_back_whole(self, index: int) -> None:
        aside = [p for p in self.road.state.parked if p.vehicle]
        if index < len(aside):
            self._try(self.road.back, aside[index].id)

    @rule(end=ENDS, index=st.integers(0, 3))
    def the_attendant_decides_a_vehicle(self, end: Outcome, index: int) -> None:
        there = all_vehicles(self.road.state)
        if index < len(there):
            self._try(self.road.settle, end, "origin", there[index].id)

    @rule(seconds=st.sampled_from([1, 30, 95, 61, 50_000]))
    def time_passes(self, seconds: int) -> None:
        self.road.wait(seconds)

    @rule(killed=st.booleans())
    def starts_anew(self, killed: bool) -> None:
        before = {p.id: (p.evidence, p.occupants) for p in all_vehicles(self.road.state)}
        crews = {p.id for p in self.road.state.crews}
        self.road.restart(killed=killed)
        again = {p.id: (p.evidence, p.occupants) for p in all_vehicles(self.road.state)}
        assert again == before
        assert {p.id for p in self.road.state.crews} >= crews
        assert self.road.state.group is None

    @invariant()
    def no_two_have_one_number(self) -> None:
        tickets = [p.ticket for p in self.road.state.parked]
        assert len(tickets) == len(set(tickets))
        assert self.road.state.group is None or self.road.vehicle.ticket is None

    @invariant()
    def whoever_is_in_the_lane_belongs_to_the_vehicle_there(self) -> None:
        state = self.road.state
        if state.active is not None:
            assert state.active.group == self.here
        waiting = {p.id for p in all_vehicles(state)}
        assert {p.group for p in state.parked if p.group is not None} <= waiting

    @invariant()
    def nothing_became_anothers(self) -> None:
        for passage in _newest(self.road).values():
            names = _names(passage)
            if len(set(names)) > 1 and passage.decision is not None:
                assert Reason.SECOND_IDENTITY in passage.decision.reasons
            for name in names:
                assert passage.group in self.truth[name]

    @invariant()
    def nobody_of_a_vehicle_is_lost(self) -> None:
        newest = _newest(self.road)
        for vehicle in newest.values():
            if not vehicle.vehicle:
                continue
            mine = [p for p in newest.values() if p.group == vehicle.id]
            ended = {p.id: p.decision.outcome for p in mine if p.stage is Stage.ENDED and p.decision}
            if vehicle.stage is Stage.ENDED:
                assert not open_of(self.road.state, vehicle.id)
            assert {one.passage: one.outcome for one in vehicle.occupants} == ended

    @invariant()
    def the_barrier_opens_once_for_each_that_is_admitted(self) -> None:
        newest = _newest(self.road)
        admitted = [
            p.id
            for p in newest.values()
            if p.decision is not None and p.decision.outcome is Outcome.ADMIT and p.group is None
        ]
        assert sorted(self.road.opened_for()) == sorted(admitted)

    @invariant()
    def none_is_admitted_with_somebody_missing_but_by_name_and_reason(self) -> None:
        for passage in _newest(self.road).values():
            decision = passage.decision
            if not passage.vehicle or decision is None or decision.outcome is not Outcome.ADMIT:
                continue
            if decision.by is None:
                assert counted(passage.occupants) == told(passage)
                assert {one.outcome for one in passage.occupants} <= {Outcome.ADMIT, Outcome.ABANDONED}
            elif "aboard" in decision.missing:
                assert decision.override
                assert decision.chosen

    @invariant()
    def the_rows_tell_the_vehicles_that_are_there(self) -> None:
        told_of: LaneState = folded(self.road)
        assert {p.id: (p.evidence, p.occupants) for p in all_vehicles(told_of)} == {
            p.id: (p.evidence, p.occupants) for p in all_vehicles(self.road.state)
        }


def _names(passage: Passage) -> list[str]:
    codes = [piece.item for piece in passage.evidence if isinstance(piece.item, Code)]
    return [code.personal["name"] for code in codes if "name" in code.personal]


def _newest(road: Road) -> dict[int, Passage]:
    return {record.passage.id: record.passage for record in road.records}


TestRoad = RoadMachine.TestCase
TestRoad.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
