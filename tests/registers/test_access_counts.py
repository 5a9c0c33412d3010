"""Quotas and household balances never drift from a recount: whatever happens, in any order, killed or not."""

import json
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.domain.model import ClockQuality, Instant
from edge.journal import Journal, Row
from edge.journal.access_file import day_number

HOUSEHOLDS, PEOPLE, DAYS = (1, 2), (1, 2, 3), ("2020-02-14", "2020-02-15", None)

passages = st.fixed_dictionaries(
    {
        "do": st.just("pass"),
        "passage": st.integers(1, 6),  # small: some are decided anew
        "outcome": st.sampled_from(("admit", "turn_back", "refer")),
        "direction": st.sampled_from(("in", "out")),
        "entry": st.sampled_from(PEOPLE),
        "household": st.sampled_from((*HOUSEHOLDS, None)),
        "day": st.sampled_from(DAYS),
    }
)
corrections = st.fixed_dictionaries(
    {
        "do": st.just("correct"),
        "register": st.sampled_from(("people", "households")),
        "entry": st.sampled_from(HOUSEHOLDS),
        "direction": st.sampled_from(("in", "out")),
        "count": st.sampled_from((-2, -1, 1, 2)),
    }
)
kills = st.just({"do": "kill"})


def row(what: dict[str, Any], at: Instant) -> Row:
    if what["do"] == "correct":
        body = {name: what[name] for name in ("register", "entry", "direction", "count")}
        return Row("access.corrected", at, body | {"why": "miscounted", "by": "boss"})
    known = {"t": "known", "standing": "found", "register": "people", "entry": what["entry"]}
    known |= {name: what[name] for name in ("household", "day") if what[name] is not None}
    body = {
        "passage": what["passage"],
        "direction": what["direction"],
        "stage": "ended",
        "outcome": what["outcome"],
        "opened_us": at.at_us,
        "evidence": [known],
    }
    return Row("passage.decided", at, body, "in")


def recount(path: Path) -> tuple[dict[tuple[Any, ...], int], dict[int, tuple[int, int] | None]]:
    """Count from the raw journal, with plain SQL and nothing of the gate's."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT seq, kind, body FROM journal ORDER BY seq").fetchall()
    connection.close()
    newest: dict[int, tuple[int, dict[str, Any]]] = {}
    lines: list[tuple[int, str, int, str, str | None, int, bool]] = []
    for seq, kind, text in rows:
        body = json.loads(text)
        if kind == "passage.decided":
            newest[body["passage"]] = (seq, body)
        elif kind == "access.corrected":
            lines.append((seq, body["register"], body["entry"], body["direction"], None, body["count"], True))
    for seq, body in newest.values():
        if body["outcome"] != "admit":
            continue
        (known,) = body["evidence"]
        lines.append((seq, "people", known["entry"], body["direction"], known.get("day"), 1, False))
        if "household" in known:
            lines.append(
                (seq, "households", known["household"], body["direction"], known.get("day"), 1, False)
            )
    used: dict[tuple[Any, ...], int] = {}
    for _seq, register, entry, direction, day, n, _corrected in lines:
        for since in DAYS[:2]:
            if day is None or (since is not None and day >= since):
                used[register, entry, direction, since] = used.get((register, entry, direction, since), 0) + n
    slips: dict[int, tuple[int, int] | None] = {}
    for household in HOUSEHOLDS:
        out = back = 0
        for _seq, register, entry, direction, _day, n, corrected in sorted(lines):
            if (register, entry) != ("households", household):
                continue
            if direction == "out" and not corrected and back >= out:
                out = back = 0
            out, back = (max(0, out + n), back) if direction == "out" else (out, max(0, back + n))
        slips[household] = (out, back) if out else None
    return {key: max(0, n) for key, n in used.items()}, slips


def counted(journal: Journal) -> tuple[dict[tuple[Any, ...], int], dict[int, tuple[int, int] | None]]:
    reader = journal.reader()
    used = {
        (register, entry, direction, since): n
        for register in ("people", "households")
        for entry in PEOPLE
        for direction in ("in", "out")
        for since in DAYS[:2]
        if since and (n := reader.access_used(register, entry, direction, day_number(since)))
    }
    slips = {household: reader.access_slip(household) for household in HOUSEHOLDS}
    reader.close()
    return used, slips


@given(st.lists(st.one_of(passages, passages, passages, corrections, kills), max_size=25))
@settings(max_examples=20, deadline=None)
def test_what_is_counted_is_what_a_recount_of_the_raw_journal_gives(happened: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder, journals = Path(place) / "0", []
        journal = Journal.open(folder)
        journals.append(journal)
        for number, what in enumerate(happened):
            if what["do"] == "kill":
                # What is on the card at this moment goes on; nothing is closed, nothing is told goodbye.
                killed, folder = folder, Path(place) / str(number + 1)
                shutil.copytree(killed, folder)
                journal = Journal.open(folder)
                journals.append(journal)
                continue
            at_us = 1_581_600_000_000_000 + number * 1_000_000
            journal.append(row(what, Instant(number, at_us, ClockQuality.SYNCED)))
        used, slips = recount(folder / "journal.db")
        told_used, told_slips = counted(journal)
        assert told_used == {key: n for key, n in used.items() if n}
        assert told_slips == slips
        assert journal.rebuild()
        for one in journals:
            one.close()
