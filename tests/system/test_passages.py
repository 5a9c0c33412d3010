"""Passages through the real process: real bytes in, rows on disk out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from edge.domain.model import Outcome
from tests.paths import ROOT
from tests.system.faults import QUICK, Office
from tests.system.processes import Gate
from tests.system.stage import Stage
from tests.waiting import until

pytestmark = pytest.mark.system


def measured(gate: Gate, verdict: str) -> dict:  # type: ignore[type-arg]
    return until(lambda: (v := gate.lane())["temperature"]["verdict"] == verdict and v, 10, verdict) or {}


def test_r09_a_resident_passes_and_everything_the_instruments_said_is_kept(
    gate: Gate, stage: Stage, office: Office
) -> None:
    stage.stand(36.6)
    stage.show(office.issue("钱多多"))
    view = until(lambda: (v := gate.lane())["person"] and v, 10, "the person")
    assert view["person"]["name"] == "钱多多"
    measured(gate, "normal")
    status, answer = gate.post("answers", passage=view["passage"], question="mask", value="on")
    assert status == 200
    assert gate.lane()["last"]["outcome"] == Outcome.ADMIT
    until(lambda: any(e.body["passage"] for e in gate.rows("passage.effects")), 10, "the effects")
    stage.stand(None)
    assert gate.stop() == 0
    (row,) = gate.rows("passage.decided")
    assert row.seq == answer["sequence"]
    measurement = next(piece for piece in row.body["evidence"] if piece["t"] == "measurement")
    assert measurement["surface_mdegc"] == 34_600
    assert measurement["vendor_body_mdegc"] == 36_600
    assert measurement["ambient_mdegc"] == 21_000
    assert all(raw.startswith("a4030707") for raw in measurement["raw"])
    assert "钱多多" not in json.dumps(row.body, ensure_ascii=False)
    # Another row may say that the stop broke off a sentence.
    (effects,) = (e for e in gate.rows("passage.effects") if e.body.get("decided") == row.seq)
    assert {entry["device"] for entry in effects.body["effects"]} == {"barrier", "voice"}
    assert effects.seq > row.seq
    assert gate.faults() == []
    for name in ("钱多多", "3-502"):
        assert name not in gate.text()


def test_a_hot_forehead_is_measured_again_after_a_rest_also_after_a_restart(
    gate: Gate, stage: Stage, office: Office
) -> None:
    code = office.issue()
    stage.show(code)
    stage.stand(38.3)
    view = gate.wait_for("hold")
    assert view["reasons"] == ["temperature_again"]
    assert "admit" not in view["actions"]
    status, answer = gate.post("decision", passage=view["passage"], outcome="admit", reason="known")
    assert (status, answer["error"]) == (409, "second_measurement_required")
    assert gate.post("park", passage=view["passage"], why="rest")[0] == 200
    stage.stand(None)
    gate.kill()
    gate.start()
    (parked,) = gate.lane()["parked"]
    assert parked["passage"] == view["passage"]
    until(lambda: gate.lane()["parked"][0]["rest_left_s"] == 0, 10, "the rest")
    assert gate.post("resume", passage=None, ticket=parked["ticket"])[0] == 200
    stage.stand(36.7)
    measured(gate, "normal")
    assert gate.post("answers", passage=view["passage"], question="mask", value="on")[0] == 200
    assert gate.lane()["last"]["outcome"] == Outcome.ADMIT
    stage.stand(None)


def test_a_contact_thermometer_confirms_and_a_repeated_tap_changes_nothing(
    gate: Gate, stage: Stage, office: Office
) -> None:
    stage.show(office.issue())
    stage.stand(38.3)
    view = gate.wait_for("hold")
    body = {"passage": view["passage"], "question": "temperature_contact", "value": "38.1"}
    first = gate.post("answers", command_id="one", **body)
    assert first[0] == 200
    assert gate.post("answers", command_id="one", **body) == first
    assert gate.post("answers", command_id="two", **body)[0] == 409
    stage.stand(None)
    assert gate.stop() == 0
    (row,) = gate.rows("passage.decided")
    assert row.body["outcome"] == "refer"
    assert row.body["reasons"] == ["temperature_over_threshold"]


def test_a_repeated_decision_after_a_kill_gives_the_same_row(gate: Gate, stage: Stage) -> None:
    status, begun = gate.post("begin")
    assert status == 200
    body = {"passage": begun["passage"], "outcome": "turn_back", "reason": "not_allowed"}
    first = gate.post("decision", command_id="same", **body)
    assert first[0] == 200
    gate.kill()
    gate.start()
    assert gate.post("decision", command_id="same", **body) == first


def test_stopping_with_somebody_in_the_lane_keeps_them_on_the_bench(
    gate: Gate, stage: Stage, office: Office
) -> None:
    stage.show(office.issue())
    until(lambda: gate.lane()["person"], 10, "the person")
    assert gate.stop() == 0
    gate.start()
    (parked,) = gate.lane()["parked"]
    assert parked["why"] == "restarted"


def test_replay_decides_every_stored_passage_the_same_again(gate: Gate, stage: Stage, office: Office) -> None:
    from edge.journal import Journal
    from edge.replay import Replay

    for body_c, value in ((36.5, "on"), (36.9, "refused")):
        stage.stand(body_c)
        stage.show(office.issue())
        view = until(lambda: (v := gate.lane())["person"] and v, 10, "the person")
        measured(gate, "normal")
        gate.post("answers", passage=view["passage"], question="mask", value=value)
        stage.away()
    assert gate.stop() == 0
    with Journal.open(gate.store, create=False) as journal:
        reader = journal.reader()
        replayed = list(Replay(journal, reader).walk())
        reader.close()
    assert [one.same for one in replayed] == [True, True]


def test_two_gates_never_run_on_one_store(gate: Gate) -> None:
    second = Gate.__new__(Gate)
    second.__dict__.update(gate.__dict__)
    second.log = gate.folder / "second.log"
    second.spawn()
    assert second.process is not None
    assert second.process.wait(30) == 3
    assert "another gate runs on this store" in second.text()


def test_a_procedure_with_a_fault_is_named_before_anything_starts(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    folder = tmp_path / "procedures"
    folder.mkdir()
    (folder / "odd.toml").write_text('title = { zh_Hans = "x", en = "y" }\nstep = []\n', "utf-8")
    gate = Gate(tmp_path, procedure="odd", extra=QUICK)
    gate.spawn()
    assert gate.process is not None
    assert gate.process.wait(30) == 3
    assert "odd.toml" in gate.text()
    stage.close()


def test_a_port_that_is_taken_is_said_and_is_no_reason_to_try_for_ever(gate: Gate, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    other = Gate(folder, extra=QUICK)
    other.config.write_text(other.config.read_text("utf-8").replace(str(other.port), str(gate.port)), "utf-8")
    other.spawn()
    assert other.process is not None
    assert other.process.wait(30) == 3
    assert f"127.0.0.1:{gate.port}" in other.text()
    assert "Traceback" not in other.text()


def test_config_check_looks_into_the_procedures_the_lanes_name(tmp_path: Path) -> None:
    folder = tmp_path / "procedures"
    folder.mkdir()
    (folder / "odd.toml").write_text('title = { zh_Hans = "x", en = "y" }\nstep = []\n', "utf-8")
    gate = Gate(tmp_path, procedure="odd")
    command = [sys.executable, "-m", "edge", "config", "check", "--config", str(gate.config)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 3
    assert "odd.toml: step" in ran.stdout
