"""The district's SQLite file: opening, migrations, one writing connection, read-only readers.

Nobody else opens the file. What the tables mean is told by the modules that use them; `write` is
one transaction and is on disk (WAL, FULL) when it ends.
"""

import contextlib
import os
import secrets
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from district.errors import StoreError

FILE = "district.db"
SECRET = "codes.key"  # noqa: S105 - a file's name
_SECRET_BYTES = 32


class Store:
    """The open file. `write` and `read` may be used from any thread."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._lock = threading.Lock()

    @classmethod
    def open(cls, folder: Path) -> "Store":
        """Open or make `folder`/district.db and bring it to the newest schema. Raises StoreError."""
        path = folder.absolute() / FILE
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            try:
                path.chmod(0o600)
                for pragma in (
                    "journal_mode=WAL",
                    "synchronous=FULL",
                    "foreign_keys=ON",
                    "busy_timeout=10000",
                    "secure_delete=ON",  # what is forgotten of codes is gone from the file, too
                ):
                    connection.execute(f"PRAGMA {pragma}")
                _migrate(connection)
            except BaseException:
                connection.close()
                raise
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{path}: {error}") from error
        return cls(path, connection)

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Give the writing connection for one transaction: all of it or nothing. Raises StoreError."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise StoreError(f"the store cannot be written: {error}") from error

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Give a read-only connection that sees one moment. Raises StoreError."""
        try:
            connection = sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True, isolation_level=None)
        except sqlite3.Error as error:
            raise StoreError(f"the store cannot be read: {error}") from error
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA busy_timeout=10000")
            connection.execute("BEGIN")
            yield connection
        except sqlite3.Error as error:
            raise StoreError(f"the store cannot be read: {error}") from error
        finally:
            connection.close()

    def secret(self) -> bytes:
        """Return the key that codes are hashed under, made with the first call. It stands beside the
        file, not in it: who copies only district.db cannot look a code up. Raises StoreError."""
        path = self.path.with_name(SECRET)
        try:
            damaged = path.exists() and path.stat().st_size != _SECRET_BYTES
            if damaged or not path.exists():
                _write_once(path, secrets.token_bytes(_SECRET_BYTES), instead=damaged)
            return path.read_bytes()  # another process may have been the first
        except OSError as error:
            raise StoreError(f"{path}: {error}") from error

    def free_bytes(self) -> int:
        """Return the space left where the file stands."""
        return shutil.disk_usage(self.path.parent).free

    def close(self) -> None:
        """Close the writing connection."""
        with self._lock:
            self._connection.close()


def migrations() -> list[tuple[int, str]]:
    """Return (number, SQL) of every migration, in order."""
    folder = resources.files("district") / "migrations"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return [(int(f.name[:4]), f.read_text("utf-8")) for f in files]


def _write_once(path: Path, content: bytes, *, instead: bool) -> None:
    """Whole or not at all, also when the power fails; of several processes the first one's stays. `instead`
    of a damaged one: all it costs is that codes seen before are not recognised."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if instead:
        Path(name).replace(path)
    else:
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
        Path(name).unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _migrate(connection: sqlite3.Connection) -> None:
    """Each step and its counter in one transaction; the counter is read inside it, because another
    process may be doing the same."""
    steps = migrations()
    newest = steps[-1][0]
    if connection.execute("PRAGMA user_version").fetchone()[0] > newest:
        raise StoreError("the store was written by a newer version of this software; use that one")
    for number, text in steps:
        connection.execute("BEGIN IMMEDIATE")
        try:
            if connection.execute("PRAGMA user_version").fetchone()[0] < number:
                for statement in _statements(text):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version={number:d}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise


def _statements(text: str) -> Iterator[str]:
    """Cut a script where SQLite itself says a statement is complete (executescript would commit)."""
    statement = ""
    for line in text.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
