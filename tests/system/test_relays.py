"""A real gate and its relay: a pulse with a limit, whatever befalls the gate, the cable or the queue."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from drivers.barrier._pulse import REST_S
from tests.drivers.modbus_board import RelayBoard
from tests.system.faults import QUICK, Office
from tests.system.processes import Gate
from tests.system.stage import Stage
from tests.waiting import until

pytestmark = pytest.mark.system

SIMULATED = '[lane.barrier]\ndriver = "simulated"'
SPEECHLESS = '[lane.voice]\ndriver = "simulated"'
LONG_S = 10.0
# What a shared machine may take on top, in a test that looks at how long a contact was closed.
SLOW_S = 5.0

Start = Callable[..., Gate]


class Relay:
    """A Modbus board behind a link that stays, and the times at which its contact moved."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self.moves: list[tuple[float, bool]] = []
        self.board = RelayBoard()
        self.plug()

    def plug(self, *, on: bool = False) -> None:
        """Plug in a board whose contact stands like this."""
        self.board = RelayBoard(self._note).on_pty()
        self.board.coils[0] = on
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(self.board.port)

    def unplug(self) -> None:
        self.link.unlink(missing_ok=True)
        self.board.unplug()

    @property
    def on(self) -> bool:
        return self.board.coils.get(0, False)

    def pulses(self) -> list[tuple[float, float]]:
        """Return when the contact was closed and opened, for every pulse that is over."""
        begins = [
            at for (at, on), (_, before) in zip(self.moves[1:], self.moves, strict=False) if on > before
        ]
        ends = [at for (at, on), (_, before) in zip(self.moves[1:], self.moves, strict=False) if on < before]
        return list(zip(begins, ends, strict=False))

    def _note(self, request: bytes, right: bytes) -> bytes:
        del request
        self.moves.append((time.monotonic(), self.on))
        return right


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    relay = Relay(tmp_path / "relay")
    yield relay
    relay.unplug()


@pytest.fixture
def start(tmp_path: Path, stage: Stage, office: Office) -> Iterator[Start]:
    """Start a gate with this barrier and this voice."""
    started: list[Gate] = []
    del stage

    def start(barrier: str = SIMULATED, voice: str = "", kind: type[Gate] = Gate) -> Gate:
        gate = kind(tmp_path, extra=QUICK)
        text = gate.config.read_text("utf-8").replace(SIMULATED, barrier).replace(SPEECHLESS, voice)
        gate.config.write_text(text, "utf-8")
        office.trusted_by(gate.store)
        started.append(gate)
        gate.start()
        until(lambda: not any(code.startswith("device_") for code in gate.problems()), 30, "every device")
        return gate

    yield start
    for gate in started:
        gate.end()


def modbus(relay: Relay, pulse_s: float, safe: str = "closed") -> str:
    port = f'driver = "modbus_relay"\nport = "{relay.link}"\nreply_s = 0.5'
    return f'[lane.barrier]\n{port}\npulse_s = {pulse_s}\nsafe = "{safe}"\n'


def admit(gate: Gate, stage: Stage, office: Office, name: str) -> int:
    """Let somebody in by hand, as an attendant does where the thermometer saw nothing."""
    stage.show(office.issue(name))
    passage = until(lambda: (v := gate.lane())["person"] and v["passage"], 20, f"{name}'s code")
    status, answer = gate.post("decision", passage=passage, outcome="admit", reason="known to the attendant")
    assert status == 200, answer
    return int(passage)


def effects(gate: Gate, device: str) -> dict[int, list[dict[str, object]]]:
    """Return what became of the orders to a device, by passage."""
    found: dict[int, list[dict[str, object]]] = {}
    for row in gate.rows("passage.effects"):
        mine = [effect for effect in row.body["effects"] if effect["device"] == device]
        found.setdefault(row.body["passage"], []).extend(mine)
    return found


def test_two_people_let_in_within_one_pulse_get_a_pulse_each(
    start: Start, relay: Relay, stage: Stage, office: Office
) -> None:
    gate = start(modbus(relay, 3.0))
    assert relay.moves, "the relay was not switched off when it was opened"
    assert not any(on for _, on in relay.moves)
    people = [admit(gate, stage, office, "王小明")]
    until(lambda: relay.on, 10, "the first pulse")
    people.append(admit(gate, stage, office, "钱多多"))
    still_on = relay.on
    assert still_on, "the test was too slow: the first pulse is over"
    until(lambda: len(relay.pulses()) == 2, 30, "two pulses")
    for begins, ends in relay.pulses():
        assert 3.0 - 0.1 <= ends - begins <= 3.0 + SLOW_S
    [((_, first_ends), (second_begins, _))] = pairwise(relay.pulses())
    assert second_begins - first_ends >= REST_S - 0.1
    assert gate.stop() == 0
    assert not relay.on
    assert set(effects(gate, "barrier")) == set(people)
    assert all(effect["ok"] for found in effects(gate, "barrier").values() for effect in found)


@pytest.mark.parametrize("safe", ["closed", "open"])
def test_a_gate_that_stops_within_a_pulse_ends_it_and_leaves_the_barrier_as_the_site_wants(
    start: Start, relay: Relay, stage: Stage, office: Office, safe: str
) -> None:
    gate = start(modbus(relay, LONG_S, safe))
    admit(gate, stage, office, "王小明")
    until(lambda: relay.on, 10, "the pulse")
    begins = relay.moves[-1][0]
    assert gate.stop() == 0
    [pulse] = relay.pulses()
    assert pulse[1] - begins < LONG_S - 2, "the stop waited for the pulse"
    assert relay.on is (safe == "open")
    assert not gate.rows("device.lost")
    gate.start()
    until(lambda: not relay.on, 20, "the relay off after a start")


