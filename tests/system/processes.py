"""The real programs as child processes: a gate and a district, started, killed, started again."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import urllib3

from edge.journal import Journal, State, StoredRow
from edge.web.users import ATTENDANT, MANAGER, Users
from tests.paths import ROOT
from tests.waiting import until

LANE = """
[[lane]]
name = "{lane}"
direction = "in"
procedure = "{procedure}"
abandon_s = 60
{thermometer}
{scanner}
[lane.barrier]
driver = "simulated"
[lane.voice]
driver = "simulated"
"""
SPOT = '[lane.thermometer]\ndriver = "gy614"\nport = "{folder}/thermometer-{lane}"\n'
SERIAL = '[lane.scanner]\ndriver = "serial"\nport = "{folder}/scanner-{lane}"\n'
PIN, PASSWORD = "482915", "correct horse staple"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """A child that is only ever ended by its own process id."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise AssertionError("a process needs a command")

    def spawn(self) -> None:
        with self.log.open("ab") as log:
            environ = {k: v for k, v in os.environ.items() if not k.startswith("GATEPOST_")}
            self.process = subprocess.Popen(self.command(), cwd=ROOT, stdout=log, stderr=log, env=environ)

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self, timeout_s: float = 25.0) -> int:
        """End it as systemd would; return its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout_s)

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    def text(self) -> str:
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""


class Gate(Process):
    """A gate in a folder of its own."""

    def __init__(
        self,
        folder: Path,
        *,
        procedure: str = "compound",
        extra: str = "",
        thermometer: str = SPOT,
        scanner: str = SERIAL,
    ) -> None:
        super().__init__(folder / "gate.log")
        self.folder, self.store, self.port = folder, folder / "store", free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = folder / "gatepost.toml"
        lane = LANE.format(
            folder=folder,
            lane="in",
            procedure=procedure,
            thermometer=thermometer.format(folder=folder, lane="in"),
            scanner=scanner.format(folder=folder, lane="in"),
        )
        head = (
            f'[gate]\nid = "test-gate"\nname = "测试门岗"\n[store]\npath = "{self.store}"\n'
            f'[web]\nlisten = "127.0.0.1:{self.port}"\n'
        )
        self.config.write_text(f"{head}{extra}\n{lane}", "utf-8")
        state = State.open(self.store)
        users = Users(state)
        users.add("door1", ATTENDANT, PIN)
        users.add("boss", MANAGER, PASSWORD)
        self.token, self.boss_token = users.issue_token("door1"), users.issue_token("boss")
        state.close()
        self._http = urllib3.PoolManager(4, maxsize=8, retries=False)

    def command(self) -> list[str]:
        return [sys.executable, "-m", "edge", "run", "--config", str(self.config)]

    def start(self) -> None:
        """Start and wait until the pages answer."""
        self.spawn()
        until(self._answers, 60, f"the gate's pages:\n{self.text()[-2000:]}")

    def ready(self) -> dict[str, Any]:
        """Return what /readyz says."""
        return dict(self.get("/readyz", token=None)[1])

    def problems(self) -> set[str]:
        return {problem["code"] for problem in self.ready()["problems"]}

    def get(self, path: str, *, token: str | None = "") -> tuple[int, Any]:
        headers = {} if token is None else {"authorization": f"Bearer {token or self.token}"}
        answer = self._http.request("GET", self.url + path, headers=headers, timeout=5.0)
        return answer.status, json.loads(answer.data)

    def post(self, what: str, *, command_id: str = "", **body: Any) -> tuple[int, Any]:
        body |= {"command_id": command_id or uuid.uuid4().hex}
        headers = {"authorization": f"Bearer {self.token}"}
        url = f"{self.url}/api/v1/lanes/in/{what}"
        answer = self._http.request("POST", url, json=body, headers=headers, timeout=8.0)
        return answer.status, json.loads(answer.data)

    def lane(self) -> dict[str, Any]:
        return dict(self.get("/api/v1/lanes/in")[1])

    def wait_for(self, stage: str, timeout_s: float = 15.0) -> dict[str, Any]:
        """Wait until the lane is at a stage; return its view."""
        return until(lambda: (v := self.lane())["stage"] == stage and v, timeout_s, f"stage {stage}") or {}

    def rows(self, *kinds: str) -> list[StoredRow]:
        """Return the journal's rows, read from the file."""
        with Journal.open(self.store, create=False) as journal:
            reader = journal.reader()
            rows = reader.rows_after(0, 100_000, kinds or None)
            reader.close()
        return rows

    def faults(self) -> list[str]:
        """Return what is wrong with the chain."""
        with Journal.open(self.store, create=False) as journal:
            return journal.verify()

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.text()[-3000:]
        try:
            return bool(self._http.request("GET", f"{self.url}/healthz", timeout=1.0).status == 200)
        except urllib3.exceptions.HTTPError:
            return False


class District(Process):
    """The district's server in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "district.log")
        self.folder, self.port = folder / "district", free_port()
        self.url = f"http://127.0.0.1:{self.port}/ingest"

    def add_gate(self, name: str) -> str:
        from district import registry
        from district.store import Store

        store = Store.open(self.folder)
        with store.write() as connection:
            token = registry.add_gate(connection, name, time.time_ns() // 1000)
        store.close()
        return token

    def command(self) -> list[str]:
        listen = f"127.0.0.1:{self.port}"
        return [sys.executable, "-m", "district", "run", "--store", str(self.folder), "--listen", listen]

    def start(self) -> None:
        self.spawn()
        until(self._listens, 60, "the district's server")

    def passages(self) -> list[int]:
        """Return the numbers of all passages that ended, one for every row, from the file."""
        import sqlite3

        connection = sqlite3.connect(self.folder / "district.db")
        found = connection.execute("SELECT body FROM ledger WHERE kind='passage.decided'").fetchall()
        connection.close()
        return [json.loads(body)["passage"] for (body,) in found]

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
