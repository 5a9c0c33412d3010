"""What people taught a gate outlives it: a start makes of the journal what the lane knew when it ended."""

import json
import logging
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from edge import wire
from edge.app import learned
from edge.app.calibrated import stands
from edge.app.following import Chosen
from edge.app.lanes import BuiltLane, Devices, earlier_replies, filled, regulars, thermometers
from edge.domain import lane as machine
from edge.domain.errors import FormError
from edge.domain.events import (
    CodeRead,
    ConfirmLevel,
    Give,
    LaneEvent,
    Park,
    ReadingArrived,
    Resume,
    Tick,
    WithdrawLevel,
)
from edge.domain.healthy import SHIFT_PEOPLE, Healthy
from edge.domain.instrument_signs import Sign
from edge.domain.lane_state import LaneState, Taught
from edge.domain.model import ClockQuality, Instant
from edge.domain.record import recorded
from edge.journal import Journal, Row
from edge.wire.received import body_fault
from tests.domain.people import AIR, POLICY, SECOND, reading, resident, spec
from tests.journal.samples import decided

FIRST, SECOND_PORT = (f"/dev/serial/by-path/platform-usb-0:1.{n}:1.0-port0" for n in (1, 2))
HOUR_US = 3600 * SECOND
PEOPLE = (34.6, 35.3, 35.0, 34.8, 35.4, 35.1)


def spots(*ports: str, driver: str = "gy614", **more: str) -> Devices:
    return tuple(("thermometer", {"driver": driver, "port": port, **more}) for port in ports)


