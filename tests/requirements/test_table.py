"""The table of docs/procedures.md: every row there, and every row that has to run shown by a test."""

import ast
import re

import pytest

from tests.requirements.table import ROOT, Requirement, requirements

pytestmark = pytest.mark.requirements

ROWS = requirements()
_LINK = re.compile(r"\[[^\]]*\]\(([^)#]+)")


def _tests_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_the_table_has_the_hundred_rows_in_their_order() -> None:
    assert [row.number for row in ROWS] == list(range(1, 101))
    assert all(row.term for row in ROWS)
    assert sum(row.must_run for row in ROWS) == 77


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"R{row.number}")
def test_every_row_says_where_it_is_set_and_where_it_is_seen(row: Requirement) -> None:
    assert row.settings
    assert row.page


@pytest.mark.parametrize("row", [row for row in ROWS if row.must_run], ids=lambda row: f"R{row.number}")
def test_every_row_that_has_to_run_is_shown_by_a_test_named_after_it(row: Requirement) -> None:
    assert row.tests, "no test"
    assert any(re.search(rf"::test_(?:r\d+_|and_)*r{row.number:02}_", name) for name in row.tests), row.tests


@pytest.mark.parametrize("row", [row for row in ROWS if row.tests], ids=lambda row: f"R{row.number}")
def test_every_test_of_the_table_is_there(row: Requirement) -> None:
    for name in row.tests:
        path, _, function = name.partition("::")
        assert (ROOT / path).is_file(), path
        assert not function or function in _tests_in(path), name


def test_every_test_named_after_a_row_stands_in_the_table() -> None:
    known = {name for row in ROWS for name in row.tests}
    for path in sorted((ROOT / "tests" / "requirements").rglob("test_*.py")):
        where = path.relative_to(ROOT).as_posix()
        for function in _tests_in(where):
            if match := re.match(r"test_r(\d\d+)_", function):
                assert f"{where}::{function}" in known, f"R{int(match[1])}: {where}::{function} is in no row"


def test_every_file_of_the_table_is_there() -> None:
    for row in ROWS:
        for target in _LINK.findall(f"{row.settings} {row.page}"):
            assert (ROOT / "docs" / target).exists(), f"R{row.number}: {target}"
