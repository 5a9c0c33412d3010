"""A case through the real process: over the threshold twice, referred, handed over, restarted, closed."""

import contextlib
import json
import random
import re
import threading
import uuid
from typing import Any

import pytest
import urllib3

from edge.domain.model import ClockQuality, Instant
from edge.journal import Journal, Row
from tests.system.faults import Office
from tests.system.processes import PASSWORD, Gate
from tests.system.stage import Stage
from tests.waiting import until

pytestmark = pytest.mark.system

CLINIC = "发热门诊 fever clinic"


def command(gate: Gate, path: str, *, manager: bool = True, **body: Any) -> tuple[int, Any]:
    """Give a command about a case."""
    headers = {"authorization": f"Bearer {gate.boss_token if manager else gate.token}"}
    body = {"command_id": uuid.uuid4().hex} | body
    url = f"{gate.url}/api/v1/cases/{path}"
    answer = gate._http.request("POST", url, json=body, headers=headers, timeout=8.0)
    return answer.status, json.loads(answer.data)


class Browser:
    """The manager's browser, without scripts."""

    def __init__(self, gate: Gate) -> None:
        self.gate, self.cookie = gate, ""
        token = self._token("/login")
        data = {"account": "boss", "secret": PASSWORD, "csrf_token": token}
        assert self.post("/login", data)[0] == 302

    def get(self, path: str) -> str:
        return self._ask("GET", path)[1]

    def post(self, path: str, data: dict[str, str]) -> tuple[int, str]:
        return self._ask("POST", path, fields=data, encode_multipart=False)

    def _token(self, path: str) -> str:
        return self.get(path).split('name="csrf_token" value="', 1)[1].split('"', 1)[0]

    def _ask(self, method: str, path: str, **more: Any) -> tuple[int, str]:
        headers = {"cookie": self.cookie}
        answer = self.gate._http.request(
            method, self.gate.url + path, headers=headers, timeout=8.0, redirect=False, **more
        )
        if (given := answer.headers.get("set-cookie")) is not None:
            self.cookie = given.split(";", 1)[0]
        return answer.status, answer.data.decode()


def over_twice(gate: Gate, stage: Stage, office: Office) -> int:
    """Somebody is over the threshold, rests, and is over it again; return the passage."""
    stage.show(office.issue("钱多多"))
    stage.stand(38.4)
    view = gate.wait_for("hold")
    assert gate.post("park", passage=view["passage"], why="rest")[0] == 200
    stage.away()
    until(lambda: gate.lane()["parked"][0]["rest_left_s"] == 0, 10, "the rest")
    ticket = gate.lane()["parked"][0]["ticket"]
    assert gate.post("resume", passage=None, ticket=ticket)[0] == 200
    stage.stand(38.1)
    until(lambda: (gate.lane()["last"] or {}).get("outcome") == "refer", 10, "the referral")
    stage.away()
    return int(view["passage"])


def test_r01_over_twice_referred_handed_over_acknowledged_followed_up_and_closed(
    gate: Gate, stage: Stage, office: Office
) -> None:
    passage = over_twice(gate, stage, office)
    (waiting,) = gate.lane()["cases"]
    assert (waiting["case"], waiting["passage"]) == (1, passage)
    assert command(gate, "1/hand-over", manager=False, command_id="once", unit=CLINIC)[0] == 200
    assert gate.lane()["cases"] == []
    gate.kill()
    gate.start()
    status, again = command(gate, "1/hand-over", manager=False, command_id="once", unit=CLINIC)
    assert (status, again["stage"]) == (200, "handed_over")
    status, found = gate.get("/api/v1/cases?open=true")
    assert [one["case"] for one in found["cases"]] == [1]
    assert found["cases"][0]["first"]["body_mdegc"] == 38_400
    assert found["cases"][0]["second"]["body_mdegc"] == 38_100
    assert found["cases"][0]["second"]["after_rest"] is True
    assert command(gate, "1/acknowledge", who="王护士")[0] == 200
    assert command(gate, "1/acknowledge")[0] == 409
    assert command(gate, "1/follow-up", what="at_clinic")[0] == 200
    assert command(gate, "1/close", result="confirmed")[0] == 200
    browser = Browser(gate)
    token = browser._token("/cases/1")
    status, form = browser.post("/cases/1/open", {"csrf_token": token, "why": "referral", "form": "yes"})
    assert status == 200
    assert re.findall(r'data-field="name">([^<]+)<', form) == ["钱多多"]
    assert [value in form for value in ("38.4 °C", "38.1 °C", f'data-handed="{CLINIC}"')] == [True] * 3
    assert 'data-closed="confirmed"' in form
    assert gate.stop() == 0
    assert gate.faults() == []
    with Journal.open(gate.store, create=False) as journal:
        assert journal.rebuild()
    (decided,) = gate.rows("passage.decided")
    (opened,) = gate.rows("case.opened")
    assert opened.seq == decided.seq + 1
    assert [row.body["by"] for row in gate.rows("personal.opened")] == ["boss"]
    for word in ("钱多多", "王护士"):
        assert word not in gate.text()
        assert word not in "".join(row.body_text for row in gate.rows())


