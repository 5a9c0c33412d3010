"""Somebody who cannot be measured is walked to a measurement, through a real gate."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from edge.journal import Journal
from edge.replay import Replay
from tests.system.faults import Office
from tests.system.processes import Gate
from tests.system.stage import Stage
from tests.waiting import until

pytestmark = pytest.mark.system

SLOW_REST = "[screening]\nsweep_s = 0.3\ngap_s = 0.15\nrest_s = 6\n"
ALSO = '[lane.thermometer]\ndriver = "gy614"\nport = "{folder}/thermometer-{lane}"\nalso = ["wrist"]\n'
COLD_BODY_C = 31.0  # 29.0 on the skin


@pytest.fixture
def gate(tmp_path: Path, stage: Stage, office: Office) -> Iterator[Gate]:
    gate = Gate(tmp_path, extra=SLOW_REST, thermometer=ALSO)
    office.trusted_by(gate.store)
    gate.start()
    yield gate
    gate.end()


def advice(gate: Gate) -> dict[str, Any]:
    return gate.lane()["temperature"].get("advice") or {}


def next_way(gate: Gate) -> str:
    return str(advice(gate).get("next", {}).get("way", ""))


def stands_cold(gate: Gate, stage: Stage) -> int:
    """Somebody whose forehead is at 29 degrees is tried twice; return the passage."""
    for way in ("again", "rest"):
        stage.away()
        stage.stand(COLD_BODY_C)
        until(lambda way=way: next_way(gate) == way, 20, f"the advice: {way}")  # type: ignore[misc]
    return int(gate.lane()["passage"])


def passes(gate: Gate, stage: Stage, office: Office, name: str) -> None:
    """Somebody else passes."""
    stage.away()
    stage.stand(36.6)
    until(lambda: gate.lane()["temperature"]["verdict"] == "normal", 20, f"{name} measured")
    stage.show(office.issue(name))
    until(lambda: gate.lane()["person"], 10, f"{name}'s pass")
    gate.post("answers", passage=gate.lane()["passage"], question="mask", value="on")
    gate.wait_for("ended")


def kiosk(gate: Gate) -> str:
    headers = {"authorization": f"Bearer {gate.token}"}
    return urllib3.request("GET", f"{gate.url}/kiosk/in/state", headers=headers, timeout=5.0).data.decode()


def ended(gate: Gate, passage: int) -> dict[str, Any]:
    """Return the row of a passage that ended; every row decides the same again."""
    assert gate.stop() == 0
    [row] = [row for row in gate.rows("passage.decided") if row.body["passage"] == passage]
    journal = Journal.open(gate.store)
    try:
        with journal.reader() as reader:
            assert all(one.same for one in Replay(journal, reader).walk())
    finally:
        journal.close()
    return dict(row.body)


def test_a_cold_person_rests_while_two_others_pass_and_is_admitted_on_the_value_after_it(
    gate: Gate, stage: Stage, office: Office
) -> None:
    passage = stands_cold(gate, stage)
    assert advice(gate)["cause"] == "too_cold"
    assert 'data-next="rest"' in kiosk(gate)
    stage.show(office.issue("钱多多"))
    until(lambda: gate.lane()["person"], 10, "the pass")
    gate.post("answers", passage=passage, question="mask", value="on")
    status, _ = gate.post("park", passage=passage, why="rest")
    assert status == 200
    assert gate.lane()["passage"] is None
    (waiting,) = gate.lane()["parked"]
    assert waiting["rest_left_s"] > 0
    for name in ("王小明", "李晓"):
        passes(gate, stage, office, name)
    stage.away()
    until(lambda: gate.lane()["parked"][0]["rest_left_s"] == 0, 20, "the end of the rest")
    status, _ = gate.post("resume", ticket=waiting["ticket"])
    assert status == 200
    assert (gate.lane()["passage"], advice(gate)["why"]) == (passage, "again_rested")
    stage.stand(36.4)
    gate.wait_for("ended")
    stage.stand(None)
    body = ended(gate, passage)
    assert (body["outcome"], body["offered"]) == ("admit", "rest")
    values = [piece for piece in body["evidence"] if piece["t"] == "measurement"]
    assert [value["after_rest"] for value in values] == [False, False, True]
    assert [value["surface_mdegc"] for value in values] == [29_000, 29_000, 34_400]


def test_a_cold_person_is_measured_by_the_contact_thermometer_instead(
    gate: Gate, stage: Stage, office: Office
) -> None:
    passage = stands_cold(gate, stage)
    stage.show(office.issue("钱多多"))
    until(lambda: gate.lane()["person"], 10, "the pass")
    gate.post("answers", passage=passage, question="mask", value="on")
    status, _ = gate.post("answers", passage=passage, question="temperature_contact", value="36.5")
    assert status == 200
    gate.wait_for("ended")
    stage.stand(None)
    body = ended(gate, passage)
    assert (body["outcome"], body["temperature"]["body_mdegc"]) == ("admit", 36_500)


def test_the_wrist_of_a_cold_person_goes_down_as_a_wrist_and_by_itself_lets_nobody_pass(
    gate: Gate, stage: Stage, office: Office
) -> None:
    passage = stands_cold(gate, stage)
    status, _ = gate.post("measure", passage=passage, place="wrist")
    assert status == 200
    assert advice(gate)["aimed"] == "wrist"
    assert 'data-aimed="wrist"' in kiosk(gate)
    stage.away()
    stage.stand(36.6)
    until(lambda: gate.lane()["measured"][-1]["site"] == "wrist", 20, "the wrist")
    view = gate.lane()
    assert (view["temperature"]["verdict"], advice(gate)["why"]) == ("again", "contact_unknown_place")
    status, answer = gate.post("measure", passage=passage, place="neck")
    assert (status, answer["error"]) == (409, "place_unknown")
    status, answer = gate.post("decision", passage=passage, outcome="admit", reason="known")
    assert (status, answer["error"]) == (409, "second_measurement_required")
    stage.show(office.issue("钱多多"))
    until(lambda: gate.lane()["person"], 10, "the pass")
    gate.post("answers", passage=passage, question="mask", value="on")
    gate.post("answers", passage=passage, question="temperature_contact", value="36.5")
    gate.wait_for("ended")
    stage.stand(None)
    body = ended(gate, passage)
    wrist = next(piece for piece in body["evidence"] if piece.get("site") == "wrist")
    assert (wrist["expected"]["place"], wrist["conversion"]) == ("wrist", "none:place")
    assert "body_mdegc" not in wrist
    assert body["outcome"] == "admit"


def test_first_and_second_value_of_somebody_over_the_threshold_stand_on_the_managers_page(
    gate: Gate, stage: Stage, office: Office
) -> None:
    stage.stand(38.4)
    until(lambda: next_way(gate) == "rest", 20, "the advice to rest")
    passage = gate.lane()["passage"]
    assert 'data-second="no"' in kiosk(gate)
    stage.show(office.issue("钱多多"))
    until(lambda: gate.lane()["person"], 10, "the pass")
    gate.post("answers", passage=passage, question="mask", value="on")
    gate.post("answers", passage=passage, question="temperature_contact", value="38.2")
    gate.wait_for("ended")
    shown = kiosk(gate)
    assert 'data-second="yes"' in shown
    assert "38.4 °C" in shown
    assert "38.2 °C" in shown
    stage.stand(None)
    body = ended(gate, passage)
    assert body["outcome"] == "refer"
    first, second = (body["evidence"][body["temperature"][part]] for part in ("first", "second"))
    assert (first["method"], first["body_mdegc"]) == ("infrared", 38_400)
    assert (second["method"], second["body_mdegc"]) == ("contact", 38_200)
