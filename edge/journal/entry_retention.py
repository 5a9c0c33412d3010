"""Which ended entries of registers are to be forgotten: an entry keeps its key for as long as it is open, and
the time of retention after that. So many at a time that a verdict need not wait for them."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from edge.journal.case_retention import ended_us
from edge.journal.key_records import KeyRecord

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
    """Return the entries whose time is over, at most `MOST` of the longest ended, and how many before them
    wait for the district only. Looks at no more than it returns: a verdict waits for it."""
    due, kept, ends = list[EntryDue](), 0, dict[int, int | None]()
    found = connection.execute(
        "SELECT register, number, key_id, ended_seq, seqs FROM register_entry"
        " WHERE ended_seq IS NOT NULL AND forgotten = 0 AND key_id IS NOT NULL ORDER BY ended_seq"
    )
    for register, number, key_id, seq, seqs in found:
        if seq not in ends:
            ends[seq] = ended_us(connection, days, seq, trusted)
        end = ends[seq]
        # Sequences order time: behind the first that is not over none is, and the rest is for the next hour.
        if end is None or end > before_us or len(due) >= MOST or kept >= MOST:
            break
        missing = sum(one > acknowledged for one in json.loads(seqs))
        if missing and (max_before_us is None or end > max_before_us):
            kept += 1
        else:
            due.append(EntryDue(register, number, key_id, seq, missing))
    return due, kept
