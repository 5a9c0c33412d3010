"""`./gate demo`, as somebody would run it on the first day."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from edge.journal import Journal
from tests.paths import ROOT
from tests.system.processes import free_port

pytestmark = pytest.mark.system


def test_the_demo_lets_twenty_pass_and_the_district_has_every_one(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "demo", "--port", str(free_port()), "--passages", "20"]
    command += ["--folder", str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert ran.returncode == 0, ran.stderr[-3000:]
    counted = re.search(r"passages at the gate (\d+), at the district (\d+): (.*)", ran.stdout)
    assert counted is not None, ran.stdout
    assert int(counted[1]) >= 20
    assert counted[1] == counted[2]
    for kind in ("admit", "turn_back", "refer", "by hand", "second measurement"):
        assert kind in counted[3]
    pin = json.loads((tmp_path / "world" / "world.json").read_text("utf-8"))["pin"]
    assert pin in ran.stdout
    with Journal.open(tmp_path / "run" / "store", create=False) as journal:
        assert journal.verify() == []
