"""Every figure of a report, counted again from the raw file with plain SQL. Imports nothing of the project.

Written from docs/reports.md, not from the program: sqlite3, json_extract, and AES-GCM for who somebody was.
"""

import hashlib
import hmac
import json
import sqlite3
import tomllib
import unicodedata
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

Counted = dict[str, int]
OUTCOMES = ("admit", "turn_back", "refer", "abandoned")
CASES = ("opened", "handed_over", "acknowledged", "closed", "reopened")

# When a row was written: by its own clock where that was believed; else by the monotonic clock from the first
# believed row after it in its run, else from the last before it; else, between two believed rows of one day,
# in that day.
_DATED = """
CREATE TEMP TABLE dated AS
WITH marked AS (
  SELECT seq, boot, mono_us, at_us, kind, clock IN ('synced', 'manual') AS ok FROM journal
), around AS (
  SELECT *,
    min(CASE WHEN ok THEN seq END) OVER (PARTITION BY boot ORDER BY seq
      ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS later,
    max(CASE WHEN ok THEN seq END) OVER (PARTITION BY boot ORDER BY seq
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS earlier,
    max(CASE WHEN ok THEN seq END) OVER (ORDER BY seq
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS before,
    min(CASE WHEN ok THEN seq END) OVER (ORDER BY seq
      ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS after
  FROM marked
)
SELECT a.seq, a.kind, CASE
    WHEN a.ok THEN a.at_us
    WHEN coalesce(a.later, a.earlier) IS NOT NULL THEN a.mono_us + w.at_us - w.mono_us
    WHEN b.at_us <= f.at_us AND date((b.at_us + :east) / 1000000, 'unixepoch')
      = date((f.at_us + :east) / 1000000, 'unixepoch') THEN b.at_us
  END AS at_us, b.at_us AS from_us, f.at_us AS until_us
FROM around a
LEFT JOIN journal w ON w.seq = coalesce(a.later, a.earlier)
LEFT JOIN journal b ON b.seq = a.before
LEFT JOIN journal f ON f.seq = a.after
"""


# Which rows are decisions of which passage, and which are corrections of one.
_PASSAGES = (
    "CREATE TEMP TABLE about AS SELECT json_extract(body, '$.passage') AS passage, seq, kind FROM journal"
    " WHERE kind IN ('passage.decided', 'correction.recorded')",
    "CREATE INDEX temp.by_passage ON about(passage, kind, seq)",
    "CREATE INDEX temp.by_seq ON about(seq)",
)