def test_a_gate_killed_within_a_pulse_opens_the_contact_when_it_is_back_and_pulses_no_more(
    start: Start, relay: Relay, stage: Stage, office: Office
) -> None:
    gate = start(modbus(relay, LONG_S))
    admit(gate, stage, office, "王小明")
    until(lambda: relay.on, 10, "the pulse")
    gate.kill()
    assert relay.on, "the page says that a board keeps its contact; it can say something better"
    gate.start()
    until(lambda: not relay.on, 20, "the contact to be opened")
    back = len(relay.moves)
    until(lambda: len(relay.moves) >= back + 6, 20, "some checks")
    assert not any(on for _, on in relay.moves[back:])
    assert gate.stop() == 0


def test_a_relay_unplugged_within_a_pulse_is_told_and_off_when_it_is_back(
    start: Start, relay: Relay, stage: Stage, office: Office
) -> None:
    gate = start(modbus(relay, LONG_S))
    passage = admit(gate, stage, office, "王小明")
    until(lambda: relay.on, 10, "the pulse")
    begins = time.monotonic()
    relay.unplug()
    until(lambda: gate.problems() & {"device_lost", "device_absent"}, 20, "the loss")
    assert time.monotonic() - begins < LONG_S - 2, "the loss was told after the pulse only"
    relay.plug(on=True)  # a board with a supply of its own has kept its contact closed
    until(lambda: not relay.on, 20, "the contact to be opened")
    until(lambda: not any(code.startswith("device_") for code in gate.problems()), 20, "the relay back")
    again = admit(gate, stage, office, "钱多多")
    until(lambda: relay.on, 20, "another pulse")
    assert gate.stop() == 0
    assert [row.body["device"] for row in gate.rows("device.lost")] == ["barrier"]
    told = effects(gate, "barrier")
    assert [effect["ok"] for effect in told[passage]][-1] is False
    assert again in told


class PinGate(Gate):
    """A gate on mock pins."""

    def command(self) -> list[str]:
        run = ["run", "--config", str(self.config)]
        return [sys.executable, "-m", "tests.system.mock_pins", str(self.folder / "pins"), *run]


def _levels(gate: Gate) -> list[tuple[str, int, float]]:
    log = gate.folder / "pins"
    lines = log.read_text("ascii").splitlines() if log.exists() else []
    moves = [line.split() for line in lines if line.startswith("GPIO17 ")]
    return [(function, int(level), float(at)) for _, function, level, at in moves]


def test_a_relay_on_pins_is_pulsed_once_for_each_and_let_go_when_the_gate_stops(
    start: Start, stage: Stage, office: Office
) -> None:
    gate = start('[lane.barrier]\ndriver = "gpio"\npin = 17\npulse_s = 3.0\n', kind=PinGate)
    assert {level for _, level, _ in _levels(gate)} == {0}
    admit(gate, stage, office, "王小明")
    until(lambda: _levels(gate)[-1][1], 10, "the pulse")
    admit(gate, stage, office, "钱多多")

    def moves() -> list[tuple[bool, float]]:
        found = [(bool(level), at) for _, level, at in _levels(gate)]
        return [now for before, now in pairwise(found) if before[0] != now[0]]

    until(lambda: len(moves()) == 4, 30, "two pulses")
    (on, begins), (_, ends), (_, again), (_, over) = moves()
    assert on
    assert 3.0 - 0.1 <= ends - begins <= 3.0 + SLOW_S
    assert again - ends >= REST_S - 0.1
    assert 3.0 - 0.1 <= over - again <= 3.0 + SLOW_S
    admit(gate, stage, office, "孙小红")
    until(lambda: _levels(gate)[-1][1], 10, "the third pulse")
    assert gate.stop() == 0
    function, level, ended = _levels(gate)[-1]
    assert (function, level) == ("input", 0)
    assert ended - moves()[4][1] < 3.0, "the stop waited for the pulse"


def test_a_stop_does_not_wait_for_a_sentence(start: Start, stage: Stage, office: Office) -> None:
    gate = start(voice='[lane.voice]\ndriver = "simulated"\npace = 10.0\n')
    passage = admit(gate, stage, office, "王小明")
    begins = time.monotonic()
    assert gate.stop() == 0, "a voice in the middle of its sentence was called stuck"
    assert time.monotonic() - begins < 8
    assert [effect["what"] for effect in effects(gate, "voice")[passage]] == ["admit"]
    assert not gate.rows("device.lost")


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_a_thermometer_that_is_gone_is_heard_once_and_again_only_after_a_steady_minute(
    start: Start, stage: Stage, tmp_path: Path
) -> None:
    player = tmp_path / "player.sh"
    player.write_text(f'#!/bin/sh\necho "${{1##*/}}" >> {tmp_path}/heard\n')
    player.chmod(0o755)
    voice = f'[lane.voice]\ndriver = "wav"\nplayer = "{player}"\ncache = "{tmp_path}/cache"\n'
    gate = start(voice=f'{voice}quiet = "00:00-23:59"\nquiet_volume = 20\n')

    def heard() -> list[str]:
        log = tmp_path / "heard"
        return log.read_text("utf-8").split() if log.exists() else []

    assert heard() == []
    for _ in range(2):  # a plug that sits loosely
        stage.thermometer.unplug()
        until(heard, 20, "the fault")
        until(lambda: gate.problems() & {"device_lost", "device_absent"}, 20, "the loss")
        stage.thermometer.plug()
        until(lambda: not any(code.startswith("device_") for code in gate.problems()), 20, "its return")
    assert gate.stop() == 0
    [said] = heard()
    assert said.startswith("fault-zh_Hans-")
    assert said.endswith("-v100.wav"), "softer at night"
    assert not gate.rows("passage.effects")
