"""Which ended entries of registers are to be forgotten: an entry keeps its key for as long as it is open, and
the time of retention after that. So many at a time that a verdict need not wait for them."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from edge.journal.case_retention import ended_us
from edge.journal.keys import KeyRecord

MOST = 500


@dataclass(frozen=True, slots=True)
class EntryDue:
    """An entry whose key is to be destroyed, by the row that ended it, and how many of its sealed rows the
    district lacks."""

    register: str
    number: int
    key_id: int
    ended_seq: int
    unacknowledged: int


def due_entries(
    connection: sqlite3.Connection,
    days: Sequence[KeyRecord],
    trusted: Sequence[str],
    *,
    before_us: int,
    acknowledged: int,
    max_before_us: int | None,
) -> tuple[list[EntryDue], int]:
    """Return the entries whose time is over, at most `MOST`, and how many more wait for the district only."""
    ends: dict[int, int | None] = {}
    for (seq,) in connection.execute(
        "SELECT DISTINCT ended_seq FROM register_entry WHERE ended_seq IS NOT NULL AND forgotten = 0"
    ).fetchall():
        ends[seq] = ended_us(connection, days, seq, trusted)
    over = [seq for seq, end in ends.items() if end is not None and end <= before_us]
    due, kept = list[EntryDue](), 0
    found = connection.execute(
        "SELECT register, number, key_id, ended_seq, seqs FROM register_entry"
        " WHERE ended_seq IN (SELECT value FROM json_each(?)) AND ended_seq IS NOT NULL AND forgotten = 0"
        " AND key_id IS NOT NULL ORDER BY ended_seq",
        (json.dumps(over),),
    )
    for register, number, key_id, seq, seqs in found:
        missing = sum(one > acknowledged for one in json.loads(seqs))
        end = ends[seq]
        if missing and (max_before_us is None or end is None or end > max_before_us):
            kept += 1
        elif len(due) < MOST:
            due.append(EntryDue(register, number, key_id, seq, missing))
    return due, kept
