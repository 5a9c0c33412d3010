"""What lists and counts are read from, kept in the transaction of the row that changes it.

A projection depends on the rows alone (and on which keys live), in their order: `edge.journal.rebuild`
makes the same again from the journal. Nothing here reads the clock.
"""

import json
import sqlite3
from typing import Any

from edge.journal import access_file, case_file, import_file, photograph_file, register_file, vehicle_file
from edge.journal.rows import StoredRow

HOUR_US = 3_600_000_000
MUSTS = {"identity": 1, "information": 2, "temperature": 4, "mask": 8}
TABLES = (
    *("passage", "hour_count", "case_file", access_file.TABLE, photograph_file.TABLE),
    *(*register_file.TABLES, *import_file.TABLES, *vehicle_file.TABLES),
)
VEHICLE = "vehicle_"
_WHOLE = frozenset({"passage.held", "passage.parked", "passage.decided"})

_UPSERT = """
INSERT INTO passage(id, seq, mentions, lane, direction, stage, outcome, reasons, opened_us, at_us,
    temperature, surface_mdegc, body_mdegc, category, decided_by, override, musts, musts_asked, second,
    ticket, key_id, tokens)
VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
ON CONFLICT(id) DO UPDATE SET seq = excluded.seq, mentions = excluded.mentions, lane = excluded.lane,
    direction = excluded.direction, stage = excluded.stage, outcome = excluded.outcome,
    reasons = excluded.reasons, opened_us = excluded.opened_us, at_us = excluded.at_us,
    temperature = excluded.temperature, surface_mdegc = excluded.surface_mdegc,
    body_mdegc = excluded.body_mdegc, category = excluded.category, decided_by = excluded.decided_by,
    override = excluded.override, musts = excluded.musts, musts_asked = excluded.musts_asked,
    second = excluded.second, ticket = excluded.ticket, key_id = excluded.key_id, tokens = excluded.tokens
"""
_COUNT = """
INSERT INTO hour_count(hour_us, lane, outcome, n, low, high) VALUES (?, ?, ?, 1, ?, ?)
ON CONFLICT DO UPDATE SET n = n + 1, low = min(low, excluded.low), high = max(high, excluded.high)
"""


def project(connection: sqlite3.Connection, row: StoredRow, tokens: bytes | None) -> None:
    """Bring every projection up to date with one row. Raises ValueError for a passage row without
    the fields every passage has."""
    case_file.project(connection, row)
    register_file.project(connection, row, tokens)
    photograph_file.project(connection, row)
    access_file.project(connection, row)
    import_file.project(connection, row)
    number = row.body.get("passage")
    if row.kind in _WHOLE:
        _passage(connection, row, tokens)
    elif isinstance(number, int):
        connection.execute(
            "UPDATE passage SET mentions = json_insert(mentions, '$[#]', ?) WHERE id = ?", (row.seq, number)
        )


def _passage(connection: sqlite3.Connection, row: StoredRow, tokens: bytes | None) -> None:
    body = row.body
    try:
        number, direction, stage, opened_us = (
            body["passage"],
            body["direction"],
            body["stage"],
            body["opened_us"],
        )
        outcome = body["outcome"] if row.kind == "passage.decided" else None
    except KeyError as error:
        raise ValueError(f"{row.kind} without {error}") from error
    known = connection.execute(
        "SELECT mentions, stage, outcome, at_us, lane, key_id, tokens FROM passage WHERE id = ?", (number,)
    ).fetchone()
    mentions, key_id = f"[{row.seq}]", row.key_id
    if known is not None:
        mentions = f"{known[0][:-1]},{row.seq}]"
        if known[1] == "ended":
            if outcome is None:  # an ended passage never opens again
                connection.execute("UPDATE passage SET mentions = ? WHERE id = ?", (mentions, number))
                return
            _uncount(connection, at_us=known[3], lane=known[4], outcome=_counted_as(body, known[2]))
        if row.sealed is None:
            key_id, tokens = known[5], known[6]
    lane = row.lane or ""
    stage = "ended" if outcome is not None else stage
    connection.execute(
        _UPSERT,
        (
            *(number, row.seq, mentions, lane, direction, stage, outcome),
            *(_reasons(body), opened_us, row.at_us),
            *_temperature(body),
            *(body.get("category"), body.get("by"), bool(body.get("override"))),
            *_musts(body),
            *(bool(body.get("second")), body.get("ticket"), key_id, tokens),
        ),
    )
    vehicle_file.project(connection, row, outcome)
    if outcome is not None:
        outcome = _counted_as(body, outcome)
        hour_us = row.at_us // HOUR_US * HOUR_US
        connection.execute(_COUNT, (hour_us, lane, outcome, number, number))


def _counted_as(body: dict[str, Any], outcome: str) -> str:
    # People and vehicles are never one number.
    return f"{VEHICLE}{outcome}" if body.get("vehicle") else outcome


def _uncount(connection: sqlite3.Connection, *, at_us: int, lane: str, outcome: str) -> None:
    connection.execute(
        "UPDATE hour_count SET n = n - 1 WHERE hour_us = ? AND lane = ? AND outcome = ?",
        (at_us // HOUR_US * HOUR_US, lane, outcome),
    )


def _reasons(body: dict[str, Any]) -> str:
    return json.dumps(body.get("reasons", []), separators=(",", ":"), ensure_ascii=False)


def _temperature(body: dict[str, Any]) -> tuple[str, int | None, int | None]:
    found = body.get("temperature") or {}
    return found.get("verdict", "missing"), found.get("surface_mdegc"), found.get("body_mdegc")


def _musts(body: dict[str, Any]) -> tuple[int, int]:
    asked = {bit: done for name, done in (body.get("musts") or {}).items() if (bit := MUSTS.get(name))}
    return sum(bit for bit, done in asked.items() if done), sum(asked)
