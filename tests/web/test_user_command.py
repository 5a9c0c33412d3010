"""`gatepost user`: accounts from the console, seen by a running gate at once."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli.user import user
from edge.journal import Journal, State
from edge.web.users import Users

pytestmark = pytest.mark.system


@pytest.fixture
def store(tmp_path: Path) -> Path:
    Journal.open(tmp_path).close()
    return tmp_path


def run(store: Path, *words: str, typed: str = "") -> Result:
    """Run the command with something on its standard input."""
    return CliRunner().invoke(user, [*words, "--store", str(store)], input=typed)


def rows(store: Path) -> list[tuple[str, dict[str, str]]]:
    """Return what the journal says of accounts."""
    with Journal.open(store) as journal:
        reader = journal.reader()
        found = [(row.kind, row.body) for row in reader.rows_after(0, 50) if row.kind.startswith("user.")]
        reader.close()
    return found


def test_an_account_is_added_changed_given_a_token_and_closed(store: Path) -> None:
    state = State.open(store)
    users = Users(state)
    assert run(store, "add", "eye", "--role", "observer", typed="long enough\n").exit_code == 0
    assert users.verify("eye", "long enough") is not None
    assert run(store, "passwd", "eye", typed="another one\n").exit_code == 0
    assert users.verify("eye", "long enough") is None
    assert users.verify("eye", "another one") is not None
    token = json.loads(run(store, "token", "eye", "--json").stdout)["token"]
    found = users.by_token(token)
    assert found is not None
    assert found.role == "observer"
    assert run(store, "disable", "eye").exit_code == 0
    assert users.by_token(token) is None
    assert users.verify("eye", "another one") is None
    assert run(store, "disable", "eye", "--undo").exit_code == 0
    assert users.verify("eye", "another one") is not None
    state.close()
    assert [kind for kind, _ in rows(store)] == [
        "user.added",
        "user.changed",
        "user.changed",
        "user.disabled",
        "user.changed",
    ]
    assert rows(store)[0][1] == {"account": "eye", "role": "observer", "by": "console"}


def test_the_list_shows_roles_and_no_secret(store: Path) -> None:
    run(store, "add", "door", "--role", "attendant", typed="4829\n")
    shown = run(store, "list", "--json").stdout
    assert json.loads(shown) == {"account": "door", "role": "attendant", "enabled": True}
    assert "4829" not in shown
    assert run(store, "list").stdout == "door\tattendant\n"


@pytest.mark.parametrize(
    ("words", "typed", "said"),
    [
        (("add", "door", "--role", "attendant"), "12\n", "at least 4 digits"),
        (("add", "Door", "--role", "attendant"), "1234\n", "lower case"),
        (("passwd", "nobody"), "12345678\n", "no such account"),
        (("token", "nobody"), "", "no such account"),
        (("disable", "nobody"), "", "no such account"),
    ],
)
def test_what_cannot_be_done_is_said_in_both_languages_and_ends_with_2(
    store: Path, words: tuple[str, ...], typed: str, said: str
) -> None:
    result = run(store, *words, typed=typed)
    assert result.exit_code == 2
    assert said in result.stderr
    assert any("\u4e00" <= letter <= "\u9fff" for letter in result.stderr)
    assert rows(store) == []


def test_an_account_is_not_made_twice(store: Path) -> None:
    assert run(store, "add", "door", "--role", "attendant", typed="4829\n").exit_code == 0
    assert run(store, "add", "door", "--role", "manager", typed="long enough\n").exit_code == 2


def test_a_folder_without_a_journal_ends_with_5(tmp_path: Path) -> None:
    assert run(tmp_path / "nothing", "list").exit_code == 5


def test_a_config_that_cannot_be_used_ends_with_3(tmp_path: Path) -> None:
    path = tmp_path / "gatepost.toml"
    path.write_text("[gate\n", "utf-8")
    result = CliRunner().invoke(user, ["list", "--config", str(path)])
    assert result.exit_code == 3
