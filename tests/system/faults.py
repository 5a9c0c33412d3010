"""People pass while things are killed. The suite runs a short, seeded form; `./gate bench faults` the
long one: the same code."""

import random
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import urllib3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge import trust_files
from edge.codes.gatepost_pass import Pass
from edge.codes.issue import issue_pass, trust_key
from edge.codes.trust import TrustList
from edge.domain.model import Carrier
from tests.system.processes import District, Gate
from tests.system.stage import Stage
from tests.waiting import until

QUICK = "[screening]\nsweep_s = 0.3\ngap_s = 0.15\nrest_s = 1\n"


class Office:
    """Issues passes to made-up residents, and tells gates to trust them."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()

    def trusted_by(self, store: Path) -> None:
        entry = TrustList(
            Carrier.GATEPOST_PASS, (trust_key(self._key, "test-office"),), time.time_ns() // 1000
        )
        trust_files.write_list(store / "trust", entry)

    def issue(self, name: str = "王小明", *, days: int = 9, pass_id: bytes | None = None) -> bytes:
        now = int(time.time())
        begins = now - 86_400 if days > 0 else now - 10 * 86_400
        held = Pass(
            pass_id or secrets.token_bytes(8), name, "resident", begins, now + days * 86_400, room="3-502"
        )
        return issue_pass(self._key, held)


@dataclass
class Witness:
    """What the gate showed, as somebody at the page saw it."""

    shown: set[int] = field(default_factory=set)
    answered: dict[int, int] = field(default_factory=dict)


class Residents(threading.Thread):
    """Residents pass one after the other, for as long as they are let."""

    def __init__(self, gate: Gate, stage: Stage, office: Office, witness: Witness) -> None:
        super().__init__(daemon=True)
        self._gate, self._stage, self._office, self._witness = gate, stage, office, witness
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.is_set():
            try:
                self._pass()
            except (urllib3.exceptions.HTTPError, OSError, ValueError, KeyError):
                self._over.wait(0.05)  # the gate is away: the person waits, as people do

    def end(self) -> None:
        self._over.set()
        self.join(30)

    def _pass(self) -> None:
        left = self._gate.lane()
        if left["passage"] is not None:  # whom a kill left half way: the attendant sends them away
            self._gate.post("decision", passage=left["passage"], outcome="turn_back", reason="not_allowed")
        self._stage.away()
        self._stage.stand(36.6)
        self._stage.show(self._office.issue())
        view = self._until(lambda view: bool(view["person"]) and view["temperature"]["verdict"] == "normal")
        self._stage.stand(None)
        if view["passage"] is None:
            return
        status, answer = self._gate.post("answers", passage=view["passage"], question="mask", value="on")
        if status == 200 and answer["sequence"] is not None:
            self._witness.answered[answer["passage"]] = answer["sequence"]
        self._until(lambda view: view["stage"] in ("ended", "idle"))

    def _until(self, wanted: Callable[[dict], bool], timeout_s: float = 4.0) -> dict:  # type: ignore[type-arg]
        deadline = time.monotonic() + timeout_s
        while not self._over.is_set():
            view = self._gate.lane()
            if view.get("last"):
                self._witness.shown.add(view["last"]["passage"])
            if wanted(view) or time.monotonic() > deadline:
                return view
            time.sleep(0.03)
        raise OSError("over")


@dataclass
class Report:
    """What came of it."""

    kills: int
    shown: int
    at_gate: int
    at_district: int
    lost: set[int]
    missing_at_district: set[int]
    twice: int
    faults: list[str]

    @property
    def clean(self) -> bool:
        return not (self.lost or self.missing_at_district or self.twice or self.faults)


def kill(folder: Path, *, gate_kills: int, district_kills: int, seed: int) -> Report:
    """Kill the gate `gate_kills` times (with the district down half of the time) or the district
    `district_kills` times, while people pass; then let everything settle and compare."""
    chance = random.Random(seed)
    office, witness = Office(), Witness()
    district = District(folder)
    token = district.add_gate("test-gate")
    (folder / "uplink.token").write_text(token, "ascii")
    extra = f'[uplink]\nurl = "{district.url}"\ntoken_file = "{folder}/uplink.token"\nevery_s = 0.5\n{QUICK}'
    stage = Stage(folder)
    gate = Gate(folder, extra=extra)
    office.trusted_by(gate.store)
    residents = Residents(gate, stage, office, witness)
    try:
        district.start()
        gate.start()
        residents.start()
        for number in range(gate_kills):
            if number % 2:
                district.kill()
            _let_pass(witness, 1 + chance.randrange(2), chance.random())
            gate.kill()
            gate.start()
            if number % 2:
                district.start()
        for _ in range(district_kills):
            _let_pass(witness, 1, chance.random())
            district.kill()
            _let_pass(witness, 1, chance.random())
            district.start()
        _let_pass(witness, 1, 0.0)
        residents.end()
        return _settled(gate, district, witness, gate_kills + district_kills)
    finally:
        residents.end()
        gate.end()
        district.end()
        stage.close()


def _let_pass(witness: Witness, people: int, more_s: float) -> None:
    """Return after this many people more have passed, and a random moment of the next one."""
    before = len(witness.answered)
    until(lambda: len(witness.answered) >= before + people, 40, "people passing")
    time.sleep(more_s)  # not a wait for anything: the kill has to fall anywhere in a passage


def _settled(gate: Gate, district: District, witness: Witness, kills: int) -> Report:
    until(lambda: gate.get("/api/v1/lanes/in")[0] == 200, 10, "the gate")
    gate.stop()
    gate.start()  # what was in the lane is on the bench now; nothing new comes
    decided = [row.body["passage"] for row in gate.rows("passage.decided")]
    # After seven failures in a row a gate pauses for anything up to two minutes.
    until(lambda: set(district.passages()) >= set(decided), 150, "the district catching up")
    gate.stop()
    arrived = district.passages()
    return Report(
        kills=kills,
        shown=len(witness.shown | set(witness.answered)),
        at_gate=len(set(decided)),
        at_district=len(set(arrived)),
        lost=(witness.shown | set(witness.answered)) - set(decided),
        missing_at_district=set(decided) - set(arrived),
        twice=len(arrived) - len(set(arrived)) + len(decided) - len(set(decided)),
        faults=gate.faults(),
    )
