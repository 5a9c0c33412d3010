"""Whatever the district does, every row gets there, in order, and is stored once."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge import wire
from tests.uplink.fakes import FIRST, SECOND, FakeUpstream, Gate

FAULTS = [
    "drop",
    "lose",
    "twice",
    "low",
    "high",
    "part",
    "html",
    "other",
    "500",
    "503",
    "429",
    "401",
    "forget",
]

steps = st.lists(
    st.one_of(
        st.tuples(st.just("rows"), st.sampled_from([1, 2, 7, 30, 52])),
        st.tuples(st.just("fault"), st.sampled_from(FAULTS)),
        st.tuples(st.just("turn"), st.integers(1, 3)),
        st.tuples(st.just("restart"), st.booleans()),
    ),
    min_size=1,
    max_size=14,
)


@pytest.fixture
def small_batches() -> Iterator[None]:
    """A tenth of what a batch may hold, so that a batch more costs a tenth of the rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wire, "MAX_EVENTS", wire.MAX_EVENTS // 10)
        yield


@pytest.mark.usefixtures("small_batches")
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_every_row_arrives_once_and_in_order_whatever_the_district_does(
    script: list[tuple[str, int]],
) -> None:
    upstream = FakeUpstream()
    gate = Gate(upstream)
    for step, value in script:
        if step == "rows":
            gate.journal.fill(int(value))
        elif step == "fault":
            upstream.script.append(str(value))
        elif step == "restart":
            if value:
                gate.state.values.clear()  # the small memory was lost as well
            gate.restart()
        else:
            for _ in range(int(value)):
                gate.turn()
                assert gate.acknowledged <= max(upstream.heads.values(), default=0) + 1  # `forget`
    gate.drain()
    assert [number for _, number in upstream.order] == list(range(1, gate.journal.head() + 1))
    assert list(upstream.stored.values()) == [row.hash.hex() for row in gate.journal.rows]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([fault for fault in FAULTS if fault != "forget"]), max_size=12))
def test_nothing_is_forgotten_before_the_district_has_it(faults: list[str]) -> None:
    upstream = FakeUpstream(script=list(faults))
    gate = Gate(upstream)
    gate.journal.fill(30)
    for _ in range(len(faults) + 5):
        gate.turn()
        assert gate.acknowledged <= max(upstream.heads.values(), default=0)


def test_a_higher_acknowledgement_than_was_sent_is_not_believed() -> None:
    upstream = FakeUpstream(script=["high"])
    gate = Gate(upstream)
    gate.journal.fill(700)
    gate.turn()
    assert gate.acknowledged == upstream.heads[FIRST] < 700
    claimed = upstream.heads[FIRST] + 1000
    gate.drain()
    assert [number for _, number in upstream.order] == list(range(1, gate.journal.head() + 1))
    assert gate.journal.kinds().count("uplink.conflict") == 1
    assert gate.journal.rows[700].body == {"rows": [{"sequence": claimed, "reason": "district_ahead"}]}


def test_a_card_put_back_to_an_older_state_goes_on_under_a_new_name_before_anything_collides() -> None:
    upstream = FakeUpstream()
    gate = Gate(upstream)
    gate.journal.fill(10)
    image, remembered = gate.journal.copy(), dict(gate.state.values)
    gate.journal.fill(20)
    gate.drain()
    gate.journal, gate.state.values = image, remembered
    gate.restart()
    gate.turn()
    assert len(gate.journal.incarnations) == 2
    gate.journal.fill(5)
    gate.drain()
    assert upstream.numbers(FIRST) == list(range(1, 31))
    assert upstream.numbers(gate.journal.incarnations[-1].id) == list(range(11, gate.journal.head() + 1))
    assert gate.uplink.status()["rejected"] == 0, "nothing collided"
    assert gate.journal.rows[10].body == {"rows": [{"sequence": 30, "reason": "district_ahead"}]}


