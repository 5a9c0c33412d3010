"""Procedures as files: what ships, what is refused, and in which words."""

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import procedures
from edge.domain.errors import ConfigError
from edge.domain.model import Outcome
from edge.domain.procedure import Effect, Procedure
from tests.paths import ROOT

FOLDER = ROOT / "config" / "procedures"
TITLE = '{ zh_Hans = "测温", en = "Temperature" }'
REASON = f'[[reason]]\nvalue = "known"\ntitle = {TITLE}\n'


@pytest.mark.parametrize(
    ("name", "number", "steps"),
    [
        ("r3", "R3", ["temperature", "code", "ask", "register"]),
        ("r4", "R4", ["identity", "information", "temperature", "mask"]),
        ("compound", "R9", ["check", "register", "temperature", "mask"]),
    ],
)
def test_the_procedures_that_ship(name: str, number: str, steps: list[str]) -> None:
    path = procedures.find(name, [FOLDER])
    assert path is not None
    found = procedures.parse(name, path.read_text("utf-8"))
    assert found.number == number
    assert [step.id for step in found.steps] == steps


def test_r04_asks_for_all_four_musts() -> None:
    found = procedures.parse("r4", (FOLDER / "r4.toml").read_text("utf-8"))
    assert {step.must for step in found.steps} == {"identity", "information", "temperature", "mask"}


def test_the_version_changes_with_every_letter() -> None:
    text = (FOLDER / "r4.toml").read_text("utf-8")
    assert procedures.parse("r4", text).version != procedures.parse("r4", text + "\n# x\n").version


def test_every_fault_of_a_file_is_named_at_once() -> None:
    text = f"""
title = {{ zh_Hans = "x" }}
colour = "red"
[[step]]
id = "Temp"
kind = "tempera"
title = {TITLE}
[[step]]
id = "code"
kind = "code"
title = {TITLE}
{REASON}
"""
    with pytest.raises(ConfigError) as caught:
        procedures.parse("odd", text, "odd.toml")
    faults = "\n".join(caught.value.faults)
    for place in ("title.en", "colour", "step.0.id", "step.0.kind", "step.1"):
        assert f"odd.toml: {place}" in faults


@pytest.mark.parametrize(
    ("step", "word"),
    [
        ('kind = "question"\n', "at least one"),
        ('kind = "form"\n[[step.question]]\nid = "a"\ntitle = {title}\n', "lists its choices"),
        (
            'kind = "form"\n[[step.question]]\nid = "temperature_contact"\nkind = "text"\ntitle = {title}\n',
            "reserved",
        ),
        (
            'kind = "form"\n[[step.question]]\nid = "a"\nkind = "text"\ntitle = {title}\n'
            '[[step.question]]\nid = "a"\nkind = "text"\ntitle = {title}\n',
            "stands twice: a",
        ),
        (
            'kind = "form"\n[[step.question]]\nid = "a"\nkind = "text"\nrequired = false\ntitle = {title}\n',
            "at least one question is required",
        ),
        (
            'kind = "code"\ncarriers = ["nzcp"]\n[[step.instead]]\nid = "a"\nkind = "text"\n'
            "required = false\ntitle = {title}\n",
            "at least one question is required",
        ),
    ],
)
def test_a_step_that_could_not_be_worked_is_refused(step: str, word: str) -> None:
    text = f'title = {TITLE}\n[[step]]\nid = "s"\ntitle = {TITLE}\n' + step.replace("{title}", TITLE) + REASON
    with pytest.raises(ConfigError, match=word):
        procedures.parse("odd", text)


def test_a_file_in_another_encoding_is_named_and_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "odd.toml"
    path.write_bytes(f"title = {TITLE}".encode("gb18030"))
    with pytest.raises(ConfigError, match=r"odd\.toml: .*UTF-8"):
        procedures.read(path)
    with pytest.raises(ConfigError, match=r"none\.toml"):
        procedures.read(tmp_path / "none.toml")


def test_no_toml_at_all_is_named_with_the_file() -> None:
    with pytest.raises(ConfigError, match=r"odd\.toml: not TOML"):
        procedures.parse("odd", "title = [", "odd.toml")


def test_a_sites_own_folder_goes_before_what_ships(tmp_path: Path) -> None:
    own = tmp_path / "procedures"
    own.mkdir()
    (own / "r4.toml").write_text((FOLDER / "r3.toml").read_text("utf-8"), "utf-8")
    folders = procedures.folders(tmp_path)
    assert procedures.find("r4", folders) == own / "r4.toml"
    assert {"r3", "r4", "compound"} <= set(procedures.names(folders))
    assert procedures.find("nothing", folders) is None


@given(
    st.lists(
        st.tuples(st.text(string.ascii_lowercase, min_size=1, max_size=8), st.sampled_from(Effect)),
        min_size=1,
        max_size=5,
        unique_by=lambda pair: pair[0],
    )
)
def test_choices_come_back_as_they_were_written(choices: list[tuple[str, Effect]]) -> None:
    listed = ", ".join(
        f'{{ value = "{value}", title = {TITLE}, effect = "{effect}" }}' for value, effect in choices
    )
    text = (
        f'title = {TITLE}\n[[step]]\nid = "s"\nkind = "question"\ntitle = {TITLE}\n'
        f'[[step.question]]\nid = "q"\ntitle = {TITLE}\nchoices = [{listed}]\n{REASON}'
    )
    found = procedures.parse("made", text)
    assert isinstance(found, Procedure)
    question = found.question("q")
    assert question is not None
    assert [(choice.value, choice.effect) for choice in question.choices] == choices


def test_a_reason_is_offered_only_for_the_outcomes_it_fits() -> None:
    found = procedures.parse("r4", (FOLDER / "r4.toml").read_text("utf-8"))
    offered = {reason.value: reason.outcomes for reason in found.reasons}
    assert offered["known"] == (Outcome.ADMIT,)
    assert Outcome.ADMIT not in offered["not_allowed"]
    text = f'title = {TITLE}\n[[step]]\nid = "s"\nkind = "temperature"\ntitle = {TITLE}\n{REASON}'
    with pytest.raises(ConfigError, match=r"reason\.0\.for"):
        procedures.parse("odd", text + 'for = ["leave"]\n')


def test_the_example_in_the_documentation_is_a_procedure() -> None:
    text = (ROOT / "docs" / "procedures.md").read_text("utf-8")
    example = text.split("```toml\n")[1].split("```")[0]
    found = procedures.parse("example", example)
    assert [step.id for step in found.steps] == ["identity", "information", "mask"]
