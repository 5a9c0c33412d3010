"""The calibrations of all thermometers: found by the index of the rare kinds, however long the journal is."""

import shutil
from pathlib import Path

import pytest

from edge.journal import Journal, Row
from tests.journal.samples import decided, instant
from tests.paths import ROOT

pytestmark = pytest.mark.system


def row(kind: str, device: str, lane: str | None = "in", **more: object) -> Row:
    return Row(f"calibration.{kind}", instant(), {"device": device, **more}, lane)


def test_every_row_of_a_calibration_is_found_in_its_order_and_no_other(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal, journal.reader() as reader:
        assert reader.calibrations() == []
        journal.append(
            row("recorded", "thermometer", n=1),
            decided(1),
            row("recorded", "thermometer2", n=2),
            row("recorded", "thermometer", "out", n=3),
            row("recorded", "thermometer", n=4),
            Row("device.lost", instant(), {"device": "thermometer"}, "in"),
            row("withdrawn", "thermometer", "out", n=5),
        )
        found = reader.calibrations()
        assert [(each.kind.rpartition(".")[2], each.lane, each.body["n"]) for each in found] == [
            ("recorded", "in", 1),
            ("recorded", "in", 2),
            ("recorded", "out", 3),
            ("recorded", "in", 4),
            ("withdrawn", "out", 5),
        ]
        assert journal.rebuild(), "no projection is kept of them"
        assert reader.calibrations() == found


def test_a_journal_of_the_first_version_takes_them_without_a_migration(tmp_path: Path) -> None:
    store = tmp_path / "store"
    shutil.copytree(ROOT / "tests" / "data" / "db" / "v1", store)
    with Journal.open(store) as journal, journal.reader() as reader:
        assert reader.calibrations() == []
        journal.append(row("recorded", "thermometer"))
        assert [each.body["device"] for each in reader.calibrations()] == ["thermometer"]
        assert journal.verify() == []


def test_finding_them_reads_no_other_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal.open(tmp_path) as journal, journal.reader() as reader:
        journal.append(*(decided(number) for number in range(2_000)), row("recorded", "thermometer"))
        steps = 0

        def stepped() -> int:
            nonlocal steps
            steps += 1
            return 0

        reader._connection.set_progress_handler(stepped, 10)  # every ten instructions of SQLite's machine
        assert len(reader.calibrations()) == 1
        assert steps < 200
        steps = 0
        assert len(reader.rows_after(0, 9, {"passage.none"})) == 0
        assert steps > 200, "a walk over all rows is seen by this count"