def test_an_overdue_case_is_told_of_where_the_gate_is_watched_and_the_gate_stays_ready(gate: Gate) -> None:
    begun = gate.post("begin")[1]
    passage = begun.get("passage") or gate.lane()["passage"]
    assert gate.post("decision", passage=passage, outcome="refer", reason="unwell")[0] == 200
    until(lambda: gate.get("/readyz", token=None)[0] == 200, 20, "a gate whose devices are there")
    assert "case_overdue" not in gate.problems()
    assert gate.stop() == 0
    with Journal.open(gate.store, create=False) as journal:
        # Handed over yesterday, and nobody has said since that the unit has the person.
        opened = next(iter(gate.rows("case.opened")))
        day_us = 24 * 3600 * 1_000_000
        at = Instant(opened.mono_us, opened.at_us - day_us, ClockQuality.SYNCED)
        body = {"case": 1, "stage": "handed_over", "unit": CLINIC, "by": "boss", "command_id": "y"}
        body |= {"due_us": opened.at_us - day_us // 2}
        journal.append(Row("case.handed_over", at, body, "in"))
        other = {"passage": 9, "why": ["attendant"], "outcome": "refer", "due_us": at.at_us}
        journal.append(Row("case.opened", at, other, "in"))
    gate.start()
    until(lambda: "case_overdue" in gate.problems(), 10, "the warning")
    until(lambda: gate.get("/readyz", token=None)[0] == 200, 20, "the devices to be there again")
    told = gate.get("/readyz", token=None)[1]
    assert "case_overdue" in gate.problems()
    (problem,) = [found for found in told["problems"] if found["code"] == "case_overdue"]
    assert "remedy" in problem
    until(lambda: gate.lane()["cases"][0]["overdue"], 10, "the strip")
    browser = Browser(gate)
    assert '<a href="/cases">有 2 件超时未办' in browser.get("/review")
    for number in (1, 2):
        assert command(gate, f"{number}/close", result="other")[0] == 200
    until(lambda: "case_overdue" not in gate.problems(), 10, "the end of the warning")


def test_a_gate_killed_while_people_are_referred_leaves_nobody_without_a_case(gate: Gate) -> None:
    chance, over = random.Random(5), threading.Event()
    answered: set[int] = set()

    def refer() -> None:
        while not over.is_set():
            with contextlib.suppress(urllib3.exceptions.HTTPError, ValueError, KeyError):
                begun = gate.post("begin")[1]
                passage = begun.get("passage") or gate.lane()["passage"]
                status, _ = gate.post("decision", passage=passage, outcome="refer", reason="unwell")
                if status == 200:
                    answered.add(passage)

    worker = threading.Thread(target=refer)
    worker.start()
    try:
        for _ in range(3):
            known = len(answered)
            wanted = known + chance.randint(3, 12)
            until(lambda wanted=wanted: len(answered) >= wanted, 30, "referrals")  # type: ignore[misc]
            gate.kill()
            gate.start()
    finally:
        over.set()
        worker.join(30)
    assert gate.stop() == 0
    referred = [row.body["passage"] for row in gate.rows("passage.decided") if row.body["outcome"] == "refer"]
    cases = gate.rows("case.opened")
    assert [row.body["passage"] for row in cases] == referred
    assert answered <= set(referred)
    assert [row.body["case"] for row in cases] == [*range(1, len(cases) + 1)]
    assert gate.faults() == []
