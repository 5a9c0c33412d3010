"""Daily reports (日报、零报告) of all posts and the bulletin over them: of gates, which send theirs, and of
posts without a machine, for which somebody enters what came by telephone or on paper, marked so.

The two series are never added up, and passes stand apart from persons and vehicles: see edge.wire.bulletin.
"""

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from district.errors import Refused
from edge.wire import bulletin as form

HOW = ("phone", "paper")
FIGURES = (*form.FIGURES, "over")
MOST = 1_000_000
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,80}")


@dataclass(frozen=True, slots=True)
class Report:
    """What one post reported for a day. `how` is `gate`, `phone` or `paper`; `corrected` is what it says
    now, which is `sent` unless there was a correction."""

    post: str
    day: str
    how: str
    series: str
    site: str | None
    sent: Mapping[str, int]
    corrected: Mapping[str, int]
    late: bool


def note(connection: sqlite3.Connection, gate_id: int, row_id: int, body: Mapping[str, Any]) -> None:
    """Note that a ledger row is a report."""
    if isinstance(body.get("day"), str) and isinstance(body.get("figures"), dict):
        connection.execute("INSERT OR IGNORE INTO day_report VALUES(?,?,?)", (row_id, gate_id, body["day"]))


def add_post(
    connection: sqlite3.Connection, name: str, now_us: int, series: str = "district", site: str | None = None
) -> None:
    """Register a post without a machine. Raises Refused."""
    if not _NAME.fullmatch(name) or series not in form.SERIES:
        raise Refused(400, "bad_name", "a name of at most 80 characters, and a series")
    done = connection.execute(
        "INSERT INTO post(name, series, site, added_us) VALUES(?,?,?,?) ON CONFLICT DO NOTHING",
        (name, series, site, now_us),
    )
    if done.rowcount != 1:
        raise Refused(409, "post_exists", f"post {name} is registered already")


def enter(
    connection: sqlite3.Connection,
    post: str,
    day: date,
    *,
    how: str,
    figures: Mapping[str, int],
    by: str,
    now_us: int,
) -> None:
    """Enter what a post without a machine reported; what is not named is 0. Raises Refused."""
    found = connection.execute("SELECT id FROM post WHERE name=?", (post,)).fetchone()
    if found is None:
        raise Refused(404, "unknown_post", f"no post {post}: add it first")
    wrong = [name for name, value in figures.items() if name not in FIGURES or not 0 <= value <= MOST]
    if how not in HOW or wrong:
        raise Refused(400, "bad_figures", f"by {' or '.join(HOW)}; figures: {', '.join(FIGURES)}")
    told = dict.fromkeys(FIGURES, 0) | dict(figures)
    connection.execute(
        "INSERT INTO post_report(post_id, day, how, figures, by, entered_us) VALUES(?,?,?,?,?,?)",
        (found[0], day.isoformat(), how, json.dumps(told, sort_keys=True), by, now_us),
    )


def of_day(connection: sqlite3.Connection, day: date) -> list[Report]:
    """Return the reports of a day, by post."""
    return between(connection, day, day)


def missing(connection: sqlite3.Connection, day: date) -> list[str]:
    """Return the gates and posts that have reported nothing for a day."""
    sql = "SELECT name FROM gate UNION SELECT name FROM post ORDER BY 1"
    known = [name for (name,) in connection.execute(sql)]
    told = {one.post for one in of_day(connection, day)}
    return [name for name in known if name not in told]


def bulletin(
    connection: sqlite3.Connection, last: date, first: date | None = None, site: str | None = None
) -> dict[str, Any]:
    """Return the bulletin until 00:00 after a day, of one site or of all: each series by itself, as it was
    sent and as it stands."""
    begin = first or date(1970, 1, 3)
    reports = [one for one in between(connection, begin, last) if site is None or one.site == site]
    found: dict[str, Any] = {"last": last.isoformat(), "series": {}}
    for series in form.SERIES:
        those = [one for one in reports if one.series == series]
        if not those:
            continue
        found["series"][series] = {
            "posts": len({one.post for one in those}),
            "by_hand": len({one.post for one in those if one.how != "gate"}),
            "first": min(one.day for one in those),
            "sent": _summed(one.sent for one in those),
            "corrected": _summed(one.corrected for one in those),
            "day": _summed(one.sent for one in those if one.day == last.isoformat()),
        }
    told = found["series"].items()
    found["text"] = form.text(last, [(name, one["posts"], one["sent"]) for name, one in told])
    found["text_corrected"] = form.text(last, [(name, one["posts"], one["corrected"]) for name, one in told])
    found["text_en"] = form.text_en(last, [(name, one["posts"], one["sent"]) for name, one in told])
    found["changed"] = found["text"] != found["text_corrected"]
    return found


def between(connection: sqlite3.Connection, first: date, last: date) -> list[Report]:
    """Return the reports of these days, both included, by post and day."""
    days = (first.isoformat(), last.isoformat())
    found: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = {}
    rows = connection.execute(
        "SELECT gate.name, day_report.day, ledger.body FROM day_report JOIN ledger ON ledger.id=ledger_id"
        " JOIN gate ON gate.id=day_report.gate_id WHERE day BETWEEN ? AND ? ORDER BY day, ledger.id",
        days,
    )
    for name, day, body in rows:
        found.setdefault((name, day), []).append(("gate", json.loads(body)))
    entered = connection.execute(
        "SELECT post.name, day, how, figures, series, site FROM post_report JOIN post ON post.id=post_id"
        " WHERE day BETWEEN ? AND ? ORDER BY day, post_report.id",
        days,
    )
    for name, day, how, figures, series, site in entered:
        body = {"figures": json.loads(figures), "series": series, "site": site}
        found.setdefault((name, day), []).append((how, body))
    return [_report(name, day, those) for (name, day), those in sorted(found.items())]


def _report(name: str, day: str, those: list[tuple[str, dict[str, Any]]]) -> Report:
    (how, sent), (_, newest) = those[0], those[-1]
    series = sent.get("series") if sent.get("series") in form.SERIES else "district"
    return Report(
        *(name, day, how, str(series), sent.get("site"), _whole(sent), _whole(newest), bool(sent.get("late")))
    )


def _whole(body: Mapping[str, Any]) -> dict[str, int]:
    return {name: value for name, value in body["figures"].items() if isinstance(value, int)}


def _summed(several: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Add figures up; one that a report lacks is lacking in the sum as well."""
    found, lacking = dict.fromkeys(FIGURES, 0), set[str]()
    for one in several:
        for name in FIGURES:
            if name in one:
                found[name] += one[name]
            else:
                lacking.add(name)
    return {name: value for name, value in found.items() if name not in lacking}


def yesterday(today: date) -> date:
    """Return the day whose report is due."""
    return today - timedelta(days=1)