class Site:
    """A lane at which people pass, and a gate that is started anew with other things plugged in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mono_us, self.wall_us, self.clock = 10 * SECOND, 1_790_000_000 * SECOND, ClockQuality.SYNCED
        self.sent = 0
        self.journal = Journal.open(folder)
        self.start(spots(FIRST))

    def start(self, devices: Devices) -> None:
        """Start the gate with these thermometers."""
        self.devices = devices
        self.journal.close()
        self.journal = Journal.open(self.folder)
        measuring = stands(thermometers(devices))
        self.spec = replace(
            spec(boot=self.journal.start_boot()),
            ports=tuple((name, stand.ports[0]) for name, stand in measuring.items() if stand.ports),
            drivers=tuple((name, stand.driver) for name, stand in measuring.items()),
            places=tuple((name, stand.place) for name, stand in measuring.items()),
            own_history=True,
        )
        self.state = self.found()

    def found(self) -> LaneState:
        """Return what a start would make of the journal now."""
        built = {"in": BuiltLane(self.spec, Chosen(self.spec.procedure, ""), self.devices)}
        with self.journal.reader() as reader:
            return filled(built, self.journal, reader)["in"][1]

    def power_cut(self, hours: float, clock: ClockQuality) -> None:
        """The machine starts anew, so many hours later."""
        self.wait(int(hours * HOUR_US))
        self.mono_us, self.clock = 5 * SECOND, clock
        self.start(self.devices)

    def wait(self, passed_us: int) -> None:
        self.mono_us += passed_us
        self.wall_us += passed_us

    def passes(
        self,
        surface_c: float,
        device: str = "thermometer",
        ambient_c: float | None = 22.0,
        body_c: float | None = None,
    ) -> None:
        """Somebody is measured and walks off; the passage ends by itself."""
        for number in range(12):
            self.wait(SECOND // 10)
            frame = reading(body_c, surface_c, ambient_c) if number < 6 else AIR
            self.event(ReadingArrived("in", device, frame, self.now))
        self.wait(95 * SECOND)
        self.event(Tick("in", self.now))

    def rests(self, surface_c: float, second_c: float, device: str = "thermometer") -> None:
        """Somebody is measured, rests indoors and is measured up to three times after it."""
        self.stands(surface_c, device)
        if self.state.active is None:
            return
        self.sent += 1
        self.event(Park("in", self.state.active.id, f"p{self.sent}", "door1", self.now, "rest"))
        self.wait(POLICY.rest_us + SECOND)
        self.event(Resume("in", None, f"r{self.sent}", "door1", self.now, 1))
        for _ in range(3):
            if self.state.active is not None:
                self.stands(second_c, device)
        self.wait(95 * SECOND)
        self.event(Tick("in", self.now))

    def stands(self, surface_c: float, device: str) -> None:
        for number in range(12):
            self.wait(SECOND // 10)
            frame = reading(None, surface_c) if number < 6 else AIR
            self.event(ReadingArrived("in", device, frame, self.now))

    def command(self, kind: type[ConfirmLevel] | type[WithdrawLevel], device: str = "thermometer") -> None:
        self.wait(SECOND)
        self.sent += 1
        self.event(kind("in", None, f"c{self.sent}", "boss", self.now, device, "looked at it"))

    def event(self, event: LaneEvent) -> None:
        result = machine.step(self.spec, self.state, event)
        rows = [Row(note.kind, self.now, note.body, "in") for note in result.notes]
        for record in result.records:
            body, personal = recorded(self.spec.procedure, self.spec.policy, record.passage)
            rows.append(Row(record.kind, self.now, body, "in", personal or None))
        for row in rows:
            assert body_fault(row.kind, json.loads(wire.canonical(row.body))) is None
            self.journal.append(row)
        self.state = result.state

    @property
    def now(self) -> Instant:
        return Instant(self.mono_us, self.wall_us, self.clock)

    def known(self, device: str = "thermometer") -> Taught | None:
        return next((one for one in self.state.healthy if one.device == device), None)

    def healthy(self, device: str = "thermometer") -> Healthy:
        known = self.known(device)
        assert known is not None
        return known.healthy

    def shift(self) -> None:
        """Everybody reads two degrees more than before."""
        for number in range(SHIFT_PEOPLE + 3):
            self.passes(PEOPLE[number % len(PEOPLE)])
        for number in range(SHIFT_PEOPLE + 3):
            self.passes(PEOPLE[number % len(PEOPLE)] + 2)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.journal.close()


class LearningMachine(RuleBasedStateMachine):
    """The lane's state in memory against that which a start makes of the journal."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="gatepost-learning-"))
        self.site = Site(self.folder)
        self.site.start(spots(FIRST, SECOND_PORT))

    def teardown(self) -> None:
        if hasattr(self, "site"):
            self.site.journal.close()
            shutil.rmtree(self.folder)

    @rule(
        surface=st.integers(300, 400),
        device=st.sampled_from(["thermometer", "thermometer2"]),
        ambient=st.sampled_from([None, -8.0, 21.0, 36.0]),
    )
    def somebody_passes(self, surface: int, device: str, ambient: float | None) -> None:
        self.site.passes(surface / 10, device, ambient)

    @rule(surface=st.integers(340, 375), second=st.integers(340, 370))
    def somebody_rests(self, surface: int, second: int) -> None:
        self.site.rests(surface / 10, second / 10)

    @rule()
    def everybody_reads_more(self) -> None:
        for number in range(SHIFT_PEOPLE):
            self.site.passes(36.5 + PEOPLE[number % len(PEOPLE)] - 35)

    @rule(kind=st.sampled_from([ConfirmLevel, WithdrawLevel]))
    def the_manager_looks(self, kind: type[ConfirmLevel] | type[WithdrawLevel]) -> None:
        before = self.site.state
        try:
            self.site.command(kind)
        except FormError:
            assert self.site.state == before
        else:
            with self.site.journal.reader() as reader:
                assert f"c{self.site.sent}" in earlier_replies(reader)

    @rule(hours=st.integers(0, 400), clock=st.sampled_from(ClockQuality))
    def the_power_is_cut(self, hours: int, clock: ClockQuality) -> None:
        self.site.power_cut(hours, clock)

    @rule(hours=st.integers(-300_000, 300_000), clock=st.sampled_from(ClockQuality))
    def the_clock_jumps(self, hours: int, clock: ClockQuality) -> None:
        self.site.wall_us, self.site.clock = max(0, self.site.wall_us + hours * HOUR_US), clock

    @invariant()
    def a_start_finds_what_was_known(self) -> None:
        if hasattr(self, "site"):
            found = self.site.found()
            assert found.healthy == self.site.state.healthy
            assert found.instruments == self.site.state.instruments


LearningMachine.TestCase.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)
TestLearning = LearningMachine.TestCase


