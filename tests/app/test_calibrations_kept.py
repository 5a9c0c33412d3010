"""A calibration outlives the gate that recorded it, one taken back stays gone, whatever came between."""

import json
import logging
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from edge import wire
from edge.app.lanes import BuiltLane, earlier_replies, filled
from edge.domain import lane as machine
from edge.domain.calibration import Pair
from edge.domain.errors import FormError
from edge.domain.events import Calibrate, Uncalibrate
from edge.domain.lane_state import LaneState
from edge.domain.model import ClockQuality, Instant
from edge.journal import Journal, Row
from edge.wire.received import body_fault
from tests.domain.people import spec
from tests.journal.samples import START_US, decided

DRIVERS = {"thermometer": "gy614", "thermometer2": "ascii_line"}
DEVICES = tuple(("thermometer", {"driver": driver}) for driver in DRIVERS.values())
LANES = ("in", "out")


def pairs(offset_mdegc: int) -> tuple[Pair, ...]:
    return tuple(Pair(36_500 - offset_mdegc + 30 * n, 36_500 + 30 * n) for n in range(10))


def built(devices: tuple[tuple[str, dict[str, str]], ...] = DEVICES) -> dict[str, BuiltLane]:
    return {name: BuiltLane(spec(), "", devices) for name in LANES}


class CalibrationsMachine(RuleBasedStateMachine):
    """The lanes' states in memory against those a start makes from the journal."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="gatepost-calibrations-"))
        self.journal = Journal.open(self.folder)
        self.states = dict.fromkeys(LANES, LaneState())
        self.at_us, self.sent = START_US, 0

    def teardown(self) -> None:
        if hasattr(self, "journal"):
            self.journal.close()
            shutil.rmtree(self.folder)

    @rule(
        lane=st.sampled_from(LANES),
        device=st.sampled_from(list(DRIVERS)),
        offset_mdegc=st.integers(-1_500, 8_500),
        days=st.sampled_from([1, 90, 365]),
        clock=st.sampled_from([ClockQuality.SYNCED, ClockQuality.MANUAL, ClockQuality.RESTORED]),
    )
    def calibrate(self, lane: str, device: str, offset_mdegc: int, days: int, clock: ClockQuality) -> None:
        texts = ("paired", "TH-1 No. 7", "forehead")
        self._do(
            lane,
            Calibrate(*self._head(lane, clock), device, DRIVERS[device], pairs(offset_mdegc), *texts, days),
        )

    @rule(lane=st.sampled_from(LANES), device=st.sampled_from([*DRIVERS, "thermometer9"]))
    def withdraw(self, lane: str, device: str) -> None:
        self._do(lane, Uncalibrate(*self._head(lane, ClockQuality.SYNCED), device, "the sensor was moved"))

    @rule(number=st.integers(1, 5))
    def somebody_passes(self, number: int) -> None:
        self.journal.append(decided(number))

    @rule()
    def restart(self) -> None:
        self.journal.close()
        self.journal = Journal.open(self.folder)
        self.journal.start_boot()

    @rule()
    def rebuild(self) -> None:
        assert self.journal.rebuild()

    @invariant()
    def a_start_finds_what_was_known(self) -> None:
        if not hasattr(self, "journal"):
            return
        with self.journal.reader() as reader:
            found = filled(built(), self.journal, reader)
        for lane in LANES:
            assert found[lane][1].calibrations == self.states[lane].calibrations

    def _head(self, lane: str, clock: ClockQuality) -> tuple[str, None, str, str, Instant]:
        self.at_us += 1_000_000
        self.sent += 1
        return lane, None, f"c{self.sent}", "boss", Instant(self.at_us - START_US, self.at_us, clock)

    def _do(self, lane: str, command: Calibrate | Uncalibrate) -> None:
        try:
            result = machine.step(spec(), self.states[lane], command)
        except FormError:
            return
        for record in result.notes:
            (seq,) = self.journal.append(Row(record.kind, command.at, record.body, lane))
            assert body_fault(record.kind, json.loads(wire.canonical(record.body))) is None
            with self.journal.reader() as reader:
                assert earlier_replies(reader)[command.command_id].sequence == seq
        self.states[lane] = result.state


TestCalibrationsMachine = CalibrationsMachine.TestCase
TestCalibrationsMachine.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)


def recorded(folder: Path, **changes: object) -> None:
    at = Instant(5, START_US, ClockQuality.SYNCED)
    command = Calibrate(
        "in", None, "c1", "boss", at, "thermometer", "gy614", pairs(2_300), "paired", "TH-1", "forehead", 90
    )
    (record,) = machine.step(spec(), LaneState(), command).notes
    body = {key: value for key, value in {**record.body, **changes}.items() if value is not None}
    with Journal.open(folder) as journal:
        journal.append(Row(record.kind, at, body, "in"))


def started(folder: Path, *drivers: str) -> LaneState:
    devices = tuple(("thermometer", {"driver": driver}) for driver in drivers)
    with Journal.open(folder) as journal, journal.reader() as reader:
        return filled(built(devices), journal, reader)["in"][1]


def test_a_calibration_does_not_count_for_another_instrument_that_took_its_place(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recorded(tmp_path)
    assert [found.offset_mdegc for found in started(tmp_path, "gy614").calibrations] == [2_300]
    assert started(tmp_path, "lu90614").calibrations == ()
    assert "in-thermometer: its calibration was for gy614" in caplog.text
    assert started(tmp_path, "none").calibrations == ()
    assert [found.offset_mdegc for found in started(tmp_path, "gy614").calibrations] == [2_300]


def test_a_row_that_cannot_be_understood_keeps_no_gate_from_starting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    recorded(tmp_path, until_us=None)
    assert started(tmp_path, "gy614").calibrations == ()
    assert "until_us" in caplog.text
