"""A district on a temporary store with a clock moved by hand, and gates that post to it in process."""

import functools
import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from district import registry
from district.committer import Committer
from district.config import Settings
from district.store import Store
from district.web import create_app
from edge import wire
from tests.uplink.fakes import FIRST, GATE, FakeJournal

NOON_US = 1_581_134_400_000_000  # 2020-02-08 12:00 in Shanghai


class Desk:
    """Everything of a district but the sockets."""

    def __init__(self, folder: Path) -> None:
        self.now_us = NOON_US
        self.store = Store.open(folder)
        self.committer = Committer(self.store)
        self.committer.start()
        self.settings = Settings()
        self.app = create_app(self.store, self.committer, self.settings, lambda: self.now_us)
        self.client: FlaskClient = self.app.test_client()
        self.token = self.add_gate(GATE)
        with self.store.write() as connection:
            self.program = registry.add_program(connection, "demo", self.now_us)

    @functools.cached_property
    def password(self) -> str:
        """The administrator's; made when it is asked for, because hashing it takes half a second."""
        with self.store.write() as connection:
            return registry.new_admin_password(connection, self.now_us)

    def add_gate(self, name: str) -> str:
        with self.store.write() as connection:
            return registry.add_gate(connection, name, self.now_us)

    def close(self) -> None:
        if self.committer.alive:
            self.committer.stop()
        self.store.close()

    def post(self, events: Any, path: str = "/ingest", **more: Any) -> TestResponse:
        """POST as a gate would; keyword arguments replace parts of the request."""
        data = more.pop("data", None)
        if data is None:
            data = gzip.compress(json.dumps(events).encode())
        headers = {
            "authorization": f"Bearer {more.pop('token', self.token)}",
            "content-type": wire.CONTENT_TYPE,
            "content-encoding": "gzip",
        } | more.pop("headers", {})
        assert not more
        headers = {name: value for name, value in headers.items() if value is not None}
        return self.client.post(path, data=data, headers=headers)

    def read(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.store.read() as connection:
            return [tuple(row) for row in connection.execute(sql, values)]

    def gates(self) -> dict[str, dict[str, Any]]:
        answer = self.client.get("/api/v1/gates", headers={"authorization": f"Bearer {self.program}"})
        assert answer.status_code == 200
        return {gate["gate"]: gate for gate in answer.json["gates"]}  # type: ignore[index]

    def alarms(self) -> list[str]:
        answer = self.client.get("/api/v1/alarms", headers={"authorization": f"Bearer {self.program}"})
        assert answer.status_code == 200
        return [alarm["code"] for alarm in answer.json["alarms"]]  # type: ignore[index]

    def log_in(self) -> str:
        """Log the client in; return the token its forms must carry."""
        done = self.client.post("/login", data={"account": "admin", "password": self.password})
        assert done.status_code == 303
        return str(self.read("SELECT form_token FROM login")[0][0])


def events_of(
    journal: FakeJournal, first: int = 1, last: int | None = None, gate: str = GATE
) -> list[dict[str, Any]]:
    made = []
    for row in journal.rows[first - 1 : last]:
        incarnation = [one for one in journal.incarnations if one.first_seq <= row.seq][-1].id
        made.append(wire.event(gate, incarnation, row, journal.hash_before(row.seq)))
    return made


def living(journal: FakeJournal, **more: Any) -> Mapping[str, str]:
    return {"gatepost-incarnation": journal.incarnations[-1].id, "gatepost-head": str(journal.head())} | more


def passage(number: int, outcome: str = "admit", **more: Any) -> dict[str, Any]:
    return {
        "passage": number,
        "direction": "in",
        "procedure": {"name": "compound", "version": "0123456789abcdef"},
        "policy": "fedcba9876543210",
        "category": "resident",
        "opened_us": NOON_US,
        "opened_mono_us": 1,
        "touched_us": NOON_US,
        "touched_mono_us": 2,
        "stage": "ended",
        "outcome": outcome,
        "reasons": ["complete"],
        "missing": [],
        "temperature": {"verdict": "normal", "body_mdegc": 36_600},
        "musts": {"identity": True},
        "second": False,
        "rests": [],
        "evidence": [],
    } | more


__all__ = ["FIRST", "GATE", "NOON_US", "Desk", "FakeJournal", "events_of", "living", "passage"]
