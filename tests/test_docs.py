"""The documents name everything that can be called, written, met or plugged in.

No list of exceptions: what is not worth a line in docs/ is not worth having.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

from drivers import registry
from edge.cli import COMMANDS
from edge.cli import main as gatepost
from edge.config import Settings
from edge.domain.model import Outcome, Reason
from edge.web.shortfalls import SHORTFALLS
from tests.paths import ROOT

DOCS = {path.relative_to(ROOT): path.read_text("utf-8") for path in sorted((ROOT / "docs").rglob("*.md"))}
READMES = ("README.md", "README.zh-CN.md")
ALL = "\n".join([*DOCS.values(), *((ROOT / name).read_text("utf-8") for name in READMES)])
HAN = re.compile(r"[\u4e00-\u9fff]")


def commands(group: click.Group, name: str) -> Iterator[str]:
    """Yield every command that can be typed below `name`."""
    context = click.Context(group)
    for child in group.list_commands(context):
        command = group.get_command(context, child)
        assert command is not None
        if command.hidden:
            continue
        yield f"{name} {child}"
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {child}")


def keys(model: type[BaseModel], table: str) -> Iterator[tuple[str, str]]:
    """Yield (table, key) of every value a config file may hold, tables themselves excepted."""
    for name, field in model.model_fields.items():
        inner = [
            part
            for part in (field.annotation, *getattr(field.annotation, "__args__", ()))
            if isinstance(part, type) and issubclass(part, BaseModel)
        ]
        if inner:
            yield from keys(inner[0], name)
        else:
            yield table, name


def named(word: str, text: str) -> bool:
    """Say whether the text holds the word as code, not as a part of another."""
    return re.search(rf"(?<![\w.-]){re.escape(word)}(?![\w-])", text) is not None


@pytest.mark.parametrize("command", sorted(commands(gatepost, "gatepost")))
def test_every_command_is_in_the_documents(command: str) -> None:
    assert named(command, ALL)


def test_every_command_of_the_table_is_there() -> None:
    assert {path.split()[1] for path in commands(gatepost, "gatepost")} == set(COMMANDS)


def test_every_command_of_the_district_is_in_the_documents() -> None:
    from district.cli import main as district

    missing = [command for command in commands(district, "gatepost-district") if not named(command, ALL)]
    assert missing == []


def test_every_config_key_is_documented_and_in_the_example() -> None:
    configuration = DOCS[Path("docs/configuration.md")]
    example = (ROOT / "config/gate.example.toml").read_text("utf-8")
    found = list(keys(Settings, ""))
    assert len(found) > 20
    for table, key in found:
        assert f"`{key}`" in configuration, f"[{table}] {key}"
        # Commented out or not; a device's key is a table of its own.
        assert re.search(rf"^#?\s*{key}\s*=|^#?\s*\[+(\w+\.)?{key}\]+", example, re.MULTILINE), (
            f"[{table}] {key}"
        )


@pytest.mark.parametrize("code", [*Reason, *Outcome])
def test_every_reason_and_outcome_is_explained(code: str) -> None:
    assert any(f"`{code}`" in text for text in DOCS.values())


@pytest.mark.parametrize("kind", registry.KINDS)
def test_every_driver_is_in_the_documents(kind: str) -> None:
    for name in registry.available(kind):
        assert f"`{name}`" in ALL, f"{kind}/{name}"
        assert registry.describe(kind, name).doc, f"{kind}/{name} says nothing of itself"


@pytest.mark.parametrize("readme", READMES)
def test_the_readme_opens_with_the_two_commands(readme: str) -> None:
    text = (ROOT / readme).read_text("utf-8")
    opening = text[: text.index("\n## ")]
    for command in ("./gate demo", "./gate test"):
        assert re.search(rf"^{command}\b", opening, re.MULTILINE), command
    assert HAN.search(opening)
    # The same command as continuous integration runs.
    assert "./gate test" in (ROOT / ".ci/run").read_text("utf-8")


@pytest.mark.parametrize("page", [*DOCS, *map(Path, READMES)], ids=str)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    text = DOCS.get(page) or (ROOT / page).read_text("utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if not re.match(r"[a-z]+:", target):
            assert (ROOT / page.parent / target).exists(), target


def test_operations_has_a_chinese_part_and_a_part_for_each_trouble() -> None:
    text = DOCS[Path("docs/operations.md")]
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert any("运维" in heading for heading in headings)
    for word in (
        *("Install", "Upgrade", "Backup", "Disk", "Clock", "device", "Kiosk", "Logs", "Keys"),
        *("Uninstall", "Development"),
    ):
        assert any(word in heading for heading in headings), word


def test_every_unit_and_file_that_is_installed_is_in_operations() -> None:
    text = DOCS[Path("docs/operations.md")]
    for path in (ROOT / "systemd").iterdir():
        if path.suffix in {".service", ".path"}:
            assert path.name in text, path.name


def test_the_changelog_names_this_version() -> None:
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert version
    log = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(rf"^## \[{re.escape(version[1])}\]", log, re.MULTILINE)
    assert set(re.findall(r"^### (.+)$", log, re.MULTILINE)) <= {
        *("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
    }


@pytest.mark.parametrize("word", sorted(SHORTFALLS))
def test_every_shortfall_of_a_health_code_is_explained(word: str) -> None:
    assert f"| `{word}` |" in DOCS[Path("docs", "reasons.md")]
