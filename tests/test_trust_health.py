"""What health and doctor say of trust lists."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from drivers import registry
from edge.cli.doctor import platforms, reach_trusting, surroundings
from edge.cli.doctor import trust as doctor
from edge.cli.doctor.finding import Finding, Level
from edge.codes import TrustList
from edge.config import Settings, load
from edge.domain.model import Carrier, ClockQuality, Instant
from edge.health import remedy, trust
from edge.trust_files import write_list, write_rules
from tests.codes.hc1_samples import hc1_trust, signer_certificate
from tests.codes.samples import NOW_US
from tests.codes.test_eu_rules import rule, text
from tests.test_doctor_platforms import HEAD, HTTP

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


def faults(tmp_path: Path, **codes: Any) -> list[Finding]:
    found = doctor.look(settings(tmp_path, **codes), NOW)
    for finding in found:
        assert finding.level is Level.FAULT
        assert finding.do is not None
        assert finding.what.zh != finding.what.en
        assert finding.do.zh != finding.do.en
    return found


def test_doctor_names_everything_that_is_wrong_in_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "trust"
    write_list(folder, TrustList(Carrier.HC1, (hc1_trust(),), NOW_US))
    (folder / "shc.json").symlink_to(tmp_path / "gone")
    (folder / "nzcp.json").mkdir()
    (folder / "hc1-rules.json").write_bytes(b"\xff")
    (folder / "contexts").symlink_to("nowhere")
    said = [finding.what.en for finding in faults(tmp_path)]
    assert len(said) == 4
    for line, why in zip(
        said, ("hc1-rules.json: is not text", "not a file", "shc.json: a link", "contexts"), strict=True
    ):
        assert why in line
    assert sorted(path.name for path in folder.iterdir()) == [
        *("contexts", "hc1-rules.json", "hc1.json", "nzcp.json", "shc.json"),
    ]


def test_doctor_names_a_folder_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("file", "link", "loop", "x" * 300, "file/below"):
        assert len(faults(tmp_path, trust=str(tmp_path / name))) == 1


def test_doctor_says_what_another_account_may_not_see(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", refuse)
    monkeypatch.setattr(Path, "is_dir", refuse)
    (found,) = doctor.look(settings(tmp_path), NOW)
    assert (found.level, "not for this account" in found.what.en) == (Level.OK, True)


def test_doctor_has_a_line_for_the_eus_rules(tmp_path: Path) -> None:
    write_rules(tmp_path / "trust", text(rule(), as_of="2021-12-01T00:00:00Z"))
    for days, level in ((100, Level.OK), (35, Level.WARN), (30, Level.FAULT)):
        (found,) = doctor.look(settings(tmp_path, max_age_days=days), NOW)
        assert found.level is level
        assert found.what.en.startswith("hc1-rules as of 2021-12-01, 1 rules")
        assert "1 条规则" in found.what.zh


def test_doctor_asks_a_platform_with_the_certificates_the_gate_believes(tmp_path: Path) -> None:
    asked: list[str] = []

    def trusting(ca_file: Path) -> Callable[[str], int | str]:
        asked.append(str(ca_file))
        return lambda _url: 200

    own, secret, path = (tmp_path / name for name in ("ca.pem", "secret", "gatepost.toml"))
    own.write_bytes(x509.load_der_x509_certificate(signer_certificate()).public_bytes(Encoding.PEM))
    secret.write_text("s", "utf-8")
    path.write_text(f'{HEAD}{HTTP.replace("SECRET", str(secret))}ca_file = "{own}"\n', "utf-8")
    loaded = load(path, {}, drivers=registry).settings
    (found,) = platforms.look(loaded, registry, lambda _url: "certificate", trusting)
    assert asked == [str(own)]
    assert found.level is Level.OK
    (found,) = platforms.look(loaded, registry, lambda _url: "certificate")
    assert found.level is Level.FAULT


def test_doctor_asks_the_district_with_the_certificates_the_gate_believes(tmp_path: Path) -> None:
    asked: list[Path] = []

    def trusting(ca_file: Path) -> Callable[[str], int | str]:
        asked.append(ca_file)
        return lambda _url: 200

    own = tmp_path / "district.pem"
    uplink = {"url": "https://d.example/ingest", "token": "t", "ca_file": str(own)}
    loaded = Settings.model_validate(
        {"gate": {"id": "t-1", "name": "t"}, "lane": [LANE | {"direction": "in"}], "uplink": uplink}
    )
    found = surroundings.uplink(loaded, {}, lambda _url: "certificate", trusting)
    assert asked == [own]
    assert [finding.level for finding in found] == [Level.OK]


def test_doctor_reaches_a_server_with_a_certificate_of_its_own(tmp_path: Path) -> None:
    assert reach_trusting(tmp_path / "gone")("https://127.0.0.1:9/") == "ca_file"
    (tmp_path / "empty.pem").write_text("nothing", "utf-8")
    assert reach_trusting(tmp_path / "empty.pem")("https://127.0.0.1:9/") == "ca_file"
    why, do = surroundings.WHY["ca_file"]
    assert "ca_file" in why[0]
    assert do[0] != do[1]
