"""`gatepost journal`, on real stores."""

import csv
import io
import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edge.cli.journal import journal as command
from edge.clock import Clock
from edge.domain.model import ClockQuality, Instant
from edge.journal import Journal, Row, State
from edge.journal.export import Wish, passages
from edge.reports.sending import Reports, Terms
from tests.journal.samples import DAY_US, HOUR_US, START_US, decided, held, instant, personal, whole
from tests.paths import ROOT

pytestmark = pytest.mark.system


def run(store: Path, *words: str) -> Result:
    return CliRunner().invoke(command, [*words, "--store", str(store)], catch_exceptions=False)


def told(result: Result) -> dict[str, Any]:
    return dict(json.loads(result.stdout.splitlines()[-1]))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    with Journal.open(folder) as journal:
        journal.start_boot()
        journal.append(decided(1, START_US, who=personal("张三", "13800001234"), surface_note=0))
        journal.append(
            decided(2, START_US + HOUR_US, outcome="refer", by="=cmd()", override=True, lane="out")
        )
        journal.append(held(3, START_US + DAY_US, who=personal("+李四", "13900005678")))
    return folder


def test_a_sound_journal_verifies_and_a_tampered_one_exits_1(store: Path) -> None:
    assert run(store, "verify").exit_code == 0
    connection = sqlite3.connect(store / "journal.db", isolation_level=None)
    connection.execute("UPDATE journal SET lane = 'x' WHERE seq = 2")
    connection.close()
    result = run(store, "verify", "--json")
    assert result.exit_code == 1
    assert "row 2" in json.loads(result.stdout.splitlines()[0])["fault"]
    assert told(result) == {"sound": False, "faults": 1}


def test_a_file_that_is_no_database_any_more_is_a_fault_too(store: Path) -> None:
    (store / "journal.db").write_bytes(b"junk" * 4000)
    result = run(store, "verify")
    assert result.exit_code == 1
    assert "damaged" in result.stdout


@pytest.mark.parametrize("words", [["verify"], ["backup", "x.db"], ["rebuild"], ["purge"], ["export"]])
def test_without_a_journal_every_command_exits_5_and_makes_nothing(tmp_path: Path, words: list[str]) -> None:
    result = run(tmp_path / "none", *words)
    assert result.exit_code == 5
    assert "没有账本" in result.stderr
    assert not (tmp_path / "none").exists()