class Recount:
    """The figures of one store folder's journal, for a zone so many hours east of Greenwich."""

    def __init__(self, folder: Path, east_h: int = 8) -> None:
        self._file = sqlite3.connect(f"file:{folder / 'journal.db'}?mode=ro", uri=True)
        self._file.execute("PRAGMA temp_store=MEMORY")
        self._file.execute(_DATED, {"east": east_h * 3_600_000_000})
        self._file.execute("ALTER TABLE dated ADD COLUMN day TEXT")
        self._file.execute(
            "UPDATE dated SET day = date((at_us + ?) / 1000000, 'unixepoch')", (east_h * 3_600_000_000,)
        )
        self._file.execute("CREATE INDEX temp.by_day ON dated(day, kind)")
        for statement in _PASSAGES:
            self._file.execute(statement)
        self._east_us = east_h * 3_600_000_000
        self._keys = self._opened_keys(folder)
        self._incarnations = self._file.execute("SELECT first_seq, id FROM incarnation ORDER BY 1").fetchall()

    def close(self) -> None:
        self._file.close()

    def days(self) -> list[str]:
        """Return every day that has a report, once."""
        return [
            day
            for (day,) in self._file.execute(
                "SELECT DISTINCT json_extract(body, '$.day') FROM journal WHERE kind = 'report.daily'"
                " ORDER BY 1"
            )
        ]

    def reports(self, day: str) -> list[dict[str, Any]]:
        """Return the reports of a day as they were sent, oldest first."""
        found = self._file.execute(
            "SELECT body FROM journal WHERE kind = 'report.daily' AND json_extract(body, '$.day') = ?"
            " ORDER BY seq",
            (day,),
        )
        return [json.loads(body) for (body,) in found]

    def figures(self, day: str, upto: int | None = None) -> Counted:
        """Count a day as of a row."""
        upto = upto or self._file.execute("SELECT max(seq) FROM journal").fetchone()[0]
        rows = self._passages(day, upto) + self._paper(day, upto)
        return self._counted(rows) | self._beside(day, upto)

    def lanes(self, day: str, upto: int | None = None) -> dict[str, Counted]:
        """Count each lane of a day as of a row."""
        upto = upto or self._file.execute("SELECT max(seq) FROM journal").fetchone()[0]
        rows = self._passages(day, upto) + self._paper(day, upto)
        groups = {row["in_group"] for row in rows}
        return {
            lane: self._counted([row for row in rows if row["lane"] == lane], groups)
            for lane in sorted({row["lane"] for row in rows})
        }

    def _passages(self, day: str, upto: int) -> list[dict[str, Any]]:
        sql = """
        WITH ended AS (
          SELECT passage, min(seq) AS first, max(seq) AS last FROM about
          WHERE kind = 'passage.decided' AND seq <= :upto AND passage IN (
            SELECT a.passage FROM dated d JOIN about a USING (seq)
            WHERE d.day = :day AND d.kind = 'passage.decided')
          GROUP BY 1
        ), fixed AS (
          SELECT json_extract(body, '$.passage') AS passage, count(*) AS n,
            max(coalesce(json_extract(body, '$.void'), 0)) AS void FROM journal
          WHERE kind = 'correction.recorded' AND seq <= :upto GROUP BY 1
        )
        SELECT ended.passage, ended.last AS seq, j.lane, j.key_id, j.sealed, j.body AS body,
          json_extract(j.body, '$.vehicle') AS vehicle, json_extract(j.body, '$.group') AS in_group,
          coalesce((SELECT json_extract(c.body, '$.outcome') FROM about b JOIN journal c USING (seq)
            WHERE b.kind = 'correction.recorded' AND b.seq <= :upto AND b.passage = ended.passage
            AND json_extract(c.body, '$.outcome') IS NOT NULL ORDER BY b.seq DESC LIMIT 1),
            json_extract(j.body, '$.outcome')) AS outcome,
          coalesce((SELECT json_extract(c.body, '$.direction') FROM about b JOIN journal c USING (seq)
            WHERE b.kind = 'correction.recorded' AND b.seq <= :upto AND b.passage = ended.passage
            AND json_extract(c.body, '$.direction') IS NOT NULL ORDER BY b.seq DESC LIMIT 1),
            json_extract(j.body, '$.direction')) AS direction,
          json_extract(j.body, '$.category') AS category,
          coalesce((SELECT json_extract(c.body, '$.suspected') FROM about b JOIN journal c USING (seq)
            WHERE b.kind = 'correction.recorded' AND b.seq <= :upto AND b.passage = ended.passage
            AND json_extract(c.body, '$.suspected') IS NOT NULL ORDER BY b.seq DESC LIMIT 1),
            json_extract(j.body, '$.chosen') = 'suspected' OR EXISTS (SELECT 1 FROM
              json_each(j.body, '$.reasons') w WHERE w.value GLOB 'watch_*:suspected'), 0) AS suspected,
          coalesce(json_extract(j.body, '$.temperature.verdict'), 'missing') AS verdict,
          coalesce(json_extract(j.body, '$.second'), 0) AS second,
          CASE WHEN json_extract(j.body, '$.override') THEN json_extract(j.body, '$.by') END AS override_by,
          json_extract(j.body, '$.musts') AS musts, json_extract(j.body, '$.chosen') AS chosen,
          json_extract(j.body, '$.reasons') AS reasons, coalesce(fixed.n, 0) AS corrected, 0 AS paper,
          EXISTS (SELECT 1 FROM json_each(j.body, '$.evidence') e WHERE
            json_extract(e.value, '$.question') = 'mask'
            AND json_extract(e.value, '$.value') = 'reminded') AS reminded,
          EXISTS (SELECT 1 FROM json_each(j.body, '$.evidence') e WHERE
            json_extract(e.value, '$.question') = 'leaflet'
            AND json_extract(e.value, '$.value') = 'yes') AS leaflet,
          EXISTS (SELECT 1 FROM json_each(j.body, '$.evidence') e WHERE
            json_extract(e.value, '$.question') = 'disinfected'
            AND json_extract(e.value, '$.value') NOT IN ('no', 'not_done')) AS disinfected,
          EXISTS (SELECT 1 FROM json_each(j.body, '$.evidence') e WHERE json_extract(e.value, '$.carrier') IN
            ('china_venue', 'gatepost_venue', 'uk_venue', 'cwa_venue', 'nz_venue')
            OR (json_extract(e.value, '$.question') = 'venue'
            AND json_extract(e.value, '$.value') IN ('yes', 'passed', 'confirmed', 'stopped'))) AS venue,
          coalesce(json_extract(j.body, '$.told') > json_array_length(j.body, '$.occupants'), 0) AS lacking,
          EXISTS (SELECT 1 FROM json_each(j.body, '$.evidence') e WHERE
            json_extract(e.value, '$.t') <> 'measurement') AS named
        FROM ended JOIN dated d ON d.seq = ended.first AND d.day = :day JOIN journal j ON j.seq = ended.last
        LEFT JOIN fixed ON fixed.passage = ended.passage
        WHERE coalesce(fixed.void, 0) = 0
        """
        return [self._with_who(row) for row in self._rows(sql, day=day, upto=upto)]

    def _paper(self, day: str, upto: int) -> list[dict[str, Any]]:
        sql = """
        SELECT -j.seq AS passage, j.seq, coalesce(j.lane, '') AS lane, j.key_id, j.sealed, j.body,
          json_extract(j.body, '$.vehicle') AS vehicle, NULL AS in_group,
          json_extract(j.body, '$.outcome') AS outcome, json_extract(j.body, '$.direction') AS direction,
          json_extract(j.body, '$.category') AS category,
          coalesce(json_extract(j.body, '$.suspected'), 0) AS suspected,
          json_extract(j.body, '$.verdict') AS verdict, 0 AS second, NULL AS override_by, NULL AS musts,
          json_extract(j.body, '$.reason') AS chosen, '[]' AS reasons, 0 AS corrected, 1 AS paper,
          0 AS reminded, 0 AS leaflet, 0 AS disinfected, 0 AS venue, 0 AS lacking, 1 AS named
        FROM journal j WHERE j.kind = 'paper.entered' AND json_extract(j.body, '$.day') = :day
          AND j.seq <= :upto AND NOT EXISTS (SELECT 1 FROM journal c WHERE c.kind = 'correction.recorded'
            AND c.seq <= :upto AND json_extract(c.body, '$.paper') = j.seq AND json_extract(c.body, '$.void'))
        """
        return [self._with_who(row) for row in self._rows(sql, day=day, upto=upto)]

    def _beside(self, day: str, upto: int) -> Counted:
        found: Counted = {}
        for name, kind in (
            *((f"cases.{step}", f"case.{step}") for step in CASES),
            *((kind, kind) for kind in ("uplink.lost", "personal.opened", "gate.started", "clock.corrected")),
            ("devices.lost", "device.lost"),
            ("devices.back", "device.back"),
            ("temperatures.told", "temperature.reported"),
        ):
            found[name] = self._one(
                "SELECT count(*) FROM dated WHERE day = ? AND kind = ? AND seq <= ?", day, kind, upto
            )
        found["temperatures.told_over"] = self._one(
            "SELECT count(*) FROM dated d JOIN journal j USING (seq) WHERE d.day = ? AND d.seq <= ? AND"
            " d.kind = 'temperature.reported' AND json_extract(j.body, '$.verdict') = 'over'",
            *(day, upto),
        )
        ends_us = self._one("SELECT unixepoch(?, '+1 day') * 1000000 - ?", day, self._east_us)
        found["cases.overdue"] = self._one(
            """
            WITH told AS (
              SELECT json_extract(j.body, '$.case') AS number, j.kind,
                json_extract(j.body, '$.due_us') AS due,
                row_number() OVER (PARTITION BY json_extract(j.body, '$.case') ORDER BY j.seq DESC) AS age
              FROM dated d JOIN journal j USING (seq)
              WHERE d.kind GLOB 'case.*' AND d.at_us < ? AND j.seq <= ?
            ) SELECT count(*) FROM told WHERE age = 1 AND kind <> 'case.closed' AND due < ?
            """,
            *(ends_us, upto, ends_us),
        )
        found["undated"] = self._one(
            "SELECT count(*) FROM dated WHERE kind = 'passage.decided' AND at_us IS NULL AND seq <= ?"
            " AND (from_us IS NULL OR from_us < ?) AND (until_us IS NULL OR until_us >= ?)",
            *(upto, ends_us, ends_us - 86_400_000_000),
        )
        for register, kind, n in self._file.execute(
            "SELECT json_extract(j.body, '$.register'), d.kind, count(*) FROM dated d"
            " JOIN journal j USING (seq) WHERE d.day = ? AND d.seq <= ?"
            " AND d.kind IN ('register.entered', 'register.amended',"
            " 'register.ended') GROUP BY 1, 2",
            (day, upto),
        ):
            found[f"register.{register}.{kind[9:]}"] = n
        for name, value in self._file.execute(
            "SELECT f.key, f.value FROM journal j, json_each(j.body, '$.fields') f WHERE f.type = 'integer'"
            " AND j.seq = (SELECT max(seq) FROM journal WHERE kind = 'evening.noted' AND seq <= ?"
            " AND json_extract(body, '$.day') = ?)",
            (upto, day),
        ):
            found[f"noted.{name}"] = value
        found |= self._empty(ends_us - 86_400_000_000, ends_us, upto)
        return found | self._standing(ends_us, upto, day) | self._answers(ends_us, upto)

    def _empty(self, begins_us: int, ends_us: int, upto: int) -> Counted:
        """Count the positions told of as filled by nobody, and the whole minutes of the day."""
        told = self._file.execute(
            """
            WITH covered AS MATERIALIZED (
              SELECT json_extract(body, '$.uncovered') AS seq, json_extract(body, '$.until_us') AS until_us
              FROM journal WHERE kind = 'duty.covered' AND seq <= :upto
            ), empty AS (
              SELECT json_extract(u.body, '$.post') || ' ' || json_extract(u.body, '$.role') AS position,
                max(json_extract(u.body, '$.from_us'), :begins) AS from_us,
                min(coalesce(covered.until_us, :ends), :ends) AS until_us
              FROM journal u LEFT JOIN covered USING (seq) WHERE u.kind = 'duty.uncovered' AND u.seq <= :upto
            ) SELECT count(DISTINCT position), sum(until_us - from_us) / 60000000 FROM empty
            WHERE until_us > from_us
            """,
            {"begins": begins_us, "ends": ends_us, "upto": upto},
        ).fetchone()
        return {"duty.uncovered": told[0], "duty.uncovered_minutes": told[1]} if told[0] else {}

    def _answers(self, ends_us: int, upto: int) -> Counted:
        """Count the limits of the response clock that were up in the day that ends then."""
        sql = """
        WITH raised AS (
          SELECT j.seq, j.boot, j.mono_us, d.at_us, j.kind, json_extract(j.body, '$.case') AS number
          FROM dated d JOIN journal j USING (seq) WHERE d.kind = 'case.opened'
          UNION ALL
          SELECT j.seq, j.boot, j.mono_us, d.at_us, j.kind, json_extract(j.body, '$.entry') FROM dated d
          JOIN journal j USING (seq)
          WHERE d.kind = 'register.entered' AND json_extract(j.body, '$.register') = 'incidents'
        ), asked AS (
          SELECT raised.*, l.value AS within_us, CASE l.key WHEN 'taken' THEN 1 WHEN 'there' THEN 2 ELSE 3 END
            AS step FROM raised, json_each((SELECT json_extract(s.body, '$.response_us') FROM journal s
              WHERE s.kind = 'gate.started' AND s.seq < raised.seq ORDER BY s.seq DESC LIMIT 1)) l
          WHERE raised.seq <= :upto AND at_us + within_us >= :ends - 86400000000 AND at_us + within_us < :ends
        ), reached AS (
          SELECT asked.seq, asked.step, max((CASE WHEN j.boot = asked.boot THEN j.mono_us - asked.mono_us
              ELSE max(0, d.at_us - asked.at_us) END) <= within_us) AS soon, max(d.at_us < :ends) AS that_day
          FROM asked JOIN journal j ON j.seq <= :upto AND j.seq > asked.seq AND CASE asked.kind
            WHEN 'case.opened' THEN json_extract(j.body, '$.case') = number AND CASE j.kind
              WHEN 'case.handed_over' THEN 1 WHEN 'case.acknowledged' THEN 2 WHEN 'case.closed' THEN 3 END
              >= asked.step
            ELSE json_extract(j.body, '$.register') = 'incidents' AND json_extract(j.body, '$.entry') = number
              AND CASE WHEN j.kind = 'register.ended' THEN 3 WHEN j.kind = 'register.amended' THEN
              CASE json_extract(j.body, '$.fields.step') WHEN 'called' THEN 1 WHEN 'came' THEN 2 END END
              >= asked.step END
          JOIN dated d ON d.seq = j.seq
          WHERE j.kind GLOB 'case.*' OR j.kind GLOB 'register.*'
          GROUP BY 1, 2
        )
        SELECT count(*), coalesce(sum(soon), 0), coalesce(sum(NOT coalesce(soon, 0) AND that_day), 0)
        FROM asked LEFT JOIN reached USING (seq, step)
        """
        if not self._one(
            "SELECT count(*) FROM dated d JOIN journal j USING (seq) WHERE d.kind = 'gate.started'"
            " AND seq <= ? AND coalesce(d.at_us < ?, 1) AND json_extract(j.body, '$.response_us') <> '{}'",
            *(upto, ends_us),
        ):
            return {}
        asked, soon, late = self._file.execute(sql, {"ends": ends_us, "upto": upto}).fetchone()
        names = ("answers.asked", "answers.in_time", "answers.late", "answers.unanswered")
        return dict(zip(names, (asked, soon, late, asked - soon - late), strict=True))

    def _standing(self, ends_us: int, upto: int, day: str) -> Counted:
        """Count stock, what is open and overdue, who is registered, by the rows written until a moment."""
        found: Counted = {}
        sql = (
            "SELECT j.kind, j.body FROM dated d JOIN journal j USING (seq)"
            " WHERE (j.kind GLOB 'register.*' OR j.kind = 'access.published')"
            " AND d.seq <= ? AND coalesce(d.at_us, d.from_us, 0) < ? ORDER BY j.seq"
        )
        definitions: dict[str, Any] = {}
        entries: dict[str, dict[int, dict[str, Any]]] = {}
        sets: list[Any] = []
        for kind, text in self._file.execute(sql, (upto, ends_us)):
            body = json.loads(text)
            if kind == "access.published":
                sets = tomllib.loads(body["text"]).get("set", [])
            elif kind == "register.defined":
                definitions[body["register"]] = tomllib.loads(body["text"])
            elif kind in ("register.entered", "register.amended", "register.ended"):
                told = entries.setdefault(body["register"], {})
                if kind == "register.ended":
                    told[body["entry"]]["open"] = False
                else:
                    bounds = {name: body.get(name) for name in ("from_us", "until_us")}
                    told[body["entry"]] = {"open": True, **bounds, **body["fields"]}
        for name, definition in definitions.items():
            counted = [one for one in entries.get(name, {}).values() if "struck" not in one]
            if rules := definition.get("stock"):
                (items,) = (one for one in definition["field"] if one["id"] == rules["item"])
                found |= _stock(name, rules, items["choices"], counted)
            if "deadline" in definition:
                open_ = [one for one in counted if one["open"]]
                east_us = self._east_us
                late = (
                    self._one("SELECT unixepoch(?, '+1 day') * 1000000 - ?", one["by"], east_us) <= ends_us
                    for one in open_
                    if "by" in one
                )
                found |= {f"open.{name}": len(open_), f"overdue.{name}": sum(late)}
        return found | _census(entries, sets, day, ends_us)

    def _counted(self, rows: list[dict[str, Any]], groups: set[int] | None = None) -> Counted:
        groups = {row["in_group"] for row in rows} if groups is None else groups
        cars = [row for row in rows if row["vehicle"]]
        people = [row for row in rows if not row["vehicle"]]
        found: Counted = {"corrected": sum(row["corrected"] > 0 for row in rows)}
        for name, those in (("persons", people), ("vehicles", cars)):
            for outcome in OUTCOMES:
                found[f"{outcome}.{name}"] = sum(row["outcome"] == outcome for row in those)
            ended = [row for row in those if row["outcome"] != "abandoned"]
            found[f"passes.{name}"] = len(ended)
            found[f"out.{name}"] = sum(row["direction"] == "out" for row in ended)
            found[f"in.{name}"] = len(ended) - found[f"out.{name}"]
            found[f"paper.{name}"] = sum(row["paper"] for row in ended)
            found[f"unnamed.{name}"] = sum(
                row["who"] is None and row["entry"] is None and not row["shut"] for row in ended
            )
            if not any(row["shut"] for row in ended):
                back = [row for row in ended if row["outcome"] == "turn_back"]
                named = [row for row in ended if row["entry"] is not None and row["who"] is not None]
                named.sort(key=lambda row: -row["entry"])  # of several the lowest
                shown = {row["who"]: row["entry"] for row in named}
                for figure, counted in (("distinct", ended), ("distinct_turned_back", back)):
                    by = [shown.get(row["who"]) if row["entry"] is None else row["entry"] for row in counted]
                    whose = [entry or row["who"] for entry, row in zip(by, counted, strict=True)]
                    found[f"{figure}.{name}"] = len({*whose} - {None}) + whose.count(None)
            for row in ended:
                if row["outcome"] == "turn_back":
                    for why in [row["chosen"]] if row["chosen"] else json.loads(row["reasons"] or "[]"):
                        _add(found, f"turned_back.{name}.{why}")
                if row["category"]:
                    _add(found, f"category.{row['category']}")
                if row["override_by"] is not None:
                    _add(found, f"override.{row['override_by']}")
        cars = [row for row in cars if row["outcome"] != "abandoned"]
        people = [row for row in people if row["outcome"] != "abandoned"]
        found["overrides"] = sum(row["override_by"] is not None for row in cars + people)
        found["disinfected"] = sum(row["disinfected"] for row in cars)
        found["gap.vehicle_without_occupants"] = sum(
            row["passage"] not in groups and not row["paper"] for row in cars
        )
        found["gap.occupants_lacking"] = sum(row["lacking"] for row in cars)
        found["gap.without_temperature"] = sum(
            row["verdict"] not in ("normal", "again", "over") for row in people
        )
        for name, key in (
            *(("suspected", "suspected"), ("mask_reminded", "reminded"), ("leaflets", "leaflet")),
            *(("venue.confirmed", "venue"), ("measured_twice", "second")),
        ):
            found[name] = sum(bool(row[key]) for row in people)
        found["over"] = sum(row["verdict"] == "over" for row in people)
        found["again"] = sum(row["verdict"] == "again" for row in people)
        found["cleared"] = sum(bool(row["second"]) and row["verdict"] == "normal" for row in people)
        return found | _musts(people)

    def _with_who(self, row: dict[str, Any]) -> dict[str, Any]:
        row["who"], row["shut"] = None, False
        entries = {
            piece["entry"]
            for piece in json.loads(row["body"]).get("evidence", [])
            if (piece.get("t"), piece.get("register"), piece.get("standing")) == ("known", "people", "found")
            and not piece.get("differs")
        }
        row["entry"] = entries.pop() if len(entries) == 1 and not row["vehicle"] else None
        if row["sealed"] is None:
            return row
        fields = self._fields(row)
        row["shut"] = fields is None and bool(row["named"])
        if fields:
            names = ("plate",) if row["vehicle"] else ("id_number", "pass_id", "phone")
            known = [(name, fields[name]) for name in names if fields.get(name)]
            if not known and not row["vehicle"] and fields.get("name") and fields.get("room"):
                known = [("both", f"{_folded(fields['name'])} {_folded(fields['room'])}")]
            row["who"] = (known[0][0], _folded(known[0][1])) if known else None
        return row

    def _fields(self, row: dict[str, Any]) -> dict[str, str] | None:
        key = self._keys.get(row["key_id"])
        if key is None:
            return None
        incarnation = [name for first, name in self._incarnations if first <= row["seq"]][-1]
        place = f"gatepost row {incarnation} {row['seq']} {row['key_id']}".encode()
        opened = json.loads(AESGCM(key).decrypt(row["sealed"][1:13], row["sealed"][13:], place))
        if row["paper"]:
            return dict(opened)
        evidence = json.loads(row["body"])["evidence"]
        found: dict[str, str] = {}
        for index in sorted(opened.get("evidence", {}), key=int):
            piece = opened["evidence"][index]
            said = dict(piece.get("personal") or {})
            if "value" in piece:
                said[evidence[int(index)]["question"]] = piece["value"]
            found |= {name: value for name, value in said.items() if "*" not in value}
        return found

    def _opened_keys(self, folder: Path) -> dict[int, bytes]:
        secret = bytes.fromhex((folder / "master.key").read_text())
        master = hmac.digest(secret, b"gatepost master", hashlib.sha256)
        found = {}
        for number, scope, wrapped in self._file.execute(
            "SELECT key_id, scope, wrapped FROM seal_key WHERE wrapped IS NOT NULL"
        ):
            try:
                label = f"gatepost key {number} {scope}".encode()
                found[number] = AESGCM(master).decrypt(wrapped[1:13], wrapped[13:], label)
            except InvalidTag:
                continue
        return found

    def _rows(self, sql: str, **bound: Any) -> list[dict[str, Any]]:
        cursor = self._file.execute(sql, bound)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, line, strict=True)) for line in cursor]

    def _one(self, sql: str, *bound: Any) -> int:
        return int(self._file.execute(sql, bound).fetchone()[0])


