"""Where a command's store is, and opening its journal: `--store DIR`, or what the config says.

Never as its owner: the daemon may be running, and only it sets a damaged journal aside.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from edge.domain.errors import ConfigError, JournalError
from edge.domain.model import Instant
from edge.journal import Journal

EXIT_CONFIG, EXIT_JOURNAL = 3, 5
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Place:
    """A store folder, the second key where the config names one, and what else it says."""

    folder: Path
    outside_key: bytes | None = None
    timezone: str = "UTC"
    retention_days: int = 30
    retention_max_days: int = 60
    has_uplink: bool = False

    def now(self) -> Instant:
        """Return this moment with what this store's clock is worth."""
        from edge.clock import Clock

        return Clock(self.folder).now()


def store_options(command: F) -> F:
    """Give a command the options `--store` and `--config`."""
    path = click.Path(path_type=Path)
    command = click.option("--config", type=path, help="The configuration that names the store.")(command)
    return click.option("--store", type=path, help="The folder of the store, without a configuration.")(
        command
    )


def find_store(store: Path | None, config: Path | None) -> Place:
    """Return the store meant; ends the process with 3 where the configuration cannot be used."""
    if store is not None:
        return Place(store)
    from edge.config import load

    try:
        settings = load(config, os.environ).settings
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(EXIT_CONFIG)
    return Place(
        settings.store.path,
        _outside_key(settings.store.key_file),
        settings.gate.timezone,
        settings.store.retention_days,
        settings.store.retention_max_days,
        settings.uplink is not None,
    )


@contextlib.contextmanager
def journal_faults() -> Iterator[None]:
    """End the process with 5, saying why, on a fault of the journal."""
    try:
        yield
    except JournalError as error:
        click.echo(str(error), err=True)
        sys.exit(EXIT_JOURNAL)


@contextlib.contextmanager
def open_journal(store: Path | None, config: Path | None) -> Iterator[Journal]:
    """Open the journal meant, which must exist; ends the process with 5 where that fails."""
    place = find_store(store, config)
    with journal_faults(), Journal.open(place.folder, master=place.outside_key, create=False) as journal:
        yield journal


def _outside_key(file: Path | None) -> bytes | None:
    try:
        if file is not None:
            return file.read_bytes().strip()
        credentials = os.environ.get("CREDENTIALS_DIRECTORY")
        credential = None if credentials is None else Path(credentials) / "master-key"
        return credential.read_bytes().strip() if credential is not None and credential.exists() else None
    except OSError as error:
        click.echo(f"密钥文件无法读取 / the key file cannot be read: {error}", err=True)
        sys.exit(EXIT_JOURNAL)