def test_a_restart_in_between_changes_nothing_that_was_learned(tmp_path: Path) -> None:
    found = []
    for name, restarts in (("without", 0), ("with", 1)):
        site = Site(tmp_path / name)
        for number in range(12):
            if restarts and number % 4 == 3:
                site.start(site.devices)
            site.passes(PEOPLE[number % len(PEOPLE)])
        found.append(site.healthy())
        site.journal.close()
    assert found[0] == found[1]
    assert found[0].people == 12


def test_what_the_rested_taught_outlives_the_gate(site: Site) -> None:
    for number in range(12):
        site.passes(PEOPLE[number % len(PEOPLE)])
        site.rests(36.2, 35.0 + PEOPLE[number % len(PEOPLE)] / 100)
    (rested,) = (known for known in site.state.healthy if known.rested)
    assert rested.healthy.people > 5
    site.start(site.devices)
    assert rested in site.state.healthy


def test_a_level_follows_its_device_to_another_name_and_another_device_starts_anew(site: Site) -> None:
    for surface in PEOPLE:
        site.passes(surface)
    before = site.healthy()
    site.start(spots(SECOND_PORT, FIRST))
    assert site.known() is None
    assert site.healthy("thermometer2") == before
    site.start(spots(FIRST, driver="lu90614"))
    assert site.state.healthy == ()
    site.start(spots(FIRST))
    assert site.healthy() == before


def test_a_thermometer_that_is_aimed_at_another_place_starts_with_what_is_known_of_that(site: Site) -> None:
    for surface in PEOPLE:
        site.passes(surface)
    site.start(spots(FIRST, place="wrist"))
    site.passes(34.0)
    wrist = site.state.healthy[-1]
    assert (wrist.healthy.place.name, wrist.healthy.people) == ("wrist", 1)


def test_a_confirmed_shift_counts_after_a_start_and_one_that_was_taken_back_does_not(site: Site) -> None:
    site.shift()
    before = site.healthy()
    site.command(ConfirmLevel)
    confirmed = site.healthy()
    assert confirmed.mean[0] > before.mean[0] + 300
    site.start(site.devices)
    assert site.healthy() == confirmed
    site.command(WithdrawLevel)
    site.start(site.devices)
    assert site.healthy() == before


def test_what_people_showed_of_a_thermometer_itself_outlives_the_gate(site: Site) -> None:
    for number in range(80):
        site.passes(PEOPLE[number % len(PEOPLE)] if number < 40 else 35.2)
    (known,) = site.state.instruments
    assert (known.device, known.driver, known.port, known.instrument.people) == (
        *("thermometer", "gy614", FIRST),
        80,
    )
    assert [found.sign for found in known.instrument.found] == [Sign.FROZEN]
    with site.journal.reader() as reader:
        (row,) = reader.rows_after(0, 9, {"instrument.doubted"})
    assert row.body["signs"][0]["sign"] == "frozen"
    site.start(site.devices)
    assert site.state.instruments == (known,)
    site.passes(35.2)
    with site.journal.reader() as reader:
        assert len(reader.rows_after(0, 9, {"instrument.doubted"})) == 1, "a start is no news"
    site.start(spots(FIRST, driver="lu90614"))
    assert not site.state.instruments, "another device starts anew"


def test_a_thermometer_that_says_the_body_alone_is_seen_as_well_after_a_start(site: Site) -> None:
    for number in range(3):
        site.passes(PEOPLE[number])
    with site.journal.reader() as reader:
        rows = reader.rows_after(0, 9, {"passage.decided"})
    site.journal.close()
    site.journal = Journal.open(site.folder / "again")
    for row in rows:
        (piece,) = row.body["evidence"]
        body_alone = {
            name: value for name, value in piece.items() if name not in ("surface_mdegc", "expected")
        }
        piece = body_alone | {"vendor_body_mdegc": 36_600 + row.seq}
        site.journal.append(Row(row.kind, site.now, {**row.body, "evidence": [piece]}, "in"))
    (known,) = site.found().instruments
    assert [seen.surface_mdegc for seen in known.instrument.last] == [None] * 3
    assert known.instrument.people == 3
    assert site.found().healthy == ()


