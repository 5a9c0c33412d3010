"""The EU's rule files on their way into the trust folder: what is taken, what is refused, how old it is."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import times
from edge.codes.eu_rules_import import Collected, collected, dump_rules, missing_value_sets
from edge.codes.eu_rules_text import NAME, parse_rules
from edge.domain.errors import ConfigError
from edge.trust_files import load_rules
from tests.codes.samples import NOW_US
from tests.codes.test_commands import gatepost
from tests.codes.test_eu_rules import COMPLETE, FOURTEEN_DAYS, HERE, KNOWN_VACCINE, rule, text

pytestmark = pytest.mark.system

SET = {
    "valueSetId": "vaccines",
    "valueSetDate": "2021-04-27",
    "valueSetValues": {"EU/1/20/1528": {"lang": "en"}},
}
# Beside a published rule lie its tests.
EXAMPLE = {"name": "one dose of one", "payload": {"v": []}, "expected": True, "external": {}}


def taken(*files: object) -> Collected:
    return collected([(f"f{number}", json.dumps(file)) for number, file in enumerate(files, 1)], HERE)


def names(found: Collected) -> list[object]:
    return [one["Identifier"] for one in found.rules]


def rules(into: Path, *words: object) -> tuple[int, str, str]:
    result = gatepost("trust", "rules", "--country", HERE, "--out", into, *words)
    return result.exit_code, result.stdout, result.stderr


def put(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), "utf-8")
    return path


@pytest.fixture
def gateway(tmp_path: Path) -> Path:
    """A folder as the rules are published: one folder for each, its tests below it, value sets beside."""
    folder = tmp_path / "gateway"
    for name, logic in ((f"VR-{HERE}-0001", COMPLETE), (f"VR-{HERE}-0002", KNOWN_VACCINE)):
        put(folder / HERE / name / "rule.json", rule(name, logic))
        put(folder / HERE / name / "tests" / "test001.json", EXAMPLE)
    put(folder / "XC" / "VR-XC-0001" / "rule.json", rule("VR-XC-0001"))
    put(folder / "XC" / "IR-XC-0001" / "rule.json", rule("IR-XC-0001"))
    put(folder / "valuesets" / "vaccines.json", SET)
    return folder


def test_a_published_folder_is_put_where_the_acceptance_table_reads_it(gateway: Path, tmp_path: Path) -> None:
    into = tmp_path / "trust"
    code, said, told = rules(into, "--as-of", "2022-01-01T00:00:00Z", gateway)
    assert code == 0
    assert said.startswith(f"hc1-rules  as of 2022-01-01T00:00:00Z  3 rules for {HERE}  1 value sets  ")
    assert told.count("test001.json: neither rules nor value sets") == 2
    assert "1 acceptance rules of other countries" in told
    found = load_rules(into)
    assert found is not None
    assert [one.identifier for one in found.rules] == ["IR-XC-0001", f"VR-{HERE}-0001", f"VR-{HERE}-0002"]
    assert found.value_sets == {"vaccines": ("EU/1/20/1528",)}
    shown = gatepost("trust", "show", "--trust", into).stdout
    assert shown == said
    (whole,) = gatepost("trust", "show", "--json", "--lists", "--trust", into).stdout.splitlines()
    assert json.loads(whole) | {"age_days": 0} == {
        "carrier": "hc1-rules",
        "as_of": "2022-01-01T00:00:00Z",
        "age_days": 0,
        "country": HERE,
        "region": None,
        "rules": 3,
        "value_sets": 1,
    }
    assert len(gatepost("trust", "show", "--json", "--trust", into).stdout.splitlines()) == 3


def test_the_same_import_again_changes_nothing_and_an_older_one_is_refused(
    gateway: Path, tmp_path: Path
) -> None:
    into, march = tmp_path / "trust", ["--as-of", "2022-03-01T00:00:00Z"]
    assert rules(into, *march, gateway)[0] == 0
    before = (into / NAME).read_bytes()
    assert rules(into, *march, gateway)[0] == 0
    assert rules(into, into / NAME)[0] == 0  # a file of ours says itself from when it is
    assert (into / NAME).read_bytes() == before
    code, _, told = rules(into, "--as-of", "2022-02-01", gateway)
    assert (code, "the rules in force are newer" in told, "--replace" in told) == (3, True, True)
    assert rules(into, "--as-of", "2022-02-01", "--replace", gateway)[0] == 0
    (gateway / HERE / f"VR-{HERE}-0002" / "rule.json").unlink()
    assert rules(into, *march, gateway)[0] == 0
    undone = gatepost("trust", "undo", "--rules", "--out", into)
    assert (undone.exit_code, "3 rules" in undone.stdout) == (0, True)


def test_without_a_date_the_rules_are_of_now_and_never_of_the_future(gateway: Path, tmp_path: Path) -> None:
    into, now_us = tmp_path / "trust", int(time.time() * 1_000_000)
    assert rules(into, gateway)[0] == 0
    found = load_rules(into)
    assert found is not None
    assert abs(found.as_of_us - now_us) < 60_000_000
    code, _, told = rules(tmp_path / "other", "--as-of", "2999-01-01", gateway)
    assert (code, "lies ahead" in told, "请检查时钟" in told) == (3, True, True)
    assert not (tmp_path / "other").exists()


def test_one_rule_that_cannot_be_used_refuses_all_and_is_named(gateway: Path, tmp_path: Path) -> None:
    put(gateway / HERE / "x" / "rule.json", rule(f"VR-{HERE}-0009", {"xor": [1]}))
    code, _, told = rules(tmp_path / "trust", gateway)
    assert code == 3
    assert f'x/rule.json: VR-{HERE}-0009.Logic.xor: unrecognised operator: "xor"' in told
    assert not (tmp_path / "trust").exists()


def test_a_place_that_is_none_is_a_matter_of_usage(gateway: Path, tmp_path: Path) -> None:
    for words in (["--country", "at"], ["--country", "AT", "--region", "?"]):
        assert gatepost("trust", "rules", *words, "--out", tmp_path / "trust", gateway).exit_code == 2


def test_damaged_rules_in_force_keep_no_new_ones_out(gateway: Path, tmp_path: Path) -> None:
    (tmp_path / "trust").mkdir()
    (tmp_path / "trust" / NAME).write_text("{", "utf-8")
    assert rules(tmp_path / "trust", "--as-of", "2022-01-01", gateway)[0] == 0


def test_a_missing_value_set_is_named(tmp_path: Path) -> None:
    path = put(tmp_path / "rules.json", [rule(f"VR-{HERE}-0001", KNOWN_VACCINE)])
    code, _, told = rules(tmp_path / "trust", path)
    assert (code, "value set vaccines is not in these files" in told) == (0, True)


def test_files_may_hold_one_many_or_a_list_made_before() -> None:
    one, two = rule(f"VR-{HERE}-0001"), rule(f"VR-{HERE}-0002", FOURTEEN_DAYS)
    made = json.loads(text(one))
    assert names(taken(one)) == names(taken(made)) == [f"VR-{HERE}-0001"]
    found = taken([one, two, SET], made)
    assert names(found) == [f"VR-{HERE}-0001", f"VR-{HERE}-0002"]
    assert found.as_of_us == times.parse("2021-12-01T00:00:00Z")
    older = taken(made, made | {"as_of": "2021-11-01"}, made)
    assert older.as_of_us == times.parse("2021-11-01")


def test_one_rule_in_two_wordings_is_refused() -> None:
    newer = rule(f"VR-{HERE}-0001", Version="1.0.1")
    assert len(taken(rule(), newer, rule()).rules) == 2
    with pytest.raises(ConfigError, match=f"f2: VR-{HERE}-0001 1.0.0 stands twice, and not the same"):
        taken(rule(), rule(logic=FOURTEEN_DAYS))


@pytest.mark.parametrize(
    "entry",
    [
        {"valueSetId": 1, "valueSetValues": []},
        {"valueSetId": "a", "valueSetValues": 1},
        {"valueSetId": "a", "valueSetValues": [1]},
        {"valueSetId": "a"},
        rule(Version="one"),
        rule(Country="XX"),
        {"Identifier": [1]},
    ],
)
def test_what_is_wrong_is_named_by_its_file(entry: Any) -> None:
    with pytest.raises(ConfigError, match=r"^f1: "):
        taken(entry)


def test_value_sets_that_rules_ask_for_within_a_list_are_missed_as_well() -> None:
    logic = {"reduce": [{"var": "payload.v"}, {"in": [1, {"var": "data.external.valueSets.x"}]}, True]}
    found = parse_rules(text(rule(logic=logic), rule(f"VR-{HERE}-0002", KNOWN_VACCINE)), NAME)
    assert missing_value_sets(found) == ["x"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["rules", "value_sets", "valueSetId", "valueSetValues", "Identifier", "as_of", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


def rules_or_faults(files: list[str]) -> Collected | list[str]:
    try:
        return collected([("f", file) for file in files], HERE)
    except ConfigError as error:
        return list(error.faults)


@given(st.lists(JSON.map(json.dumps) | st.text(max_size=20), max_size=3))
def test_any_files_give_rules_or_a_config_error(files: list[str]) -> None:
    found = rules_or_faults(files)
    if isinstance(found, Collected):
        assert found.rules == []
    else:
        assert all(line.startswith("f: ") for line in found)


@given(
    st.lists(
        st.builds(
            lambda number, version, kind: rule(f"{kind}-0{number:03}", Version=f"1.0.{version}"),
            st.integers(0, 5),
            st.integers(0, 2),
            st.sampled_from([f"VR-{HERE}", "VR-XC", "IR-XC"]),
        ),
        min_size=1,
        max_size=8,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_files_changes_nothing(entries: list[dict[str, Any]], chance: Any) -> None:
    shuffled = list(entries)
    chance.shuffle(shuffled)
    made = [dump_rules(taken(*some), HERE, None, NOW_US) for some in (entries, shuffled)]
    assert made[0] == made[1]
