"""The projection of photographs: which row holds the one of an entry now.

A photograph is a row of its own, sealed under the key of its entry: amending the entry neither copies nor
loses it, whoever looks the entry up does not read it, and it is gone when the entry is forgotten.
"""

import sqlite3

from edge.journal.rows import StoredRow

KEPT, REMOVED = "photograph.kept", "photograph.removed"
TABLE = "photograph"
FIELD = "photograph"


def project(connection: sqlite3.Connection, row: StoredRow) -> None:
    """Bring the photographs up to date with one row. Raises ValueError for one without its entry."""
    if row.kind == "retention.destroyed":
        keys = [(key,) for key in row.body.get("keys", ())]
        connection.executemany("DELETE FROM photograph WHERE key_id = ?", keys)
    if row.kind not in (KEPT, REMOVED):
        return
    body = row.body
    try:
        entry = body["register"], body["entry"]
    except KeyError as error:
        raise ValueError(f"{row.kind} without {error}") from error
    if command := body.get("command_id"):
        connection.execute("INSERT OR IGNORE INTO register_command VALUES (?, ?)", (command, row.seq))
    if row.kind == KEPT and row.key_id is not None:
        connection.execute(
            "INSERT OR REPLACE INTO photograph VALUES (?, ?, ?, ?)", (*entry, row.seq, row.key_id)
        )
    else:
        connection.execute("DELETE FROM photograph WHERE register = ? AND number = ?", entry)


def row_of(connection: sqlite3.Connection, register: str, number: int) -> int | None:
    """Return the row that holds the photograph of an entry, None where it has none."""
    found = connection.execute(
        "SELECT seq FROM photograph WHERE register = ? AND number = ?", (register, number)
    ).fetchone()
    return None if found is None else int(found[0])
