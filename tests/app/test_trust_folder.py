"""The trust lists in force: what is taken from the district, what is refused, and how old they are."""

import json
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.app.trust import DAY_US, TrustFolder
from edge.codes import TrustList
from edge.codes.eu_rules_text import NAME as RULES_FILE
from edge.codes.trust_text import dump_list
from edge.domain.errors import ConfigError
from edge.domain.model import Carrier, ClockQuality, CodeVerdict, Instant
from edge.trust_files import MAX_FILE_BYTES, load_list, take_back, write_document, write_list
from tests.codes.hc1_samples import hc1_code, hc1_trust
from tests.codes.samples import NOW_US, OUR_KEY, PASS_PAYLOAD
from tests.codes.test_eu_rules import rule, text
from tests.codes.trust_samples import MORE_KEYS

NOW = Instant(1, NOW_US, ClockQuality.SYNCED)
NAME = "trust-hc1"
LIST = TrustList(Carrier.HC1, (hc1_trust(),), NOW_US)
OTHER = TrustList(Carrier.HC1, (hc1_trust(MORE_KEYS[0], b"other"),), NOW_US - DAY_US)


def pushed(entry: TrustList, **more: Any) -> str:
    return json.dumps(json.loads(dump_list(entry)) | more)


def verdict(folder: TrustFolder, payload: bytes | None = None) -> CodeVerdict:
    return folder.read(payload or hc1_code(), NOW).verdict


