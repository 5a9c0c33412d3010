"""The SQL of the temperature page: which rows are a day's, a sample of many days, their bodies.

Open bodies only. Needs no index and no table of its own: the hourly counts know where a day lies. Nearly
all passages have one measurement that is normal by both lines; of those only what tells of it is parsed,
because parsing ten thousand whole bodies takes half as long again.
"""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from edge.journal.projections import HOUR_US
from edge.journal.queries import bounds
from edge.journal.rows import PassageBody

PER_HOUR = 6
_NORMAL = ("normal", "normal")
# How a measurement begins: bodies are canonical, with sorted keys, and a quote within a text is escaped.
_PIECE = '{"after_rest":'
_ALONE, _POLICY, _RESTS, _STAGE, _TEMPERATURE = (
    *('"second":false', '"policy":', '"rests":', '"stage":'),
    '"temperature":{',
)
_parsed = json.JSONDecoder().raw_decode


def newest_rows(connection: sqlite3.Connection, *, from_us: int, to_us: int, lane: str) -> list[int]:
    """Return the sequence of the newest row of each passage of a lane, where that row is within [from, to),
    oldest passage first."""
    between = bounds(connection, from_us, to_us)
    if between is None:
        return []
    found = connection.execute(
        "SELECT seq FROM passage WHERE id BETWEEN ? AND ? AND at_us >= ? AND at_us < ? AND lane = ?"
        " ORDER BY id",
        (*between, from_us, to_us, lane),
    ).fetchall()
    return [seq for (seq,) in found]


def sampled_rows(connection: sqlite3.Connection, *, from_us: int, to_us: int, lane: str) -> list[int]:
    """Return the sequences of the first PER_HOUR passages of each hour in [from, to) that ended at a lane,
    oldest hour first."""
    hours = connection.execute(
        "SELECT hour_us, min(low), max(high) FROM hour_count"
        " WHERE hour_us >= ? AND hour_us < ? AND lane = ? AND n > 0 GROUP BY hour_us ORDER BY hour_us",
        (from_us // HOUR_US * HOUR_US, to_us, lane),
    ).fetchall()
    found: list[int] = []
    for hour_us, low, high in hours:
        lines = connection.execute(
            "SELECT seq FROM passage WHERE id BETWEEN ? AND ? AND lane = ? AND stage = 'ended'"
            " AND at_us >= ? AND at_us < ? ORDER BY id LIMIT ?",
            (low, high, lane, max(hour_us, from_us), min(hour_us + HOUR_US, to_us), PER_HOUR),
        ).fetchall()
        found += [seq for (seq,) in lines]
    return found


def told(connection: sqlite3.Connection, seqs: Sequence[int]) -> list[PassageBody]:
    """Return rows of passages by their sequences, in that order, as far as they tell of measurements."""
    marks = ",".join("?" * len(seqs))
    found = connection.execute(
        f"SELECT seq, at_us, clock, body FROM journal WHERE seq IN ({marks})",  # noqa: S608 - placeholders
        seqs,
    ).fetchall()
    rows = {
        seq: PassageBody(seq, at_us, clock, _brief(text) or json.loads(text))
        for seq, at_us, clock, text in found
    }
    return [rows[seq] for seq in seqs if seq in rows]


def _brief(text: str) -> dict[str, Any] | None:
    """Return the parts of a body that tell of its only measurement, in its own shape; None where that is not
    so plain, or the body is of another form."""
    if _ALONE not in text or not isinstance(temperature := _after(text, _TEMPERATURE, back=1), dict):
        return None
    if temperature.get("verdict") != _NORMAL[0]:
        return None
    if (temperature.get("legal"), temperature.get("level")) != _NORMAL:
        return None
    at = text.find(_PIECE)
    while at >= 0:
        piece, end = _parsed(text, at)
        if piece.get("method") == "infrared" and "grid" not in piece:
            return {
                "policy": _after(text, _POLICY),
                "stage": _after(text, _STAGE),
                "temperature": temperature,
                "rests": _after(text, _RESTS),
                "evidence": [piece],
            }
        at = text.find(_PIECE, end)
    return None


def _after(text: str, mark: str, *, back: int = 0) -> Any:
    at = text.rfind(mark)
    return None if at < 0 else _parsed(text, at + len(mark) - back)[0]
