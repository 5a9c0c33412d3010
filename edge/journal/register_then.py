"""What a register held before a moment, counted in one statement where nothing has changed since."""

import json
import sqlite3
from collections.abc import Sequence

from edge.journal import register_file
from edge.journal.rows import Entry

# The newest row that changed an entry; an undone import stands in no list of rows.
_LAST = "max(coalesce(json_extract(seqs, '$[#-1]'), 0), coalesce(ended_seq, 0))"
_SETTLED = (
    f"{_LAST} <= :upto AND NOT EXISTS (SELECT 1 FROM json_each(:doubtful) AS d WHERE {_LAST}"  # noqa: S608
    " BETWEEN json_extract(d.value, '$[0]') AND json_extract(d.value, '$[1]'))"
)


def standing(
    connection: sqlite3.Connection,
    register: str,
    names: Sequence[str],
    when: tuple[int, Sequence[tuple[int, int]], int | None],
) -> dict[tuple[register_file.Value, ...], int]:
    """Return how many entries are open, by the values of these open fields or else by their number, of those
    that nothing has changed since a row. `when` is that row, the spans of sequences of which it is doubtful
    that they were before, and a moment: only entries whose time had begun and was not over by then."""
    upto, doubtful, at_us = when
    by = [f"json_extract(fields, '$.\"{name}\"')" for name in names] or ["number"]
    found = connection.execute(
        f"SELECT count(*), {', '.join(by)} FROM register_entry WHERE register = :register AND state = 'open'"  # noqa: S608
        f" AND {_SETTLED} AND (:at_us IS NULL OR ((from_us IS NULL OR from_us < :at_us)"
        f" AND (until_us IS NULL OR until_us >= :at_us))) GROUP BY {', '.join(by)}",
        {"register": register, "upto": upto, "doubtful": json.dumps(doubtful), "at_us": at_us},
    )
    return {tuple(values): int(count) for count, *values in found.fetchall()}


def unsettled(
    connection: sqlite3.Connection,
    register: str,
    when: tuple[int, Sequence[tuple[int, int]], int],
    after: int,
    limit: int = 200,
) -> list[Entry]:
    """Return a page of the entries that `standing` leaves out because they may have changed since, but for
    those entered since, by their sequence or by a believed clock; the lowest number first."""
    upto, doubtful, at_us = when
    found = connection.execute(
        f"SELECT {register_file.COLUMNS} FROM register_entry WHERE register = :register AND number > :after"  # noqa: S608
        f" AND json_extract(seqs, '$[0]') <= :upto AND NOT ({_SETTLED}) AND NOT EXISTS (SELECT 1 FROM journal"
        " WHERE seq = json_extract(seqs, '$[0]') AND clock IN ('synced', 'manual') AND at_us >= :at_us)"
        " ORDER BY number LIMIT :limit",
        {
            **{"register": register, "upto": upto, "doubtful": json.dumps(doubtful)},
            **{"after": after, "limit": limit, "at_us": at_us},
        },
    )
    return [register_file.line(each) for each in found.fetchall()]
