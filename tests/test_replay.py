"""What a gate wrote down, decided again from its journal alone."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from edge import procedures
from edge.domain.events import Begin
from edge.domain.policy import stored
from edge.journal import Row, State
from edge.keeper import publish
from edge.replay import Replay, Replayed
from tests.domain.people import POLICY, spec
from tests.station.rig import Rig
from tests.station.test_station import mask_on, submit


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    state = State.open(tmp_path)
    text = (procedures.SHIPPED / "compound.toml").read_text("utf-8")
    publish(rig.journal, state, rig.now(), lanes=[(spec(), text)])
    state.close()
    yield rig
    rig.close()


def replayed(rig: Rig) -> list[Replayed]:
    with rig.journal.reader() as reader:
        return list(Replay(rig.journal, reader).walk())


def test_whatever_way_a_passage_ended_it_ends_the_same_again(rig: Rig) -> None:
    rig.stand()
    rig.show()
    submit(rig, mask_on(rig))
    rig.turn(20.0)
    submit(rig, Begin("in", None, "begin", "door1", rig.now()))
    rig.turn(91.0)
    rig.stand(38.4)
    rig.turn(91.0)
    found = replayed(rig)
    assert [one.stored.split()[0] for one in found] == ["admit", "abandoned", "abandoned"]
    assert [one for one in found if not one.same] == []


def test_numbers_of_a_version_with_other_names_are_no_policy_and_no_crash(rig: Rig) -> None:
    other = replace(POLICY, threshold_mdegc=37_500)
    body = {"version": other.version, "screening": {"threshold": 37_500}}
    rig.journal.append(Row("settings.changed", rig.now(), body))
    rig.stand()
    rig.show()
    submit(rig, mask_on(rig))
    assert [one.same for one in replayed(rig)] == [True]


def test_the_numbers_of_a_gate_of_before_are_those_it_decided_by(rig: Rig) -> None:
    """Whatever the defaults are by now: its rows say nothing of what decides."""
    later = ("decides", "prevalence_ppm", "over_per_1000", "again_per_1000")
    numbers = {name: value for name, value in asdict(POLICY).items() if name not in later}
    before = stored(numbers)
    assert (before.decides, before.version) == ("legal", replace(POLICY, decides="legal").version)
    body = {"version": POLICY.version, "screening": numbers}
    rig.journal.append(Row("settings.changed", rig.now(), body))
    rig.stand()
    rig.show()
    submit(rig, mask_on(rig))
    assert [one.same for one in replayed(rig)] == [True]


def test_what_was_decided_by_a_persons_own_history_needs_the_key_of_the_day(rig: Rig) -> None:
    rig.station._specs["in"] = replace(rig.station._specs["in"], own_history=True)
    for number in range(3):
        rig.turn(30.0)
        rig.show()
        rig.stand(36.9)
        submit(rig, mask_on(rig, f"m{number}"))
    (row,) = rig.rows("passage.decided")[2:]
    sealed = rig.journal.unseal(row)
    assert sealed is not None
    assert [piece["expected"]["visits"] for piece in sealed["evidence"].values() if "expected" in piece] == [
        2
    ]
    assert [(one.same, one.why) for one in replayed(rig)] == [(True, None)] * 3
    later = replace(rig.now(), at_us=rig.now().at_us + 3 * 86_400_000_000)
    rig.journal.purge(later.at_us - 86_400_000_000, 99, now=later, believe_clock=True)
    assert [one.why for one in replayed(rig)] == ["key_destroyed"] * 3
