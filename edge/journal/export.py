"""Passages as csv, xlsx or jsonl, and all rows as jsonl, for people and their office programs.

Personal columns are masked unless asked for, and asking is itself written down, one row per passage,
before it is given out. Read page by page, so that an export nobody reads on holds no old page of
the database back. sqlite-utils and XlsxWriter are imported where they are used.
"""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import IO, Any

from edge.domain.model import Instant
from edge.journal.journal import Journal
from edge.journal.projections import MUSTS
from edge.journal.rows import Row, StoredRow, harmless
from edge.journal.schema import connect_readonly

PERSONAL = ("name", "phone", "id_number", "room", "other")
FACTS = (
    *("passage", "lane", "direction", "stage", "outcome", "reasons", "opened", "ended", "temperature"),
    *("surface_c", "body_c", "category", "by", "override", "second", "ticket"),
    *(f"must_{name}" for name in MUSTS),
)
MASKED, DESTROYED = "***", "(destroyed)"
_ROWS_AT_ONCE = 200
_SHEET_ROWS = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUERY = """
SELECT passage.*, seal_key.wrapped IS NOT NULL AS readable FROM passage
LEFT JOIN seal_key USING (key_id)
WHERE at_us >= :start AND at_us < :end AND id > :after ORDER BY id LIMIT :limit
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What to give out: passages whose newest row lies in [start_us, end_us), times in `zone`;
    `opened_by` names who asked for the personal columns, None masks them."""

    start_us: int = -(1 << 62)
    end_us: int = 1 << 62
    zone: tzinfo = UTC
    opened_by: str | None = None


def write_csv(journal: Journal, to: IO[str], wish: Wish, now: Callable[[], Instant]) -> int:
    """Write passages as comma-separated values with a header; return how many."""
    writer = csv.writer(to)
    writer.writerow((*FACTS, *PERSONAL))
    count = 0
    for line in passages(journal, wish, now):
        writer.writerow([harmless(value) for value in line.values()])
        count += 1
    return count


def write_jsonl(journal: Journal, to: IO[str], wish: Wish, now: Callable[[], Instant]) -> int:
    """Write passages as one JSON object a line; return how many."""
    count = 0
    for line in passages(journal, wish, now):
        to.write(json.dumps(line, ensure_ascii=False) + "\n")
        count += 1
    return count


def write_xlsx(journal: Journal, to: Path, wish: Wish, now: Callable[[], Instant]) -> int:
    """Write passages as a workbook, row by row to disk; return how many."""
    import xlsxwriter

    count = 0
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(to), options) as book:
        sheet = None
        for line in passages(journal, wish, now):
            if sheet is None or count % _SHEET_ROWS == 0:
                sheet = _new_sheet(book)
            sheet.write_row(count % _SHEET_ROWS + 1, 0, ["" if v is None else v for v in line.values()])
            count += 1
        if sheet is None:
            _new_sheet(book)
    return count


def write_rows(journal: Journal, to: IO[str]) -> int:
    """Write every row with its hash as one JSON object a line, sealed parts as their ciphertext;
    return how many."""
    count = after = 0
    with journal.reader() as reader:
        while chunk := reader.rows_after(after, _ROWS_AT_ONCE):
            for row in chunk:
                to.write(json.dumps(_whole(row), ensure_ascii=False) + "\n")
            count, after = count + len(chunk), chunk[-1].seq
    return count


def passages(journal: Journal, wish: Wish, now: Callable[[], Instant]) -> Iterator[dict[str, Any]]:
    """Yield passages as flat records with the columns `FACTS` and `PERSONAL`, oldest first."""
    with journal.reader() as reader:
        for page in _pages(journal, wish):
            _write_down(journal, page, wish, now)
            for found in page:
                row = reader.row(found["seq"])
                yield {**_facts(found, wish.zone), **_personal(journal, row, found, wish)}


