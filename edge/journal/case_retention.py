"""Which closed cases are to be forgotten. The key of a case lives beyond the days of its passage, until the
case is closed and the same time has passed again; an open case keeps its own for as long as it is open."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from edge.journal.key_records import KeyRecord


@dataclass(frozen=True, slots=True)
class CaseDue:
    """A case whose key is to be destroyed, and how many of its sealed rows the district lacks."""

    number: int
    key_id: int
    closed_seq: int
    unacknowledged: int


def due_cases(
    connection: sqlite3.Connection,
    days: Sequence[KeyRecord],
    trusted: Sequence[str],
    *,
    before_us: int,
    acknowledged: int,
    max_before_us: int | None,
) -> tuple[list[CaseDue], int]:
    """Return the cases whose time is over, and how many more wait for the district only."""
    found = connection.execute(
        "SELECT number, case_file.key_id, closed_seq, seqs FROM case_file JOIN seal_key USING (key_id)"
        " WHERE stage = 'closed' AND forgotten = 0 AND wrapped IS NOT NULL ORDER BY number"
    ).fetchall()
    due, kept = [], 0
    for number, key_id, closed_seq, seqs in found:
        end = ended_us(connection, days, closed_seq, trusted)
        if end is None or end > before_us:
            continue
        missing = [seq for seq in json.loads(seqs) if seq > acknowledged]
        if missing and (max_before_us is None or end > max_before_us):
            kept += 1
            continue
        due.append(CaseDue(number, key_id, closed_seq, _sealed(connection, missing, key_id)))
    return due, kept


def ended_us(
    connection: sqlite3.Connection, days: Sequence[KeyRecord], closed_seq: int, trusted: Sequence[str]
) -> int | None:
    """Return a time by which the case or entry that this row ended was closed, None where no trusted clock
    says one. Sequences order time: a clock that was behind or ahead is held between the days that began
    before and after."""
    witness = connection.execute(
        "SELECT at_us FROM journal WHERE seq >= ? AND clock IN (SELECT value FROM json_each(?))"
        " ORDER BY seq LIMIT 1",
        (closed_seq, json.dumps(trusted)),
    ).fetchone()
    if witness is None:
        return None
    own = int(witness[0])
    later = min((k.opened_us for k in days if k.trusted and k.first_seq > closed_seq), default=own)
    earlier = (k.opened_us for k in days if k.trusted and k.first_seq <= closed_seq and k.opened_us <= later)
    return max([min(own, later), *earlier])


def _sealed(connection: sqlite3.Connection, seqs: list[int], key_id: int) -> int:
    found = connection.execute(
        "SELECT count(*) FROM journal WHERE key_id = ? AND seq IN (SELECT value FROM json_each(?))",
        (key_id, json.dumps(seqs)),
    ).fetchone()
    return int(found[0])
