"""Killed with -9 while people pass: nothing that was shown is lost, nothing arrives twice."""

from pathlib import Path

import pytest

from tests.system import faults

pytestmark = pytest.mark.system


def test_a_gate_killed_while_people_pass_loses_nothing_it_showed(tmp_path: Path) -> None:
    report = faults.kill(tmp_path, gate_kills=5, district_kills=0, seed=1)
    assert report.clean, report
    assert report.shown >= 5


def test_a_district_killed_while_people_pass_has_everything_once(tmp_path: Path) -> None:
    report = faults.kill(tmp_path, gate_kills=0, district_kills=4, seed=2)
    assert report.clean, report
    assert report.shown >= 8
