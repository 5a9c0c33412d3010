"""The simulated attendant: looks at the gate through its HTTP API and answers through it.

It never decides instead of the gate. Questions are answered as the timetable says; only a hold is
settled the way the person in the lane calls for.
"""

import json
import threading
import time
import uuid
from typing import Any

import urllib3

from demo.timetable import Person, Timetable

# Everybody who has a code has shown it by then.
SEEN_S = 2.9
# Long enough to see on the page that somebody is to be handed over.
HANDED_AFTER_US = 20_000_000


class Attendant:
    """One attendant at one lane."""

    def __init__(self, url: str, token: str, table: Timetable, unit: str) -> None:
        self._url, self._unit = url, unit
        self._http = urllib3.PoolManager(1, headers={"authorization": f"Bearer {token}"}, retries=False)
        self._base = f"{url}/api/v1/lanes/{table.lane}"
        self._table = table
        self._passage: int | None = None
        self._person: Person | None = None
        self._given: list[tuple[str, str]] = []

    def run(self, stop: threading.Event) -> None:
        """Attend the lane until `stop` is set. A gate that is away for a moment is waited for."""
        while not stop.wait(0.2):
            try:
                self._look()
            except (urllib3.exceptions.HTTPError, OSError, ValueError):
                continue

    def _look(self) -> None:
        view = self._get()
        self._hand_over(view)
        if view["passage"] is None:
            return
        if view["passage"] != self._passage:
            _slot, self._person, _into = self._table.now()
            self._passage, self._given = view["passage"], []
        assert self._person is not None
        if view["stage"] == "hold" and not self._waits_for_the_rest(view, self._person):
            self._settle(view, self._person)
            return
        asked = {question["id"] for question in view["ask"]}
        for answer in self._person.answers:
            if answer in self._given:
                continue
            measured = view["temperature"]["verdict"] in ("too_low", "unreliable")
            if answer[0] in asked or (answer[0] == "temperature_contact" and measured):
                self._given.append(answer)
                self._post("answers", question=answer[0], value=answer[1])
                return

    def _waits_for_the_rest(self, view: dict[str, Any], person: Person) -> bool:
        """Whoever is let in by hand is measured and asked first, like everybody."""
        return (
            person.on_hold.startswith("admit")
            and view["temperature"]["verdict"] != "again"
            and any(step["state"] == "missing" for step in view["steps"] if step["id"] != "register")
            and self._table.now()[2] < SEEN_S
        )

    def _settle(self, view: dict[str, Any], person: Person) -> None:
        what, _, detail = person.on_hold.partition(":")
        again = view["temperature"]["verdict"] == "again"
        if again and not view["person"] and self._table.now()[2] < SEEN_S:
            return  # first see who it is, or nobody will know them again after the rest
        if what == "rest" and again:
            self._post("park", why="rest")
        elif what == "contact" and again:
            self._post("answers", question="temperature_contact", value=detail)
        elif what in ("admit", "turn_back") and not again:
            self._post("decision", outcome=what, reason=detail)
        elif again:
            self._post("park", why="rest")
        else:  # somebody walked into somebody else's turn: no attendant lets that pass
            self._post("decision", outcome="turn_back", reason="not_allowed")

    def _hand_over(self, view: dict[str, Any]) -> None:
        for case in view.get("cases", []):
            if time.time_ns() // 1000 - case["opened_us"] > HANDED_AFTER_US:
                body = {"unit": self._unit, "command_id": uuid.uuid4().hex}
                where = f"{self._url}/api/v1/cases/{case['case']}/hand-over"
                self._http.request("POST", where, json=body, timeout=6.0)

    def _get(self) -> dict[str, Any]:
        answer = self._http.request("GET", self._base, timeout=3.0)
        return dict(json.loads(answer.data)) if answer.status == 200 else {"passage": None}

    def _post(self, what: str, **body: object) -> None:
        body |= {"passage": self._passage, "command_id": uuid.uuid4().hex}
        self._http.request("POST", f"{self._base}/{what}", json=body, timeout=6.0)
