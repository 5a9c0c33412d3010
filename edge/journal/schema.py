"""Connections with the journal's settings, and the numbered scripts that bring a file up to date.

Each script runs in one transaction together with its counter (`user_version`) and is never edited
after its release. A file from a newer version is refused and left as it is. Plain sqlite3, because
the daemon creates and migrates its file at start and must not load sqlite-utils (and NumPy) for it.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from edge.domain.errors import JournalError
from edge.journal.faults import from_os, journal_error

FILE = "journal.db"
PAGE_SIZE = 2048
AUTOCHECKPOINT_PAGES = 4000
BUSY_MS = 5000
_SCRIPTS = Path(__file__).with_name("migrations")


def scripts(folder: Path = _SCRIPTS) -> list[str]:
    """Return the texts of all migrations, the first one first."""
    return [path.read_text("utf-8") for path in sorted(folder.glob("[0-9]*.sql"))]


def adds_only(script: str) -> bool:
    """Return whether a script changes nothing that is there, as its first line says: then the transaction it
    runs in is enough, and no copy of the file is needed."""
    return script.startswith("-- Adds only:")


def connect(path: Path) -> sqlite3.Connection:
    """Open `path` for writing with WAL and FULL, creating it where it is absent."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000)
    try:
        connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute(f"PRAGMA wal_autocheckpoint = {AUTOCHECKPOINT_PAGES}")
        # The write-ahead file shrinks again after a large transaction.
        connection.execute(f"PRAGMA journal_size_limit = {4 * AUTOCHECKPOINT_PAGES * PAGE_SIZE}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def connect_readonly(path: Path) -> sqlite3.Connection:
    """Open an existing file for reading only. Raises JournalError when it is not there."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    try:
        connection = sqlite3.connect(
            uri, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000
        )
        connection.execute("PRAGMA query_only = ON")
    except sqlite3.Error as error:
        raise from_os(error) from error
    return connection


def refuse_newer(path: Path, known: int | None = None) -> int:
    """Return the version of the file at `path`; raise JournalError when this software is older."""
    connection = connect_readonly(path)
    try:
        version = _version(connection)
    finally:
        connection.close()
    known = len(scripts()) if known is None else known
    if version > known:
        raise newer(version, known)
    return version


def migrate(connection: sqlite3.Connection, steps: Sequence[str] | None = None) -> int:
    """Run the missing scripts, each in one transaction with its counter; return how many ran.

    Raises JournalError for a newer file, sqlite3.Error when a script fails (its transaction is
    rolled back and the file keeps its old version).
    """
    steps = scripts() if steps is None else steps
    start = _version(connection)
    if start > len(steps):
        raise newer(start, len(steps))
    ran = 0
    for number, script in enumerate(steps, 1):
        if number > start:
            ran += _apply(connection, number, script)
    return ran


def newer(version: int, known: int) -> JournalError:
    """Return the error for a file that a later release has written."""
    return journal_error(
        f"账本文件是更新的版本 ({version})，本软件只认识到版本 {known}: 请先升级软件，文件未作任何改动",
        f"the journal has version {version}, this software knows {known}: upgrade it first; "
        "the file was left as it is",
    )


def statements(script: str) -> Iterator[str]:
    """Yield the statements of a script one by one (`executescript` would commit in between)."""
    text = ""
    for line in script.splitlines(keepends=True):
        text += line
        if sqlite3.complete_statement(text):
            yield text
            text = ""


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _apply(connection: sqlite3.Connection, number: int, script: str) -> bool:
    connection.execute("BEGIN IMMEDIATE")
    try:
        due = _version(connection) < number  # another process may have been faster
        if due:
            for statement in statements(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return due
