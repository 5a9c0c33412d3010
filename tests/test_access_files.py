"""The rules of who may pass as files: what ships reads, and a faulty text is refused with every fault."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import access
from edge.domain.errors import ConfigError
from tests.paths import ROOT

USUAL = (ROOT / "config" / "access" / "usual.toml").read_text("utf-8")


@pytest.mark.parametrize("name", access.names(ROOT))
def test_every_file_that_ships_reads_and_names_everything_in_both_languages(name: str) -> None:
    path = access.find(name, ROOT)
    assert path is not None
    rules = access.parse(name, path.read_text("utf-8"), str(path))
    assert len(rules.levels) == 3
    assert {level.title["zh_Hans"] for level in rules.levels} == {"小区封闭式管理", "设卡点封闭", "全封闭"}
    for title in rules.titles.values():
        assert title["zh_Hans"]
        assert title["en"].isascii()


def test_a_sites_own_file_goes_before_what_ships(tmp_path: Path) -> None:
    (tmp_path / "access").mkdir()
    own = tmp_path / "access" / "usual.toml"
    own.write_text(USUAL.replace('closure = "managed"', 'closure = "closed"'), "utf-8")
    assert access.find("usual", tmp_path) == own
    assert access.find("nothing_like_it", tmp_path) is None


def test_the_version_changes_with_the_text_and_with_the_closure_level() -> None:
    versions = {
        access.parse("usual", USUAL).version,
        access.parse("usual", USUAL, closure="closed").version,
        access.parse("usual", USUAL + "\n# a word\n").version,
    }
    assert len(versions) == 3
    assert access.parse("usual", USUAL, closure="managed").version in versions


FAULTS = [
    ('closure = "managed"', 'closure = "nowhere"', "there is no [[level]] nowhere"),
    ('then = "turn_back"', 'then = "shoo"', "must be one of"),
    ('deliveries = ["delivery", "courier"]', 'deliveries = ["parcel"]', "there is no [[purpose]] parcel"),
    ('levels = ["managed", "posts"]', 'levels = ["moon"]', "services: there is no [[level]] moon"),
    ('people = ["visitor", "outsider", "courier"]', "people = []", "is ambiguous"),
    ('purposes = ["emergency"]', 'purposes = ["fire"]', "emergency: there is no [[purpose]] fire"),
    ('id = "own_people"', 'id = "emergency"', "stands twice: emergency"),
    ('override = "manager"', 'override = "nobody"', "must be one of"),
    ('mismatch = "hold"', 'mismatch = "pass"', "must be one of"),
    ('regions = ["high", "listed"]\nlocated = ["here"]', "", "an origin names regions or located"),
    ('directions = ["out"]\npeople', 'hours = ["6-22"]\npeople', 'hours: write "06:00-22:00"'),
    (
        'directions = ["out"]\npeople',
        "from = 2020-03-01\nuntil = 2020-02-01\npeople",
        "from lies behind until",
    ),
    ("[due]", "[due]\ncoffee = true", "there is no such key here"),
]


@pytest.mark.parametrize(("good", "bad", "said"), FAULTS)
def test_a_faulty_text_says_what_is_wrong_in_both_languages(good: str, bad: str, said: str) -> None:
    assert good in USUAL
    with pytest.raises(ConfigError) as refused:
        access.parse("usual", USUAL.replace(good, bad, 1))
    assert said in str(refused.value)
    for fault in refused.value.faults:
        assert " / " in fault


def test_every_fault_is_named_at_once() -> None:
    text = USUAL
    for good, bad, _said in (FAULTS[1], FAULTS[4], FAULTS[7], FAULTS[8]):
        text = text.replace(good, bad, 1)
    with pytest.raises(ConfigError) as refused:
        access.parse("usual", text)
    assert len(refused.value.faults) >= 4


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_faults(text: str) -> None:
    try:
        said: object = access.parse("own", text).version
    except ConfigError as error:
        said = error.faults
    assert said
