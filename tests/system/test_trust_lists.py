"""The real district pushes trust lists, the real gate takes or refuses them, and both say so."""

import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import urllib3

from edge.codes import TrustList
from edge.codes.trust_text import dump_list
from edge.domain.model import Carrier
from edge.journal import State
from edge.trust_files import load_list
from edge.uplink.memory import RETRY
from tests.codes.hc1_samples import hc1_trust
from tests.codes.trust_samples import MORE_KEYS
from tests.paths import ROOT
from tests.system.processes import District, Gate
from tests.waiting import until

pytestmark = pytest.mark.system

NAME = "trust-hc1"
NOW_US = time.time_ns() // 1_000_000_000 * 1_000_000
DAY_US = 86_400_000_000


class Office:
    """A district's office at its own command line."""

    def __init__(self, folder: Path, district: District, gate: Gate) -> None:
        self._file, self._store, self._gate = folder / "list.json", district.folder, gate

    def push(self, content: str, *options: str) -> int:
        self._file.write_text(content, "utf-8")
        words = ["list", "push", NAME, str(self._file), *options, "--json", "--store", str(self._store)]
        command = [sys.executable, "-m", "district", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
        state = State.open(self._gate.store)
        state.put(RETRY, {})  # as `gatepost outbox retry`: without it the next heartbeat brings the news
        state.close()
        return int(json.loads(done.stdout)["version"])

    def received(self) -> list[dict[str, Any]]:
        """Return what the gate told of lists, from the district's own ledger."""
        connection = sqlite3.connect(self._store / "district.db")
        rows = connection.execute(
            "SELECT kind, body FROM ledger WHERE kind LIKE 'list.%' ORDER BY sequence"
        ).fetchall()
        connection.close()
        return [{"of": kind, **json.loads(body)} for kind, body in rows]


def test_a_list_goes_from_the_district_to_the_kiosk_and_a_bad_one_does_not(
    tmp_path: Path,
) -> None:
    district = District(tmp_path)
    token = district.add_gate("test-gate")
    extra = (
        f'[uplink]\nurl = "{district.url}"\ntoken = "{token}"\nevery_s = 0.5\n[codes]\nmax_age_days = 100\n'
    )
    gate = Gate(tmp_path, extra=extra, thermometer="", scanner="")
    office = Office(tmp_path, district, gate)
    try:
        district.start()
        gate.start()
        first = TrustList(Carrier.HC1, (hc1_trust(),), NOW_US - 90 * DAY_US)
        version = office.push(dump_list(first))
        folder = gate.store / "trust"
        until(lambda: load_list(folder, Carrier.HC1).version == version, 40, "the first list")
        assert load_list(folder, Carrier.HC1).keys == first.keys
        until(office.received, 40, "the row about it at the district")
        assert office.received()[0] | {"sha256": ""} == {
            "of": "list.received",
            "kind": "trust",
            "name": NAME,
            "version": version,
            "as_of_us": first.as_of_us,
            "count": 1,
            "withdrawn": 0,
            "sha256": "",
        }
        until(lambda: "trust_ageing" in gate.problems(), 10, "the warning of its age")
        assert gate.ready()["ready"] is True
        page = kiosk(gate)
        date = time.strftime("%Y-%m-%d", time.gmtime((first.as_of_us or 0) / 1e6 + 8 * 3600))
        assert f'class="trust-ageing" data-trust="hc1">欧盟证书（HC1） {date}' in page

        # Well-formed for the district, and no key for a gate.
        bad = json.loads(dump_list(first)) | {
            "keys": [{"issuer": "XA", "key_id": "AA==", "algorithm": "ES256"}]
        }
        refused = office.push(json.dumps(bad))
        assert refused > version
        until(lambda: len(office.received()) == 2, 40, "the refusal at the district")
        assert (office.received()[1]["of"], office.received()[1]["version"]) == ("list.refused", refused)
        assert alarms(district) == [("list_refused", None)]
        until(lambda: "list_refused" in gate.problems(), 10, "the refusal at the gate")
        assert load_list(folder, Carrier.HC1).version == version

        gate.stop()
        gate.start()  # what was refused is refused again, told once, and what is held stays held
        newer = TrustList(Carrier.HC1, (hc1_trust(MORE_KEYS[0], b"new"),), NOW_US)
        taken = office.push(dump_list(newer))
        assert taken > refused
        until(lambda: load_list(folder, Carrier.HC1).version == taken, 40, "the next list")
        until(lambda: len(office.received()) == 3, 40, "its row at the district")
        assert [row["of"] for row in office.received()] == ["list.received", "list.refused", "list.received"]
        assert [over is not None for _, over in alarms(district)] == [True]
        until(lambda: not {"list_refused", "trust_ageing"} & gate.problems(), 10, "no complaint left")
        assert 'class="trust-fresh" data-trust="hc1"' in kiosk(gate)
        assert gate.stop() == 0
        assert gate.faults() == []
    finally:
        gate.end()
        district.end()


def kiosk(gate: Gate) -> str:
    headers = {"authorization": f"Bearer {gate.token}"}
    answer = urllib3.request("GET", f"{gate.url}/kiosk/in/state", headers=headers, timeout=5.0)
    assert answer.status == 200
    return answer.data.decode()


def alarms(district: District) -> list[tuple[str, int | None]]:
    connection = sqlite3.connect(district.folder / "district.db")
    rows = connection.execute("SELECT code, over_us FROM alarm").fetchall()
    connection.close()
    return [(code, over) for code, over in rows]
