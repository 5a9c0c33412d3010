"""Forgetting: destroying keys whose time is over, and all that could stand for them.

Facts stay; what was sealed under a destroyed key can be read by nobody, in this file or in any copy
of it. A purge happens only on a clock that is trusted and has not leapt, and never before the
district has acknowledged the rows, except beyond the longest retention, and then with an alarm.
"""

import json
import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edge.domain.model import ClockQuality, Instant
from edge.journal.case_retention import CaseDue, due_cases
from edge.journal.entry_retention import EntryDue, due_entries
from edge.journal.key_records import DAY_US, KeyRecord, records
from edge.journal.rows import DAY_SCOPE, Purged, Row
from edge.journal.writer import Writer, get_meta, set_meta

LEAP_US = 8 * DAY_US
FAR_US = 366 * DAY_US
_OWED = "scrub_owed"
_TRUSTED = tuple(str(quality) for quality in ClockQuality if quality.trusted)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Due:
    key: KeyRecord
    last_seq: int
    overdue: bool


@dataclass(frozen=True, slots=True)
class _Over:
    days: list[_Due]
    cases: list[CaseDue]
    entries: list[EntryDue]
    copies: list[Path]


@dataclass(frozen=True, slots=True)
class _Order:
    before_us: int
    acknowledged: int
    now: Instant


def purge(
    writer: Writer,
    before_us: int,
    acknowledged: int,
    now: Instant,
    *,
    max_before_us: int | None = None,
    believe_clock: bool = False,
) -> Purged:
    """Destroy the day keys whose rows are all older than `before_us` and acknowledged, the keys of cases
    that were closed as long ago, and all that is older than `max_before_us` in any case. `believe_clock` is a
    person's word that the clock is right although it leapt. See `Purged` for what is said about it."""
    if not now.clock.trusted:
        return Purged(refused="clock_untrusted", scrubbed=not owed(writer))
    with writer.transaction() as connection:
        days, kept = _due(connection, before_us, acknowledged, max_before_us)
        known = records(connection)
        cases, waiting = due_cases(
            connection,
            known,
            _TRUSTED,
            before_us=before_us,
            acknowledged=acknowledged,
            max_before_us=max_before_us,
        )
        entries, more = due_entries(
            connection,
            known,
            _TRUSTED,
            before_us=before_us,
            acknowledged=acknowledged,
            max_before_us=max_before_us,
        )
        kept += waiting + more
        due = _Over(days, cases, entries, _copies_before(writer.path.parent, before_us, connection))
        if not due.days and not due.cases and not due.entries and not due.copies:
            return Purged(kept=kept, scrubbed=not get_meta(connection, _OWED))
        if not believe_clock and _leapt(connection, due, now):
            return Purged(kept=kept, seq=_wait(writer, connection, now), refused="clock_leapt")
        purged = _destroy(writer, connection, due, _Order(before_us, acknowledged, now))
    writer.settle_keys()
    return replace(purged, kept=kept, scrubbed=scrub(writer))


def forget(writer: Writer, scope: str, now: Instant, by: str) -> Purged:
    """Destroy the keys of one named scope (a person, a vehicle, a case) because somebody asked."""
    if scope == DAY_SCOPE:
        raise ValueError("days are forgotten by purge")
    with writer.transaction() as connection:
        keys = tuple(key.key_id for key in records(connection, scope) if key.alive)
        if not keys:
            return Purged()
        writer.keys.destroy_and_turn(connection, keys)
        body = {"why": "asked", "by": by, "keys": list(keys)}
        (seq,) = writer.add(connection, Row("retention.destroyed", now, body))
        set_meta(connection, _OWED, 1)
    writer.settle_keys()
    return Purged(keys=keys, seq=seq, scrubbed=scrub(writer))


def scrub(writer: Writer) -> bool:
    """Empty the write-ahead file, where old pages still stand; False while a reader hinders."""
    if not writer.checkpoint():
        return False
    with writer.transaction() as connection:
        connection.execute("DELETE FROM meta WHERE name = ?", (_OWED,))
    return True


def owed(writer: Writer) -> bool:
    """Return whether a purge has yet to empty the write-ahead file."""
    with writer.looking() as connection:
        return bool(get_meta(connection, _OWED))


def ends_us(keys: Sequence[KeyRecord]) -> dict[int, int]:
    """Return for each day key, by number, a time by which its last row had been written; keys for
    which no trusted clock says one are left out.

    Numbers order time. A key opened on a trusted clock ends with its own day, but not before an
    earlier trusted key had begun (this clock was behind) and not after a later one began (this
    clock was ahead). A key of an untrusted clock ends when the next trusted one began.
    """
    ends: dict[int, int] = {}
    for index, key in enumerate(keys):
        later = min((k.opened_us for k in keys[index + 1 :] if k.trusted), default=None)
        if key.trusted:
            earlier = (
                k.opened_us for k in keys[:index] if k.trusted and (later is None or k.opened_us <= later)
            )
            own = max([(key.day + 1) * DAY_US, *earlier])
            ends[key.key_id] = own if later is None else min(own, later)
        elif later is not None:
            ends[key.key_id] = later
    return ends


def before_leap(keys: Sequence[KeyRecord], now_us: int) -> int:
    """Return how many of the keys, from the first, lie before a leap of the clock of more than a
    year: whether that year passed, only a person can say."""
    opened = [key.opened_us for key in keys]
    trusted = [key.trusted for key in keys]
    reach, after = 0, now_us
    for index in range(len(keys) - 1, -1, -1):
        if not trusted[index]:
            continue
        # What a later trusted clock contradicts counts as that later time.
        time = min(opened[index], after)
        if after - time > FAR_US:
            reach = max(reach, index + 1)
        after = time
    return reach


