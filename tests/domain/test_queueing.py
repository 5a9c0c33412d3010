"""When a queue is long, and who of it is asked to rest: the top part by risk, and no more than the share."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.domain import queueing
from edge.domain.lane_state import Gone, LaneState
from edge.domain.model import Outcome, Passage
from edge.domain.policy import Policy
from edge.domain.queueing import GAPS, PEOPLE, is_long, pace
from edge.domain.walk import Way, advise
from tests.domain.people import POLICY, SECOND, Walk, at, resident, spec


class Door(Walk):
    """A lane at which people are let in or sent away one after another."""

    def __init__(self, policy: Policy = POLICY) -> None:
        super().__init__("compound", policy=policy)

    def passes(self, gap_s: float = 4.0, body_c: float = 36.6, **skin: float) -> Passage:
        self.now += gap_s
        self.stand(body_c, 0.6, **skin)
        if self.state.active is not None and self.state.active.stage == "open":
            self.show(resident(f"P{self.now:.1f}"))
            self.give(mask="on")
        return self.state.active or self.last

    def rush(self, people: int = GAPS + 1) -> None:
        for _ in range(people):
            self.passes()
            assert self.outcome is Outcome.ADMIT


def gone(seconds: float, out: int | None = 0, *, boot: int = 1, rushed: bool = False, to: str = "") -> Gone:
    return Gone(at(seconds), boot, out, rushed, to)


def test_a_queue_is_long_once_people_leave_close_upon_one_another() -> None:
    door = Door()
    door.rush(GAPS)
    assert not is_long(door.spec, door.state, at(door.now))
    door.rush(1)
    assert is_long(door.spec, door.state, at(door.now))
    assert (pace(door.spec, door.state, at(door.now)) or 0) < POLICY.queue_us


def test_it_is_not_long_any_more_once_nobody_has_left_for_a_while() -> None:
    door = Door()
    door.rush()
    assert not is_long(door.spec, door.state, at(door.now + 1 + GAPS * POLICY.queue_us / SECOND))


def test_a_slow_gate_and_one_that_says_so_have_no_long_queue() -> None:
    slow = LaneState(gone=tuple(gone(20.0 * number) for number in range(GAPS + 1)))
    quick = LaneState(gone=tuple(gone(5.0 * number) for number in range(GAPS + 1)))
    assert not is_long(spec(), slow, at(20.0 * GAPS + 1))
    assert is_long(spec(), quick, at(5.0 * GAPS + 1))
    assert not is_long(spec(policy=replace(POLICY, queue_us=0)), quick, at(5.0 * GAPS + 1))


def test_who_left_in_an_earlier_run_says_nothing_of_the_pace() -> None:
    state = LaneState(gone=tuple(gone(5.0 * number, boot=1) for number in range(GAPS + 1)))
    assert not is_long(spec(boot=2), state, at(5.0 * GAPS + 1))


def test_a_full_bench_is_a_long_queue_and_empties_as_the_rests_end() -> None:
    door = Door(replace(POLICY, bench_seats=2))
    for _ in range(2):
        door.passes(30.0, 38.4)
        door.park()
    assert is_long(door.spec, door.state, at(door.now))
    assert not is_long(door.spec, door.state, at(door.now + 61))


def test_with_an_empty_queue_everybody_who_needs_it_may_rest() -> None:
    door = Door()
    for _ in range(5):
        door.now += 60
        assert door.passes(60.0, 38.4).offered == "rest"
        door.park()


def test_in_a_long_queue_the_top_rests_and_the_others_go_to_the_contact_thermometer_at_once() -> None:
    door = Door(replace(POLICY, decides="legal", bench_seats=0))
    door.rush(30)
    assert door.passes(4.0, 37.4, surface_c=36.4).offered == "rest"
    door.park()
    # Over by the legal line as well, with a skin no warmer than everybody's.
    sent = door.passes(4.0, 37.4, surface_c=34.3)
    assert (sent.offered, sent.rushed) == ("contact", True)
    advice = advise(door.spec, sent)
    assert advice is not None
    assert (advice.next.way, advice.why) == (Way.CONTACT, "contact_queue")
    assert Way.REST in {one.way for one in advice.open}


def test_whoever_is_not_measured_in_a_long_queue_goes_to_the_contact_thermometer() -> None:
    door = Door()
    door.rush()
    for _ in range(2):
        door.stand(None, surface_c=29.0)
    assert door.state.active is not None
    assert (door.state.active.offered, door.state.active.rushed) == ("contact", True)


def test_an_offer_stands_whatever_becomes_of_the_queue() -> None:
    door = Door()
    first = door.passes(4.0, 38.4)
    assert (first.offered, first.rushed) == ("rest", False)
    full = tuple(gone(door.now - GAPS + number) for number in range(GAPS + 1))
    door.state = replace(door.state, gone=full)
    door.show(resident())
    assert door.state.active is not None
    assert (door.state.active.offered, door.state.active.rushed) == ("rest", False)


def test_the_people_of_late_are_remembered_and_no_more_of_them() -> None:
    state = LaneState()
    for number in range(3 * PEOPLE):
        state = queueing.went(state, gone(number, rushed=number < 10))
    assert len(state.gone) == PEOPLE + 10
    assert sum(one.rushed for one in state.gone) == 10


@settings(max_examples=60)
@given(
    people=st.lists(
        st.tuples(st.one_of(st.none(), st.integers(-3_000, 9_000)), st.booleans(), st.booleans()),
        max_size=700,
    ),
    rising=st.booleans(),
    share=st.sampled_from([0, 50, 200, 333, 1_000]),
)
def test_in_any_order_no_more_of_a_long_queue_are_asked_to_rest_than_the_share_and_one(
    people: list[tuple[int | None, bool, bool]], rising: bool, share: int
) -> None:
    """`out`, whether the queue is long, whether the person has to be measured another way. Rising: each
    stands out more than all before, so that a rank alone would let everybody rest."""
    here = spec(policy=replace(POLICY, rest_share_per_1000=share))
    state, asked, came = LaneState(), 0, 0
    for number, (out, is_rushed, needs) in enumerate(people):
        out_milli = number * 10 + 2_000 if rising else out
        offered = ""
        if needs:
            seat = not is_rushed or queueing.may_rest(here, state, out_milli)
            offered = queueing.REST if seat else queueing.CONTACT
            assert is_rushed or offered == queueing.REST
        came += is_rushed
        asked += is_rushed and offered == queueing.REST
        assert asked <= share * came / 1_000 + (1 if share else 0)
        state = queueing.went(state, gone(number, out_milli, rushed=is_rushed, to=offered))
