"""Every driver has its page in docs/devices, for the person who wires it, in English and in Chinese.

No list of exceptions but `none`, which is no device. Blocks of configuration on a page are read by the
program itself: what is copied from there works.
"""

import re
import tomllib
from typing import Any

import pytest

from drivers import registry
from tests.paths import ROOT

FOLDER = ROOT / "docs" / "devices"
DRIVERS = [(kind, name) for kind in registry.KINDS for name in registry.available(kind) if name != "none"]
REAL = [(kind, name) for kind, name in DRIVERS if not registry.describe(kind, name).simulated]

every_driver = pytest.mark.parametrize(("kind", "name"), DRIVERS)
every_real_driver = pytest.mark.parametrize(("kind", "name"), REAL)

# What the person needs, and a word that stands where it is dealt with.
ENGLISH = {
    "wiring": r"\bwir(e|es|ed|ing)\b|\bplug",
    "what it cannot do": r"\bcannot\b|\bcan ?not\b|\bnever\b|\bnot\b",
    "faults": r"\bfaults?\b",
    "how it was tried": r"\btried\b",
}
CHINESE = {
    "接线": r"接|插",
    "故障": r"故障",
    "试验情况": r"试",
}


def _page(kind: str, name: str) -> str:
    path = FOLDER / f"{kind}-{name}.md"
    assert path.is_file(), f"{kind} {name} has no page: docs/devices/{path.name} is missing"
    return path.read_text(encoding="utf-8")


def _parts(kind: str, name: str) -> tuple[str, str]:
    """Return the English and the Chinese part."""
    english, heading, chinese = _page(kind, name).partition("\n## 中文\n")
    assert heading, "no part headed 中文"
    return english, chinese


@every_driver
def test_every_driver_has_a_page_headed_by_its_name_in_both_languages(kind: str, name: str) -> None:
    english, chinese = _parts(kind, name)
    title = english.splitlines()[0]
    assert title.startswith("# ")
    assert f"`{name}`" in title
    assert len(re.findall(r"[\u4e00-\u9fff]", chinese)) > 30


@every_real_driver
@pytest.mark.parametrize("what", ENGLISH)
def test_a_page_says_in_english_what_whoever_wires_it_needs(kind: str, name: str, what: str) -> None:
    assert re.search(ENGLISH[what], _parts(kind, name)[0], re.IGNORECASE), what


@every_real_driver
@pytest.mark.parametrize("what", CHINESE)
def test_a_page_says_in_chinese_what_whoever_wires_it_needs(kind: str, name: str, what: str) -> None:
    assert re.search(CHINESE[what], _parts(kind, name)[1]), what


@every_real_driver
def test_a_page_says_whether_it_was_tried_on_hardware(kind: str, name: str) -> None:
    english, chinese = _parts(kind, name)
    assert re.search(r"(?i)\bhardware\b", english)
    assert re.search(r"实物|硬件|真机|真实", chinese)


@every_real_driver
def test_page_or_driver_says_where_its_knowledge_is_from(kind: str, name: str) -> None:
    """With the marks of docs/writing-a-driver.md, or as the driver's own `Source:`."""
    english, _ = _parts(kind, name)
    marked = re.search(r"\b(DOC|CODE1|CODE2|MEM|VEC|CALC)\b", english)
    assert marked or re.search(r"\bSource: ", registry.describe(kind, name).doc)


@every_driver
def test_every_option_is_named_on_the_page_or_in_the_driver(kind: str, name: str) -> None:
    text = _page(kind, name) + registry.describe(kind, name).doc
    missing = [
        option.name
        for option in registry.describe(kind, name).options
        if not re.search(rf"(?<!\w){option.name}(?!\w)", text)
    ]
    assert missing == []


@every_driver
def test_what_is_copied_from_the_page_is_a_configuration_that_works(kind: str, name: str) -> None:
    blocks = [
        tomllib.loads(text) for text in re.findall(r"^```toml\n(.*?)^```", _page(kind, name), re.M | re.S)
    ]
    tables = [table for block in blocks for table in _tables(block, kind) if table.get("driver") == name]
    assert tables, "no block of configuration to copy"
    for table in tables:
        registry.load(kind, table)


def _tables(block: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Return the tables of a kind of device in a block; [lane.x], [[lane.x]] and [[lane]] alike, and those
    of platforms."""
    lanes = block.get({"verifier": "platform", "notifier": "notify"}.get(kind, "lane"), {})
    found = [lane.get(kind, []) for lane in (lanes if isinstance(lanes, list) else [lanes])]
    return [table for entry in found for table in (entry if isinstance(entry, list) else [entry])]


def test_every_page_belongs_to_a_driver() -> None:
    pages = {f"{kind}-{name}" for kind, name in DRIVERS}
    assert {path.stem for path in FOLDER.glob("*.md")} - {"README"} <= pages
