"""What somebody must look at: raised once per subject, raised again by a later row, acknowledged by
a person. Takes a connection of the caller's transaction; times are microseconds UTC.

Alarms of rows come twice, by the alarm lane and by the ledger, in any order: the sequence decides
what is new.
"""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from edge import wire
from edge.wire.received import Event

CODES = (
    "conflict",
    "hash_mismatch",
    "broken_chain",
    "refused_row",
    "two_incarnations",
    "rows_missing",
    "body_unreadable",
    "referred",
    "watched",
    "device_lost",
    "uplink_conflict",
    "uplink_rejected",
    "inbox_overflowed",
    "retention_destroyed",
    "journal_renewed",
    "list_refused",
    "code_seen_elsewhere",
    "code_red_late",
)

# Kinds that are alarms by themselves; referred passages are found by their outcome.
_OF_KIND = {
    "access.alarmed": "watched",
    "device.lost": "device_lost",
    "uplink.conflict": "uplink_conflict",
    "uplink.rejected": "uplink_rejected",
    "inbox.overflowed": "inbox_overflowed",
    "journal.restored": "journal_renewed",
    "journal.set_aside": "journal_renewed",
    "list.refused": "list_refused",
}
_FOR_EVER = 2**63 - 1
_LONGEST = 200  # of one field shown; a list or a table as JSON may be ten times that

# What a later row of another kind says is over.
_ENDS = {"device.back": "device_lost", "list.received": "list_refused"}


def raise_alarm(
    connection: sqlite3.Connection,
    gate_id: int,
    code: str,
    subject: str,
    *,
    detail: Mapping[str, Any],
    now_us: int,
) -> None:
    """Raise an alarm that the district itself noticed; the same subject again stays one alarm, opened
    again if somebody had looked at it before."""
    connection.execute(
        "INSERT INTO alarm(gate_id, code, subject, detail, first_us, last_us) VALUES(?,?,?,?,?,?) "
        "ON CONFLICT(gate_id, code, subject) DO UPDATE SET last_us=excluded.last_us, "
        "detail=excluded.detail, over_us=NULL, seen_us=NULL, seen_by=NULL",
        (gate_id, code, subject, _dump(detail), now_us, now_us),
    )


def notice(connection: sqlite3.Connection, gate_id: int, event: Event, now_us: int) -> None:
    """Raise, renew or end the alarm that a row amounts to, if it does. The same row twice is one;
    the same number with another hash is a conflict."""
    if event.data is None:
        return
    body = event.data.body
    if event.kind in _ENDS:
        _end(connection, gate_id, event, now_us)
        return
    code = _code(event.kind, body)
    if code is None:
        return
    subject = _subject(event)
    known = connection.execute(
        "SELECT incarnation, sequence, hash FROM alarm WHERE gate_id=? AND code=? AND subject=?",
        (gate_id, code, subject),
    ).fetchone()
    digest = bytes.fromhex(event.hash)
    if known is not None and known[0] == event.incarnation:
        if known[1] == event.number and known[2] != digest:
            detail = {"sequence": event.number, "kind": event.kind}
            raise_alarm(connection, gate_id, "conflict", _place(event), detail=detail, now_us=now_us)
        if known[1] >= event.number:
            return
    connection.execute(
        "INSERT INTO alarm(gate_id, code, subject, incarnation, sequence, hash, detail, first_us, last_us) "
        "VALUES(?,?,?,?,?,?,?,?,?) ON CONFLICT(gate_id, code, subject) DO UPDATE SET "
        "incarnation=excluded.incarnation, sequence=excluded.sequence, hash=excluded.hash, "
        "detail=excluded.detail, last_us=excluded.last_us, over_us=NULL, seen_us=NULL, seen_by=NULL",
        (
            gate_id,
            code,
            subject,
            event.incarnation,
            event.number,
            digest,
            _dump(_detail(event)),
            now_us,
            now_us,
        ),
    )


