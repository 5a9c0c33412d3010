"""A connection to the journal that cannot write, for any one thread: what every reading begins with.

Every call is one short read; nothing is kept open between calls, so that checkpoints get through.
"""

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from edge.journal.faults import from_os
from edge.journal.rows import StoredRow
from edge.journal.schema import connect_readonly

COLUMNS = "seq, boot, mono_us, at_us, clock, kind, lane, body, key_id, sealed, hash"
SELECT = f"SELECT {COLUMNS} FROM journal"  # noqa: S608 - our own words


class View:
    """A read-only connection, and single rows by it."""

    def __init__(self, path: Path) -> None:
        self._connection = connect_readonly(path)

    def head(self) -> int:
        """Return the sequence of the newest row, 0 for an empty journal."""
        with self._reading() as connection:
            return int(connection.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()[0])

    def row(self, seq: int) -> StoredRow | None:
        """Return one row."""
        rows = self._rows(f"{SELECT} WHERE seq = ?", (seq,))
        return rows[0] if rows else None

    def close(self) -> None:
        """Close the connection; idempotent."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _these(self, seqs: list[int]) -> list[StoredRow]:
        rows = (self.row(seq) for seq in seqs)
        return [row for row in rows if row is not None]

    def _rows(self, sql: str, values: tuple[int | str, ...]) -> list[StoredRow]:
        with self._reading() as connection:
            return [stored(line) for line in connection.execute(sql, values).fetchall()]

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._connection
        except sqlite3.Error as error:
            raise from_os(error) from error


def stored(line: tuple[Any, ...]) -> StoredRow:
    """Return the row for a line of `COLUMNS`."""
    seq, boot, mono_us, at_us, clock, kind, lane, body, key_id, sealed, digest = line
    return StoredRow(
        seq, boot, mono_us, at_us, clock, kind, lane, json.loads(body), body, key_id, sealed, digest
    )
