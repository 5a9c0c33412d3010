"""What a command may look at inside the transaction that writes it. Nobody outside sees a connection."""

import sqlite3
from collections.abc import Mapping

from edge.journal import case_file, import_file, photograph_file, register_file
from edge.journal.rows import CaseFile, Entry, Imported, StoredRow
from edge.journal.view import COLUMNS, stored


class Look:
    """The registers as they are while the writer holds the lock."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def case(self, number: int) -> CaseFile | None:
        """Return one case."""
        return case_file.case(self._connection, number)

    def rows_saying(self, kind: str, name: str, value: str | int) -> list[StoredRow]:
        """Return the rows of a rare kind whose body holds a value under a name, oldest first."""
        sql = (
            f"SELECT {COLUMNS} FROM journal WHERE kind = ? AND kind NOT GLOB 'passage.*'"  # noqa: S608
            " AND json_extract(body, ?) = ? ORDER BY seq"
        )
        return [stored(line) for line in self._connection.execute(sql, (kind, f"$.{name}", value))]

    def head(self) -> int:
        """Return the sequence of the newest row, 0 for an empty journal."""
        return int(self._connection.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()[0])

    def rows(self, seqs: tuple[int, ...]) -> list[StoredRow]:
        """Return these rows, in this order; those that are gone are left out."""
        sql = f"SELECT {COLUMNS} FROM journal WHERE seq = ?"  # noqa: S608 - our own words
        found = (self._connection.execute(sql, (seq,)).fetchone() for seq in seqs)
        return [stored(line) for line in found if line is not None]

    def entry(self, register: str, number: int) -> Entry | None:
        """Return one entry of a register."""
        return register_file.entry(self._connection, register, number)

    def entries(
        self, register: str, *, open_: bool | None = None, where: Mapping[str, str | int | None] | None = None
    ) -> list[Entry]:
        """Return the entries of a small register, newest first, at most 500."""
        return register_file.entries(self._connection, register, open_=open_, where=where, limit=500)

    def photograph(self, register: str, number: int) -> int | None:
        """Return the row that holds the photograph of an entry, None where it has none."""
        return photograph_file.row_of(self._connection, register, number)

    def next_number(self, register: str) -> int:
        """Return the number of the next entry of a register."""
        return register_file.next_number(self._connection, register)

    def command(self, command_id: str) -> StoredRow | None:
        """Return the row of a register's command that was carried out under this id."""
        seq = register_file.command(self._connection, command_id)
        return self.rows((seq,))[0] if seq is not None else None

    def of_import(self, register: str, number: int) -> tuple[int, int, int, int]:
        """Return how many entries an import brought into a register, how many are open and as it brought
        them, and the first and last of all."""
        return register_file.of_import(self._connection, register, number)

    def imported(self, number: int) -> Imported | None:
        """Return one import."""
        return import_file.one(self._connection, number)

    def next_import(self) -> int:
        """Return the number of the next import."""
        return import_file.next_number(self._connection)
