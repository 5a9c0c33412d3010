"""A procedure changes while a real gate runs: nobody under way is touched, nothing is restarted, and a start
finds what was published last."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from edge import procedures
from edge.domain.model import ClockQuality, Instant
from edge.journal import Journal, Row
from edge.registers.published import body_of, choices
from tests.paths import ROOT
from tests.system.processes import Gate
from tests.system.stage import Stage
from tests.waiting import until

pytestmark = pytest.mark.system

SHIPPED = ROOT / "config" / "procedures"
MASK_ONLY = """title = { zh_Hans = "只看口罩", en = "Mask only" }
ordered = false
[[step]]
id = "mask"
kind = "question"
must = "mask"
title = { zh_Hans = "口罩", en = "Mask" }
[[step.question]]
id = "mask"
title = { zh_Hans = "口罩", en = "Mask" }
choices = [{ value = "on", title = { zh_Hans = "已戴好", en = "On" } }]
[[reason]]
value = "known"
title = { zh_Hans = "认识", en = "Known" }
"""


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    folder = tmp_path_factory.mktemp("live")
    made = Gate(folder)
    own = folder / "procedures"
    own.mkdir()
    (own / "compound.toml").write_text((SHIPPED / "compound.toml").read_text("utf-8"), "utf-8")
    with closing(Stage(folder)):
        made.start()
        try:
            yield made
        finally:
            made.end()


def ask(gate: Gate, method: str, path: str, **body: Any) -> tuple[int, Any]:
    headers = {"authorization": f"Bearer {gate.boss_token}"}
    more = {"json": body} if body else {}
    answer = gate._http.request(
        method, f"{gate.url}/api/v1/procedures{path}", headers=headers, timeout=8.0, **more
    )
    return answer.status, json.loads(answer.data)


def lane(gate: Gate) -> dict[str, Any]:
    return dict(ask(gate, "GET", "")[1]["lanes"][0])


def publish(gate: Gate, text: str, name: str = "compound", **more: Any) -> tuple[int, Any]:
    body = {"name": name, "text": text, "made_from": {"in": lane(gate)["made_from"]}, "why": "order"}
    return ask(gate, "POST", "", command_id=uuid.uuid4().hex, **(body | more))


def follows(gate: Gate, version: str) -> None:
    until(lambda: gate.lane()["procedure"]["version"] == version, 10, "the lane to follow")


def decided(gate: Gate) -> list[tuple[str, str]]:
    return [(row.body["procedure"]["version"], row.body["outcome"]) for row in gate.rows("passage.decided")]


def turned_back(gate: Gate, passage: int) -> None:
    assert gate.post("decision", passage=passage, outcome="turn_back", reason="known")[0] == 200


def command(gate: Gate, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "edge", *words, "--config", str(gate.config)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        check=False,
    )
    return done.stdout + done.stderr


def test_a_passage_under_way_ends_by_the_old_version_and_the_next_begins_with_the_new(gate: Gate) -> None:
    old = gate.lane()["procedure"]["version"]
    passage = gate.post("begin")[1]["passage"]
    status, done = publish(gate, MASK_ONLY)
    assert (status, done["lanes"]) == (200, ["in"])
    assert gate.post("answers", passage=passage, question="mask", value="on")[0] == 200
    assert gate.lane()["procedure"]["version"] == old  # the mask alone would be enough by the new one
    turned_back(gate, passage)
    follows(gate, done["version"])
    passage = gate.post("begin")[1]["passage"]
    assert gate.post("answers", passage=passage, question="mask", value="on")[0] == 200
    assert decided(gate) == [(old, "turn_back"), (done["version"], "admit")]
    assert "2 passages, 0 differ, 0 cannot" in command(gate, "replay")


def test_where_a_lanes_procedure_is_from_is_said_by_config_show_and_doctor(gate: Gate) -> None:
    shown = [line for line in command(gate, "config", "show").splitlines() if "lane.in.procedure" in line]
    assert shown == [f'lane.in.procedure = "compound"  # {shown[0].partition("# ")[2]}']
    assert shown[0].partition("# ")[2].startswith("page (by boss, version ")
    assert lane(gate)["version"] in command(gate, "doctor")


def test_a_text_with_faults_is_refused_with_all_of_them_and_the_old_one_stays(gate: Gate) -> None:
    before = lane(gate)["version"]
    wrong = MASK_ONLY.replace('kind = "question"', 'kind = "riddle"').replace('en = "Known"', 'en = ""')
    status, refused = publish(gate, wrong)
    assert status == 400
    assert refused["error"] == "faulty_procedure"
    assert {"step.0.kind", "reason.0.title.en"} <= {fault["place"] for fault in refused["faults"]}
    assert all(fault["zh"] != fault["en"] for fault in refused["faults"])
    assert lane(gate)["version"] == before


def test_a_rehearsal_of_a_draft_leaves_no_row_behind(gate: Gate) -> None:
    before = len(gate.rows())
    text = (SHIPPED / "compound.toml").read_text("utf-8")
    moves = [
        {"do": "code", "value": "good", "about": "gatepost_pass"},
        {"do": "temperature", "value": "normal"},
        {"do": "answer", "value": "on", "about": "mask"},
    ]
    status, told = ask(gate, "POST", "/rehearse", lane="in", name="compound", text=text, moves=moves)
    assert (status, told["outcome"]) == (200, "admit")
    assert "barrier pulse" in told["effects"]
    assert told["last"]["again"] == 2
    assert len(gate.rows()) == before


def test_killed_between_the_commit_and_the_change_the_newest_published_is_in_force(gate: Gate) -> None:
    # Somebody is parked under the old version; the new one is on disk, and the lane never heard of it.
    old = lane(gate)
    passage = gate.post("begin")[1]["passage"]
    assert gate.post("park", passage=passage, why="other")[0] == 200
    gate.kill()
    version = committed_only(gate, MASK_ONLY.replace("Mask only", "Mask, later"))
    gate.start()
    assert version != old["version"]
    assert gate.lane()["procedure"]["version"] == version
    assert lane(gate)["source"] == "page"
    (waiting,) = gate.lane()["parked"]
    assert gate.post("resume", ticket=waiting["ticket"])[0] == 200
    assert gate.lane()["procedure"]["version"] == old["version"]
    turned_back(gate, passage)
    assert decided(gate)[-1] == (old["version"], "turn_back")
    assert " 0 differ, 0 cannot" in command(gate, "replay")


def committed_only(gate: Gate, text: str) -> str:
    """Write what publishing writes, and nothing else of it."""
    rows, found = gate.rows("procedure.published"), procedures.parse("compound", text)
    at = Instant(rows[-1].mono_us + 1, rows[-1].at_us + 1, ClockQuality.UNSET)
    body = body_of(found, text) | {
        "lanes": ["in"],
        "source": "page",
        "by": "boss",
        "why": "order",
        "made_from": {"in": rows[-1].body["version"]},
        "command_id": uuid.uuid4().hex,
    }
    with Journal.open(gate.store, create=False) as journal:
        journal.append(Row("procedure.published", at, body))
    return found.version


def test_back_to_the_file_holds_after_a_start_and_a_broken_file_keeps_the_old_one_in_force(
    gate: Gate,
) -> None:
    made_from = {"in": lane(gate)["made_from"]}
    body = {"command_id": uuid.uuid4().hex, "made_from": made_from, "why": "back"}
    status, done = ask(gate, "POST", "/file", **body)
    assert status == 200
    follows(gate, done["version"])
    assert ask(gate, "POST", "/file", **body)[1] == done  # the same command does nothing twice
    file = gate.folder / "procedures" / "compound.toml"
    good = file.read_text("utf-8")
    file.write_text(good.replace('kind = "form"', 'kind = "forms"'), "utf-8")
    gate.kill()
    gate.start()
    assert gate.lane()["procedure"]["version"] == done["version"]
    assert "procedure_refused" in gate.problems()
    assert any("step.1.kind" in fault for fault in lane(gate)["refused"])
    assert "step.1.kind" in command(gate, "doctor")
    file.write_text(good, "utf-8")


def test_two_programs_at_once_are_told_apart(gate: Gate) -> None:
    made_from = {"in": lane(gate)["made_from"]}
    assert publish(gate, MASK_ONLY, made_from=made_from)[0] == 200
    status, refused = publish(gate, MASK_ONLY.replace("认识", "本人认识"), made_from=made_from)
    assert (status, refused["error"]) == (409, "other_version")


def test_an_attendant_may_neither_read_nor_change_a_procedure(gate: Gate) -> None:
    assert gate.get("/api/v1/procedures")[0] == 403


def test_the_rows_alone_say_what_the_lane_follows(gate: Gate) -> None:
    with Journal.open(gate.store, create=False) as journal, journal.reader() as reader:
        found = choices(reader)["in"]
    assert found.now is not None
    follows(gate, found.now.version)


def test_everything_that_passed_is_decided_alike_again(gate: Gate) -> None:
    assert " 0 differ, 0 cannot" in command(gate, "replay")
    assert gate.faults() == []
