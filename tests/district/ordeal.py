"""Kills a real district and a real gate, in turns and at random moments, while rows pass between them.

`python -m tests.district.ordeal KILLS ROWS SEED` runs the long form; the suite runs a short one.
"""

import contextlib
import json
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from district.store import FILE
from edge.journal import Journal
from tests.district.desk import GATE
from tests.paths import ROOT
from tests.waiting import until

_COMMAND = [sys.executable, "-m"]


@dataclass
class Outcome:
    """What is left after the ordeal."""

    head: int = 0
    stored: list[tuple[int, bytes]] = field(default_factory=list)
    expected: list[tuple[int, bytes]] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    kills: int = 0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Ordeal:
    """Two processes and the means to kill them."""

    def __init__(self, folder: Path) -> None:
        self.district_store = folder / "district"
        self.gate_store = folder / "gate"
        self.port = free_port()
        self.log = (folder / "log.txt").open("wb")
        made = subprocess.run(
            [*_COMMAND, "district", "gate", "add", GATE, "--store", str(self.district_store), "--json"],
            capture_output=True,
            check=True,
            cwd=ROOT,
        )
        self.token = json.loads(made.stdout)["token"]
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, rows: int) -> None:
        url = f"http://{self.listen}/ingest"
        command = {
            "district": ["district", "run", "--store", str(self.district_store), "--listen", self.listen],
            "gate": ["tests.district.gatekeeper", str(self.gate_store), url, self.token, str(rows)],
        }[name]
        self.children[name] = subprocess.Popen(
            [*_COMMAND, *command], cwd=ROOT, stdout=self.log, stderr=self.log
        )
        if name == "district":
            until(self.district_answers, 30, "the district to answer")

    @property
    def listen(self) -> str:
        return f"127.0.0.1:{self.port}"

    def district_answers(self) -> bool:
        assert self.children["district"].poll() is None, "the district ended by itself"
        with (
            contextlib.suppress(OSError),
            urlopen(Request(f"http://{self.listen}/readyz"), timeout=5) as answer,
        ):
            return bool(answer.status == 200)
        return False

    def kill(self, name: str) -> None:
        child = self.children.pop(name)
        assert child.poll() is None, f"{name} ended by itself"
        child.send_signal(signal.SIGKILL)
        child.wait(10)

    def stored(self) -> int:
        try:
            return int(self._district("SELECT COUNT(*) FROM ledger")[0][0])
        except sqlite3.OperationalError:
            return 0

    def written(self) -> int:
        path = self.gate_store / "journal.db"
        if not path.exists():
            return 0
        with contextlib.closing(
            sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)
        ) as connection:
            try:
                return int(connection.execute("SELECT coalesce(max(seq),0) FROM journal").fetchone()[0])
            except sqlite3.OperationalError:
                return 0

    def outcome(self, kills: int) -> Outcome:
        found = Outcome(kills=kills)
        found.stored = self._district("SELECT sequence, hash FROM ledger WHERE rejected IS NULL ORDER BY id")
        found.alarms = [row[0] for row in self._district("SELECT DISTINCT code FROM alarm")]
        with Journal.open(self.gate_store, create=False) as journal:
            reader = journal.reader()
            found.head = reader.head()
            found.expected = [(row.seq, row.hash) for row in reader.rows_after(0, 1_000_000)]
            reader.close()
            found.faults = journal.verify()
        return found

    def close(self) -> None:
        for child in self.children.values():
            child.kill()
            child.wait(10)
        self.log.close()

    def _district(self, sql: str) -> list[Any]:
        path = self.district_store / FILE
        with contextlib.closing(
            sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)
        ) as connection:
            return connection.execute(sql).fetchall()


def run(folder: Path, kills: int, rows: int, seed: int) -> Outcome:
    """Kill the district `kills` times, the gate half as often, then let the outbox run empty."""
    chance = random.Random(seed)
    ordeal = Ordeal(folder)
    try:
        ordeal.start("district", rows)
        ordeal.start("gate", rows)
        for kill in range(kills):
            before = ordeal.stored()
            enough = before + chance.randint(1, max(2, rows // (2 * kills)))
            until(lambda: ordeal.stored() >= min(enough, rows), 60, "rows to arrive")  # noqa: B023
            ordeal.kill("district")
            if kill % 2:
                ordeal.kill("gate")
                ordeal.start("gate", rows)
            time.sleep(chance.random() * 0.3)  # how long the district is away is part of the ordeal
            ordeal.start("district", rows)
        until(lambda: ordeal.written() >= rows, 120, "the gate to write its rows")
        until(lambda: ordeal.stored() >= ordeal.written(), 120, "the outbox to run empty")
        ordeal.kill("gate")
        ordeal.kill("district")
        return ordeal.outcome(kills)
    finally:
        ordeal.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        result = run(Path(place), int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    same = result.stored == result.expected
    sys.stdout.write(
        f"kills {result.kills} rows {result.head} same {same} alarms {result.alarms} {result.faults}\n"
    )
    sys.exit(not same)
