"""A calibration outlives the gate that recorded it, one taken back stays gone, whatever came between."""

import json
import logging
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from edge import wire
from edge.app.calibrated import stands
from edge.app.following import Chosen
from edge.app.lanes import BuiltLane, Devices, earlier_replies, filled, thermometers
from edge.domain import lane as machine
from edge.domain.calibration import Pair, Standing, standing
from edge.domain.errors import FormError
from edge.domain.events import Calibrate, Uncalibrate
from edge.domain.lane_state import LaneState
from edge.domain.measuring import holding
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


SPEC = spec()


def built(devices: Devices = DEVICES) -> dict[str, BuiltLane]:
    return {name: BuiltLane(SPEC, Chosen(SPEC.procedure, ""), devices) for name in LANES}


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
            result = machine.step(SPEC, self.states[lane], command)
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


def started(folder: Path, *drivers: str, ports: tuple[str, ...] = ()) -> LaneState:
    tables = [{"driver": driver} for driver in drivers]
    for table, port in zip(tables, ports, strict=False):
        table["port"] = port
    devices = tuple(("thermometer", table) for table in tables)
    with Journal.open(folder) as journal, journal.reader() as reader:
        return filled(built(devices), journal, reader)["in"][1]


def test_a_calibration_does_not_count_for_another_instrument_that_took_its_place(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recorded(tmp_path)
    assert [found.offset_mdegc for found in started(tmp_path, "gy614").calibrations] == [2_300]
    now = Instant(6, START_US + 1, ClockQuality.SYNCED)
    other = started(tmp_path, "lu90614")
    assert [standing(found, now) for found in other.calibrations] == [Standing.ELSEWHERE]
    assert holding(other, "thermometer", now) is None
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


# --- where it is plugged in ------------------------------------------------------------------------

FIRST, SECOND, THIRD = (f"/dev/serial/by-path/platform-usb-0:1.{n}:1.0-port0" for n in (1, 2, 3))


def spots(*ports: str, driver: str = "gy614") -> Devices:
    return tuple(("thermometer", {"driver": driver, "port": port}) for port in ports)


class Site:
    """A lane whose thermometers are moved about in the configuration, restart by restart."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.at_us = folder, START_US
        self.plug(FIRST, SECOND)

    def plug(self, *ports: str, driver: str = "gy614") -> None:
        """Write these ports into the configuration, and start."""
        devices = spots(*ports, driver=driver)
        with Journal.open(self.folder) as journal, journal.reader() as reader:
            self.spec, self.state = filled(built(devices), journal, reader)["in"]
        measuring = stands(thermometers(devices))
        self.spec = replace(self.spec, ports=tuple((n, s.ports[0]) for n, s in measuring.items() if s.ports))

    def calibrate(self, device: str, offset_mdegc: int) -> None:
        texts = ("paired", "TH-1", "forehead")
        self._do(Calibrate(*self._head(), device, "gy614", pairs(offset_mdegc), *texts, 90))

    def undo(self, device: str) -> None:
        self._do(Uncalibrate(*self._head(), device, "moved"))

    def _head(self) -> tuple[str, None, str, str, Instant]:
        self.at_us += 1_000_000
        return "in", None, f"c{self.at_us}", "boss", Instant(5, self.at_us, ClockQuality.SYNCED)

    def _do(self, command: Calibrate | Uncalibrate) -> None:
        result = machine.step(self.spec, self.state, command)
        with Journal.open(self.folder) as journal:
            for record in result.notes:
                journal.append(Row(record.kind, command.at, record.body, "in"))
                assert body_fault(record.kind, json.loads(wire.canonical(record.body))) is None
        self.state = result.state

    @property
    def adds(self) -> dict[str, int | None]:
        """What counts for each thermometer; None where a calibration is known that does not."""
        now = Instant(6, self.at_us, ClockQuality.SYNCED)
        return {
            found.device: found.offset_mdegc if holding(self.state, found.device, now) else None
            for found in self.state.calibrations
        }


def test_two_like_thermometers_that_change_places_in_the_configuration_keep_their_own(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.calibrate("thermometer", 2_000)
    site.calibrate("thermometer2", 3_000)
    site.plug(SECOND, FIRST)
    assert site.adds == {"thermometer": 3_000, "thermometer2": 2_000}
    site.calibrate("thermometer", 3_100)
    site.undo("thermometer2")
    assert site.adds == {"thermometer": 3_100}
    site.plug(FIRST, SECOND)
    assert site.adds == {"thermometer2": 3_100}


def test_in_another_socket_it_is_not_valid_until_it_is_calibrated_there(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.calibrate("thermometer", 2_000)
    site.plug(THIRD, SECOND)
    assert site.adds == {"thermometer": None}
    site.calibrate("thermometer", 2_500)
    assert site.adds == {"thermometer": 2_500}
    site.plug(THIRD, SECOND)
    assert site.adds == {"thermometer": 2_500}
    site.plug(FIRST, SECOND)
    assert site.adds == {"thermometer": 2_000}, "back in its socket it is what it was"
    site.plug(SECOND)
    assert site.adds == {"thermometer": None}
    site.undo("thermometer")
    assert site.adds == {}


def test_one_that_was_recorded_before_ports_were_counts_for_the_name_until_the_next(tmp_path: Path) -> None:
    recorded(tmp_path, port=None)
    site = Site(tmp_path)
    assert site.adds == {"thermometer": 2_300}
    site.calibrate("thermometer", 2_000)
    site.undo("thermometer")
    site.plug(FIRST, SECOND)
    assert site.adds == {}, "what was taken back does not bring an older one back"


def test_a_name_by_chance_says_nothing_and_several_on_one_bus_are_told_apart(tmp_path: Path) -> None:
    lane = stands(
        {
            "a": {"driver": "gy614", "port": "/dev/ttyUSB7"},
            "b": {"driver": "gy614", "port": "socket://10.0.0.7:4001"},
            "c": {"driver": "mlx90614_i2c"},
            "d": {"driver": "mlx90614_i2c", "address": 0x5B},
            "e": {"driver": "htpa2055", "port": FIRST},
            "f": {"driver": "nonsense", "port": FIRST},
        }
    )
    assert [stand.ports for stand in lane.values()] == [
        (),
        ("socket://10.0.0.7:4001",),
        ("/dev/i2c-1#90",),
        ("/dev/i2c-1#91",),
        (FIRST,),
        (),
    ]
    assert [stand.array for stand in lane.values()] == [False, False, False, False, True, False]
    site = Site(tmp_path)
    site.calibrate("thermometer", 2_000)
    site.plug("/dev/ttyUSB7")
    assert site.adds == {"thermometer": 2_000}, "where it is cannot be told, so it is taken at its name"
