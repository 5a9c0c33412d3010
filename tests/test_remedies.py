"""Whatever a driver can say is wrong has a name and a remedy in both languages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.health import REMEDIES, remedy
from tests.paths import ROOT

HAN = re.compile(r"[\u4e00-\u9fff]")


def codes(path: Path) -> Iterator[str]:
    """Yield the codes that a module raises DeviceUnavailable with, and those it maps errors to."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "DeviceUnavailable":
            given = [*node.args[1:2], *(keyword.value for keyword in node.keywords if keyword.arg == "code")]
            yield from (str(each.value) for each in given if isinstance(each, ast.Constant))
        elif isinstance(node, ast.Assign) and any(
            getattr(target, "id", "").endswith("_CODES") for target in node.targets
        ):
            values = node.value.values if isinstance(node.value, ast.Dict) else []
            yield from (str(each.value) for each in values if isinstance(each, ast.Constant))


def test_every_code_of_every_driver_has_a_remedy() -> None:
    found = {code for path in (ROOT / "drivers").rglob("*.py") for code in codes(path)}
    assert {"absent", "denied", "busy", "lost", "silent", "garbled", "hung", "ended"} <= found
    assert {f"device_{code}" for code in found} - set(REMEDIES) == set()


@pytest.mark.parametrize("code", sorted(REMEDIES))
def test_a_remedy_says_what_it_is_and_what_to_do_in_both_languages(code: str) -> None:
    words = remedy(code)
    for text in (words.title, words.do):
        assert HAN.search(text.zh)
        assert not HAN.search(text.en)
    assert words.do.en.endswith(".")
    assert words.title.en != words.do.en
    assert len(words.title.zh) <= 24, "a title stands in one line of the page"
