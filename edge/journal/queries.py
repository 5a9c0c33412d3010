"""The SQL of lists: keyset pages by passage id, counts by hour, look-ups by token.

No list has an index by time, which every passage would have to write: the hourly counts already know
between which passage ids an hour's passages lie.
"""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from edge.domain.model import Outcome
from edge.journal.projections import HOUR_US
from edge.journal.rows import HourCount, PassageRow
from edge.journal.tokens import needles

COLUMNS = (
    "id, seq, lane, direction, stage, outcome, reasons, opened_us, at_us, temperature, surface_mdegc,"
    " body_mdegc, category, decided_by, override, musts, musts_asked, second, ticket"
)


def passages(
    connection: sqlite3.Connection,
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int = 50,
    outcome: str | None = None,
    lane: str | None = None,
    from_us: int | None = None,
    to_us: int | None = None,
) -> list[PassageRow]:
    """Return one page, newest id first; with `after`, oldest first. Times are those of the newest
    row of a passage (its end, once it has ended), from inclusive, to exclusive."""
    terms: list[str] = []
    values: list[int | str] = []

    def also(term: str, *bound: int | str) -> None:
        terms.append(term)
        values.extend(bound)

    if from_us is not None or to_us is not None:
        between = bounds(connection, from_us, to_us)
        if between is None:
            return []
        also("id BETWEEN ? AND ?", *between)
    if before is not None:
        also("id < ?", before)
    if after is not None:
        also("id > ?", after)
    if outcome is not None:
        also("outcome = ?", outcome)
        if outcome != Outcome.ADMIT:
            also("outcome <> 'admit'")  # word for word as in the index, or it is not used
    if lane is not None:
        also("lane = ?", lane)
    if from_us is not None:
        also("at_us >= ?", from_us)
    if to_us is not None:
        also("at_us < ?", to_us)
    where = f"WHERE {' AND '.join(terms)} " if terms else ""
    order = "ASC" if after is not None else "DESC"
    sql = f"SELECT {COLUMNS} FROM passage {where}ORDER BY id {order} LIMIT ?"  # noqa: S608 - our own words
    return [_line(found) for found in connection.execute(sql, (*values, limit)).fetchall()]


def hours(connection: sqlite3.Connection, from_us: int, to_us: int) -> list[HourCount]:
    """Return the counts of the hours that begin in [from, to), oldest first."""
    found = connection.execute(
        "SELECT hour_us, lane, outcome, n FROM hour_count WHERE hour_us >= ? AND hour_us < ? AND n > 0"
        " AND outcome NOT GLOB 'vehicle_*'"
        " ORDER BY hour_us, lane, outcome",
        (from_us, to_us),
    ).fetchall()
    return [HourCount(*line) for line in found]


def waiting(connection: sqlite3.Connection, lane: str | None) -> list[int]:
    """Return the sequence of the newest row of each passage that has not ended, oldest passage first."""
    term, values = ("", ()) if lane is None else (" AND lane = ?", (lane,))
    found = connection.execute(
        f"SELECT seq FROM passage WHERE stage <> 'ended'{term} ORDER BY id",  # noqa: S608 - our own words
        values,
    ).fetchall()
    return [seq for (seq,) in found]


def calibrations(connection: sqlite3.Connection) -> list[int]:
    """Return the sequences of all calibration rows, oldest first: those that record one and those that
    take one back. Reads these rows only, by the index of the rare kinds, however long the journal is."""
    found = connection.execute(
        "SELECT seq FROM journal WHERE kind IN ('calibration.recorded', 'calibration.withdrawn')"
        " AND kind NOT GLOB 'passage.*' ORDER BY seq"
    ).fetchall()
    return [seq for (seq,) in found]


def mentions(connection: sqlite3.Connection, passage_id: int) -> list[int]:
    """Return the sequences of all rows about a passage, oldest first."""
    found = connection.execute("SELECT mentions FROM passage WHERE id = ?", (passage_id,)).fetchone()
    return [] if found is None else list(json.loads(found[0]))


def named(connection: sqlite3.Connection, from_us: int, to_us: int) -> list[tuple[int, int, bytes]]:
    """Return (sequence, key, tokens) of the passages that ended in [from, to) and hold something of a person
    that can still be opened, oldest first."""
    bounds = connection.execute(
        "SELECT min(low), max(high) FROM hour_count WHERE hour_us >= ? AND hour_us < ?",
        (from_us // HOUR_US * HOUR_US, to_us),
    ).fetchone()
    if bounds[0] is None:
        return []
    return connection.execute(
        "SELECT seq, key_id, tokens FROM passage WHERE id BETWEEN ? AND ? AND stage = 'ended'"
        " AND at_us >= ? AND at_us < ? AND tokens IS NOT NULL ORDER BY id",
        (*bounds, from_us, to_us),
    ).fetchall()


def find(connection: sqlite3.Connection, keys: Mapping[int, bytes], value: str) -> list[int]:
    """Return the passages, newest first, whose tokens under their own key match `value`."""
    if not keys or not value.strip():
        return []
    bound: list[int | bytes] = []
    for key_id, key in keys.items():
        bound += (key_id, *needles(key, value))
    rows = ",".join(["(?,?,?)"] * len(keys))
    # One pass over the passages, each against the needles of its own key; tokens are 8 bytes apart.
    sql = (
        f"WITH needle(key_id, whole, tail) AS MATERIALIZED (VALUES {rows}) "  # noqa: S608 - placeholders
        "SELECT id FROM passage CROSS JOIN needle USING (key_id) WHERE tokens IS NOT NULL "
        "AND (instr(tokens, whole) % 8 = 1 OR instr(tokens, tail) % 8 = 1) ORDER BY id DESC"
    )
    return [number for (number,) in connection.execute(sql, bound).fetchall()]


def bounds(connection: sqlite3.Connection, from_us: int | None, to_us: int | None) -> tuple[int, int] | None:
    """Return between which ids the passages lie whose newest row is within [from, to), and others as well;
    None where there are none."""
    first = -(1 << 62) if from_us is None else from_us // HOUR_US * HOUR_US
    last = (1 << 62) if to_us is None else to_us
    ended = connection.execute(
        "SELECT min(low), max(high) FROM hour_count WHERE hour_us >= ? AND hour_us < ?", (first, last)
    ).fetchone()
    waiting_ = connection.execute("SELECT min(id), max(id) FROM passage WHERE stage <> 'ended'").fetchone()
    known = [bound for bound in (*ended, *waiting_) if bound is not None]
    return (min(known), max(known)) if known else None


def _line(found: tuple[Any, ...]) -> PassageRow:
    (number, seq, lane, direction, stage, outcome, reasons, opened_us, at_us, *rest) = found
    temperature, surface, body, category, by, override, musts, asked, second, ticket = rest
    return PassageRow(
        id=number,
        seq=seq,
        lane=lane,
        direction=direction,
        stage=stage,
        outcome=outcome,
        reasons=tuple(json.loads(reasons)),
        opened_us=opened_us,
        at_us=at_us,
        ended_us=at_us if stage == "ended" else None,
        temperature=temperature,
        surface_mdegc=surface,
        body_mdegc=body,
        category=category,
        by=by,
        override=bool(override),
        musts=musts,
        musts_asked=asked,
        second=bool(second),
        ticket=ticket,
    )
