"""`gatepost user`: accounts of attendants, managers and observers, and tokens for programs.

Secrets come from a prompt or from standard input, never from the command line, where every other
account of the machine could read them. Every change is a row in the journal.
"""

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.cli.opening import Place, find_store, journal_faults, store_options
from edge.domain.errors import FormError
from edge.journal import Journal, Row, State

if TYPE_CHECKING:
    from edge.web.users import Users

_USAGE = 2
_ROLES = ("attendant", "manager", "observer")


@click.group()
def user() -> None:
    """Accounts of attendants, managers, observers."""


@user.command()
@click.argument("name")
@click.option("--role", type=click.Choice(_ROLES), required=True)
@store_options
def add(name: str, role: str, store: Path | None, config: Path | None) -> None:
    """Make an account. The PIN (attendants, 4 digits or more) or password (8 characters or more) is
    asked for, or read from standard input."""
    with _people(store, config) as people:
        people.users.add(name, role, _secret())
        people.record("user.added", name, role)
    click.echo(f"{name}: {role}", err=True)


@user.command()
@click.argument("name")
@store_options
def passwd(name: str, store: Path | None, config: Path | None) -> None:
    """Give an account a new PIN or password. Everybody logged in with the old one is logged out."""
    with _people(store, config) as people:
        changed = people.users.set_secret(name, _secret())
        people.record("user.changed", name, changed.role)


@user.command()
@click.argument("name")
@store_options
@click.option("--json", "as_json", is_flag=True, help="A JSON object instead of the bare token.")
def token(name: str, store: Path | None, config: Path | None, as_json: bool) -> None:
    """Print a new token for programs. It is shown this once."""
    with _people(store, config) as people:
        issued = people.users.issue_token(name)
        found = people.users.get(name)
        people.record("user.changed", name, found.role if found else "")
    click.echo(json.dumps({"account": name, "token": issued}) if as_json else issued)


@user.command()
@click.argument("name")
@click.option("--undo", is_flag=True, help="Open the account again; its tokens stay gone.")
@store_options
def disable(name: str, undo: bool, store: Path | None, config: Path | None) -> None:
    """Close an account at once, with everything that is logged in by it."""
    with _people(store, config) as people:
        changed = people.users.set_enabled(name, undo)
        people.record("user.changed" if undo else "user.disabled", name, changed.role)


@user.command("list")
@store_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(store: Path | None, config: Path | None, as_json: bool) -> None:
    """Show the accounts."""
    with _people(store, config) as people:
        found = people.users.all()
    for account in found:
        shown = {"account": account.name, "role": account.role, "enabled": account.enabled}
        closed = "" if account.enabled else "\tdisabled"
        click.echo(json.dumps(shown) if as_json else f"{account.name}\t{account.role}{closed}")


class _People:
    """The accounts of a store, and the journal that what happens to them is written into."""

    def __init__(self, users: "Users", journal: Journal, place: Place) -> None:
        self.users = users
        self._journal = journal
        self._place = place

    def record(self, kind: str, account: str, role: str) -> None:
        """Append what was done at this machine."""
        body = {"account": account, "role": role, "by": "console"}
        self._journal.append(Row(kind, self._place.now(), body))


@contextlib.contextmanager
def _people(store: Path | None, config: Path | None) -> Iterator[_People]:
    from edge.web.users import Users

    place = find_store(store, config)
    with (
        journal_faults(),
        Journal.open(place.folder, master=place.outside_key, create=False) as journal,
        contextlib.closing(State.open(place.folder)) as state,
    ):
        try:
            yield _People(Users(state), journal, place)
        except FormError as error:
            from edge.web.words import say

            said = [say("error", error.code, language) for language in ("zh_Hans", "en")]
            click.echo(" ".join([*said, f"({error})"]), err=True)
            sys.exit(_USAGE)


def _secret() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("PIN / password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")
