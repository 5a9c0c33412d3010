"""The projection of cases: one line each, kept in the transaction of the row that changes it.

Numbers count 1, 2, 3 … so that people can say them aloud, and none is given twice at a gate: what was
given in a file that is lost or set back is remembered beside it. Like every projection this depends on the
rows alone.
"""

import json
import sqlite3
from dataclasses import replace
from typing import Any

from edge.domain.cases import CaseStage, CaseStep, stage_after
from edge.domain.model import Instant
from edge.journal.rows import CaseFile, Row, StoredRow

SINCE = 2  # the version of the file that has them
OPENED = "case.opened"
STEPS = {f"case.{step}": step for step in CaseStep}
COLUMNS = (
    "number, passage, lane, why, stage, unit, result, opened_us, due_us, boot, mono_us, at_us, closed_seq,"
    " seqs, key_id, forgotten"
)


def scope_of(number: int) -> str:
    """Return the scope of a case's key: it outlives the days of its passage."""
    return f"case:{number}"


def numbered(connection: sqlite3.Connection, row: Row) -> Row:
    """Give a case that is being opened its number, in the writer's transaction."""
    if row.kind != OPENED or "case" in row.body:
        return row
    number = highest(connection) + 1
    return replace(row, body={**row.body, "case": number}, scope=scope_of(number))


def highest(connection: sqlite3.Connection) -> int:
    """Return the highest number that a case has had here, 0 before the first."""
    found = connection.execute(
        "SELECT max((SELECT coalesce(max(number), 0) FROM case_file),"
        " coalesce((SELECT value FROM meta WHERE name = 'cases_before'), 0))"
    ).fetchone()
    return int(found[0])


def count_from(connection: sqlite3.Connection, number: int) -> None:
    """Let the next case have a greater number than this one, which this file may not know."""
    if number > highest(connection):
        connection.execute(
            "INSERT INTO meta(name, value) VALUES ('cases_before', ?)"
            " ON CONFLICT(name) DO UPDATE SET value = excluded.value",
            (number,),
        )


def project(connection: sqlite3.Connection, row: StoredRow) -> None:
    """Bring the cases up to date with one row. Raises ValueError for one without its number."""
    if row.kind == "retention.destroyed":
        keys = [(key,) for key in row.body.get("keys", ())]
        connection.executemany("UPDATE case_file SET forgotten = 1 WHERE key_id = ?", keys)
        return
    number = row.body.get("case")
    if row.kind == OPENED:
        _open(connection, row)
    elif row.kind in STEPS:
        _step(connection, row, STEPS[row.kind])
    elif row.kind == "personal.opened" and isinstance(number, int):
        _mention(connection, number, row.seq)


def case(connection: sqlite3.Connection, number: int) -> CaseFile | None:
    """Return one case."""
    found = _select(connection, "WHERE number = ?", number)
    return found[0] if found else None


def of_passage(connection: sqlite3.Connection, passage: int) -> CaseFile | None:
    """Return the case that a passage ended in."""
    found = _select(connection, "WHERE passage = ? ORDER BY number LIMIT 1", passage)
    return found[0] if found else None


def cases(
    connection: sqlite3.Connection,
    *,
    open_: bool | None = None,
    lane: str | None = None,
    before: int | None = None,
    after: int | None = None,
    limit: int = 50,
) -> list[CaseFile]:
    """Return one page: newest number first before `before`, or oldest first after `after`."""
    terms: list[str] = []
    values: list[int | str] = []
    if open_ is not None:  # word for word as in the index, or it is not used
        terms.append("stage <> 'closed'" if open_ else "stage = 'closed'")
    for column, sign, value in (
        ("lane", "=", lane),
        ("number", "<", before),
        ("number", ">", after),
    ):
        if value is not None:
            terms.append(f"{column} {sign} ?")
            values.append(value)
    where = f"WHERE {' AND '.join(terms)} " if terms else ""
    order = "DESC" if after is None else "ASC"
    return _select(connection, f"{where}ORDER BY number {order} LIMIT ?", *values, limit)