def test_backup_and_restore_go_round(store: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    assert told(run(store, "backup", str(copy), "--json"))["bytes"] == copy.stat().st_size
    assert run(store, "verify", "--file", str(copy)).exit_code == 0
    assert run(store, "backup", str(copy)).exit_code == 5
    done = told(run(store, "restore", str(copy), "--json"))
    assert (done["head"], done["keys_lost"]) == (3, 0)
    assert run(store, "verify").exit_code == 0
    with Journal.open(store):
        assert run(store, "restore", str(copy)).exit_code == 5
    fresh = tmp_path / "fresh"
    assert run(fresh, "restore", str(copy)).exit_code == 5
    assert told(run(fresh, "restore", str(copy), "--without-key", "--json"))["keys_lost"] == 2


def test_rebuild_says_whether_anything_differed(store: Path) -> None:
    assert told(run(store, "rebuild", "--json")) == {"equal": True}
    connection = sqlite3.connect(store / "journal.db", isolation_level=None)
    connection.execute("UPDATE hour_count SET n = 7")
    connection.close()
    result = run(store, "rebuild", "--json")
    assert (result.exit_code, told(result)) == (1, {"equal": False})
    assert run(store, "rebuild").exit_code == 0


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_an_export_masks_personal_columns_and_guards_formulas(store: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    assert run(store, "export", "--to", str(target)).exit_code == 0
    assert target.stat().st_mode & 0o077 == 0
    assert target.read_bytes().startswith(b"\xef\xbb\xbf")
    first, second, third = lines(target.read_text("utf-8"))
    assert (first["passage"], first["outcome"], first["body_c"], first["name"]) == (
        "1",
        "admit",
        "36.6",
        "***",
    )
    assert (second["by"], second["name"], second["override"]) == ("'=cmd()", "", "True")
    assert (third["stage"], third["ended"], third["phone"]) == ("hold", "", "***")
    assert (first["must_identity"], first["must_mask"], first["must_information"]) == ("True", "False", "")
    with Journal.open(store) as journal:
        assert journal.head() == 3


def test_opening_personal_columns_is_written_down_before_they_are_given_out(store: Path) -> None:
    result = run(store, "export", "--personal", "--by", "manager")
    first, second, third = lines(result.stdout)
    assert (first["name"], first["phone"], json.loads(first["other"])) == (
        "张三",
        "13800001234",
        {"errand": "复诊"},
    )
    assert (second["name"], third["name"]) == ("", "'+李四")
    with Journal.open(store) as journal, journal.reader() as reader:
        rows = reader.rows_after(3, 9)
        assert [(row.kind, row.body["passage"], row.body["by"]) for row in rows] == [
            ("personal.opened", 1, "manager"),
            ("personal.opened", 3, "manager"),
        ]
        assert reader.passage(1)[-1].kind == "personal.opened"


def test_an_export_is_bounded_by_time_and_comes_as_jsonl(store: Path) -> None:
    start, end = "1970-01-01 00:00:00", "2026-02-02 00:30:00"
    found = [json.loads(line) for line in run(store, "export", "--format", "jsonl").stdout.splitlines()]
    assert [one["passage"] for one in found] == [1, 2, 3]
    assert found[0]["opened"].startswith("2026-02-02T00:00:00")
    bounded = run(store, "export", "--format", "jsonl", "--from", start, "--until", end)
    assert [json.loads(line)["passage"] for line in bounded.stdout.splitlines()] == [1]


def test_all_rows_as_jsonl_can_be_checked_by_anybody(store: Path) -> None:
    result = run(store, "export", "--format", "jsonl", "--rows")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["seq"] for row in rows] == [1, 2, 3]
    assert set(rows[0]) == {
        *("seq", "boot", "mono_us", "at_us", "clock", "kind"),
        *("lane", "body", "key_id", "sealed", "hash"),
    }
    assert "张三" not in result.stdout
    assert run(store, "export", "--rows").exit_code == 2
    assert run(store, "export", "--format", "xlsx").exit_code == 2


def test_a_workbook_opens_with_text_as_text(store: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.xlsx"
    assert run(store, "export", "--format", "xlsx", "--to", str(target), "--personal").exit_code == 0
    with zipfile.ZipFile(target) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "=cmd()" in sheet
    assert "<f>" not in sheet
    assert "张三" in sheet


def _report(folder: Path) -> int:
    """Write the reports that are due, as the gate does."""
    with Journal.open(folder) as journal:
        return len(Reports(journal, Terms(), Clock(folder).now, lambda: None).write_due())


def _old_rows(folder: Path, state: dict[str, Any] | None, *, reported: bool = True) -> None:
    now = Clock(folder).now()
    with Journal.open(folder) as journal:
        for days in (45, 40, 2, 1, 0):
            at = Instant(now.mono_us, now.at_us - days * DAY_US, now.clock)
            journal.append(Row("passage.decided", at, whole(100 - days), "in", personal()))
    if reported:
        assert _report(folder)
    with Journal.open(folder) as journal:
        if state is not None:
            state["incarnation"] = journal.incarnation
    if state is not None:
        opened = State.open(folder)
        opened.put("uplink", state)
        opened.close()


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx"])
def test_only_its_owner_may_read_what_was_exported(store: Path, tmp_path: Path, form: str) -> None:
    target = tmp_path / "out"
    before = os.umask(0o022)
    try:
        assert run(store, "export", "--format", form, "--personal", "--to", str(target)).exit_code == 0
    finally:
        os.umask(before)
    assert target.stat().st_mode & 0o777 == 0o600


def test_an_export_that_nobody_reads_on_holds_no_page_back(store: Path) -> None:
    with Journal.open(store) as journal:
        journal.append(*(decided(number) for number in range(10, 400)))
        lines = passages(journal, Wish(), instant)
        next(lines)
        journal.append(decided(1000))
        assert journal._writer.checkpoint()
        assert sum(1 for _ in lines) == 393


def test_purge_waits_for_the_district_where_one_was_spoken_to(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    Clock(folder).confirm()
    _old_rows(folder, {"acknowledged": 1})
    result = run(folder, "purge", "--json")
    assert result.exit_code == 0
    assert (told(result)["keys"], told(result)["kept"]) == (1, 1)
    result = run(folder, "purge", "--max-days", "38", "--days", "35", "--json")
    assert (told(result)["keys"], told(result)["unacknowledged"]) == (1, 1)
    assert run(folder, "verify").exit_code == 0


def test_purge_waits_for_the_report_of_a_day_but_for_what_is_too_old(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    Clock(folder).confirm()
    _old_rows(folder, None, reported=False)
    result = run(folder, "purge", "--json")
    assert (result.exit_code, told(result)["keys"]) == (1, 0)
    assert told(result)["waits_for_report"] in result.stderr
    result = run(folder, "purge", "--max-days", "42", "--json")
    assert (result.exit_code, told(result)["keys"]) == (1, 1), "one is too old in any case"
    assert _report(folder)
    result = run(folder, "purge", "--json")
    assert (result.exit_code, told(result)["keys"], told(result)["waits_for_report"]) == (0, 1, None)


def test_purge_without_a_district_waits_for_nobody_and_is_refused_on_an_unbelieved_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    Clock(folder).confirm()
    _old_rows(folder, None)
    with monkeypatch.context() as patch:
        patch.setattr(
            "edge.cli.opening.Place.now", lambda _place: instant(START_US, clock=ClockQuality.RESTORED)
        )
        result = run(folder, "purge", "--json")
        assert (result.exit_code, told(result)["refused"]) == (1, "clock_untrusted")
    result = run(folder, "purge", "--json")
    assert (result.exit_code, told(result)["keys"]) == (0, 2)


def test_the_command_line_program_finds_it(store: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "edge", "journal", "verify", "--store", str(store), "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"sound": True, "faults": 0}
