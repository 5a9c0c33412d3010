"""What health and doctor say of trust lists."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.cli.doctor import trust as doctor
from edge.cli.doctor.finding import Level
from edge.codes import TrustList
from edge.config import Settings
from edge.domain.model import Carrier, ClockQuality, Instant
from edge.health import remedy, trust
from edge.trust_files import write_list
from tests.codes.hc1_samples import hc1_trust
from tests.codes.samples import NOW_US

NOW = Instant(1, NOW_US, ClockQuality.SYNCED)
DAY_US = 86_400_000_000
LANE = {"name": "in", "procedure": "compound"}


def probed(*states: tuple[str, str]) -> tuple[str, str, str] | None:
    lists: Sequence[dict[str, Any]] = [{"carrier": name, "state": state} for name, state in states]
    problem = trust.age(lambda: lists)()
    return None if problem is None else (problem.code, problem.what, problem.severity)


def test_an_old_list_is_a_fault_and_an_ageing_one_a_warning() -> None:
    assert probed(("hc1", "fresh"), ("shc", "undated")) is None
    assert probed(("hc1", "ageing"), ("shc", "fresh")) == ("trust_ageing", "hc1", "warning")
    assert probed(("hc1", "ageing"), ("shc", "old"), ("nzcp", "old")) == ("trust_old", "shc, nzcp", "fault")


def test_what_could_not_be_read_or_was_refused_is_told_with_a_remedy() -> None:
    unreadable = trust.files(lambda: "hc1.json: not JSON")()
    refused = trust.refused(lambda: {"lists_refused": ("trust-hc1 3: as_of", "trust-shc 1: keys")})()
    assert unreadable is not None
    assert refused is not None
    assert (unreadable.code, unreadable.what) == ("trust_unreadable", "hc1.json: not JSON")
    assert refused.what == "trust-hc1 3: as_of; trust-shc 1: keys"
    assert trust.files(lambda: None)() is None
    assert trust.refused(dict)() is None
    for code in ("trust_old", "trust_ageing", "trust_unreadable", "list_refused"):
        assert remedy(code).do.en != remedy("nobody's").do.en


def settings(tmp_path: Path, **codes: Any) -> Settings:
    tables = {
        "gate": {"id": "t-1", "name": "t"},
        "store": {"path": str(tmp_path)},
        "lane": [LANE | {"direction": "in"}],
    }
    return Settings.model_validate(tables | {"codes": codes})


@pytest.mark.parametrize(
    ("age_days", "level"), [(1, Level.OK), (85, Level.WARN), (101, Level.FAULT), (None, Level.FAULT)]
)
def test_doctor_has_a_line_for_each_list(tmp_path: Path, age_days: int | None, level: Level) -> None:
    as_of_us = None if age_days is None else NOW_US - age_days * DAY_US
    write_list(tmp_path / "trust", TrustList(Carrier.HC1, (hc1_trust(),), as_of_us))
    (found,) = doctor.look(settings(tmp_path, max_age_days=100), NOW)
    assert (found.level, found.check) == (level, "trust")
    assert "hc1" in found.what.en
    assert "1 keys" in found.what.en


def test_doctor_names_a_broken_file_a_missing_folder_and_a_test_issuer(tmp_path: Path) -> None:
    assert doctor.look(settings(tmp_path), NOW)[0].level is Level.OK
    missing = doctor.look(settings(tmp_path, trust=str(tmp_path / "no")), NOW)
    assert [finding.level for finding in missing] == [Level.FAULT]
    write_list(tmp_path / "trust", TrustList(Carrier.HC1, (replace(hc1_trust(), test=True),), NOW_US))
    assert "test issuer" in doctor.look(settings(tmp_path), NOW)[0].what.en
    (allowed,) = doctor.look(settings(tmp_path, accept_test_issuers=True), NOW)
    assert (allowed.level, "TEST" in allowed.what.en) == (Level.WARN, True)
    (tmp_path / "trust" / "hc1.json").write_text("{", encoding="utf-8")
    (broken,) = doctor.look(settings(tmp_path), NOW)
    assert (broken.level, "not JSON" in broken.what.en) == (Level.FAULT, True)