def test_only_the_newest_passages_are_read_and_every_confirmed_shift(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.shift()
    site.command(ConfirmLevel)
    level = site.healthy().mean[0]
    for surface in (36.6, 37.3, 37.0, 36.8, 37.4):
        site.passes(surface)
    monkeypatch.setattr(learned, "PASSAGES", 5)
    site.start(site.devices)
    assert site.healthy().people == 5
    assert abs(site.healthy().mean[0] - level) < 150


def test_rows_of_before_or_that_cannot_be_understood_keep_no_gate_from_starting(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    site.passes(35.0)
    before = site.healthy()
    broken = [{"t": "measurement", "expected": {}}]
    site.journal.append(decided(7), decided(8, evidence=broken), decided(9, lane="gone", evidence=broken))
    site.start(site.devices)
    assert site.healthy() == before
    assert caplog.text.count("teaches nothing") == 1


def test_what_is_usual_for_a_person_outlives_the_gate_and_not_the_key_of_the_day(site: Site) -> None:
    for surface in (35.2, 35.3, 35.1):
        site.wait(20 * SECOND)
        site.event(CodeRead("in", "scanner", resident(), site.now))
        site.passes(surface, body_c=36.8)
    known = site.state.regulars
    assert known["pass:王小明"].visits == 3
    site.start(site.devices)
    assert site.state.regulars == known
    site.wait(48 * HOUR_US)
    with site.journal.reader() as reader:
        head = reader.head()
    site.journal.purge(site.wall_us, head, now=site.now, believe_clock=True)
    site.start(site.devices)
    assert site.state.regulars == {}


def test_a_destroyed_day_does_not_come_back_with_a_later_row(site: Site) -> None:
    def comes(surface: float) -> None:
        site.wait(20 * SECOND)
        site.event(CodeRead("in", "scanner", resident(), site.now))
        site.passes(surface, body_c=36.8)

    for _ in range(3):
        comes(35.3)
    with site.journal.reader() as reader:
        head = reader.head()
    site.wait(48 * HOUR_US)
    comes(35.1)
    assert site.state.regulars["pass:王小明"].visits == 4
    site.journal.purge(site.wall_us - 24 * HOUR_US, head, now=site.now, believe_clock=True)
    site.start(site.devices)
    assert site.state.regulars["pass:王小明"].visits == 1


def test_a_first_value_over_that_was_cleared_is_nobodys_usual_after_a_start_either(site: Site) -> None:
    site.event(CodeRead("in", "scanner", resident(), site.now))
    site.passes(35.2, body_c=36.8)
    known = site.state.regulars
    site.wait(20 * SECOND)
    site.event(CodeRead("in", "scanner", resident(), site.now))
    for number in range(12):
        site.wait(SECOND // 10)
        site.event(ReadingArrived("in", "thermometer", reading(38.4, 36.4) if number < 6 else AIR, site.now))
    answers = (("temperature_contact", "36.5"),)
    assert site.state.active is not None
    site.event(Give("in", site.state.active.id, "g1", "door", site.now, answers))
    site.wait(95 * SECOND)
    site.event(Tick("in", site.now))
    with site.journal.reader() as reader:
        row = reader.rows_after(0, 9, {"passage.decided"})[-1]
    assert (row.body["temperature"]["verdict"], row.body["temperature"]["first"]) == ("normal", 1)
    assert site.state.regulars == known
    site.start(site.devices)
    assert site.state.regulars == known


def test_a_running_gate_makes_it_again_of_the_seals_that_still_open(site: Site) -> None:
    def comes(name: str) -> None:
        site.wait(20 * SECOND)
        site.event(CodeRead("in", "scanner", resident(name), site.now))
        site.passes(35.2, body_c=36.8)

    comes("王小明")
    comes("李四")
    with site.journal.reader() as reader:
        head = reader.head()
    site.wait(48 * HOUR_US)
    comes("李四")
    site.journal.purge(site.wall_us - 24 * HOUR_US, head, now=site.now, believe_clock=True)
    with site.journal.reader() as reader:
        found = regulars(
            {"in": BuiltLane(site.spec, Chosen(site.spec.procedure, ""), site.devices)}, site.journal, reader
        )["in"]
    assert {name: usual.visits for name, usual in found.items()} == {"pass:李四": 1}
    assert {name: usual.visits for name, usual in site.state.regulars.items()} == {
        "pass:王小明": 1,
        "pass:李四": 2,
    }
