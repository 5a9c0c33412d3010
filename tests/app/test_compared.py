"""What was compared of two thermometers outlives the gate: a start makes of the journal what was known."""

import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from edge.app import compared as module
from edge.app.calibrated import stands
from edge.app.compared import compared
from edge.app.lanes import Devices, thermometers
from edge.bell import Bell
from edge.domain.errors import JournalError
from edge.domain.lane_state import LaneSpec, LaneState, Note, Record, Result
from edge.domain.model import ClockQuality, Decision, Evidence, Instant, Measurement, Outcome, Passage, Stage
from edge.domain.side_by_side import EVERY_BLOCKS, Pair, kept
from edge.domain.sisters import Sisters
from edge.journal import Journal, Row, StoredRow
from edge.station import Station, Surroundings
from tests.domain.people import spec
from tests.domain.test_side_by_side import measured
from tests.journal.samples import whole

MINUTE_US = 60_000_000
PORTS = {
    "in": "/dev/serial/by-path/platform-usb-0:1.1:1.0-port0",
    "in2": "/dev/serial/by-path/b-0:1.2:1.0-port0",
}


class Site:
    """A gate of two lanes whose passages are written as a station writes them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.at_us = folder, 1_790_000_000_000_000
        self.ports = dict(PORTS)
        self.journal = Journal.open(folder)
        self.count = 0
        self.start()

    def start(self) -> None:
        """Start the gate anew."""
        self.journal.close()
        self.journal = Journal.open(self.folder)
        boot = self.journal.start_boot()
        self.devices: dict[str, Devices] = {
            lane: (("thermometer", {"driver": "gy614", "port": port}),) for lane, port in self.ports.items()
        }
        self.specs = {lane: self._spec(lane, boot) for lane in self.devices}
        around = Surroundings(
            journal=self.journal,
            read_code=lambda *_: pytest.fail("no code"),
            now=lambda: Instant(self.at_us, self.at_us, ClockQuality.SYNCED),
            perform=lambda *_: False,
            devices=lambda _lane: [],
            beat=lambda: None,
            count=lambda *_, **__: None,
            bell=Bell(),
            views=Bell(),
        )
        lanes = {lane: (found, LaneState()) for lane, found in self.specs.items()}
        self.station = Station(lanes, around, pairs=self.found())

    def found(self) -> tuple[Pair, ...]:
        """Return what a start would make of the journal now."""
        with closing(self.journal.reader()) as reader:
            lanes = {
                lane: (self.specs[lane], stands(thermometers(self.devices[lane]))) for lane in self.specs
            }
            return compared(lanes, reader)

    def passes(self, lane: str, surface_mdegc: int) -> None:
        self.at_us += MINUTE_US
        self.count += 1
        item = measured(self.specs[lane], surface_mdegc)
        self.commit(lane, item)

    def commit(self, lane: str, item: Measurement) -> None:
        now = Instant(self.at_us, self.at_us, ClockQuality.SYNCED)
        passage = Passage(
            *(self.count, lane, "in", "compound", "v", "p", now, now),
            evidence=(Evidence(now, item.device, item),),
            stage=Stage.ENDED,
            decision=Decision(Outcome.ADMIT, reasons=("complete",)),
        )
        result = Result(self.station._states[lane], (Record("passage.decided", passage),))
        self.station._commit(self.specs[lane], result)

    def crowd(self, people: int, off_mdegc: int = 0, seed: int = 1) -> None:
        dice = random.Random(seed)
        for n in range(people):
            lane = ("in", "in2")[n % 2]
            self.passes(lane, round(34_800 + dice.gauss(0, 430)) + off_mdegc * (n % 2))

    def calibrated(self, lane: str) -> None:
        body = {"device": "thermometer", "driver": "gy614", "port": self.ports[lane]}
        result = Result(self.station._states[lane], notes=(Note("calibration.recorded", body),))
        self.station._commit(self.specs[lane], result)

    @property
    def pair(self) -> Pair:
        [pair] = self.station._pairs
        return pair

    def _spec(self, lane: str, boot: int) -> LaneSpec:
        measuring = stands(thermometers(self.devices[lane]))
        return replace(
            spec(boot=boot),
            name=lane,
            ports=tuple((name, stand.ports[0]) for name, stand in measuring.items()),
            drivers=tuple((name, stand.driver) for name, stand in measuring.items()),
            places=tuple((name, stand.place) for name, stand in measuring.items()),
        )


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.journal.close()


def rows(site: Site, kind: str) -> list[StoredRow]:
    with closing(site.journal.reader()) as reader:
        return reader.rows_after(0, 500, {kind})


def test_a_start_at_any_moment_finds_what_was_known(site: Site) -> None:
    for number in range(24):
        site.crowd(31, seed=number)
        if number == 11:
            site.calibrated("in2")
        assert site.found() == (site.pair,)
        if number % 5 == 4:
            site.start()
    assert len(rows(site, "instrument.compared")) >= 1


def test_where_it_began_is_known_after_a_start_however_many_passed_since(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PASSAGES", 60)
    site.crowd(10 * (EVERY_BLOCKS + 3), off_mdegc=200)
    anchor = site.pair.known.anchor
    site.start()
    assert site.pair.known.anchor == anchor
    assert site.pair == replace(site.pair, kinds=("surface", "surface"))


def test_what_is_found_is_one_row_and_a_start_is_no_news(site: Site) -> None:
    site.crowd(1_300)
    site.crowd(700, 700, seed=2)
    said = rows(site, "instrument.doubted")
    assert [row.body["signs"][0]["sign"] for row in said][:1] == ["drifting"]
    before = len(said)
    site.start()
    for lane, sister in (("in", "in2"), ("in2", "in")):
        [doubt] = site.station.view(lane)["doubts"]
        assert doubt["sister"]["lane"] == sister
    site.crowd(20, 700, seed=3)
    assert len(rows(site, "instrument.doubted")) == before
    site.calibrated("in")
    assert rows(site, "instrument.doubted")[-1].body["signs"] == []
    assert site.station.view("in")["doubts"] == []
    site.start()
    assert site.station.view("in")["doubts"] == []


def test_another_device_in_its_place_is_compared_anew(site: Site) -> None:
    site.crowd(300)
    assert site.pair.known.apart
    site.ports["in2"] = "/dev/serial/by-path/other-0:9.9:1.0-port0"
    site.start()
    assert not site.pair.known.apart


def test_rows_that_cannot_be_understood_keep_no_gate_from_starting(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.crowd(40)
    before = site.pair
    now = Instant(site.at_us, site.at_us, ClockQuality.SYNCED)
    broken = [{"t": "measurement"}]
    site.journal.append(Row("passage.decided", now, whole(9_000, evidence=broken), "in"))
    site.journal.append(Row("instrument.compared", now, {**kept(before), "here": {}}, "in"))
    site.start()
    assert site.pair == before
    assert "compares nothing" in caplog.text


def test_a_step_that_cannot_be_written_teaches_nothing(site: Site) -> None:
    site.crowd(9)
    before = site.pair
    site.station._ledger._journal = Broken()
    with pytest.raises(JournalError):
        site.passes("in", 34_800)
    assert site.pair == before


class Broken:
    def append(self, *_rows: Row) -> tuple[int, ...]:
        raise JournalError("no space left")


def test_a_pair_that_hardly_anybody_uses_is_remembered_among_many_rows_of_others(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 7)
    site.ports["in3"] = "/dev/serial/by-path/c-0:1.3:1.0-port0"
    site.start()
    quiet, busy = site.found()[1], site.found()[0]
    state = Sisters(apart=tuple((n, 100) for n in range(60)), anchor=(6_000, 600_000, 60))
    bodies = [kept(replace(quiet, known=state, kinds=("surface", "surface")))] + [kept(busy)] * 30
    at = Instant(site.at_us, site.at_us, ClockQuality.SYNCED)
    site.journal.append(*(Row("instrument.compared", at, body, "in") for body in bodies))
    assert site.found()[1].known.anchor == state.anchor
    monkeypatch.setattr(module, "PAGES", 3)
    assert site.found()[1].known.anchor == (0, 0, 0), "bounded: a start has to end"
