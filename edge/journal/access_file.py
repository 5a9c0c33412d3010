"""The projection of who went in and out: one line for each person, vehicle and household of a passage that
was admitted, by the numbers of their entries. Quotas and household balances are counted from it.

Depends on the rows alone: a passage decided anew replaces its lines, a correction adds one of its own.
"""

import sqlite3
from collections.abc import Iterable
from datetime import date
from typing import Any

from edge.journal.rows import StoredRow

TABLE = "access_use"
CORRECTED = "access.corrected"
# A household that is out longer than so many crossings has another balance than the one of a slip.
MOST = 400


def project(connection: sqlite3.Connection, row: StoredRow) -> None:
    """Bring the lines up to date with one row. Raises ValueError for a correction of nothing."""
    if row.kind == "passage.decided":
        passage = row.body.get("passage")
        connection.execute("DELETE FROM access_use WHERE passage = ?", (passage,))
        if row.body.get("outcome") == "admit":
            for register, entry, day in _of(row.body):
                line = (passage, register, entry, row.body["direction"], day, 1, row.seq)
                connection.execute("INSERT OR IGNORE INTO access_use VALUES (?,?,?,?,?,?,?)", line)
    elif row.kind == CORRECTED:
        body = row.body
        try:
            line = (
                -row.seq,
                body["register"],
                body["entry"],
                body["direction"],
                None,
                body["count"],
                row.seq,
            )
        except KeyError as error:
            raise ValueError(f"{row.kind} without {error}") from error
        connection.execute(
            "INSERT INTO access_use VALUES (?,?,?,?,?,?,?)", (*line[:4], _day(body.get("day")), *line[5:])
        )


def used(connection: sqlite3.Connection, register: str, entry: int, direction: str, since: int) -> int:
    """Return how often somebody went this way since a day (as `day_number`), and on days no clock knew."""
    found = connection.execute(
        "SELECT coalesce(sum(n), 0) FROM access_use WHERE register = ? AND entry = ? AND direction = ?"
        " AND (day IS NULL OR day >= ?)",
        (register, entry, direction, since),
    ).fetchone()
    return max(0, int(found[0]))


def slip(connection: sqlite3.Connection, household: int) -> tuple[int, int] | None:
    """Return how many of a household went out, and how many came in, since it was last complete (出门条);
    None where nobody has gone out yet."""
    lines = connection.execute(
        "SELECT direction, n, passage < 0 FROM (SELECT direction, n, passage, seq FROM access_use"
        " WHERE register = 'households' AND entry = ? ORDER BY seq DESC LIMIT ?) ORDER BY seq",
        (household, MOST),
    ).fetchall()
    return fold((str(direction), int(n), bool(corrected)) for direction, n, corrected in lines)


def fold(lines: Iterable[tuple[str, int, bool]]) -> tuple[int, int] | None:
    """Return what a slip says after these crossings: the first that goes out after all are back begins
    another one. A correction is about the slip as it stands."""
    out = back = 0
    for direction, n, corrected in lines:
        if direction == "out":
            if not corrected and back >= out:
                out = back = 0
            out = max(0, out + n)
        else:
            back = max(0, back + n)
    return (out, back) if out else None


def day_number(day: str) -> int:
    """Return a local day (ISO 8601) as a number that counts days."""
    return date.fromisoformat(day).toordinal()


def _day(day: str | None) -> int | None:
    return None if day is None else day_number(day)


def _of(body: dict[str, Any]) -> set[tuple[str, int, int | None]]:
    """Return the entries a passage is counted for, with its day: the newest word on each."""
    found: dict[tuple[str, int], int | None] = {}
    for piece in body.get("evidence", ()):
        # Of a place that was told of, the list of regions has an entry of nobody who could pass.
        if piece.get("t") != "known" or piece.get("standing") != "found" or piece.get("entry") is None:
            continue
        day = _day(piece.get("day"))
        found[piece["register"], piece["entry"]] = day
        if piece["register"] == "people" and piece.get("household") is not None:
            found["households", piece["household"]] = day
    return {(register, entry, day) for (register, entry), day in found.items()}
