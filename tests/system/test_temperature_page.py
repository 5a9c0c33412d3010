"""The manager's page of temperature screening over a running gate: who was measured, an alarm confirmed by
a second measurement, and a level that has shifted, confirmed by the button."""

import re
import time
import urllib.parse
from pathlib import Path

import pytest
import urllib3

from edge.domain.policy import Policy
from edge.journal import Journal
from edge.procedures import parse
from tests.paths import ROOT
from tests.system.faults import QUICK, Office
from tests.system.processes import PASSWORD, Gate
from tests.system.stage import Stage
from tests.waiting import until
from tests.web.screening_day import SECOND, Crowd

pytestmark = pytest.mark.system

PAGE = "/review/temperature"


class Manager:
    """Somebody who has logged in with a browser: a cookie, and the token of each page."""

    def __init__(self, gate: Gate) -> None:
        self._gate, self._http, self._cookies = gate, urllib3.PoolManager(retries=False), dict[str, str]()
        self.page("/language/en")
        answer = self.send("/login", account="boss", secret=PASSWORD, csrf_token=self.token("/login"))
        assert answer.status == 302

    def page(self, path: str) -> str:
        return self._ask("GET", path).data.decode()

    def send(self, path: str, **fields: str) -> urllib3.BaseHTTPResponse:
        body = urllib.parse.urlencode(fields)
        return self._ask("POST", path, body, {"content-type": "application/x-www-form-urlencoded"})

    def token(self, path: str) -> str:
        return self.page(path).split('name="csrf_token" value="', 1)[1].split('"', 1)[0]

    def _ask(
        self, method: str, path: str, body: str | None = None, more: dict[str, str] | None = None
    ) -> urllib3.BaseHTTPResponse:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers = {"cookie": cookies, **(more or {})}
        answer = self._http.request(
            method, self._gate.url + path, body=body, headers=headers, redirect=False, timeout=10.0
        )
        for line in answer.headers.getlist("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer


def figure(page: str, name: str) -> str:
    found = re.search(rf'data-figure="{name}"><dt>[^<]*</dt><dd><strong>([^<]*)</strong>', page)
    return found[1] if found else ""


def people_of_the_day_before(store: Path) -> None:
    """Most of the people of the day before read two degrees more than those before them."""
    with Journal.open(store) as journal:
        text = (ROOT / "config" / "procedures" / "compound.toml").read_text("utf-8")
        begin_us = time.time_ns() // 1000 - 30 * 3600 * SECOND
        crowd = Crowd(
            journal,
            parse("compound", text),
            Policy(surface_offset_mdegc=2_000),
            boot=journal.start_boot(),
            begin_us=begin_us,
        )
        crowd.publish()
        crowd.comes(25, ambients=(21.0,))
        crowd.device_mdegc = 2_000
        crowd.comes(25, ambients=(21.0,))


def test_a_day_at_the_gate_shows_on_the_page_and_its_button_confirms_a_shift(
    tmp_path: Path, stage: Stage, office: Office
) -> None:
    gate = Gate(tmp_path, extra=QUICK)
    office.trusted_by(gate.store)
    people_of_the_day_before(gate.store)
    gate.start()
    try:
        until(lambda: "level_shifted" in gate.problems(), 10, "the shift in /readyz")
        let_pass(gate, stage, office.issue("钱多多"), 36.6)
        let_pass(gate, stage, office.issue("李四"), 38.4, contact="38.2")
        boss = Manager(gate)
        page = boss.page(PAGE)
        assert figure(page, "measured") == "2 of 2"
        assert figure(page, "alarms") == "1 · 500 per 1,000"
        assert "about 160 of 1,000 healthy people are measured a second time, and about 50 of them" in page
        assert figure(page, "second") == "confirmed 1 · cleared 0 · without 0"
        assert figure(page, "contact") == "1"
        rows = re.findall(r'<th scope="row">[^<]*</th><td>(\d+)</td><td>(\d+)</td>', page)
        assert (sum(int(n) for n, _ in rows), sum(int(n) for _, n in rows)) == (2, 1)
        assert 'data-shifted="arriving"' in page
        form = page.split('data-form="confirm"', 1)[1].split("</form>", 1)[0]
        fields = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form))
        done = boss.send(PAGE, **fields, reason="lens cleaned")
        assert done.status == 303
        page = boss.page(done.headers["location"])
        assert 'data-done="screening.settled"' in page
        assert "data-shifted" not in page
        until(lambda: "level_shifted" not in gate.problems(), 10, "the end of the problem")
        assert gate.stop() == 0
    finally:
        gate.end()
    (row,) = gate.rows("screening.settled")
    assert (row.body["by"], row.body["reason"]) == ("boss", "lens cleaned")
    assert gate.faults() == []


def let_pass(gate: Gate, stage: Stage, code: bytes, body_c: float, contact: str = "") -> None:
    """Let somebody be measured, show their pass and end; `contact` is the second measurement."""
    before = (gate.lane()["last"] or {}).get("passage")
    stage.stand(body_c)
    # What is shown between two people is still of the one before.
    until(lambda: (v := gate.lane())["passage"] and v["measured"], 15, "the measurement")
    stage.show(code)
    view = until(lambda: (v := gate.lane())["person"] and v, 10, "the person")
    given = [("temperature_contact", contact)] if contact else []
    for question, value in (*given, ("mask", "on")):
        gate.post("answers", passage=view["passage"], question=question, value=value)
    until(lambda: (gate.lane()["last"] or {}).get("passage") not in (before, None), 10, "the end")
    stage.away()
