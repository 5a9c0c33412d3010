"""What a command may look at inside the transaction that writes it. Nobody outside sees a connection."""

import sqlite3

from edge.journal import case_file
from edge.journal.reader import COLUMNS, stored
from edge.journal.rows import CaseFile, StoredRow


class Look:
    """The registers as they are while the writer holds the lock."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def case(self, number: int) -> CaseFile | None:
        """Return one case."""
        return case_file.case(self._connection, number)

    def rows(self, seqs: tuple[int, ...]) -> list[StoredRow]:
        """Return these rows, in this order; those that are gone are left out."""
        sql = f"SELECT {COLUMNS} FROM journal WHERE seq = ?"  # noqa: S608 - our own words
        found = (self._connection.execute(sql, (seq,)).fetchone() for seq in seqs)
        return [stored(line) for line in found if line is not None]