def _due(
    connection: sqlite3.Connection, before_us: int, acknowledged: int, max_before_us: int | None
) -> tuple[list[_Due], int]:
    days = records(connection)
    ends = ends_us(days)
    head = connection.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()[0]
    due, kept = [], 0
    for index, key in enumerate(days):
        end = ends.get(key.key_id)
        if not key.alive or end is None or end > before_us:
            continue
        last_seq = days[index + 1].first_seq - 1 if index + 1 < len(days) else head
        overdue = last_seq > acknowledged
        if overdue and (max_before_us is None or end > max_before_us):
            kept += 1
            continue
        due.append(_Due(key, last_seq, overdue))
    return due, kept


def _destroy(writer: Writer, connection: sqlite3.Connection, due: _Over, order: _Order) -> Purged:
    named: list[CaseDue | EntryDue] = [*due.cases, *due.entries]
    keys = (*(one.key.key_id for one in due.days), *(one.key_id for one in named))
    cleared = sum(_clear_tokens(connection, one) for one in due.days)
    overdue = (one for one in due.days if one.overdue)
    unacknowledged = sum(_sealed_after(connection, one, order.acknowledged) for one in overdue)
    unacknowledged += sum(one.unacknowledged for one in named)
    writer.keys.destroy_and_turn(connection, keys)
    body: dict[str, Any] = {
        "why": "overdue" if unacknowledged else "retention",
        "before_us": order.before_us,
        "keys": list(keys),
        "rows": [[one.key.first_seq, one.last_seq] for one in due.days],
        "passages": cleared,
        "unacknowledged": unacknowledged,
        "copies": [path.name for path in due.copies],
    }
    if due.cases:
        body["cases"] = [one.number for one in due.cases]
    if due.entries:
        body["entries"] = len(due.entries)
    (seq,) = writer.add(connection, Row("retention.destroyed", order.now, body))
    for path in due.copies:
        set_meta(connection, f"shut {path.name}", seq)
    set_meta(connection, _OWED, 1)
    if unacknowledged:
        _log.error("personal fields of %d unacknowledged rows were destroyed: too old", unacknowledged)
    _log.info("destroyed %d keys, row %d", len(keys), seq)
    return Purged(keys=keys, passages=cleared, unacknowledged=unacknowledged, seq=seq)


def _clear_tokens(connection: sqlite3.Connection, due: _Due) -> int:
    # By the passages that the key's rows name: an index by key would be written by every passage.
    found = connection.execute(
        "SELECT DISTINCT json_extract(body, '$.passage') FROM journal"
        " WHERE seq BETWEEN ? AND ? AND key_id = ? AND kind GLOB 'passage.*'",
        (due.key.first_seq, due.last_seq, due.key.key_id),
    ).fetchall()
    done = connection.executemany(
        "UPDATE passage SET tokens = NULL WHERE id = ? AND key_id = ? AND tokens IS NOT NULL",
        [(number, due.key.key_id) for (number,) in found if number is not None],
    )
    return max(done.rowcount, 0)


def _sealed_after(connection: sqlite3.Connection, due: _Due, acknowledged: int) -> int:
    return int(
        connection.execute(
            "SELECT count(*) FROM journal WHERE seq BETWEEN ? AND ? AND key_id = ?",
            (max(due.key.first_seq, acknowledged + 1), due.last_seq, due.key.key_id),
        ).fetchone()[0]
    )


def _copies_before(folder: Path, before_us: int, connection: sqlite3.Connection) -> list[Path]:
    """Files that were set aside and whose sealed fields are past their time: their keys stand under
    the master that the next turn destroys."""
    return [
        path
        for path in sorted(folder.glob("journal-*.db"))
        if path.stat().st_mtime_ns // 1000 < before_us and get_meta(connection, f"shut {path.name}") is None
    ]


def _leapt(connection: sqlite3.Connection, due: _Over, now: Instant) -> bool:
    """Whether the gate stood still or its clock leapt: a purge waits for a day to find out, and
    after more than a year for a person. A clock in 2036 must not purge everything."""
    days = records(connection)
    reach = before_leap(days, now.at_us)
    doubtful = {key.key_id for key in days[:reach]}
    if any(one.key.key_id in doubtful for one in due.days):
        return True
    # A case or an entry that was closed before the first day after the leap.
    begins = days[reach].first_seq if reach < len(days) else None
    ended = [*(one.closed_seq for one in due.cases), *(one.ended_seq for one in due.entries)]
    if reach and any(begins is None or seq < begins for seq in ended):
        return True
    # The newest row of a trusted clock that is at least a day old.
    witness = connection.execute(
        "SELECT at_us FROM journal WHERE clock IN (SELECT value FROM json_each(?)) AND at_us <= ?"
        " ORDER BY seq DESC LIMIT 1",
        (json.dumps(_TRUSTED), now.at_us - DAY_US),
    ).fetchone()
    return witness is None or now.at_us - int(witness[0]) > LEAP_US


def _wait(writer: Writer, connection: sqlite3.Connection, now: Instant) -> int | None:
    said = connection.execute(
        "SELECT 1 FROM journal WHERE kind = 'retention.waiting' AND kind NOT GLOB 'passage.*'"
        " AND at_us > ? AND at_us <= ?",
        (now.at_us - DAY_US, now.at_us),
    ).fetchone()
    if said is not None:
        return None
    # The row itself is the witness by which tomorrow's purge may believe the clock.
    (seq,) = writer.add(connection, Row("retention.waiting", now, {"why": "clock_leapt"}))
    _log.warning("the clock leapt, or the gate stood still: retention waits")
    return seq
