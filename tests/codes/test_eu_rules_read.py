"""The EU's rules on their way from the trust folder into a code."""

from dataclasses import replace
from pathlib import Path

import pytest

from edge import trust_files
from edge.codes import read
from edge.codes.eu_rules_text import NAME, parse_rules
from edge.codes.trust import TrustStore
from edge.domain.errors import ConfigError
from edge.domain.model import CodeVerdict
from tests.codes.hc1_samples import VACCINATION, content, hc1_code, hc1_store, token
from tests.codes.samples import DAY_S, NOW_S, NOW_US, PASS_PAYLOAD, STORE
from tests.codes.test_eu_rules import HERE, rule, text


def store(**changes: object) -> TrustStore:
    found = replace(
        hc1_store(), eu_rules=parse_rules(text(rule()), NAME), lists=(*hc1_store().lists, *STORE.lists)
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def test_a_certificate_is_read_with_what_the_rules_say_of_it() -> None:
    good, bad = hc1_code(), hc1_code(token(content(v=[VACCINATION | {"dn": 1}])))
    assert read(good, store(), NOW_US).subject["eu_rules"] == "passed"
    assert read(bad, store(), NOW_US).verdict is CodeVerdict.VALID
    assert read(bad, store(), NOW_US).subject["eu_rule"] == f"VR-{HERE}-0001"


def test_without_rules_and_of_other_codes_nothing_is_said() -> None:
    assert "eu_rules" not in read(hc1_code(), store(eu_rules=None), NOW_US).subject
    assert "eu_rules" not in read(PASS_PAYLOAD, store(), NOW_US).subject


def test_rules_grow_too_old_like_lists() -> None:
    fresh = replace(hc1_store().lists[0], as_of_us=NOW_US)
    young = store(lists=(fresh,), max_age_us=10 * DAY_S * 1_000_000)
    assert read(hc1_code(), young, NOW_US).subject["eu_rules"] == "open"
    assert (
        read(hc1_code(), replace(young, max_age_us=40 * DAY_S * 1_000_000), NOW_US).subject["eu_rules"]
        == "passed"
    )


def test_rules_dated_ahead_of_the_clock_are_of_no_known_age() -> None:
    fresh = replace(hc1_store().lists[0], as_of_us=NOW_US)
    made = parse_rules(text(rule(), as_of="2022-01-03T00:00:00Z"), NAME)
    for max_age_us, said in ((10 * DAY_S * 1_000_000, "open"), (None, "passed")):
        found = store(lists=(fresh,), max_age_us=max_age_us, eu_rules=made)
        assert read(hc1_code(), found, NOW_US).subject["eu_rules"] == said


def test_a_code_that_is_not_valid_is_not_ruled_on() -> None:
    assert "eu_rules" not in read(hc1_code(token(exp=NOW_S - 1)), store(), NOW_US).subject


def test_rules_stand_in_the_trust_folder(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(text(rule()), encoding="utf-8")
    found = trust_files.load(tmp_path).eu_rules
    assert found is not None
    assert [one.identifier for one in found.rules] == [f"VR-{HERE}-0001"]
    assert trust_files.load(tmp_path).lists == ()


def test_rules_with_a_fault_are_a_fault_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(text(rule(logic={"==": [1, 1]})), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        trust_files.load(tmp_path)
    assert caught.value.faults == (f'{tmp_path / NAME}: rules.0.Logic.==: unrecognised operator: "=="',)
