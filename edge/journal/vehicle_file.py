"""Vehicles and who came in them, as lists and counts read them; a projection of the passages' rows."""

import sqlite3
from typing import Any

from edge.journal.rows import StoredRow

TABLES = ("vehicle_passage", "occupant")

_NOT = ("no", "not_done")  # what says that something was not done
_UPSERT = """
INSERT INTO vehicle_passage(id, lane, direction, outcome, at_us, told, aboard, kind, disinfected, leaflet)
VALUES (?,?,?,?,?,?,?,?,?,?)
ON CONFLICT(id) DO UPDATE SET lane = excluded.lane, direction = excluded.direction,
    outcome = excluded.outcome, at_us = excluded.at_us, told = excluded.told, aboard = excluded.aboard,
    kind = excluded.kind, disinfected = excluded.disinfected, leaflet = excluded.leaflet
"""


def project(connection: sqlite3.Connection, row: StoredRow, outcome: str | None) -> None:
    """Take in a passage's newest row: of a vehicle, or of somebody who came in one."""
    body = row.body
    number, group = body["passage"], body.get("group")
    if body.get("vehicle"):
        said = _said(body)
        aboard = sum(one["outcome"] != "abandoned" for one in body.get("occupants", ()))
        connection.execute(
            _UPSERT,
            (
                *(number, row.lane or "", body["direction"], outcome, row.at_us, body.get("told"), aboard),
                *(said.get("vehicle_kind"), _ticked(said, "disinfected"), _ticked(said, "leaflet")),
            ),
        )
    elif isinstance(group, int):
        connection.execute(
            "INSERT INTO occupant(passage, vehicle, outcome, temperature) VALUES (?,?,?,?)"
            " ON CONFLICT(passage) DO UPDATE SET outcome = excluded.outcome,"
            " temperature = excluded.temperature",
            (number, group, outcome, (body.get("temperature") or {}).get("verdict", "missing")),
        )


def _said(body: dict[str, Any]) -> dict[str, str]:
    return {
        piece["question"]: piece["value"]
        for piece in body.get("evidence", ())
        if piece.get("t") == "answer" and "value" in piece
    }


def _ticked(said: dict[str, str], question: str) -> int | None:
    value = said.get(question)
    return None if value is None else int(value not in _NOT)
