"""What the commands about codes share: which trust folder is meant, and how they end."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import click

from edge.codes import EMPTY, TrustStore, times
from edge.domain.errors import ConfigError
from edge.trust_files import load

Command = Callable[..., Any]
DAY_US = 86_400_000_000
MAX_FILES = 20_000  # in the folders of one import


class Configured(NamedTuple):
    """The trust folder, whether test issuers count there, whether the configuration names it (then it
    has to be there), and how old a list may be."""

    folder: Path
    test_issuers: bool
    named: bool
    max_age_us: int | None


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


def configured_folder() -> Configured:
    """Return where the configuration says the trust lists are, and how far they count."""
    from edge import config

    settings = config.load(None, os.environ).settings
    named = settings.codes.trust
    folder = named if named is not None else settings.store.path / "trust"
    days = settings.codes.max_age_days
    return Configured(
        folder, settings.codes.accept_test_issuers, named is not None, None if days is None else days * DAY_US
    )


def store_for(folder: Path | None) -> TrustStore:
    """Return the store in `folder`, or the configured one.

    Who names a folder has chosen it: a test issuer in it counts, and a line says so.
    """
    if folder is None:
        found = configured_folder()
        if not found.named and not found.folder.is_dir():
            return EMPTY
        return load(found.folder, accept_test_issuers=found.test_issuers, max_age_us=found.max_age_us)
    store = load(folder, accept_test_issuers=True)
    for entry in store.lists:
        if entry.test:
            click.echo(f"{folder}: {entry.carrier} trusts a test issuer", err=True)
    return store


def files_in(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return the files that are meant, each once and in order: a folder stands for every file below it,
    hidden ones and links to elsewhere left out. ConfigError where there are none, or too many."""
    found: set[Path] = set()
    for path in paths:
        if path.is_dir():
            below = (file for file in path.rglob("*") if file.is_file() and not file.is_symlink())
            for file in below:
                if not any(part.startswith(".") for part in file.relative_to(path).parts):
                    found.add(file)
                if len(found) > MAX_FILES:
                    raise ConfigError(f"{path}: more than {MAX_FILES} files")
        else:
            found.add(path)
    if not found:
        raise ConfigError("no file in " + ", ".join(str(path) for path in paths))
    return tuple(sorted(found))


def _read_time(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    try:
        return None if value is None else times.parse(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