def test_a_copied_card_loses_no_more_than_the_rows_that_collided() -> None:
    upstream = FakeUpstream()
    gate = Gate(upstream)
    gate.journal.fill(10)
    gate.drain()
    copied = Gate(upstream)
    copied.journal, copied.state.values = gate.journal.copy(), dict(gate.state.values)
    copied.restart()
    copied.journal.fill(3, "device.back")
    copied.drain()
    gate.journal.fill(3)
    gate.drain()
    assert gate.uplink.status()["rejected"] == 3
    told = [row.body for row in gate.journal.rows if row.kind == "uplink.conflict"]
    assert told == [{"rows": [{"sequence": n, "reason": "conflict"} for n in (11, 12, 13)]}]
    gate.journal.fill(4)
    gate.drain()
    assert gate.uplink.status()["rejected"] == 3
    name = gate.journal.incarnations[-1].id
    assert upstream.numbers(name) == list(range(14, gate.journal.head() + 1))


def test_rows_written_while_a_batch_is_made_are_no_disagreement(monkeypatch: pytest.MonkeyPatch) -> None:
    upstream = FakeUpstream()
    gate = Gate(upstream)
    gate.journal.fill(5)
    monkeypatch.setattr(gate.journal, "head", lambda: 3)  # the head was read before the last two came
    gate.turn()
    assert gate.acknowledged == 5
    assert "uplink.conflict" not in gate.journal.kinds()


def test_a_district_restored_from_before_the_gates_present_journal_gets_the_earlier_one_again_too() -> None:
    upstream = FakeUpstream()
    gate = Gate(upstream)
    gate.journal.fill(10)
    gate.drain()
    gate.journal.go_on_as(SECOND)
    gate.journal.fill(10)
    gate.drain()
    upstream.order = [(FIRST, number) for number in range(1, 8)]
    upstream.stored = {key: upstream.stored[key] for key in upstream.order}
    upstream.heads = {FIRST: 7}
    gate.clock.forward(60)
    gate.turn()
    gate.drain()
    assert upstream.numbers(FIRST) == list(range(1, 11))
    assert upstream.numbers(SECOND) == list(range(11, gate.journal.head() + 1))
    assert gate.journal.kinds().count("uplink.conflict") == 1, "said once"


def test_a_district_restored_from_a_backup_gets_its_lost_rows_again_and_the_gate_says_so_once() -> None:
    upstream = FakeUpstream()
    gate = Gate(upstream)
    gate.journal.fill(20)
    gate.drain()
    for number in range(11, 21):
        del upstream.stored[FIRST, number]
    upstream.order = upstream.order[:10]
    upstream.heads[FIRST] = 10
    gate.clock.forward(60)
    gate.turn()
    gate.drain()
    assert upstream.numbers() == list(range(1, gate.journal.head() + 1))
    assert gate.journal.rows[20].body == {"rows": [{"sequence": 10, "reason": "district_behind"}]}
    assert gate.journal.kinds().count("uplink.conflict") == 1


def test_a_district_that_never_acknowledges_is_left_in_peace_between_tries() -> None:
    upstream = FakeUpstream(script=["low"] * 30)
    gate = Gate(upstream)
    gate.journal.fill(3)
    pauses = [gate.turn() for _ in range(12)]
    assert sum(pauses[3:]) > 60
    assert gate.uplink.status()["code"] == "stalled"
    assert len(gate.journal.rows) <= 6


def test_rows_of_an_earlier_incarnation_go_first_and_under_their_own_name() -> None:
    upstream = FakeUpstream()
    gate = Gate(upstream)
    gate.journal.fill(30)
    gate.turn()
    gate.journal.fill(10)  # a backup is made here, with ten rows the district does not have
    gate.journal.go_on_as(SECOND)
    gate.journal.fill(5)
    gate.drain()
    assert upstream.numbers(FIRST) == list(range(1, 41))
    assert upstream.numbers(SECOND) == list(range(41, gate.journal.head() + 1))
    assert "uplink.conflict" not in gate.journal.kinds()


def test_a_restored_journal_does_not_take_over_what_the_old_one_had_acknowledged() -> None:
    upstream = FakeUpstream()
    gate = Gate(upstream)
    gate.journal.fill(20)
    backup = gate.journal.copy()
    gate.journal.fill(30)
    gate.drain()
    gate.journal = backup
    gate.journal.go_on_as(SECOND)
    gate.journal.fill(10)
    gate.restart()
    assert gate.acknowledged == 20
    gate.drain()
    assert upstream.numbers(SECOND) == list(range(21, gate.journal.head() + 1))
    assert "uplink.conflict" not in gate.journal.kinds()
