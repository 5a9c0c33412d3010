"""The projection of imports: how far each got, and what it changed. Depends on the rows alone.

A line of an import carries its number, and lines are entered in their order: what stands here says where a
stopped one goes on, and that no line is entered twice.
"""

import sqlite3
from collections.abc import Sequence

from edge.journal.rows import Imported, StoredRow

BEGUN, DONE, STOPPED, UNDONE = "begun", "done", "stopped", "undone"
TABLES = ("import_file", "import_change")
_COLUMNS = "number, register, state, lines, line, entered, amended, begun_us, begun_seq"
_CHANGING = ("register.entered", "register.amended")


def project(connection: sqlite3.Connection, row: StoredRow) -> None:
    """Bring the imports up to date with one row. Raises KeyError for one without what it needs."""
    body = row.body
    if row.kind == "import.begun":
        connection.execute(
            f"INSERT OR IGNORE INTO import_file({_COLUMNS}) VALUES (?,?,?,?,0,0,0,?,?)",  # noqa: S608
            (body["import"], body["register"], BEGUN, body["lines"], row.at_us, row.seq),
        )
    elif row.kind == "import.ended":
        connection.execute(
            "UPDATE import_file SET state = ?, line = max(line, ?) WHERE number = ?",
            (body["state"], body["line"], body["import"]),
        )
    elif row.kind in _CHANGING and body.get("line"):
        entered = row.kind == "register.entered"
        connection.execute(
            "UPDATE import_file SET line = max(line, ?), entered = entered + ?, amended = amended + ?"
            " WHERE number = ?",
            (body["line"], int(entered), int(not entered), body["import"]),
        )
        if not entered:
            connection.execute(
                "INSERT INTO import_change VALUES (?, ?, ?, ?)",
                (body["import"], body["register"], body["entry"], row.seq),
            )


def one(connection: sqlite3.Connection, number: int) -> Imported | None:
    """Return one import."""
    found = _select(connection, "WHERE number = ?", number)
    return found[0] if found else None


def newest(connection: sqlite3.Connection, register: str | None, limit: int) -> list[Imported]:
    """Return the newest imports, of one register or of all."""
    if register is None:
        return _select(connection, "ORDER BY number DESC LIMIT ?", limit)
    return _select(connection, "WHERE register = ? ORDER BY number DESC LIMIT ?", register, limit)


def next_number(connection: sqlite3.Connection) -> int:
    """Return the number of the next import."""
    found = connection.execute("SELECT max(number) FROM import_file").fetchone()
    return int(found[0] or 0) + 1


def entered(
    connection: sqlite3.Connection, number: int, registers: Sequence[str], after: Sequence[object]
) -> list[tuple[str, int]]:
    """Return, behind the register and number of `after`, entries that an import brought into these registers,
    that are open and as it brought them. Other registers count their imports for themselves."""
    marks = ",".join("?" * len(registers))
    return connection.execute(
        "SELECT register, number FROM register_entry WHERE imported = ? AND imported <> 0 AND state = 'open'"  # noqa: S608
        f" AND json_array_length(seqs) = 1 AND register IN ({marks}) AND (register, number) > (?, ?)"
        " ORDER BY register, number LIMIT ?",
        (number, *registers, *after),
    ).fetchall()


def changed(connection: sqlite3.Connection, number: int, after: Sequence[object]) -> list[tuple[str, int]]:
    """Return, behind the register and number of `after`, the entries that an import changed and nobody has
    since, not oldest first but in the order of the registers."""
    return connection.execute(
        "SELECT c.register, c.number FROM import_change c"
        " JOIN register_entry e ON e.register = c.register AND e.number = c.number"
        " WHERE c.imported = ? AND e.state = 'open' AND e.forgotten = 0"
        " AND json_extract(e.seqs, '$[#-1]') = c.seq AND (c.register, c.number) > (?, ?)"
        " ORDER BY c.register, c.number LIMIT ?",
        (number, *after),
    ).fetchall()


def needed(connection: sqlite3.Connection, number: int, registers: Sequence[str], name: str) -> set[int]:
    """Return the numbers that stand under the field `name` of any open entry but those `entered` returns."""
    marks = ",".join("?" * len(registers))
    found = connection.execute(
        "SELECT DISTINCT json_extract(fields, ?) FROM register_entry WHERE state = 'open'"  # noqa: S608
        f" AND NOT (imported = ? AND json_array_length(seqs) = 1 AND register IN ({marks}))",
        (f'$."{name}"', number, *registers),
    ).fetchall()
    return {value for (value,) in found if isinstance(value, int)}


def _select(connection: sqlite3.Connection, rest: str, *values: int | str) -> list[Imported]:
    sql = f"SELECT {_COLUMNS} FROM import_file {rest}"  # noqa: S608 - our own words
    return [Imported(*found) for found in connection.execute(sql, values).fetchall()]
