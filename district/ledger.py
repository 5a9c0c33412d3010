"""Takes a gate's rows into the ledger: every row once, in order, chain checked, differences alarmed.

Pure over a connection: the caller owns the transaction and the clock. Whatever a gate sends, what is
stored already is never changed.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from district import lists, reports, sightings
from district.alarms import notice, raise_alarm
from district.registry import Gate
from district.sightings import Watch
from edge import wire
from edge.wire.received import Event, body_fault, verify_event

OUTCOMES = ("admit", "turn_back", "refer", "abandoned")
_NO_HASH = bytes(32)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An event that is none, of which at least the number could be read."""

    number: int
    hash: bytes = _NO_HASH


@dataclass(frozen=True, slots=True)
class Submission:
    """One POST of a gate. `incarnation` is the one the events belong to (with no events: the living
    one), `living` the one the gate writes now, `head` and `oldest_us` what it says of its outbox."""

    gate: Gate
    incarnation: str
    living: str
    events: Sequence[Event | Unreadable]
    head: int | None = None
    oldest_us: int | None = None


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every step of taking a submission needs: the transaction, whose it is, and when."""

    connection: sqlite3.Connection
    gate: Gate
    now_us: int
    timezone: tzinfo
    watch: Watch

    def alarm(self, code: str, subject: str, detail: dict[str, Any]) -> None:
        raise_alarm(self.connection, self.gate.id, code, subject, detail=detail, now_us=self.now_us)


@dataclass(slots=True)
class _Place:
    """Where an incarnation's ledger stands while a submission is taken."""

    id: int
    acknowledged: int | None
    head_hash: bytes


def take(
    connection: sqlite3.Connection, submission: Submission, now_us: int, timezone: tzinfo, watch: Watch
) -> dict[str, Any]:
    """Store what is new and return the answer. Acknowledges only as far as nothing is missing."""
    desk = _Desk(connection, submission.gate, now_us, timezone, watch)
    place = _place(desk, submission.incarnation)
    is_new = place.acknowledged is None
    rejected: list[dict[str, Any]] = []
    for event in sorted(submission.events, key=lambda one: one.number):
        if place.acknowledged is None or event.number > place.acknowledged:
            if not _follows(event, place, submission.incarnation):
                break  # a gap: the gate sends from what is acknowledged
            reason = _append(desk, place, event)
        else:
            reason = _again(desk, place, event)
        if reason is not None:
            rejected.append({"sequence": event.number, "reason": reason})
    connection.execute(
        "UPDATE incarnation SET acknowledged=?, head_hash=? WHERE id=?",
        (place.acknowledged, place.head_hash, place.id),
    )
    _contact(desk, submission)
    sightings.prune(connection, watch, now_us)
    if is_new and place.acknowledged is not None:
        _look_for_missing(desk, place)
    return {
        "incarnation": submission.incarnation,
        "acknowledged": place.acknowledged or 0,
        "rejected": rejected,
        "lists": lists.versions(connection),
        "wait_s": 0,
        "time": wire.rfc3339(now_us) or "",
    }


def day_of(at_us: int, timezone: tzinfo) -> str:
    """Return the calendar day of an instant, ISO 8601."""
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)
        return moment.astimezone(timezone).date().isoformat()
    except (OverflowError, ValueError):
        return "0001-01-01"


def _place(desk: _Desk, incarnation: str) -> _Place:
    desk.connection.execute(
        "INSERT INTO incarnation(gate_id, name, first_us) VALUES(?,?,?) ON CONFLICT DO NOTHING",
        (desk.gate.id, incarnation, desk.now_us),
    )
    row = desk.connection.execute(
        "SELECT id, acknowledged, head_hash FROM incarnation WHERE gate_id=? AND name=?",
        (desk.gate.id, incarnation),
    ).fetchone()
    return _Place(row[0], row[1], row[2] or wire.genesis(incarnation))


def _follows(event: Event | Unreadable, place: _Place, incarnation: str) -> bool:
    """Say whether this is the next row. The first of an incarnation is known by what it follows on:
    the incarnation's own genesis, whatever its number (a restored journal counts on)."""
    if place.acknowledged is not None:
        return event.number == place.acknowledged + 1
    if isinstance(event, Unreadable):
        return event.number == 1
    return bytes.fromhex(event.prevhash) == wire.genesis(incarnation)


def _append(desk: _Desk, place: _Place, event: Event | Unreadable) -> str | None:
    """Store the next row; return why it is refused for good, None where it is not."""
    reason = _refusal(event, place)
    columns: dict[str, Any] = {
        "incarnation_id": place.id,
        "sequence": event.number,
        "received_us": desk.now_us,
        "rejected": reason,
    }
    columns |= {"hash": event.hash} if isinstance(event, Unreadable) else _columns(event)
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    cursor = desk.connection.execute(
        f"INSERT INTO ledger({names}) VALUES({marks})",
        tuple(columns.values()),
    )
    place.acknowledged = event.number
    place.head_hash = columns["hash"]
    if reason is not None:
        code = reason if reason in ("hash_mismatch", "broken_chain") else "refused_row"
        desk.alarm(code, f"{place.id}/{event.number}", {"sequence": event.number, "reason": reason})
    elif isinstance(event, Event):
        assert cursor.lastrowid is not None
        _count(desk, cursor.lastrowid, event)
        notice(desk.connection, desk.gate.id, event, desk.now_us)
        sightings.note(desk.connection, desk.gate, place.id, event, watch=desk.watch, now_us=desk.now_us)
    return reason


