"""The trust lists in force: what is taken from the district, what is refused, and how old they are."""

import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.app.trust import DAY_US, TrustFolder
from edge.codes import TrustList
from edge.codes.trust_text import dump_list
from edge.domain.errors import ConfigError
from edge.domain.model import Carrier, ClockQuality, CodeVerdict, Instant
from edge.trust_files import load_list, write_list
from tests.codes.hc1_samples import hc1_code, hc1_trust
from tests.codes.samples import NOW_US, OUR_KEY, PASS_PAYLOAD
from tests.codes.trust_samples import MORE_KEYS

NOW = Instant(1, NOW_US, ClockQuality.SYNCED)
NAME = "trust-hc1"
LIST = TrustList(Carrier.HC1, (hc1_trust(),), NOW_US)
OTHER = TrustList(Carrier.HC1, (hc1_trust(MORE_KEYS[0], b"other"),), NOW_US - DAY_US)


def pushed(entry: TrustList, **more: Any) -> str:
    return json.dumps(json.loads(dump_list(entry)) | more)


def verdict(folder: TrustFolder, payload: bytes | None = None) -> CodeVerdict:
    return folder.read(payload or hc1_code(), NOW).verdict


@pytest.fixture
def folder(tmp_path: Path) -> TrustFolder:
    write_list(tmp_path, OTHER)
    return TrustFolder(tmp_path, accept_test_issuers=False)


def test_a_pushed_list_takes_the_place_of_the_old_one_at_once(folder: TrustFolder, tmp_path: Path) -> None:
    assert verdict(folder) is CodeVerdict.UNKNOWN_ISSUER
    assert folder.held()[NAME] is None
    facts = folder.take(NAME, 7, pushed(LIST))
    assert facts == {"kind": "trust", "as_of_us": NOW_US, "count": 1, "withdrawn": 0} == folder.facts(NAME)
    assert verdict(folder) is CodeVerdict.VALID
    assert folder.held()[NAME] == 7
    assert load_list(tmp_path, Carrier.HC1) == replace(LIST, version=7)
    assert [path.name for path in tmp_path.iterdir()] == ["hc1.json"]


def test_a_gate_can_be_given_every_carriers_first_list(tmp_path: Path) -> None:
    folder = TrustFolder(tmp_path / "none", accept_test_issuers=False)
    assert set(folder.held().values()) == {None}
    ours = TrustList(Carrier.GATEPOST_PASS, (OUR_KEY,), NOW_US)
    folder.take("trust-gatepost_pass", 1, pushed(ours))
    assert verdict(folder, PASS_PAYLOAD) is CodeVerdict.VALID


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "JSON object"),
        (pushed(LIST, carrier="shc"), "shc"),
        (pushed(TrustList(Carrier.GATEPOST_PASS, (OUR_KEY,), NOW_US)), "gatepost_pass"),
        (pushed(replace(LIST, as_of_us=None)), "as_of"),
        (pushed(replace(LIST, as_of_us=OTHER.as_of_us - 1)), "older"),  # type: ignore[operator]
        (pushed(replace(LIST, keys=())), "no key"),
        (pushed(replace(LIST, keys=(replace(hc1_trust(), test=True),))), "test issuer"),
        (pushed(LIST, keys=[{}]), "keys"),
        (pushed(LIST, replace="yes"), "replace"),
        (pushed(LIST, more=1), "unknown field"),
    ],
)
def test_a_list_that_must_not_be_in_force_is_refused_and_the_old_one_stays(
    folder: TrustFolder, tmp_path: Path, content: str, why: str
) -> None:
    before = (tmp_path / "hc1.json").read_bytes()
    with pytest.raises(ConfigError, match=rf"^{NAME}: (.|\n)*{why}"):
        folder.take(NAME, 9, content)
    assert (tmp_path / "hc1.json").read_bytes() == before
    assert folder.held()[NAME] is None
    assert folder.unreadable is None


def test_with_replace_an_older_or_empty_list_is_meant(folder: TrustFolder) -> None:
    folder.take(NAME, 2, pushed(LIST))
    older = replace(LIST, as_of_us=5)
    folder.take(NAME, 3, pushed(older, replace=True))
    assert folder.status(NOW)[0]["as_of_us"] == 5
    folder.take(NAME, 4, pushed(replace(older, keys=()), replace=True))
    assert verdict(folder) is CodeVerdict.UNKNOWN_ISSUER


