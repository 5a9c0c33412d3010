"""One real gate with a lane for each procedure: readings over pseudo-terminals, codes over serial lines, a
platform that is asked over HTTP, attendants over the gate's own API."""

import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from drivers.verifier._platform import SimulatedPlatform
from edge import procedures, trust_files
from edge.clock import Clock
from edge.codes.gatepost_pass import Pass
from edge.codes.issue import issue_pass, trust_key
from edge.codes.trust import TrustList
from edge.domain.model import Carrier
from tests.system.faults import QUICK
from tests.system.processes import Gate
from tests.system.stage import Stage
from tests.waiting import until

HEALTH, TRIPS = "https://health.example.invalid/c?", "https://trips.example.invalid/c?"
VENUE = "https://venue.example.invalid/v?3"
NUMBER = "110101199003070011"
PEOPLE = {
    "green": {"health": "green", "name": "欧阳某某", "phone": "13812341234"},
    "red": {"health": "red", "name": "诸葛某某"},
    "yellow": {"health": "yellow", "name": "司马某某"},
    "old": {"state": "expired", "name": "上官某某"},
    "failed": {"state": "failed"},
    "trip": {"itinerary": "green", "phone": "138****1234"},
    "other_trip": {"itinerary": "green", "phone": "139****9876"},
    "bare_trip": {"itinerary": "green"},
    "starred": {"itinerary": "orange", "phone": "138****1234"},
}
PLATFORM = """
[[platform]]
name = "{name}"
carrier = "{carrier}"
match = ["{begins}"]
again_s = 0
timeout_s = 5
[platform.verifier]
driver = "simulated"
url = "{url}"
"""
ACCEPTS = """
title = { zh_Hans = "绿码", en = "Green" }
never = ["red", "orange", "yellow", "grey"]
[[way]]
id = "green"
title = { zh_Hans = "健康码绿码", en = "Green health code" }
health = ["green"]
"""
LANE = """
[[lane]]
name = "{name}"
direction = "{direction}"
procedure = "{procedure}"
abandon_s = 120
{thermometer}
{scanner}
[lane.voice]
driver = "simulated"
pace = 0
"""
THERMOMETER = '[lane.thermometer]\ndriver = "gy614"\nport = "{folder}/thermometer-{name}"\n'
SCANNER = '[lane.scanner]\ndriver = "serial"\nport = "{folder}/scanner-{name}"\n'


class Renewed(dict[str, Any]):
    """What the platform knows: codes that a telephone makes anew each time, all of one person."""

    def get(self, code: str, default: Any = None) -> Any:
        name = code.partition("?")[2].partition("&")[0]
        return super().get(name, default)


class Lane:
    """One lane: whoever stands in it, and the attendant beside it."""

    def __init__(self, gate: Gate, name: str, stage: Stage | None) -> None:
        self.gate, self.name, self._stage = gate, name, stage

    @property
    def stage(self) -> Stage:
        assert self._stage is not None, f"lane {self.name} has no instruments"
        return self._stage

    def view(self) -> dict[str, Any]:
        return dict(self.gate.get(f"/api/v1/lanes/{self.name}")[1])

    def post(self, what: str, **body: Any) -> tuple[int, dict[str, Any]]:
        body |= {"command_id": uuid.uuid4().hex}
        headers = {"authorization": f"Bearer {self.gate.token}"}
        url = f"{self.gate.url}/api/v1/lanes/{self.name}/{what}"
        answer = self.gate._http.request("POST", url, json=body, headers=headers, timeout=20.0)
        return answer.status, answer.json()

    def show(self, name: str) -> None:
        """Let somebody hold up a telephone with this one's newest code."""
        begins = TRIPS if "trip" in name or name == "starred" else HEALTH
        self.stage.show(f"{begins}{name}&{uuid.uuid4().hex}".encode())

    def begin(self) -> int:
        """Somebody steps up; return the number of the passage."""
        status, told = self.post("begin")
        assert status == 200, told
        return int(told["passage"])

    def give(self, **answers: str) -> tuple[int, dict[str, Any]]:
        """Answer all of it with one command, as a form does."""
        items = [{"question": name, "value": value} for name, value in answers.items()]
        return self.post("answers", passage=self.view()["passage"], answers=items)

    def decide(self, outcome: str, reason: str) -> tuple[int, dict[str, Any]]:
        return self.post("decision", passage=self.view()["passage"], outcome=outcome, reason=reason)

    def gone(self) -> None:
        """Send away whoever is left, for the next test."""
        if self._stage is not None:
            self._stage.stand(None)
        if self.view()["passage"] is not None:
            self.decide("abandoned", "left")

    def asked(self) -> set[str]:
        """What the attendant is asked now."""
        return {entry["id"] for entry in self.view()["ask"]}

    def state(self, step: str) -> str:
        return next((str(s["state"]) for s in self.view()["steps"] if s["id"] == step), "")

    def reaches(self, step: str, state: str) -> dict[str, Any]:
        until(lambda: self.state(step) == state, 40, f"{self.name}: {step} {state}: {self.view()['steps']}")
        return next(s for s in self.view()["steps"] if s["id"] == step)

    def page(self) -> str:
        """The part of the kiosk's page that changes, as the attendant sees it."""
        headers = {"authorization": f"Bearer {self.gate.token}"}
        url = f"{self.gate.url}/kiosk/{self.name}/state"
        answer = self.gate._http.request("GET", url, headers=headers, timeout=20.0)
        assert answer.status == 200
        return str(answer.data.decode())

    def row(self, passage: int) -> Any:
        """The row in which a passage ended."""
        rows = until(lambda: [r for r in self.gate.rows("passage.decided") if r.body["passage"] == passage])
        return rows[-1]


