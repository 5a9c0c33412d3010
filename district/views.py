"""What the page and the JSON show, read in one transaction each. Reads only; no personal fields."""

import json
import sqlite3
from collections.abc import Iterable
from datetime import tzinfo
from typing import Any

from district.ledger import OUTCOMES, day_of

MOST_ALARMS = 1000  # counted at a gate; nobody reads a larger number, and the page asks every five seconds


def gates(
    connection: sqlite3.Connection, now_us: int, timezone: tzinfo, silent_s: int
) -> list[dict[str, Any]]:
    """Return every gate with its last contact, backlog, last passage, counts and alarms.

    `state`: `never` spoke, `silent` for longer than `silent_s`, `behind` (rows wait that are older
    than that), `up`. `alarms` counts to 1000 at most. `compares_codes`: whether its newest passage with a
    live code could be compared with other gates', None before one came. Times in microseconds UTC, None
    where there is none yet.
    """
    today, total = _counts(connection, day_of(now_us, timezone))
    rows = connection.execute(
        "SELECT gate.id, gate.name, gate.contact_us, gate.head, gate.oldest_us, gate.compares_codes, "
        "(SELECT COUNT(*) FROM (SELECT 1 FROM alarm WHERE gate_id=gate.id AND seen_us IS NULL LIMIT ?)) "
        "AS alarms, "
        "incarnation.name AS incarnation, "
        "COALESCE(incarnation.acknowledged, 0) AS acknowledged, "
        "passage.body, passage.at_us, passage.lane, passage.sequence "
        "FROM gate LEFT JOIN incarnation ON incarnation.id=gate.incarnation_id "
        "LEFT JOIN ledger AS passage ON passage.id=gate.passage_id ORDER BY gate.name",
        (MOST_ALARMS,),
    )
    return [
        {
            "gate": row["name"],
            "incarnation": row["incarnation"],
            "contact_us": row["contact_us"],
            "acknowledged": row["acknowledged"],
            "backlog": _backlog(row),
            "oldest_us": row["oldest_us"] if _backlog(row) else None,
            "state": _state(row, now_us, silent_s),
            "last_passage": _passage(row),
            "today": today.get(row["id"], {}),
            "total": total.get(row["id"], {}),
            "alarms": row["alarms"],
            "compares_codes": None if row["compares_codes"] is None else bool(row["compares_codes"]),
        }
        for row in rows
    ]


def refused(connection: sqlite3.Connection, limit: int = 200) -> list[dict[str, Any]]:
    """Return the newest rows refused for good, kept aside."""
    rows = connection.execute(
        "SELECT gate.name AS gate, incarnation.name AS incarnation, sequence, kind, rejected, received_us "
        "FROM ledger JOIN incarnation ON incarnation.id=ledger.incarnation_id "
        "JOIN gate ON gate.id=incarnation.gate_id WHERE rejected IS NOT NULL "
        "ORDER BY ledger.id DESC LIMIT ?",
        (limit,),
    )
    return [dict(row) for row in rows]


def _counts(
    connection: sqlite3.Connection, day: str
) -> tuple[dict[int, dict[str, int]], dict[int, dict[str, int]]]:
    of_today = connection.execute(
        "SELECT gate.id, outcome, n FROM gate CROSS JOIN day_count ON gate_id=gate.id AND day=?", (day,)
    )
    of_all = connection.execute("SELECT gate_id, outcome, n FROM outcome_count")
    return _by_gate(of_today), _by_gate(of_all)


def _by_gate(rows: Iterable[sqlite3.Row]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for gate_id, outcome, n in rows:
        found.setdefault(gate_id, {})[outcome] = n
    return found


def _backlog(row: sqlite3.Row) -> int:
    return max(0, int(row["head"] or 0) - int(row["acknowledged"]))


def _state(row: sqlite3.Row, now_us: int, silent_s: int) -> str:
    if row["contact_us"] is None:
        return "never"
    if now_us - row["contact_us"] > silent_s * 1_000_000:
        return "silent"
    oldest = row["oldest_us"]
    if _backlog(row) and oldest is not None and now_us - oldest > silent_s * 1_000_000:
        return "behind"
    return "up"


def _passage(row: sqlite3.Row) -> dict[str, Any] | None:
    if row["body"] is None:
        return None
    body = json.loads(row["body"])
    outcome = body.get("outcome")
    temperature = body.get("temperature")
    return {
        "sequence": row["sequence"],
        "passage": body.get("passage"),
        "lane": row["lane"],
        "at_us": row["at_us"],
        "outcome": outcome if outcome in OUTCOMES else "other",
        "temperature": temperature.get("verdict") if isinstance(temperature, dict) else None,
    }