def _refusal(event: Event | Unreadable, place: _Place) -> str | None:
    if isinstance(event, Unreadable):
        return "malformed"
    if not verify_event(event):
        return "hash_mismatch"
    if bytes.fromhex(event.prevhash) != place.head_hash:
        return "broken_chain"
    return None if event.omitted == wire.OMITTED_LOCAL else event.omitted


def _again(desk: _Desk, place: _Place, event: Event | Unreadable) -> str | None:
    """Compare a row with the one stored under its number. The opened personal fields are no part of
    the comparison: they may have been shredded at the gate since."""
    stored = desk.connection.execute(
        "SELECT hash, rejected FROM ledger WHERE incarnation_id=? AND sequence=?", (place.id, event.number)
    ).fetchone()
    if stored is not None:
        same = isinstance(event, Unreadable) or bytes.fromhex(event.hash) == stored[0]
        if same and stored[1] is not None:
            return str(stored[1])
        if same and isinstance(event, Event) and verify_event(event):
            return None
    desk.alarm("conflict", f"{place.id}/{event.number}", {"sequence": event.number})
    return "conflict"


def _columns(event: Event) -> dict[str, Any]:
    data = event.data
    personal = sightings.without_digests(data.personal) if data and data.personal else None
    return {
        "kind": event.kind,
        "version": int(event.type.rpartition(".v")[2]),
        "lane": event.lane,
        "boot": event.boot,
        "mono_us": int(event.monous),
        "at_us": int(event.atus),
        "clock": event.clock,
        "body": wire.canonical(data.body) if data else None,
        "personal": wire.canonical(personal) if personal else None,
        "sealed_sha256": bytes.fromhex(event.sealedhash),
        "previous_hash": bytes.fromhex(event.prevhash),
        "hash": bytes.fromhex(event.hash),
    }


def _count(desk: _Desk, row_id: int, event: Event) -> None:
    """Keep the figures the page shows, and notice a body that does not fit its model."""
    if event.data is None:
        return
    fault = body_fault(event.kind, event.data.body)
    if fault is not None:
        detail = {"sequence": event.number, "kind": event.kind, "fault": fault}
        desk.alarm("body_unreadable", event.kind, detail)
    if event.kind == "report.daily" and fault is None:
        reports.note(desk.connection, desk.gate.id, row_id, event.data.body)
    if event.kind != "passage.decided":
        return
    outcome = event.data.body.get("outcome")
    day = day_of(int(event.atus) if event.clock in sightings.TRUSTED else desk.now_us, desk.timezone)
    counted = outcome if outcome in OUTCOMES else "other"
    desk.connection.execute(
        "INSERT INTO day_count VALUES(?,?,?,1) ON CONFLICT(gate_id, day, outcome) DO UPDATE SET n=n+1",
        (desk.gate.id, day, counted),
    )
    desk.connection.execute(
        "INSERT INTO outcome_count VALUES(?,?,1) ON CONFLICT(gate_id, outcome) DO UPDATE SET n=n+1",
        (desk.gate.id, counted),
    )
    desk.connection.execute("UPDATE gate SET passage_id=? WHERE id=?", (row_id, desk.gate.id))


def _contact(desk: _Desk, submission: Submission) -> None:
    """Note that the gate spoke, and whether two of its journals are alive at once."""
    living = _place(desk, submission.living)
    gate = desk.gate
    select = "SELECT incarnation_id FROM gate WHERE id=?"
    before = desk.connection.execute(select, (gate.id,)).fetchone()[0]
    if before is not None and before != living.id:
        _replaced(desk, before, living)
    if submission.head is not None:
        desk.connection.execute("UPDATE incarnation SET head=? WHERE id=?", (submission.head, living.id))
    desk.connection.execute(
        "UPDATE gate SET incarnation_id=?, contact_us=?, head=?, oldest_us=? WHERE id=?",
        (living.id, desk.now_us, submission.head, submission.oldest_us, gate.id),
    )


def _replaced(desk: _Desk, before: int, living: _Place) -> None:
    """Another journal speaks for the gate than last time: a restored one once, or two in turns."""
    was_replaced, name = desk.connection.execute(
        "SELECT replaced, name FROM incarnation WHERE id=?", (living.id,)
    ).fetchone()
    if was_replaced:
        desk.alarm("two_incarnations", "", {"incarnation": name})
    desk.connection.execute("UPDATE incarnation SET replaced=1 WHERE id=?", (before,))


def _look_for_missing(desk: _Desk, place: _Place) -> None:
    """A new journal has begun to arrive; what the gate's earlier ones held back will not come."""
    earlier = desk.connection.execute(
        "SELECT name, head - COALESCE(acknowledged, 0) FROM incarnation WHERE gate_id=? AND id<>? "
        "AND replaced AND head>COALESCE(acknowledged, 0)",
        (desk.gate.id, place.id),
    ).fetchall()
    for name, rows in earlier:
        desk.alarm("rows_missing", name, {"incarnation": name, "rows": rows})
