"""Garbage on the line, hostile payloads, huge requests, wrong files: a clear answer, nothing lost."""

import base64
import random
import socket
from pathlib import Path

import pytest

from edge.journal import Journal
from tests.system.faults import Office
from tests.system.processes import Gate
from tests.system.stage import Line, Stage
from tests.waiting import until

pytestmark = pytest.mark.system

HOSTILE = {
    "html": b"<script>alert('x')</script><img src=x onerror=alert(1)>",
    "nul": b"ab\x00cd\x00",
    "long": b"A1" * 1500,
    "gbk": "健康码：王小明".encode("gb18030"),
    "binary": bytes(range(128, 200)),
    "json": b'{"$ref": "#", "__proto__": {"x": 1}}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_payload_is_unknown_kept_exactly_and_shown_as_text(
    gate: Gate, stage: Stage, name: str
) -> None:
    stage.show(HOSTILE[name])
    view = gate.wait_for("hold")
    assert view["reasons"] == ["code_not_accepted"]
    body = {"passage": view["passage"], "outcome": "turn_back", "reason": "not_allowed"}
    assert gate.post("decision", **body)[0] == 200
    page = gate._http.request(
        "GET",
        f"{gate.url}/review/passage/{view['passage']}",
        headers={"authorization": f"Bearer {gate.boss_token}"},
        redirect=False,
    )
    assert page.status < 500
    assert b"<script>alert" not in page.data
    assert gate.stop() == 0
    (row,) = gate.rows("passage.decided")
    with Journal.open(gate.store, create=False) as journal:
        sealed = journal.unseal(row)
    assert sealed is not None
    (piece,) = sealed["evidence"].values()
    assert base64.b64decode(piece["payload"]) == HOSTILE[name]


def test_garbage_half_frames_and_wrong_sums_on_the_line_never_make_a_value(tmp_path: Path) -> None:
    """A line of our own in place of the module: noise with good frames in between."""
    from drivers.thermometer.gy614 import encode
    from tests.system.faults import QUICK

    line, scanner = Line(tmp_path / "thermometer-in"), Line(tmp_path / "scanner-in")
    line.plug()
    scanner.plug()
    gate = Gate(tmp_path, extra=QUICK)
    noise = random.Random(7)
    good = encode(34.6, 21.0, 36.6)
    wrong = good[:-1] + bytes([good[-1] ^ 0x55])
    try:
        gate.start()
        until(lambda: _noise(line, noise, good, wrong) and _verdict(gate) == "normal", 20, "the person")
        view = gate.lane()["temperature"]
        assert (view["surface_mdegc"], view["body_mdegc"]) == (34_600, 36_600)
        counted = gate._http.request("GET", f"{gate.url}/metrics").data.decode()
        bad = [text for text in counted.splitlines() if text.startswith("gatepost_frames_bad_total{")]
        assert bad
        assert float(bad[0].rsplit(" ", 1)[1]) > 0
    finally:
        gate.end()
        line.unplug()
        scanner.unplug()


def _noise(line: Line, noise: random.Random, good: bytes, wrong: bytes) -> bool:
    line.write(noise.randbytes(9) + wrong + good + good[: noise.randrange(12)])
    return True


def _verdict(gate: Gate) -> str:
    return str(gate.lane()["temperature"]["verdict"])


def test_a_post_of_ten_megabytes_is_refused_and_the_gate_goes_on(gate: Gate) -> None:
    answer = gate._http.request(
        "POST",
        f"{gate.url}/api/v1/lanes/in/answers",
        body=b"{" + b" " * 10_000_000 + b"}",
        headers={"authorization": f"Bearer {gate.token}", "content-type": "application/json"},
        timeout=30.0,
    )
    assert answer.status == 413
    assert gate.get("/api/v1/lanes/in")[0] == 200


def test_no_request_at_all_and_half_a_request_hold_nobody_up(gate: Gate) -> None:
    idle = [socket.create_connection(("127.0.0.1", gate.port)) for _ in range(30)]
    for connection in idle[:15]:
        connection.sendall(
            b"POST /api/v1/lanes/in/answers HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\n{"
        )
    try:
        assert gate.get("/api/v1/lanes/in")[0] == 200
    finally:
        for connection in idle:
            connection.close()


def test_a_config_with_five_faults_names_all_five(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    gate = Gate(tmp_path)
    text = gate.config.read_text("utf-8")
    text = text.replace('driver = "gy614"', 'driver = "gy61"').replace("abandon_s = 60", "abandon_s = 1")
    text = text.replace('id = "test-gate"', "id = 5").replace(
        'procedure = "compound"', 'procedure = "compund"'
    )
    text = text.replace("[web]\n", '[web]\nlissen = "x"\n')
    gate.config.write_text(text, "utf-8")
    gate.spawn()
    assert gate.process is not None
    assert gate.process.wait(30) == 3
    stage.close()
    said = gate.text()
    for word in ("gy61", "abandon_s", "id", "compund", "lissen"):
        assert word in said
    assert len([text for text in said.splitlines() if str(gate.config) in text]) == 5


def test_a_journal_of_a_newer_version_is_left_as_it_is(gate: Gate) -> None:
    import sqlite3

    assert gate.stop() == 0
    path = gate.store / "journal.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 9999")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    before = path.read_bytes()
    gate.spawn()
    assert gate.process is not None
    assert gate.process.wait(30) == 5
    assert path.read_bytes() == before


def test_nothing_personal_reaches_the_log(gate: Gate, stage: Stage, office: Office) -> None:
    secrets = ("钱多多", "110101199003070011", "13800000000", "3-502")
    stage.show(office.issue("钱多多"))
    view = until(lambda: (v := gate.lane())["person"] and v, 10, "the person")
    for question, value in (("id_number", secrets[1]), ("name", secrets[0]), ("phone", secrets[2])):
        gate.post("answers", passage=view["passage"], question=question, value=value)
    gate.post("answers", passage=view["passage"], question="nonsense", value=secrets[1])
    assert gate.stop() == 0
    for secret in secrets:
        assert secret not in gate.text()
        for path in gate.store.iterdir():
            if path.is_file():
                assert secret.encode() not in path.read_bytes(), path
