"""The table of all rows in docs/procedures.md, read."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_LINE = re.compile(r"^\| (R\d+) \|(.*)\|$")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row; `tests` are paths with the names of tests, `path::name`."""

    number: int
    term: str
    scope: str
    settings: str
    page: str
    tests: tuple[str, ...]

    @property
    def must_run(self) -> bool:
        """Whether it has to be shown through the real program."""
        return "G" in self.scope or "R" in self.scope


def requirements(text: str | None = None) -> list[Requirement]:
    """Return the rows of the table, in its order."""
    text = (ROOT / "docs" / "procedures.md").read_text("utf-8") if text is None else text
    _, _, table = text.partition("## All rows")
    found = []
    for line in table.splitlines():
        if match := _LINE.match(line):
            term, scope, settings, page, tests = (cell.strip() for cell in match[2].split("|"))
            names = tuple(re.findall(r"`([^`]+)`", tests))
            found.append(Requirement(int(match[1][1:]), term, scope, settings, page, names))
    return found


def printed(rows: Sequence[Requirement], went: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each row, with how its tests went (by `path::name`), and a line of counts."""
    shown = 0
    for row in rows:
        results = {went.get(name, "not run") for name in row.tests}
        word = next((word for word in ("error", "failed", "not run", "skipped") if word in results), "passed")
        word = word if row.tests else "no test"
        shown += row.must_run and word == "passed"
        yield f"R{row.number:<4}{row.scope:<5}{word:<9}{row.term}"
    asked = sum(row.must_run for row in rows)
    yield f"{len(rows)} rows; of the {asked} with G or R in their scope {shown} are shown"