def contexts(folder: TrustFolder) -> Mapping[str, str]:
    """Return the contexts the gate reads codes with."""
    seen: list[Mapping[str, str]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("edge.codes.read", lambda _payload, store, *_, **__: seen.append(store.documents))
        folder.read(b"", NOW)
    return seen[0]


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
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hc1.json", "hc1.json.before"]


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


def at(days: int, clock: ClockQuality = ClockQuality.SYNCED) -> Callable[[], Instant]:
    return lambda: Instant(1, NOW_US + days * DAY_US, clock)


def test_a_list_dated_ahead_of_the_clock_waits_until_the_clock_is_right(tmp_path: Path) -> None:
    moments = (at(days)() for days in (-2, -2, -1))  # a day is for time zones
    folder = TrustFolder(tmp_path, False, now=moments.__next__)
    with pytest.raises(OSError, match=r"as_of: 2022-01-01.* lies ahead of this gate's clock.*请检查时钟"):
        folder.take(NAME, 7, pushed(LIST))
    with pytest.raises(OSError, match="ahead"):
        folder.take(NAME, 7, pushed(LIST, replace=True))
    assert folder.held()[NAME] is None
    assert list(tmp_path.iterdir()) == []
    folder.take(NAME, 7, pushed(LIST))
    assert folder.held()[NAME] == 7


def test_without_a_clock_no_list_is_ahead_of_it(tmp_path: Path) -> None:
    folder = TrustFolder(tmp_path, False, now=at(-9000, ClockQuality.UNSET))
    folder.take(NAME, 7, pushed(LIST))
    assert folder.held()[NAME] == 7


def test_a_withdrawal_made_here_before_any_list_keeps_no_list_out(tmp_path: Path) -> None:
    entry = "uci:" + "0" * 32
    write_list(tmp_path, TrustList(Carrier.HC1, (), NOW_US, frozenset({entry})))
    folder = TrustFolder(tmp_path, False)
    folder.take(NAME, 7, pushed(replace(LIST, as_of_us=NOW_US - DAY_US)))
    assert load_list(tmp_path, Carrier.HC1).revoked == {entry}
    folder.take(NAME, 8, pushed(replace(LIST, keys=()), replace=True))
    with pytest.raises(ConfigError, match="older"):
        folder.take(NAME, 9, pushed(OTHER))


def test_a_list_too_large_by_its_bytes_is_refused_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = TrustFolder(tmp_path, False)
    large = replace(LIST, keys=(replace(hc1_trust(), issuer="机" * 200),))
    monkeypatch.setattr("edge.trust_files.MAX_FILE_BYTES", len(dump_list(large)) + 100)
    with pytest.raises(ConfigError, match="larger than a trust list may be"):
        folder.take(NAME, 1, pushed(large))


def test_contexts_and_rules_are_seen_without_a_restart(folder: TrustFolder, tmp_path: Path) -> None:
    address = "https://contexts.example/v1"
    write_document(tmp_path, address, json.dumps({"@context": {"a": 1}}), "one")
    folder.refresh()
    assert '"a": 1' in contexts(folder)[address]
    write_document(tmp_path, address, json.dumps({"@context": {"b": 2}}), "two")
    folder.refresh()
    assert '"b": 2' in contexts(folder)[address]
    (tmp_path / RULES_FILE).write_text(text(rule()), "utf-8")
    folder.refresh()
    assert [(entry["carrier"], entry["keys"]) for entry in folder.status(NOW)] == [
        ("hc1", 1),
        ("hc1-rules", 1),
    ]
    (tmp_path / RULES_FILE).unlink()
    (tmp_path / "contexts" / "broken.json").write_text("{", "utf-8")
    folder.refresh()
    assert "broken.json: no context" in (folder.unreadable or "")
    assert len(folder.status(NOW)) == 2


def test_rules_age_as_lists_do(tmp_path: Path) -> None:
    write_list(tmp_path, LIST)
    (tmp_path / RULES_FILE).write_text(text(rule(), as_of="2021-12-01T00:00:00Z"), "utf-8")
    for days, state in ((40, "fresh"), (35, "ageing"), (30, "old")):
        assert TrustFolder(tmp_path, False, max_age_days=days).status(NOW)[1]["state"] == state
    (tmp_path / RULES_FILE).write_text(text(rule(), as_of="2022-01-03T00:00:00Z"), "utf-8")
    assert TrustFolder(tmp_path, False, max_age_days=30).status(NOW)[1]["state"] == "old"


def test_what_is_wrong_in_the_folder_is_told_and_comes_right_by_itself(
    folder: TrustFolder, tmp_path: Path
) -> None:
    def broken(make: Callable[[Path], object], name: str, why: str) -> None:
        path = tmp_path / name
        make(path)
        folder.refresh()
        assert why in (folder.unreadable or "nothing")
        assert folder.status(NOW)[0]["as_of_us"] == OTHER.as_of_us
        path.rmdir() if path.is_dir() else path.unlink()
        folder.refresh()
        assert folder.unreadable is None

    def huge(path: Path) -> None:
        with path.open("wb") as file:
            file.truncate(MAX_FILE_BYTES + 1)

    broken(
        lambda path: path.symlink_to(tmp_path / "nowhere"), "shc.json", "a link to a file that is not there"
    )
    broken(lambda path: path.mkdir(), "nzcp.json", "not a file")
    broken(os.mkfifo, "divoc.json", "not a file")
    broken(lambda path: path.write_text(dump_list(OTHER), "utf-8"), "HC1.json", "named after no carrier")
    broken(lambda path: path.write_text(dump_list(OTHER), "utf-8"), "hc1 (2).json", "named after no carrier")
    broken(lambda path: path.write_text(dump_list(OTHER), "utf-8"), "shc.json", "says hc1, its name says shc")
    broken(huge, "shc.json", "larger")
    broken(lambda path: path.write_text("x", "utf-8"), "contexts", "contexts: cannot be read")


@given(st.integers(0, len(dump_list(LIST).encode()) - 2))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_half_written_file_leaves_the_old_list_in_force_until_it_is_whole(
    tmp_path: Path, size: int
) -> None:
    write_list(tmp_path, OTHER)
    folder = TrustFolder(tmp_path, False)
    whole = dump_list(LIST).encode()
    (tmp_path / "hc1.json").write_bytes(whole[:size])
    folder.refresh()
    assert folder.unreadable
    assert verdict(folder) is CodeVerdict.UNKNOWN_ISSUER
    (tmp_path / "hc1.json").write_bytes(whole)
    folder.refresh()
    assert not folder.unreadable
    assert verdict(folder) is CodeVerdict.VALID


def test_a_whole_folder_may_take_the_place_of_the_old_one(tmp_path: Path) -> None:
    write_list(tmp_path / "one", OTHER)
    write_list(tmp_path / "two", LIST)
    (tmp_path / "trust").symlink_to("one")
    folder = TrustFolder(tmp_path / "trust", False)
    (tmp_path / "next").symlink_to("two")
    (tmp_path / "next").replace(tmp_path / "trust")
    folder.refresh()
    assert verdict(folder) is CodeVerdict.VALID
    (tmp_path / "trust").unlink()
    folder.refresh()
    assert "no such folder" in (folder.unreadable or "")
    assert verdict(folder) is CodeVerdict.VALID


def test_a_folder_that_cannot_be_made_is_named_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "trust").symlink_to("nowhere")
    with pytest.raises(ConfigError, match=r"trust: cannot be made.*信任名单文件夹"):
        TrustFolder(tmp_path / "trust", False)


def test_a_clock_that_is_set_back_makes_lists_count_as_old_until_it_is_right(tmp_path: Path) -> None:
    write_list(tmp_path, LIST)
    folder = TrustFolder(tmp_path, False, max_age_days=100)
    for days, state in ((0, "fresh"), (-1, "fresh"), (-2, "old"), (0, "fresh")):
        assert folder.status(at(days)())[0]["state"] == state
        assert (folder.read(hc1_code(), at(days)()).reason == "trust_list_old") == (state == "old")


def test_the_list_before_can_be_taken_back_while_the_gate_runs(folder: TrustFolder, tmp_path: Path) -> None:
    folder.take(NAME, 7, pushed(LIST))
    take_back(tmp_path, "hc1.json")
    folder.refresh()
    assert (verdict(folder), folder.held()[NAME]) == (CodeVerdict.UNKNOWN_ISSUER, None)


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
