"""What is no fact and must survive a restart: accounts, log-ins, back-off, acknowledgements.

A small store of named JSON objects in a file of its own, so that the journal stays append-only and
this can be thrown away without losing a fact. Several processes may use it.
"""

import json
import logging
import os
import sqlite3
import threading
from pathlib import Path
from typing import Any, Self

from edge.domain.errors import JournalError
from edge.journal.faults import from_os, is_corrupt, journal_error

FILE = "state.db"
ASIDE = "state-aside-{}.db"
_VERSION = 1
_log = logging.getLogger(__name__)


class State:
    """Named values, each a JSON object. Thread-safe; a value is on disk when `put` returns."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    @classmethod
    def open(cls, folder: Path, *, owner: bool = False) -> Self:
        """Open the state of a store folder, making it where it is absent.

        A damaged file ends a command; the owner (the daemon) sets it aside and begins a new one: it
        holds no facts, and a gate must not stay shut for it. Accounts are made anew then.
        """
        try:
            return cls._opened(folder)
        except JournalError as error:
            cause = error.__cause__
            if not owner or not isinstance(cause, sqlite3.Error) or not is_corrupt(cause):
                raise
        number = next(n for n in range(1, 1000) if not (folder / ASIDE.format(n)).exists())
        for ending in ("-wal", "-shm"):
            (folder / (FILE + ending)).unlink(missing_ok=True)
        (folder / FILE).rename(folder / ASIDE.format(number))
        _log.error(
            "%s is damaged and was set aside as %s: accounts are made anew", FILE, ASIDE.format(number)
        )
        return cls._opened(folder)

    @classmethod
    def _opened(cls, folder: Path) -> Self:
        path = folder / FILE
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not path.exists():
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
            connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
        except (sqlite3.Error, OSError) as error:
            raise from_os(error) from error
        try:
            _prepare(connection)
        except sqlite3.Error as error:
            connection.close()
            raise from_os(error) from error
        except BaseException:
            connection.close()
            raise
        return cls(connection)

    def get(self, name: str) -> dict[str, Any] | None:
        """Return the value of this name."""
        found = self._run("SELECT value FROM state WHERE name = ?", (name,))
        return dict(json.loads(found[0][0])) if found else None

    def put(self, name: str, value: dict[str, Any]) -> None:
        """Set the value of this name."""
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        self._run(
            "INSERT INTO state(name, value) VALUES (?, ?)"
            " ON CONFLICT(name) DO UPDATE SET value = excluded.value",
            (name, text),
        )

    def delete(self, name: str) -> None:
        """Forget this name; nothing happens where it is unknown."""
        self._run("DELETE FROM state WHERE name = ?", (name,))

    def items(self, prefix: str) -> list[tuple[str, dict[str, Any]]]:
        """Return names that begin with `prefix` and their values, by name."""
        found = self._run(
            "SELECT name, value FROM state WHERE substr(name, 1, ?) = ? ORDER BY name", (len(prefix), prefix)
        )
        return [(name, dict(json.loads(value))) for name, value in found]

    def close(self) -> None:
        """Close; idempotent."""
        with self._lock:
            self._connection.close()

    def _run(self, sql: str, values: tuple[str | int, ...]) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._connection.execute(sql, values).fetchall()
            except sqlite3.Error as error:
                raise from_os(error) from error


def _prepare(connection: sqlite3.Connection) -> None:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > _VERSION:
        raise journal_error(
            f"{FILE} 是更新的版本 ({version}): 请先升级软件",
            f"{FILE} has version {version}, this software knows {_VERSION}: upgrade it first",
        )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")  # what was deleted here were secrets
    if version == 0:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS state(name TEXT PRIMARY KEY, value TEXT NOT NULL)"
            " STRICT, WITHOUT ROWID"
        )
        connection.execute(f"PRAGMA user_version = {_VERSION}")
        connection.execute("COMMIT")
