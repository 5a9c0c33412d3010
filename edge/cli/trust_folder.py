"""What the commands about codes share: which trust folder is meant, and how they end."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from edge.codes import EMPTY, TrustStore, times
from edge.domain.errors import ConfigError
from edge.trust_files import load

Command = Callable[..., Any]


def time_option(name: str, parameter: str, help_text: str) -> Callable[[Command], Command]:
    """Return an option that takes a time as RFC 3339 and gives it on as microseconds UTC."""
    return click.option(name, parameter, metavar="TIME", callback=_read_time, help=help_text)


@contextmanager
def config_faults_end_with_3() -> Iterator[None]:
    """Print each fault of a ConfigError on standard error and end with exit code 3."""
    try:
        yield
    except ConfigError as error:
        for fault in error.faults:
            click.echo(fault, err=True)
        raise SystemExit(3) from error


def configured_folder() -> tuple[Path, bool, bool]:
    """Return the configured trust folder, whether test issuers count there, and whether the
    configuration names the folder (then it has to be there)."""
    from edge import config

    settings = config.load(None, os.environ).settings
    named = settings.codes.trust
    folder = named if named is not None else settings.store.path / "trust"
    return folder, settings.codes.accept_test_issuers, named is not None


def store_for(folder: Path | None) -> TrustStore:
    """Return the store in `folder`, or the configured one.

    Who names a folder has chosen it: a test issuer in it counts, and a line says so.
    """
    if folder is None:
        configured, accept_test_issuers, named = configured_folder()
        if not named and not configured.is_dir():
            return EMPTY
        return load(configured, accept_test_issuers=accept_test_issuers)
    store = load(folder, accept_test_issuers=True)
    for entry in store.lists:
        if entry.test:
            click.echo(f"{folder}: {entry.carrier} trusts a test issuer", err=True)
    return store


def _read_time(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    try:
        return None if value is None else times.parse(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