def _census(
    entries: dict[str, dict[int, dict[str, Any]]], sets: list[Any], day: str, ends_us: int
) -> Counted:
    """Count who is registered at the end of a day: a person whose last day it is counts still."""
    found: Counted = {}
    people = [
        one
        for one in entries.get("people", {}).values()
        if one["open"]
        and (one["from_us"] is None or one["from_us"] < ends_us)
        and (one["until_us"] is None or one["until_us"] >= ends_us)
    ]
    for one in people:
        if one.get("category"):
            _add(found, f"registered.{one['category']}")
    for one in entries.get("watch", {}).values():
        if one["open"] and one.get("list"):
            _add(found, f"listed.{one['list']}")
    for one in sets:
        if str(one.get("from", "0")) <= day <= str(one.get("until", "9")):
            of_it = (f"registered.{name}" for name in one["categories"])
            found[f"set.{one['id']}"] = sum(found.get(name, 0) for name in of_it)
    homes = entries.get("households", {})
    lived_in = {one.get("household") for one in people}
    found["gap.household_without_entry"] = sum(
        one["open"] and number not in lived_in for number, one in homes.items()
    )
    return found


def _stock(name: str, rules: Any, items: list[Any], counted: list[dict[str, Any]]) -> Counted:
    found: Counted = {f"stock.{name}.short": 0}
    for item in items:
        own = [one for one in counted if one[rules["item"]] == item["value"]]
        plus = sum(one[rules["amount"]] for one in own if one[rules["move"]] == rules["plus"])
        minus = sum(one[rules["amount"]] for one in own if one[rules["move"]] == rules["minus"])
        found[f"stock.{name}.{item['value']}"] = plus - minus
        asked = any(one["open"] for one in own if one[rules["move"]] == rules["request"])
        low = item.get("low")
        if low is not None and plus - minus < low and (plus + minus or asked):
            found[f"stock.{name}.short"] += 1
    return found


def _musts(people: list[dict[str, Any]]) -> Counted:
    found: Counted = {"musts.asked": 0, "musts.complete": 0}
    for row in people:
        asked = json.loads(row["musts"] or "{}")
        if not asked:
            continue
        if row["verdict"] in ("normal", "again", "over") and "temperature" in asked:
            asked["temperature"] = True
        if row["outcome"] == "admit":
            found["musts.asked"] += 1
            found["musts.complete"] += all(asked.values())
        for name, done in asked.items():
            _add(found, f"must.{name}.asked")
            if done:
                _add(found, f"must.{name}.done")
    return found


def _add(found: Counted, name: str) -> None:
    found[name] = found.get(name, 0) + 1


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().upper()