def mark_seen(
    connection: sqlite3.Connection, alarm_id: int, by: str, now_us: int, shown_us: int | None = None
) -> bool:
    """Note that somebody looked; False for an alarm that is not there, was looked at before, or was
    raised again after `shown_us`, the `last_us` that somebody had before them."""
    changed = connection.execute(
        "UPDATE alarm SET seen_us=?, seen_by=? WHERE id=? AND seen_us IS NULL AND last_us<=?",
        (now_us, by, alarm_id, _FOR_EVER if shown_us is None else shown_us),
    )
    return changed.rowcount == 1


def unseen(connection: sqlite3.Connection, limit: int = 200) -> list[dict[str, Any]]:
    """Return the newest alarms nobody has looked at, newest first."""
    rows = connection.execute(
        "SELECT alarm.*, gate.name AS gate FROM alarm JOIN gate ON gate.id=alarm.gate_id "
        "WHERE seen_us IS NULL ORDER BY last_us DESC, alarm.id DESC LIMIT ?",
        (limit,),
    )
    keys = ("id", "gate", "code", "subject", "sequence", "first_us", "last_us", "over_us")
    return [{key: row[key] for key in keys} | {"detail": json.loads(row["detail"])} for row in rows]


def _code(kind: str, body: Mapping[str, Any]) -> str | None:
    if kind == "passage.decided" and body.get("outcome") == "refer":
        return "referred"
    if kind == "code.answered" and wire.urgent(kind, body):
        return "code_red_late"
    if kind == "retention.destroyed" and body.get("unacknowledged"):
        return "retention_destroyed"  # a purge that waited for the district is a purge like any other
    return _OF_KIND.get(kind)


def _subject(event: Event) -> str:
    if event.kind == "device.lost" and event.data is not None:
        return _device(event)
    if event.kind == "list.refused":
        return _list(event)
    return _place(event)


def _place(event: Event) -> str:
    return f"{event.incarnation}/{event.number}"


def _device(event: Event) -> str:
    assert event.data is not None
    body = event.data.body
    return "/".join(str(part or "") for part in (event.lane, body.get("device"), body.get("name")))[:300]


def _list(event: Event) -> str:
    assert event.data is not None
    return str(event.data.body.get("name") or "")[:300]


def _end(connection: sqlite3.Connection, gate_id: int, event: Event, now_us: int) -> None:
    subject = _list(event) if event.kind == "list.received" else _device(event)
    connection.execute(
        "UPDATE alarm SET over_us=? WHERE gate_id=? AND code=? AND subject=? "
        "AND (incarnation IS NOT ? OR sequence<?)",
        (now_us, gate_id, _ENDS[event.kind], subject, event.incarnation, event.number),
    )


def _detail(event: Event) -> dict[str, Any]:
    """The few open fields a person needs to see; nothing personal is in a body."""
    assert event.data is not None
    body = event.data.body
    shown = (
        "passage",
        "reasons",
        "device",
        "name",
        "driver",
        "code",
        "why",
        "rows",
        "version",
        "unacknowledged",
    )
    detail = {key: _short(body[key]) for key in shown if key in body}
    if event.kind == "code.answered":
        detail |= _answer(body)
    return detail | {"at_us": int(event.atus), "lane": event.lane, "clock": event.clock}


def _answer(body: Mapping[str, Any]) -> dict[str, Any]:
    """Which code the platform spoke of, and its colour; the rest it said of a person stays in the row."""
    subject = body.get("subject")
    facts = subject if isinstance(subject, Mapping) else {}
    colour = facts.get("itinerary" if body.get("carrier") == "china_itinerary" else "colour")
    said = {"carrier": body.get("carrier"), "verdict": body.get("verdict"), "colour": colour}
    return {name: _short(value) for name, value in said.items() if isinstance(value, str)}


def _short(value: Any) -> Any:
    """A row may hold 256 KB, and the page shows two hundred alarms at a time."""
    if isinstance(value, str):
        return value[:_LONGEST]
    return value if len(json.dumps(value)) <= 10 * _LONGEST else "…"


def _dump(detail: Mapping[str, Any]) -> str:
    return json.dumps(detail, ensure_ascii=False, sort_keys=True)