def test_what_was_withdrawn_here_stays_so_unless_the_district_replaces_all(tmp_path: Path) -> None:
    ours = TrustList(Carrier.GATEPOST_PASS, (OUR_KEY,), NOW_US)
    write_list(tmp_path, replace(ours, revoked=frozenset({"0" * 16}), as_of_us=NOW_US - 1))
    folder = TrustFolder(tmp_path, accept_test_issuers=False)
    folder.take("trust-gatepost_pass", 1, pushed(replace(ours, revoked=frozenset({"1" * 16}))))
    assert load_list(tmp_path, Carrier.GATEPOST_PASS).revoked == {"0" * 16, "1" * 16}
    folder.take("trust-gatepost_pass", 2, pushed(ours, replace=True))
    assert load_list(tmp_path, Carrier.GATEPOST_PASS).revoked == frozenset()


def test_a_pushed_list_heals_a_file_that_was_damaged(folder: TrustFolder, tmp_path: Path) -> None:
    (tmp_path / "hc1.json").write_text("{", encoding="utf-8")
    folder.refresh()
    assert "not JSON" in (folder.unreadable or "")
    assert folder.status(NOW)[0]["as_of_us"] == OTHER.as_of_us
    folder.take(NAME, 2, pushed(LIST))
    assert folder.unreadable is None
    assert verdict(folder) is CodeVerdict.VALID


def test_another_carriers_damaged_file_keeps_no_pushed_list_out(folder: TrustFolder, tmp_path: Path) -> None:
    (tmp_path / "shc.json").write_text("{", encoding="utf-8")
    folder.take(NAME, 2, pushed(LIST))
    assert verdict(folder) is CodeVerdict.VALID
    assert "shc.json" in (folder.unreadable or "")
    (tmp_path / "shc.json").unlink()
    folder.refresh()
    assert folder.unreadable is None
    assert (verdict(folder), folder.held()[NAME]) == (CodeVerdict.VALID, 2)


def test_a_pushed_list_is_not_read_twice(
    folder: TrustFolder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    folder.take(NAME, 2, pushed(LIST))
    folder.refresh()
    assert caplog.text == ""
    write_list(tmp_path, LIST)
    folder.refresh()
    assert "read again" in caplog.text


def test_a_folder_that_cannot_be_written_refuses_nothing_for_good(
    folder: TrustFolder, tmp_path: Path
) -> None:
    (tmp_path / "hc1.json").unlink()
    (tmp_path / "hc1.json").mkdir()
    with pytest.raises(OSError, match="cannot be written"):
        folder.take(NAME, 2, pushed(LIST))


@pytest.mark.parametrize(
    ("age_days", "state"), [(0, "fresh"), (79, "fresh"), (80, "ageing"), (100, "ageing"), (101, "old")]
)
def test_a_list_ages(tmp_path: Path, age_days: int, state: str) -> None:
    write_list(tmp_path, replace(LIST, as_of_us=NOW_US - age_days * DAY_US))
    folder = TrustFolder(tmp_path, accept_test_issuers=False, max_age_days=100)
    (found,) = folder.status(NOW)
    assert found["state"] == state
    assert (verdict(folder) is CodeVerdict.VALID) == (state != "old")
    unset = Instant(1, 0, ClockQuality.UNSET)
    assert folder.status(unset)[0]["state"] == "fresh"


def test_a_list_without_a_date_says_so(tmp_path: Path) -> None:
    write_list(tmp_path, replace(LIST, as_of_us=None))
    assert TrustFolder(tmp_path, False).status(NOW)[0]["state"] == "undated"
    assert TrustFolder(tmp_path, False, max_age_days=1).status(NOW)[0]["state"] == "old"


def test_codes_are_read_while_lists_change(folder: TrustFolder, tmp_path: Path) -> None:
    folder.take(NAME, 1, pushed(LIST))
    stop, found, code = threading.Event(), set(), hc1_code()

    def reads() -> None:
        while not stop.is_set():
            found.add(verdict(folder, code))

    thread = threading.Thread(target=reads)
    thread.start()
    try:
        for version in range(2, 30):
            folder.take(NAME, version, pushed(LIST))
            folder.refresh()
    finally:
        stop.set()
        thread.join(10)
    assert found == {CodeVerdict.VALID}