class Street:
    """The gate, its lanes by name, and who issues passes."""

    def __init__(self, gate: Gate, lanes: dict[str, Lane], key: Ed25519PrivateKey) -> None:
        self.gate, self._lanes, self._key = gate, lanes, key

    def __getitem__(self, name: str) -> Lane:
        return self._lanes[name]

    def boss(self, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
        """Send a command of the manager's."""
        headers = {"authorization": f"Bearer {self.gate.boss_token}"}
        body |= {"command_id": uuid.uuid4().hex}
        url = f"{self.gate.url}/api/v1/{path}"
        answer = self.gate._http.request("POST", url, json=body, headers=headers, timeout=20.0)
        return answer.status, answer.json()

    def issue(self, category: str, name: str = "王小明") -> bytes:
        now = int(time.time())
        held = Pass(uuid.uuid4().bytes[:8], name, category, now - 86_400, now + 86_400, room="3-502")
        return issue_pass(self._key, held)


@contextmanager
def street(
    folder: Path, lanes: Sequence[tuple[str, str, str]], equipped: Sequence[str], own: dict[str, str]
) -> Iterator[Street]:
    """Run a gate with these lanes (name, direction, procedure), those in `equipped` with instruments; `own`
    are procedures of the site's own, by name."""
    for name, text in (*own.items(), ("../acceptance/health_green", ACCEPTS)):
        path = folder / "procedures" / f"{name}.toml"
        (folder / "procedures").mkdir(exist_ok=True)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    platform = SimulatedPlatform({})
    platform.people = Renewed(PEOPLE)
    tables = "".join(
        PLATFORM.format(name=name, carrier=carrier, begins=begins, url=platform.url)
        for name, carrier, begins in (
            ("health", "china_health", HEALTH),
            ("trips", "china_itinerary", TRIPS),
        )
    )
    extra = f'{QUICK}[codes]\nacceptance = "health_green"\nvenue_code = "{VENUE}"\n{tables}'
    gate = Gate(folder, procedure="compound", extra=extra)
    text = gate.config.read_text("utf-8")
    begin = text.index("[[lane]]")
    made = "".join(_lane(folder, lane, equipped) for lane in lanes)
    gate.config.write_text(text[:begin] + made, "utf-8")
    key = Ed25519PrivateKey.generate()
    trusted = TrustList(Carrier.GATEPOST_PASS, (trust_key(key, "test-office"),), time.time_ns() // 1000)
    trust_files.write_list(gate.store / "trust", trusted)
    stages = {name: Stage(folder, name) for name in equipped}
    try:
        gate.start()
        Clock(gate.store).confirm()
        until(lambda: not gate.problems() & {"clock_unconfirmed", "clock_unset"}, 10, "a believed clock")
        yield Street(gate, {name: Lane(gate, name, stages.get(name)) for name, _d, _p in lanes}, key)
    finally:
        gate.end()
        for stage in stages.values():
            stage.close()
        platform.close()


def _lane(folder: Path, lane: tuple[str, str, str], equipped: Sequence[str]) -> str:
    name, direction, procedure = lane
    none = '[lane.{kind}]\ndriver = "none"\n'
    has = name in equipped
    return LANE.format(
        name=name,
        direction=direction,
        procedure=procedure,
        thermometer=THERMOMETER.format(folder=folder, name=name) if has else none.format(kind="thermometer"),
        scanner=SCANNER.format(folder=folder, name=name) if has else none.format(kind="scanner"),
    )


def shipped(name: str) -> str:
    """Return the text of a procedure that ships."""
    return (procedures.SHIPPED / f"{name}.toml").read_text("utf-8")
