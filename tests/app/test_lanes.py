"""What a start finds in the journal: who waits, and what was already answered."""

import shutil
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from edge import access
from edge.app.following import Chosen
from edge.app.lanes import BuiltLane, earlier_replies, filled
from edge.app.platforms import recalled
from edge.domain.events import Decide, Resume
from edge.domain.lane import step
from edge.domain.lane_state import LaneState
from edge.domain.model import ClockQuality, Code, Instant, Outcome, Passage, Stage
from edge.journal import Journal, Row
from edge.platforms import Desk
from edge.registers.access_rules import body_of as access_body
from edge.registers.published import body_of
from edge.replay import Replay
from tests.domain.people import POLICY, SECOND, at, procedure, spec
from tests.domain.test_following import MASK_ONLY
from tests.paths import ROOT
from tests.registers.test_roster import Site
from tests.station.informed import RULES, Informed
from tests.station.rig import Rig
from tests.station.test_station import mask_on, submit

COMPOUND = (ROOT / "config" / "procedures" / "compound.toml").read_text("utf-8")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.close()


def started_again(folder: Path) -> LaneState:
    with Journal.open(folder) as journal, journal.reader() as reader:
        lane = spec(boot=journal.start_boot())
        return filled({"in": BuiltLane(lane, Chosen(lane.procedure, ""), ())}, journal, reader)["in"][1]


def leave_somebody_parked(rig: Rig) -> None:
    rig.show()
    stop = threading.Event()
    stop.set()
    rig.station.run(stop)
    rig.close()


def named(passage: Passage) -> Mapping[str, str]:
    item = passage.evidence[0].item
    assert isinstance(item, Code)
    return item.personal


def test_whoever_was_parked_waits_again_with_everything_known_of_them(rig: Rig, tmp_path: Path) -> None:
    leave_somebody_parked(rig)
    (parked,) = started_again(tmp_path).parked
    assert named(parked) == {"name": "王小明", "room": "3-502"}


def test_a_row_whose_sealed_part_was_touched_does_not_keep_the_gate_from_starting(
    rig: Rig, tmp_path: Path
) -> None:
    leave_somebody_parked(rig)
    with sqlite3.connect(tmp_path / "journal.db") as connection:
        connection.execute("UPDATE journal SET sealed = zeroblob(length(sealed)) WHERE sealed IS NOT NULL")
    connection.close()
    (parked,) = started_again(tmp_path).parked
    assert named(parked) == {}
    assert parked.ticket == 1


def test_whoever_waited_by_a_row_of_an_earlier_program_waits_and_is_asked_everything_again(
    tmp_path: Path,
) -> None:
    store = tmp_path / "store"
    shutil.copytree(ROOT / "tests" / "data" / "db" / "v1", store)
    (store / "master.key").chmod(0o600)
    with Journal.open(store) as journal, journal.reader() as reader:
        lane = spec(boot=journal.start_boot())
        lanes = {"in": BuiltLane(lane, Chosen(lane.procedure, ""), ())}
        ((_, state),) = filled(lanes, journal, reader).values()
        just_then = Instant(SECOND, 1_769_994_001 * SECOND, ClockQuality.SYNCED)
        desk = Desk(lambda _payload, _at: pytest.fail("nothing is read"))
        ((_, state),) = recalled({"in": (lane, state)}, journal, reader, desk, just_then).values()
        (parked,) = state.parked
        assert (parked.id, parked.direction, parked.stage) == (3, "in", Stage.PARKED)
        assert parked.evidence == ()
        assert parked.decision is None
    resumed = step(lane, state, Resume("in", None, "c1", "door1", at(0), parked.ticket)).state
    assert resumed.active is not None
    assert resumed.active.id == 3


def test_a_tap_repeated_after_a_restart_gets_the_reply_of_the_row_it_became(rig: Rig) -> None:
    rig.stand()
    rig.show()
    given = submit(rig, mask_on(rig, "answer"))
    rig.turn(20.0)
    rig.stand()
    decided = submit(
        rig,
        Decide("in", rig.view()["passage"], "tap", "door1", rig.now(), Outcome.TURN_BACK, "not_allowed"),
    )
    rig.turn(20.0)
    rig.show("赵一")
    submit(rig, mask_on(rig, "of somebody who walked off"))
    rig.turn(91.0)
    assert rig.view()["last"]["outcome"] == "abandoned"
    with rig.journal.reader() as reader:
        assert earlier_replies(reader) == {"answer": given, "tap": decided}


def test_whoever_was_parked_keeps_the_version_they_began_with(rig: Rig, tmp_path: Path) -> None:
    rig.journal.append(Row("procedure.published", rig.now(), body_of(procedure(), COMPOUND)))
    leave_somebody_parked(rig)
    lane = replace(spec(), procedure=MASK_ONLY)
    with Journal.open(tmp_path) as journal, journal.reader() as reader:
        built = {"in": BuiltLane(lane, Chosen(MASK_ONLY, ""), ())}
        found, state = filled(built, journal, reader)["in"]
    (parked,) = state.parked
    assert (parked.procedure, parked.procedure_version) == ("compound", procedure().version)
    assert found.of(parked) == procedure()
    assert found.procedure == MASK_ONLY


def test_whoever_was_parked_under_a_text_that_is_lost_goes_by_the_present_one(
    rig: Rig, tmp_path: Path
) -> None:
    leave_somebody_parked(rig)
    lane = replace(spec(), procedure=MASK_ONLY)
    with Journal.open(tmp_path) as journal, journal.reader() as reader:
        state = filled({"in": BuiltLane(lane, Chosen(MASK_ONLY, ""), ())}, journal, reader)["in"][1]
    assert [(one.procedure, one.procedure_version) for one in state.parked] == [
        ("mask_only", MASK_ONLY.version)
    ]


RESIDENTS_ASKED = """[[rule]]
id = "ask"
title = { zh_Hans = "问", en = "Ask" }
then = "hold"
people = ["resident"]
"""


def test_whoever_goes_back_with_a_vehicle_after_a_start_is_decided_by_the_rules_they_came_under(
    tmp_path: Path,
) -> None:
    site = Site(tmp_path)
    site.enter("people", name="王小明", room="3-502", phone="13800001111", category="resident")
    road = Informed(site, RULES + RESIDENTS_ASKED)
    road.follow(access.published(access_body(road.spec.access, "page")))
    site.journal.append(
        Row("access.published", at(0), access_body(road.spec.access, "page")),
        Row("procedure.published", at(0), body_of(road.spec.procedure, COMPOUND)),
        Row("settings.changed", at(0), {"version": POLICY.version, "screening": asdict(POLICY)}),
    )
    car = road.arrives(seats=2)
    road.passes("王小明")
    road.decide(Outcome.ADMIT)
    admitted = road.reasons
    road.aside()
    road.commit()
    with site.journal.reader() as reader:
        lanes = {"in": BuiltLane(road.spec, Chosen(road.spec.procedure, ""), ())}
        road.spec, road.state = filled(lanes, site.journal, reader)["in"]
    road.settle(Outcome.TURN_BACK, "whole_vehicle", vehicle=car)
    corrected, _vehicle = (record.passage for record in road.records)
    assert corrected.decision is not None
    assert list(corrected.decision.reasons) == admitted
    road.commit()
    with site.journal.reader() as reader:
        again = [one.same for one in Replay(site.journal, reader).walk() if one.passage == corrected.id]
    assert again == [True, True]
    site.journal.close()
