"""Whoever looks after a gate is told in time that a calibration ends: by health and by `doctor`."""

from pathlib import Path

import pytest

from edge.cli.doctor import calibrations, devices
from edge.cli.doctor.finding import Level
from edge.config import Settings
from edge.domain.calibration import DAY_US
from edge.domain.model import ClockQuality, Instant
from edge.health import Health, probes
from edge.health.remedies import REMEDIES
from tests.app.test_calibrations_kept import recorded
from tests.journal.samples import START_US
from tests.test_doctor import LANE


def after(days: float, clock: ClockQuality = ClockQuality.SYNCED) -> Instant:
    return Instant(0, START_US + int(days * DAY_US), clock)


def settings(store: Path, driver: str = "gy614") -> Settings:
    lane = {**LANE, "thermometer": [{"driver": driver, "port": "/dev/null"}]}
    return Settings.model_validate(
        {"gate": {"id": "g", "name": "n"}, "store": {"path": str(store)}, "lane": [lane]}
    )


@pytest.mark.parametrize(
    ("now", "level", "words", "counts"),
    [
        (after(1), Level.OK, "thermometer adds +2.30 °C, for another 89 days", True),
        (after(76), Level.WARN, "thermometer: +2.30 °C ends in 14 day(s)", True),
        (after(90), Level.WARN, "thermometer: +2.30 °C has ended", False),
        (after(900, ClockQuality.UNSET), Level.OK, "thermometer adds +2.30 °C", True),
    ],
)
def test_doctor_says_how_long_a_calibration_counts(
    tmp_path: Path, now: Instant, level: Level, words: str, counts: bool
) -> None:
    recorded(tmp_path)
    known = calibrations.on_record(settings(tmp_path))
    (finding,) = calibrations.look(known, now)
    assert (finding.level, finding.what.en) == (level, words)
    assert (finding.do is None) == (level is Level.OK)
    assert calibrations.counted(known, now) == ({("in", "thermometer")} if counts else frozenset())


def test_doctor_says_that_another_thermometer_stands_there_now(tmp_path: Path) -> None:
    recorded(tmp_path)
    known = calibrations.on_record(settings(tmp_path, "lu90614"))
    (finding,) = calibrations.look(known, after(1))
    assert finding.level is Level.WARN
    assert "found for gy614" in finding.what.en
    assert "未校准" in finding.what.zh
    assert calibrations.counted(known, after(1)) == frozenset()


def test_doctor_says_nothing_where_there_is_no_journal_to_read(tmp_path: Path) -> None:
    assert calibrations.on_record(settings(tmp_path / "none")) == []
    (tmp_path / "journal.db").write_bytes(b"junk" * 4000)
    assert calibrations.on_record(settings(tmp_path)) == []


def test_what_ends_soon_or_has_ended_is_a_warning_that_names_the_thermometer() -> None:
    health, named = Health(lambda: after(0)), list[str]()
    for standing in ("due", "expired"):
        health.probe(standing, probes.calibrations(f"calibration_{standing}", lambda: named))
    health.look()
    assert health.problems() == []
    named += ["in thermometer", "out thermometer2"]
    health.look()
    status = health.status()
    assert status["ready"], "the gate goes on"
    told = [(problem["code"], problem["severity"], problem["what"]) for problem in status["problems"]]
    assert told == [
        ("calibration_due", "warning", "in thermometer, out thermometer2"),
        ("calibration_expired", "warning", "in thermometer, out thermometer2"),
    ]
    assert all("gatepost calibrate" in problem["remedy"]["zh_Hans"] for problem in status["problems"])


def test_a_thermometer_that_cannot_be_right_is_a_warning_that_names_it_and_why() -> None:
    health, named = Health(lambda: after(0)), list[str]()
    health.probe("instruments", probes.instruments(lambda: named))
    health.look()
    assert health.problems() == []
    named.append("in thermometer (insensitive)")
    health.look()
    status = health.status()
    assert status["ready"], "the gate goes on"
    (problem,) = status["problems"]
    assert (problem["code"], problem["severity"], problem["what"]) == (
        "instrument_doubted",
        "warning",
        "in thermometer (insensitive)",
    )
    assert "设备" in problem["remedy"]["zh_Hans"]


def test_a_level_that_has_shifted_is_a_warning_with_the_page_that_confirms_it() -> None:
    health, named = Health(lambda: after(0)), list[str]()
    health.probe("levels", probes.shifts(lambda: named))
    health.look()
    assert health.problems() == []
    named.append("in thermometer")
    health.look()
    (problem,) = health.status()["problems"]
    assert (problem["code"], problem["severity"], problem["what"]) == (
        "level_shifted",
        "warning",
        "in thermometer",
    )
    assert "体温" in problem["remedy"]["zh_Hans"]


@pytest.mark.parametrize("code", ["level_shifted", "instrument_doubted"])
def test_the_doctor_hears_of_a_doubtful_thermometer_from_the_running_gate(code: str) -> None:
    gate = devices.Running({"ready": True, "problems": [{"code": code}]}, "")
    (finding,) = devices.as_told(gate)
    assert finding.level is Level.WARN
    assert REMEDIES[code].title.en in finding.line("en")