def waiting(connection: sqlite3.Connection, *, most: int) -> list[CaseFile]:
    """Return who is still to be handed over, oldest first, at most so many of each lane."""
    ranked = (
        "(SELECT *, row_number() OVER (PARTITION BY lane ORDER BY number) AS place FROM case_file"
        " WHERE stage <> 'closed' AND stage = 'opened')"
    )
    return _select(connection, "WHERE place <= ? ORDER BY number", most, source=ranked)


def late(connection: sqlite3.Connection, now: Instant, boot: int) -> tuple[int, int | None]:
    """Return how many open cases are overdue and the oldest of them; as `CaseFile.left_us` has it."""
    count, first = connection.execute(
        "SELECT count(*), min(number) FROM case_file WHERE stage <> 'closed' AND due_us IS NOT NULL"
        " AND CASE WHEN boot = :boot THEN due_us - at_us < :mono - mono_us"
        " ELSE due_us < :now OR (:trusted AND :now < at_us) END",
        {"boot": boot, "mono": now.mono_us, "now": now.at_us, "trusted": now.clock.trusted},
    ).fetchone()
    return int(count), first


def _open(connection: sqlite3.Connection, row: StoredRow) -> None:
    body = row.body
    try:
        number, why = body["case"], body["why"]
    except KeyError as error:
        raise ValueError(f"{row.kind} without {error}") from error
    connection.execute(
        f"INSERT INTO case_file({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",  # noqa: S608 - our words
        (
            *(number, body.get("passage"), row.lane or "", _text(why), CaseStage.OPENED.value, None, None),
            *(row.at_us, body.get("due_us"), row.boot, row.mono_us, row.at_us, None, f"[{row.seq}]"),
            *(row.key_id, 0),
        ),
    )


def _step(connection: sqlite3.Connection, row: StoredRow, step: CaseStep) -> None:
    body = row.body
    known = case(connection, body["case"]) if "case" in body else None
    if known is None:
        raise ValueError(f"{row.kind} of no case that was opened")
    unit = body.get("unit") or known.unit
    stage = stage_after(CaseStage(known.stage), step, unit=unit)
    closed = stage is CaseStage.CLOSED
    fresh = row.key_id is not None and row.key_id != known.key_id
    connection.execute(
        "UPDATE case_file SET stage = ?, unit = ?, result = ?, due_us = ?, boot = ?, mono_us = ?, at_us = ?,"
        " closed_seq = ?, key_id = ?, forgotten = ? WHERE number = ?",
        (
            *(stage.value, unit, body.get("result") if closed else None),
            *(body.get("due_us"), row.boot, row.mono_us, row.at_us),
            row.seq if closed else None,
            row.key_id if fresh else known.key_id,
            0 if fresh else known.forgotten,
            known.number,
        ),
    )
    _mention(connection, known.number, row.seq)


def _mention(connection: sqlite3.Connection, number: int, seq: int) -> None:
    connection.execute(
        "UPDATE case_file SET seqs = json_insert(seqs, '$[#]', ?) WHERE number = ?", (seq, number)
    )


def _select(
    connection: sqlite3.Connection, rest: str, *values: int | str, source: str = "case_file"
) -> list[CaseFile]:
    sql = f"SELECT {COLUMNS} FROM {source} {rest}"  # noqa: S608 - our own words
    return [_line(found) for found in connection.execute(sql, values).fetchall()]


def _line(found: tuple[Any, ...]) -> CaseFile:
    (number, passage, lane, why, stage, unit, result, opened, due, boot, mono, at, closed, seqs, *rest) = (
        found
    )
    return CaseFile(
        *(number, passage, lane, tuple(json.loads(why)), stage, unit, result, opened, due, boot, mono, at),
        *(closed, tuple(json.loads(seqs)), rest[0], bool(rest[1])),
    )


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