def _pages(journal: Journal, wish: Wish) -> Iterator[list[dict[str, Any]]]:
    from sqlite_utils import Database

    connection = connect_readonly(journal.path)
    try:
        bound = {"start": wish.start_us, "end": wish.end_us, "limit": _ROWS_AT_ONCE, "after": -1}
        while page := list(Database(connection).query(_QUERY, bound)):
            yield page
            bound["after"] = page[-1]["id"]
    finally:
        connection.close()


def _write_down(journal: Journal, page: list[dict[str, Any]], wish: Wish, now: Callable[[], Instant]) -> None:
    ids = [found["id"] for found in page if found["readable"]]
    if wish.opened_by is not None and ids:
        journal.append(
            *(
                Row("personal.opened", now(), {"passage": n, "by": wish.opened_by, "why": "export"})
                for n in ids
            )
        )


def _facts(found: Mapping[str, Any], zone: tzinfo) -> dict[str, Any]:
    ended_us = found["at_us"] if found["stage"] == "ended" else None
    values = (
        *(found["id"], found["lane"], found["direction"], found["stage"], found["outcome"]),
        *(" ".join(json.loads(found["reasons"])), _time(found["opened_us"], zone), _time(ended_us, zone)),
        *(found["temperature"], _celsius(found["surface_mdegc"]), _celsius(found["body_mdegc"])),
        *(found["category"], found["decided_by"], bool(found["override"]), bool(found["second"])),
        *(found["ticket"], *(_must(found, bit) for bit in MUSTS.values())),
    )
    return dict(zip(FACTS, values, strict=True))


def _personal(
    journal: Journal, row: StoredRow | None, found: Mapping[str, Any], wish: Wish
) -> dict[str, Any]:
    if found["key_id"] is None or row is None:
        return dict.fromkeys(PERSONAL)
    if not found["readable"]:
        return dict.fromkeys(PERSONAL, DESTROYED)
    if wish.opened_by is None:
        return dict.fromkeys(PERSONAL, MASKED)
    given = _given(row, journal.unseal(row) or {})
    known = {name: given.pop(name, None) for name in PERSONAL[:-1]}
    return {**known, "other": json.dumps(given, ensure_ascii=False, sort_keys=True) if given else None}


def _given(row: StoredRow, opened: Mapping[str, Any]) -> dict[str, str]:
    """The personal fields of one passage by name: claims of codes, and answers by their question."""
    given: dict[str, str] = {}
    evidence = row.body.get("evidence", [])
    for index, piece in sorted(opened.get("evidence", {}).items()):
        given |= piece.get("personal", {})
        if "value" in piece and int(index) < len(evidence):
            given[evidence[int(index)].get("question", "answer")] = piece["value"]
    if "chosen" in opened:
        given["chosen"] = opened["chosen"]
    return given


def _whole(row: StoredRow) -> dict[str, Any]:
    return {
        **{"seq": row.seq, "boot": row.boot, "mono_us": row.mono_us, "at_us": row.at_us, "clock": row.clock},
        **{"kind": row.kind, "lane": row.lane, "body": row.body, "key_id": row.key_id},
        **{"sealed": None if row.sealed is None else row.sealed.hex(), "hash": row.hash.hex()},
    }


def _new_sheet(book: Any) -> Any:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, (*FACTS, *PERSONAL), book.add_format({"bold": True}))
    return sheet


def _must(found: Mapping[str, Any], bit: int) -> bool | None:
    return bool(found["musts"] & bit) if found["musts_asked"] & bit else None


def _celsius(mdegc: int | None) -> float | None:
    return None if mdegc is None else mdegc / 1000


def _time(at_us: int | None, zone: tzinfo) -> str | None:
    if at_us is None:
        return None
    try:
        return (_EPOCH + timedelta(microseconds=at_us)).astimezone(zone).isoformat(timespec="seconds")
    except OverflowError:  # a clock can lie about anything
        return str(at_us)
